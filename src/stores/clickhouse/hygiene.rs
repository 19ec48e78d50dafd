//! What somebody wrote and the server does not hear.

use super::layers::merge_folders;
use super::names::Names;
use crate::model::concept::Defect;
use crate::tree::xml::Element;

/// Settings without an effect in the files of one server.
pub(super) fn defects<'a>(
    files: impl Iterator<Item = (&'a str, &'a Element)>,
    main: &str,
    users: Option<&str>,
    names: &Names,
) -> Vec<Defect> {
    let [config_d, _] = merge_folders(main);
    let apart = users.is_some_and(|users| users != main);
    let mut out = Vec::new();
    for (path, root) in files {
        let mut add = |at: &Element, message: &str| {
            out.push(names.defect(at, "no-effect", message.to_owned()));
        };
        if let Some(inner) = root.child("clickhouse") {
            let message = "a key `clickhouse` at the top of a YAML file: nothing below it has an \
                           effect";
            add(inner, message);
        }
        let misplaced = ["users", "profiles", "quotas"].into_iter().filter_map(|n| root.child(n));
        if let Some(section) = misplaced.take(1).find(|_| apart && path.starts_with(&config_d)) {
            let what = &section.name;
            let message =
                format!("{what} in `config.d` have no effect: they belong into `users.d`");
            add(section, &message);
        }
        let marks = ["replace", "remove"];
        if let Some(mark) = marks.into_iter().find(|m| root.attribute(m).is_some()) {
            let message = format!(
                "`{mark}` on the root has no effect: what it is laid over stays, and is merged"
            );
            add(root, &message);
        }
    }
    out
}
