//! The files of nginx: the main one, those that it includes, and those of the image's own.

use super::parse::{Directive, parse};
use crate::catalog::reference::glob;
use crate::model::fragment::ConfigBody;
use crate::source::{Place, Text};
use crate::stores::Program;

/// Where packages and the official image keep the main file.
pub(super) const MAIN: &str = "/etc/nginx/nginx.conf";

/// Where it lies in other builds.
const ELSEWHERE: [&str; 4] = [
    "/opt/bitnami/nginx/conf/nginx.conf",
    "/usr/local/openresty/nginx/conf/nginx.conf",
    "/usr/local/nginx/conf/nginx.conf",
    "/config/nginx/nginx.conf",
];

/// What the main files that come with the images include within `http`.
/// nginx/docker-nginx, bitnami/containers, openresty/docker-openresty, linuxserver/docker-nginx
const SHIPPED: [&str; 5] = [
    "/etc/nginx/conf.d/*.conf",
    "/opt/bitnami/nginx/conf/server_blocks/*.conf",
    "/etc/nginx/http.d/*.conf",
    "/etc/nginx/sites-enabled/*",
    "/config/nginx/site-confs/*.conf",
];

/// Files that come with nginx and hold neither checks nor servers.
const HARMLESS: [&str; 8] = [
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "uwsgi_params",
    "scgi_params",
    "proxy_params",
    "koi-win",
    "modules-enabled/*.conf",
];

/// Files that one configuration takes in, and how deep they go.
const MOST: usize = 128;
const MAX_DEPTH: usize = 8;
/// Directives in all; a file included many times may grow beyond any that people write.
const MOST_DIRECTIVES: usize = 100_000;

/// The whole configuration; `None` where no file of it is here.
pub(super) fn main(program: &Program) -> Option<Vec<Directive>> {
    let mut files = Files { program, taken: 0, directives: 0 };
    let named = named(program);
    let candidates = named.as_deref().into_iter().chain([MAIN]).chain(ELSEWHERE);
    let found = candidates.filter_map(|path| Some((path, super::super::file_at(program, path)?)));
    if let Some((path, text)) = found.into_iter().next() {
        let base = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        return Some(files.expanded(parse(text), base, 0));
    }
    let mut block = Vec::new();
    for pattern in SHIPPED {
        for (text, base) in files.matching(pattern) {
            block.extend(files.expanded(parse(text), &base, 0));
        }
    }
    let place = program.container.place;
    let http = Directive { name: "http".into(), args: Vec::new(), block: Some(block), place };
    let empty = http.block.as_ref().is_none_or(Vec::is_empty);
    (!empty).then(|| vec![http])
}

/// `nginx -c FILE`.
fn named(program: &Program) -> Option<String> {
    let lists = [program.container.command.known(), program.container.args.known()];
    let mut words = lists.into_iter().flatten().flatten().filter_map(|word| word.known());
    words.find(|word| &***word == "-c")?;
    words.next().map(ToString::to_string)
}

struct Files<'a> {
    program: &'a Program<'a>,
    taken: usize,
    directives: usize,
}

impl<'a> Files<'a> {
    /// The directives with all that is included put in their places.
    fn expanded(&mut self, list: Vec<Directive>, base: &str, depth: usize) -> Vec<Directive> {
        let mut out = Vec::with_capacity(list.len());
        for mut directive in list {
            self.directives += 1;
            if self.directives > MOST_DIRECTIVES {
                break;
            }
            if directive.name == "include" {
                self.include(directive, base, depth, &mut out);
                continue;
            }
            if let Some(block) = directive.block.take() {
                directive.block = Some(self.expanded(block, base, depth));
            }
            out.push(directive);
        }
        out
    }

    /// What is not here stays as it is, unless it comes with nginx.
    fn include(
        &mut self,
        directive: Directive,
        base: &str,
        depth: usize,
        out: &mut Vec<Directive>,
    ) {
        let arg = directive.arg();
        if HARMLESS.iter().any(|name| arg.ends_with(name)) {
            return;
        }
        let pattern = if arg.starts_with('/') { arg.to_owned() } else { format!("{base}/{arg}") };
        let found = self.matching(&pattern);
        if depth >= MAX_DEPTH || found.is_empty() && !self.surely_empty(&pattern) {
            out.push(directive);
            return;
        }
        for (text, _) in found {
            self.taken += 1;
            if self.taken <= MOST {
                out.extend(self.expanded(parse(text), base, depth + 1));
            }
        }
    }

    /// A pattern that meets no file includes nothing, if nothing is put there from elsewhere.
    fn surely_empty(&self, pattern: &str) -> bool {
        let open = |(folder, ..): &(crate::model::fact::Name, _, Place)| {
            pattern.starts_with(folder.trim_end_matches('/'))
        };
        pattern.contains('*') && !self.program.files_open.iter().any(open)
    }

    /// Files at a path that may hold `*`, each with its folder.
    fn matching(&self, pattern: &str) -> Vec<(&'a Text, String)> {
        let program = self.program;
        // Each star is another loop; nobody writes many.
        if pattern.matches('*').count() > 3 {
            return Vec::new();
        }
        let files = program.files.iter().filter_map(|(path, file)| {
            let ConfigBody::Text(text) = &file.body else { return None };
            let path = rendered(path);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            glob(pattern, &path).then_some((text, folder))
        });
        files.collect()
    }
}

/// The official image fills templates in and puts them among the other files (nginx/docker-nginx,
/// `20-envsubst-on-templates.sh`).
fn rendered(path: &str) -> String {
    let inside = path.strip_prefix("/etc/nginx/templates/");
    match inside.and_then(|name| name.strip_suffix(".template")) {
        Some(name) => format!("/etc/nginx/conf.d/{name}"),
        None => path.to_owned(),
    }
}
