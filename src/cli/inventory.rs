//! `seawall inventory`.

use super::args::{Inventory, Layout};
use super::{Status, Stop, meant, stream};
use crate::report::{inventory, summary};
use crate::session;

pub(super) fn run(args: Inventory) -> Result<Status, Stop> {
    let run = session::run(&meant::options(args.input)?)?;
    stream::print(|out| match args.format {
        Layout::Text => inventory::text(&run, out),
        Layout::Json => inventory::json(&run, out),
    })?;
    summary::unreadable(&run).for_each(|line| stream::say(&line));
    if run.model.datastores.is_empty() {
        stream::say("no store found");
    }
    Ok(Status::Clean)
}
