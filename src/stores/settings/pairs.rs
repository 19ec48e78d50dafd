//! A certificate without its key, or a key without its certificate.

use super::Server;
use crate::model::concept::Defect;
use crate::model::fact::{Fact, Name};

impl Server<'_> {
    /// The pairs of which only one half is set, as far as the files tell.
    pub(super) fn half_key_pairs(&self) -> Vec<Defect> {
        let pairs = self.card.key_pairs.iter();
        pairs
            .flat_map(|(certificate, key)| [(certificate, key), (key, certificate)])
            .filter_map(|(given, missing)| self.half(given, missing))
            .collect()
    }

    fn half(&self, given: &str, missing: &str) -> Option<Defect> {
        let Fact::Known(value, origin) = self.settings.setting(given) else { return None };
        if value.to_string().is_empty() || !self.settings.setting(missing).is_unset() {
            return None;
        }
        let engine = &self.card.engine;
        let message =
            format!("`{given}` is set and `{missing}` is not, so {engine} has no key pair");
        let mut identity = self.identity("key-pair", given);
        identity.place = origin.at;
        identity.title = self.program.container.title.clone();
        let mut defect = Defect::new(identity);
        defect.kind = Fact::Known(Name::from("half-key-pair"), origin.clone());
        defect.message = Fact::Known(message.into(), origin);
        Some(defect)
    }
}
