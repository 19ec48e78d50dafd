//! Rules over hand-built models.

use super::*;
use crate::finding::Severity;
use crate::model::concept::{Datastore, Identity};
use crate::model::fact::{Evidence, Fact, Why};
use crate::model::reach::{Circle, Reach};
use crate::model::truth::Confidence;
use crate::source::{FileId, Place};

fn at(start: usize) -> Place {
    Place::new(FileId(0), start..start + 1)
}

fn card(name: &str, metadata: &str) -> (String, String) {
    let text = format!(
        "# Title\n\n```toml\nabout = \"Datastore\"\nsince = \"0.1\"\n{metadata}\n```\n\nSummary.\n\n\
         ## Fix\n\nAsk for a password. Or close it.\n"
    );
    (format!("rules/exposure/{name}.md"), text)
}

const OPEN: &str = r#"
severity = [["critical", "it.open_to == 'internet'"], ["high", "it.open_to >= 'cluster'"]]
at = "it.auth"
evidence = ["it.open_to", "it.auth"]
say = "{people} can read {it.engine}: it asks for nothing"
replaces = ["reachable"]
"#;

const REACHABLE: &str = r#"
severity = "high"
when = "it.reach == 'internet'"
at = "it.reach"
evidence = ["it", "it.reach"]
say = "{people} can reach {it.name}"
"#;

fn rules() -> RuleSet {
    RuleSet::load([card("open", OPEN), card("reachable", REACHABLE)].into_iter()).unwrap()
}

fn store(reach: Reach) -> Datastore {
    let identity = Identity {
        address: "k8s:Pod/cache".into(),
        subject: "k8s:Pod/cache".into(),
        title: "Pod `cache`".into(),
        place: at(1),
        whole: at(1),
        exists: Fact::written(true, at(1)),
    };
    let mut store = Datastore::new(identity);
    store.name = Fact::written("cache".into(), at(2));
    store.engine = Fact::written("redis".into(), at(3));
    store.auth = Fact::default("none".into(), "a card", at(4));
    store.reach = Fact::written(reach.clone().into(), at(5));
    store.open_to = Fact::written(reach.into(), at(5));
    store
}

fn reach(sure: Circle, likely: Circle, may: Circle) -> Reach {
    let way = |start| vec![Evidence::new(at(start), "a step")].into();
    Reach {
        sure,
        likely,
        may,
        sure_way: way(10),
        likely_way: way(11),
        may_way: way(12),
        guess: Some("the name".into()),
        whys: vec![(Why::Variable("cidr".into()), at(12))],
    }
}

fn run(stores: Vec<Datastore>) -> Vec<Finding> {
    rules().run(&Model { datastores: stores, ..Model::default() })
}

fn check(sure: Circle, likely: Circle, may: Circle, expected: &[&str]) {
    let found = run(vec![store(reach(sure, likely, may))]);
    let told: Vec<String> = found
        .iter()
        .map(|f| format!("{} {} {}: {}", f.severity, f.confidence.name(), f.rule, f.message))
        .collect();
    assert_eq!(told, expected);
}

use Circle::{Cluster, Internet, Loopback};

#[test]
fn the_worst_severity_that_holds_decides_and_contains_the_rest() {
    check(
        Internet,
        Internet,
        Internet,
        &["critical certain open: anyone on the internet can read redis: it asks for nothing"],
    );
    check(
        Cluster,
        Cluster,
        Cluster,
        &["high certain open: any pod of the cluster can read redis: it asks for nothing"],
    );
    check(Loopback, Loopback, Loopback, &[]);
}

#[test]
fn what_is_guessed_is_likely() {
    check(
        Loopback,
        Internet,
        Internet,
        &["critical likely open: anyone on the internet can read redis: it asks for nothing"],
    );
}

#[test]
fn what_several_things_take_from_one_line_is_one_finding() {
    let named = |name: &str, line: usize| {
        let mut store = store(reach(Cluster, Cluster, Cluster));
        store.identity.address = format!("k8s:Pod/{name}").into();
        store.identity.subject = store.identity.address.clone();
        store.identity.title = format!("Pod `{name}`").into();
        store.auth = Fact::default("none".into(), "a card", at(line));
        store
    };
    let (shared, own) = (4, 40);
    let card = card("open", &OPEN.replace("it.engine", "it").replace("\"reachable\"", ""));
    let rules = RuleSet::load([card].into_iter()).unwrap();
    let datastores = vec![named("a", shared), named("b", shared), named("c", own)];
    let found = rules.run(&Model { datastores, ..Model::default() });
    let told: Vec<&str> = found.iter().map(|f| &*f.message).collect();
    let expected = [
        "any pod of the cluster can read Pod `a`: it asks for nothing (and 1 more of the kind)",
        "any pod of the cluster can read Pod `c`: it asks for nothing",
    ];
    assert_eq!(told, expected);
}

#[test]
fn neighbours_are_called_what_their_way_calls_them() {
    let mut near = reach(Circle::Members, Circle::Members, Circle::Members);
    let rules = [card("reachable", &REACHABLE.replace("'internet'", "'members'"))];
    let rules = RuleSet::load(rules.into_iter()).unwrap();
    let told = |reach: &Reach| {
        let stores = vec![store(reach.clone())];
        rules.run(&Model { datastores: stores, ..Model::default() })[0].message.clone()
    };
    assert_eq!(told(&near), "the neighbours that these files name can reach cache");
    let step = Evidence::new(at(10), "any container on network `back` can reach service `cache`");
    near.sure_way = vec![step].into();
    assert_eq!(told(&near), "any container on network `back` can reach cache");
}

#[test]
fn who_probably_comes_is_named_where_something_else_decides() {
    let anyway = REACHABLE.replace("it.reach == 'internet'", "it.engine == 'redis'");
    let rules = RuleSet::load([card("reachable", &anyway)].into_iter()).unwrap();
    let told = |sure, likely, may| {
        let stores = vec![store(reach(sure, likely, may))];
        rules.run(&Model { datastores: stores, ..Model::default() })[0].message.clone()
    };
    let nobody = Circle::None;
    assert_eq!(told(nobody, Cluster, Internet), "any pod of the cluster can reach cache");
    assert_eq!(told(nobody, nobody, Internet), "anyone on the internet can reach cache");
    assert_eq!(told(Loopback, Cluster, Internet), "programs on the same machine can reach cache");
}

#[test]
fn what_is_open_names_what_decides() {
    check(
        Loopback,
        Loopback,
        Internet,
        &["critical possible open: anyone on the internet can read redis: it asks for nothing, \
         depending on `var.cidr`"],
    );
    check(
        Cluster,
        Cluster,
        Internet,
        &["high certain open: any pod of the cluster can read redis: it asks for nothing; \
         critical rather than high, depending on `var.cidr`"],
    );
}

#[test]
fn evidence_is_the_way_of_the_circle_that_decided() {
    let found = run(vec![store(reach(Loopback, Internet, Internet))]);
    let steps: Vec<(u32, &str)> =
        found[0].evidence.iter().map(|e| (e.place.start, &*e.say)).collect();
    assert_eq!(steps, [(11, "a step"), (4, "auth is none by default (a card)")]);
    assert_eq!(found[0].at, at(4));
    assert_eq!(&*found[0].help, "Ask for a password");
}

#[test]
fn steps_at_one_place_are_told_as_one() {
    let mut found = store(Reach::surely(Internet, vec![Evidence::new(at(1), "a step")].into()));
    found.open_to = Fact::written(Reach::nobody().into(), at(5));
    let found = run(vec![found]);
    assert_eq!(found[0].evidence, [Evidence::new(at(1), "Pod `cache`: a step")]);
}

#[test]
fn an_entity_that_may_not_exist_gives_possible_findings() {
    let mut maybe = store(reach(Internet, Internet, Internet));
    maybe.identity.exists = Fact::Unknown(Why::Variable("n".into()), at(1));
    let found = run(vec![maybe.clone()]);
    assert_eq!(found[0].confidence, Confidence::Possible);
    assert_eq!(found[0].whys, [(Why::Variable("n".into()), at(1))]);
    maybe.identity.exists = Fact::written(false, at(1));
    assert!(run(vec![maybe]).is_empty());
}

#[test]
fn defaults_alone_are_at_most_low() {
    let mut quiet = store(Reach::surely(Internet, [].into()));
    quiet.open_to = Fact::default(Reach::surely(Internet, [].into()).into(), "a card", at(5));
    quiet.reach = quiet.open_to.clone();
    let found = run(vec![quiet.clone()]);
    assert_eq!(found[0].severity, Severity::Low);
    let by_default = card("open", &format!("{OPEN}even_by_default = true"));
    let rules = RuleSet::load([by_default, card("reachable", REACHABLE)].into_iter()).unwrap();
    let found = rules.run(&Model { datastores: vec![quiet], ..Model::default() });
    assert_eq!(found[0].severity, Severity::Critical);
}

#[test]
fn instances_at_one_place_are_one_finding() {
    let mut second = store(reach(Internet, Internet, Internet));
    second.identity.address = "k8s:Pod/other".into();
    second.identity.subject = "k8s:Pod/other".into();
    let found = run(vec![store(reach(Internet, Internet, Internet)), second]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].instances, ["k8s:Pod/other".into()]);
}

#[test]
fn fingerprints_tell_findings_apart_and_survive_moves() {
    let one = store(reach(Internet, Internet, Internet));
    let mut moved = one.clone();
    moved.auth = Fact::default("none".into(), "a card", at(44));
    let prints = |stores| -> Vec<String> {
        run(stores).into_iter().map(|finding| finding.fingerprint).collect()
    };
    let first = prints(vec![one.clone()]);
    assert_eq!(first, prints(vec![moved.clone()]));
    assert_eq!(first[0].len(), 16);
    let both = prints(vec![one, moved]);
    assert_eq!(both[0], first[0]);
    assert_ne!(both[0], both[1]);
}

#[test]
fn clauses_answer_each_for_itself() {
    let model =
        Model { datastores: vec![store(Reach::surely(Cluster, [].into()))], ..Model::default() };
    let (clauses, answers) = rules().clause_answers("open", &model);
    assert_eq!(clauses, ["it.open_to == 'internet' || it.open_to >= 'cluster'"]);
    assert_eq!(answers, [[Answer::Yes]]);
}

#[test]
fn mistakes_of_a_card_are_told_with_their_line() {
    let refused = |from: &str, to: &str, expected: &str| {
        let errors = RuleSet::load([card("open", &OPEN.replace(from, to))].into_iter());
        let errors: Vec<String> = errors.unwrap_err().iter().map(ToString::to_string).collect();
        let expected = format!("rules/exposure/open.md:{expected}");
        assert!(errors.contains(&expected), "{errors:?}");
    };
    refused("it.auth\"\ne", "it.auht\"\ne", "8: Datastore has no `auht`; did you mean `auth`?");
    refused(
        "'internet'",
        "'web'",
        "7: there is no circle 'web'; there are `none`, `loopback`, \
        `pods`, `members`, `internet-restricted`, `overlay`, `cluster`, `private-network`, `internet`",
    );
    refused(
        "\"high\"",
        "\"bad\"",
        "7: `bad` is no severity; there are info, low, medium, high, critical",
    );
    refused("{people}", "{who}", "10: `who` is none of `it`, `it.FIELD` and `people`");
    refused("reachable", "gone", "11: there is no rule `gone`");
    refused(
        "say",
        "tell",
        "10: unknown field `tell`, expected one of `severity`, `about`, `when`, \
        `at`, `evidence`, `say`, `help`, `replaces`, `tags`, `since`, `see`, `status`, \
        `even_by_default`, `once_for_copies`, `was`",
    );
}
