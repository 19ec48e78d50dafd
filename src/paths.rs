//! Paths of the project: relative to its root, with `/`, and the root itself is the empty path.

/// The folder of a path; empty at the root.
pub(crate) fn folder(path: &str) -> &str {
    split(path).0
}

/// The folder of a path, and the name in it.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A name or path inside a folder, taken as it is.
pub(crate) fn join(folder: &str, inside: &str) -> String {
    if folder.is_empty() { inside.to_owned() } else { format!("{folder}/{inside}") }
}

/// What a file in a folder means by a path of its own, with `.` and `..`; `None` outside of the
/// project.
pub(crate) fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, path: &str, expected: Option<&str>) {
        assert_eq!(resolve(folder, path).as_deref(), expected, "{folder} {path}");
    }

    #[test]
    fn paths_lead_up_and_down_but_never_out() {
        check("", "./a.yaml", Some("a.yaml"));
        check("apps/shop", "../base/./a.yaml", Some("apps/base/a.yaml"));
        check("apps", "..", Some(""));
        check("apps", "../../a.yaml", None);
    }
}
