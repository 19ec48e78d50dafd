//! Functions of texts.

use super::{Call, Function, regexp};
use crate::formats::terraform::lang::ops;
use crate::formats::terraform::lang::stop::{Outcome, Stop, fails};
use crate::formats::terraform::lang::template::Builder;
use crate::formats::terraform::lang::types::Type;
use crate::formats::terraform::value::{Val, ValKind};
use crate::model::fact::Why;

pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "join" => join,
        "split" => split,
        "basename" => |call| Ok(call.string(basename(&call.text(0)?))),
        "dirname" => |call| Ok(call.string(dirname(&call.text(0)?))),
        "replace" => replace,
        "lower" => |call| Ok(call.string(cased(&call.text(0)?, char::to_lowercase))),
        "upper" => |call| Ok(call.string(cased(&call.text(0)?, char::to_uppercase))),
        "title" => title,
        "trimspace" => |call| Ok(call.string(call.text(0)?.trim())),
        "trim" => trim,
        "trimprefix" => trimprefix,
        "trimsuffix" => trimsuffix,
        "chomp" => |call| Ok(call.string(call.text(0)?.trim_end_matches(['\n', '\r']))),
        "substr" => substr,
        "strrev" => |call| Ok(call.string(call.text(0)?.chars().rev().collect::<String>())),
        "startswith" => startswith,
        "endswith" => |call| Ok(call.bool(call.text(0)?.ends_with(&*call.text(1)?))),
        "strcontains" => |call| Ok(call.bool(call.text(0)?.contains(&*call.text(1)?))),
        "indent" => indent,
        "tostring" => |call| convert(call, &Type::String),
        "tonumber" => |call| convert(call, &Type::Number),
        "tobool" => |call| convert(call, &Type::Bool),
        _ => return None,
    })
}

/// Each character in its other case; one that becomes several stays (Go, `unicode.ToUpper`).
fn cased<I: Iterator<Item = char>>(text: &str, case: fn(char) -> I) -> String {
    let one = |c: char| {
        let mut cased = case(c);
        cased.next().filter(|_| cased.next().is_none()).unwrap_or(c)
    };
    text.chars().map(one).collect()
}

fn join(call: &Call) -> Outcome {
    let separator = call.text(0)?;
    let mut out = Builder::new(call.at);
    let mut first = true;
    for index in 1..call.args.len() {
        let (items, more) = call.elements(index)?;
        // One text of one list is that text, reference or not.
        if let ([only], None, 2) = (items.as_slice(), &more, call.args.len())
            && !only.is_null()
            && !matches!(only.kind, ValKind::List { .. } | ValKind::Map { .. })
        {
            return Ok(only.clone());
        }
        for item in &items {
            if !first {
                out.push_str(&separator)?;
            }
            first = false;
            out.push(item)?;
        }
        if let Some(why) = more {
            out.push(&Val::unknown(why, call.at))?;
        }
    }
    Ok(out.finish())
}

/// The last part of a path (Go, `filepath.Base`).
fn basename(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" if path.is_empty() => ".".to_owned(),
        "" => "/".to_owned(),
        trimmed => trimmed.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

/// All but the last part of a path, without superfluous parts (Go, `filepath.Dir`).
fn dirname(path: &str) -> String {
    let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
    let is_rooted = folder.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", None) if is_rooted => {}
            _ => parts.push(part),
        }
    }
    match (is_rooted, parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

/// The parts of a text of which not all is known, up to the first that is not.
fn split_known(call: &Call, separator: &str, parts: &[Val]) -> Outcome {
    let mut items = Vec::new();
    let mut open = String::new();
    for part in parts {
        let text = match ops::text(part) {
            Ok(text) => text,
            Err(Stop::Unknown(why)) => return call.list(items, Some(why)),
            Err(stop) => return Err(stop),
        };
        open.push_str(&text);
        while let Some(at) = open.find(separator) {
            let rest = open.split_off(at + separator.len());
            open.truncate(at);
            items.push(call.string(std::mem::replace(&mut open, rest)));
        }
    }
    items.push(call.string(open));
    call.list(items, None)
}

fn split(call: &Call) -> Outcome {
    let separator = call.text(0)?;
    if let (ValKind::Partial(parts), false) = (&call.arg(1)?.kind, separator.is_empty()) {
        return split_known(call, &separator, parts);
    }
    let text = call.text(1)?;
    if text.is_empty() && !separator.is_empty() {
        return call.list(vec![call.string("")], None);
    }
    let parts: Vec<Val> = if separator.is_empty() {
        text.chars().map(|c| call.string(c.to_string())).collect()
    } else {
        text.split(&*separator).map(|part| call.string(part)).collect()
    };
    let via = call.arg(1)?.via.clone();
    call.list(parts.into_iter().map(|part| Val { via: via.clone(), ..part }).collect(), None)
}

fn replace(call: &Call) -> Outcome {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    // `/…/` is a regular expression.
    if from.len() > 1 && from.starts_with('/') && from.ends_with('/') {
        return regexp::replaced(call, &text, &from[1..from.len() - 1], &to);
    }
    if text.len().saturating_mul(to.len().max(1)) > 1 << 24 {
        return Err(Stop::Unknown(Why::NotUnderstood("a very long text".into())));
    }
    Ok(call.string(text.replace(&*from, &to)))
}

/// The first letter of each word in upper case; `_` does not end a word (Go, `strings.Title`).
fn title(call: &Call) -> Outcome {
    let mut inside = false;
    let mut out = String::new();
    for c in call.text(0)?.chars() {
        if inside {
            out.push(c);
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric() || c == '_' || (!c.is_ascii() && !c.is_whitespace());
    }
    Ok(call.string(out))
}

fn trim(call: &Call) -> Outcome {
    let (text, cut) = (call.text(0)?, call.text(1)?);
    Ok(call.string(text.trim_matches(|c| cut.contains(c))))
}

fn trimprefix(call: &Call) -> Outcome {
    let (text, prefix) = (call.text(0)?, call.text(1)?);
    Ok(call.string(text.strip_prefix(&*prefix).unwrap_or(&text)))
}

fn trimsuffix(call: &Call) -> Outcome {
    let (text, suffix) = (call.text(0)?, call.text(1)?);
    Ok(call.string(text.strip_suffix(&*suffix).unwrap_or(&text)))
}

fn substr(call: &Call) -> Outcome {
    let chars: Vec<char> = call.text(0)?.chars().collect();
    let (offset, length) = (call.number(1)?, call.number(2)?);
    let start = if offset < 0.0 {
        chars.len().saturating_sub(-offset as usize)
    } else {
        (offset as usize).min(chars.len())
    };
    let end = if length < 0.0 {
        chars.len()
    } else {
        start.saturating_add(length as usize).min(chars.len())
    };
    Ok(call.string(chars[start..end].iter().collect::<String>()))
}

/// Of a text whose beginning alone is known, that much can be told.
fn startswith(call: &Call) -> Outcome {
    let prefix = call.text(1)?;
    if let ValKind::Partial(parts) = &call.arg(0)?.kind
        && let Some(Val { kind: ValKind::String(head, _), .. }) = parts.first()
        && (head.len() >= prefix.len() || !prefix.starts_with(&**head))
    {
        return Ok(call.bool(head.starts_with(&*prefix)));
    }
    Ok(call.bool(call.text(0)?.starts_with(&*prefix)))
}

fn indent(call: &Call) -> Outcome {
    let (spaces, text) = (call.number(0)?, call.text(1)?);
    if !(0.0..=1_000.0).contains(&spaces) || text.len() > 1 << 20 {
        return fails("an indentation that is too wide");
    }
    let separator = format!("\n{}", " ".repeat(spaces as usize));
    Ok(call.string(text.replace('\n', &separator)))
}

fn convert(call: &Call, to: &Type) -> Outcome {
    let arg = call.arg(0)?;
    let wrong = || fails("a conversion that does not work");
    match (to, &arg.kind) {
        (_, ValKind::Null | ValKind::Unknown(_) | ValKind::Ref(_) | ValKind::Partial(_)) => {
            return Ok(arg.clone());
        }
        (Type::Number, _) => drop(ops::number(arg)?),
        (Type::Bool, _) => drop(ops::boolean(arg)?),
        (_, ValKind::List { .. } | ValKind::Map { .. }) => return wrong(),
        _ => {}
    }
    Ok(to.convert(arg.clone()))
}
