//! Configuration in `HashiCorp`'s language, as servers read it: blocks and plain values.

use super::layers::Layer;
use crate::model::fact::Why;
use crate::source::Text;
use crate::tree::hcl::{self, Body, ExprKind};

/// Blocks within blocks deeper than this hold nothing that a card asks for.
const MAX_DEPTH: usize = 8;

/// `listener "tcp" { address = … }` becomes `listener.tcp.address`.
pub(super) fn read(source: &Text, layer: &mut Layer) {
    let (body, problems) = hcl::parse(source);
    if let Some(problem) = problems.first() {
        layer.open = Some((Why::Broken, problem.place));
    }
    flatten(&body, "", 0, layer);
}

fn flatten(body: &Body, path: &str, depth: usize, layer: &mut Layer) {
    let below = |name: &str| {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    for attribute in &body.attributes {
        let text = match &attribute.expr.kind {
            ExprKind::String(text, _) => text.to_string(),
            ExprKind::Bool(flag) => flag.to_string(),
            ExprKind::Number(number) => number.to_string(),
            // That it is there is known.
            _ => String::new(),
        };
        layer.add(&below(&attribute.name), &text, attribute.place);
    }
    for block in body.blocks.iter().filter(|_| depth < MAX_DEPTH) {
        let labels = block.labels.iter().map(|label| &*label.text);
        let words: Vec<&str> = std::iter::once(&*block.kind).chain(labels).collect();
        let name = below(&words.join("."));
        // By the name of its kind it is there, whatever its label.
        layer.add(&below(&block.kind), &words[1..].join("."), block.place);
        flatten(&block.body, &name, depth + 1, layer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fact::Fact;
    use crate::source::{FileId, Text};

    /// Names and values in the order of the file; `?` where the file is broken.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut layer = Layer::default();
        read(&Text::of_file(FileId(0), text.into()), &mut layer);
        let entry = |(name, value): &(String, Fact<_>)| match value.known() {
            Some(value) => format!("{name}={value}"),
            None => format!("{name}=?"),
        };
        let mut lines: Vec<String> = layer.entries.iter().map(entry).collect();
        lines.extend(layer.open.map(|_| "?".to_owned()));
        assert_eq!(lines, expected, "{text}");
    }

    #[test]
    fn blocks_become_names_with_their_labels() {
        check(
            "ui = true\nlistener \"tcp\" {\n  address = \"0.0.0.0:8200\"\n  tls_disable = 1\n}\n",
            &[
                "ui=true",
                "listener=tcp",
                "listener_tcp_address=0.0.0.0:8200",
                "listener_tcp_tls_disable=1",
            ],
        );
        check(
            "seal \"awskms\" { kms_key_id = \"${KEY}\" }",
            &["seal=awskms", "seal_awskms_kms_key_id="],
        );
        check("listener \"tcp\" {", &["listener=tcp", "?"]);
    }
}
