//! TTL clauses: what expires, when, and what then happens to it.

use super::cursor::Cursor;
use super::lex::Kind;
use super::{Age, Base, Ttl, TtlAction, TtlElement};

/// Expressions deeper than this are not evaluated.
const MAX_DEPTH: usize = 32;

/// Words that end a TTL clause, each with the word that must follow.
const BEHIND: [(&str, &str); 12] = [
    ("settings", ""),
    ("order", "by"),
    ("partition", "by"),
    ("primary", "key"),
    ("sample", "by"),
    ("comment", ""),
    ("engine", ""),
    ("as", ""),
    ("modify", ""),
    ("remove", ""),
    ("add", "column"),
    ("materialize", ""),
];

/// Reads what follows `TTL`.
pub(super) fn read(c: &mut Cursor) -> Option<Ttl> {
    let start = c.at;
    while !c.done() && !ends(c) {
        c.skip();
    }
    if c.at > start && c.kind_at(c.at - 1) == Some(Kind::Punct(b',')) {
        c.at -= 1;
    }
    let end = c.at;
    (end > start).then_some(())?;
    let mut elements: Vec<TtlElement> = Vec::new();
    // Behind `GROUP BY` a comma goes on with keys, behind `SET` with assignments.
    let (mut grouping, mut setting) = (false, false);
    for (from, to) in c.commas(start, end) {
        let assigns = top_level(c, from, to, |c, at| c.kind_at(at) == Some(Kind::Punct(b'=')));
        let sets = top_level(c, from, to, |c, at| c.is_word_at(at, "set"));
        let continues = (grouping && !setting) || (setting && assigns.is_some());
        if continues && sets.is_none_or(|_| grouping) {
            setting |= sets.is_some();
            continue;
        }
        let element = element(c, from, to);
        grouping = element.action == TtlAction::Group;
        setting = grouping && sets.is_some();
        elements.push(element);
    }
    Some(Ttl { place: c.place(start, end), elements })
}

fn ends(c: &Cursor) -> bool {
    BEHIND.iter().any(|(word, next)| {
        c.is_word_at(c.at, word) && (next.is_empty() || c.is_word_at(c.at + 1, next))
    })
}

fn element(c: &Cursor, from: usize, to: usize) -> TtlElement {
    let action_at = top_level(c, from, to, |c, at| {
        ["delete", "to", "recompress", "group", "where"].iter().any(|w| c.is_word_at(at, w))
    });
    let filtered = top_level(c, from, to, |c, at| c.is_word_at(at, "where")).is_some();
    let action = match action_at.map(|at| c.str_at(at).to_ascii_lowercase()).as_deref() {
        Some("to") => TtlAction::Move,
        Some("recompress") => TtlAction::Recompress,
        Some("group") => TtlAction::Group,
        _ if filtered => TtlAction::DeleteWhere,
        _ => TtlAction::Delete,
    };
    let mut expression = c.part(from, action_at.unwrap_or(to));
    let age = sum(&mut expression, 0).filter(|_| expression.done()).and_then(Value::age);
    let template = (from..to).any(|at| c.kind_at(at) == Some(Kind::Opaque));
    TtlElement { action, age, template, place: c.place(from, to) }
}

/// The first token outside of brackets that fits.
fn top_level(
    c: &Cursor,
    from: usize,
    to: usize,
    fits: impl Fn(&Cursor, usize) -> bool,
) -> Option<usize> {
    let mut walk = c.part(from, to);
    while !walk.done() {
        if fits(c, from + walk.at) {
            return Some(from + walk.at);
        }
        walk.skip();
    }
    None
}

/// What an expression amounts to.
#[derive(Clone, Default)]
struct Value {
    base: Option<Base>,
    seconds: i64,
    plain: i64,
}

impl Value {
    fn age(self) -> Option<Age> {
        Some(Age { base: self.base?, seconds: self.seconds, plain: self.plain })
    }

    /// A bare number.
    fn number(&self) -> Option<i64> {
        (self.base.is_none() && self.seconds == 0).then_some(self.plain)
    }

    fn plus(self, other: Value, sign: i64) -> Option<Value> {
        let base = match (self.base, other.base) {
            (base, None) => base,
            (None, base) if sign > 0 => base,
            _ => return None,
        };
        Some(Value {
            base,
            seconds: self.seconds.checked_add(other.seconds.checked_mul(sign)?)?,
            plain: self.plain.checked_add(other.plain.checked_mul(sign)?)?,
        })
    }

    fn times(self, other: &Value) -> Option<Value> {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => Some(Value { plain: a.checked_mul(b)?, ..Value::default() }),
            (None, Some(n)) | (Some(n), None) => {
                let by = if self.number().is_some() { other.clone() } else { self };
                by.base.is_none().then_some(())?;
                Some(Value { seconds: by.seconds.checked_mul(n)?, ..Value::default() })
            }
            _ => None,
        }
    }

    fn based(base: Base) -> Value {
        Value { base: Some(base), ..Value::default() }
    }
}

fn sum(c: &mut Cursor, depth: usize) -> Option<Value> {
    let mut total = product(c, depth)?;
    loop {
        let sign = match c.kind() {
            Some(Kind::Punct(b'+')) => 1,
            Some(Kind::Punct(b'-')) => -1,
            _ => return Some(total),
        };
        c.at += 1;
        total = total.plus(product(c, depth)?, sign)?;
    }
}

fn product(c: &mut Cursor, depth: usize) -> Option<Value> {
    let mut total = factor(c, depth)?;
    loop {
        if c.eat_punct(b'*') {
            total = total.times(&factor(c, depth)?)?;
        } else if c.eat_punct(b'/') {
            let by = factor(c, depth)?.number().filter(|n| *n != 0)?;
            total = Value { plain: total.number()? / by, ..Value::default() };
        } else if c.sees_punct(b':') {
            // `::DateTime`
            c.at += 2;
            let cast = base_of_type(&c.name()?);
            if c.sees_punct(b'(') {
                c.skip();
            }
            total.base = total.base.map(|b| cast.unwrap_or(b));
        } else {
            return Some(total);
        }
    }
}

fn factor(c: &mut Cursor, depth: usize) -> Option<Value> {
    (depth < MAX_DEPTH).then_some(())?;
    match c.kind()? {
        Kind::Punct(b'(') => {
            let end = c.behind_bracket(c.at);
            let value = whole(&c.part(c.at + 1, end - 1), depth + 1);
            c.at = end;
            value
        }
        Kind::Number => {
            let text = c.str_at(c.at).replace('_', "");
            c.at += 1;
            text.parse().ok().map(|plain| Value { plain, ..Value::default() })
        }
        Kind::String => {
            let plain = c.string()?.trim().parse().ok()?;
            Some(Value { plain, ..Value::default() })
        }
        Kind::Word { quoted: false } if c.sees(&["interval"]) => interval(c, depth),
        Kind::Word { .. } => {
            let mut name = c.name()?;
            if c.sees_punct(b'(') {
                let (open, end) = (c.at, c.behind_bracket(c.at));
                c.at = end;
                let args = c.commas(open + 1, end - 1);
                let args: Vec<Cursor> = args.iter().map(|(a, b)| c.part(*a, *b)).collect();
                return function(&name, &args, depth + 1);
            }
            while c.eat_punct(b'.') {
                name = format!("{name}.{}", c.name()?).into();
            }
            Some(Value::based(Base::Column(name)))
        }
        _ => None,
    }
}

/// The value of all tokens, or none.
fn whole(part: &Cursor, depth: usize) -> Option<Value> {
    let mut part = part.part(0, part.len());
    let value = sum(&mut part, depth)?;
    part.done().then_some(value)
}

/// `INTERVAL 30 DAY`, `INTERVAL '30 day'`
fn interval(c: &mut Cursor, depth: usize) -> Option<Value> {
    c.at += 1;
    if c.kind() == Some(Kind::String) {
        let text = c.string()?;
        let mut words = text.split_whitespace();
        let amount = words.next()?.parse().ok()?;
        let unit = match words.next() {
            Some(unit) => unit.into(),
            None => c.name()?,
        };
        return lasting(amount, &unit);
    }
    let amount = product(c, depth + 1)?.number()?;
    let unit = c.name()?;
    lasting(amount, &unit)
}

fn lasting(amount: i64, unit: &str) -> Option<Value> {
    let seconds = amount.checked_mul(seconds_of(unit)?)?;
    Some(Value { seconds, ..Value::default() })
}

fn seconds_of(unit: &str) -> Option<i64> {
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_prefix("sql_tsi_").unwrap_or(&unit);
    Some(match unit.strip_suffix('s').filter(|u| u.len() > 2).unwrap_or(unit) {
        "nanosecond" | "microsecond" | "millisecond" => 0,
        "second" | "ss" | "s" => 1,
        "minute" | "mi" | "n" => 60,
        "hour" | "hh" | "h" => 3_600,
        "day" | "dd" | "d" => 86_400,
        "week" | "wk" | "ww" => 7 * 86_400,
        "month" | "mm" | "m" => 30 * 86_400,
        "quarter" | "qq" | "q" => 91 * 86_400,
        "year" | "yyyy" | "yy" => 365 * 86_400,
        _ => return None,
    })
}

fn function(name: &str, args: &[Cursor], depth: usize) -> Option<Value> {
    let lower = name.to_ascii_lowercase();
    if let Some(unit) = lower.strip_prefix("tointerval") {
        return lasting(whole(args.first()?, depth)?.number()?, unit);
    }
    if let Some((unit, sign)) = (lower.strip_prefix("add").map(|u| (u, 1)))
        .or_else(|| lower.strip_prefix("subtract").map(|u| (u, -1)))
        && seconds_of(unit).is_some()
        && args.len() == 2
    {
        let shift = lasting(whole(&args[1], depth)?.number()?, unit)?;
        return whole(&args[0], depth)?.plus(shift, sign);
    }
    if matches!(lower.as_str(), "date_add" | "dateadd" | "timestamp_add" | "timestampadd") {
        return match args {
            [unit, amount, at] => {
                let shift = lasting(whole(amount, depth)?.number()?, unit.str_at(0))?;
                whole(at, depth)?.plus(shift, 1)
            }
            [at, shift] => whole(at, depth)?.plus(whole(shift, depth)?, 1),
            _ => None,
        };
    }
    if lower == "plus" && args.len() == 2 {
        return whole(&args[0], depth)?.plus(whole(&args[1], depth)?, 1);
    }
    if matches!(lower.as_str(), "todate" | "todate32" | "todatetime" | "todatetime64") {
        let inner = whole(args.first()?, depth)?;
        let base = if lower.starts_with("todatetime") { Base::Time } else { Base::Date };
        return inner.base.is_some().then_some(Value { base: Some(base), ..inner });
    }
    if lower == "assumenotnull" || lower == "cast" {
        return whole(args.first()?, depth);
    }
    // Any other function gives a moment to count from, unless a length hides in it.
    let shifts = args.iter().any(|a| {
        (0..a.len()).any(|i| {
            let word = a.str_at(i).to_ascii_lowercase();
            word == "interval" || word.starts_with("tointerval")
        })
    });
    let base = match lower.as_str() {
        l if l.starts_with("fromunixtimestamp") => Base::Time,
        "tomonday" | "tolastdayofmonth" | "tostartofmonth" | "tostartofyear" | "tostartofweek"
        | "tostartofquarter" => Base::Date,
        _ => Base::Unclear,
    };
    (!shifts && !args.is_empty()).then(|| Value::based(base))
}

fn base_of_type(name: &str) -> Option<Base> {
    match name {
        n if n.starts_with("DateTime") => Some(Base::Time),
        n if n.starts_with("Date") => Some(Base::Date),
        _ => None,
    }
}
