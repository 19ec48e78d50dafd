//! What is started in a container: the image's own start script or the server, with which options.

use super::layers::Layer;
use super::words::{self, Word};
use crate::catalog::image::{Command, Style, normal};
use crate::model::fact::{Fact, Origin, Why};
use crate::model::value::Value;
use crate::source::Place;
use crate::stores::Program;

/// A server's start.
#[derive(Debug)]
pub(crate) struct Launch {
    /// Whether the image's start script sets the server up from variables.
    pub(crate) entrypoint: Fact<bool>,
    /// The words that are no options and no values, in order.
    pub(crate) words: Vec<Word>,
    pub(crate) options: Layer,
}

/// The words of a whole command line, wherever they stand: an image that holds several programs
/// is told by one of them which to be.
#[derive(Debug)]
pub(crate) struct Started {
    words: Vec<String>,
    open: Option<(Why, Place)>,
    place: Place,
}

/// Reads which words a container is started with.
pub(crate) fn started(program: &Program) -> Started {
    let container = program.container;
    let mut all = words::arguments(&container.command, program);
    all.extend(words::arguments(&container.args, program));
    let unknown = all.iter().find(|word| word.is_open());
    Started {
        open: unknown.and_then(|word| Some((word.why()?, word.place))),
        words: all
            .iter()
            .flat_map(|word| word.text.split_whitespace())
            .filter(|text| !text.starts_with('-'))
            .map(|text| normal(base(text)))
            .collect(),
        place: all.first().map_or(container.place, |word| word.place),
    }
}

impl Started {
    /// Whether a word is among them.
    pub(crate) fn with(&self, word: &str) -> Fact<bool> {
        let word = normal(word);
        match &self.open {
            _ if self.words.contains(&word) => Fact::written(true, self.place),
            Some((why, place)) => Fact::Unknown(why.clone(), *place),
            None => Fact::default(false, "the command line", self.place),
        }
    }

    /// Whether one of some words is among them; without any, nothing is asked for.
    pub(crate) fn starts_one_of(&self, wanted: &[String]) -> Fact<bool> {
        let mut answer = Fact::default(wanted.is_empty(), "the command line", self.place);
        for word in wanted {
            match self.with(word) {
                found @ Fact::Known(true, _) => return found,
                open @ Fact::Unknown(..) => answer = open,
                _ => {}
            }
        }
        answer
    }
}

/// Reads how a container starts its server.
pub(crate) fn launch(program: &Program, card: &Command) -> Launch {
    let container = program.container;
    let command = words::arguments(&container.command, program);
    let args = words::arguments(&container.args, program);
    let see = "the image's entry point";
    let start = if command.is_empty() {
        by_image(args, program, card, Fact::default(true, see, container.image.place()))
    } else {
        by_command(command, args, program, card)
    };
    match start {
        Ok((entrypoint, words)) => {
            let mut launch = options(&words, card, entrypoint);
            launch.add_variables(program, card);
            launch
        }
        Err((why, place)) => Launch {
            entrypoint: Fact::Unknown(why.clone(), place),
            words: Vec::new(),
            options: Layer { open: Some((why, place)), ..Layer::default() },
        },
    }
}

type Start = Result<(Fact<bool>, Vec<Word>), (Why, Place)>;

/// Arguments for the image's start script: options for the server, the server with its options, or
/// another program, for which the script does nothing.
fn by_image(mut args: Vec<Word>, program: &Program, card: &Command, script: Fact<bool>) -> Start {
    let scripts = args.iter().take_while(|w| card.entrypoint.iter().any(|s| s == base(&w.text)));
    args.drain(..scripts.count());
    let Some(first) = args.first() else { return Ok((script, args)) };
    if first.is_open() {
        let why = first.why().unwrap_or(Why::NotUnderstood("the command line".into()));
        return Err((why, first.place));
    }
    if first.is_option() || card.server.is_empty() {
        return Ok((script, args));
    }
    if card.server.iter().any(|s| s == base(&first.text)) {
        return Ok((script, args[1..].to_vec()));
    }
    match shell(&args) {
        Some(line) => by_shell(line, program, card),
        None => by_image_words(args, card, script),
    }
}

/// A start script that takes more than its server's name: `mysqld` alone, a subcommand.
fn by_image_words(args: Vec<Word>, card: &Command, script: Fact<bool>) -> Start {
    let first = &args[0];
    // A path or a plain word with a dot is a file for the server (`/etc/redis.conf`).
    if first.text.starts_with('/') && first.text.contains('.') && card.style == Style::ManyValues {
        return Ok((script, args));
    }
    Err((another(&first.text), first.place))
}

/// A command in place of the image's start script.
fn by_command(command: Vec<Word>, args: Vec<Word>, program: &Program, card: &Command) -> Start {
    let all: Vec<Word> = command.into_iter().chain(args).collect();
    if let Some(line) = shell(&all) {
        return by_shell(line, program, card);
    }
    match found(&all, card) {
        Some((true, at)) => {
            let here = Fact::written(true, all[at].place);
            by_image(all[at + 1..].to_vec(), program, card, here)
        }
        Some((false, at)) => Ok((Fact::written(false, all[at].place), all[at + 1..].to_vec())),
        None => {
            let why = all[0].why().unwrap_or_else(|| another(&all[0].text));
            Err((why, all[0].place))
        }
    }
}

/// The command in a shell script that starts the server, if there is exactly one.
fn by_shell(script: &Word, program: &Program, card: &Command) -> Start {
    let failed = |what: &str| Err((Why::NotUnderstood(what.into()), script.place));
    if let Some(why) = script.why() {
        return Err((why, script.place));
    }
    let mut start = None;
    for line in words::commands(script, program) {
        let Some((script, at)) = found(&line, card) else { continue };
        if start.replace((script, at, line)).is_some() {
            return failed("a shell script that starts the server in more than one way");
        }
    }
    let Some((by_script, at, mut line)) = start else {
        return failed("a shell script that does not name the server");
    };
    if let Some(end) = line.iter().position(|w| redirects(&w.text)) {
        line.truncate(end);
    }
    let rest = line.get(at + 1..).unwrap_or_default().to_vec();
    if by_script {
        return by_image(rest, program, card, Fact::written(true, script.place));
    }
    Ok((Fact::written(false, script.place), rest))
}

/// The server or the start script among some words: which of them, and where.
fn found(line: &[Word], card: &Command) -> Option<(bool, usize)> {
    // Wrappers (`exec`, `gosu redis`, `tini --`) stand before; options of the server may repeat
    // its name, so the first one counts.
    line.iter().take(8).enumerate().find_map(|(at, word)| {
        let name = base(&word.text);
        if card.entrypoint.iter().any(|s| s == name) {
            Some((true, at))
        } else if card.server.iter().any(|s| s == name) {
            Some((false, at))
        } else {
            None
        }
    })
}

/// The script of `sh -c SCRIPT`.
pub(super) fn shell(line: &[Word]) -> Option<&Word> {
    let first =
        line.iter().position(|w| matches!(base(&w.text), "sh" | "bash" | "ash" | "dash"))?;
    if first > 2 {
        return None;
    }
    let rest = &line[first + 1..];
    let option = rest.iter().position(|w| {
        w.text.starts_with('-') && !w.text.starts_with("--") && w.text.contains('c')
    })?;
    rest[option + 1..].iter().find(|w| !w.is_option())
}

/// A program by its name alone.
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn redirects(word: &str) -> bool {
    word.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['>', '<'])
}

fn another(program: &str) -> Why {
    Why::NotUnderstood(format!("what `{program}` starts").into())
}

/// Sorts the words after the server's name into options and the rest.
fn options(line: &[Word], card: &Command, entrypoint: Fact<bool>) -> Launch {
    let mut launch = Launch { entrypoint, words: Vec::new(), options: Layer::default() };
    launch.read(line, card);
    launch
}

impl Launch {
    fn read(&mut self, line: &[Word], card: &Command) {
        let mut rest = line;
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            if word.is_open() {
                // It may be an option with its value, or several.
                let why = word.why().unwrap_or(Why::NotUnderstood("an argument".into()));
                self.options.open.get_or_insert((why, word.place));
            } else if word.is_option() {
                let taken = self.option(word, after, card);
                rest = &after[taken..];
            } else {
                self.words.push(word.clone());
            }
        }
    }

    /// Reads one option, and says how many further words it takes.
    fn option(&mut self, word: &Word, after: &[Word], card: &Command) -> usize {
        let text = word.text.as_str();
        let long = text.starts_with("--") || card.style == Style::GoFlags;
        if !long {
            return self.short_option(word, after, card);
        }
        let name = text.trim_start_matches('-');
        if let Some((name, value)) = name.split_once('=') {
            self.options.set(name, &word.part(value));
            return 0;
        }
        // A whole option in one word: `"--requirepass x"`.
        if let Some((name, value)) = name.split_once(char::is_whitespace) {
            self.options.set(name, &word.part(value.trim()));
            return 0;
        }
        self.with_value(name, word, after, card)
    }

    fn short_option(&mut self, word: &Word, after: &[Word], card: &Command) -> usize {
        let (letter, joined) = word.text[1..].split_at(1);
        let marker = match card.style {
            Style::Assignments => "c",
            Style::Properties => "E",
            _ => "",
        };
        if letter == marker {
            let (pair, taken) = match (joined, after.first()) {
                ("", Some(next)) => (next.clone(), 1),
                _ => (word.part(joined), 0),
            };
            match pair.text.split_once('=') {
                Some((name, value)) => self.options.set(name, &pair.part(value)),
                None => self.options.set(&pair.text, &pair.part("true")),
            }
            return taken;
        }
        match card.short.get(letter) {
            Some(name) if joined.is_empty() => self.with_value(name, word, after, card),
            Some(name) if card.switches.contains(&normal(name)) => {
                self.options.set(name, &word.part("true"));
                // getopt(3): behind a letter that takes no value stands the next one, `-vS`.
                let more = word.part(&format!("-{joined}"));
                if more.is_option() { self.short_option(&more, after, card) } else { 0 }
            }
            Some(name) => {
                self.options.set(name, &word.part(joined));
                0
            }
            None => 0,
        }
    }

    fn with_value(&mut self, name: &str, word: &Word, after: &[Word], card: &Command) -> usize {
        if card.switches.contains(&normal(name)) {
            self.options.set(name, &word.part("true"));
            return 0;
        }
        let most = if card.style == Style::ManyValues { after.len() } else { 1 };
        let values = after.iter().take(most).take_while(|w| !w.is_option());
        let values: Vec<Word> = values.cloned().collect();
        match values.split_first() {
            None => self.options.set(name, &word.part("true")),
            Some((first, more)) => {
                // An ACL of Redis: the account's name belongs to the setting, as in a file.
                let named = (card.style == Style::ManyValues && name == "user")
                    .then(|| format!("user_{}", first.text));
                let skipped = usize::from(named.is_some() && !more.is_empty());
                let mut value = values[skipped].clone();
                for word in &values[skipped + 1..] {
                    value.append(word);
                }
                self.options.set(named.as_deref().unwrap_or(name), &value);
            }
        }
        values.len()
    }

    /// Words that a variable adds to the command line.
    fn add_variables(&mut self, program: &Program, card: &Command) {
        for name in &card.variables {
            match program.env(name) {
                Fact::Known(text, origin) => self.read(&words::split(&text, origin.at), card),
                Fact::Unset(_) => {}
                Fact::Unknown(why, place) => {
                    self.options.open.get_or_insert((why, place));
                }
            }
        }
    }
}

impl Layer {
    fn set(&mut self, name: &str, value: &Word) {
        let fact = match value.why() {
            _ if value.is_secret() => Fact::written(Value::Secret, value.place),
            Some(why) => Fact::Unknown(why, value.place),
            None => {
                // `--token=''`: quotes that no shell took away mean nothing to say, as with one.
                let text = Some(value.text.as_str()).filter(|t| !matches!(*t, "''" | "\"\""));
                let text = Value::Text(text.unwrap_or_default().into());
                Fact::Known(text, Origin::written(value.place))
            }
        };
        self.entries.push((normal(name), fact));
    }
}
