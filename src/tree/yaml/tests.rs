use std::fmt::Write;
use std::time::{Duration, Instant};

use super::*;
use crate::source::{FileId, Place};
use crate::tree::node::Kind;

fn text(source: &str) -> Text {
    Text::of_file(FileId(0), source.into())
}

fn slice(source: &str, place: Place) -> &str {
    source.get(place.range()).unwrap_or("<not a place>")
}

/// The tree on one line. A value is followed by its source in `‹›` where they differ; `?` marks a
/// value of which no byte is known to stand in the file.
fn dump(source: &str, node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Null => write!(out, "null‹{}›", slice(source, node.place)).unwrap(),
        Kind::Scalar(scalar) => {
            for piece in &scalar.pieces(node.place) {
                let len = piece.len as usize;
                assert_eq!(
                    source.get(piece.there as usize..piece.there as usize + len),
                    scalar.text.get(piece.here as usize..piece.here as usize + len),
                );
            }
            let quotes = if scalar.plain { "" } else { "\"" };
            write!(out, "{quotes}{}{quotes}", scalar.text).unwrap();
            let spelled = slice(source, node.place);
            if spelled != &*scalar.text {
                write!(out, "‹{spelled}›").unwrap();
            }
            if scalar.pieces(node.place).is_empty() && !scalar.text.is_empty() {
                out.push('?');
            }
        }
        Kind::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                dump(source, item, out);
            }
            out.push(']');
        }
        Kind::Map(map) => {
            out.push('{');
            for (index, entry) in map.entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(&entry.key);
                let spelled = slice(source, entry.key_place);
                if spelled != &*entry.key {
                    write!(out, "‹{spelled}›").unwrap();
                }
                out.push_str(": ");
                dump(source, &entry.value, out);
            }
            out.push('}');
        }
    }
}

fn show(source: &str, nodes: &[Node], problems: &[Problem]) -> String {
    let mut out = String::new();
    for (index, node) in nodes.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { " --- " });
        dump(source, node, &mut out);
    }
    for problem in problems {
        write!(out, " !{}‹{}›", problem.message, slice(source, problem.place)).unwrap();
    }
    out
}

fn check(source: &str, expected: &str) {
    let (nodes, problems) = parse(&text(source));
    assert_eq!(show(source, &nodes, &problems), expected, "{source}");
}

fn check_json(source: &str, expected: &str) {
    let (node, problems) = parse_json(&text(source));
    assert_eq!(show(source, node.as_slice(), &problems), expected, "{source}");
}

#[test]
fn scalars_keep_their_spelling_and_their_place() {
    check("ä: ü # c\nb: 'it''s'\n", "{ä: ü, b: \"it's\"‹'it''s'›?}");
    check("\u{feff}a: 010\r\nb: yes\r\n", "{a: 010, b: yes}");
    check("a: \"x y\"\nb: \"x\\ty\"\n", "{a: \"x y\"‹\"x y\"›, b: \"x\ty\"‹\"x\\ty\"›?}");
    check("a: one\n  two\n", "{a: one two‹one\n  two›}");
    check("a: ~\nb:\n# c\nc: null\n", "{a: null‹~›, b: null‹›, c: null‹null›}");
    check("- \n- {a, b: }\n", "[null‹›, {a: null‹›, b: null‹›}]");
    check("'on': on\n? [x, y]\n: 1\n", "{on‹'on'›: on, [x, y]: 1}");
}

#[test]
fn a_tag_of_the_core_schema_makes_a_string_and_another_changes_nothing() {
    check("a: !!str 1\nb: !!binary aGk=\n", "{a: \"1\", b: \"aGk=\"}");
    check("a: !Ref x\nb: !reference [x, y]\n", "{a: x, b: [x, y]}");
}

#[test]
fn block_scalars_map_line_by_line() {
    check("a: |\n   é\n    y\n\n   z\n\n", "{a: \"é\n y\n\nz\n\"‹é\n    y\n\n   z›}");
    check("a: |-\r\n  x\r\n  y\r\nb: 1\r\n", "{a: \"x\ny\"‹x\r\n  y›, b: 1}");
    check("a: |2+\n   x\n\nb: 1\n", "{a: \" x\n\n\"‹ x›, b: 1}");
    check("a: |\n\n  x\n", "{a: \"\nx\n\"‹x›}");
    check("a: >-\n  x y\n  z\n\n  w\nb: 1\n", "{a: \"x y z\nw\"‹x y\n  z\n\n  w›, b: 1}");
}

#[test]
fn collections_end_where_their_last_value_ends() {
    let source = "a:\n  - x: 1\n    y: [2, 3] # c\n\n# d\nb: {c: 4}\n";
    let (nodes, _) = parse(&text(source));
    let list = nodes[0].get("a").unwrap();
    assert_eq!(slice(source, nodes[0].place), "a:\n  - x: 1\n    y: [2, 3] # c\n\n# d\nb: {c: 4}");
    assert_eq!(slice(source, list.place), "- x: 1\n    y: [2, 3]");
    assert_eq!(slice(source, list.items()[0].place), "x: 1\n    y: [2, 3]");
    assert_eq!(slice(source, nodes[0].get("b").unwrap().place), "{c: 4}");
}

#[test]
fn a_text_in_a_text_lands_on_its_own_lines() {
    let source = "data:\n  inner.yaml: |\n    x: 1\n    deep: |\n      é: \"v\"\n";
    let (nodes, _) = parse(&text(source));
    let inner = nodes[0].at(&["data", "inner.yaml"]).unwrap().nested_text().unwrap();
    let (nodes, problems) = parse(&inner);
    assert_eq!(
        show(source, &nodes, &problems),
        "{x: 1, deep: \"é: \"v\"\n\"‹é: \"v\"›}".to_owned()
    );
    let (nodes, _) = parse(&nodes[0].get("deep").unwrap().nested_text().unwrap());
    assert_eq!(show(source, &nodes, &[]), "{é: \"v\"‹\"v\"›}");
}

#[test]
fn merged_entries_give_way_to_explicit_and_to_earlier_ones() {
    check(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  z: 3\n",
        "{a: {x: 1, y: 1}, b: {y: 2, z: 2}, c: {x: 1, y: 1, z: 3}}",
    );
    check("a: &a [1]\nb: *a\n", "{a: [1], b: [1]}");
    check("a: &a v\nb: *a\n", "{a: v, b: v‹*a›}");
    check("'<<': {a: 1}\n", "{<<‹'<<'›: {a: 1}}");
}

#[test]
fn a_broken_document_costs_itself() {
    check("a: 1\n---\nb: [1\n---\nc: é\n", "{a: 1} --- {c: é} !unclosed bracket '['‹[›");
    let (nodes, problems) = parse(&text("a: 1\n---\nb: 'x\n---\nc: 2\n"));
    assert_eq!((nodes.len(), problems.len()), (2, 1), "{problems:?}");
    let (nodes, problems) = parse(&text("a: *nobody\n"));
    assert_eq!((nodes.len(), problems.len()), (0, 1), "{problems:?}");
    check("# nothing\n", "");
}

#[test]
fn bombs_stay_small() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        writeln!(bomb, "a{level}: &a{level} [{before}]").unwrap();
    }
    let began = Instant::now();
    let (nodes, problems) = parse(&text(&bomb));
    assert_eq!(nodes.len(), 1);
    assert!(problems[0].message.contains("expand"), "{problems:?}");
    assert!(began.elapsed() < Duration::from_secs(60));

    // Each link nests the one before: no copy is large, but the last would be deep.
    let mut chain = String::from("a0: &a0 [x]\n");
    for level in 1..1000 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    let (_, problems) = parse(&text(&chain));
    assert!(problems[0].message.contains("nest"), "{problems:?}");
    check("a: &a [*a]\n", "{a: [null‹*a›]} !the alias stands in the value that it names‹*a›");
}

#[test]
fn deep_nesting_is_a_problem_and_no_crash() {
    for open in ["[", "{a: ", "- ", "? "] {
        let (nodes, problems) = parse(&text(&open.repeat(20_000)));
        assert_eq!((nodes.len(), problems.len()), (0, 1), "{open}");
    }
    for open in ["[", "{\"a\":"] {
        let (node, problems) = parse_json(&text(&open.repeat(20_000)));
        assert!(node.is_none() && problems.len() == 1, "{open}");
    }
}

#[test]
fn templates_are_told_from_yaml() {
    for template in ["{{ if .x }}\na: 1\n{{ end }}\n", "a: {{ .x }}", "- {{ x }}", "{% if x %}"] {
        assert!(is_template(template), "{template}");
    }
    for yaml in
        ["a: \"{{ x }}\"", "# a: {{ x }}", "a: b {{ x }}", "a: {b: {c: 1}}", "a: 'b: {{ x }}'"]
    {
        assert!(!is_template(yaml), "{yaml}");
    }
}

#[test]
fn json_keeps_places_and_decodes_escapes() {
    check_json(
        "\u{feff}{\"é\":\t\"ü\", \"a\": [1, -2.5e3, true, null, \"\"]}",
        "{é‹\"é\"›: \"ü\"‹\"ü\"›, a‹\"a\"›: [1, -2.5e3, true, null‹null›, \"\"‹\"\"›]}",
    );
    check_json(
        r#"["\/\ud83d\ude00\u00e9\n", "\ud83d x"]"#,
        "[\"/😀é\n\"‹\"\\/\\ud83d\\ude00\\u00e9\\n\"›?, \"\u{fffd} x\"‹\"\\ud83d x\"›?]",
    );
    check_json(r#"{"a":1,"a":2}"#, "{a‹\"a\"›: 1, a‹\"a\"›: 2}");
    check_json("[1,]", " !expected a value‹]›");
    check_json("{\"a\": 1} x", " !expected the end of the text‹x›");
    check_json("[01x]", " !expected a value‹0›");
    check_json("[\"a", " !the string is not closed‹›");
    check_json("", " !expected a value‹›");
    check_json("\"\\", " !an unknown escape‹\\›");
}

#[test]
fn large_texts_take_linear_time() {
    let mut json = String::from("[");
    let mut yaml = String::new();
    for index in 0..100_000 {
        write!(json, "{{\"k{index}\": \"\\u00e9\"}},").unwrap();
        writeln!(yaml, "k{index}: [a, \"b\"]").unwrap();
    }
    json.push_str("0]");
    let began = Instant::now();
    assert_eq!(parse_json(&text(&json)).0.unwrap().items().len(), 100_001);
    assert_eq!(parse(&text(&yaml)).0[0].entries().len(), 100_000);
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn quoted_text_that_is_not_indented_is_read_as_others_read_it() {
    check(
        "- rule: 'a(\n  b'''' == c,\n\nd)'\n  m: 1\n- \"x\ny\"\n",
        "[{rule: \"a( b'' == c,\nd)\"‹'a(\n  b'''' == c,\n\nd)'›?, m: 1}, \"x y\"‹\"x\ny\"›]",
    );
    // Each document has texts of its own, and what follows keeps its place.
    check(
        "a:\n  b: 'x\ny'\n  c: 'x\nz'\n---\nb: 'x\ny'\nc: ü\n",
        "{a: {b: \"x y\"‹'x\ny'›, c: \"x z\"‹'x\nz'›}} --- {b: \"x y\"‹'x\ny'›, c: ü}",
    );
}

#[test]
fn many_texts_that_are_not_indented_do_not_take_long() {
    let mut source = String::new();
    for i in 0..20_000 {
        writeln!(source, "k{i}:\n  - 'x\n  y'").unwrap();
    }
    let start = Instant::now();
    parse(&text(&source));
    assert!(start.elapsed() < Duration::from_secs(60));
}
