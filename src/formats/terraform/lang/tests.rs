//! Configurations in, evaluated resources out.

mod console;
mod language;

use std::fmt::Write;

use crate::catalog::Catalog;
use crate::formats::terraform::Terraform;
use crate::formats::terraform::value::{Estate, Val, ValKind, number_text};
use crate::formats::{Claim, Format, Parsed, Unit};
use crate::model::fact::Fact;
use crate::source::{FileId, Given, Place, Source, Sources};

/// `## path` lines begin files.
pub(in crate::formats::terraform) fn sources(files: &str) -> Sources {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in files.lines() {
        if let Some(path) = line.strip_prefix("## ") {
            out.push((path.to_owned(), String::new()));
            continue;
        }
        let (_, text) = out.last_mut().expect("a text begins with `## path`");
        text.push_str(line);
        text.push('\n');
    }
    let source = |(path, text): (String, String)| Source { path: path.into(), text: text.into() };
    Sources::new(out.into_iter().map(source).collect())
}

fn with_estates<T>(files: &str, f: impl Fn(&Sources, Vec<Estate>) -> T) -> Vec<T> {
    estates_of(&sources(files), f)
}

fn estates_of<T>(sources: &Sources, f: impl Fn(&Sources, Vec<Estate>) -> T) -> Vec<T> {
    let claimed: Vec<FileId> = sources
        .ids()
        .filter(|id| Terraform.claims(sources.path(*id), sources.str(*id)) == Claim::Surely)
        .collect();
    let parsed: Vec<(FileId, Parsed)> = claimed
        .iter()
        .map(|id| (*id, Terraform.parse(&sources.text(*id), sources.path(*id)).0))
        .collect();
    let catalog = Catalog::default();
    let units = Terraform.group(&claimed, sources).into_iter().map(|ids| {
        let files = parsed.iter().filter(|(id, _)| ids.contains(id)).map(|(id, p)| (*id, p));
        let unit = Unit { files: files.collect(), sources, catalog: &catalog };
        f(sources, super::evaluate(&unit))
    });
    units.collect()
}

fn show(val: &Val) -> String {
    let list = |items: Vec<String>, more: bool, open: &str, close: &str| {
        let dots = if more { vec!["…".to_owned()] } else { Vec::new() };
        format!("{open}{}{close}", [items, dots].concat().join(", "))
    };
    match &val.kind {
        ValKind::Null => "null".into(),
        ValKind::Bool(b) => b.to_string(),
        ValKind::Number(n) => number_text(*n),
        ValKind::String(text, _) => format!("{text:?}"),
        ValKind::Partial(parts) => list(parts.iter().map(show).collect(), false, "<", ">"),
        ValKind::List { items, more } => {
            list(items.iter().map(show).collect(), more.is_some(), "[", "]")
        }
        ValKind::Map { entries, more } => {
            let pairs = entries.iter().map(|(k, v)| format!("{k}={}", show(v)));
            list(pairs.collect(), more.is_some(), "{", "}")
        }
        ValKind::Unknown(why) => format!("?{why:?}"),
        ValKind::Ref(reference) => format!("@{}", reference.spelled),
    }
}

pub(in crate::formats::terraform) fn dump(estates: &[Estate]) -> String {
    let mut out = String::new();
    for resource in estates.iter().flat_map(|e| &e.resources) {
        let exists = match &resource.exists {
            Fact::Known(..) => String::new(),
            other => format!(" {:?}", other.clone().map(|_| ()).known().map_or("maybe", |()| "")),
        };
        let body = show(&resource.body);
        writeln!(out, "{}{} {body}", resource.spelled, exists.replace('"', "")).unwrap();
    }
    out
}

fn check(files: &str, expected: &str) {
    let dumps = with_estates(files, |_, estates| dump(&estates));
    assert_eq!(dumps.concat().trim(), expected.trim().replace("\n    ", "\n"), "{files}");
}

/// The places that decided an attribute, the farthest first.
fn check_way(files: &str, attribute: &str, expected: &str) {
    let ways = with_estates(files, |sources, estates| {
        let mut out = String::new();
        for resource in estates.iter().flat_map(|e| &e.resources) {
            let Some(mut val) = resource.body.get(attribute) else { continue };
            if let ValKind::List { items, .. } = &val.kind {
                val = &items[0];
            }
            for station in &val.via {
                let path = sources.path(station.place.file);
                writeln!(out, "{path}: {} | {}", sources.slice(station.place), station.say)
                    .unwrap();
            }
            writeln!(out, "{}: {}", sources.path(val.at.file), sources.slice(val.at)).unwrap();
        }
        out
    });
    assert_eq!(ways.concat().trim(), expected.trim().replace("\n    ", "\n"), "{files}");
}

#[test]
fn values_of_accounts_are_worked_out_where_something_refers_to_them() {
    check(
        r#"## main.tf
resource "aws_iam_role" "api" {
  count = 2
  name  = "api-${count.index}"
}
resource "r" "x" { role = aws_iam_role.api[1].name }
"#,
        r#"aws_iam_role.api[0] {}
    aws_iam_role.api[1] {}
    r.x {role="api-1"}"#,
    );
}

#[test]
fn values_of_variables_follow_terraforms_order() {
    check(
        r#"## main.tf
variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" {}
resource "r" "x" {
  a = var.a
  b = var.b
  c = "${var.c}/32"
}
## terraform.tfvars
a = "tfvars"
b = "tfvars"
## z.auto.tfvars
b = "auto"
"#,
        r#"r.x {a="tfvars", b="auto", c=<?Variable("c"), "/32">}"#,
    );
}

#[test]
fn each_further_file_of_values_is_an_environment() {
    let files = r#"## infra/main.tf
variable "size" { default = 1 }
variable "open" { NEEDED }
resource "r" "x" {
  size = var.size
  open = var.open
}
## infra/env/prod.tfvars
open = true
## infra/dev.tfvars.json
{"open": false, "size": 2}
## infra/other.tfvars
unrelated = 1
"#;
    let addresses = |needed: &str| {
        let files = files.replace("NEEDED", needed);
        let all = with_estates(&files, |_, estates| {
            let of =
                |e: &Estate| format!("{} {}", e.resources[0].address.0, show(&e.resources[0].body));
            estates.iter().map(of).collect::<Vec<_>>().join("\n")
        });
        all.join("\n")
    };
    // Without a file of values there is no such root.
    assert_eq!(
        addresses(""),
        "tf:infra#dev#/r.x {open=false, size=2}\ntf:infra#env/prod#/r.x {open=true, size=1}"
    );
    assert!(addresses("default = 0").starts_with("tf:infra/r.x {open=0, size=1}\ntf:infra#dev"));
}

#[test]
fn the_command_line_has_the_last_word_and_makes_environments_of_its_own() {
    let files = sources(
        r#"## main.tf
variable "a" { type = list(string) }
variable "b" { type = string }
variable "c" { type = number }
variable "d" {}
resource "r" "x" {
  v = [var.a, var.b, var.c, var.d]
}
## terraform.tfvars
b = "auto"
d = "auto"
## prod.tfvars
c = 1
"#,
    );
    let value = |name: &str, text: &str| Given::Value(name.into(), text.into());
    let given = vec![
        value("c", "2"),
        Given::File("given.tfvars".into()),
        value("a", r#"["10.0.0.0/8"]"#),
        value("b", "[1]"),
    ];
    let text = "c = 3\na = []\n";
    let file = Source { path: "given.tfvars".into(), text: text.into() };
    let sources = files.with_given(given, vec![file]);
    let estates = estates_of(&sources, |_, estates| dump(&estates));
    assert_eq!(estates.concat().trim(), r#"r.x {v=[["10.0.0.0/8"], "[1]", 3, "auto"]}"#);
}

#[test]
fn modules_that_were_fetched_are_read() {
    check(
        r#"## main.tf
module "db" {
  source  = "terraform-aws-modules/rds/aws"
  version = "6.0.0"
  public  = true
}
## .terraform/modules/modules.json
{"Modules":[{"Key":"","Source":"","Dir":"."},
 {"Key":"db","Source":"registry.terraform.io/terraform-aws-modules/rds/aws","Dir":".terraform/modules/db"},
 {"Key":"db.group","Source":"git::https://example.com/g.git","Dir":".terraform/modules/db.group"}]}
## .terraform/modules/db/main.tf
variable "public" {}
module "group" {
  source = "git::https://example.com/g.git"
  on     = var.public
}
resource "r" "x" { public = var.public }
## .terraform/modules/db.group/main.tf
variable "on" {}
resource "r" "g" { on = var.on }
"#,
        "module.db.r.x {public=true}
    module.db.module.group.r.g {on=true}",
    );
}

#[test]
fn a_finding_can_show_every_file_that_decided() {
    check_way(
        r#"## main.tf
variable "office" {}
module "db" {
  source  = "./db"
  clients = concat(local.clients, [])
}
locals {
  clients = [var.office, "10.0.0.0/8"]
}
## terraform.tfvars
office = "0.0.0.0/0"
## db/main.tf
variable "clients" { type = list(string) }
resource "r" "x" {
  cidr_blocks = var.clients
}
"#,
        "cidr_blocks",
        r#"terraform.tfvars: "0.0.0.0/0" | `var.office` is set here
    main.tf: var.office | `local.clients` is defined here
    main.tf: local.clients | module `db` is given `clients` here
    db/main.tf: var.clients"#,
    );
}

#[test]
fn a_value_is_edited_where_it_was_before_its_first_station() {
    let files = r#"## main.tf
variable "on" { default = true }
module "db" {
  source    = "./db"
  encrypted = false
}
## db/main.tf
variable "encrypted" { default = true }
resource "r" "x" {
  encrypted = var.encrypted
  other     = !var.encrypted
}
"#;
    let edited = with_estates(files, |sources, estates| {
        let body = &estates[0].resources[0].body;
        ["encrypted", "other"].map(|key| {
            let place = body.bool(key).edit_place();
            format!("{}: {}", sources.path(place.file), sources.slice(place))
        })
    });
    assert_eq!(edited, [["main.tf: false", "db/main.tf: !var.encrypted"]]);
}

#[test]
fn the_known_beginning_of_a_text_is_split() {
    check(
        r#"## main.tf
variable "more" {}
resource "r" "x" {
  v = split(",", "0.0.0.0/0,10.0.0.0/8${var.more}")
}
"#,
        "r.x {v=[\"0.0.0.0/0\", …]}",
    );
}

#[test]
fn an_element_of_for_each_shows_its_line() {
    check_way(
        r#"## main.tf
variable "rules" {
  default = { web = { cidr = "0.0.0.0/0" } }
}
resource "r" "x" {
  for_each = merge(var.rules, {})
  cidr     = each.value.cidr
}
"#,
        "cidr",
        r#"main.tf: "0.0.0.0/0" | `var.rules` is set here
    main.tf: var.rules | it is repeated for these elements
    main.tf: each.value.cidr"#,
    );
}

#[test]
fn references_survive_collections_and_modules() {
    check(
        r#"## main.tf
module "sg" { source = "./sg" }
resource "db" "x" {
  ids   = concat([module.sg.id], [])
  other = module.sg.all
  maybe = module.sg.maybe[0]
  arn   = "${module.sg.id}/*"
  vpc   = module.sg.vpc
}
## sg/main.tf
variable "on" {}
resource "sg" "this" { count = 1 }
resource "sg" "off" { count = 0 }
resource "sg" "maybe" { count = var.on ? 1 : 0 }
resource "net" "a" { cidr = "10.0.0.0/16" }
output "id" { value = try(sg.off[0].id, sg.this[0].id, "") }
output "all" { value = concat(sg.off.*.id, sg.this[*].id, [""]) }
output "maybe" { value = sg.maybe[*].id }
output "vpc" { value = { cidr = net.a.cidr, id = one(sg.this[*].vpc) } }
"#,
        r#"db.x {arn=<@module.sg.sg.this[0].id, "/*">, ids=[@module.sg.sg.this[0].id], maybe=@module.sg.sg.maybe.id, other=[@module.sg.sg.this[0].id, ""], vpc={cidr="10.0.0.0/16", id=@module.sg.sg.this[0].vpc}}
    module.sg.net.a {cidr="10.0.0.0/16"}
    module.sg.sg.maybe maybe {}
    module.sg.sg.this[0] {}"#,
    );
}

#[test]
fn one_module_called_twice_is_two_modules() {
    check(
        r#"## main.tf
module "a" {
  source = "./m"
  for_each = { x = true, y = null }
  public = each.value
}
module "far" { source = "hashicorp/consul/aws" }
resource "r" "out" {
  v = [for m in module.a : m.name]
  w = module.far.id
}
## m/main.tf
variable "public" {
  default = false
  nullable = false
}
resource "r" "x" { public = var.public }
output "name" { value = "n-${var.public}" }
"#,
        r#"r.out {v=["n-true", "n-false"], w=?NotHere("module.far")}
    module.a["x"].r.x {public=true}
    module.a["y"].r.x {public=false}"#,
    );
}

#[test]
fn dynamic_blocks_are_expanded_or_left_open() {
    check(
        r#"## main.tf
variable "rules" {}
variable "ports" { default = [80, 443] }
resource "sg" "known" {
  ingress { port = 22 }
  dynamic "ingress" {
    for_each = var.ports
    iterator = it
    content {
      port = it.value
      from = it.key
      dynamic "inner" {
        for_each = toset(["a"])
        content { k = "${inner.key}${it.value}" }
      }
    }
  }
  lifecycle { ignore_changes = [ingress] }
}
resource "sg" "open" {
  dynamic "ingress" {
    for_each = var.rules
    content { port = ingress.value }
  }
}
"#,
        r#"sg.known {ingress=[{port=22}, {from=0, inner=[{k="a80"}], port=80}, {from=1, inner=[{k="a443"}], port=443}]}
    sg.open {ingress=[…]}"#,
    );
}

#[test]
fn traps_of_evaluation() {
    check(
        r#"## main.tf
variable "cidrs" { default = null }
variable "cidr" { default = "" }
variable "on" {}
variable "o" {
  type = list(object({ port = number, open = optional(bool, false), note = optional(string) }))
  default = [{ port = "80", extra = 1 }]
}
locals {
  loop  = local.pool
  pool  = local.loop
  rules = { a = [1, 2], _ = ["", ""] }
}
resource "r" "x" {
  coalesced = coalesce(var.cidrs, ["0.0.0.0/0"])
  empty     = var.cidr == "" ? [] : [var.cidr]
  nothing   = var.cidrs
  loop      = local.loop
  either    = var.on ? ["a"] : ["a", "b"]
  and       = false && var.on
  table     = lookup({ rule = "a" }, "from", local.rules[lookup({ rule = "a" }, "rule", "_")][0])
  object    = var.o
  more      = concat(["0.0.0.0/0"], var.on)
}
resource "r" "none" { for_each = toset([]) }
resource "r" "each" {
  for_each = toset(["b", "a", "b"])
  k = each.key
}
resource "r" "maybe" {
  for_each = var.on
  k = each.value
}
"#,
        r#"r.each["a"] {k="a"}
    r.each["b"] {k="b"}
    r.maybe maybe {k=?Variable("on")}
    r.x {and=false, coalesced=["0.0.0.0/0"], either=["a", …], empty=[], loop=?NotUnderstood("a value that needs itself"), more=["0.0.0.0/0", …], object=[{note=null, open=false, port=80}], table=1}"#,
    );
}

#[test]
fn overrides_replace_attributes_and_blocks() {
    check(
        r#"## main.tf
resource "r" "x" {
  public = false
  keep   = 1
  ingress { port = 1 }
  ingress { port = 2 }
}
## main_override.tf
resource "r" "x" {
  public = true
  ingress { port = 3 }
}
## hidden.tf
resource "r" "hidden" {}
## hidden.tofu
resource "r" "shown" {}
"#,
        "r.shown {}\nr.x {ingress=[{port=3}], keep=1, public=true}",
    );
}

#[test]
fn json_syntax_means_the_same() {
    check(
        r#"## main.tf.json
{"variable": {"p": {"type": "list(number)", "default": ["1", "2"]}},
 "resource": {"sg": {"x": {
   "a": "${var.p}", "b": "x-${var.p[0]}",
   "dynamic": {"ingress": [{"for_each": "${var.p}", "content": {"port": "${ingress.value}"}}]}}}}}
"#,
        r#"sg.x {a=[1, 2], b="x-1", ingress=[{port=1}, {port=2}]}"#,
    );
}

#[test]
fn files_and_heredocs_keep_their_lines() {
    let files = r#"## main.tf
locals {
  script = <<-EOT
    one
    two
  EOT
}
resource "r" "a" { v = local.script }
resource "r" "b" { v = file("${path.module}/conf/x.txt") }
resource "r" "c" { v = templatefile("conf/t.tpl", { name = "N", more = ["1", "2"] }) }
resource "r" "d" { v = jsondecode(file("conf/j.json")).deep.key }
resource "r" "e" { v = file("conf/gone.txt") }
## conf/x.txt
one
two
## conf/t.tpl
zero
%{ for m in more ~}
${name}${m}
%{ endfor ~}
two
## conf/j.json
{"deep": {"key": "two"}}
"#;
    let seen = with_estates(files, |sources, estates| {
        let mut out = String::new();
        for resource in &estates[0].resources {
            let val = resource.body.get("v").unwrap();
            let Some(text) = val.nested_text() else {
                writeln!(out, "{}", show(val)).unwrap();
                continue;
            };
            let at = text.as_str().find("two").unwrap();
            let place = text.place(at..at + 3);
            let line = sources.str(place.file)[..place.start as usize].lines().count();
            let slice = sources.slice(place);
            writeln!(out, "{}:{line} {slice} {:?}", sources.path(place.file), text.as_str())
                .unwrap();
        }
        out
    });
    let expected = r#"main.tf:4 two "one\ntwo\n"
conf/x.txt:1 two "one\ntwo\n"
conf/t.tpl:4 two "zero\nN1\nN2\ntwo\n"
conf/j.json:1 two "two"
?NotHere("conf/gone.txt")
"#;
    assert_eq!(seen.concat(), expected);
}

#[test]
fn folders_that_are_called_are_no_roots() {
    let roots = with_estates(
        r#"## app/main.tf
module "m" { source = "../modules/m" }
## other/main.tf
module "m" { source = "../modules/m" }
## modules/m/main.tf
resource "r" "x" {}
module "deep" { source = "./deep" }
## modules/m/deep/main.tf
resource "r" "y" {}
## .terraform/modules/z/main.tf
resource "r" "z" {}
"#,
        |_, estates| {
            let first = |e: &Estate| e.resources[0].address.0.split('/').next().map(str::to_owned);
            estates.iter().filter_map(first).collect::<Vec<_>>()
        },
    );
    assert_eq!(roots.concat(), ["tf:app", "tf:other"]);
}

#[test]
fn encoded_values_keep_their_structure() {
    let seen = with_estates(
        "## main.tf\nresource \"r\" \"x\" {\n  v = jsonencode([{ image = \"redis\", role = r.y.arn }])\n}\nresource \"r\" \"y\" {}\n",
        |_, e| {
            let val = e[0].resources[0].body.get("v").unwrap();
            format!("{} {}", show(val), show(val.source.as_ref().unwrap()))
        },
    );
    assert_eq!(
        seen[0],
        r#"<"[{\"image\":\"redis\",\"role\":\"", @r.y.arn, "\"}]"> [{image="redis", role=@r.y.arn}]"#
    );
}

#[test]
fn names_stay_the_resources_own() {
    let seen = with_estates(
        "## main.tf\nresource \"sg\" \"a\" {\n  name = \"outer\"\n}\nresource \"r\" \"x\" {\n  v = sg.a.name\n}\n",
        |_, e| {
            let body = &e[0].resources[0].body;
            let target = body.target("v").known().map(ToString::to_string);
            (body.text("v").known().map(ToString::to_string), target)
        },
    );
    assert_eq!(seen[0], (Some("outer".into()), Some("tf:/sg.a".into())));
}

#[test]
fn what_doubles_itself_ends() {
    let mut files = String::from(
        "## main.tf\nresource \"r\" \"x\" {\n  a = local.l60\n  b = local.t60\n  c = local.m60\n}\nlocals {\n  l0 = [1]\n  t0 = \"x\"\n  m0 = {}\n",
    );
    for i in 1..=60 {
        let j = i - 1;
        writeln!(files, "  l{i} = concat(local.l{j}, local.l{j})").unwrap();
        writeln!(files, "  t{i} = \"${{local.t{j}}}${{local.t{j}}}\"").unwrap();
        writeln!(files, "  m{i} = {{ a = local.m{j}, b = local.m{j} }}").unwrap();
    }
    files.push_str(
        "}\nresource \"r\" \"many\" {\n  count = 1e9\n}\nmodule \"me\" {\n  source = \"./\"\n}\n",
    );
    let kinds = with_estates(&files, |_, e| e[0].resources.len());
    assert_eq!(kinds, [2]);
}

#[test]
fn a_long_chain_of_names_does_not_overflow_the_stack() {
    let mut files = String::from(
        "## main.tf\nresource \"r\" \"x\" {\n  a = local.l2000\n}\nlocals {\n  l0 = [1]\n",
    );
    for i in 1..=2000 {
        let j = i - 1;
        writeln!(files, "  l{i} = [for x in try(flatten([[\"${{local.l{j}}}\"]]), 0) : x]")
            .unwrap();
    }
    files.push_str("}\n");
    let shown = with_estates(&files, |_, e| dump(&e));
    assert!(shown.concat().contains("r.x {a=["), "{shown:?}");
}

#[test]
fn what_is_unknown_stays_unknown_through_every_function() {
    // All functions of Terraform 1.11.4 whose result no argument decides alone.
    let one = "abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 \
               base64sha512 basename bcrypt ceil chomp compact csvdecode dirname distinct \
               ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 \
               filesha1 filesha256 filesha512 flatten floor issensitive jsondecode jsonencode keys \
               length lower md5 nonsensitive one pathexpand range reverse sensitive sha1 sha256 \
               sha512 signum sort strrev sum title tobool tolist tomap tonumber toset tostring \
               transpose trimspace upper urlencode values yamldecode yamlencode rsadecrypt \
               cidrnetmask max min provider::aws::arn_parse can try coalesce coalescelist concat \
               merge setunion timestamp plantimestamp uuid";
    let two = "chunklist(var.x, 1) cidrhost(var.x, 1) cidrsubnet(var.x, 1, 1) cidrsubnets(var.x, 1) \
               contains(var.x, 1) element(var.x, 0) endswith(var.x, 1) fileset(var.x, 1) \
               format(\"%d\", var.x) formatdate(var.x, 1) formatlist(\"%s\", var.x) indent(1, var.x) \
               index(var.x, 1) join(\",\", var.x) log(var.x, 1) lookup(var.x, 1, 2) \
               matchkeys(var.x, [], []) parseint(var.x, 10) pow(var.x, 1) regex(\"a\", var.x) \
               regex(var.x, \"a\") regexall(\"a\", var.x) replace(var.x, 1, 2) \
               replace(\"a\", \"/a/\", var.x) setintersection(var.x, [1]) setproduct(var.x, [1]) \
               setsubtract(var.x, [1]) slice(var.x, 0, 1) split(\",\", var.x) startswith(var.x, 1) \
               strcontains(var.x, 1) substr(var.x, 0, 1) templatestring(var.x, {}) \
               textdecodebase64(var.x, \"UTF-8\") textencodebase64(var.x, \"UTF-8\") \
               timeadd(var.x, 1) timecmp(var.x, 1) trim(var.x, 1) trimprefix(var.x, 1) \
               trimsuffix(var.x, 1) uuidv5(\"dns\", var.x) zipmap(var.x, [1])";
    let mut calls: Vec<String> = one.split_whitespace().map(|f| format!("{f}(var.x)")).collect();
    calls.extend(two.split(") ").map(|call| format!("{})", call.trim().trim_end_matches(')'))));
    for call in calls {
        let files =
            format!("## main.tf\nvariable \"x\" {{}}\nresource \"r\" \"x\" {{ v = {call} }}\n");
        let got = with_estates(&files, |_, estates| {
            let val = estates[0].resources[0].body.get("v").expect("something");
            let open = matches!(
                &val.kind,
                ValKind::List { items, more: Some(_) } if items.is_empty()
            ) || matches!(&val.kind, ValKind::Map { entries, more: Some(_) } if entries.is_empty());
            (open || val.why().is_some(), show(val))
        });
        assert!(got[0].0, "{call} is {}", got[0].1);
    }
}

#[test]
fn data_sources_that_follow_from_their_arguments_are_known() {
    check(
        r#"## main.tf
data "cloudinit_config" "c" {
  gzip = true
  part { content = "one" }
  part { content = "two" }
}
data "google_iam_policy" "p" {
  binding {
    role    = "roles/storage.objectViewer"
    members = ["allUsers"]
  }
}
data "local_file" "f" { filename = "${path.module}/hello.txt" }
resource "terraform_data" "t" { input = 1 }
resource "r" "x" {
  c = data.cloudinit_config.c.rendered
  p = jsondecode(data.google_iam_policy.p.policy_data).bindings[0].members[0]
  f = data.local_file.f.content
  t = terraform_data.t.output
}
## hello.txt
hello"#,
        r#"data.cloudinit_config.c {gzip=true, part=[{content="one"}, {content="two"}]}
    data.google_iam_policy.p {binding=[{members=["allUsers"], role="roles/storage.objectViewer"}]}
    data.local_file.f {filename="./hello.txt"}
    r.x {c="one\ntwo", f="hello\n", p="allUsers", t=1}
    terraform_data.t {input=1}"#,
    );
}

#[test]
fn what_a_fetched_module_says_stands_where_the_project_calls_it() {
    let files = r#"## main.tf
module "db" {
  source = "acme/db/aws"
  public = true
}
## .terraform/modules/modules.json
{"Modules":[{"Key":"db","Dir":".terraform/modules/db"}]}
## .terraform/modules/db/main.tf
variable "public" {}
resource "r" "x" {
  public = var.public
  size   = 1
}
"#;
    let places = with_estates(files, |sources, estates| {
        let resource = &estates[0].resources[0];
        let body = &resource.body;
        let at = |place: Place| format!("{}: {}", sources.path(place.file), sources.slice(place));
        let value = |key: &str| at(body.get(key).expect("a value").at);
        [at(resource.head), value("public"), value("size")]
    });
    let call = r#"main.tf: module "db""#;
    assert_eq!(places, [[call, "main.tf: true", call]]);
}
