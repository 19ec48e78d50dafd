//! Configurations judged from end to end: what only shows once all front ends had their part.

use crate::engine::RuleSet;
use crate::model::fact::Fact;
use crate::session::check_texts;

/// Compares the stores of files: title, who connects, who gets in unasked, guesses taken.
#[track_caller]
pub(super) fn check(files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<_> = files.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    let none: [(&str, &str); 0] = [];
    let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
    let circle = |fact: &Fact<std::sync::Arc<crate::model::reach::Reach>>| {
        fact.known().map_or("?".to_owned(), |reach| reach.likely.to_string())
    };
    let told = run.model.datastores.iter().map(|store| {
        let (reach, open_to) = (circle(&store.reach), circle(&store.open_to));
        format!("{}: {reach}, {open_to}", store.identity.title)
    });
    let mut got: Vec<_> = told.collect();
    got.sort();
    assert_eq!(got, expected);
}

/// The widest circle that perhaps connects to each store of a file.
fn may_reach(text: &str) -> Vec<String> {
    let none: [(&str, &str); 0] = [];
    let files = [("main.tf".to_owned(), text.to_owned())];
    let run = check_texts(&files, &RuleSet::load(none.into_iter()).unwrap());
    let reaches = run.model.datastores.iter().filter_map(|store| store.reach.known());
    reaches.map(|reach| reach.may.to_string()).collect()
}

#[test]
fn typed_resources_of_kubernetes_are_manifests_in_snake_case() {
    check(
        &[(
            "main.tf",
            r#"
resource "kubernetes_deployment_v1" "cache" {
  metadata { name = "cache" }
  spec {
    selector { match_labels = { app_name = "cache" } }
    template {
      metadata { labels = { app_name = "cache" } }
      spec {
        container {
          name  = "redis"
          image = "redis:7"
          port { container_port = 6379 }
        }
      }
    }
  }
}
resource "kubernetes_service" "cache" {
  metadata { name = "cache" }
  spec {
    type     = "LoadBalancer"
    selector = { app_name = "cache" }
    port {
      port        = 6379
      target_port = 6379
    }
  }
}
"#,
        )],
        &["container `redis` of Deployment `cache`: internet, internet"],
    );
}

#[test]
fn manifests_are_objects_or_texts_of_several_documents() {
    check(
        &[(
            "main.tf",
            r#"
resource "kubernetes_manifest" "service" {
  manifest = {
    apiVersion = "v1"
    kind       = "Service"
    metadata   = { name = "cache" }
    spec       = { type = "LoadBalancer", selector = { app = "cache" }, ports = [{ port = 11211 }] }
  }
}
resource "kubectl_manifest" "pods" {
  yaml_body = <<-EOT
    apiVersion: v1
    kind: Pod
    metadata: {name: cache, labels: {app: cache}}
    spec: {containers: [{name: memcached, image: "memcached:1.6"}]}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: inner, labels: {app: inner}}
    spec: {containers: [{name: redis, image: "redis:7"}]}
  EOT
}
"#,
        )],
        &[
            "container `memcached` of Pod `cache`: internet, internet",
            "container `redis` of Pod `inner`: cluster, cluster",
        ],
    );
}

#[test]
fn a_custom_resource_is_what_its_operator_makes_of_it() {
    check(
        &[(
            "main.tf",
            r#"
resource "kubernetes_manifest" "events" {
  manifest = {
    apiVersion = "clickhouse.altinity.com/v1"
    kind       = "ClickHouseInstallation"
    metadata   = { name = "events", namespace = "ch" }
    spec = {
      configuration = {
        clusters = [{ name = "c", layout = { shardsCount = 1 } }]
        users    = { "default/networks/ip" = ["::/0"], "default/password" = "" }
      }
      defaults  = { templates = { serviceTemplate = "open" } }
      templates = { serviceTemplates = [{ name = "open", spec = { type = "LoadBalancer", ports = [{ name = "http", port = 8123 }] } }] }
    }
  }
}
"#,
        )],
        &["ClickHouseInstallation `events`: internet, internet"],
    );
}

#[test]
fn a_block_over_nothing_is_no_block() {
    check(
        &[(
            "main.tf",
            r#"
resource "aws_opensearch_domain" "search" {
  domain_name     = "search"
  access_policies = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "es:*" }] })
  dynamic "vpc_options" {
    for_each = []
    content { subnet_ids = vpc_options.value }
  }
}
"#,
        )],
        &["OpenSearch domain `search`: internet, internet"],
    );
}

#[test]
fn a_policy_of_everybody_opens_a_bucket() {
    check(
        &[(
            "main.tf",
            r#"
data "google_iam_policy" "open" {
  binding {
    role    = "roles/storage.objectViewer"
    members = ["allUsers"]
  }
}
resource "google_storage_bucket" "open" { name = "open" }
resource "google_storage_bucket_iam_policy" "open" {
  bucket      = google_storage_bucket.open.name
  policy_data = data.google_iam_policy.open.policy_data
}
resource "google_storage_bucket" "text" { name = "text" }
resource "google_storage_bucket_iam_policy" "text" {
  bucket      = google_storage_bucket.text.name
  policy_data = jsonencode({ bindings = [{ role = "roles/storage.objectViewer", members = ["allUsers"] }] })
}
resource "google_storage_bucket" "shut" { name = "shut" }
resource "google_storage_bucket_iam_policy" "shut" {
  bucket      = google_storage_bucket.shut.name
  policy_data = jsonencode({ bindings = [{ role = "roles/storage.objectViewer", members = ["user:a@acme.test"] }] })
}
"#,
        )],
        &[
            "Cloud Storage bucket `open`: internet, internet",
            "Cloud Storage bucket `shut`: none, none",
            "Cloud Storage bucket `text`: internet, internet",
        ],
    );
}

#[test]
fn of_two_declarations_each_file_means_its_own() {
    check(
        &[
            (
                "a.tf",
                r#"
resource "aws_s3_bucket" "b" { bucket = "first" }
resource "aws_s3_bucket_acl" "b" {
  bucket = aws_s3_bucket.b.id
  acl    = "private"
}
"#,
            ),
            (
                "b.tf",
                r#"
resource "aws_s3_bucket" "b" { bucket = "second" }
resource "aws_s3_bucket_acl" "b" {
  bucket = aws_s3_bucket.b.id
  acl    = "public-read"
}
"#,
            ),
        ],
        &["S3 bucket `first`: none, none", "S3 bucket `second`: internet, internet"],
    );
}

#[test]
fn a_container_group_has_a_public_address_unless_told_otherwise() {
    let group = |more: &str| {
        format!(
            r#"
resource "azurerm_container_group" "search" {{
  name = "search"
  {more}
  container {{
    name  = "qdrant"
    image = "qdrant/qdrant:v1.12.0"
    ports {{
      port     = 6333
      protocol = "TCP"
    }}
  }}
}}
"#
        )
    };
    let title = "container `qdrant` of container group `search`";
    check(&[("main.tf", &group(""))], &[&format!("{title}: internet, internet")]);
    let private = group(r#"ip_address_type = "Private""#);
    check(&[("main.tf", &private)], &[&format!("{title}: private-network, private-network")]);
}

#[test]
fn a_topic_that_its_own_account_alone_may_use_is_not_open() {
    let topic = |condition: &str| {
        format!(
            r#"
resource "aws_sns_topic" "orders" {{ name = "orders" }}
resource "aws_sns_topic_policy" "orders" {{
  arn    = aws_sns_topic.orders.arn
  policy = data.aws_iam_policy_document.orders.json
}}
data "aws_iam_policy_document" "orders" {{
  statement {{
    actions = ["SNS:Subscribe"]
    principals {{
      type        = "AWS"
      identifiers = ["*"]
    }}
    {condition}
  }}
}}
"#
        )
    };
    check(&[("main.tf", &topic(""))], &["SNS topic `orders`: internet, internet"]);
    let owner = r#"condition {
      test     = "StringEquals"
      variable = "AWS:SourceOwner"
      values   = ["123456789012"]
    }"#;
    check(&[("main.tf", &topic(owner))], &["SNS topic `orders`: none, none"]);
}

#[test]
fn an_accounts_own_guard_is_for_the_buckets_of_that_account() {
    let bucket = |provider: &str| {
        format!(
            r#"
provider "aws" {{ region = "eu-west-1" }}
provider "aws" {{
  alias  = "virginia"
  region = "us-east-1"
}}
provider "aws" {{
  alias = "other"
  assume_role {{ role_arn = "arn:aws:iam::210987654321:role/deploy" }}
}}
resource "aws_s3_account_public_access_block" "all" {{
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}
resource "aws_s3_bucket" "site" {{
  provider = {provider}
  bucket   = "site"
}}
resource "aws_s3_bucket_acl" "site" {{
  provider = {provider}
  bucket   = aws_s3_bucket.site.id
  acl      = "public-read"
}}
"#
        )
    };
    check(&[("main.tf", &bucket("aws"))], &["S3 bucket `site`: none, none"]);
    check(&[("main.tf", &bucket("aws.virginia"))], &["S3 bucket `site`: none, none"]);
    check(&[("main.tf", &bucket("aws.other"))], &["S3 bucket `site`: none, none"]);
    assert_eq!(may_reach(&bucket("aws.virginia")), ["none"]);
    assert_eq!(may_reach(&bucket("aws.other")), ["internet"]);
}

#[test]
fn a_region_that_blocks_the_public_shuts_what_stands_in_its_networks() {
    let estate = |provider: &str, mode: &str, more: &str| {
        format!(
            r#"
provider "aws" {{ region = "eu-west-1" }}
provider "aws" {{
  alias  = "west"
  region = "us-west-2"
}}
resource "aws_vpc_block_public_access_options" "all" {{
  internet_gateway_block_mode = "{mode}"
}}
resource "aws_db_instance" "shop" {{
  provider               = {provider}
  engine                 = "postgres"
  publicly_accessible    = true
  vpc_security_group_ids = [aws_security_group.shop.id]
}}
resource "aws_security_group" "shop" {{
  provider = {provider}
  ingress {{
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}
{more}
"#
        )
    };
    let shut = estate("aws", "block-ingress", "");
    check(&[("main.tf", &shut)], &["RDS instance `shop`: private-network, none"]);
    let off = estate("aws", "off", "");
    check(&[("main.tf", &off)], &["RDS instance `shop`: internet, none"]);
    let elsewhere = estate("aws.west", "block-ingress", "");
    check(&[("main.tf", &elsewhere)], &["RDS instance `shop`: internet, none"]);
    let exclusion = "resource \"aws_vpc_block_public_access_exclusion\" \"x\" {\n  vpc_id = \"vpc-1\"\n  internet_gateway_exclusion_mode = \"allow-bidirectional\"\n}\n";
    let excluded = estate("aws", "block-ingress", exclusion);
    assert_eq!(may_reach(&excluded), ["internet"]);
    assert_eq!(may_reach(&shut), ["private-network"]);
}

const REDIS: &str = "#!/bin/sh\ndocker run -d --network=host redis:7 --protected-mode no\n";

#[test]
fn a_server_of_hetzner_is_as_open_as_its_firewalls() {
    let estate = |server: &str, more: &str| {
        format!(
            r#"
resource "hcloud_server" "cache" {{
  name        = "cache"
  image       = "debian-12"
  server_type = "cx22"
  user_data   = {REDIS:?}
  {server}
}}
resource "hcloud_firewall" "cache" {{
  rule {{
    direction  = "in"
    protocol   = "tcp"
    port       = "6379"
    source_ips = ["10.0.0.0/8"]
  }}
}}
resource "hcloud_firewall" "open" {{
  rule {{
    direction  = "in"
    protocol   = "tcp"
    port       = "any"
    source_ips = ["0.0.0.0/0", "::/0"]
  }}
  rule {{
    direction       = "out"
    protocol        = "tcp"
    port            = "6379"
    destination_ips = ["0.0.0.0/0"]
  }}
}}
{more}
"#
        )
    };
    let check = |server: &str, more: &str, expected: &str| {
        let told = format!("container `redis` on server `cache`: {expected}");
        check(&[("main.tf", &estate(server, more))], &[&told]);
    };
    check("", "", "internet, internet");
    check(
        "public_net {\n ipv4_enabled = false\n ipv6_enabled = false\n}",
        "",
        "private-network, private-network",
    );
    check("firewall_ids = [hcloud_firewall.cache.id]", "", "private-network, private-network");
    check("firewall_ids = [hcloud_firewall.open.id]", "", "internet, internet");
    let attachment = |wall: &str| {
        format!(
            "resource \"hcloud_firewall_attachment\" \"x\" {{\n  firewall_id = hcloud_firewall.{wall}.id\n  server_ids = [hcloud_server.cache.id]\n}}"
        )
    };
    check("", &attachment("cache"), "private-network, private-network");
    check("", &attachment("open"), "internet, internet");
}

#[test]
fn a_droplet_meets_its_firewall_by_id_or_by_tag() {
    let estate = |wall: &str| {
        format!(
            r#"
resource "digitalocean_tag" "db" {{ name = "db" }}
resource "digitalocean_droplet" "cache" {{
  name      = "cache"
  tags      = [digitalocean_tag.db.id, "eu"]
  user_data = {REDIS:?}
}}
resource "digitalocean_firewall" "w" {{
  name = "w"
  {wall}
  inbound_rule {{
    protocol         = "tcp"
    port_range       = "1-65535"
    source_addresses = ["8.8.8.8/32"]
  }}
}}
"#
        )
    };
    let check = |wall: &str, expected: &str| {
        let told = format!("container `redis` on droplet `cache`: {expected}");
        check(&[("main.tf", &estate(wall))], &[&told]);
    };
    check("tags = [digitalocean_tag.db.id]", "internet-restricted, internet-restricted");
    check("tags = [\"eu\"]", "internet-restricted, internet-restricted");
    check("tags = [\"us\"]", "internet, internet");
    check(
        "droplet_ids = [digitalocean_droplet.cache.id]",
        "internet-restricted, internet-restricted",
    );
}
