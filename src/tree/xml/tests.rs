use std::fmt::Write;

use super::*;
use crate::source::FileId;
use crate::tree::yaml;

fn slice(source: &str, place: Place) -> &str {
    source.get(place.range()).unwrap_or("<not a place>")
}

/// The tree on one line: every value is followed by its source in `‹›`.
fn dump(source: &str, element: &Element, out: &mut String) {
    write!(out, "{}‹{}›(", element.name, slice(source, element.tag)).unwrap();
    assert!(slice(source, element.place).starts_with(slice(source, element.tag)));
    for attribute in &element.attributes {
        let spelled = slice(source, attribute.place);
        write!(out, "@{}={}‹{spelled}› ", attribute.name, attribute.value).unwrap();
    }
    for child in &element.children {
        match child {
            Content::Element(child) => dump(source, child, out),
            Content::Text(run) => {
                for piece in &run.pieces {
                    let (here, there) = (piece.here as usize, piece.there as usize);
                    let len = piece.len as usize;
                    assert_eq!(source.get(there..there + len), run.text.get(here..here + len));
                }
                write!(out, "{:?}‹{}›", run.text, slice(source, run.place)).unwrap();
                out.push_str(if run.cdata { "c" } else { "" });
            }
        }
        out.push(' ');
    }
    out.truncate(out.trim_end().len());
    out.push(')');
}

fn show(source: &str, text: &Text) -> String {
    let (root, problems) = parse(text);
    let mut out = String::new();
    if let Some(root) = &root {
        dump(source, root, &mut out);
    }
    for problem in problems {
        write!(out, " !{}‹{}›", problem.message, slice(source, problem.place)).unwrap();
    }
    out
}

fn check(source: &str, expected: &str) {
    assert_eq!(show(source, &Text::of_file(FileId(0), source.into())), expected, "{source}");
}

#[test]
fn values_keep_their_places() {
    check(
        "\u{feff}<?xml version=\"1.0\"?>\r\n<!DOCTYPE a [<!ENTITY x \"y\">]>\n<ä b = 'ü' c=\"&lt;\"><!-- é --><d/>é\r\n</ä>\n",
        "ä‹<ä b = 'ü' c=\"&lt;\">›(@b=ü‹b = 'ü'› @c=<‹c=\"&lt;\"› d‹<d/>›() \"é\\r\\n\"‹é\r\n›)",
    );
    check(
        "<a>x &amp; &#233;&#xE9; &own; & y</a>",
        "a‹<a>›(\"x & éé &own; & y\"‹x &amp; &#233;&#xE9; &own; & y›)",
    );
    check("<a><![CDATA[<b>&amp;]]></a>", "a‹<a>›(\"<b>&amp;\"‹<b>&amp;›c)");
    check("<a b=\"x>y\"/>", "a‹<a b=\"x>y\"/>›(@b=x>y‹b=\"x>y\"›)");
}

#[test]
fn an_element_spans_its_tags() {
    let source = "<a>\n <b>1</b>\n</a>\n";
    let (root, _) = parse(&Text::of_file(FileId(0), source.into()));
    let root = root.unwrap();
    assert_eq!(slice(source, root.place), source.trim_end());
    assert_eq!(slice(source, root.child("b").unwrap().place), "<b>1</b>");
}

#[test]
fn what_stands_before_an_error_is_kept() {
    check(
        "<a><b>1</b><c>2</a>",
        "a‹<a>›(b‹<b>›(\"1\"‹1›) c‹<c>›(\"2\"‹2›)) !expected `</c>`‹</a>›",
    );
    check("<a><b>1", "a‹<a>›(b‹<b>›(\"1\"‹1›)) !`<b>` is not closed‹<b>›");
    check("<a/></b>", "a‹<a/>›() !`</b>` closes nothing‹</b>›");
    check("<a/><b/>", "a‹<a/>›() !a second root element‹<b/>›");
    check("<a/>x", "a‹<a/>›() !text outside the root‹x›");
    check("", " !no root element‹›");
    check(
        "<a x='1' x='2'/>",
        "a‹<a x='1' x='2'/>›(@x=1‹x='1'› @x=2‹x='2'›) !a second attribute `x`‹x='2'›",
    );
    check("<a x y='1'/>", "a‹<a x y='1'/>›() !expected `=` and a quoted value‹x›");
    let (root, problems) = parse(&Text::of_file(FileId(0), "<a><b/><c".into()));
    assert_eq!((root.unwrap().elements().count(), problems.len()), (1, 1), "{problems:?}");
}

#[test]
fn deep_nesting_is_a_problem_and_no_crash() {
    let (root, problems) = parse(&Text::of_file(FileId(0), "<a>".repeat(20_000).into()));
    assert!(root.is_some());
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_document_in_a_block_scalar_lands_on_its_own_lines() {
    let source = "data:\n  x.xml: |\n    <é>\n      <b c=\"1\">\n       v\n      </b>\n    </é>\n";
    let (nodes, _) = yaml::parse(&Text::of_file(FileId(0), source.into()));
    let text = nodes[0].at(&["data", "x.xml"]).unwrap().nested_text().unwrap();
    assert_eq!(
        show(source, &text),
        "é‹<é>›(\"\\n  \"‹\n      › b‹<b c=\"1\">›(@c=1‹c=\"1\"› \"\\n   v\\n  \"‹\n       v\n      ›) \"\\n\"‹\n›)"
    );
}
