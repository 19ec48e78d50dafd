//! Commands of a shell script, cut into words. No shell: nothing is expanded or run, and a word
//! that a shell would have to look up is known to be unknown.

use std::ops::Range;

/// One word of a command.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Word {
    /// Without quotes and backslashes.
    pub(super) text: String,
    /// Holds `$…` or a backquote that a shell would replace.
    pub(super) open: bool,
    pub(super) range: Range<usize>,
}

/// A simple command: words up to `;`, `&`, `|` or the end of the line.
pub(super) type Command = Vec<Word>;

/// Commands of a longer script are not read.
const MAX_COMMANDS: usize = 10_000;

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    word: Option<Word>,
    command: Command,
    out: Vec<Command>,
    /// Ends of here-documents that begin on the next line.
    pending: Vec<String>,
}

/// All simple commands of a script; texts in here-documents are left out.
pub(super) fn commands(text: &str) -> Vec<Command> {
    let mut lexer = Lexer {
        text,
        at: 0,
        word: None,
        command: Vec::new(),
        out: Vec::new(),
        pending: Vec::new(),
    };
    while lexer.at < text.len() && lexer.out.len() < MAX_COMMANDS {
        lexer.step();
    }
    lexer.end_command();
    lexer.out
}

impl Lexer<'_> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        let Some(c) = rest.chars().next() else { return };
        match c {
            '\\' => self.escape(rest),
            '\'' | '"' => self.quoted(c),
            '\n' => {
                self.end_command();
                self.at += 1;
                self.skip_documents();
            }
            ';' | '&' | '|' | '(' | ')' => {
                self.end_command();
                self.at += 1;
            }
            '#' if self.word.is_none() => self.at += rest.find('\n').unwrap_or(rest.len()),
            '<' if rest.starts_with("<<") && !rest.starts_with("<<<") => self.document(rest),
            _ if c.is_whitespace() => {
                self.end_word();
                self.at += c.len_utf8();
            }
            _ => self.push(c, matches!(c, '$' | '`')),
        }
    }

    fn push(&mut self, c: char, open: bool) {
        let at = self.at;
        let empty = || Word { text: String::new(), open: false, range: at..at };
        let word = self.word.get_or_insert_with(empty);
        word.text.push(c);
        word.open |= open;
        self.at += c.len_utf8();
        word.range.end = self.at;
    }

    /// A backslash keeps the next character, and joins lines.
    fn escape(&mut self, rest: &str) {
        let next = rest[1..].chars().next();
        if next == Some('\n') || rest[1..].starts_with("\r\n") {
            self.end_word();
            self.at += if next == Some('\n') { 2 } else { 3 };
            return;
        }
        self.at += 1;
        if let Some(c) = next {
            self.push(c, false);
        }
    }

    fn quoted(&mut self, quote: char) {
        let start = self.at;
        self.at += 1;
        self.word.get_or_insert(Word { text: String::new(), open: false, range: start..start });
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else { break };
            if c == quote {
                self.at += 1;
                break;
            }
            let escaped = rest[c.len_utf8()..].chars().next();
            match (c, quote, escaped) {
                ('\\', '"', Some(next @ ('"' | '\\' | '$' | '`'))) => {
                    self.at += 1;
                    self.push(next, false);
                }
                _ => self.push(c, quote == '"' && matches!(c, '$' | '`')),
            }
        }
        if let Some(word) = &mut self.word {
            word.range.end = self.at;
        }
    }

    fn end_word(&mut self) {
        self.command.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.command.is_empty() {
            self.out.push(std::mem::take(&mut self.command));
        }
    }

    /// `<<EOF`, `<<-'EOF'`: the lines up to the mark are a text, not commands.
    fn document(&mut self, rest: &str) {
        self.end_word();
        let mark = rest.trim_start_matches(['<', '-']).trim_start_matches(' ');
        let skipped = rest.len() - mark.len();
        let end =
            mark.find(|c: char| c.is_whitespace() || ";&|)".contains(c)).unwrap_or(mark.len());
        self.pending.push(mark[..end].replace(['\'', '"', '\\'], ""));
        self.at += skipped + end;
    }

    fn skip_documents(&mut self) {
        for mark in std::mem::take(&mut self.pending) {
            while self.at < self.text.len() {
                let rest = &self.text[self.at..];
                let line = rest.split('\n').next().unwrap_or(rest);
                self.at = (self.at + line.len() + 1).min(self.text.len());
                if line.trim() == mark {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[&[&str]]) {
        let got = commands(script);
        let got: Vec<Vec<&str>> =
            got.iter().map(|c| c.iter().map(|w| w.text.as_str()).collect()).collect();
        assert_eq!(got, expected, "{script}");
    }

    #[test]
    fn words_are_cut_as_a_shell_would() {
        check("a b\\\n  'c d' \"e $f\"; g && h # i", &[&["a", "b", "c d", "e $f"], &["g"], &["h"]]);
        check("cat <<EOF > x\ndocker run\nEOF\nls", &[&["cat", ">", "x"], &["ls"]]);
        check("echo \"é \\\" b\" é", &[&["echo", "é \" b", "é"]]);
        check("x '", &[&["x", ""]]);
    }

    #[test]
    fn no_text_makes_it_stumble() {
        let letters = ["\\", "'", "\"", "<", "\n", "$", "é", "a", " ", "#", ";", "-"];
        for n in 0..letters.len().pow(4) {
            let digit = |place: u32| letters[n / letters.len().pow(place) % letters.len()];
            let text = [digit(0), digit(1), digit(2), digit(3)].concat();
            for word in commands(&text).concat() {
                assert!(text.get(word.range.clone()).is_some(), "{text:?} {word:?}");
            }
        }
    }

    #[test]
    fn what_a_shell_would_look_up_is_open() {
        let words = &commands("a '$b' \"$c\" $d")[0];
        let open: Vec<bool> = words.iter().map(|w| w.open).collect();
        assert_eq!(open, [false, false, true, true]);
    }
}
