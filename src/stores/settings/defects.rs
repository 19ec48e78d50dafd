//! What is set and does not do what its author thinks: half of a key pair, a variable that nobody
//! reads.

use super::Server;
use crate::catalog::image::NoEffectCard;
use crate::model::concept::Defect;
use crate::model::fact::{Basis, Fact, Name, Origin};

impl Server<'_> {
    pub(super) fn defects(&self) -> Vec<Defect> {
        // Of an image that is only taken for the card's, nothing of the sort is known.
        if self.guess.is_some() {
            return Vec::new();
        }
        let halves = self.card.key_pairs.iter();
        let halves = halves
            .flat_map(|(certificate, key)| [(certificate, key), (key, certificate)])
            .filter_map(|(given, missing)| self.half(given, missing));
        let unread = self.card.no_effect.iter().filter_map(|card| self.unread(card));
        halves.chain(unread).collect()
    }

    /// A certificate without its key, or a key without its certificate, as far as the files tell.
    fn half(&self, given: &str, missing: &str) -> Option<Defect> {
        let Fact::Known(value, origin) = self.settings.setting(given) else { return None };
        if value.to_string().is_empty() || !self.settings.setting(missing).is_unset() {
            return None;
        }
        let engine = &self.card.engine;
        let message =
            format!("`{given}` is set and `{missing}` is not, so {engine} has no key pair");
        Some(self.defect("half-key-pair", given, message.into(), origin))
    }

    /// A variable that the program does not read.
    fn unread(&self, card: &NoEffectCard) -> Option<Defect> {
        // It is set, whatever its value.
        let (_, value) = self.program.env.iter().find(|(name, _)| **name == *card.variable)?;
        let origin = Origin::written(value.place());
        let origin = match card.when.as_ref().map(|when| self.flag(Some(when))) {
            // A guess (the version of an image without a tag) stays one.
            Some(Fact::Known(true, when)) if matches!(when.basis, Basis::Guessed(_)) => {
                Origin { basis: when.basis, ..origin }
            }
            None | Some(Fact::Known(true, _)) => origin,
            Some(_) => return None,
        };
        let message = format!("`{}` has no effect: {}", card.variable, card.because);
        Some(self.defect("no-effect", &card.variable, message.into(), origin))
    }

    fn defect(&self, kind: &str, about: &str, message: Name, origin: Origin) -> Defect {
        let mut identity = self.identity(kind, about);
        identity.place = origin.at;
        identity.title.clone_from(&self.program.container.title);
        let mut defect = Defect::new(identity);
        defect.kind = Fact::Known(kind.into(), origin.clone());
        defect.message = Fact::Known(message, origin);
        defect
    }
}
