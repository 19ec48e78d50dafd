//! Parts of the language one by one: each must neither change a value nor be taken for one.

use std::fmt::Write;

use super::{check, with_estates};

#[test]
fn the_order_of_files_and_calls_decides_nothing() {
    let parts = [
        "module \"b\" {\n  source = \"./m\"\n  given = module.a.out\n}\n",
        "module \"a\" {\n  source = \"./m\"\n  given = local.first\n}\n",
        "locals {\n  first = local.second\n  second = \"x\"\n}\n",
        "resource \"r\" \"x\" {\n  v = module.b.out\n}\n",
    ];
    let module =
        "## m/main.tf\noutput \"out\" { value = \"${var.given}!\" }\nvariable \"given\" {}\n";
    for turn in 0..parts.len() {
        let order = (0..parts.len()).map(|i| parts[(i + turn) % parts.len()]);
        let one = format!("{module}## main.tf\n{}", order.clone().collect::<String>());
        check(&one, r#"r.x {v="x!!"}"#);
        let files = order.enumerate().map(|(i, part)| format!("## {i}.tf\n{part}"));
        check(&format!("{}{module}", files.collect::<String>()), r#"r.x {v="x!!"}"#);
    }
}

#[test]
fn what_only_moves_imports_or_checks_changes_no_value() {
    check(
        r#"## main.tf
moved {
  from = r.old
  to   = r.x
}
import {
  to = r.x
  id = "r-1"
}
removed {
  from = r.gone
  lifecycle { destroy = false }
}
check "health" {
  data "http" "x" { url = "https://example.org" }
  assert {
    condition     = data.http.x.status_code == 200
    error_message = "down"
  }
}
resource "r" "x" {
  port = 1
  lifecycle {
    ignore_changes       = [port]
    create_before_destroy = true
    precondition {
      condition     = self.port == 2
      error_message = "never"
    }
  }
  provisioner "local-exec" { command = "true" }
}
"#,
        "r.x {port=1}",
    );
}

#[test]
fn a_refused_value_is_still_the_value() {
    check(
        r#"## main.tf
variable "port" {
  type    = number
  default = "5432"
  validation {
    condition     = var.port == 1
    error_message = "never"
  }
}
resource "r" "x" { port = var.port }
"#,
        "r.x {port=5432}",
    );
}

#[test]
fn optional_attributes_get_their_defaults_at_every_depth() {
    check(
        r#"## main.tf
variable "db" {
  type = map(object({
    port = optional(number, 5432)
    tls  = optional(object({ on = optional(bool, true), cert = optional(string) }), {})
  }))
}
resource "r" "x" {
  for_each = var.db
  port = each.value.port
  tls  = each.value.tls
}
## terraform.tfvars.json
{"db": {"a": {}, "b": {"port": null, "tls": {"on": "false"}}}}
"#,
        r#"r.x["a"] {port=5432, tls={cert=null, on=true}}
    r.x["b"] {port=5432, tls={cert=null, on=false}}"#,
    );
}

#[test]
fn a_workspace_is_unknown_and_so_is_what_depends_on_it() {
    check(
        r#"## main.tf
locals {
  size = { default = 1, prod = 3 }
}
resource "r" "x" {
  name  = "db-${terraform.workspace}"
  count = terraform.workspace == "prod" ? 1 : 0
}
resource "r" "y" { same = terraform.workspace == "prod" ? "10.0.0.0/8" : "10.0.0.0/8" }
"#,
        r#"r.x maybe {name=<"db-", ?DataSource("terraform.workspace")>}
    r.y {same="10.0.0.0/8"}"#,
    );
}

#[test]
fn values_are_read_in_both_syntaxes_and_in_order() {
    check(
        r#"## main.tf
variable "a" {}
variable "b" {}
variable "c" { default = "never" }
resource "r" "x" {
  a = var.a
  b = var.b
  c = var.c
}
## terraform.tfvars
a = "tfvars"
b = "tfvars"
## terraform.tfvars.json
{"b": "tfvars json", "c": "tfvars json"}
## z.auto.tfvars.json
{"c": "auto json"}
## a.auto.tfvars
c = "auto"
"#,
        r#"r.x {a="tfvars", b="tfvars json", c="auto json"}"#,
    );
}

#[test]
fn a_module_stands_under_the_provider_that_its_call_hands_it() {
    let files = r#"## main.tf
provider "aws" { region = "eu-west-1" }
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
module "plain" { source = "./m" }
module "west" {
  source    = "./m"
  providers = { aws = aws.west, aws.logs = aws }
}
resource "aws_x" "own" { provider = aws.west }
## m/main.tf
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", configuration_aliases = [aws.logs] }
  }
}
resource "aws_x" "here" {}
resource "aws_x" "logs" { provider = aws.logs }
"#;
    let told = with_estates(files, |_, estates| {
        let of = |r: &super::super::Resource| {
            format!("{} {}\n", r.spelled, r.provider.as_deref().unwrap_or("?"))
        };
        estates.iter().flat_map(|e| &e.resources).map(of).collect::<String>()
    });
    assert_eq!(
        told.concat(),
        "aws_x.own aws.west\nmodule.plain.aws_x.here aws\nmodule.plain.aws_x.logs aws.logs\n\
         module.west.aws_x.here aws.west\nmodule.west.aws_x.logs aws\n"
    );
}

#[test]
fn files_of_values_beyond_the_bound_are_told() {
    let mut files =
        "## main.tf\nvariable \"a\" {}\nresource \"r\" \"x\" { a = var.a }\n".to_owned();
    for number in 0..15 {
        writeln!(files, "## env/{number}.tfvars\na = {number}").unwrap();
    }
    let told = with_estates(&files, |_, estates| {
        estates
            .iter()
            .flat_map(|e| &e.not_read)
            .map(|(_, what)| what.to_string())
            .collect::<Vec<_>>()
    });
    assert_eq!(told, [vec!["3 more files of values for one root; `--var-file` names one"]]);
}
