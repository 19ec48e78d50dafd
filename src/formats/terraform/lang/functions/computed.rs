//! Attributes of data sources that follow from what is written in them: templates, files, documents
//! of rights.

use std::sync::Arc;

use super::{Call, find};
use crate::formats::terraform::lang::scope::Scope;
use crate::formats::terraform::lang::stop::settle;
use crate::formats::terraform::lang::world::World;
use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::{Name, Why};
use crate::source::Place;
use crate::tree::hcl::Block;

impl World<'_> {
    /// An attribute that a block computes from its own arguments.
    pub(in crate::formats::terraform::lang) fn computed(
        &mut self,
        block: &Block,
        name: &str,
        scope: &mut Scope,
    ) -> Option<Val> {
        let kind = block.labels.first().map_or("", |label| &*label.text);
        let is_data = &*block.kind == "data";
        match (is_data, kind, name) {
            // The old form of `templatefile`.
            (true, "template_file", "rendered") => {
                self.of_arguments(block, "templatestring", &["template", "vars"], scope)
            }
            (true, "cloudinit_config" | "template_cloudinit_config", "rendered") => {
                Some(self.cloud_init(block, scope))
            }
            (true, "local_file" | "local_sensitive_file", "content") => {
                self.of_arguments(block, "file", &["filename"], scope)
            }
            (true, "google_iam_policy", "policy_data") => {
                let bindings = self.blocks_named(&block.body, "binding", scope)?;
                let entries: Arc<[(Name, Val)]> = Arc::new([("bindings".into(), bindings)]);
                let map = Val::new(ValKind::Map { entries, more: None }, block.place);
                Some(call("jsonencode", vec![map], block.place))
            }
            (true, "null_data_source", "outputs") => self.argument(block, "inputs", scope),
            (false, "terraform_data", "output") => self.argument(block, "input", scope),
            _ => None,
        }
    }

    fn argument(&mut self, block: &Block, name: &str, scope: &mut Scope) -> Option<Val> {
        let attribute = block.body.attribute(name)?;
        Some(self.known(&attribute.expr, scope))
    }

    /// A function's result for some arguments of a block; the first must be there.
    fn of_arguments(
        &mut self,
        block: &Block,
        function: &str,
        names: &[&str],
        scope: &mut Scope,
    ) -> Option<Val> {
        let at = block.body.attribute(names.first()?)?.expr.place;
        let args = names.iter().filter_map(|name| self.argument(block, name, scope)).collect();
        let call = Call { name: function, args, at };
        let outcome = self.file_function(&call, scope)?;
        Some(settle(outcome, at))
    }

    /// The parts of a cloud-init archive, one after the other; how they are packed is of no interest.
    fn cloud_init(&mut self, block: &Block, scope: &mut Scope) -> Val {
        let parts = self.blocks_named(&block.body, "part", scope);
        let parts = parts.as_ref().map(Val::items);
        let (items, more) = parts.map_or((Vec::new(), None), |parts| (parts.items, parts.more));
        let contents = items.into_iter().filter_map(|part| part.get("content").cloned());
        let more = more.map(|(why, _)| why);
        let list = Val::new(ValKind::List { items: contents.collect(), more }, block.place);
        call("join", vec![Val::string("\n", block.place), list], block.place)
    }
}

fn call(name: &str, args: Vec<Val>, at: Place) -> Val {
    let unknown = || Val::unknown(Why::Function(name.into()), at);
    let call = Call { name, args, at };
    match find(name).map(|function| function(&call)) {
        Some(outcome) => settle(outcome, at),
        None => unknown(),
    }
}
