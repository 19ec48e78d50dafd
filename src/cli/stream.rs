//! The process's own streams and the files of `--output`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Read, Seek, Write};

use super::Stop;
use crate::report::{Look, clean_line};

/// One line to a person. Nobody hears it where standard error is closed, and that is all right.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "seawall: {}", clean_line(line));
}

/// Several lines to a person, drawn already.
pub(super) fn show(drawn: &str) {
    let _ = io::stderr().write_all(drawn.as_bytes());
}

/// Writes data to standard output. A reader that has seen enough (`| head`) is no error.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Opens a report's file before anything is judged, and leaves its content alone until then.
pub(super) fn open(path: &str) -> Result<File, Stop> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| Stop::Usage(format!("cannot write {path}: {error}")))
}

/// Replaces a file's content.
pub(super) fn fill(
    mut file: File,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    // Devices and pipes have no length.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
        file.rewind()?;
    }
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// The document on standard input.
pub(super) fn read() -> Result<String, Stop> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| Stop::Usage(format!("cannot read standard input: {error}")))?;
    Ok(text)
}

/// How standard output wants its text. `color` is `None` where nobody has said.
pub(super) fn look(color: Option<bool>) -> Look {
    look_on(io::stdout().is_terminal(), color)
}

/// How standard error wants its text.
pub(super) fn look_of_errors() -> Look {
    look_on(io::stderr().is_terminal(), None)
}

fn look_on(terminal: bool, color: Option<bool>) -> Look {
    // no-color.org: set to anything but nothing.
    let refused = set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    Look {
        color: color.unwrap_or(terminal && !refused),
        unicode: terminal && locale_is_utf8(),
        width: (!terminal).then_some(100),
    }
}

/// A report in a file: plain, whatever the terminal is.
pub(super) const PLAIN: Look = Look { color: false, unicode: false, width: Some(100) };

fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// POSIX: the first of these that is set decides. Windows terminals have no locale of the kind.
fn locale_is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(|name| set(name));
    let locale = locale.and_then(|name| std::env::var(name).ok());
    let named = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    named || set("WT_SESSION")
}
