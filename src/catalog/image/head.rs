//! What is asked of all image cards at once, read from the page's lines without the card.

use crate::catalog::shelf::quoted;

#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) engine: &'a str,
    /// Names of the image, without tags.
    pub(crate) images: Vec<&'a str>,
    /// Whether the ports are known for this engine and no other.
    pub(crate) well_known: bool,
    pub(crate) ports: Vec<u16>,
    /// Whether some command tells the product.
    pub(crate) told_by: bool,
}

impl<'a> Head<'a> {
    /// Cards write these keys at the beginning of a line, as their own test sees to.
    pub(crate) fn read(card: &'a str) -> Head<'a> {
        let mut head = Head::default();
        let mut list = false;
        for line in card.lines() {
            let (key, value) = if list { ("image", line) } else { split(line) };
            match key {
                "engine" => head.engine = value.trim_matches('"'),
                "image" => {
                    head.images.extend(quoted(value));
                    list = !value.trim_end().ends_with(']');
                }
                "well-known" => head.well_known = value == "true",
                "port" => head.ports.extend(value.parse::<u16>()),
                "told-by" => head.told_by = true,
                _ => {}
            }
        }
        head
    }
}

fn split(line: &str) -> (&str, &str) {
    line.split_once(" = ").unwrap_or_default()
}
