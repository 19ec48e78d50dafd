//! Files that a service gets: volumes, configs, secrets.

use super::project::Project;
use crate::formats::config_file;
use crate::model::fact::Name;
use crate::model::fragment::{Address, Bundle, BundleEntry, Fragment, Mount, MountSource};
use crate::tree::node::{Entry, Node};

pub(super) fn mounts(project: &Project, service: &Node, out: &mut Fragment) -> Vec<Mount> {
    let items = |key| service.get(key).map_or(&[][..], Node::items).iter();
    let mut mounts: Vec<Mount> = items("volumes").filter_map(|n| volume(project, n)).collect();
    mounts.extend(items("configs").filter_map(|n| shared(project, n, "configs", "/", out)));
    mounts.extend(
        items("secrets").filter_map(|n| shared(project, n, "secrets", "/run/secrets/", out)),
    );
    mounts
}

/// `SOURCE:TARGET[:MODE]`, or the long syntax. Only folders and files of the project tell more.
fn volume(project: &Project, node: &Node) -> Option<Mount> {
    let field = |key: &str| node.get(key).map(|n| project.fill.fact(n));
    let (source, target) = if let Some(text) = node.str() {
        let filled = project.fill.text(text);
        let mut parts = filled.text.split(':');
        let (first, second) = (parts.next()?, parts.next());
        let part = |text: &str| filled.part(text, node.place).known().cloned();
        match second {
            Some(target) => (part(first), part(target)?),
            None => (None, part(first)?),
        }
    } else {
        let bind = node.get("type").and_then(Node::str) == Some("bind");
        let source = field("source").filter(|_| bind).and_then(|f| f.known().cloned());
        (source, field("target")?.known()?.clone())
    };
    // A name without a slash or dot in front is a volume that Docker keeps.
    let path = source.filter(|s| s.starts_with('.') || node.map().is_some());
    let source = path
        .and_then(|p| project.resolve(&p, node.place))
        .map_or(MountSource::Opaque, MountSource::Path);
    Some(Mount { path: target, source, sub_path: None, place: node.place })
}

/// A config or secret of the file's top level, granted to a service.
fn shared(
    project: &Project,
    node: &Node,
    section: &str,
    folder: &str,
    out: &mut Fragment,
) -> Option<Mount> {
    let name = node.text().or_else(|| node.get("source")?.text())?;
    let target = node.get("target").and_then(Node::text);
    let path: Name = match target {
        Some(target) if target.starts_with('/') => target,
        Some(target) => format!("{folder}{target}").into(),
        None => format!("{folder}{name}").into(),
    };
    let definition = project.definition(section, &name);
    let mut sub_path = None;
    let source = definition.map_or(MountSource::Opaque, |definition| {
        if let Some(file) = definition.value.get("file") {
            let path = project.fill.fact(file);
            let path = path.known().and_then(|p| project.resolve(p, file.place));
            return path.map_or(MountSource::Opaque, MountSource::Path);
        }
        match inline(project, section, definition, &path, out) {
            Some(address) => {
                sub_path = Some(name.clone());
                let secret = section == "secrets";
                MountSource::Bundle { address, items: None, secret, optional: false }
            }
            None => MountSource::Opaque,
        }
    });
    Some(Mount { path, source, sub_path, place: node.place })
}

/// A config whose content stands in the Compose file.
fn inline(
    project: &Project,
    section: &str,
    definition: &Entry,
    path: &str,
    out: &mut Fragment,
) -> Option<Address> {
    let content = definition.value.get("content")?;
    let text = content.nested_text()?;
    let address = project.address(&format!("{section}/{}", definition.key));
    if out.bundles.iter().any(|b| b.address == address) {
        return Some(address);
    }
    // The name that the file has in the container tells its role.
    let name: Name = path.rsplit('/').next().unwrap_or(path).into();
    let entry = Address::new(format!("{address}#{}", definition.key));
    let file = config_file(entry, &name, &text, &mut out.problems);
    out.bundles.push(Bundle {
        address: address.clone(),
        title: format!("config `{}`", definition.key).into(),
        place: definition.key_place,
        secret: false,
        entries: vec![BundleEntry {
            key: definition.key.clone(),
            value: project.fill.fact(content),
            place: definition.place(),
            file: Some(file),
        }],
    });
    Some(address)
}
