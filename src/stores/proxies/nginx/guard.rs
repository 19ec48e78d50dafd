//! What nginx asks on the way to a location: passwords, sub-requests, certificates, addresses.
//!
//! nginx.org: `ngx_http_auth_basic_module`, `ngx_http_auth_request_module`,
//! `ngx_http_access_module`, `ngx_http_core_module` ("satisfy").

use super::parse::Directive;
use crate::model::fact::{Fact, Name, Why};
use crate::model::net::Addresses;
use crate::source::Place;
use crate::stores::Program;

/// More addresses in a row than this are a generated list, which nobody reads for its holes.
const MOST_RULES: usize = 512;
/// More variables than this in a row are none that name a server.
const MOST_VARIABLES: usize = 64;
/// No name of a server is longer.
const LONGEST: usize = 1024;

/// Directives that hold at some level, inherited by the levels below.
#[derive(Clone, Default)]
pub(super) struct Scope {
    /// A realm is set, and by what; without a file of users nothing is asked.
    basic: Option<Place>,
    users: bool,
    request: Option<Place>,
    token: Option<Place>,
    certificate: Option<Place>,
    /// `allow` and `deny` in order; `None` for an address that is none.
    access: Vec<(bool, Option<Addresses>)>,
    access_at: Option<Place>,
    any: bool,
    /// A check that nobody reads.
    unknown: Option<(Why, Place)>,
    /// Everybody is answered here.
    closed: bool,
    variables: Vec<(String, String)>,
}

/// One kind of people who pass.
pub(super) struct Passing {
    pub(super) asks: Option<Fact<Name>>,
    pub(super) only_from: Option<Fact<Addresses>>,
}

impl Scope {
    /// Takes over what a block says at its own level.
    pub(super) fn enter(&mut self, block: &[Directive]) {
        let own = |d: &&Directive| matches!(&*d.name, "allow" | "deny");
        if block.iter().any(|d| own(&d)) {
            self.access.clear();
        }
        for directive in block {
            self.read(directive);
        }
    }

    fn read(&mut self, directive: &Directive) {
        let at = directive.place;
        let off = directive.arg() == "off";
        let set = |on: bool| on.then_some(at);
        match &*directive.name {
            "auth_basic" => self.basic = set(!off),
            "auth_basic_user_file" => self.users = true,
            "auth_request" => self.request = set(!off),
            "auth_jwt" | "auth_oidc" => self.token = set(!off),
            "ssl_verify_client" => self.certificate = set(directive.arg() == "on"),
            "satisfy" => self.any = directive.arg() == "any",
            "allow" | "deny" => self.access(directive),
            "return" => self.closed = true,
            "set" if self.variables.len() < MOST_VARIABLES => {
                let value = directive.args.get(1).cloned().unwrap_or_default();
                let name = directive.arg().trim_start_matches('$').to_owned();
                self.variables.push((name, value));
            }
            "access_by_lua_block" | "access_by_lua_file" | "access_by_lua" | "js_access" => {
                self.not_understood(directive);
            }
            "if" if refuses(directive) => self.not_understood(directive),
            "include" => {
                let why = Why::NotHere(directive.arg().into());
                self.unknown.get_or_insert((why, at));
            }
            _ => {}
        }
    }

    fn not_understood(&mut self, directive: &Directive) {
        let why = Why::NotUnderstood(format!("`{}` of nginx", directive.name).into());
        self.unknown.get_or_insert((why, directive.place));
    }

    fn access(&mut self, directive: &Directive) {
        let addresses = match directive.arg() {
            "all" => Some(Addresses::all()),
            "unix:" => Some(Addresses::default()),
            text => Addresses::parse(text),
        };
        if self.access.len() <= MOST_RULES {
            self.access.push((directive.name == "allow", addresses));
        }
        self.access_at.get_or_insert(directive.place);
    }

    /// A word with the variables that are set above it and, in a template, those of the container.
    pub(super) fn filled(&self, word: &str, program: &Program) -> String {
        let mut out = String::with_capacity(word.len());
        let mut rest = word;
        while let Some(at) = rest.find('$').filter(|_| out.len() < LONGEST) {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, behind) = match after.strip_prefix('{').and_then(|r| r.split_once('}')) {
                Some(parts) => parts,
                None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
            };
            let own = self.variables.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone());
            let told = own.or_else(|| program.env(name).known().map(ToString::to_string));
            match told {
                // A value that holds variables itself stays open, so that none fills itself in.
                Some(value) if !value.contains('$') || !value.contains(name) => {
                    out.push_str(&value);
                }
                _ => {
                    out.push('$');
                    out.push_str(name);
                }
            }
            rest = behind;
        }
        out + rest
    }

    /// Who passes, and what is asked of each.
    pub(super) fn guards(&self, tls: bool) -> Vec<Passing> {
        if self.closed {
            return Vec::new();
        }
        let asks = self.asks(tls);
        if asks.is_none() || !self.any {
            return vec![Passing { asks, only_from: self.admitted() }];
        }
        // Whoever comes from an address that a rule allows need not log in, and whoever logs in may
        // come from anywhere. An address that no rule names is not allowed by that.
        let mut out = vec![Passing { asks, only_from: None }];
        if let Some(listed) = self.allowed() {
            let all = listed.known().is_some_and(|listed| *listed == Addresses::all());
            out.push(Passing { asks: None, only_from: (!all).then_some(listed) });
        }
        out
    }

    fn asks(&self, tls: bool) -> Option<Fact<Name>> {
        let proof = |name: &str, at: Place| Some(Fact::written(Name::from(name), at));
        if let Some(at) = self.certificate.filter(|_| tls) {
            return proof("certificate", at);
        }
        if let Some(at) = self.basic.filter(|_| self.users) {
            return proof("password", at);
        }
        if let Some(at) = self.request.or(self.token) {
            return proof("external", at);
        }
        self.unknown.as_ref().map(|(why, at)| Fact::Unknown(why.clone(), *at))
    }

    /// Whom the rules let pass; `None`: everybody. The first rule that names an address decides;
    /// without one it passes.
    fn admitted(&self) -> Option<Fact<Addresses>> {
        let at = self.access_at.filter(|_| !self.access.is_empty())?;
        let (allowed, left) = match self.sorted() {
            Ok(sorted) => sorted,
            Err(why) => return Some(Fact::Unknown(why, at)),
        };
        let admitted = allowed.union(&left);
        (admitted != Addresses::all()).then(|| Fact::written(admitted, at))
    }

    /// Whom a rule allows; `None`: nobody.
    fn allowed(&self) -> Option<Fact<Addresses>> {
        let at = self.access_at.filter(|_| !self.access.is_empty())?;
        match self.sorted() {
            Ok((allowed, _)) if allowed.is_empty() => None,
            Ok((allowed, _)) => Some(Fact::written(allowed, at)),
            Err(why) => Some(Fact::Unknown(why, at)),
        }
    }

    /// The addresses that a rule allows, and those that none names.
    fn sorted(&self) -> Result<(Addresses, Addresses), Why> {
        if self.access.len() > MOST_RULES {
            return Err(Why::NotUnderstood("a long list of addresses".into()));
        }
        let (mut left, mut allowed) = (Addresses::all(), Addresses::default());
        for (allow, addresses) in &self.access {
            let addresses =
                addresses.as_ref().ok_or_else(|| Why::NotUnderstood("this address".into()))?;
            if *allow {
                allowed = allowed.union(&left.intersection(addresses));
            }
            left = left.without(addresses);
        }
        Ok((allowed, left))
    }
}

/// Whether a condition turns some clients away.
fn refuses(directive: &Directive) -> bool {
    directive
        .block
        .iter()
        .flatten()
        .any(|d| d.name == "return" && (d.arg().starts_with('4') || d.arg().starts_with('3')))
}
