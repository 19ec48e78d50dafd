//! Workloads of a card: containers with their images, variables, arguments and files.

use super::{Objects, Rendering};
use crate::catalog::chart::{EnvCard, FileCard, Style, WorkloadCard, split};
use crate::formats::helm::build::{self, Maker};
use crate::formats::helm::scope::{is_unknown, truthy};
use crate::formats::helm::values::UNKNOWN;
use crate::model::fact::Fact;
use crate::source::Place;
use crate::tree::node::{Entry, Kind, Map, Node};

impl Rendering<'_> {
    pub(super) fn workload(&self, card: &WorkloadCard, out: &mut Objects) {
        let Some(exists) = self.values.existence(card.on.as_ref(), &self.release.exists) else {
            return;
        };
        let make = self.make;
        let name = self.name(&card.name);
        let (mounts, volumes) = self.files(card, &name, &exists, out);
        let mut container = vec![
            ("name", make.text(self.name_label.clone())),
            ("image", self.image(card)),
            ("env", make.list(self.env(card))),
            ("envFrom", make.list(self.env_from(card))),
            ("volumeMounts", make.list(mounts)),
        ];
        let command = Some(&card.command_at).filter(|path| !path.is_empty());
        let command = command.and_then(|path| self.values.node(path));
        match command.filter(|n| truthy(n) == Some(true)) {
            Some(node) => container.push(("command", node.clone())),
            _ if card.command.is_empty() => {}
            _ => {
                let words = card.command.iter().map(|w| make.text(w.as_str())).collect();
                container.push(("command", make.list(words)));
            }
        }
        if let Some(args) = self.args(card) {
            container.push(("args", args));
        }
        let mut spec = vec![
            ("containers", make.list(vec![make.map(container)])),
            ("volumes", make.list(volumes)),
        ];
        if let Some(node) = self.values.node(&card.host_network_at) {
            spec.push(("hostNetwork", node.clone()));
        }
        let labels = self.labels(card.component.as_deref());
        let template =
            make.map([("metadata", make.map([("labels", labels)])), ("spec", make.map(spec))]);
        let spec = make.map([("template", template)]);
        let object = self.object("apps/v1", &card.kind, &name, vec![("spec", spec)]);
        out.push((object, exists));
    }

    /// `registry/repository:tag`, as far as the values say; the card's image for the rest.
    fn image(&self, card: &WorkloadCard) -> Node {
        let filled = |node: Option<&'_ Node>| {
            node.filter(|n| n.str().is_some_and(|text| !text.is_empty())).cloned()
        };
        let at = |path: &[String]| match path {
            [] => None,
            path => self.values.node(path),
        };
        let node = at(&card.image_at);
        let part = |key: &str| filled(node.and_then(|n| n.get(key)));
        let (own, own_tag) = card.image.split_once(':').unwrap_or((&card.image, ""));
        let whole = filled(node);
        let named = whole.clone().or_else(|| part("repository")).or_else(|| part("repo"));
        let named = named.filter(|_| !card.fixed_image);
        let tag = filled(at(&card.tag_at)).or_else(|| part("tag"));
        let mut text = String::new();
        if let Some(registry) = part("registry").filter(|_| named.is_some()) {
            text.push_str(registry.str().unwrap_or(""));
            text.push('/');
        }
        text.push_str(named.as_ref().and_then(Node::str).unwrap_or(own));
        let last = text.rsplit('/').next().unwrap_or("");
        let tag_text = tag.as_ref().and_then(Node::str).unwrap_or(own_tag);
        if !tag_text.is_empty() && !last.contains(':') {
            text.push(':');
            text.push_str(tag_text);
        }
        let place = named.or(tag).map_or(self.release.place, |n| n.place);
        Maker(place).text(text)
    }

    fn args(&self, card: &WorkloadCard) -> Option<Node> {
        let make = self.make;
        let mut words = Vec::new();
        for arg in &card.args {
            match self.values.holds(arg.when.as_ref()) {
                Fact::Known(true, _) => words.push(self.filled(&arg.value)),
                Fact::Known(false, _) | Fact::Unset(_) => {}
                Fact::Unknown(_, at) => words.push(Maker(at).text(UNKNOWN)),
            }
        }
        for path in &card.args_at {
            let Some(node) = self.values.node(path) else { continue };
            words.extend(node.items().iter().cloned());
            for entry in node.entries() {
                let value = entry.value.str().unwrap_or("");
                let text = match value {
                    "" => format!("--{}", entry.key),
                    value => format!("--{}={value}", entry.key),
                };
                words.push(Maker(entry.place()).text(text));
            }
        }
        (!words.is_empty()).then(|| make.list(words))
    }

    fn env(&self, card: &WorkloadCard) -> Vec<Node> {
        let mut out: Vec<Node> = card.env.iter().filter_map(|env| self.variable(env)).collect();
        for path in &card.env_at {
            let Some(node) = self.values.node(path) else { continue };
            out.extend(node.items().iter().filter(|item| item.get("name").is_some()).cloned());
            for entry in node.entries() {
                out.push(self.named(&entry.key, &entry.value, entry.place()));
            }
        }
        out
    }

    fn variable(&self, env: &EnvCard) -> Option<Node> {
        let make = self.make;
        let variable = |place, rest: (&'static str, Node)| {
            Maker(place).map([("name", make.text(env.name.as_str())), rest])
        };
        match self.values.holds(env.when.as_ref()) {
            Fact::Known(true, _) => {}
            Fact::Unknown(_, at) => {
                return Some(variable(at, ("value", Maker(at).text(UNKNOWN))));
            }
            _ => return None,
        }
        if let Some(value) = &env.value {
            // What a condition chose stands where the condition was written.
            let at = env.when.as_ref().map_or(make.0, |when| when.eval(&self.values).place());
            return Some(variable(at, ("value", Maker(at).text(value.as_str()))));
        }
        match self.values.first(&env.at) {
            Some(node)
                if node.bool() == Some(true) || env.key && node.str().is_some_and(is_unknown) =>
            {
                Some(variable(node.place, ("valueFrom", self.secret(&env.name, node.place))))
            }
            Some(node) => Some(self.named(&env.name, node, node.place)),
            None if env.secret => {
                Some(variable(make.0, ("valueFrom", self.secret(&env.name, make.0))))
            }
            None => {
                self.values.open().map(|(_, at)| variable(*at, ("value", Maker(*at).text(UNKNOWN))))
            }
        }
    }

    /// A variable whose value is a text, or a map that tells where it is from.
    fn named(&self, name: &str, node: &Node, place: Place) -> Node {
        let name = self.make.text(name);
        let value = match &node.kind {
            Kind::Map(map) if map.get("valueFrom").is_some() => {
                ("valueFrom", node.get("valueFrom").unwrap_or(node).clone())
            }
            Kind::Map(map) if map.get("value").is_some() => {
                ("value", node.get("value").unwrap_or(node).clone())
            }
            Kind::Map(_) => ("valueFrom", node.clone()),
            _ => ("value", node.clone()),
        };
        Maker(place).map([("name", name), value])
    }

    /// A Secret that the chart makes or is told to use.
    fn secret(&self, key: &str, at: Place) -> Node {
        let make = Maker(at);
        let secret = format!("{}-generated", self.full_name);
        let reference = make.map([("name", make.text(secret)), ("key", make.text(key))]);
        make.map([("secretKeyRef", reference)])
    }

    fn env_from(&self, card: &WorkloadCard) -> Vec<Node> {
        let kinds = [(&card.env_from_secret, "secretRef"), (&card.env_from_config, "configMapRef")];
        let mut out = Vec::new();
        for (paths, kind) in kinds {
            for node in paths.iter().filter_map(|path| self.values.node(path)) {
                let names = std::iter::once(node).chain(node.items());
                for name in names.filter(|n| n.str().is_some_and(|t| !t.is_empty())) {
                    let make = Maker(name.place);
                    out.push(make.map([(kind, make.map([("name", name.clone())]))]));
                }
                out.extend(node.items().iter().filter(|n| n.get(kind).is_some()).cloned());
            }
        }
        out
    }

    /// Mounts and volumes, and the ConfigMaps that they take from.
    fn files(
        &self,
        card: &WorkloadCard,
        owner: &str,
        exists: &Fact<bool>,
        out: &mut Objects,
    ) -> (Vec<Node>, Vec<Node>) {
        let (mut mounts, mut volumes) = (Vec::new(), Vec::new());
        for (index, file) in card.files.iter().enumerate() {
            let here = match self.values.holds(file.when.as_ref()) {
                Fact::Known(true, _) => exists.clone(),
                Fact::Unknown(why, at) => Fact::Unknown(why, at),
                _ => continue,
            };
            let name = format!("{owner}-file-{index}");
            let Some((bundle, sub_path)) = self.file(file, &name, &here, out) else { continue };
            let make = Maker(bundle.place);
            let volume = format!("file-{index}");
            let mut mount = vec![
                ("name", make.text(volume.as_str())),
                ("mountPath", make.text(file.path.as_str())),
            ];
            mount.extend(sub_path.map(|p| ("subPath", make.text(p))));
            mounts.push(make.map(mount));
            let source = make.map([("name", bundle)]);
            volumes.push(make.map([("name", make.text(volume)), ("configMap", source)]));
        }
        (mounts, volumes)
    }

    /// The name of the ConfigMap with a file, and the key that is mounted if it is one.
    fn file<'a>(
        &self,
        file: &'a FileCard,
        name: &str,
        exists: &Fact<bool>,
        out: &mut Objects,
    ) -> Option<(Node, Option<&'a str>)> {
        let base = file.path.rsplit('/').next().unwrap_or(&file.path);
        if let Some(text) = &file.text {
            let value = self.filled(text);
            let place = value.place;
            self.config_map(name, vec![build::entry(base, value)], exists, out);
            return Some((Maker(place).text(name), Some(base)));
        }
        let node = self.values.node(&file.at).filter(|n| truthy(n) != Some(false))?;
        if file.config_map {
            return Some((node.clone(), None));
        }
        if file.folder {
            let entries = node
                .entries()
                .iter()
                .map(|e| Entry { value: as_text(&e.value, file.written), ..e.clone() });
            self.config_map(name, entries.collect(), exists, out);
            return Some((Maker(node.place).text(name), None));
        }
        self.config_map(name, vec![build::entry(base, as_text(node, file.written))], exists, out);
        Some((Maker(node.place).text(name), Some(base)))
    }

    fn config_map(&self, name: &str, data: Vec<Entry>, exists: &Fact<bool>, out: &mut Objects) {
        let place = data.first().map_or(self.make.0, |e| e.value.place);
        let data = Node { place, kind: Kind::Map(Map { entries: data }) };
        let object = self.object("v1", "ConfigMap", name, vec![("data", data)]);
        out.push((object, exists.clone()));
    }

    /// A text of the card with values in it; it stands where the first of them is written.
    fn filled(&self, text: &str) -> Node {
        let (mut out, mut place) = (String::new(), self.make.0);
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            out.push_str(before);
            let (path, after) = behind.split_once('}').unwrap_or((behind, ""));
            let parts = split(path);
            if let Some(node) = self.values.node(&parts) {
                out.push_str(node.str().unwrap_or(""));
                if place == self.make.0 {
                    place = node.place;
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Maker(place).text(out)
    }
}

/// A text as it is, anything else written down.
fn as_text(node: &Node, style: Style) -> Node {
    match style {
        _ if node.scalar().is_some() => node.clone(),
        Style::Yaml => build::yaml(node),
        Style::Ini => build::ini(node),
    }
}
