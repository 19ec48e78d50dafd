//! What a configuration says, what is wrong with it and where.

use super::*;

fn file(text: &str) -> Source {
    Source { path: "seawall.toml".into(), text: text.into() }
}

fn here() -> Vec<Scope> {
    vec![Scope { reported: String::new(), inside: String::new() }]
}

/// What is wrong, as `text at its place: message; help`.
fn check(text: &str, expected: &[&str]) {
    let faults = read(file(text), here(), true).err().unwrap_or_default();
    let told: Vec<String> = faults
        .iter()
        .map(|fault| {
            let help = fault.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
            format!("{}: {}{help}", &text[fault.at.clone()], fault.message)
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn what_is_mistyped_is_told_with_what_was_meant() {
    check("fail-on = 'high'\nskip = ['open-*']\nrule = 'exposure'\n", &[]);
    check(
        "fail_on = 'high'",
        &["fail_on: the configuration has no `fail_on`; `fail-on` is probably meant"],
    );
    check("fail-on = 'hihg'", &["'hihg': `fail-on` cannot be `hihg`; `high` is probably meant"]);
    check("min-severity = 3", &["3: `min-severity` is a text in quotes"]);
    check("skip = ['a', 1]", &["1: `skip` is a list of texts in quotes"]);
    check(
        "[[class]]\ntable = 't'\nclass = 'promts'",
        &["'promts': there is no class `promts`; `prompts` is probably meant"],
    );
    check("[[class]]\nclass = 'none'", &["[[class]]: `[[class]]` needs `table`, `column` or both"]);
    check(
        "[class]\ntable = 't'",
        &[
            "[class]: `class` is a list of tables; write each as a table of its own, under `[[class]]`",
        ],
    );
    check(
        "[[ignore]]\nrule = 'a'\nfile = 'x'\n",
        &[
            "[[ignore]]: `[[ignore]]` needs `path`",
            "file: `[[ignore]]` has no `file`; known are `rule`, `path`, `resource`, `reason`, `until`",
        ],
    );
    check(
        "[[ignore]]\nrule = 'a'\npath = '../x'\nuntil = '31.1.2027'\n",
        &[
            "'../x': `../x` is no path below the configuration's folder",
            "'31.1.2027': `until` is a date: YYYY-MM-DD",
        ],
    );
    assert!(read(file("a = "), here(), true).is_err());
}

#[test]
fn paths_are_those_of_an_ignore_file_beside_the_configuration() {
    let means = |pattern: &str, scope: (&str, &str), path: &str| {
        let text = format!("[[ignore]]\nrule = 'a'\npath = '{pattern}'\nuntil = 2027-01-31\n");
        let scope = Scope { reported: scope.0.into(), inside: scope.1.into() };
        let read = read(file(&text), vec![scope], true).unwrap();
        assert_eq!(read.ignores[0].until.as_deref(), Some("2027-01-31"));
        read.means(&read.ignores[0], path)
    };
    for (pattern, path, expected) in [
        ("legacy/", "legacy/a/b.tf", true),
        ("legacy", "a/legacy/b.tf", true),
        ("/legacy", "a/legacy/b.tf", false),
        ("./a.tf", "a.tf", true),
        ("./a.tf", "b/a.tf", false),
        ("a/*.tf", "a/b.tf", true),
        ("a/*.tf", "a/b/c.tf", false),
        ("a/**/*.tf", "a/b/c.tf", true),
        ("*.sql", "a/b.tf", false),
    ] {
        assert_eq!(means(pattern, ("", ""), path), expected, "{pattern} {path}");
    }
    // `seawall check infra/db` where the configuration lies in `infra`.
    assert!(means("db/*.sql", ("infra/db", "db"), "infra/db/a.sql"));
    assert!(!means("*.sql", ("infra/db", "db"), "infra/dbs/a.sql"));
    // `seawall check .` in `infra/db`.
    assert!(means("/db/a.sql", ("", "db"), "a.sql"));
}

#[test]
fn dates_are_days() {
    assert!(is_date("2027-01-31"));
    assert!(!is_date("2027-1-31") && !is_date("2027-13-01") && !is_date("2027-01-31T00:00:00"));
}
