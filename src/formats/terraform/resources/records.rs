//! What settings of servers say that stand apart from them: logs that are switched off, TLS that is
//! not asked for; and how long audit logs are kept.

use super::facts::or;
use super::logs::identity;
use super::nodes;
use super::world::World;
use crate::formats::terraform::value::{Resource, Val};
use crate::model::concept::{LogPipeline, Retention};
use crate::model::fact::Fact;
use crate::model::fragment::{Address, Fragment, Keep, LogDraft, Store};

/// Settings of servers that record who came and went and how the server fares, not what was asked.
const SETTINGS: [&str; 8] = [
    "audit_logs",
    "cloudsql.enable_pgaudit",
    "log_checkpoints",
    "log_connections",
    "log_disconnections",
    "log_duration",
    "log_lock_waits",
    "logfiles.download_enable",
];

/// Settings that make a server refuse plain connections.
const TLS: [&str; 5] =
    ["rds.force_ssl", "require_secure_transport", "require_ssl", "ssl_enforcement", "tls"];

/// Types of which each is one setting: the attributes of its name and value.
const SINGLE: [&str; 4] = [
    "azurerm_mysql_configuration",
    "azurerm_mysql_flexible_server_configuration",
    "azurerm_postgresql_configuration",
    "azurerm_postgresql_flexible_server_configuration",
];

/// Types that hold settings in blocks, with the path to them.
const GROUPS: [(&str, &str); 9] = [
    ("alicloud_db_instance", "parameters"),
    ("aws_db_parameter_group", "parameter"),
    ("aws_docdb_cluster_parameter_group", "parameter"),
    ("aws_neptune_cluster_parameter_group", "parameter"),
    ("aws_rds_cluster_parameter_group", "parameter"),
    ("aws_redshift_parameter_group", "parameter"),
    ("google_alloydb_instance", "database_flags"),
    ("google_sql_database_instance", "settings.database_flags"),
    ("huaweicloud_rds_instance", "parameters"),
];

pub(super) fn lower(world: &World, out: &mut Fragment) {
    for resource in world.each(&SINGLE) {
        setting(resource, &resource.body, out);
    }
    for (kind, path) in GROUPS {
        for resource in world.of(kind) {
            let (path, key) = path.rsplit_once('.').unwrap_or(("", path));
            let holder =
                if path.is_empty() { Some(&resource.body) } else { resource.body.block(path) };
            let blocks = holder.map(|holder| holder.list(key).items).unwrap_or_default();
            for block in blocks {
                setting(resource, block, out);
            }
        }
    }
    for group in world.of("aws_docdb_cluster_parameter_group") {
        out.logs.extend(docdb_audit(world, group));
    }
    for trail in world.of("aws_cloudtrail") {
        let on = trail.body.bool("enable_logging");
        out.logs.push(log(trail, "the trail", "cloudtrail", on));
        out.logs.extend(trail.body.list("event_selector").items.iter().map(|s| selected(trail, s)));
    }
    for broker in world.of("aws_mq_broker") {
        let logs = broker.body.block("logs");
        let on = |key: &str| logs.map_or(Fact::Unset(broker.head), |logs| logs.bool(key));
        // Where no log is on at all, that is what is said of the broker.
        if on("audit").known() == Some(&true) {
            out.logs.push(log(broker, "the general log", "the broker", on("general")));
        }
    }
    for trail in world.of("alicloud_actiontrail_trail") {
        let events = trail.body.text("event_rw");
        // Written events alone are the default (provider docs, actiontrail_trail).
        let all = events.or_default("Write".into(), "provider docs, actiontrail_trail");
        let name = if all.known().is_some_and(|told| &**told == "Read") {
            "the recording of writes"
        } else {
            "the recording of reads"
        };
        out.logs.push(log(trail, name, "the trail", all.map(|told| &*told == "All")));
    }
    for account in
        world.each(&["azurerm_storage_account", "azurerm_storage_account_queue_properties"])
    {
        // The newer type holds what was a block of the account.
        let holder = account.body.block("queue_properties").unwrap_or(&account.body);
        let queues = holder.block("logging");
        for (key, name) in [("read", "reads"), ("write", "writes"), ("delete", "deletions")] {
            let name = format!("the log of {name} in queues");
            let on = queues.map_or(Fact::Unset(account.head), |logging| logging.bool(key));
            out.logs.push(log(account, &name, "the storage account", on));
        }
    }
    for task in world.of("aws_ecs_task_definition") {
        for volume in task.body.list("volume").items {
            let Some(efs) = volume.block("efs_volume_configuration") else { continue };
            let told = efs.text("transit_encryption").map(|mode| &*mode == "ENABLED");
            let told = told.or_default(false, "provider docs, ecs_task_definition");
            out.stores.push(server(task, "efs_volume_configuration", told));
        }
    }
    for (kind, key, off, name, whose) in SWITCHES {
        for own in world.of(kind) {
            let on = own.body.text(key).map(|word| !word.eq_ignore_ascii_case(off));
            if !on.is_unset() && on.known() != Some(&true) {
                out.logs.push(log(own, name, whose, on));
            }
        }
    }
    for own in world.each(&EXEMPTING) {
        out.logs
            .extend(own.body.list("audit_log_config").items.iter().filter_map(|c| exempt(own, c)));
    }
    audit_retention(world, out);
}

/// Types that are a log's switch: the attribute, the word for off, what it switches, and whose.
const SWITCHES: [(&str, &str, &str, &str, &str); 6] = [
    ("alicloud_actiontrail_trail", "status", "Disable", "the trail", "actiontrail"),
    (
        "azurerm_mssql_database_extended_auditing_policy",
        "enabled",
        "false",
        "the audit log",
        "the database",
    ),
    (
        "azurerm_mssql_server_extended_auditing_policy",
        "enabled",
        "false",
        "the audit log",
        "the server",
    ),
    ("azurerm_network_watcher_flow_log", "enabled", "false", "the flow log", "the network"),
    (
        "azurerm_synapse_sql_pool_extended_auditing_policy",
        "enabled",
        "false",
        "the audit log",
        "the pool",
    ),
    (
        "azurerm_synapse_workspace_extended_auditing_policy",
        "enabled",
        "false",
        "the audit log",
        "the workspace",
    ),
];

const EXEMPTING: [&str; 3] = [
    "google_folder_iam_audit_config",
    "google_organization_iam_audit_config",
    "google_project_iam_audit_config",
];

/// People whom the audit log passes over. That programs are left out is common, for they are many.
fn exempt(own: &Resource, config: &Val) -> Option<LogDraft> {
    let members = config.list("exempted_members").items;
    let person = members.into_iter().find(|member| {
        let told = member.as_text();
        told.known().is_some_and(|m| !m.starts_with("serviceAccount:") && m.contains(':'))
    })?;
    let name = format!("the audit log of what `{}` does", person.as_text().known()?);
    let mut draft = log(own, &name, "the project", Fact::written(false, person.at));
    draft.log.name = Fact::written(name.into(), person.at);
    Some(draft)
}

/// Events of one kind alone, if a selector says so; `All` is the default (provider docs, cloudtrail).
fn selected(trail: &Resource, selector: &Val) -> LogDraft {
    let events = selector.text("read_write_type");
    let reads = events.known().is_some_and(|told| &**told == "ReadOnly");
    let name = if reads { "the recording of writes" } else { "the recording of reads" };
    log(trail, name, "the trail", events.map(|told| &*told == "All"))
}

/// A group that does not speak of `audit_logs` leaves it off (AWS docs, "Auditing Amazon `DocumentDB`
/// events"). Where a cluster exports no audit log, that is what is said of it already.
fn docdb_audit(world: &World, group: &Resource) -> Option<LogDraft> {
    let settings = group.body.list("parameter");
    let speaks = |s: &&Val| s.text("name").known().is_none_or(|name| &**name == "audit_logs");
    let told = settings.more.is_some() || settings.items.iter().any(speaks);
    let exports = |cluster: &&Resource| {
        let logs = cluster.body.list("enabled_cloudwatch_logs_exports").items;
        logs.iter().any(|log| log.as_text().known().is_some_and(|l| &**l == "audit"))
    };
    let clusters = world.of("aws_docdb_cluster");
    let matters = clusters.is_empty() || clusters.iter().any(exports);
    let off = Fact::default(false, "AWS docs, Auditing Amazon DocumentDB events", group.head);
    (!told && matters).then(|| log(group, "audit_logs", "the server", off))
}

/// One setting, if it is about a log that is good to have, or about TLS.
fn setting(resource: &Resource, block: &Val, out: &mut Fragment) {
    let name = block.text("name");
    let Some(name) = name.known() else { return };
    let on = block.text("value").map(|value| {
        !["off", "0", "false", "disabled", "none"].iter().any(|no| value.eq_ignore_ascii_case(no))
    });
    if &**name == "log_min_messages" {
        // From there on errors are not written down (PostgreSQL docs, "When to log").
        let on = block.text("value").map(|level| {
            !["log", "fatal", "panic"].iter().any(|high| level.eq_ignore_ascii_case(high))
        });
        out.logs.push(log(resource, "the log of errors", "the server", on));
    } else if SETTINGS.contains(&&**name) {
        out.logs.push(log(resource, name, "the server", on));
    } else if TLS.contains(&&**name) {
        out.stores.push(server(resource, name, on));
    }
}

/// The server that a setting is for, of which the setting is all that is known.
fn server(resource: &Resource, name: &str, tls: Fact<bool>) -> Store {
    let at = tls.place();
    let title = nodes::title(&format!("the server behind `{name}` of"), resource, &[]);
    let address = Address::new(format!("{}/{name}", resource.address));
    Store {
        engine: Fact::written(engine(&resource.kind).into(), at),
        managed: true,
        whole: resource.whole,
        exists: resource.exists.clone(),
        tls_required: tls,
        ..Store::new(address, title.clone(), title, at)
    }
}

fn engine(kind: &str) -> &'static str {
    let words = ["ecs", "docdb", "neptune", "redshift", "postgresql", "mysql", "mariadb"];
    match words.into_iter().find(|word| kind.contains(word)) {
        Some("ecs") => "efs",
        found => found.unwrap_or("database"),
    }
}

fn log(resource: &Resource, name: &str, engine: &str, on: Fact<bool>) -> LogDraft {
    let at = on.place();
    let mut identity = identity(resource, nodes::title(name, resource, &[]));
    identity.address = format!("{}/{name}", resource.address).into();
    let mut log = LogPipeline::new(identity);
    log.name = Fact::written(format!("`{name}`").into(), at);
    log.source = Fact::written("setting".into(), at);
    log.engine = Fact::written(engine.into(), at);
    log.content = Fact::written(Vec::new(), at);
    log.scrubbed = Fact::written(true, at);
    log.enabled = match on {
        // Nothing is said of what nobody wrote.
        Fact::Unset(at) => Fact::default(true, "not switched off here", at),
        told => told,
    };
    LogDraft { store: None, log }
}

/// Types that say how long an audit log is kept: the block, empty for none, and the attribute.
const AUDITS: [(&str, &str, &str); 13] = [
    ("azurerm_monitor_log_profile", "retention_policy", "days"),
    ("azurerm_network_watcher_flow_log", "retention_policy", "days"),
    ("azurerm_mssql_database_extended_auditing_policy", "", "retention_in_days"),
    ("azurerm_mssql_server_extended_auditing_policy", "", "retention_in_days"),
    ("azurerm_synapse_workspace_extended_auditing_policy", "", "retention_in_days"),
    ("azurerm_synapse_sql_pool_extended_auditing_policy", "", "retention_in_days"),
    ("azurerm_mssql_server_security_alert_policy", "", "retention_days"),
    ("azurerm_mssql_server", "extended_auditing_policy", "retention_in_days"),
    ("azurerm_sql_server", "extended_auditing_policy", "retention_in_days"),
    ("azurerm_sql_database", "extended_auditing_policy", "retention_in_days"),
    ("azurerm_mssql_database", "extended_auditing_policy", "retention_in_days"),
    ("azurerm_postgresql_server", "threat_detection_policy", "retention_days"),
    ("alicloud_db_instance", "", "sql_collector_config_value"),
];

fn audit_retention(world: &World, out: &mut Fragment) {
    for (kind, block, key) in AUDITS {
        for resource in world.of(kind) {
            let body =
                if block.is_empty() { Some(&resource.body) } else { resource.body.block(block) };
            let Some(body) = body else { continue };
            out.keeps.push(keep(resource, body, key));
            if block == "retention_policy" {
                out.keeps.push(exported(resource, body));
            }
        }
    }
}

/// A log that Azure writes into a storage account: nothing of it is deleted where the policy is off
/// or counts no days (Azure docs, "Flow logging for network security groups").
fn exported(resource: &Resource, policy: &Val) -> Keep {
    let mut identity = identity(resource, nodes::title("the log of", resource, &["name"]));
    identity.address = format!("{}/exported-log", resource.address).into();
    let at = policy.at;
    let mut retention = Retention::new(identity);
    retention.name = Fact::written(retention.identity.title.clone(), at);
    retention.what = Fact::written("exported-log".into(), at);
    retention.engine = Fact::written("azure".into(), at);
    retention.holds = Fact::written(vec![Fact::written("logs".into(), at)], at);
    let days = match policy.int("days") {
        // Who writes that down for an audit log means it.
        Fact::Known(0, origin) if &*resource.kind == "azurerm_monitor_log_profile" => {
            Fact::Known(-1, origin)
        }
        told => told.or_default(0, "provider docs, monitor_log_profile"),
    };
    let off = policy.bool("enabled").map(|on| !on).or_default(false, "provider docs");
    retention.forever = or(off, days.map(|days| days == 0));
    Keep { store: None, retention }
}

fn keep(resource: &Resource, body: &Val, key: &str) -> Keep {
    let at = resource.head;
    let mut identity = identity(resource, nodes::title("the audit log of", resource, &["name"]));
    identity.address = format!("{}/audit-log", resource.address).into();
    let mut retention = Retention::new(identity);
    retention.name = Fact::written(retention.identity.title.clone(), at);
    retention.what = Fact::written("audit-log".into(), at);
    retention.engine = Fact::written("azure".into(), at);
    retention.holds = Fact::written(vec![Fact::written("logs".into(), at)], at);
    // Zero and nothing both keep it without end; that, nobody loses by.
    retention.days = match body.int(key) {
        Fact::Known(0, origin) => Fact::Unset(origin.at),
        told => told,
    };
    retention.forever = Fact::written(false, at);
    Keep { store: None, retention }
}
