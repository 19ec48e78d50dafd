//! Values of a merged document, with where each comes from.

use crate::model::fact::{Evidence, Fact, Name, Origin, Why};
use crate::source::Place;
use crate::tree::xml::{Content, Element, Run};

/// Looks up a variable of the server's environment.
pub(super) type Environment<'a> = dyn Fn(&str) -> Fact<Name> + 'a;

/// Reads values the way the server does.
pub(super) struct Reader<'a> {
    pub(super) env: &'a Environment<'a>,
    /// Where everything stands that the product ships and nobody wrote.
    pub(super) shipped: Place,
    /// Whether that what is shipped lies underneath is only a guess.
    pub(super) assumed: bool,
}

/// ClickHouse's own files, as the source of defaults.
pub(super) const SHIPPED: &str = "the configuration that ClickHouse ships";

impl Reader<'_> {
    pub(super) fn is_shipped(&self, element: &Element) -> bool {
        element.tag == self.shipped
    }

    /// The origin of something that follows from an element.
    pub(super) fn origin(&self, element: &Element) -> Origin {
        self.origin_at(element.tag)
    }

    pub(super) fn origin_at(&self, at: Place) -> Origin {
        match (at == self.shipped, self.assumed) {
            (false, _) => Origin::written(at),
            (true, false) => Origin::default(SHIPPED, at),
            (true, true) => Origin::guessed("that ClickHouse's own files lie underneath", at),
        }
    }

    /// Why nobody here knows all that is in an element: it is told to take it from elsewhere.
    pub(super) fn elsewhere(&self, element: &Element) -> Option<(Why, Place)> {
        if element.attribute("from_zk").is_some() {
            return Some((Why::NotHere("the coordination service's value".into()), element.tag));
        }
        if element.attribute("incl").is_some() {
            return Some((Why::NotHere("the included document".into()), element.tag));
        }
        match (self.env)(&element.attribute("from_env")?.value) {
            Fact::Unknown(why, _) => Some((why, element.tag)),
            _ => None,
        }
    }

    /// An element's value. An unset variable is the empty text, as it is to the server.
    pub(super) fn text(&self, element: &Element) -> Fact<Name> {
        let at = value_place(element);
        if element.attribute("from_zk").is_some() {
            return Fact::Unknown(Why::NotHere("the coordination service's value".into()), at);
        }
        if element.attribute("encrypted_by").is_some() {
            return Fact::Unknown(Why::Environment("secret encrypted_by".into()), at);
        }
        let own = element.text();
        let Some(variable) = element.attribute("from_env") else {
            if element.attribute("incl").is_some() && own.trim().is_empty() {
                return Fact::Unknown(Why::NotHere("the included document".into()), at);
            }
            if own.contains("{{") || own.contains("${") || own.contains("{%") {
                return Fact::Unknown(Why::Template, at);
            }
            return Fact::Known(own.into(), self.origin_at(at));
        };
        match (self.env)(&variable.value) {
            Fact::Known(value, mut origin) => {
                let say = format!("`{}` takes it from `{}`", element.name, variable.value);
                let mut via = origin.via.to_vec();
                via.push(Evidence::new(at, say));
                origin.via = via.into();
                Fact::Known(value, origin)
            }
            Fact::Unset(_) => Fact::Known(own.into(), self.origin_at(at)),
            // Of a server whose environment is not here, this is all that is written.
            Fact::Unknown(why, from) if from == self.shipped => Fact::Unknown(why, at),
            unknown @ Fact::Unknown(..) => unknown,
        }
    }

    pub(super) fn bool(&self, element: &Element) -> Fact<bool> {
        self.text(element).try_map(|text| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            other => match other.parse::<i64>() {
                Ok(number) => Ok(number != 0),
                Err(_) => Err(Why::NotUnderstood(format!("the value `{text}`").into())),
            },
        })
    }

    pub(super) fn number<T: std::str::FromStr>(&self, element: &Element) -> Fact<T> {
        self.text(element).try_map(|text| {
            let bad = |_| Why::NotUnderstood(format!("the value `{text}`").into());
            text.trim().parse().map_err(bad)
        })
    }
}

/// Where a value stands: its text, or its element where it has none.
pub(super) fn value_place(element: &Element) -> Place {
    let mut places = element.children.iter().filter_map(|c| match c {
        Content::Text(run) if !run.text.is_empty() => Some(run.place),
        _ => None,
    });
    match places.next() {
        Some(first) => places.fold(first, Place::to),
        None => element.place,
    }
}

/// The first element under a path of names.
pub(super) fn at<'a>(root: &'a Element, path: &[&str]) -> Option<&'a Element> {
    path.iter().try_fold(root, |element, name| element.child(name))
}

/// All children of a name.
pub(super) fn all<'a>(root: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Element> {
    root.elements().filter(move |e| &*e.name == name)
}

/// A document in which what variables hold stands where they are named.
pub(super) fn resolved(document: &Element, env: &Environment) -> Element {
    let reader = Reader { env, shipped: document.tag, assumed: false };
    let mut out = document.clone();
    fill(&reader, &mut out);
    out
}

fn fill(reader: &Reader, element: &mut Element) {
    if element.attribute("from_env").is_some()
        && let Fact::Known(value, _) = reader.text(element)
    {
        let place = element.place;
        element.children = vec![Content::Text(Run {
            text: value,
            place,
            cdata: false,
            pieces: crate::shared::Shared::empty(),
        })];
    }
    for content in &mut element.children {
        if let Content::Element(child) = content {
            fill(reader, child);
        }
    }
}
