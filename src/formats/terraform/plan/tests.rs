//! Plans and states in, estates out.

use super::super::lang::tests::{dump, sources};
use super::super::value::Estate;
use super::{Document, is_one, merge};
use crate::catalog::Catalog;
use crate::formats::terraform::Terraform;
use crate::formats::{Format, Parsed, Unit};
use crate::source::{FileId, Place};

/// The estate of the last file, which is a document, laid over the source of the others.
fn estate(files: &str) -> Estate {
    let sources = sources(files);
    let parsed: Vec<(FileId, Parsed)> = sources
        .ids()
        .map(|id| (id, Terraform.parse(&sources.text(id), sources.path(id)).0))
        .collect();
    let catalog = Catalog::default();
    let files = parsed.iter().map(|(id, parsed)| (*id, parsed)).collect();
    let unit = Unit { files, sources: &sources, catalog: &catalog };
    let document = parsed.iter().find_map(|(id, parsed)| match parsed {
        Parsed::Nodes(nodes) => {
            assert!(is_one(sources.path(*id), sources.str(*id)));
            nodes.first()
        }
        _ => None,
    });
    let root = document.expect("a document");
    let document = Document::read(root);
    let planned = document.estate(root, "");
    match super::super::lang::evaluate_as(&unit, "").first() {
        Some(source) => merge(source, &document, &planned).expect("of the same root"),
        None => planned,
    }
}

fn check(files: &str, expected: &str) {
    let got = dump(&[estate(files)]);
    assert_eq!(got.trim(), expected.trim().replace("\n    ", "\n"), "{files}");
}

/// A plan as Terraform 1.11.4 writes it, shortened to what is read.
const PLAN: &str = r#"## plan.json
{"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {}},
 "resource_changes": [
  {"address": "r.sg[0]", "mode": "managed", "type": "r", "name": "sg",
   "change": {"actions": ["create"], "after": {"cidr": ["0.0.0.0/0"], "note": "", "kept": null},
    "after_unknown": {"id": true}, "after_sensitive": {}}},
  {"address": "r.sg[1]", "mode": "managed", "type": "r", "name": "sg",
   "change": {"actions": ["no-op"], "after": {"cidr": ["10.0.0.0/8"], "id": "sg-1"}, "after_unknown": {}}},
  {"address": "module.db[\"a.b\"].db.x", "module_address": "module.db[\"a.b\"]", "mode": "managed",
   "type": "db", "name": "x", "change": {"actions": ["delete", "create"],
    "after": {"groups": [null, "sg-1"], "password": "hunter2", "port": 5432},
    "after_unknown": {"groups": [true, false], "log": true, "arn": true, "size": true},
    "after_sensitive": {"password": true}}},
  {"address": "db.old", "mode": "managed", "type": "db", "name": "old",
   "change": {"actions": ["delete"], "before": {"port": 1}, "after": null}}],
 "configuration": {"root_module": {
  "resources": [{"mode": "managed", "type": "r", "name": "sg", "expressions": {"cidr": {"references": ["var.c"]}}}],
  "module_calls": {"db": {
   "expressions": {"groups": {"references": ["r.sg[0].id", "r.sg[0]", "r.sg"]}},
   "module": {"resources": [{"mode": "managed", "type": "db", "name": "x", "expressions": {
    "groups": {"references": ["var.groups"]}, "log": {"references": ["var.log"]},
    "password": {"references": ["var.p"]}, "port": {"constant_value": 5432}}}]}}}}}}
"#;

#[test]
fn a_plan_alone_is_an_estate() {
    check(
        PLAN,
        r#"r.sg[0] {cidr=["0.0.0.0/0"]}
    r.sg[1] {cidr=["10.0.0.0/8"]}
    module.db["a.b"].db.x {groups=["sg-1", @r.sg[0].id], log=?Variable("log"), password=<?DataSource("a sensitive value")>, port=5432}"#,
    );
}

#[test]
fn a_plan_tells_what_the_source_cannot() {
    let source = r#"## main.tf
variable "c" { type = list(list(string)) }
variable "n" {}
variable "p" {}
resource "r" "sg" {
  count = var.n
  cidr  = var.c[count.index]
}
module "db" {
  source   = "./db"
  for_each = var.n > 1 ? toset(["a.b"]) : toset([])
  groups   = [r.sg[0].id]
  p        = var.p
}
resource "db" "old" { port = 1 }
resource "db" "new" { port = 2 }
resource "db" "none" { count = var.n > 5 ? 1 : 0 }
## db/main.tf
variable "groups" {}
variable "p" {}
resource "db" "x" {
  groups   = var.groups
  password = var.p
  port     = "5432"
}
"#;
    check(
        &format!("{source}{PLAN}"),
        r#"r.sg[0] {cidr=["0.0.0.0/0"]}
    r.sg[1] {cidr=["10.0.0.0/8"]}
    module.db["a.b"].db.x {groups=["sg-1", @r.sg[0].id], password=<?DataSource("a sensitive value")>, port="5432"}
    db.new {port=2}"#,
    );
}

#[test]
fn what_a_plan_tells_stands_where_the_source_has_it() {
    let files = format!(
        "## main.tf\nvariable \"c\" {{}}\nresource \"r\" \"sg\" {{\n  count = 2\n  cidr  = var.c\n}}\n{PLAN}"
    );
    let (sources, estate) = (sources(&files), estate(&files));
    let sg = estate.resources.iter().find(|r| r.spelled.starts_with("r.sg[0]")).unwrap();
    let cidr = sg.body.get("cidr").unwrap();
    let path = |at: Place| sources.path(at.file).to_string();
    let seen = [sg.head, cidr.at].map(|at| format!("{}: {}", path(at), sources.slice(at)));
    assert_eq!(seen, ["main.tf: resource \"r\" \"sg\"", "main.tf: var.c"]);
    let planned = cidr.via.iter().filter(|step| path(step.place) == "plan.json");
    assert_eq!(planned.count(), 1);
    let only = estate.resources.iter().find(|r| &*r.kind == "db").unwrap();
    assert_eq!(path(only.head), "plan.json");
}

#[test]
fn ids_of_a_state_link_its_resources() {
    let state = r#"## terraform.tfstate
{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "x", "outputs": {}, "resources": [
 {"mode": "managed", "type": "bucket", "name": "b", "instances": [{"attributes": {"id": "logs", "name": "logs"}}]},
 {"mode": "managed", "type": "bucket_policy", "name": "p", "instances": [{"attributes": {"id": "logs", "bucket": "logs"}}]},
 {"module": "module.m", "mode": "managed", "type": "db", "name": "x", "instances": [
  {"index_key": "k", "attributes": {"id": "db-1", "password": "hunter2", "bucket": "logs", "tags": {}},
   "sensitive_attributes": [[{"type": "get_attr", "value": "password"}]]}]}]}
"#;
    let estate = estate(state);
    assert_eq!(
        dump(std::slice::from_ref(&estate)).trim(),
        "bucket.b {id=\"logs\", name=\"logs\"}
bucket_policy.p {bucket=\"logs\", id=\"logs\"}
module.m.db.x[\"k\"] {bucket=\"logs\", id=\"db-1\", password=<?DataSource(\"a sensitive value\")>}"
    );
    let target = |index: usize| estate.resources[index].body.target("bucket").known().cloned();
    assert_eq!(target(1), Some(estate.resources[0].address.clone()));
    assert_eq!(target(2), Some(estate.resources[0].address.clone()));
}
