use super::{check, check_with, fragment};

#[test]
fn a_group_says_whom_it_admits_in_the_users_words() {
    check(
        r#"
        resource "aws_security_group" "a" {
          name = "web"
          ingress = [{ protocol = "tcp", from_port = 8000, to_port = 8999, cidr_blocks = ["0.0.0.0/0"], self = false }]
        }
        resource "aws_security_group" "b" {
          ingress {
            protocol        = "-1"
            from_port       = 0
            to_port         = 0
            self            = true
            security_groups = [aws_security_group.a.id]
          }
          ingress {
            protocol    = "tcp"
            from_port   = 0
            to_port     = 0
            cidr_blocks = ["10.0.0.0/8", var.office]
          }
        }
        resource "aws_security_group_rule" "out" {
          type              = "egress"
          security_group_id = aws_security_group.b.id
        }
        resource "aws_vpc_security_group_ingress_rule" "in" {
          security_group_id = aws_security_group.b.id
          ip_protocol       = "-1"
          cidr_ipv4         = "0.0.0.0/0"
        }
        "#,
        "
        security group `web`: admits 0.0.0.0/0 on ports 8000-8999
        security group `b`: admits `aws_security_group.a.id` and its own members on all ports; admits 10.0.0.0/8 and `var.office` on port 0
        rule for aws_security_group.b: admits 0.0.0.0/0 on all ports
        ",
    );
}

#[test]
fn an_instance_is_public_by_its_own_word_its_subnet_or_an_elastic_address() {
    check(
        r#"
        resource "aws_vpc" "v" {}
        resource "aws_subnet" "s" {
          vpc_id                  = aws_vpc.v.id
          map_public_ip_on_launch = true
        }
        resource "aws_internet_gateway" "g" {}
        resource "aws_route_table" "t" {
          vpc_id = aws_vpc.v.id
          route {
            cidr_block = "0.0.0.0/0"
            gateway_id = aws_internet_gateway.g.id
          }
        }
        resource "aws_subnet" "inner" {
          vpc_id = aws_vpc.v.id
        }
        resource "aws_route_table_association" "a" {
          subnet_id      = aws_subnet.s.id
          route_table_id = aws_route_table.t.id
        }
        resource "aws_security_group" "g" {}
        resource "aws_instance" "by_subnet" {
          subnet_id              = aws_subnet.s.id
          vpc_security_group_ids = [aws_security_group.g.id]
        }
        resource "aws_instance" "no_route" {
          subnet_id                   = aws_subnet.inner.id
          associate_public_ip_address = true
          vpc_security_group_ids      = [aws_security_group.g.id]
        }
        resource "aws_instance" "lent" {
          subnet_id              = var.subnet
          vpc_security_group_ids = [aws_security_group.g.id]
        }
        resource "aws_eip" "e" {
          instance = aws_instance.lent.id
        }
        resource "aws_instance" "default_vpc" {}
        "#,
        "
        Internet -> aws_instance.by_subnet open=true
        Internet -> aws_instance.no_route open=false
        Internet -> aws_instance.lent open=true
        Internet -> aws_instance.default_vpc open=~true
        security group `g`:
        the VPC's default security group: admits its own members
        aws_security_group.g before aws_instance.by_subnet
        aws_security_group.g before aws_instance.no_route
        aws_security_group.g before aws_instance.lent
        aws_instance.default_vpc/default-security-group before aws_instance.default_vpc
        ",
    );
}

#[test]
fn a_script_starts_containers_behind_their_published_ports() {
    check(
        r#"
        resource "aws_instance" "m" {
          associate_public_ip_address = true
          vpc_security_group_ids      = ["sg-1"]
          user_data = <<-EOT
            #!/bin/bash
            apt-get install -y docker.io && docker run -d --name db \
              -p 27017:27017 -p 127.0.0.1:9000:9000 -e A=1 -v /data:/data/db mongo:6.0 --noauth
            docker run --network=host --restart always redis:7
          EOT
        }
        "#,
        "
        Internet -> aws_instance.m open=true
        aws_instance.m -> aws_instance.m/container/db 27017>same open=true
        Local -> aws_instance.m/container/db 9000>same open=true
        ? before aws_instance.m
        container `db` on EC2 instance `m`: image=mongo:6.0 env=1 mounts=1
        container `redis` on EC2 instance `m`: image=redis:7 env=0 mounts=0
        ",
    );
}

#[test]
fn a_cloud_config_starts_containers_too() {
    check(
        r#"
        resource "google_compute_instance" "m" {
          network_interface {
            network = "default"
            access_config {}
          }
          metadata = {
            user-data = <<-EOT
              #cloud-config
              runcmd:
                - docker run -d -p 6379:6379 redis:7
                - [docker, run, -d, -p, "9200:9200", elasticsearch:8.1.0]
            EOT
          }
        }
        resource "google_compute_firewall" "f" {
          network       = "default"
          source_ranges = ["0.0.0.0/0"]
          allow {
            protocol = "tcp"
            ports    = ["6379", "8000-9000"]
          }
        }
        resource "google_compute_firewall" "elsewhere" {
          network     = "default"
          target_tags = ["db"]
          allow {
            protocol = "all"
          }
        }
        "#,
        "
        Internet -> google_compute_instance.m open=true
        google_compute_instance.m -> google_compute_instance.m/container/redis 6379>same open=true
        google_compute_instance.m -> google_compute_instance.m/container/elasticsearch 9200>same open=true
        firewall rules of Compute Engine instance `m`: admits 0.0.0.0/0 on ports 6379, 8000-9000; admits 10.128.0.0/9 on all ports
        firewall rule `elsewhere`: admits everybody on all ports
        google_compute_instance.m/firewall before google_compute_instance.m
        container `redis` on Compute Engine instance `m`: image=redis:7 env=0 mounts=0
        container `elasticsearch` on Compute Engine instance `m`: image=elasticsearch:8.1.0 env=0 mounts=0
        ",
    );
}

#[test]
fn a_balancer_passes_on_what_it_listens_for() {
    check(
        r#"
        resource "aws_lb" "n" {
          load_balancer_type = "network"
        }
        resource "aws_lb" "a" {
          internal        = true
          security_groups = ["sg-1"]
        }
        resource "aws_lb_target_group" "t" {
          name = "db"
          port = 8123
        }
        resource "aws_lb_target_group" "ip" {
          port        = 9000
          target_type = "ip"
        }
        resource "aws_lb_listener" "n" {
          load_balancer_arn = aws_lb.n.arn
          port              = 80
          protocol          = "TCP"
          default_action {
            type             = "forward"
            target_group_arn = aws_lb_target_group.t.arn
          }
        }
        resource "aws_lb_listener" "m" {
          load_balancer_arn = aws_lb.n.arn
          port              = 9000
          protocol          = "TCP"
          default_action {
            type = "forward"
            forward {
              target_group { arn = aws_lb_target_group.ip.arn }
            }
          }
        }
        resource "aws_instance" "i" {
          associate_public_ip_address = false
          vpc_security_group_ids      = ["sg-1"]
        }
        resource "aws_lb_target_group_attachment" "x" {
          target_group_arn = aws_lb_target_group.t.arn
          target_id        = aws_instance.i.id
        }
        "#,
        "
        Internet -> aws_instance.i open=false
        Internet -> aws_lb.n open=true
        Internet -> aws_lb.a open=false
        aws_lb_target_group.t -> aws_instance.i any>same open=true
        aws_lb.n -> aws_lb_target_group.t 80>8123 open=true
        aws_lb.n -> aws_lb_target_group.ip 9000>9000 proxy open=true
        ? before aws_instance.i
        ? before aws_lb.a
        ",
    );
}

#[test]
fn cards_read_stores_with_the_defaults_of_the_providers_version() {
    let warehouse = r#"
        resource "aws_redshift_cluster" "w" {
          vpc_security_group_ids = ["sg-1"]
          master_password        = "hunter2hunter2"
        }
    "#;
    check_with(
        warehouse,
        Some(5),
        "
        Internet -> aws_redshift_cluster.w open=true
        ? before aws_redshift_cluster.w
        Redshift cluster `w`: redshift on 5439 asks password encrypted=false audit=- log=false backup=1 guard_off=- tls=- -
        secret `master_password` of aws_redshift_cluster.w in_clear=true
        ",
    );
    check_with(
        warehouse,
        None,
        "
        Internet -> aws_redshift_cluster.w open=?
        ? before aws_redshift_cluster.w
        Redshift cluster `w`: redshift on 5439 asks password encrypted=? audit=- log=false backup=1 guard_off=- tls=- -
        secret `master_password` of aws_redshift_cluster.w in_clear=true
        ",
    );
}

#[test]
fn satellites_decide_where_a_card_says_so() {
    check(
        r#"
        resource "aws_rds_cluster" "c" {
          engine                 = "aurora-postgresql"
          vpc_security_group_ids = ["sg-1"]
        }
        resource "aws_rds_cluster_instance" "i" {
          cluster_identifier  = aws_rds_cluster.c.id
          publicly_accessible = true
        }
        resource "azurerm_redis_cache" "r" {
          name = "cache"
        }
        resource "azurerm_redis_firewall_rule" "all" {
          redis_cache_name = "cache"
          start_ip         = "0.0.0.0"
          end_ip           = "255.255.255.255"
        }
        resource "mongodbatlas_advanced_cluster" "m" {
          project_id = var.project
        }
        resource "mongodbatlas_project_ip_access_list" "l" {
          project_id = var.project
          cidr_block = "0.0.0.0/0"
        }
        "#,
        "
        Internet -> aws_rds_cluster.c open=true
        Internet -> azurerm_redis_cache.r open=true
        Internet -> mongodbatlas_advanced_cluster.m open=true
        firewall rules of Redis cache `cache`: admits 0.0.0.0 to 255.255.255.255
        access list of Atlas cluster `m`: admits 0.0.0.0/0
        ? before aws_rds_cluster.c
        azurerm_redis_cache.r/allow-list before azurerm_redis_cache.r
        mongodbatlas_advanced_cluster.m/allow-list before mongodbatlas_advanced_cluster.m
        RDS cluster `c`: postgresql on 5432 asks password encrypted=false audit=false log=false backup=1 guard_off=- tls=- -
        Redis cache `cache`: redis on 6380 asks password encrypted=true audit=- log=- backup=- guard_off=- tls=true -
        Atlas cluster `m`: mongodb on 27017 asks password encrypted=true audit=- log=- backup=- guard_off=- tls=true -
        ",
    );
}

#[test]
fn an_opensearch_policy_for_everybody_asks_nothing_unless_it_limits_addresses() {
    check(
        r#"
        resource "aws_opensearch_domain" "open" {
          domain_name     = "open"
          access_policies = "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"es:*\"}]}"
        }
        resource "aws_opensearch_domain" "narrow" {
          access_policies = data.aws_iam_policy_document.p.json
          encrypt_at_rest { enabled = true }
        }
        data "aws_iam_policy_document" "p" {
          statement {
            principals {
              type        = "*"
              identifiers = ["*"]
            }
            condition {
              test     = "IpAddress"
              variable = "aws:SourceIp"
              values   = ["198.51.100.0/24"]
            }
          }
        }
        "#,
        "
        Internet -> aws_opensearch_domain.open open=true
        Internet -> aws_opensearch_domain.narrow open=true
        OpenSearch domain `open`: opensearch on 443 asks none encrypted=false audit=false log=false backup=- guard_off=- tls=~false -
        OpenSearch domain `narrow`: opensearch on 443 asks iam encrypted=true audit=false log=false backup=- guard_off=- tls=~false -
        ",
    );
}

#[test]
fn a_bucket_is_what_its_satellites_say() {
    check(
        r#"
        resource "aws_s3_bucket" "logs" {
          bucket = "acme-alb-logs"
        }
        resource "aws_s3_bucket_public_access_block" "logs" {
          bucket                  = aws_s3_bucket.logs.id
          block_public_acls       = true
          block_public_policy     = true
          ignore_public_acls      = true
          restrict_public_buckets = true
        }
        resource "aws_s3_bucket_lifecycle_configuration" "logs" {
          bucket = "acme-alb-logs"
          rule {
            status = "Enabled"
            filter {}
            expiration { days = 30 }
          }
        }
        resource "aws_s3_bucket" "site" {
          bucket = "site"
        }
        resource "aws_s3_bucket_policy" "site" {
          bucket = aws_s3_bucket.site.id
          policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject" }] })
        }
        resource "aws_s3_bucket_public_access_block" "site" {
          bucket = aws_s3_bucket.site.id
        }
        "#,
        "
        Internet -> aws_s3_bucket.logs open=false
        Internet -> aws_s3_bucket.site open=true
        S3 bucket `acme-alb-logs`: s3 on 443 asks iam encrypted=true audit=- log=- backup=- guard_off=false tls=- -
        S3 bucket `site`: s3 on 443 asks none encrypted=true audit=- log=false backup=- guard_off=true tls=- -
        S3 bucket `acme-alb-logs` holds [~logs] days=30 forever=false
        S3 bucket `site` holds [] days=- forever=true
        ",
    );
}

#[test]
fn what_only_moves_objects_keeps_them_for_ever() {
    check(
        r#"
        resource "aws_cloudwatch_log_group" "a" {
          name = "/a"
        }
        resource "aws_cloudwatch_log_group" "b" {
          retention_in_days = 30
        }
        resource "google_storage_bucket" "g" {
          name = "sink"
          lifecycle_rule {
            action { type = "SetStorageClass" }
            condition { age = 30 }
          }
        }
        resource "google_logging_project_sink" "s" {
          destination = "storage.googleapis.com/${google_storage_bucket.g.name}"
        }
        resource "azurerm_storage_account" "z" {
          name                            = "logs"
          allow_nested_items_to_be_public = false
        }
        resource "azurerm_storage_management_policy" "z" {
          storage_account_id = azurerm_storage_account.z.id
          rule {
            enabled = true
            actions {
              base_blob { tier_to_cool_after_days_since_modification_greater_than = 30 }
            }
          }
        }
        resource "aws_osis_pipeline" "q" {}
        "#,
        "
        Internet -> google_storage_bucket.g open=false
        Internet -> azurerm_storage_account.z open=false
        Cloud Storage bucket `sink`: gcs on 443 asks iam encrypted=true audit=- log=- backup=- guard_off=true tls=- -
        storage account `logs`: azure-storage on 443 asks password encrypted=true audit=- log=- backup=- guard_off=false tls=true -
        log group `/a` holds [logs] days=- forever=true
        log group `b` holds [logs] days=30 forever=false
        Cloud Storage bucket `sink` holds [logs] days=- forever=true
        storage account `logs` holds [~logs] days=- forever=true
        not understood: aws_osis_pipeline
        ",
    );
}

#[test]
fn azure_groups_count_on_interface_and_subnet() {
    check(
        r#"
        resource "azurerm_network_security_group" "g" {
          name = "nsg"
          security_rule {
            priority                   = 100
            direction                  = "Inbound"
            access                     = "Allow"
            protocol                   = "Tcp"
            source_address_prefix      = "Internet"
            destination_port_ranges    = ["9000", "8000-8123"]
          }
        }
        resource "azurerm_network_security_rule" "deny" {
          network_security_group_name = azurerm_network_security_group.g.name
          priority                    = 200
          direction                   = "Inbound"
          access                      = "Deny"
          protocol                    = "*"
          source_address_prefix       = "*"
          destination_port_range      = "*"
        }
        resource "azurerm_network_interface" "n" {
          ip_configuration {
            subnet_id            = azurerm_subnet.s.id
            public_ip_address_id = azurerm_public_ip.p.id
          }
        }
        resource "azurerm_public_ip" "p" {}
        resource "azurerm_subnet" "s" {}
        resource "azurerm_subnet_network_security_group_association" "l" {
          subnet_id                 = azurerm_subnet.s.id
          network_security_group_id = azurerm_network_security_group.g.id
        }
        resource "azurerm_linux_virtual_machine" "m" {
          network_interface_ids = [azurerm_network_interface.n.id]
        }
        "#,
        "
        Internet -> azurerm_linux_virtual_machine.m open=true
        network security group `nsg`: admits Internet on ports 8000-8123, 9000; admits the virtual network
        rule for azurerm_network_security_group.g: refuses * on all ports
        azurerm_network_security_group.g before azurerm_linux_virtual_machine.m
        ",
    );
}

#[test]
fn a_container_stands_on_the_lines_of_its_command() {
    let source = r#"resource "aws_instance" "m" {
  user_data = <<-EOT
    #!/bin/bash
    docker run -d \
      -p 80:80 nginx
  EOT
}
"#;
    let found = fragment(source, None);
    let command = found.containers[0].place;
    assert_eq!(&source[command.range()], "docker run -d \\\n      -p 80:80 nginx");
    let published = found
        .hops
        .iter()
        .find(|h| &*h.say == "container `nginx` on EC2 instance `m` publishes its port");
    assert_eq!(&source[published.unwrap().place.range()], "80:80");
}

#[test]
fn one_unknown_host_is_not_the_internet() {
    let found = fragment(
        r#"
        resource "aws_security_group" "g" {
          ingress {
            protocol    = "-1"
            from_port   = 0
            to_port     = 0
            cidr_blocks = ["${data.http.me.body}/32"]
          }
        }
        "#,
        None,
    );
    let source = format!("{:?}", found.filters[0].rules[0].sources);
    assert!(source.contains("Known"), "{source}");
}

#[test]
fn a_service_runs_the_containers_of_its_task() {
    check(
        r#"
        resource "aws_ecs_task_definition" "t" {
          container_definitions = jsonencode([{
            name        = "db"
            image       = "clickhouse/clickhouse-server:24.3"
            environment = [{ name = "A", value = "1" }]
            secrets     = [{ name = "B", valueFrom = "arn" }]
          }])
        }
        resource "aws_lb_target_group" "g" { port = 8123 }
        resource "aws_ecs_service" "s" {
          name            = "olap"
          task_definition = aws_ecs_task_definition.t.arn
          network_configuration {
            assign_public_ip = true
            security_groups  = [aws_security_group.g.id]
          }
          load_balancer {
            target_group_arn = aws_lb_target_group.g.arn
            container_port   = 8123
          }
        }
        "#,
        "
        Internet -> aws_ecs_service.s open=true
        aws_lb_target_group.g -> aws_ecs_service.s any>8123 open=true
        aws_security_group.g before aws_ecs_service.s
        container `db` of ECS service `olap`: image=clickhouse/clickhouse-server:24.3 env=2 mounts=0
        ",
    );
}

#[test]
fn a_network_acl_stands_before_its_subnets() {
    check(
        r#"
        resource "aws_subnet" "s" {}
        resource "aws_network_acl" "n" {
          subnet_ids = [aws_subnet.s.id]
          ingress {
            rule_no    = 100
            action     = "deny"
            protocol   = "tcp"
            cidr_block = "0.0.0.0/0"
            from_port  = 6379
            to_port    = 6379
          }
        }
        resource "aws_instance" "i" {
          subnet_id              = aws_subnet.s.id
          vpc_security_group_ids = ["sg-1"]
        }
        "#,
        "
        Internet -> aws_instance.i open=false
        network ACL `n`: refuses 0.0.0.0/0 on port 6379
        ? before aws_instance.i
        aws_network_acl.n before aws_instance.i
        ",
    );
}

#[test]
fn satellites_speak_for_owners_that_stand_in_other_files() {
    check(
        r#"
        resource "aws_s3_bucket_acl" "a" {
          bucket = "site"
          acl    = "public-read"
        }
        resource "aws_s3_bucket_acl" "private" {
          bucket = "notes"
          acl    = "private"
        }
        resource "google_storage_bucket_iam_member" "m" {
          bucket = "site"
          member = "allUsers"
        }
        resource "azurerm_mssql_firewall_rule" "f" {
          name             = "all"
          server_id        = var.server
          start_ip_address = "0.0.0.0"
          end_ip_address   = "255.255.255.255"
        }
        "#,
        "
        Internet -> aws_s3_bucket_acl.a open=~true
        Internet -> google_storage_bucket_iam_member.m open=true
        allow-list entry `all`: admits 0.0.0.0 to 255.255.255.255
        the S3 bucket of `site`: s3 on 443 asks ~none encrypted=- audit=- log=- backup=- guard_off=- tls=- -
        the bucket of `site`: gcs on 443 asks none encrypted=- audit=- log=- backup=- guard_off=- tls=- -
        ",
    );
}

#[test]
fn cards_look_into_every_block() {
    check(
        r#"
        resource "yandex_mdb_clickhouse_cluster" "c" {
          name = "events"
          host { type = "CLICKHOUSE" }
          host {
            type             = "CLICKHOUSE"
            assign_public_ip = true
          }
        }
        resource "aws_docdb_cluster" "d" {
          enabled_cloudwatch_logs_exports = []
        }
        "#,
        "
        Internet -> yandex_mdb_clickhouse_cluster.c open=true
        the VPC's default security group: admits its own members
        ? before yandex_mdb_clickhouse_cluster.c
        aws_docdb_cluster.d/default-security-group before aws_docdb_cluster.d
        ClickHouse cluster `events`: clickhouse on 8443 asks password encrypted=- audit=- log=- backup=- guard_off=- tls=- -
        DocumentDB cluster `d`: mongodb on 27017 asks password encrypted=false audit=false log=false backup=1 guard_off=- tls=- -
        ",
    );
}
