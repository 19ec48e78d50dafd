//! Messages and evidence, in the user's own names.

use super::rule::{Subject, field_names, hint};
use super::scope::Degree;
use crate::finding::Severity;
use crate::model::concept::{Concept, Schema};
use crate::model::fact::{Basis, Evidence, Fact, Name, Origin, Why};
use crate::model::reach::{self, Circle, Reach};
use crate::model::rights;
use crate::model::value::{Type, Value};
use crate::source::Place;

/// A message with holes.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(Name),
    /// `{it.engine}`
    Field(Name),
    /// `{it}`: the entity's title.
    Title,
    /// `{rights}`: ", and they may only read", where it is known.
    Rights,
    /// `{people}`: who stands in the circle that decided.
    People,
}

impl Template {
    /// An error is an offset and a message.
    pub(super) fn compile(text: &str, concept: &Schema) -> Result<Template, (usize, String)> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(open) = text[at..].find('{') {
            let open = at + open;
            pieces.push(Piece::Text(text[at..open].into()));
            let Some(len) = text[open..].find('}') else {
                return Err((open, "a `{` without its `}`".to_owned()));
            };
            let hole = &text[open + 1..open + len];
            pieces.push(Piece::compile(hole, concept).map_err(|message| (open, message))?);
            at = open + len + 1;
        }
        pieces.push(Piece::Text(text[at..].into()));
        Ok(Template(pieces))
    }

    /// The text with a letter for each hole.
    #[cfg(test)]
    pub(super) fn bare(&self) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.to_string(),
            _ => "x".to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

impl Piece {
    fn compile(hole: &str, concept: &Schema) -> Result<Piece, String> {
        match hole.strip_prefix("it.") {
            Some(name) if concept.field(name).is_some() => Ok(Piece::Field(name.into())),
            Some(name) => {
                let hint = hint(name, field_names(concept));
                Err(format!("{} has no `{name}`{hint}", concept.name))
            }
            None if hole == "it" => Ok(Piece::Title),
            None if hole == "rights" && concept.field("open_rights").is_some() => Ok(Piece::Rights),
            None if hole != "people" => {
                Err(format!("`{hole}` is none of `it`, `it.FIELD` and `people`"))
            }
            None if concept.fields.iter().any(|f| f.kind == Type::Reach) => Ok(Piece::People),
            None => Err(format!("{} has no reach, so no people", concept.name)),
        }
    }
}

/// Speaks of one entity.
pub(super) struct Teller<'a> {
    pub(super) entity: &'a dyn Concept,
    pub(super) degree: Degree,
    /// The fields that decided.
    pub(super) fields: &'a [Name],
}

impl Teller<'_> {
    pub(super) fn message(&self, template: &Template) -> String {
        let mut message = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => message.push_str(text),
                Piece::Title => message.push_str(&self.entity.identity().title),
                Piece::People => message.push_str(&self.people()),
                Piece::Rights => {
                    if let Some(Fact::Known(word, _)) = self.entity.fact("open_rights") {
                        message.push_str(", and they ");
                        message.push_str(rights::may(&word.to_string()));
                    }
                }
                Piece::Field(name) => self.value(name, &mut message),
            }
        }
        message
    }

    fn value(&self, name: &str, message: &mut String) {
        match self.entity.fact(name) {
            Some(Fact::Known(Value::Reach(reach), _)) => {
                message.push_str(&self.circle(&reach).to_string());
            }
            Some(Fact::Known(value, _)) => message.push_str(&value.to_string()),
            _ => {
                // "on port {it.port}" becomes "on an unknown port".
                let words = words(name);
                if let Some(before) = message.strip_suffix(&format!(" {words} ")) {
                    message.truncate(before.len() + 1);
                }
                message.push_str("an unknown ");
                message.push_str(&words);
            }
        }
    }

    /// Who stands in the circle of the reach that decided.
    fn people(&self) -> Name {
        let schema = self.entity.schema();
        let is_reach = |name: &&str| schema.field(name).is_some_and(|f| f.kind == Type::Reach);
        let decided = self.fields.iter().map(|name| &**name).find(is_reach);
        let name = decided.or_else(|| schema.fields.iter().map(|f| f.name).find(is_reach));
        let Some(reach) = name.and_then(|name| self.reach(name)) else {
            return "whoever can reach it".into();
        };
        let circle = self.circle(&reach);
        let named = || reach::neighbours(self.degree.way(&reach));
        let neighbours = if circle == Circle::Members { named() } else { None };
        neighbours.unwrap_or(circle.people()).into()
    }

    /// Where something else than the reach decided, nobody may be sure to come in although
    /// somebody probably does: the finding is about those.
    fn circle(&self, reach: &Reach) -> Circle {
        let own = self.degree.circle(reach);
        let wider = [own, reach.likely, reach.may];
        wider.into_iter().find(|circle| *circle > Circle::None).unwrap_or(own)
    }

    fn reach(&self, name: &str) -> Option<Reach> {
        match self.entity.fact(name)? {
            Fact::Known(Value::Reach(reach), _) => Some((*reach).clone()),
            _ => None,
        }
    }

    /// Where a person would edit: the step that lets in, or where the fact is or would be written.
    pub(super) fn place(&self, name: &str) -> Place {
        let fallback = self.entity.identity().place;
        if let Some(reach) = self.reach(name) {
            let steps = self.degree.way(&reach);
            let opens = steps.iter().rfind(|step| !step.joins);
            return opens.or(steps.last()).map_or(fallback, |step| step.place);
        }
        self.entity.fact(name).map_or(fallback, |fact| fact.edit_place())
    }

    pub(super) fn evidence(&self, subjects: &[Subject]) -> Vec<Evidence> {
        let mut steps = Vec::new();
        for subject in subjects {
            match subject {
                Subject::Entity => {
                    let identity = self.entity.identity();
                    steps.push(Evidence::new(identity.place, identity.title.clone()));
                }
                Subject::Field(name) => self.prove(name, &mut steps),
            }
        }
        steps.dedup_by(joined);
        once(steps)
    }

    fn prove(&self, name: &str, steps: &mut Vec<Evidence>) {
        match self.entity.fact(name) {
            Some(Fact::Known(Value::Reach(reach), _)) => {
                steps.extend(self.degree.way(&reach).iter().cloned());
            }
            Some(Fact::Known(value, origin)) => {
                steps.extend(origin.via.iter().cloned());
                steps.push(Evidence::new(origin.at, sentence(name, &value, &origin)));
            }
            Some(Fact::Unknown(why, at)) => {
                steps.push(Evidence::new(at, format!("{} depends on {why}", words(name))));
            }
            Some(Fact::Unset(at)) => {
                steps.push(Evidence::new(at, format!("{} is not set", words(name))));
            }
            None => {}
        }
    }
}

/// Steps at one place are one step that says both, unless that would be too long to read.
fn joined(later: &mut Evidence, earlier: &mut Evidence) -> bool {
    if later.place != earlier.place {
        return false;
    }
    if earlier.say.contains(&*later.say) {
        return true;
    }
    let short = earlier.say.len() < LONG;
    if short {
        earlier.say = format!("{}: {}", earlier.say, later.say).into();
    }
    short
}

/// Each step once: what says the same of a part of it is no other step.
fn once(steps: Vec<Evidence>) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = Vec::with_capacity(steps.len());
    for step in steps {
        let within = |a: &Evidence, b: &Evidence| a.place.contains(b.place);
        let same = |known: &&mut Evidence| {
            known.say == step.say && (within(known, &step) || within(&step, known))
        };
        match out.iter_mut().find(same) {
            Some(known) if within(known, &step) => known.place = step.place,
            Some(_) => {}
            None => out.push(step),
        }
    }
    out
}

/// A step that is longer than this says enough; what follows at its place is a step of its own.
const LONG: usize = 120;

/// What it means that a fact holds, or does not.
const SAID: [(&str, bool, &str); 13] = [
    ("audit_log", false, "no audit log is written"),
    ("enabled", true, "it is written"),
    ("encrypted_at_rest", false, "what it stores is not encrypted"),
    ("forever", true, "nothing ever deletes it"),
    ("guard_off", true, "the guard against public access is off"),
    ("in_clear", true, "it stands here readable"),
    ("scrubbed", false, "nothing removes secrets"),
    ("scrubbed", true, "secrets are removed"),
    ("tenants_admitted", true, "everything that runs in the same cloud is admitted"),
    ("tls", false, "what is sent is not encrypted"),
    ("tls_required", false, "connections without encryption are accepted"),
    ("upstream_tls", false, "what is told to the store behind is not protected"),
    ("well_known", true, "it is a plain word, or stands in manuals"),
];

/// "auth is none", "audit log is off by default (a document)".
fn sentence(name: &str, value: &Value, origin: &Origin) -> String {
    let words = words(name);
    let text = match value {
        Value::Text(text) if text.is_empty() => format!("{words} is empty"),
        Value::Text(text) if &**text == "default-password" => {
            "the manual prints this very secret".to_owned()
        }
        Value::Bool(yes) => {
            match SAID.iter().find(|(field, when, _)| (*field, *when) == (name, *yes)) {
                Some((_, _, said)) => (*said).to_owned(),
                None => format!("{words}: {}", if *yes { "yes" } else { "no" }),
            }
        }
        value => format!("{words} is {value}"),
    };
    match &origin.basis {
        Basis::Written => text,
        Basis::Default(see) if see.is_empty() => format!("{text} by default"),
        Basis::Default(see) => format!("{text} by default ({see})"),
        Basis::Guessed(how) => format!("{text}, guessed from {how}"),
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Appends what decides a finding that is only possible.
pub(super) fn depending(message: &mut String, whys: &[(Why, Place)]) {
    if !whys.is_empty() {
        message.push_str(", depending on ");
        message.push_str(&list(whys));
    }
}

/// Appends what would make a finding worse.
pub(super) fn may_be(message: &mut String, worse: Severity, than: Severity, whys: &[(Why, Place)]) {
    if !whys.is_empty() {
        *message = format!("{message}; {worse} rather than {than}, depending on {}", list(whys));
    }
}

/// The first few; a message is one sentence.
fn list(whys: &[(Why, Place)]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for (why, _) in whys {
        let text = why.to_string();
        if !texts.contains(&text) && texts.len() < 2 {
            texts.push(text);
        }
    }
    texts.join(" and ")
}
