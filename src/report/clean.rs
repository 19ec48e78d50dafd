//! Text of strangers, made fit for a terminal.
//!
//! File contents, paths and names reach people's terminals through messages and snippets. Control
//! characters could move the cursor, hide lines or set the clipboard; bidirectional controls could
//! show a text in another order than it is read (CVE-2021-42574, "Trojan Source").

use std::borrow::Cow;

/// The text on one line, without anything that a terminal would obey.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(shown).collect())
}

/// The text with its line feeds and tabs, without anything else that a terminal would obey.
pub(crate) fn page(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| matches!(c, '\n' | '\t') || is_plain(c)) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if matches!(c, '\n' | '\t') { c } else { shown(c) }).collect())
}

/// The character itself, or one that shows its absence.
pub(crate) fn shown(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => ' ',
        c if is_plain(c) => c,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

fn is_plain(c: char) -> bool {
    !c.is_control() && !is_bidirectional_control(c)
}

/// Unicode's `Bidi_Control` property, and the two separators that end a line.
fn is_bidirectional_control(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(line("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
        assert_eq!(line("a\u{9b}2Jb\u{202E}c\u{7f}"), "a\u{FFFD}2Jb\u{FFFD}c\u{FFFD}");
        assert_eq!(line("a\nb\tc"), "a b c");
        assert_eq!(page("a\r\n\tb\u{7}"), "a\n\tb\u{FFFD}");
        assert!(matches!(line("größe 漢字 🦀"), Cow::Borrowed(_)));
    }
}
