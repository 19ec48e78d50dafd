//! Templates: literal text and what is put into it.

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::template::{
    Directive, Element, ForDirective, HeredocTemplate, IfDirective, StringTemplate, Strip, Template,
};

use super::convert::Converter;
use super::{ExprKind, Part};
use crate::shared::Shared;
use crate::source::Piece;

/// How the literals of a template are written.
#[derive(Clone, Copy)]
enum Style {
    /// With escapes, on one line.
    Quoted,
    /// Line by line as they stand; of each line that begins at or behind `start`, `indent`
    /// characters are dropped.
    Lines { start: usize, indent: usize },
}

/// `~` on either side of a stretch: the white space there goes.
#[derive(Clone, Copy, Default)]
struct Strips {
    left: bool,
    right: bool,
}

fn strips_before(strip: Strip) -> bool {
    matches!(strip, Strip::Start | Strip::Both)
}

fn strips_after(strip: Strip) -> bool {
    matches!(strip, Strip::End | Strip::Both)
}

impl Converter<'_> {
    pub(super) fn quoted(&mut self, template: &StringTemplate) -> ExprKind {
        let elements: Vec<&Element> = template.iter().collect();
        ExprKind::Template(self.parts(&elements, Style::Quoted, Strips::default()))
    }

    pub(super) fn bare_template(&mut self, template: &Template) -> Vec<Part> {
        let style = Style::Lines { start: 0, indent: 0 };
        self.template(template, style, Strips::default())
    }

    pub(super) fn heredoc(&mut self, heredoc: &HeredocTemplate) -> ExprKind {
        let start = self.range(&heredoc.template).start;
        // `indent()` would tell what the parser has stripped, but it counts otherwise than
        // Terraform does where a line begins with an interpolation.
        let span = self.range(heredoc);
        let indent = if self.source(span).starts_with("<<-") {
            self.indentation(&heredoc.template, start)
        } else {
            0
        };
        let style = Style::Lines { start, indent };
        let mut parts = self.template(&heredoc.template, style, Strips::default());
        match parts.as_mut_slice() {
            [] => ExprKind::String("".into(), Shared::empty()),
            [Part::Literal(text, _, pieces)] => ExprKind::String(text.clone(), pieces.clone()),
            _ => ExprKind::Template(parts),
        }
    }

    fn template(&mut self, template: &Template, style: Style, strips: Strips) -> Vec<Part> {
        let elements: Vec<&Element> = template.iter().collect();
        self.parts(&elements, style, strips)
    }

    fn parts(&mut self, elements: &[&Element], style: Style, outer: Strips) -> Vec<Part> {
        let mut parts = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            match element {
                Element::Literal(literal) => {
                    let before = index.checked_sub(1).map(|i| after(elements[i]));
                    let behind = elements.get(index + 1).map(|e| before_element(e));
                    let strips = Strips {
                        left: before.unwrap_or(outer.left),
                        right: behind.unwrap_or(outer.right),
                    };
                    let range = self.range(literal);
                    let part = match style {
                        Style::Quoted => self.quoted_literal(literal, range, strips),
                        Style::Lines { start, indent } => self.lines(range, start, indent, strips),
                    };
                    parts.extend(part);
                }
                Element::Interpolation(interpolation) => {
                    parts.push(Part::Interpolation(self.expr(&interpolation.expr)));
                }
                Element::Directive(directive) => parts.push(match &**directive {
                    Directive::If(directive) => self.if_directive(directive, style),
                    Directive::For(directive) => self.for_directive(directive, style),
                }),
            }
        }
        parts
    }

    fn if_directive(&mut self, directive: &IfDirective, style: Style) -> Part {
        let head = &directive.if_expr;
        let end = strips_before(directive.endif_expr.strip);
        let otherwise = directive.else_expr.as_ref();
        let then = Strips {
            left: strips_after(head.strip),
            right: otherwise.map_or(end, |e| strips_before(e.strip)),
        };
        Part::If {
            cond: self.expr(&head.cond_expr),
            then: self.template(&head.template, style, then),
            otherwise: otherwise.map_or_else(Vec::new, |otherwise| {
                let strips = Strips { left: strips_after(otherwise.strip), right: end };
                self.template(&otherwise.template, style, strips)
            }),
        }
    }

    fn for_directive(&mut self, directive: &ForDirective, style: Style) -> Part {
        let head = &directive.for_expr;
        let strips = Strips {
            left: strips_after(head.strip),
            right: strips_before(directive.endfor_expr.strip),
        };
        Part::For {
            key: head.key_var.as_ref().map(|key| key.as_str().into()),
            value: head.value_var.as_str().into(),
            over: self.expr(&head.collection_expr),
            body: self.template(&head.template, style, strips),
        }
    }

    fn quoted_literal(&self, value: &str, range: Range<usize>, strips: Strips) -> Option<Part> {
        let mut range = range;
        let mut value = value;
        // Escapes are no white space in the source: where they are stripped, no piece remains.
        if strips.left {
            let source = self.source(range.clone());
            range.start += source.len() - source.trim_start().len();
            value = value.trim_start();
        }
        if strips.right {
            range.end = range.start + self.source(range.clone()).trim_end().len();
            value = value.trim_end();
        }
        let pieces = self.pieces(value, range.clone());
        (!value.is_empty()).then(|| Part::Literal(value.into(), self.text.place(range), pieces))
    }

    /// Literal text of a heredoc or a file. HCL reads it line by line, and `~` strips no more than
    /// the line next to it.
    fn lines(
        &self,
        range: Range<usize>,
        start: usize,
        indent: usize,
        strips: Strips,
    ) -> Option<Part> {
        let source = self.source(range.clone());
        let mut value = String::with_capacity(source.len());
        let mut pieces = Vec::new();
        let mut at = range.start;
        for line in source.split_inclusive('\n') {
            let (first, last) = (at == range.start, at + line.len() == range.end);
            let mut from = at;
            if self.begins_line(at, start) && !is_blank_line(line) {
                from += line.chars().take(indent).map(char::len_utf8).sum::<usize>();
            }
            let mut to = at + line.len();
            at = to;
            if first && strips.left {
                from += self.source(from..to).len() - self.source(from..to).trim_start().len();
            }
            if last && strips.right {
                to = from + self.source(from..to).trim_end().len();
            }
            self.unescape(from..to, &mut value, &mut pieces);
        }
        let place = self.text.place(range);
        (!value.is_empty()).then(|| Part::Literal(value.into(), place, pieces.into()))
    }

    /// `$${` and `%%{` are `${` and `%{` as text; all else is itself.
    fn unescape(&self, range: Range<usize>, value: &mut String, pieces: &mut Vec<Piece>) {
        let source = self.source(range.clone());
        let mut from = 0;
        for (brace, _) in source.match_indices('{') {
            let Some(marker) = brace.checked_sub(2).filter(|marker| *marker >= from) else {
                continue;
            };
            if !matches!(&source.as_bytes()[marker..brace], b"$$" | b"%%") {
                continue;
            }
            // The first of the doubled signs goes.
            self.copy(range.start + from..range.start + marker, value, pieces);
            from = marker + 1;
        }
        self.copy(range.start + from..range.end, value, pieces);
    }

    fn copy(&self, range: Range<usize>, value: &mut String, pieces: &mut Vec<Piece>) {
        self.text.pieces(range.clone(), value.len(), pieces);
        value.push_str(self.source(range));
    }

    fn begins_line(&self, at: usize, start: usize) -> bool {
        at == start || at > start && self.text.as_str().as_bytes().get(at - 1) == Some(&b'\n')
    }

    /// How many characters of white space all lines of a `<<-` heredoc begin with. Blank lines do
    /// not count, lines that begin with an interpolation begin with none.
    fn indentation(&self, template: &Template, start: usize) -> usize {
        let mut least = usize::MAX;
        self.survey(template, start, &mut least);
        if least == usize::MAX { 0 } else { least }
    }

    fn survey(&self, template: &Template, start: usize, least: &mut usize) {
        for element in template {
            if let Element::Literal(literal) = element {
                let range = self.range(literal);
                let mut at = range.start;
                for line in self.source(range).split_inclusive('\n') {
                    if self.begins_line(at, start) && !is_blank_line(line) {
                        let space = line.chars().take_while(|c| c.is_whitespace()).count();
                        *least = space.min(*least);
                    }
                    at += line.len();
                }
                continue;
            }
            let begins = element.span().map(|_| self.range(element).start);
            if begins.is_some_and(|at| self.begins_line(at, start)) {
                *least = 0;
            }
            if let Element::Directive(directive) = element {
                for inner in inner_templates(directive) {
                    self.survey(inner, start, least);
                    // What ends an inner template is a directive: `%{ else }`, `%{ endif }`.
                    let end = self.range(inner).end;
                    if inner.span().is_some() && self.begins_line(end, start) {
                        *least = 0;
                    }
                }
            }
        }
    }
}

fn inner_templates(directive: &Directive) -> Vec<&Template> {
    match directive {
        Directive::If(directive) => {
            let otherwise = directive.else_expr.as_ref().map(|e| &e.template);
            std::iter::once(&directive.if_expr.template).chain(otherwise).collect()
        }
        Directive::For(directive) => vec![&directive.for_expr.template],
    }
}

fn is_blank_line(line: &str) -> bool {
    line.ends_with('\n') && line.trim().is_empty()
}

/// Whether white space behind an element is stripped.
fn after(element: &Element) -> bool {
    match element {
        Element::Literal(_) => false,
        Element::Interpolation(interpolation) => strips_after(interpolation.strip),
        Element::Directive(directive) => strips_after(match &**directive {
            Directive::If(directive) => directive.endif_expr.strip,
            Directive::For(directive) => directive.endfor_expr.strip,
        }),
    }
}

/// Whether white space before an element is stripped.
fn before_element(element: &Element) -> bool {
    match element {
        Element::Literal(_) => false,
        Element::Interpolation(interpolation) => strips_before(interpolation.strip),
        Element::Directive(directive) => strips_before(match &**directive {
            Directive::If(directive) => directive.if_expr.strip,
            Directive::For(directive) => directive.for_expr.strip,
        }),
    }
}
