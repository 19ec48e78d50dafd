//! A Go template made readable as YAML, byte for byte at the same places.

use std::ops::Range;

/// What a template says before it is filled in.
pub(super) struct Template {
    /// The text with its actions made into scalars (`${ … }}`) or blanks, of the same length.
    pub(super) masked: String,
    pub(super) has_actions: bool,
    /// What stands between `if`, `with` or `range` and their `end`.
    pub(super) guarded: Vec<Range<usize>>,
    /// Lines that give text of their own: `{{ readFile … }}`.
    pub(super) inserted: Vec<Range<usize>>,
}

impl Template {
    pub(super) fn of(text: &str) -> Template {
        let mut masked: Vec<u8> = text.as_bytes().to_vec();
        let (mut guarded, mut inserted, mut open) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(action) = next_action(text, at) {
            at = action.end;
            let alone = is_alone(text, &action);
            let words = inside(text, &action);
            match words.split_whitespace().next().unwrap_or("") {
                "if" | "with" | "range" | "define" | "block" => open.push(action.end),
                "end" => guarded.extend(open.pop().map(|start| start..action.start)),
                word if alone && is_text(word) => inserted.push(action.clone()),
                _ => {}
            }
            let bytes = masked.get_mut(action.clone()).unwrap_or_default();
            if alone {
                blank(bytes);
            } else {
                scalar(bytes);
            }
        }
        guarded.extend(open.into_iter().map(|start| start..text.len()));
        let masked = String::from_utf8(masked).unwrap_or_default();
        Template { masked, has_actions: at > 0, guarded, inserted }
    }
}

/// The next `{{ … }}`; a text in backticks may hold braces of its own.
fn next_action(text: &str, from: usize) -> Option<Range<usize>> {
    let start = from + text.get(from..)?.find("{{")?;
    let mut at = start + 2;
    loop {
        let rest = text.get(at..)?;
        let end = rest.find("}}")?;
        match rest.find('`').filter(|tick| *tick < end) {
            Some(tick) => at += tick + 1 + rest.get(tick + 1..)?.find('`')? + 1,
            None => return Some(start..at + end + 2),
        }
    }
}

/// Whether nothing else stands in the lines of an action.
fn is_alone(text: &str, action: &Range<usize>) -> bool {
    let before = text.get(..action.start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    let after = text.get(action.end..).unwrap_or("").split('\n').next().unwrap_or("");
    before.trim().is_empty() && after.trim().is_empty()
}

fn inside<'t>(text: &'t str, action: &Range<usize>) -> &'t str {
    let whole = text.get(action.start + 2..action.end - 2).unwrap_or("");
    whole.trim_start_matches('-').trim_end_matches('-').trim()
}

/// Whether an action that begins with a word becomes text.
fn is_text(word: &str) -> bool {
    !(word.is_empty() || word == "else" || word.starts_with(['$', '/']))
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|b| !matches!(b, b'\n' | b'\r')).for_each(|b| *b = b' ');
}

/// A plain scalar that says of itself that it is still to be filled in.
fn scalar(bytes: &mut [u8]) {
    let last = bytes.len().saturating_sub(2);
    for (index, byte) in bytes.iter_mut().enumerate() {
        match index {
            0 => *byte = b'$',
            1 => *byte = b'{',
            _ if index >= last => *byte = b'}',
            _ if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b' ') => {}
            _ => *byte = b'_',
        }
    }
}

/// A scalar with the fields filled in that `known` tells; `None` where an action stays.
pub(super) fn filled(text: &str, known: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("${") {
        out.push_str(before);
        let (action, after) = behind.split_once("}}")?;
        let mut words = action.split([' ', '_']).filter(|word| !word.is_empty());
        let (field, None) = (words.next()?, words.next()) else { return None };
        out.push_str(&known(field)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, masked: &str) {
        let template = Template::of(text);
        assert_eq!(template.masked, masked);
        assert_eq!(template.masked.len(), text.len());
    }

    #[test]
    fn a_value_becomes_a_scalar_of_its_length() {
        check("tag: {{ env \"A: B\" }}", "tag: ${ env _A_ B_ }}");
        check("- a/{{`{{ .Environment.Name }}`}}.yaml", "- a/${___ .Environment.Name ___}}.yaml");
    }

    #[test]
    fn a_line_of_its_own_becomes_blank() {
        check(
            "{{- if eq .x \"ä\" }}\na: b\n{{- end }}\n",
            &format!("{}\na: b\n{}\n", " ".repeat(20), " ".repeat(10)),
        );
        assert_eq!(Template::of("a\n{{ if x }}\nb\n{{ end }}").guarded, vec![12..15]);
    }

    #[test]
    fn only_known_fields_are_filled_in() {
        let known = |field: &str| (field == ".Environment.Name").then(|| "prod".to_owned());
        assert_eq!(
            filled("a/${ .Environment.Name }}.yaml", &known).as_deref(),
            Some("a/prod.yaml")
        );
        assert_eq!(filled("a/${____ .Environment.Name ___}}", &known).as_deref(), Some("a/prod"));
        assert_eq!(filled("${ .Values.x }}", &known), None);
        assert_eq!(filled("${ .Environment.Name _ upper }}", &known), None);
    }

    #[test]
    fn what_is_not_closed_ends() {
        check("a: {{ b", "a: {{ b");
        check("a: {{ ` }}", "a: {{ ` }}");
    }
}
