//! Cloud-config documents: commands that run at the first start, and files that are written.

use super::docker::Names;
use super::{MAX_FILES, commands, docker, shell};
use crate::formats::{Host, config_file};
use crate::model::fact::Name;
use crate::model::fragment::{Address, Fragment};
use crate::shared::Shared;
use crate::source::Text;
use crate::tree::node::{Kind, Node};
use crate::tree::yaml;

pub(super) fn lower(host: &Host, text: &Text, names: &mut Names, out: &mut Fragment) {
    let (documents, problems) = yaml::parse(text);
    out.problems.extend(problems);
    for document in &documents {
        for key in ["bootcmd", "runcmd"] {
            for command in document.get(key).map_or(&[][..], Node::items) {
                run(host, command, names, out);
            }
        }
        let files = document.get("write_files").map_or(&[][..], Node::items);
        for file in files.iter().take(MAX_FILES) {
            written(host, file, names, out);
        }
    }
}

/// A line for a shell, or a list of words.
fn run(host: &Host, command: &Node, names: &mut Names, out: &mut Fragment) {
    match &command.kind {
        Kind::Scalar(_) => {
            if let Some(line) = command.nested_text() {
                commands(host, &line, names, out);
            }
        }
        Kind::List(items) => {
            let words = items.iter().filter_map(|item| {
                Some(shell::Word { text: item.str()?.to_owned(), open: false, range: 0..0 })
            });
            let words: Vec<_> = words.collect();
            // Places of single words are those of the whole list.
            let whole = Text::nested("".into(), command.place, Shared::empty());
            docker::lower(host, &whole, &words, names, out);
        }
        _ => {}
    }
}

/// A file that the machine gets: a script that `runcmd` starts, or a store's configuration.
fn written(host: &Host, file: &Node, names: &mut Names, out: &mut Fragment) {
    let path = file.get("path").and_then(Node::str);
    let content = file.get("content").and_then(Node::nested_text);
    let (Some(path), Some(content)) = (path, content) else { return };
    if file.get("encoding").is_some() {
        return;
    }
    if content.as_str().starts_with("#!") {
        commands(host, &content, names, out);
        return;
    }
    if path.ends_with(".service") {
        started(host, &content, names, out);
        return;
    }
    let name: Name = path.rsplit('/').next().unwrap_or(path).into();
    let address = Address::new(format!("{}#{path}", host.node));
    let file = config_file(address, &name, &content, &mut out.problems);
    out.files.push(file);
}

/// A unit of systemd: `ExecStart=/usr/bin/docker run …`.
fn started(host: &Host, content: &Text, names: &mut Names, out: &mut Fragment) {
    for command in shell::commands(content.as_str()) {
        let Some(first) = command.first() else { continue };
        let Some(program) = first.text.strip_prefix("ExecStart=") else { continue };
        let mut words = command.clone();
        program.clone_into(&mut words[0].text);
        docker::lower(host, content, &words, names, out);
    }
}
