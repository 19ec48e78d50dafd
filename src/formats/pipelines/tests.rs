//! Configurations in, what reaches their sinks out.

use super::{Pipelines, fluent_bit, vrl};
use crate::formats::dump::{self, lowered};
use crate::formats::{Claim, Format};
use crate::source::{FileId, Text};

use super::flow::Effect;

/// Every sink as `title content scrubbed`.
#[track_caller]
fn check(path: &str, text: &str, expected: &[&str]) {
    let (out, _) = lowered(&Pipelines, &[(path, text)]);
    let mut lines: Vec<String> = Vec::new();
    for draft in &out.logs {
        let content = draft.log.content.known().into_iter().flatten();
        let content: Vec<String> = content.map(dump::fact).collect();
        let scrubbed = dump::fact(&draft.log.scrubbed);
        lines.push(format!("{} {} {scrubbed}", draft.log.identity.title, content.join("+")));
    }
    assert_eq!(lines, expected, "{text}");
}

/// A remap between a source and a sink.
#[track_caller]
fn check_vrl(program: &str, expected: &str) {
    let text = Text::of_file(FileId(0), program.into());
    let found = match vrl::effect(&text) {
        Effect::Clears { .. } => "clears",
        Effect::Idle { .. } => "idle",
        Effect::Unknown(..) => "unknown",
        Effect::Nothing | Effect::Selects => "nothing",
    };
    assert_eq!(found, expected, "{program}");
}

#[test]
fn a_result_counts_only_where_it_comes_back_to_the_event() {
    check_vrl(".message = redact(.message, filters: [r'a'])", "clears");
    check_vrl("redact(.message, filters: [r'a'])", "idle");
    check_vrl("# .message = redact(.message)\nredact(.message)", "idle");
    check_vrl("# .message = redact(.message)\n.a = 1", "nothing");
    check_vrl("x = redact(.message)\n.other = 1", "idle");
    check_vrl("x = redact(.message)\n.message = x", "clears");
    check_vrl("m = string!(.message)\nm = redact(m)\n.message = m", "clears");
    check_vrl("m = string!(.message)\nm = redact(m)", "idle");
    check_vrl("., err = redact(., filters: [\"us_social_security_number\"])", "clears");
    check_vrl(".message = replace!(\n  redact(.message),\n  r'a', \"b\"\n)", "clears");
    check_vrl(".message = if true {\n redact(.message)\n} else { .message }", "clears");
    check_vrl("if exists(.message) {\n redact(.message)\n}", "idle");
    check_vrl("if exists(.message) { .message = redact(.message) }", "clears");
    check_vrl(". = map_values(., recursive: true) -> |v| { redact(v) }", "clears");
    check_vrl(". = {\n \"a\": redact(.a),\n \"b\": .b\n}", "clears");
}

#[test]
fn a_result_in_another_field_leaves_the_field_as_it_was() {
    check_vrl(".clean = redact(.message)", "idle");
    check_vrl(".clean = redact(.message)\ndel(.message)", "clears");
    check_vrl(".clean = redact(.message)\n.message = .clean", "clears");
}

#[test]
fn only_what_is_about_secrets_counts() {
    check_vrl("del(.authorization)", "clears");
    check_vrl("del(.host)", "nothing");
    check_vrl(".user = del(.token)", "nothing");
    check_vrl(".password = \"***\"", "clears");
    check_vrl(
        ".message = replace(string!(.message), r'password=\\S+', \"password=***\")",
        "clears",
    );
    check_vrl("replace(string!(.message), r'password=\\S+', \"password=***\")", "idle");
    check_vrl(".message = replace(.message, \"\\n\", \" \")", "nothing");
    check_vrl(".a = (((", "nothing");
    check_vrl("\"open", "nothing");
}

/// Source `in`, a transform `mask` that masks, and the rest.
fn vector(rest: &str) -> String {
    format!(
        "sources:\n  in: {{type: file, include: [/a]}}\ntransforms:\n  mask: {{type: remap, inputs: \
         [in], source: '.message = redact(.message)'}}\n{rest}"
    )
}

#[test]
fn wiring_beats_definition() {
    let sink = |rest: &str, expected: &[&str]| check("vector.yaml", &vector(rest), expected);
    sink("sinks:\n  out: {type: loki, inputs: [mask]}", &["sink `out` secrets true"]);
    sink("sinks:\n  out: {type: loki, inputs: [in]}", &["sink `out` secrets false"]);
    sink("sinks:\n  out: {type: loki, inputs: ['*']}", &["sink `out` secrets false"]);
    sink("sinks:\n  out: {type: loki, inputs: ['ma*']}", &["sink `out` secrets true"]);
    sink("sinks:\n  out: {type: loki, inputs: [mask.dropped]}", &["sink `out` secrets false"]);
    sink("sinks:\n  out: {type: blackhole, inputs: [in]}", &[]);
    sink("sinks:\n  out: {type: loki, inputs: [elsewhere]}", &[]);
    sink(
        "  some: {type: route, inputs: [in], route: {a: 'true'}}\nsinks:\n  out: {type: loki, \
         inputs: [some.a]}",
        &["sink `out` secrets ?"],
    );
    sink(
        "  some: {type: lua, inputs: [in]}\nsinks:\n  out: {type: loki, inputs: [some]}",
        &["sink `out` secrets ?"],
    );
}

#[test]
fn plain_pipelines_hold_nothing_that_was_meant_to_go() {
    check(
        "a/vector.yaml",
        "sources:\n  m: {type: host_metrics}\n  l: {type: journald}\nsinks:\n  a: {type: \
         prometheus_exporter, inputs: [m]}\n  b: {type: loki, inputs: [l]}",
        &["sink `b` general false"],
    );
    check(
        "vector.json",
        "{\"sources\": {\"l\": {\"type\": \"http_server\", \"headers\": [\"Authorization\"]}}, \
         \"sinks\": {\"b\": {\"type\": \"loki\", \"inputs\": [\"l\"]}}}",
        &["sink `b` requests false"],
    );
    check(
        "vector.toml",
        "[sources.l]\ntype = \"file\"\ninclude = [\"/var/log/prompts.log\"]\n[sinks.b]\ntype = \
         \"loki\"\ninputs = [\"l\"]",
        &["sink `b` prompts(guess) false"],
    );
}

/// A collector with a processor `p` and pipelines.
#[track_caller]
fn check_otel(processor: &str, pipelines: &str, expected: &[&str]) {
    let text = format!(
        "receivers: {{otlp: {{}}}}\nprocessors:\n  batch: {{}}\n  {processor}\nexporters: {{loki: \
         {{}}, debug: {{}}}}\nservice:\n  pipelines: {pipelines}"
    );
    check("otel.yaml", &text, expected);
}

#[test]
fn processors_count_where_a_pipeline_lists_them() {
    const DELETE: &str = "attributes: {actions: [{key: authorization, action: delete}]}";
    let logs = |processors: &str, more: &str| {
        format!(
            "{{logs: {{receivers: [otlp], processors: [{processors}], exporters: [loki, debug]}}\
             {more}}}"
        )
    };
    let out = |rest: &str| format!("exporter `loki` of pipeline `logs` {rest}");
    check_otel(DELETE, &logs("attributes", ""), &[&out("secrets true")]);
    check_otel(DELETE, &logs("batch", ""), &[&out("secrets false")]);
    let raw = ", logs/raw: {receivers: [otlp], exporters: [loki]}";
    check_otel(
        DELETE,
        &logs("attributes", raw),
        &[&out("secrets true"), "exporter `loki` of pipeline `logs/raw` secrets false"],
    );
    let idle = "attributes: {actions: [{key: password, action: insert, value: '***'}]}";
    check_otel(idle, &logs("attributes", ""), &[&out("secrets false")]);
    let open = "redaction: {allow_all_keys: true}";
    check_otel(open, &logs("redaction", ""), &[&out("secrets false")]);
    let other = "transform: {trace_statements: ['delete_key(attributes, \"token\")']}";
    check_otel(other, &logs("transform", ""), &[&out("secrets false")]);
    let own = "transform: {log_statements: [{context: log, statements: \
               ['replace_pattern(body, \"password=\\\\S+\", \"***\")']}]}";
    check_otel(own, &logs("transform", ""), &[&out("secrets true")]);
    check_otel("memory_limiter: {}", &logs("batch", ""), &[&out("general false")]);
}

#[track_caller]
fn check_fluent(tag: &str, filter: &str, matched: &str, expected: &str) {
    let text = format!(
        "[INPUT]\n  Name tail\n  Tag {tag}\n[FILTER]\n  {}\n[OUTPUT]\n  Name es\n  Match {matched}\n",
        filter.replace("; ", "\n  ")
    );
    check("fluent-bit.conf", &text, &[&format!("output `es` {expected}")]);
}

#[test]
fn filters_count_where_their_match_takes_the_tag() {
    check_fluent("app.*", "Name modify; Match app.*; Remove password", "*", "secrets true");
    check_fluent(
        "application.*",
        "Name modify; Match app.*; Remove password",
        "*",
        "secrets false",
    );
    check_fluent("app.*", "Name modify; Match app.a*; Remove password", "*", "general ?");
    check_fluent("app.*", "Name modify; Match *; Add password ***", "*", "secrets false");
    check_fluent("app.*", "Name kubernetes; Match *", "*", "general false");
    check_fluent("app.*", "Name lua; Match *; script a.lua; call b", "*", "general ?");
    check_fluent("app.*", "Name lua; Match b.*; script redact.lua; call b", "*", "secrets false");
    check(
        "fluent-bit.yaml",
        "pipeline:\n  inputs:\n    - name: tail\n      tag: a\n  filters:\n    - name: modify\n      \
         match: b\n      remove: token\n  outputs:\n    - name: es\n      match: '*'\n",
        &["output `es` secrets false"],
    );
}

#[test]
fn files_are_claimed_by_the_sections_that_belong_together() {
    let claim = |path, text| Pipelines.claims(path, text);
    assert_eq!(claim("a.yaml", "sources:\nsinks:\n"), Claim::Surely);
    assert_eq!(claim("a.yaml", "apiVersion: v1\nsources:\nsinks:\n"), Claim::No);
    assert_eq!(claim("a.yaml", "pipeline:\n  steps:\n"), Claim::No);
    assert_eq!(claim("a.conf", "[server]\n[INPUT]\n"), Claim::No);
    assert!(
        fluent_bit::classic(&Text::of_file(FileId(0), "@INCLUDE a".into()), "a".into()).is_none()
    );
}

#[test]
fn what_is_still_to_be_filled_in_is_no_mistake() {
    let port = "[sources.a]\nport = ${PORT}\n[sinks.b]\ninputs = [\"a\"]\n";
    let parse = |text: &str| Pipelines.parse(&Text::of_file(FileId(0), text.into()), "v.toml");
    assert!(parse(port).1.is_empty());
    assert!(!parse("[sinks.b]\ninputs = [\"a\n").1.is_empty());
}
