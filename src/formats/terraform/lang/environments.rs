//! Which values a root's variables have: the command line's, or those of each file of values that
//! lies beside the root and is read on request only, such as `prod.tfvars`.

use super::super::roots;
use super::super::value::Val;
use super::module::Module;
use crate::formats::{Parsed, Unit};
use crate::model::fact::{Name, Why};
use crate::source::{Given, Place, Sources, Text};
use crate::tree::hcl::{self, Attribute, Body, Expr, ExprKind};

/// Environments of one root; more of them are files of values for something else.
const MAX_ENVIRONMENTS: usize = 12;

/// One set of values for a root's variables.
pub(super) struct Environment<'a> {
    /// What tells its addresses from those of others: empty, or `#prod#`.
    pub(super) suffix: String,
    /// Read after the files that Terraform reads by itself.
    pub(super) files: Vec<&'a Body>,
    options: Vec<Choice<'a>>,
}

/// One option of the command line.
#[derive(Clone)]
enum Choice<'a> {
    Value(&'a Name, &'a Name),
    File(&'a Body),
}

/// What the command line gives, read once for all roots of a unit.
pub(super) struct Environments<'a> {
    given: &'a [Given],
    /// Of each option that names a file.
    bodies: Vec<Option<Body>>,
}

impl<'a> Environments<'a> {
    pub(super) fn new(unit: &Unit<'a>) -> Environments<'a> {
        let given = unit.sources.given();
        let bodies = given.iter().map(|option| match option {
            Given::File(path) => values_file(unit.sources, path),
            Given::Value(..) => None,
        });
        Environments { given, bodies: bodies.collect() }
    }

    /// What Terraform reads by itself, and what the command line gives.
    pub(super) fn plain(&self, suffix: &str) -> Environment<'_> {
        let options =
            self.given.iter().zip(&self.bodies).filter_map(|(option, body)| match option {
                Given::Value(name, text) => Some(Choice::Value(name, text)),
                Given::File(_) => body.as_ref().map(Choice::File),
            });
        Environment { suffix: suffix.to_owned(), files: Vec::new(), options: options.collect() }
    }

    /// The environments of a root. Without options of the command line, each file of values is one
    /// of its own; a root that needs such a file is nothing without one.
    pub(super) fn of<'s>(
        &'s self,
        unit: &Unit<'s>,
        root: &Module,
    ) -> (Vec<Environment<'s>>, Option<Left>) {
        let plain = self.plain("");
        if !self.given.is_empty() {
            return (vec![plain], None);
        }
        let mut environments = Vec::new();
        let mut left = Vec::new();
        for (file, parsed) in &unit.files {
            let path = unit.sources.path(*file);
            let Parsed::Hcl(body) = parsed else { continue };
            let Some(name) = roots::environment(path, &root.folder) else { continue };
            let sets = |a: &Attribute| root.variables.contains_key(&a.name);
            if !body.attributes.iter().any(sets) {
                continue;
            }
            if environments.len() >= MAX_ENVIRONMENTS {
                left.push(Place::new(*file, 0..0));
            } else {
                let suffix = format!("#{name}#");
                environments.push(Environment { suffix, files: vec![body], options: Vec::new() });
            }
        }
        if environments.is_empty() || !needs_values(root) {
            environments.insert(0, plain);
        }
        let left = left.first().map(|first| (*first, unread(left.len())));
        (environments, left)
    }
}

/// Files of values beyond the bound: the first of them, and what to say.
pub(super) type Left = (Place, Name);

fn unread(count: usize) -> Name {
    let files = if count == 1 { "file" } else { "files" };
    format!("{count} more {files} of values for one root; `--var-file` names one").into()
}

/// Whether a variable has no value without a further file.
fn needs_values(root: &Module) -> bool {
    let set = |name: &Name| root.values.iter().any(|body| body.attribute(name).is_some());
    root.variables
        .iter()
        .any(|(name, block)| block.body.attribute("default").is_none() && !set(name))
}

fn values_file(sources: &Sources, path: &str) -> Option<Body> {
    let text = sources.text(sources.find(path)?);
    Some(if roots::is_json(path) { super::super::from_json(&text).0 } else { hcl::parse(&text).0 })
}

impl<'a> Environment<'a> {
    /// What the command line's last option says of a variable: an attribute of a file, or a text.
    pub(super) fn given(&self, name: &Name) -> Option<Result<&'a Attribute, &'a Name>> {
        self.options.iter().rev().find_map(|option| match option {
            Choice::Value(known, text) => (*known == name).then_some(Err(*text)),
            Choice::File(body) => body.attribute(name).map(Ok),
        })
    }
}

/// The value of `--var name=text`. Terraform reads the text as an expression where the variable has
/// a type of collections, and as it is otherwise (`internal/configs/named_values.go`).
pub(super) fn of_option(
    text: &Name,
    constraint: Option<&Expr>,
    at: Place,
    constant: impl FnOnce(&Expr) -> Val,
) -> Val {
    let literal = match constraint.map(|c| &c.kind) {
        None => true,
        Some(ExprKind::Variable(word) | ExprKind::String(word, _)) => {
            matches!(&**word, "string" | "number" | "bool")
        }
        Some(_) => false,
    };
    if literal {
        return Val::string(text.clone(), at);
    }
    let wrapped =
        Text::nested(format!("value = {text}\n").into(), at, crate::shared::Shared::empty());
    let (body, problems) = hcl::parse(&wrapped);
    match body.attribute("value").filter(|_| problems.is_empty()) {
        Some(attribute) => constant(&attribute.expr),
        None => Val::unknown(Why::Broken, at),
    }
}
