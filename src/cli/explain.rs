//! `seawall explain` and `seawall rules`.

use super::args::{Explain, Layout, Rules};
use super::{Status, Stop, select, stream};
use crate::model::concept::SCHEMAS;
use crate::report::explain as page;
use crate::session;

pub(super) fn explain(args: &Explain) -> Result<Status, Stop> {
    // A concept of the model, for those who write rules.
    if let Some(schema) = SCHEMAS.iter().find(|schema| schema.name == args.rule) {
        stream::print(|out| page::concept(schema, out))?;
        return Ok(Status::Clean);
    }
    let rules = session::rules(args.rules.as_deref())?;
    let Some(rule) = rules.iter().find(|rule| *rule.name == *args.rule) else {
        let why = select::unknown(&args.rule, &rules);
        return Err(Stop::Usage(format!("{}: {why}", args.rule)));
    };
    stream::print(|out| page::page(rule, out))?;
    Ok(Status::Clean)
}

pub(super) fn rules(args: &Rules) -> Result<Status, Stop> {
    let rules = session::rules(args.rules.as_deref())?;
    stream::print(|out| match args.format {
        Layout::Text => page::table(&rules, out),
        Layout::Json => page::json(&rules, out),
    })?;
    Ok(Status::Clean)
}
