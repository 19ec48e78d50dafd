//! Files of the project that no format claims by itself, and that a container takes in all the
//! same: `redis.conf`, `elasticsearch.yml`, `server.properties`.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::model::fragment::{Address, ConfigBody, ConfigFile, Fragment, MountSource};
use crate::source::{FileId, Sources};

/// Files of one folder; a folder with more holds data, not configuration.
const MAX_IN_FOLDER: usize = 256;
/// Longer than any configuration that people write.
const MAX_LENGTH: usize = 1 << 20;

/// Adds every mounted file that is not there yet, as plain text.
pub(super) fn add(all: &mut Fragment, sources: &Sources) {
    let mut there: FxHashSet<Address> = all.files.iter().map(|f| f.address.clone()).collect();
    let mut paths = Vec::new();
    for mount in all.containers.iter().flat_map(|c| &c.mounts) {
        collect(&mount.source, &mut paths);
    }
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() {
        return;
    }
    let by_path: BTreeMap<&str, FileId> =
        sources.ids().map(|id| (&**sources.path(id), id)).collect();
    let mut added = Vec::new();
    for path in paths {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        let inside = by_path.range(&*folder..).take_while(|(p, _)| p.starts_with(&*folder));
        let one = by_path.get_key_value(path);
        for (path, id) in one.into_iter().chain(inside.take(MAX_IN_FOLDER)) {
            let address = Address::file(path);
            if sources.str(*id).len() > MAX_LENGTH || !there.insert(address.clone()) {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or(path).into();
            let text = sources.text(*id);
            let place = text.whole();
            added.push(ConfigFile { address, name, place, body: ConfigBody::Text(text) });
        }
    }
    all.files.extend(added);
}

fn collect<'a>(source: &'a MountSource, paths: &mut Vec<&'a str>) {
    match source {
        MountSource::Path(path) => paths.push(path),
        MountSource::Several(sources) => sources.iter().for_each(|s| collect(s, paths)),
        MountSource::Bundle { .. } | MountSource::Opaque => {}
    }
}
