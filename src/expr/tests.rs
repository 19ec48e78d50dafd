//! What conditions mean, as tables.

use super::*;
use crate::model::fact::{Evidence, Why};
use crate::model::reach::{Circle, Reach};
use crate::model::truth::{Answer, Truth};
use crate::source::FileId;

fn at(start: usize) -> Place {
    Place::new(FileId(0), start..start + 1)
}

struct World(Vec<(&'static str, Type, bool, Fact<Value>)>);

impl Names for World {
    fn kind(&self, path: &[&str]) -> Option<(Type, bool)> {
        let name = path.join(".");
        self.0.iter().find(|f| f.0 == name).map(|f| (f.1, f.2))
    }

    fn all(&self) -> Vec<String> {
        self.0.iter().map(|f| f.0.to_owned()).collect()
    }
}

impl Scope for World {
    fn get(&self, path: &[&str]) -> Fact<Value> {
        let name = path.join(".");
        self.0.iter().find(|f| f.0 == name).unwrap().3.clone()
    }

    fn place(&self) -> Place {
        at(99)
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn reach(sure: Circle, likely: Circle, may: Circle) -> Fact<Value> {
    let way = |to: Circle| vec![Evidence::new(at(7), to.name())].into();
    let reach = Reach {
        sure_way: way(sure),
        likely_way: way(likely),
        may_way: way(may),
        guess: Some("the image".into()),
        whys: vec![(Why::Variable("cidr".into()), at(8))],
        ..Reach { sure, likely, may, ..Reach::nobody() }
    };
    Fact::written(Value::Reach(reach.into()), at(7))
}

fn world() -> World {
    use Circle::{Cluster, Internet, None as Nobody, PrivateNetwork};
    let texts = |items: Vec<Fact<Value>>| Fact::written(Value::List(items.into()), at(6));
    let lost = || Fact::Unknown(Why::Variable("x".into()), at(5));
    World(vec![
        ("it.auth", Type::Text, false, Fact::written(text("none"), at(1))),
        ("it.kind", Type::Text, false, Fact::guessed(text("cache"), "the name", at(2))),
        ("it.engine", Type::Text, false, Fact::default(text("redis"), "a card", at(3))),
        ("it.lost", Type::Text, false, lost()),
        ("it.days", Type::Int, true, Fact::Unset(at(4))),
        ("it.kept", Type::Int, true, Fact::written(Value::Int(30), at(4))),
        ("it.on", Type::Bool, false, Fact::written(Value::Bool(true), at(9))),
        ("it.content", Type::Texts, false, texts(vec![Fact::written(text("queries"), at(6))])),
        ("it.mixed", Type::Texts, false, texts(vec![Fact::written(text("a"), at(6)), lost()])),
        ("it.pod", Type::Reach, false, reach(Cluster, Cluster, Cluster)),
        ("it.wide", Type::Reach, false, reach(Cluster, Internet, Internet)),
        ("it.open", Type::Reach, false, reach(Nobody, Nobody, Internet)),
        ("it.inner", Type::Reach, false, reach(Cluster, Cluster, PrivateNetwork)),
        ("set.pass", Type::Any, true, Fact::written(Value::Secret, at(10))),
        ("set.port", Type::Any, false, Fact::written(text("6379"), at(11))),
        ("set.tls", Type::Any, true, Fact::Unset(at(12))),
    ])
}

fn truth(condition: &str) -> Truth {
    let world = world();
    super::condition(condition, &world, None).unwrap_or_else(|e| panic!("{e:?}")).truth(&world)
}

fn check(cases: &[(&str, Answer)]) {
    for (condition, answer) in cases {
        assert_eq!(truth(condition).answer, *answer, "{condition}");
    }
}

fn refused(condition: &str, part: &str, message: &str) {
    let error = super::condition(condition, &world(), None).expect_err(condition);
    assert!(error.message.contains(message), "{condition}: {}", error.message);
    assert_eq!(&condition[error.range], part, "{condition}");
}

use Answer::{No, Unknown, Yes};

#[test]
fn comparisons_of_known_values() {
    check(&[
        ("it.auth == 'none'", Yes),
        ("it.auth != \"none\"", No),
        ("it.auth in ['password', 'none']", Yes),
        ("it.auth in []", No),
        ("it.auth.startsWith('no') && it.auth.endsWith('ne') && it.auth.contains('on')", Yes),
        ("size(it.auth) == 4", Yes),
        ("size(it.content) > 1", No),
        ("'queries' in it.content", Yes),
        ("'prompts' in it.content", No),
        ("it.on && !(it.auth == 'x')", Yes),
        ("it.on ? it.auth == 'x' : it.auth == 'none'", No),
        ("set.port == 6379 && set.port >= 1024", Yes),
        ("set.port == 'x'", No),
    ]);
}

#[test]
fn what_is_not_told_stays_open() {
    check(&[
        ("it.lost == 'x'", Unknown),
        ("it.lost == 'x' && it.auth == 'x'", No),
        ("it.lost == 'x' || it.auth == 'none'", Yes),
        ("!(it.lost == 'x')", Unknown),
        ("has(it.lost)", Unknown),
        ("has(it.days)", No),
        ("has(it.days) && it.days > 3", No),
        ("!has(it.days) || it.days > 3", Yes),
        ("has(it.kept) && it.kept > 3", Yes),
        ("'a' in it.mixed", Yes),
        ("'b' in it.mixed", Unknown),
        ("it.lost in ['a', 'b']", Unknown),
        ("it.lost == 'x' ? it.on : it.auth == 'none'", Yes),
    ]);
}

#[test]
fn a_secret_is_not_empty_and_nothing_else() {
    check(&[
        ("has(set.pass) && set.pass == ''", No),
        ("has(set.pass) && set.pass != ''", Yes),
        ("has(set.pass) && set.pass == 'x'", Unknown),
        ("has(set.pass) && set.pass.contains('x')", Unknown),
        ("has(set.pass) && size(set.pass) > 8", Unknown),
    ]);
}

#[test]
fn a_reach_holds_over_its_whole_span() {
    check(&[
        ("it.pod == 'cluster'", Yes),
        ("it.pod >= 'pods' && it.pod < 'internet' && 'pods' < it.pod", Yes),
        ("it.pod in ['cluster', 'private-network']", Yes),
        ("it.inner in ['cluster', 'private-network']", Yes),
        ("it.inner == 'cluster'", Unknown),
        ("it.inner == 'internet'", No),
        ("it.wide == 'internet'", Yes),
        ("it.wide == 'cluster'", No),
        ("it.open == 'internet'", Unknown),
        ("it.open >= 'none'", Yes),
    ]);
    assert_eq!(truth("it.pod >= 'pods'").guesses, []);
    assert_eq!(truth("it.wide == 'internet'").guesses, ["the image".into()]);
    assert_eq!(truth("it.wide >= 'cluster'").guesses, []);
    assert_eq!(truth("it.open == 'internet'").whys, [(Why::Variable("cidr".into()), at(8))]);
}

#[test]
fn an_answer_keeps_its_grounds() {
    let found = truth("it.auth == 'none' && it.kind == 'cache' && it.engine == 'redis'");
    assert_eq!(found.guesses, ["the name".into()]);
    assert_eq!(found.fields, ["auth".into(), "kind".into(), "engine".into()]);
    assert!(found.written);
    assert!(!truth("it.engine == 'redis' && !has(it.days)").written);
    let world = world();
    let lone = compile("it.on && it.days == 1", &Lax).unwrap().truth(&world);
    assert_eq!(lone.whys, [(Why::NoDefault("`days`".into()), at(4))]);
}

/// Lets everything through, to see what happens at run time.
struct Lax;

impl Names for Lax {
    fn kind(&self, _: &[&str]) -> Option<(Type, bool)> {
        Some((Type::Any, false))
    }
}

#[test]
fn a_chosen_value_stands_where_the_choice_was_made() {
    let world = world();
    let value = |text: &str| super::compile(text, &world).unwrap().eval(&world);
    let none = value("has(set.pass) && set.pass != '' ? 'password' : 'none'");
    assert_eq!(none, Fact::written(text("password"), at(10)));
    let Fact::Known(off, origin) = value("has(set.tls) ? 'on' : 'off'") else { panic!() };
    assert_eq!((off, origin.at), (text("off"), at(12)));
    assert_eq!(origin.basis, crate::model::fact::Basis::Default("`tls` is not set".into()));
    assert_eq!(value("'iam'").place(), at(99));
    assert!(value("it.lost == 'a' ? 'x' : 'y'").is_unknown());
    assert_eq!(value("it.lost == 'a' ? 'x' : 'x'").known(), Some(&text("x")));
    assert_eq!(value("set.tls"), Fact::Unset(at(12)));
}

#[test]
fn mistakes_are_told_with_their_place() {
    refused("it.auht == 'none'", "it.auht", "did you mean `it.auth`?");
    refused("it.pod == 'internett'", "'internett'", "did you mean 'internet'?");
    refused("it.pod in ['cluster', 'moon']", "'moon'", "no circle 'moon'");
    refused("it.days > 3", "it.days", "ask `has(it.days)` first");
    refused("it.days > 3 && has(it.days)", "it.days", "may be unset");
    refused("it.auth > 'none'", "it.auth > 'none'", "no order");
    refused("it.auth == 3", "it.auth == 3", "never equal");
    refused("it.auth", "it.auth", "expected a condition");
    refused("it.auth = 'x'", "=", "write `==`");
    refused("it.auth == 'x", "'x", "never ends");
    refused("it.content.contains('x')", "it.content", "in list");
    refused("it.on it.on", "it", "expected an operator");
    refused("exists(it.on)", "exists", "`has` and `size`");
    refused("it.auth.matches('x')", "matches", "`contains`");
    refused("it.on ==", "", "expected a value, found the end");
    refused("1 < 2 < 3", "<", "between two comparisons");
    let deep = format!("{}it.on{}", "(".repeat(9000), ")".repeat(9000));
    assert!(super::condition(&deep, &world(), None).is_err());
}

#[test]
fn no_text_breaks_the_compiler() {
    let text =
        "has(it.days) && it.days >= -3 || !(it.auth in ['ü', \"\\n\"]) ? it.on : size(it.auth) < 2";
    let world = world();
    for (start, _) in text.char_indices() {
        for sign in ["", "'", "(", "!", ".", "é", "&", "99999999999999999999", "in", "it.on ? "] {
            let _ = super::compile(&format!("{sign}{}", &text[start..]), &world);
            let _ = super::compile(&format!("{}{sign}", &text[..start]), &world);
            let both = format!("{}{sign}{}", &text[..start], &text[start..]);
            if let Err(error) = super::compile(&both, &world) {
                assert!(both.get(error.range.clone()).is_some(), "{both}: {error:?}");
            }
        }
    }
}

#[test]
fn what_another_condition_settles_need_not_be_asked_again() {
    let world = world();
    let given = super::condition("it.on && has(it.days)", &world, None).unwrap();
    assert!(super::condition("it.days > 3", &world, Some(&given)).is_ok());
}

#[test]
fn clauses_and_fields_are_told() {
    let expr = super::compile("it.on && (it.auth == 'x' && has(it.days))", &world()).unwrap();
    assert_eq!(expr.clauses().len(), 3);
}
