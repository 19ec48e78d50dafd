use super::whole::check;
use super::{check as lowered, fragment};
use crate::model::fact::{Basis, Fact, Name, Origin};

const REDIS: &str = "#!/bin/sh\ndocker run -d --network=host redis:7 --protected-mode no\n";
const OPEN: &str = "internet, internet";
const NOBODY: &str = "none, none";

/// A machine whose user data starts a Redis that asks nothing.
#[track_caller]
fn judge(files: &str, expected: &str) {
    let files = files.replace("REDIS", &format!("{REDIS:?}"));
    check(&[("main.tf", &files)], &[&format!("container `redis` on machine `cache`: {expected}")]);
}

#[test]
fn a_machine_at_alibaba_is_as_open_as_its_bandwidth_and_its_groups() {
    let estate = |megabits: u8, rule: &str| {
        format!(
            "resource \"alicloud_instance\" \"cache\" {{
               security_groups            = [alicloud_security_group.g.id]
               internet_max_bandwidth_out = {megabits}
               user_data                  = REDIS
             }}
             resource \"alicloud_security_group\" \"g\" {{}}
             {rule}"
        )
    };
    let rule = |name: &str, ports: &str, more: &str| {
        format!(
            "resource \"alicloud_security_group_rule\" \"{name}\" {{
               type              = \"ingress\"
               security_group_id = alicloud_security_group.g.id
               ip_protocol       = \"tcp\"
               port_range        = \"{ports}\"
               cidr_ip           = \"0.0.0.0/0\"
               {more}
             }}"
        )
    };
    judge(&estate(10, ""), NOBODY);
    judge(&estate(10, &rule("a", "6379/6379", "")), OPEN);
    judge(&estate(0, &rule("a", "6379/6379", "")), "private-network, private-network");
    judge(&estate(10, &rule("a", "80/80", "")), NOBODY);
    let both = [rule("a", "1/65535", ""), rule("b", "6379/6379", "policy = \"drop\"")].concat();
    judge(&estate(10, &both), NOBODY);
}

#[test]
fn a_machine_at_yandex_is_open_with_nat_and_a_rule() {
    let estate = |nat: bool, rules: &str| {
        format!(
            "resource \"yandex_compute_instance\" \"cache\" {{
               network_interface {{
                 nat                = {nat}
                 security_group_ids = [yandex_vpc_security_group.g.id]
               }}
               metadata = {{ user-data = REDIS }}
             }}
             resource \"yandex_vpc_security_group\" \"g\" {{
               {rules}
             }}"
        )
    };
    let ingress = |ports: &str, from: &str| {
        format!("ingress {{\n protocol = \"TCP\"\n {ports}\n v4_cidr_blocks = [\"{from}\"]\n }}")
    };
    judge(&estate(true, &ingress("port = 6379", "0.0.0.0/0")), OPEN);
    judge(&estate(true, &ingress("from_port = 6000\n to_port = 7000", "0.0.0.0/0")), OPEN);
    judge(&estate(true, &ingress("port = 22", "0.0.0.0/0")), NOBODY);
    judge(&estate(true, &ingress("port = 6379", "10.0.0.0/8")), "private-network, private-network");
}

#[test]
fn lists_and_groups_of_oracle_are_united() {
    let estate = |list: &str, group: &str| {
        format!(
            "resource \"oci_core_instance\" \"cache\" {{
               create_vnic_details {{
                 subnet_id = oci_core_subnet.s.id
                 nsg_ids   = [oci_core_network_security_group.g.id]
               }}
               metadata = {{ user_data = base64encode(REDIS) }}
             }}
             resource \"oci_core_subnet\" \"s\" {{
               security_list_ids = [oci_core_security_list.l.id]
             }}
             resource \"oci_core_security_list\" \"l\" {{
               ingress_security_rules {{
                 protocol = \"6\"
                 source   = \"0.0.0.0/0\"
                 tcp_options {{
                   min = {list}
                   max = {list}
                 }}
               }}
             }}
             resource \"oci_core_network_security_group\" \"g\" {{}}
             resource \"oci_core_network_security_group_security_rule\" \"r\" {{
               network_security_group_id = oci_core_network_security_group.g.id
               direction                 = \"INGRESS\"
               protocol                  = \"6\"
               source                    = \"0.0.0.0/0\"
               tcp_options {{
                 destination_port_range {{
                   min = {group}
                   max = {group}
                 }}
               }}
             }}"
        )
    };
    judge(&estate("22", "443"), NOBODY);
    judge(&estate("6379", "443"), OPEN);
    judge(&estate("22", "6379"), OPEN);
}

#[test]
fn a_rule_of_any_cloud_says_whom_it_admits() {
    lowered(
        r#"
        resource "openstack_networking_secgroup_v2" "g" { name = "db" }
        resource "openstack_networking_secgroup_rule_v2" "r" {
          direction         = "ingress"
          protocol          = "tcp"
          port_range_min    = 5432
          port_range_max    = 5432
          security_group_id = openstack_networking_secgroup_v2.g.id
        }
        resource "openstack_networking_secgroup_rule_v2" "out" {
          direction         = "egress"
          security_group_id = openstack_networking_secgroup_v2.g.id
        }
        resource "tencentcloud_security_group_rule_set" "r" {
          security_group_id = "sg-1"
          ingress {
            action     = "DROP"
            cidr_block = "203.0.113.0/24"
            protocol   = "TCP"
            port       = "80,3306-3310"
          }
          ingress {
            action             = "ACCEPT"
            source_security_id = "sg-2"
          }
        }
        resource "nifcloud_db_security_group" "g" {
          group_name = "db"
          rule { cidr_ip = "0.0.0.0/0" }
        }
        "#,
        "
        security group `db`: admits 0.0.0.0/0 on all ports
        security group `db`:
        rule for openstack_networking_secgroup_v2.g: admits everybody on port 5432
        rule for ?: turns away 203.0.113.0/24 on ports 80, 3306-3310
        rule for ?: admits members of sg-2 on all ports
        ",
    );
}

#[test]
fn what_a_forwarding_rule_passes_on_the_networks_firewall_still_judges() {
    let estate = |scheme: &str, ports: &str, admitted: &str| {
        let machine = format!(
            "resource \"google_compute_instance\" \"cache\" {{
               name = \"cache\"
               network_interface {{
                 network = \"default\"
               }}
               metadata_startup_script = {REDIS:?}
             }}"
        );
        format!(
            "{machine}
             resource \"google_compute_firewall\" \"f\" {{
               network       = \"default\"
               source_ranges = [\"{admitted}\"]
               allow {{
                 protocol = \"tcp\"
                 ports    = [\"6379\"]
               }}
             }}
             resource \"google_compute_target_pool\" \"p\" {{
               instances = [google_compute_instance.cache.self_link]
             }}
             resource \"google_compute_forwarding_rule\" \"r\" {{
               target                = google_compute_target_pool.p.id
               load_balancing_scheme = \"{scheme}\"
               port_range            = \"{ports}\"
             }}"
        )
    };
    let says = |files: String, expected: &str| {
        let title = "container `redis` on Compute Engine instance `cache`";
        check(&[("main.tf", &files)], &[&format!("{title}: {expected}")]);
    };
    says(estate("EXTERNAL", "6379", "0.0.0.0/0"), OPEN);
    says(estate("EXTERNAL", "6000-7000", "0.0.0.0/0"), OPEN);
    let inside = "private-network, private-network";
    says(estate("EXTERNAL", "80", "0.0.0.0/0"), inside);
    says(estate("INTERNAL", "6379", "0.0.0.0/0"), inside);
    says(estate("EXTERNAL", "6379", "10.0.0.0/8"), inside);
}

/// Who gets into the stores of some files without proof.
#[track_caller]
fn stores(files: &str, expected: &[&str]) {
    check(&[("main.tf", files)], expected);
}

#[test]
fn a_grant_to_everybody_opens_a_store_of_other_files() {
    let open = "resource \"google_spanner_database_iam_member\" \"m\" {
        instance = \"main\"
        database = \"orders\"
        role     = \"roles/spanner.databaseReader\"
        member   = \"allAuthenticatedUsers\"
    }";
    stores(open, &["the database of `orders`: internet, internet"]);
    stores(&open.replace("allAuthenticatedUsers", "group:dba@example.com"), &[]);
    let policy = "resource \"aws_sqs_queue_policy\" \"p\" {
        queue_url = \"jobs\"
        policy    = jsonencode({
          Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"sqs:*\" }]
        })
    }";
    stores(policy, &["the queue of `jobs`: internet, internet"]);
    // The queue's own card speaks where the queue is here.
    let queue = "resource \"aws_sqs_queue\" \"q\" { name = \"jobs\" }";
    let joined = policy.replace("\"jobs\"", "aws_sqs_queue.q.id");
    stores(&format!("{queue}\n{joined}"), &["SQS queue `jobs`: internet, internet"]);
}

#[test]
fn access_lists_and_policies_of_buckets_open_those_of_other_files() {
    let list = "resource \"alicloud_oss_bucket_acl\" \"a\" {
        bucket = \"exports\"
        acl    = \"public-read\"
    }";
    stores(list, &["the bucket of `exports`: internet, internet"]);
    stores(&list.replace("public-read", "private"), &[]);
    let domain = "resource \"aws_opensearch_domain_policy\" \"p\" {
        domain_name     = \"search\"
        access_policies = jsonencode({
          Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"es:*\" }]
        })
    }";
    stores(domain, &["the domain of `search`: internet, internet"]);
}

#[test]
fn an_organization_policy_keeps_the_public_out_of_its_projects_buckets() {
    let estate = |policy: &str| {
        format!(
            "resource \"google_storage_bucket\" \"b\" {{
               name    = \"b\"
               project = \"shop\"
             }}
             resource \"google_storage_bucket_iam_member\" \"m\" {{
               bucket = google_storage_bucket.b.name
               role   = \"roles/storage.admin\"
               member = \"allUsers\"
             }}
             {policy}"
        )
    };
    let newer = |project: &str, word: &str| {
        format!(
            "resource \"google_org_policy_policy\" \"p\" {{
               name   = \"projects/{project}/policies/storage.publicAccessPrevention\"
               parent = \"projects/{project}\"
               spec {{
                 rules {{
                   enforce = \"{word}\"
                 }}
               }}
             }}"
        )
    };
    let says = |policy: &str, expected: &str| {
        stores(&estate(policy), &[&format!("Cloud Storage bucket `b`: {expected}")]);
    };
    says("", OPEN);
    says(&newer("shop", "TRUE"), NOBODY);
    says(&newer("shop", "FALSE"), OPEN);
    says(&newer("other", "TRUE"), OPEN);
    let older = "resource \"google_project_organization_policy\" \"p\" {
        project    = \"shop\"
        constraint = \"constraints/storage.publicAccessPrevention\"
        boolean_policy {
          enforced = true
        }
    }";
    says(older, NOBODY);
    says(&older.replace("publicAccessPrevention", "uniformBucketLevelAccess"), OPEN);
    let folder = older.replace("google_project", "google_folder").replace("project ", "folder ");
    // Nobody knows what is in the folder: no guess.
    says(&folder, NOBODY);
}

#[test]
fn a_service_of_cloud_run_is_open_to_those_whom_a_grant_names() {
    let estate = |member: &str, ingress: &str| {
        format!(
            "resource \"google_cloud_run_service\" \"q\" {{
               name = \"vectors\"
               metadata {{
                 annotations = {{ \"run.googleapis.com/ingress\" = \"{ingress}\" }}
               }}
               template {{
                 spec {{
                   containers {{
                     image = \"qdrant/qdrant:v1.9\"
                     ports {{
                       container_port = 6333
                     }}
                   }}
                 }}
               }}
             }}
             resource \"google_cloud_run_service_iam_member\" \"q\" {{
               service = google_cloud_run_service.q.name
               role    = \"roles/run.invoker\"
               member  = \"{member}\"
             }}"
        )
    };
    let says = |member: &str, ingress: &str, expected: &str| {
        let title = "container `q` of Cloud Run service `vectors`";
        stores(&estate(member, ingress), &[&format!("{title}: {expected}")]);
    };
    says("allUsers", "all", OPEN);
    says("allUsers", "internal", NOBODY);
    says("serviceAccount:a@b.c", "all", NOBODY);
}

#[test]
fn other_clouds_run_containers_too() {
    let app = |external: bool, home: &str| {
        format!(
            "resource \"azurerm_container_app\" \"c\" {{
               name                         = \"cache\"
               container_app_environment_id = azurerm_container_app_environment.e.id
               ingress {{
                 external_enabled = {external}
                 target_port      = 6379
                 exposed_port     = 6379
                 transport        = \"tcp\"
               }}
               template {{
                 container {{
                   name  = \"redis\"
                   image = \"redis:7\"
                   args  = [\"--protected-mode\", \"no\"]
                 }}
               }}
             }}
             resource \"azurerm_container_app_environment\" \"e\" {{
               {home}
             }}"
        )
    };
    let says = |files: &str, expected: &str| {
        stores(files, &[&format!("container `redis` of container app `cache`: {expected}")]);
    };
    says(&app(true, ""), OPEN);
    says(&app(false, ""), NOBODY);
    says(&app(true, "internal_load_balancer_enabled = true"), NOBODY);
    let version = "resource \"aws_lightsail_container_service_deployment_version\" \"v\" {
        service_name = \"vectors\"
        container {
          container_name = \"qdrant\"
          image          = \"qdrant/qdrant:v1.9\"
        }
        public_endpoint {
          container_name = \"qdrant\"
          container_port = 6333
        }
    }";
    let title = "container `qdrant` of Lightsail container service `vectors`";
    stores(version, &[&format!("{title}: {OPEN}")]);
    let runner = "resource \"aws_apprunner_service\" \"r\" {
        service_name = \"vectors\"
        source_configuration {
          image_repository {
            image_identifier      = \"qdrant/qdrant:v1.9\"
            image_repository_type = \"ECR_PUBLIC\"
            image_configuration {
              port = \"6333\"
            }
          }
        }
        network_configuration {
          ingress_configuration {
            is_publicly_accessible = true
          }
        }
    }";
    let title = "container `r` of App Runner service `vectors`";
    stores(runner, &[&format!("{title}: {OPEN}")]);
    stores(
        &runner.replace("accessible = true", "accessible = false"),
        &[&format!("{title}: {NOBODY}")],
    );
}

#[test]
fn a_collection_is_public_by_the_policy_whose_pattern_it_meets() {
    let estate = |pattern: &str, public: bool| {
        format!(
            "resource \"aws_opensearchserverless_collection\" \"c\" {{
               name = \"logs-eu\"
             }}
             resource \"aws_opensearchserverless_security_policy\" \"n\" {{
               type   = \"network\"
               policy = jsonencode([{{
                 Rules           = [{{ ResourceType = \"collection\", Resource = [\"{pattern}\"] }}]
                 AllowFromPublic = {public}
               }}])
             }}"
        )
    };
    let says = |files: &str, reach: &str| {
        stores(files, &[&format!("OpenSearch collection `logs-eu`: {reach}, none")]);
    };
    says(&estate("collection/logs-*", true), "internet");
    says(&estate("collection/logs-eu", true), "internet");
    says(&estate("collection/logs-*", false), "none");
    says(&estate("collection/metrics", true), "none");
}

#[test]
fn a_switch_of_a_log_counts_only_where_it_is_off() {
    let off = |source: &str| {
        let logs = fragment(source, None).logs;
        logs.iter().filter(|log| log.log.enabled.known() == Some(&false)).count()
    };
    let audit = |word: &str| {
        let kind = "azurerm_mssql_server_extended_auditing_policy";
        off(&format!("resource \"{kind}\" \"a\" {{\n enabled = {word}\n }}"))
    };
    assert_eq!((audit("false"), audit("true")), (1, 0));
    assert_eq!(
        off(
            "resource \"alicloud_actiontrail_trail\" \"t\" {\n status = \"Disable\"\n event_rw = \"All\"\n }"
        ),
        1
    );
    let level = |word: &str| {
        off(&format!(
            "resource \"google_sql_database_instance\" \"d\" {{
               settings {{
                 database_flags {{
                   name  = \"log_min_messages\"
                   value = \"{word}\"
                 }}
               }}
             }}"
        ))
    };
    assert_eq!((level("fatal"), level("warning")), (1, 0));
}

#[test]
fn the_audit_log_of_a_project_passes_over_people_only_where_it_names_them() {
    let logs = |member: &str| {
        let source = format!(
            "resource \"google_project_iam_audit_config\" \"a\" {{
               service = \"allServices\"
               audit_log_config {{
                 log_type         = \"DATA_READ\"
                 exempted_members = [\"{member}\"]
               }}
             }}"
        );
        fragment(&source, None).logs.len()
    };
    assert_eq!(logs("user:ada@example.com"), 1);
    assert_eq!(logs("serviceAccount:robot@example.com"), 0);
}

#[test]
fn a_public_secret_under_the_services_own_key_is_no_certain_leak() {
    let estate = |key: &str| {
        format!(
            "resource \"aws_secretsmanager_secret\" \"s\" {{ {key} }}
             resource \"aws_secretsmanager_secret_policy\" \"p\" {{
               secret_arn = aws_secretsmanager_secret.s.arn
               policy     = jsonencode({{
                 Statement = [{{ Effect = \"Allow\", Principal = \"*\", Action = \"*\" }}]
               }})
             }}"
        )
    };
    let proof = |source: &str| {
        let fragment = fragment(source, None);
        fragment.stores.first().map(|store| store.logins[0].proof.clone())
    };
    let guessed =
        |fact: &Fact<Name>| matches!(fact, Fact::Known(_, Origin { basis: Basis::Guessed(_), .. }));
    let (own, other) = (proof(&estate("")), proof(&estate("kms_key_id = \"alias/shop\"")));
    for (told, guess) in [(own, true), (other, false)] {
        let told = told.expect("a store");
        assert_eq!(told.known().map(|n| &**n), Some("none"));
        assert_eq!(guessed(&told), guess, "{told:?}");
    }
}
