//! Strings put together: templates, and texts that functions write.

use super::super::value::{Val, ValKind};
use super::ops;
use super::scope::Scope;
use super::stop::{Outcome, Stop, fails};
use super::world::World;
use super::{eval, trail};
use crate::model::fact::{Evidence, Why};
use crate::shared::Shared;
use crate::source::{Piece, Place};
use crate::tree::hcl::Part;

/// Longer texts are no configuration, but something that doubles itself.
const MAX_TEXT: usize = 1 << 20;

/// A string in the making, of known and unknown parts.
pub(super) struct Builder {
    at: Place,
    text: String,
    pieces: Vec<Piece>,
    parts: Vec<Val>,
    via: Shared<Evidence>,
}

impl Builder {
    pub(super) fn new(at: Place) -> Builder {
        let (text, pieces, parts) = (String::new(), Vec::new(), Vec::new());
        Builder { at, text, pieces, parts, via: Shared::empty() }
    }

    /// For a text that is long as a rule: room for it is made at once.
    pub(super) fn long(at: Place) -> Builder {
        Builder { text: String::with_capacity(512), ..Builder::new(at) }
    }

    /// Text without a place of its own.
    pub(super) fn push_str(&mut self, text: &str) -> Result<(), Stop> {
        if self.text.len() + text.len() > MAX_TEXT {
            return Err(Stop::Unknown(Why::NotUnderstood("a very long text".into())));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Text that stands in the file.
    fn literal(&mut self, text: &str, pieces: &[Piece]) -> Result<(), Stop> {
        let here = self.text.len() as u32;
        self.pieces.extend(pieces.iter().map(|p| Piece { here: p.here + here, ..*p }));
        self.push_str(text)
    }

    /// A value's text, or the value itself where it is not known.
    pub(super) fn push(&mut self, val: &Val) -> Result<(), Stop> {
        match &val.kind {
            ValKind::Partial(parts) => {
                for part in parts.iter() {
                    self.push(part)?;
                }
            }
            ValKind::Unknown(_) | ValKind::Ref(_) => {
                self.close();
                if self.parts.len() > 10_000 {
                    return Err(Stop::Unknown(Why::NotUnderstood("a very long text".into())));
                }
                self.parts.push(val.clone());
            }
            _ => self.push_str(&ops::text(val)?)?,
        }
        self.via = trail::join(&self.via, &val.via);
        Ok(())
    }

    fn close(&mut self) {
        if !self.text.is_empty() {
            let pieces = std::mem::take(&mut self.pieces).into();
            let text = std::mem::take(&mut self.text);
            self.parts.push(Val::new(ValKind::String(text.into(), pieces), self.at));
        }
    }

    pub(super) fn finish(mut self) -> Val {
        let kind = if self.parts.is_empty() {
            ValKind::String(self.text.into(), self.pieces.into())
        } else {
            self.close();
            ValKind::Partial(self.parts.into())
        };
        Val { via: self.via, ..Val::new(kind, self.at) }
    }
}

impl World<'_> {
    /// A template's value; one that is a single `${…}` is that value, of whatever type.
    pub(super) fn template(&mut self, parts: &[Part], scope: &mut Scope, at: Place) -> Outcome {
        if let [Part::Interpolation(inner)] = parts {
            return self.eval(inner, scope);
        }
        let mut builder = Builder::new(at);
        self.parts(parts, scope, &mut builder)?;
        Ok(builder.finish())
    }

    pub(super) fn parts(
        &mut self,
        parts: &[Part],
        scope: &mut Scope,
        out: &mut Builder,
    ) -> Result<(), Stop> {
        for part in parts {
            match part {
                Part::Literal(text, _, pieces) => out.literal(text, pieces)?,
                Part::Interpolation(inner) => {
                    let val = self.soft(inner, scope)?;
                    if val.is_null() {
                        return fails("a null in a text");
                    }
                    out.push(&val)?;
                }
                Part::If { cond, then, otherwise } => {
                    let cond = self.soft(cond, scope)?;
                    match ops::boolean(&cond) {
                        Ok(true) => self.parts(then, scope, out)?,
                        Ok(false) => self.parts(otherwise, scope, out)?,
                        Err(Stop::Unknown(why)) => out.push(&Val::unknown(why, cond.at))?,
                        Err(stop) => return Err(stop),
                    }
                    out.via = trail::join(&out.via, &cond.via);
                }
                Part::For { key, value, over, body } => {
                    let over = self.soft(over, scope)?;
                    let (pairs, more) = eval::pairs(&over)?;
                    for (k, v) in pairs {
                        scope.push(key.as_ref(), k, value, v);
                        let done = self.parts(body, scope, out);
                        scope.pop(key.as_ref());
                        done?;
                    }
                    if let Some(why) = more {
                        out.push(&Val::unknown(why, over.at))?;
                    }
                }
            }
        }
        Ok(())
    }
}
