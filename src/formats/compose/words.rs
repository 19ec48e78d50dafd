//! Command lines as Compose splits them: quotes and backslashes of a shell, nothing else of it.

use std::mem::take;

/// The words of a command line. An open quote ends with the text.
pub(super) fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                begun = true;
            }
            (None | Some('"'), '\\') => {
                word.extend(chars.next().filter(|c| *c != '\n'));
                begun = true;
            }
            (None, c) if c.is_whitespace() => {
                if begun {
                    words.push(take(&mut word));
                }
                begun = false;
            }
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::split;

    fn check(line: &str, expected: &[&str]) {
        assert_eq!(split(line), expected, "{line}");
    }

    #[test]
    fn words_are_split_as_in_a_shell() {
        check("redis-server --requirepass  x", &["redis-server", "--requirepass", "x"]);
        check("a \":9001\" 'b c' \"\"", &["a", ":9001", "b c", ""]);
        check("--a=\"b c\"d e\\ f", &["--a=b cd", "e f"]);
        check("", &[]);
    }
}
