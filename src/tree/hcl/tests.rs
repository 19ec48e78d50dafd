use std::fmt::Write;
use std::time::{Duration, Instant};

use super::*;
use crate::source::FileId;
use crate::tree::{xml, yaml};

fn text(source: &str) -> Text {
    Text::of_file(FileId(0), source.into())
}

fn slice(source: &str, place: Place) -> &str {
    source.get(place.range()).unwrap_or("<not a place>")
}

/// Trees as text: what was understood, with the source of places in `‹›`.
struct Dump<'a> {
    source: &'a str,
    out: String,
}

impl Dump<'_> {
    fn place(&mut self, place: Place) {
        write!(self.out, "‹{}›", slice(self.source, place)).unwrap();
    }

    fn string(&mut self, value: &str, pieces: &[Piece]) {
        for piece in pieces {
            let (here, there, len) =
                (piece.here as usize, piece.there as usize, piece.len as usize);
            assert_eq!(self.source.get(there..there + len), value.get(here..here + len));
        }
        let sign = if pieces.is_empty() && !value.is_empty() { "?" } else { "" };
        write!(self.out, "{value:?}{sign}").unwrap();
    }

    fn body(&mut self, body: &Body) {
        for attribute in &body.attributes {
            write!(self.out, "{}=", attribute.name).unwrap();
            self.expr(&attribute.expr);
            assert!(attribute.place.contains(attribute.expr.place) || self.source.is_empty());
            self.out.push(' ');
        }
        for block in &body.blocks {
            self.out.push_str(&block.kind);
            for label in &block.labels {
                write!(self.out, " {}", label.text).unwrap();
            }
            self.place(block.head);
            assert!(block.place.contains(block.head));
            self.out.push('{');
            self.body(&block.body);
            self.out.push_str("} ");
        }
        self.out.truncate(self.out.trim_end().len());
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for (index, expr) in exprs.into_iter().enumerate() {
            self.out.push_str(if index == 0 { "" } else { ", " });
            self.expr(expr);
        }
    }

    fn call<'e>(&mut self, name: &str, exprs: impl IntoIterator<Item = &'e Expr>) {
        write!(self.out, "{name}(").unwrap();
        self.all(exprs);
        self.out.push(')');
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null => self.out.push_str("null"),
            ExprKind::Bool(value) => write!(self.out, "{value}").unwrap(),
            ExprKind::Number(value) => write!(self.out, "{value}").unwrap(),
            ExprKind::String(value, pieces) => self.string(value, pieces),
            ExprKind::Template(parts) => {
                self.out.push('`');
                self.parts(parts);
                self.out.push('`');
            }
            ExprKind::List(items) => self.call("list", items),
            ExprKind::Object(items) => {
                self.out.push('{');
                for (key, value) in items {
                    match key {
                        ObjectKey::Name(name, place) => {
                            self.out.push_str(name);
                            self.place(*place);
                        }
                        ObjectKey::Expr(key) => self.expr(key),
                    }
                    self.out.push_str(": ");
                    self.expr(value);
                    self.out.push_str("; ");
                }
                self.out.push('}');
            }
            ExprKind::Variable(name) => {
                self.out.push_str(name);
                self.place(expr.place);
            }
            ExprKind::Attr(base, name) => {
                self.expr(base);
                write!(self.out, ".{name}").unwrap();
                self.place(expr.place);
            }
            ExprKind::Index(base, index) => self.call("index", [&**base, &**index]),
            ExprKind::Splat { base, each, full } => {
                self.call(if *full { "full" } else { "attr" }, [&**base, &**each]);
                self.place(expr.place);
            }
            ExprKind::SplatItem => self.out.push('_'),
            ExprKind::Conditional(a, b, c) => self.call("if", [&**a, &**b, &**c]),
            ExprKind::Call { name, args, expand } => {
                self.call(name, args);
                self.out.push_str(if *expand { "..." } else { "" });
            }
            ExprKind::Not(inner) => self.call("not", [&**inner]),
            ExprKind::Negate(inner) => self.call("neg", [&**inner]),
            ExprKind::Binary(op, a, b) => self.call(&format!("{op:?}"), [&**a, &**b]),
            ExprKind::For(f) => {
                write!(self.out, "for[{:?} {} {}]", f.key, f.value, f.group).unwrap();
                let key = f.key_expr.iter();
                self.call(
                    "",
                    [&f.over].into_iter().chain(key).chain([&f.value_expr]).chain(&f.cond),
                );
            }
            ExprKind::Broken => self.out.push_str("BROKEN"),
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Literal(value, place, pieces) => {
                    self.string(value, pieces);
                    if slice(self.source, *place) != &**value {
                        self.place(*place);
                    }
                }
                Part::Interpolation(expr) => {
                    self.out.push('$');
                    self.expr(expr);
                }
                Part::If { cond, then, otherwise } => {
                    self.call("%if", [cond]);
                    self.parts(then);
                    self.out.push_str("%else");
                    self.parts(otherwise);
                    self.out.push_str("%end");
                }
                Part::For { key, value, over, body } => {
                    write!(self.out, "%for[{key:?} {value}]").unwrap();
                    self.call("", [over]);
                    self.parts(body);
                    self.out.push_str("%end");
                }
            }
        }
    }
}

fn show(source: &str, body: &Body, problems: &[Problem]) -> String {
    let mut dump = Dump { source, out: String::new() };
    dump.body(body);
    for problem in problems {
        write!(dump.out, " !{}", problem.message).unwrap();
        dump.place(problem.place);
    }
    dump.out
}

fn check(source: &str, expected: &str) {
    let (body, problems) = parse(&text(source));
    assert_eq!(show(source, &body, &problems), expected, "{source}");
}

fn check_template(source: &str, expected: &str) {
    let (parts, problems) = parse_template(&text(source));
    let mut dump = Dump { source, out: String::new() };
    dump.parts(&parts);
    assert_eq!(dump.out, expected, "{source}");
    assert_eq!(problems.len(), usize::from(expected.contains("BROKEN")), "{problems:?}");
}

fn check_json(source: &str, expected: &str) {
    let (node, problems) = yaml::parse_json(&text(source));
    assert!(problems.is_empty(), "{problems:?}");
    let (body, problems) = from_json(&node.unwrap());
    assert_eq!(show(source, &body, &problems), expected, "{source}");
}

#[test]
fn expressions_keep_their_places() {
    check("\u{feff}# é\r\nä = var.ü\r\n", "ä=var‹var›.ü‹var.ü›");
    check("a = [1, -2.5, true, null, \"x\"]\n", "a=list(1, -2.5, true, null, \"x\")");
    check("a = \"x\\t\"\nb = \"$${x}\"\n", "a=\"x\\t\"? b=\"${x}\"?");
    check("a = {b = 1, \"c\": 2, (d) = 3}\n", "a={b‹b›: 1; \"c\": 2; d‹d›: 3; }");
    check("a = (1 + 2) * -x\n", "a=Mul(Add(1, 2), neg(x‹x›))");
    check("a = !b ? c : d\n", "a=if(not(b‹b›), c‹c›, d‹d›)");
    check("a = f::g(b, c...)\n", "a=f::g(b‹b›, c‹c›)...");
    check("a = [for k, v in b : v if k]\n", "a=for[Some(\"k\") v false](b‹b›, v‹v›, k‹k›)");
    check("a = {for v in b : v => 1...}\n", "a=for[None v true](b‹b›, v‹v›, 1)");
    check("a = b.0\nc = d[\"e\"]\n", "a=index(b‹b›, 0) c=index(d‹d›, \"e\")");
}

#[test]
fn splats_hold_what_is_applied_to_each_element() {
    check("a = b[*].c[0]\n", "a=full(b‹b›, index(_.c‹[*].c›, 0))‹b[*].c[0]›");
    check("a = b.*.c[0]\n", "a=index(attr(b‹b›, _.c‹.*.c›)‹b.*.c›, 0)");
    check(
        "a = b[*].c[*].d\n",
        "a=full(b‹b›, full(_.c‹[*].c›, _.d‹[*].d›)‹[*].c[*].d›)‹b[*].c[*].d›",
    );
}

#[test]
fn blocks_know_their_heads() {
    check(
        "resource \"a\" \"ü\" {\n  b = 1\n  c d {\n    e = 2\n  }\n}\nf {}\n",
        "resource a ü‹resource \"a\" \"ü\"›{b=1 c d‹c d›{e=2}} f‹f›{}",
    );
}

#[test]
fn templates_have_parts() {
    check("a = \"x${b}é\"\n", "a=`\"x\"$b‹b›\"é\"`");
    check("a = \" ${~ b ~} y\"\n", "a=`$b‹b›\"y\"`");
    check_template("%{ if a }x%{ else }y%{ endif }", "%if(a‹a›)\"x\"%else\"y\"%end");
    check_template(
        "%{ for x in xs ~}\n  ${x}\n%{ endfor ~}\nz\n",
        "%for[None x](xs‹xs›)\"  \"‹\n  ›$x‹x›\"\\n\"%end\"z\\n\"‹\nz\n›",
    );
    check_template("\"a\\\" $${b} 100%%{", "\"\\\"a\\\\\\\" ${b} 100%{\"‹\"a\\\" $${b} 100%%{›");
    check_template("${a", "$BROKEN");
    check_template("", "");
}

#[test]
fn heredocs_are_dedented_as_terraform_does() {
    check("a = <<EOT\n  x\n\n y\n  EOT\n", "a=\"  x\\n\\n y\\n\"");
    check("a = <<-EOT\n    x\n\n      y\n  EOT\n", "a=\"x\\n\\n  y\\n\"");
    check("a = <<-EOT\r\n  é\r\n  EOT\r\n", "a=\"é\\r\\n\"");
    check("a = <<-EOT\n  x ${b}\n    y\n  EOT\n", "a=`\"x \"‹  x ›$b‹b›\"\\n  y\\n\"‹\n    y\n›`");
    check("a = <<-EOT\n${b}\n  y\nEOT\n", "a=`$b‹b›\"\\n  y\\n\"`");
    check("a = <<EOT\nEOT\n", "a=\"\"");
    check("a = <<EOT\n$${x}\nEOT\n", "a=\"${x}\\n\"");
}

#[test]
fn a_heredoc_ends_with_its_word_alone() {
    check("a = <<EOF\nx << EOF\nEOF\"\nEOF\nb = 1\n", "a=\"x << EOF\\nEOF\\\"\\n\" b=1");
    check("a = <<-E\n  é ${b}\n  E,\n  E\n", "a=`\"é \"‹  é ›$b‹b›\"\\nE,\\n\"‹\n  E,\n›`");
}

#[test]
fn a_text_in_a_heredoc_lands_on_its_own_lines() {
    let source = "a = <<-EOT\n    <é>\n      <b c=\"1\"/>\n    </é>\n  EOT\n";
    let (body, _) = parse(&text(source));
    let ExprKind::String(value, pieces) = &body.attributes[0].expr.kind else { panic!("{body:?}") };
    let inner = Text::nested(value.clone(), body.attributes[0].expr.place, pieces.clone());
    let (root, _) = xml::parse(&inner);
    let root = root.unwrap();
    assert_eq!(slice(source, root.tag), "<é>");
    assert_eq!(slice(source, root.child("b").unwrap().attributes[0].place), "c=\"1\"");
}

#[test]
fn a_broken_block_costs_its_body() {
    let good = "\"g\" \"h\" {\n  x = \"}${\"{\"}\"\n}\n";
    let after = "resource \"z\" \"z\" {}\n";
    let head = "resource a b‹resource \"a\" \"b\"›{}";
    let rest = "resource z z‹resource \"z\" \"z\"›{}";
    for broken in [
        "  x = = 1\n}\n",
        "  x = \"\n}\n",
        "  x {\n",
        "  x = [\n",
        "  x = <<E\n}\n",
        "  x = ]\n}\n",
    ] {
        let source = format!("data {good}\nresource \"a\" \"b\" {{\n{broken}{after}");
        let (body, problems) = parse(&text(&source));
        let shown = show(&source, &body, &[]);
        assert_eq!(
            shown,
            format!("data g h‹data \"g\" \"h\"›{{x=`\"}}\"$\"{{\"\"}}\"`}} {head} {rest}")
                .replace("x=`\"}\"$\"{\"\"}\"`", "x=`\"}\"$\"{\"`"),
            "{source}"
        );
        assert_eq!(problems.len(), 1, "{source}{problems:?}");
    }
    let (body, problems) = parse(&text("a = 1\na = 2\nb = 3\n"));
    assert_eq!((body.attributes.len(), problems.len()), (3, 1));
}

/// The parser refuses both, Terraform takes them.
#[test]
fn keys_may_stand_twice_and_for_may_break_its_lines() {
    let source = "a = { x = 1, y = { z = 2, z = 3 }, x = 4, \"x\" = 5 }\n";
    let (body, problems) = parse(&text(source));
    assert_eq!(problems, []);
    let ExprKind::Object(items) = &body.attributes[0].expr.kind else { panic!("no object") };
    let keys: Vec<&str> = items
        .iter()
        .map(|(key, _)| match key {
            ObjectKey::Name(name, _)
            | ObjectKey::Expr(Expr { kind: ExprKind::String(name, _), .. }) => &**name,
            ObjectKey::Expr(_) => "?",
        })
        .collect();
    assert_eq!(keys, ["x", "y", "x", "x"]);

    let source = "a = {\n for k, v in b : k =>\n v.on # so\n ? {\n c = 1\n d = 2\n }\n : e\n}\n";
    let (body, problems) = parse(&text(source));
    assert_eq!(problems, []);
    assert!(matches!(body.attributes[0].expr.kind, ExprKind::For(_)));
}

#[test]
fn hostile_texts_neither_crash_nor_hang() {
    let began = Instant::now();
    let nest =
        |open: &str, close: &str| format!("a = {}1{}\n", open.repeat(2000), close.repeat(2000));
    let lines = |head: &str, foot: &str| {
        let mut all = format!("{head}\n");
        for index in 0..200_000 {
            writeln!(all, "k{index} = 1").unwrap();
        }
        all + foot
    };
    let cases = [
        nest("[", "]"),
        nest("{a=", "}"),
        nest("(", ")"),
        nest("\"${", "}\""),
        nest("f(", ")"),
        nest("!", ""),
        nest("1+", ""),
        "a {\n".repeat(2000),
        "a = <<E\n".repeat(20_000),
        format!("a = b{}\n", ".c".repeat(20_000)),
        format!("a = b{}\n", "[*]".repeat(20_000)),
        format!("a = \"{}\"\n", "$${".repeat(20_000)),
        lines("a = {", "}\n"),
        "\"".repeat(20_001),
        "\"${".repeat(20_000),
        "a = 1".repeat(1_000_000),
    ];
    for case in cases {
        let (_, problems) = parse(&text(&case));
        let harmless = case.contains("$${$${");
        assert_eq!(problems.is_empty(), harmless, "{}", &case[..20]);
        parse_template(&text(&case[..case.len().min(100_000)]));
    }
    // Only the keys of objects are compared with each other.
    let (body, problems) = parse(&text(&lines("a {", "}\n")));
    assert_eq!((body.blocks.len(), problems.len()), (1, 0));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn as_deep_as_the_parser_goes_fits_the_stack() {
    for (open, close) in [("[", "]"), ("{a=", "}"), ("(", ")"), ("\"${", "}\""), ("f(", ")")] {
        let source = format!("a = {}1{}\n", open.repeat(60), close.repeat(60));
        let (body, problems) = parse(&text(&source));
        assert_eq!((body.attributes.len(), problems.len()), (1, 0), "{open}");
    }
}

#[test]
fn json_syntax_gives_the_same_blocks() {
    check_json(
        r#"{"//": "c", "resource": {"a": {"b": {"x": "é${var.y}", "z": ["${local.l}", 1, true, null]}}}}"#,
        "resource a b‹\"b\"›{x=`\"é\"$var‹var›.y‹var.y›` z=list(local‹local›.l‹local.l›, 1, true, null)}",
    );
    check_json(
        r#"{"provider": {"p": [{"r": "1"}, {"r": "2"}]}, "locals": {"k": {"a-b": "v"}}, "t": 1}"#,
        "t=1 provider p‹\"p\"›{r=\"1\"} provider p‹\"p\"›{r=\"2\"} locals‹\"locals\"›{k={a-b‹\"a-b\"›: \"v\"; }}",
    );
    check_json(
        r#"[{"variable": [{"v": {"default": "x\n${1}"}}]}]"#,
        "variable v‹\"v\"›{default=`\"x\\n\"?‹\"x\\n${1}\"›$1`}",
    );
}
