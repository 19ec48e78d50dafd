//! The readings of a card, done on a resource.

use std::collections::BTreeMap;

use crate::catalog::resource::{Names, Question, Reading, Satellite, Source, Word};
use crate::formats::terraform::resources::facts::{any, not};
use crate::formats::terraform::resources::policy::lets_anybody_in;
use crate::formats::terraform::resources::world::{Join, World};
use crate::formats::terraform::value::{Resource, Val};
use crate::model::fact::{Fact, Name, Why};
use crate::source::Place;

pub(super) struct Reader<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) resource: &'a Resource,
}

impl<'a> Reader<'a> {
    pub(super) fn bool(&self, source: &Source) -> Fact<bool> {
        self.word(source).try_map(|word| match &word {
            Word::Bool(b) => Ok(*b),
            Word::Text(t) if t == "true" => Ok(true),
            Word::Text(t) if t == "false" => Ok(false),
            _ => Err(word.misread("a boolean")),
        })
    }

    pub(super) fn int(&self, source: &Source) -> Fact<i64> {
        self.word(source).try_map(|word| match &word {
            Word::Int(n) => Ok(*n),
            Word::Text(t) => {
                t.trim().parse::<f64>().map(|n| n as i64).map_err(|_| word.misread("a number"))
            }
            Word::Bool(_) => Err(word.misread("a number")),
        })
    }

    pub(super) fn text(&self, source: &Source) -> Fact<Name> {
        self.word(source).map(|word| word.text())
    }

    fn word(&self, source: &Source) -> Fact<Word> {
        let place = self.resource.head;
        if let Source::Word(word) = source {
            return Fact::default(
                word.clone(),
                format!("{} by its nature", self.resource.kind),
                place,
            );
        }
        let readings = source.readings().iter().map(|r| self.reading(r));
        let mut said = readings.skip_while(Fact::is_unset);
        said.next().unwrap_or(Fact::Unset(place))
    }

    fn reading(&self, reading: &Reading) -> Fact<Word> {
        let body = &self.resource.body;
        for attr in reading.unless.iter().flat_map(Names::all) {
            match there(body, attr) {
                Fact::Known(true, origin) => return Fact::Unset(origin.at),
                Fact::Unknown(why, at) => return Fact::Unknown(why, at),
                _ => {}
            }
        }
        let own = reading.each.is_none() && reading.satellite.of.is_none();
        if own && !counts(&reading.only, body) {
            return Fact::Unset(self.resource.head);
        }
        let told = if reading.satellite.of.is_some() {
            self.in_satellites(reading)
        } else {
            self.in_each(reading, &self.resource.body)
        };
        self.with_default(reading, told)
    }

    fn with_default(&self, reading: &Reading, told: Fact<Word>) -> Fact<Word> {
        let Fact::Unset(at) = told else { return told };
        let see = reading.see.clone().unwrap_or_default();
        let Some(now) = &reading.default else { return Fact::Unset(at) };
        if let Some(how) = &reading.guess {
            return Fact::guessed(now.clone(), how.as_str(), at);
        }
        let Some(before) = &reading.before else { return Fact::default(now.clone(), see, at) };
        let Some(major) = self.resource.provider_major else {
            let what = reading.attr.as_deref().unwrap_or("a setting");
            let why = format!("the provider's version for the default of `{what}`");
            return Fact::Unknown(Why::NoDefault(why.into()), at);
        };
        let applies = if major < before.major { &before.default } else { now };
        Fact::default(applies.clone(), see, at)
    }

    /// True if it is so for any satellite; a value of the first that has one.
    fn in_satellites(&self, reading: &Reading) -> Fact<Word> {
        let (sure, open) = self.satellites(&reading.satellite);
        let place = self.resource.head;
        let told: Vec<_> = sure
            .iter()
            .filter(|s| counts(&reading.only, &s.body))
            .map(|s| match (&reading.attr, reading.has) {
                (None, true) => s.exists.clone().map(Word::Bool),
                _ => self.in_body(reading, &s.body),
            })
            .collect();
        let mut out = either(told, place);
        if let (Some((why, at)), true) = (open, !matches!(out, Fact::Known(Word::Bool(true), _))) {
            out = Fact::Unknown(why, at);
        }
        out
    }

    /// The resources that a card's `of` and `by` mean.
    pub(super) fn satellites(
        &self,
        satellite: &Satellite,
    ) -> (Vec<&'a Resource>, Option<(Why, Place)>) {
        let Some(kind) = satellite.of.as_deref() else { return (Vec::new(), None) };
        if let Some(key) = &satellite.shared {
            return self.sharing(kind, key);
        }
        let names: Vec<&str> = satellite.names.iter().map(String::as_str).collect();
        let by = satellite.by.as_deref().unwrap_or("id");
        self.world.satellites(&[kind], by, self.resource, &names)
    }

    /// Resources that have an attribute in common with this one.
    fn sharing(&self, kind: &str, key: &str) -> (Vec<&'a Resource>, Option<(Why, Place)>) {
        let Some(own) = self.resource.body.get(key) else { return (Vec::new(), None) };
        let (mut sure, mut open) = (Vec::new(), None);
        for other in self.world.of(kind) {
            match other.body.get(key).map(|value| World::same(own, value)) {
                Some(Join::Yes) => sure.push(*other),
                Some(Join::Maybe(why, at)) => open = open.or(Some((why, at))),
                _ => {}
            }
        }
        (sure, open)
    }

    /// In every block that `each` means, or in the body itself.
    fn in_each(&self, reading: &Reading, body: &Val) -> Fact<Word> {
        let Some(path) = &reading.each else { return self.in_body(reading, body) };
        // `hosts.*`: in every value of a map.
        let (path, values) = match path.strip_suffix(".*") {
            Some(path) => (path, true),
            None => (path.as_str(), false),
        };
        let (holder, key) = match path.rsplit_once('.') {
            Some((path, key)) => (descend(body, path), key),
            None => (Ok(body), path),
        };
        let holder = match holder {
            Ok(holder) => holder,
            Err(fact) => return fact.map(|()| Word::Bool(false)),
        };
        let blocks = match holder.get(key).filter(|_| values) {
            Some(map) => map.values(),
            None => holder.list(key),
        };
        let counting = blocks.items.iter().filter(|block| counts(&reading.only, block));
        let more = blocks.more.map(|(why, at)| Fact::Unknown(why, at));
        either(counting.map(|block| self.in_body(reading, block)).chain(more).collect(), body.at)
    }

    fn in_body(&self, reading: &Reading, body: &Val) -> Fact<Word> {
        let (holder, key) = match reading.attr.as_deref() {
            None => return Fact::Unset(body.at),
            Some(attr) => match attr.rsplit_once('.') {
                Some((path, key)) => (descend(body, path), key),
                None => (Ok(body), attr),
            },
        };
        let holder = match holder {
            Ok(holder) => holder,
            Err(fact) if reading.has => return answer(reading, fact.map(|()| false), body.at),
            Err(fact) => return fact.map(|()| Word::Bool(false)),
        };
        if reading.has {
            return answer(reading, holder.has(key), holder.at);
        }
        if !reading.holds.is_empty() {
            return answer(reading, holds(holder, key, &reading.holds), holder.at);
        }
        if reading.question == Some(Question::LetsAnybodyIn) {
            let policy = holder.get(key).map(|policy| lets_anybody_in(self.world, policy));
            return answer(reading, policy.unwrap_or(Fact::Unset(holder.at)), holder.at);
        }
        if reading.some {
            return answer(reading, some(holder, key), holder.at);
        }
        let value = value(reading, holder.text(key));
        if reading.is.is_empty() {
            return if reading.not { value.map(Word::negated) } else { value };
        }
        let asked =
            value.map(|v| reading.is.iter().any(|w| w.text().eq_ignore_ascii_case(&v.text())));
        answer(reading, asked, holder.at)
    }
}

/// The block at the end of a path; unset where one on the way is not there.
fn descend<'v>(body: &'v Val, path: &str) -> Result<&'v Val, Fact<()>> {
    path.split('.').try_fold(body, |holder, part| match holder.block(part) {
        Some(block) => Ok(block),
        None => Err(match holder.has(part) {
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
            _ => Fact::Unset(holder.at),
        }),
    })
}

/// Whether something is written at the end of a path.
fn there(body: &Val, path: &str) -> Fact<bool> {
    let Some((path, key)) = path.rsplit_once('.') else { return body.has(path) };
    match descend(body, path) {
        Ok(holder) => holder.has(key),
        Err(fact) => fact.map(|()| false),
    }
}

/// The answer to a card's question, turned round or into a word where it says so.
fn answer(reading: &Reading, asked: Fact<bool>, at: Place) -> Fact<Word> {
    let asked = if reading.not { not(asked) } else { asked };
    match (&reading.then, asked) {
        (Some(word), Fact::Known(true, origin)) => match &reading.guess {
            Some(how) => Fact::guessed(word.clone(), how.as_str(), origin.at),
            None => Fact::Known(word.clone(), origin),
        },
        (Some(_), Fact::Known(false, _)) => Fact::Unset(at),
        (_, asked) => asked.map(Word::Bool),
    }
}

/// Whether a block has the values that a card wants of it.
fn counts(only: &BTreeMap<String, String>, body: &Val) -> bool {
    only.iter().all(|(key, wanted)| {
        body.text(key).known().is_none_or(|told| told.eq_ignore_ascii_case(wanted))
    })
}

/// True if one is; a value of the first that has one, where they are no booleans.
fn either(told: Vec<Fact<Word>>, place: Place) -> Fact<Word> {
    let told: Vec<_> = told.into_iter().filter(|fact| !fact.is_unset()).collect();
    let bools = told.iter().map(|fact| match fact {
        Fact::Known(Word::Bool(b), origin) => Some(Fact::Known(*b, origin.clone())),
        Fact::Unknown(why, at) => Some(Fact::Unknown(why.clone(), *at)),
        _ => None,
    });
    match bools.collect::<Option<Vec<_>>>() {
        Some(bools) => any(bools, Fact::Unset(place)).map(Word::Bool),
        None => told.into_iter().next().unwrap_or(Fact::Unset(place)),
    }
}

/// Whether a list that is written has any element.
fn some(body: &Val, key: &str) -> Fact<bool> {
    let Some(value) = body.get(key) else {
        return match body.has(key) {
            Fact::Unknown(why, at) => Fact::Unknown(why, at),
            _ => Fact::Unset(body.at),
        };
    };
    let list = body.list(key);
    match (list.items.is_empty(), list.more) {
        (false, _) => Fact::written(true, value.at),
        (true, Some((why, at))) => Fact::Unknown(why, at),
        (true, None) => Fact::written(false, value.at),
    }
}

fn holds(body: &Val, key: &str, words: &[String]) -> Fact<bool> {
    let list = body.list(key);
    let held = list
        .items
        .iter()
        .map(|item| item.as_text().map(|t| words.iter().any(|w| w.eq_ignore_ascii_case(&t))));
    let held = held.chain(list.more.map(|(why, at)| Fact::Unknown(why, at)));
    any(held, Fact::Unset(body.at))
}

fn value(reading: &Reading, text: Fact<Name>) -> Fact<Word> {
    let text = text.map(|t| reading.words.get(&*t).map_or(t, |w| w.as_str().into()));
    text.map(|t| match (&*t, t.parse::<i64>()) {
        ("true", _) => Word::Bool(true),
        ("false", _) => Word::Bool(false),
        (_, Ok(n)) => Word::Int(reading.per_day.map_or(n, |per| n / per.max(1))),
        _ => Word::Text(t.to_string()),
    })
}
