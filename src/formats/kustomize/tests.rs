use super::{Files, render};
use crate::source::{Source, Sources};

/// What a root renders to, as lines `PATH = VALUE @ FILE:LINE`, and what was left out.
fn check(files: &[(&str, &str)], root: &str, path: &[&str], expected: &[&str], left_out: &[&str]) {
    let list =
        files.iter().map(|(path, text)| Source { path: (*path).into(), text: (*text).into() });
    let sources = Sources::new(list.collect());
    let tree = Files::new(&sources, []);
    let rendered = render(sources.find(root).unwrap(), &tree);
    let found: Vec<String> = rendered
        .objects
        .iter()
        .filter_map(|object| object.at(path))
        .map(|node| {
            let text = sources.str(node.place.file);
            let line = text[..node.place.start as usize].lines().count().max(1);
            let line =
                if text[..node.place.start as usize].ends_with('\n') { line + 1 } else { line };
            let file = sources.path(node.place.file);
            format!("{} @ {file}:{line}", node.str().unwrap_or("?"))
        })
        .collect();
    assert_eq!(found, expected);
    let what: Vec<String> = rendered.not_understood.iter().map(|(_, w)| w.to_string()).collect();
    assert_eq!(what, left_out);
}

const SERVICE: (&str, &str) = (
    "base/service.yaml",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: db\nspec:\n  type: ClusterIP\n",
);
const BASE: (&str, &str) = ("base/kustomization.yaml", "resources: [service.yaml]\n");

#[test]
fn a_patched_value_stands_in_its_patch_and_the_rest_in_the_base() {
    let patch = "apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec:\n  type: NodePort\n";
    let top = "resources: [../base]\nnamespace: live\npatches:\n- path: patch.yaml\n";
    let files = [BASE, SERVICE, ("top/kustomization.yaml", top), ("top/patch.yaml", patch)];
    let root = "top/kustomization.yaml";
    check(&files, root, &["spec", "type"], &["NodePort @ top/patch.yaml:5"], &[]);
    check(&files, root, &["metadata", "name"], &["db @ base/service.yaml:4"], &[]);
    check(&files, root, &["metadata", "namespace"], &["live @ top/kustomization.yaml:2"], &[]);
}

#[test]
fn a_json_patch_inside_the_kustomization_has_its_own_lines() {
    let top = "resources: [../base]\npatches:\n- target: {kind: Service}\n  patch: |-\n    - op: replace\n      path: /spec/type\n      value: LoadBalancer\n";
    let files = [BASE, SERVICE, ("top/kustomization.yaml", top)];
    let expected = ["LoadBalancer @ top/kustomization.yaml:7"];
    check(&files, "top/kustomization.yaml", &["spec", "type"], &expected, &[]);
}

#[test]
fn a_generated_entry_stands_in_the_file_that_it_is_made_of() {
    let top =
        "configMapGenerator:\n- name: conf\n  files: [redis.conf]\n  literals: [\"mode='open'\"]\n";
    let files = [("kustomization.yaml", top), ("redis.conf", "bind 0.0.0.0\n")];
    let root = "kustomization.yaml";
    check(&files, root, &["data", "redis.conf"], &["bind 0.0.0.0\n @ redis.conf:1"], &[]);
    check(&files, root, &["data", "mode"], &["open @ kustomization.yaml:4"], &[]);
}

#[test]
fn what_is_elsewhere_is_left_out_and_the_rest_rendered() {
    let top = "resources:\n- https://example.com/base?ref=v1\n- ../../outside\n- ../base\n\
               patches:\n- path: patch.yaml\n";
    let patch = "apiVersion: v1\nkind: Service\nmetadata: {name: other}\n";
    let files = [BASE, SERVICE, ("top/kustomization.yaml", top), ("top/patch.yaml", patch)];
    let left_out = [
        "`https://example.com/base?ref=v1`, which is elsewhere and not fetched",
        "`../../outside`, which is not among the files",
        "a patch of Service `other`, which is not here",
    ];
    let expected = ["ClusterIP @ base/service.yaml:6"];
    check(&files, "top/kustomization.yaml", &["spec", "type"], &expected, &left_out);
}

#[test]
fn kustomizations_that_name_one_another_end() {
    let files = [
        ("a/kustomization.yaml", "resources: [../b, ../b, ../a]\n"),
        ("b/kustomization.yaml", "resources: [../a, ../a]\n"),
    ];
    let again = "kustomizations that refer to one another";
    check(&files, "a/kustomization.yaml", &["kind"], &[], &[again; 5]);
}

#[test]
fn many_doublings_are_cut_off() {
    let mut files =
        vec![("0/kustomization.yaml".to_owned(), "resources: [service.yaml]\n".to_owned())];
    files.push(("0/service.yaml".to_owned(), SERVICE.1.to_owned()));
    for level in 1..30 {
        let below = level - 1;
        files.push((
            format!("{level}/kustomization.yaml"),
            format!("resources: [../{below}, ../{below}]\n"),
        ));
    }
    let list = files
        .iter()
        .map(|(path, text)| Source { path: path.as_str().into(), text: text.as_str().into() });
    let sources = Sources::new(list.collect());
    let tree = Files::new(&sources, []);
    let rendered = render(sources.find("29/kustomization.yaml").unwrap(), &tree);
    assert!(rendered.objects.len() < 2_000);
    assert!(!rendered.not_understood.is_empty());
}
