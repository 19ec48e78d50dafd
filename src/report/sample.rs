//! A run made by hand, for the tests of all reports: two files, a chain across them, letters
//! beyond ASCII before a column, a hostile byte, and findings of every confidence.

use crate::finding::{Category, Finding, RuleInfo, Run, Severity, Suppressed};
use crate::model::concept::{Datastore, Endpoint, Identity, LogPipeline, Model, Retention, User};
use crate::model::fact::{Evidence, Fact, Why};
use crate::model::reach::{Circle, Reach};
use crate::model::truth::Confidence;
use crate::source::{FileId, Place, Source, Sources};

const TERRAFORM: &str = "\
# Außentür
resource \"aws_lb\" \"logs\" {
  internal = false
}

resource \"aws_security_group_rule\" \"logs\" {
  description = \"größer 🦀\", cidr_blocks = [\"0.0.0.0/0\"]
  to_port     = 8123
}
";

const XML: &str = "\
<clickhouse>
  <listen_host>::</listen_host>
  <users>
    <default>
      <password></password> <!-- \u{1b}[2J -->
    </default>
  </users>
</clickhouse>
";

/// The place of the first stretch of a file that reads so.
pub(crate) fn place(sources: &Sources, file: u32, needle: &str) -> Place {
    let file = FileId(file);
    let start = sources.str(file).find(needle).expect("the sample holds it");
    Place::new(file, start..start + needle.len())
}

/// The sources of the sample: file 0 is XML, file 1 Terraform.
pub(crate) fn sources() -> Sources {
    Sources::new(vec![
        Source { path: "deploy/main net.tf".into(), text: TERRAFORM.into() },
        Source { path: "conf/users.xml".into(), text: XML.into() },
    ])
}

fn finding(sources: &Sources) -> Finding {
    let at = |file, needle| place(sources, file, needle);
    Finding {
        rule: "open-datastore".into(),
        category: Category::Exposure,
        severity: Severity::Critical,
        confidence: Confidence::Certain,
        message:
            "anyone on the internet can read and write `logs` (clickhouse): it asks for no password"
                .into(),
        at: at(0, "<password></password>"),
        evidence: vec![
            Evidence::new(at(1, "internal = false"), "load balancer `logs` has a public address"),
            Evidence::new(at(1, "\"0.0.0.0/0\""), "its security group admits everybody"),
            Evidence::new(at(0, "::"), "`logs` listens on every address"),
            Evidence::new(at(0, "<password></password>"), "user `default` has no password"),
        ],
        whys: Vec::new(),
        guesses: Vec::new(),
        help: "set `password_sha256_hex`, or name the clients in `networks`".into(),
        about: "clickhouse/logs".into(),
        subject: "clickhouse/logs".into(),
        whole: at(0, "<clickhouse>"),
        instances: Vec::new(),
        fingerprint: "0123456789abcdef".to_owned(),
        suppressed: None,
    }
}

fn rule(name: &str, category: Category, severity: Severity, tags: &[&str]) -> RuleInfo {
    RuleInfo {
        name: name.into(),
        category,
        title: format!("Title of {name}").into(),
        summary: "What is wrong, in a paragraph.".into(),
        fix: "Close it.".into(),
        page: "# Title\n\nWhat is wrong, in a **paragraph**.\n\n## Fix\n\nClose it.\n".into(),
        severity,
        tags: tags.iter().map(|t| (*t).into()).collect(),
        see: vec!["CWE-306".into()],
        status: "stable".into(),
    }
}

/// A run that found nothing, over the same files.
pub(crate) fn clean() -> Run {
    Run {
        sources: sources(),
        model: Model::default(),
        findings: Vec::new(),
        rules: vec![
            rule(
                "open-datastore",
                Category::Exposure,
                Severity::Critical,
                &["public", "authentication"],
            ),
            rule("log-retention-unset", Category::Retention, Severity::Medium, &["log"]),
        ],
        not_understood: Vec::new(),
        unreadable: Vec::new(),
        claimed: 2,
    }
}

/// A run with one finding of each confidence, one suppressed, and something of everything else.
pub(crate) fn run() -> Run {
    let mut run = clean();
    let sources = &run.sources;
    let first = finding(sources);
    let likely = Finding {
        rule: "log-retention-unset".into(),
        category: Category::Retention,
        severity: Severity::Medium,
        confidence: Confidence::Likely,
        message: "`logs` keeps its query log for ever".into(),
        at: place(sources, 0, "<listen_host>::</listen_host>"),
        evidence: Vec::new(),
        guesses: vec!["its image is called `clickhouse`".into()],
        help: "set a TTL".into(),
        instances: vec!["module.a".into(), "module.b".into()],
        fingerprint: "00000000000000aa".to_owned(),
        ..first.clone()
    };
    let possible = Finding {
        confidence: Confidence::Possible,
        whys: vec![(Why::Variable("cidrs".into()), place(sources, 1, "\"0.0.0.0/0\""))],
        at: place(sources, 1, "\"0.0.0.0/0\""),
        evidence: Vec::new(),
        message: "anyone on the internet may reach `spare`".into(),
        fingerprint: "00000000000000bb".to_owned(),
        ..first.clone()
    };
    let suppressed = Finding {
        at: place(sources, 1, "8123"),
        evidence: Vec::new(),
        message: "anyone on the internet can read `honeypot`".into(),
        fingerprint: "00000000000000cc".to_owned(),
        suppressed: Some(Suppressed {
            reason: "a honeypot".into(),
            place: place(sources, 1, "# Außentür"),
        }),
        ..first.clone()
    };
    run.model = model(sources);
    run.not_understood =
        vec![(place(sources, 1, "resource \"aws_lb\""), "a setting `x` of `aws_lb`".into())];
    run.unreadable = vec![("deploy/odd\u{7}.tf".to_owned(), "not UTF-8".to_owned())];
    run.findings = vec![likely, first, possible, suppressed];
    run
}

fn model(sources: &Sources) -> Model {
    let at = |file, needle| place(sources, file, needle);
    let place = at(0, "<clickhouse>");
    let identity = Identity {
        address: "clickhouse/logs".into(),
        subject: "clickhouse/logs".into(),
        title: "ClickHouse server `logs`".into(),
        place,
        whole: place,
        exists: Fact::written(true, place),
    };
    let way = finding(sources).evidence[..3].to_vec();
    let reach = Reach::surely(Circle::Internet, way.into());
    let mut store = Datastore::new(identity.clone());
    store.name = Fact::written("logs".into(), place);
    store.engine = Fact::guessed("clickhouse".into(), "its image", place);
    store.auth = Fact::written("none".into(), at(0, "<password></password>"));
    store.reach = Fact::written(reach.clone().into(), place);
    store.open_to = Fact::written(reach.into(), place);
    store.tls_required = Fact::default(false, "ClickHouse, server settings", place);
    store.audit_log = Fact::Unknown(Why::Variable("audit".into()), at(1, "internal = false"));
    let mut endpoint = Endpoint::new(identity.clone());
    endpoint.port = Fact::written(8123, at(1, "8123"));
    endpoint.protocol = Fact::written("http".into(), place);
    endpoint.tls = Fact::written(false, place);
    let mut user = User::new(identity.clone());
    user.name = Fact::written("default".into(), at(0, "<default>"));
    user.proof = Fact::written("none".into(), at(0, "<password></password>"));
    let mut log = LogPipeline::new(identity.clone());
    log.name = Fact::written("query_log".into(), place);
    log.content = Fact::written(vec![Fact::written("queries".into(), place)], place);
    log.enabled = Fact::default(true, "ClickHouse, query_log", place);
    log.scrubbed = Fact::written(false, place);
    let mut kept = Retention::new(identity);
    kept.name = Fact::written("query_log".into(), place);
    kept.what = Fact::written("system-log".into(), place);
    kept.forever = Fact::written(true, place);
    Model {
        datastores: vec![store],
        endpoints: vec![endpoint],
        users: vec![user],
        logs: vec![log],
        retentions: vec![kept],
        ..Model::default()
    }
}
