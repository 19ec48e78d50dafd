//! Rules for people: one page, or the table of all.

use std::io::{self, Write};

use serde::Serialize;

use super::{clean, json};
use crate::finding::RuleInfo;
use crate::model::concept::{Field, Schema};

/// Writes a rule's page; Markdown reads well enough as it is.
pub(crate) fn page(rule: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    let RuleInfo { name, category, severity, tags, status, .. } = rule;
    writeln!(out, "{name}: {category}, at worst {severity}, {status}")?;
    if !tags.is_empty() {
        writeln!(out, "tags: {}", tags.join(", "))?;
    }
    writeln!(out, "\n{}", clean::page(rule.page.trim()))?;
    if !rule.see.is_empty() {
        writeln!(out, "\nSee also:")?;
    }
    for see in &rule.see {
        writeln!(out, "- {}", clean::line(see))?;
    }
    Ok(())
}

/// Writes a concept as conditions see it, for who writes rules.
pub(crate) fn concept(schema: &Schema, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}:{}\n", schema.name, schema.doc)?;
    let width = schema.fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    for Field { name, kind, doc, optional } in schema.fields {
        let kind = format!("{kind:?}").to_lowercase();
        let optional = if *optional { ", may be unset: ask has() first" } else { "" };
        writeln!(out, "it.{name:<width$}  {kind}{optional}\n   {}", doc.trim_end())?;
    }
    Ok(())
}

/// Writes all rules, one line each.
pub(crate) fn table(rules: &[RuleInfo], out: &mut dyn Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for RuleInfo { name, severity, category, title, .. } in rules {
        let (severity, category) = (severity.name(), category.name());
        let row = format!("{name:<width$}  {severity:<8}  {category:<14}  {}", clean::line(title));
        writeln!(out, "{}", row.trim_end())?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    rules: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    severity: &'static str,
    category: &'static str,
    title: &'a str,
    summary: &'a str,
    tags: Vec<&'a str>,
    status: &'a str,
}

/// Writes all rules as JSON.
pub(crate) fn json(rules: &[RuleInfo], out: &mut dyn Write) -> io::Result<()> {
    let items = rules.iter().map(|rule| Item {
        name: &rule.name,
        severity: rule.severity.name(),
        category: rule.category.name(),
        title: &rule.title,
        summary: &rule.summary,
        tags: rule.tags.iter().map(|tag| &**tag).collect(),
        status: &rule.status,
    });
    json::pretty(&Document { version: 1, rules: items.collect() }, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_table_is_aligned() {
        let mut out = Vec::new();
        table(&sample::clean().rules, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        open-datastore       critical  exposure        Title of open-datastore
        log-retention-unset  medium    retention       Title of log-retention-unset
        "#);
    }

    #[test]
    fn a_page_says_what_the_rule_is_before_its_text() {
        let mut out = Vec::new();
        page(&sample::clean().rules[0], &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        open-datastore: exposure, at worst critical, stable
        tags: public, authentication

        # Title

        What is wrong, in a **paragraph**.

        ## Fix

        Close it.

        See also:
        - CWE-306
        "#);
    }
}
