//! What a server writes down and how long it keeps things, as its card says.

use std::sync::Arc;

use super::Server;
use crate::catalog::image::{KeepCard, LogCard, Unit};
use crate::expr::Scope;
use crate::model::concept::{Identity, LogPipeline, Retention};
use crate::model::fact::{Fact, Name, Why};
use crate::model::fragment::{Keep, LogDraft};
use crate::model::value::Value;

impl Server<'_> {
    pub(super) fn log(&self, card: &LogCard) -> LogDraft {
        let place = self.settings.place();
        let known = |text: &str| Fact::default(Name::from(text), card.see.clone(), place);
        let mut log = LogPipeline::new(self.identity("log", &card.name));
        log.name = known(&card.name);
        log.source = known(&card.source);
        log.engine = self.by_image(self.card.engine.as_str().into());
        let content = card.content.iter().map(|c| self.judged(known(c))).collect();
        log.content = Fact::default(content, card.see.clone(), place);
        log.enabled = match &card.enabled {
            Some(enabled) => self.flag(Some(enabled)),
            None => self.by_image(true),
        };
        log.scrubbed = self.flag(card.scrubbed.as_ref());
        log.level = self.text(card.level.as_ref()).map(|l| l.to_lowercase().into());
        LogDraft { store: Some(self.program.container.address.clone()), log }
    }

    /// What is kept, unless it is not even written.
    pub(super) fn keep(&self, card: &KeepCard) -> Option<Keep> {
        let on = card.on.as_ref().map(|on| self.flag(Some(on)));
        if on.as_ref().and_then(Fact::known) == Some(&false) {
            return None;
        }
        let identity = self.identity("keep", &card.name);
        let place = self.settings.place();
        let known = |text: &str| Fact::default(Name::from(text), self.card.see.clone(), place);
        let mut retention = Retention::new(identity);
        if let Some(open @ Fact::Unknown(..)) = on {
            retention.identity.exists = open;
        }
        retention.name = known(&card.name);
        retention.what = known(&card.what);
        retention.engine = self.by_image(self.card.engine.as_str().into());
        let holds = card.holds.iter().map(|h| self.judged(known(h))).collect();
        retention.holds = Fact::default(holds, self.card.see.clone(), place);
        self.bound(card, &mut retention);
        Some(Keep { store: Some(self.program.container.address.clone()), retention })
    }

    /// The first setting that is set bounds it.
    fn bound(&self, card: &KeepCard, retention: &mut Retention) {
        for (name, unit) in card.setting.iter().zip(&card.unit) {
            let value = match self.settings.setting(name) {
                Fact::Unset(_) => continue,
                fact => self.judged(fact),
            };
            let never = |v: &Value| card.never.iter().any(|n| *n == v.to_string());
            retention.forever = value.clone().map(|v| never(&v));
            if value.known().is_some_and(never) {
                return;
            }
            retention.days = value.try_map(|v| days(&v.to_string(), *unit));
            return;
        }
        let place = self.settings.place();
        let why = Why::NoDefault(format!("how long {} is kept", card.name).into());
        retention.forever = Fact::Unknown(why, place);
    }

    pub(super) fn identity(&self, part: &str, name: &str) -> Identity {
        let container = self.program.container;
        Identity {
            address: format!("{}/{part}/{name}", container.address).into(),
            subject: Arc::clone(&container.address.0),
            title: format!("{name} of {}", container.title).into(),
            place: self.settings.place(),
            whole: container.whole,
            exists: self.exists(),
        }
    }
}

/// Whole days, rounded down, but a positive span is never 0.
fn days(text: &str, unit: Unit) -> Result<i64, Why> {
    let odd = || Why::NotUnderstood(format!("the time `{text}`").into());
    let seconds = match unit {
        Unit::Written => written(text).ok_or_else(odd)?,
        counted => {
            let number: i64 = text.trim().parse().map_err(|_| odd())?;
            match counted {
                Unit::Milliseconds => number / 1000,
                Unit::Minutes => number.saturating_mul(60),
                Unit::Hours => number.saturating_mul(3600),
                Unit::Days => number.saturating_mul(86_400),
                Unit::Seconds | Unit::Written => number,
            }
        }
    };
    Ok(if seconds > 0 { (seconds / 86_400).max(1) } else { 0 })
}

/// `15d`, `1y6w`, `36h`: Prometheus's way of writing spans.
fn written(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut seconds: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" => 0,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            "y" => 365 * 86_400,
            _ => return None,
        };
        rest = &rest[letters..];
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, unit: Unit, expected: Option<i64>) {
        assert_eq!(days(text, unit).ok(), expected, "{text} {unit:?}");
    }

    #[test]
    fn spans_become_whole_days() {
        check("168", Unit::Hours, Some(7));
        check("604800000", Unit::Milliseconds, Some(7));
        check("15d", Unit::Written, Some(15));
        check("1y6w", Unit::Written, Some(407));
        check("36h", Unit::Written, Some(1));
        check("90", Unit::Minutes, Some(1));
        check("0", Unit::Seconds, Some(0));
        check("12", Unit::Written, None);
        check("soon", Unit::Days, None);
        check("99999999999999999999y", Unit::Written, None);
    }
}
