//! ClickHouse SQL, read by clauses: statements that create, change and drop tables, views, users.
//!
//! Only what the tool asks about is read; a statement of another kind is skipped whole. Clauses are
//! found by their first words, so a clause that is newer than this reader costs nothing.

mod called;
mod create;
mod cursor;
pub(crate) mod dbt;
mod lex;
mod shown;
#[cfg(test)]
mod tests;
mod ttl;
mod user;

use std::sync::Arc;

use crate::source::{Place, Problem, Text};
use cursor::Cursor;
use lex::Kind as TokenKind;

/// One statement that matters here.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The whole statement.
    pub(crate) place: Place,
    pub(crate) kind: StatementKind,
}

#[derive(Clone, Debug)]
pub(crate) enum StatementKind {
    /// `CREATE`, `ATTACH` or `REPLACE` of a table or a materialized view.
    Create(Box<Create>),
    Alter(Alter),
    /// `DROP TABLE` or `DROP VIEW`.
    Drop(TableName),
    /// `DROP DATABASE`
    DropDatabase(Arc<str>),
    /// `RENAME TABLE a TO b, …`
    Rename(Vec<(TableName, TableName)>),
    /// `EXCHANGE TABLES a AND b`
    Exchange(TableName, TableName),
    /// `USE name`
    Use(Arc<str>),
    /// `CREATE USER` or `ALTER USER`
    User(UserStatement),
    DropUser(Vec<Arc<str>>),
    /// `GRANT … TO`, `REVOKE … FROM`
    Grant(Grant),
    /// What the statement before this one, at the same place, shows to somebody else.
    Credentials(Credentials),
}

#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// What is created; none where a query shows it.
    pub(crate) name: Option<TableName>,
    pub(crate) found: Vec<Credential>,
}

#[derive(Clone, Debug)]
pub(crate) struct Credential {
    /// The argument's name, or that of the engine whose arguments have none.
    pub(crate) name: Arc<str>,
    pub(crate) value: Arc<str>,
    pub(crate) place: Place,
}

/// A name with its database, where one is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TableName {
    pub(crate) database: Option<Arc<str>>,
    pub(crate) table: Arc<str>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "words of the statement, each for itself")]
pub(crate) struct Create {
    pub(crate) name: TableName,
    /// From `CREATE` to the name.
    pub(crate) head: Place,
    pub(crate) view: bool,
    /// `OR REPLACE`, or `REPLACE TABLE`.
    pub(crate) replace: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) temporary: bool,
    pub(crate) cluster: Option<Arc<str>>,
    pub(crate) columns: Vec<Column>,
    pub(crate) engine: Option<Engine>,
    /// Of rows, whatever each element does to them.
    pub(crate) ttl: Option<Ttl>,
    /// Columns that stand bare in `ORDER BY`.
    pub(crate) key: Vec<Arc<str>>,
    pub(crate) settings: Vec<(Arc<str>, Arc<str>, Place)>,
    pub(crate) comment: Option<Arc<str>>,
    /// `AS other_table`: columns, engine and TTL are copied.
    pub(crate) like: Option<TableName>,
    /// `TO table`: where a materialized view's rows go.
    pub(crate) to: Option<TableName>,
}

#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: Arc<str>,
    /// The type as it was spelled; empty where it is told by a default.
    pub(crate) kind: Arc<str>,
    pub(crate) comment: Option<Arc<str>>,
    /// A TTL of the column alone: clears values, deletes no rows.
    pub(crate) ttl: Option<Place>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) name: Arc<str>,
    /// What stands in its parentheses, as it was spelled.
    pub(crate) args: Arc<str>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct Ttl {
    pub(crate) place: Place,
    pub(crate) elements: Vec<TtlElement>,
}

#[derive(Clone, Debug)]
pub(crate) struct TtlElement {
    pub(crate) action: TtlAction,
    /// `None`: the expression is not evaluated.
    pub(crate) age: Option<Age>,
    /// A template still fills in a part of it.
    pub(crate) template: bool,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TtlAction {
    /// Deletes rows.
    Delete,
    /// Deletes only rows that match.
    DeleteWhere,
    /// `TO DISK`, `TO VOLUME`
    Move,
    /// Replaces rows by an aggregate.
    Group,
    Recompress,
}

/// How long after its base a row expires.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Age {
    pub(crate) base: Base,
    pub(crate) seconds: i64,
    /// A number without a unit: days over a date, seconds over a time.
    pub(crate) plain: i64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Base {
    Column(Arc<str>),
    Date,
    Time,
    /// The result of a function that says nothing about its type.
    Unclear,
}

#[derive(Clone, Debug)]
pub(crate) struct Alter {
    pub(crate) name: TableName,
    /// From `ALTER` to the name.
    pub(crate) head: Place,
    pub(crate) actions: Vec<AlterAction>,
}

#[derive(Clone, Debug)]
pub(crate) enum AlterAction {
    ModifyTtl(Ttl),
    RemoveTtl(Place),
    AddColumn(Column),
    ModifyColumn(Column),
    DropColumn(Arc<str>),
    RenameColumn(Arc<str>, Arc<str>),
}

#[derive(Clone, Debug)]
pub(crate) struct UserStatement {
    pub(crate) alter: bool,
    /// From the verb to the last name.
    pub(crate) head: Place,
    pub(crate) if_not_exists: bool,
    pub(crate) users: Vec<Arc<str>>,
    /// `None`: no clause, which means no password where the user is created.
    pub(crate) identified: Option<Vec<Identified>>,
    /// `None`: no clause, which means any host where the user is created.
    pub(crate) hosts: Option<Vec<Host>>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Identified {
    pub(crate) method: Method,
    pub(crate) kept: Kept,
    pub(crate) place: Place,
}

/// How the server keeps a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// `WITH plaintext_password`
    Plain,
    /// `BY` without a method: as `default_password_type` says.
    AsConfigured,
    /// As a hash, or there is none.
    Otherwise,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Method {
    None,
    /// A password written out; `None` where a template fills it in.
    Password(Option<Arc<str>>),
    /// A hash of a password, in hexadecimal digits or another code.
    Hash(Option<Arc<str>>),
    /// LDAP, Kerberos, an HTTP service.
    External,
    /// A certificate or an SSH key.
    Key,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Host {
    Any,
    None,
    Local,
    Ip(Arc<str>),
    /// A name or a pattern that only DNS can tell.
    Named(Arc<str>),
}

#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Taken away instead of given.
    pub(crate) revoke: bool,
    /// `WITH REPLACE OPTION`: what was given before is gone.
    pub(crate) replace: bool,
    pub(crate) to: Vec<Arc<str>>,
    /// Everything, or the administration of users, on all databases.
    pub(crate) admin: bool,
    /// What is granted, as it is spelled: `SELECT ON d.*`, or names of roles.
    pub(crate) what: Arc<str>,
}

impl Credentials {
    /// What the other does not show as well.
    fn without(mut self, other: Option<&Credentials>) -> Option<Credentials> {
        let known = |place| other.is_some_and(|other| other.found.iter().any(|c| c.place == place));
        self.found.retain(|credential| !known(credential.place));
        (!self.found.is_empty()).then_some(self)
    }
}

impl Ttl {
    /// Elements that delete every row they apply to.
    pub(crate) fn deletions(&self) -> impl Iterator<Item = &TtlElement> {
        self.elements.iter().filter(|e| e.action == TtlAction::Delete)
    }
}

impl Age {
    /// Whole days, rounded up; a month has 30, a year 365. `type_of` tells a column's type.
    pub(crate) fn days(&self, type_of: impl Fn(&str) -> Option<Arc<str>>) -> Option<i64> {
        let per_plain = match &self.base {
            _ if self.plain == 0 => 0,
            Base::Date => 86_400,
            Base::Time => 1,
            Base::Unclear => return None,
            Base::Column(name) => match bare_type(&type_of(name)?) {
                t if t.starts_with("DateTime") => 1,
                t if t.starts_with("Date") => 86_400,
                _ => return None,
            },
        };
        let seconds = self.seconds.saturating_add(self.plain.saturating_mul(per_plain));
        (seconds > 0).then(|| (seconds - 1) / 86_400 + 1)
    }
}

/// A type without `Nullable( )` and `LowCardinality( )` around it.
pub(crate) fn bare_type(kind: &str) -> &str {
    let mut kind = kind.trim();
    for wrapper in ["LowCardinality(", "Nullable("] {
        kind = kind.strip_prefix(wrapper).unwrap_or(kind);
    }
    kind
}

/// Reads the statements of a script. A broken one costs itself; the next begins behind its `;`.
/// Statements by which a migration tool takes a migration back are left out.
pub(crate) fn parse(text: &Text) -> (Vec<Statement>, Vec<Problem>) {
    let (tokens, mut problems) = lex::tokens(text);
    let mut statements = Vec::new();
    let (mut start, mut down) = (0, false);
    for index in 0..=tokens.len() {
        let kind = tokens.get(index).map(|t| t.kind);
        let mark = matches!(kind, None | Some(TokenKind::End | TokenKind::Up | TokenKind::Down));
        if !(mark || index > start && begins(text, &tokens, index)) {
            continue;
        }
        if !down && start < index {
            let mut cursor = Cursor::new(text, &tokens[start..index]);
            let defined = shown::read(&cursor);
            let called = called::read(&cursor).and_then(|called| called.without(defined.as_ref()));
            let shown = [defined, called].map(|shown| shown.map(StatementKind::Credentials));
            let kinds = std::iter::once(statement(&mut cursor, &mut problems)).chain(shown);
            let place = cursor.whole();
            statements.extend(kinds.flatten().map(|kind| Statement { place, kind }));
        }
        start = index + usize::from(mark);
        match kind {
            Some(TokenKind::Up) => down = false,
            Some(TokenKind::Down) => down = true,
            _ => {}
        }
    }
    problems.sort();
    (statements, problems)
}

/// Whether a definition begins on a line of its own: the `;` before it was forgotten, or is lost in
/// something that does not close.
fn begins(text: &Text, tokens: &[lex::Token], at: usize) -> bool {
    let (before, token) = (tokens[at - 1], tokens[at]);
    if token.kind != (TokenKind::Word { quoted: false }) {
        return false;
    }
    let src = text.as_str();
    let word = |at: usize| tokens.get(at).map_or("", |t| &src[t.range()]);
    let is = |word: &str, any: &[&str]| any.iter().any(|a| word.eq_ignore_ascii_case(a));
    is(word(at), &["create", "alter", "drop"])
        && is(word(at + 1), &["table", "materialized", "user", "database", "or"])
        && src[before.range().end..token.range().start].contains('\n')
}

/// Reads a TTL clause without its keyword: `event_date + INTERVAL 30 DAY DELETE`.
pub(crate) fn parse_ttl(text: &Text) -> Option<Ttl> {
    let (tokens, _) = lex::tokens(text);
    let mut cursor = Cursor::new(text, &tokens);
    cursor.eat(&["ttl"]);
    ttl::read(&mut cursor)
}

/// Reads the clauses behind a table's columns: `ENGINE = MergeTree … TTL …`.
pub(crate) fn parse_clauses(text: &Text) -> (Option<Engine>, Option<Ttl>) {
    let (tokens, _) = lex::tokens(text);
    let mut cursor = Cursor::new(text, &tokens);
    let clauses = create::clauses(&mut cursor);
    (clauses.engine, clauses.ttl)
}

fn statement(c: &mut Cursor, problems: &mut Vec<Problem>) -> Option<StatementKind> {
    if c.eat(&["create"]) || c.eat(&["attach"]) {
        let replace = c.eat(&["or", "replace"]);
        if c.eat(&["user"]) {
            return user::read(c, false).map(StatementKind::User);
        }
        return create::read(c, replace, problems).map(|c| StatementKind::Create(Box::new(c)));
    }
    if c.eat(&["replace"]) {
        return create::read(c, true, problems).map(|c| StatementKind::Create(Box::new(c)));
    }
    if c.eat(&["alter", "user"]) {
        return user::read(c, true).map(StatementKind::User);
    }
    if c.eat(&["alter", "table"]) {
        return create::alter(c).map(StatementKind::Alter);
    }
    if c.eat(&["drop"]) {
        return drop(c);
    }
    if c.eat(&["rename", "table"]) {
        let mut pairs = Vec::new();
        loop {
            let from = c.table_name()?;
            c.eat(&["to"]).then_some(())?;
            pairs.push((from, c.table_name()?));
            if !c.eat_punct(b',') {
                return Some(StatementKind::Rename(pairs));
            }
        }
    }
    if c.eat(&["exchange", "tables"]) {
        let one = c.table_name()?;
        c.eat(&["and"]).then_some(())?;
        return Some(StatementKind::Exchange(one, c.table_name()?));
    }
    if c.eat(&["use"]) {
        return c.name().map(StatementKind::Use);
    }
    for (verb, revoke) in [("grant", false), ("revoke", true)] {
        if c.eat(&[verb]) {
            return user::grant(c, revoke).map(StatementKind::Grant);
        }
    }
    None
}

fn drop(c: &mut Cursor) -> Option<StatementKind> {
    c.eat(&["temporary"]);
    if c.eat(&["database"]) {
        c.eat(&["if", "exists"]);
        return c.name().map(StatementKind::DropDatabase);
    }
    if c.eat(&["user"]) {
        c.eat(&["if", "exists"]);
        return Some(StatementKind::DropUser(user::names(c).0));
    }
    if c.eat(&["table"]) || c.eat(&["view"]) {
        c.eat(&["if", "exists"]);
        c.eat(&["if", "empty"]);
        return c.table_name().map(StatementKind::Drop);
    }
    None
}
