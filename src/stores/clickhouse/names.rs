//! What the things of one server are called.

use crate::model::concept::{Defect, Identity, LogPipeline, Retention};
use crate::model::fact::{Fact, Name};
use crate::model::fragment::{Address, Keep, LogDraft};
use crate::source::Place;
use crate::tree::xml::Element;

/// A server, as the names of everything in it begin.
pub(super) struct Names {
    pub(super) store: Address,
    /// Whether a store of that address is handed on at all.
    pub(super) is_store: bool,
    pub(super) title: Name,
    pub(super) exists: Fact<bool>,
}

impl Names {
    pub(super) fn identity(
        &self,
        suffix: &str,
        title: impl Into<Name>,
        place: Place,
        whole: Place,
    ) -> Identity {
        Identity {
            address: format!("{}/{suffix}", self.store).into(),
            subject: self.store.0.clone(),
            title: title.into(),
            place,
            whole,
            exists: self.exists.clone(),
        }
    }

    pub(super) fn defect(&self, at: &Element, kind: &str, message: String) -> Defect {
        let suffix = format!("defect/{kind}/{}", at.name);
        let mut out = Defect::new(self.identity(&suffix, self.title.clone(), at.tag, at.place));
        out.kind = Fact::written(kind.into(), at.tag);
        out.message = Fact::written(message.into(), at.tag);
        out
    }

    fn owner(&self) -> Option<Address> {
        self.is_store.then(|| self.store.clone())
    }

    pub(super) fn log(&self, log: LogPipeline) -> LogDraft {
        LogDraft { store: self.owner(), log }
    }

    pub(super) fn keep(&self, retention: Retention) -> Keep {
        Keep { store: self.owner(), retention }
    }
}
