//! Configurations, made up from a seed.
//!
//! What release 18.16 does otherwise than today's servers is never made, by these rules:
//! - an attribute that takes a value from elsewhere stands only on elements that no other file
//!   names: 18.16 keeps the attributes of the base, today's servers those of the last file;
//! - `no_password`, `<include>`, `optional`, YAML: 18.16 does not know them;
//! - no extension is in capitals: 18.16 does not read such files;
//! - a document that includes another is called `yandex`: 18.16 asks for `/yandex/include_from`;
//! - every account names its profile and quota, which had no defaults;
//! - networks are single addresses, all or none: 18.16 compares IPv4 prefixes wrongly;
//! - `remove` in an element that the base does not have: 18.16 keeps it, today's servers drop it;
//! - no host names but `localhost` in networks: they ask the network's name server, and a server
//!   listens on one of the addresses that it answers.

use std::fmt::Write as _;
use std::net::TcpListener;

pub(crate) const WRONG: &str = "wrong-password";

/// SHA-256 of the empty text, and of `qwerty`.
const HASHES: [&str; 2] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "65e84be33532fb784c48129675f9eff3a682b27168c0ea744b2cf58ee02337c5",
];
const ACCOUNTS: [&str; 4] = ["default", "app", "reader", "B0b"];
const NAMES: [&str; 10] = [
    "a.xml",
    "b.xml",
    "10.xml",
    "9.xml",
    "Z.xml",
    "c.conf",
    "e.xml",
    "kept.xml.bak",
    ".hidden.xml",
    "notes.txt",
];
/// First port of the cases; below what the kernel gives to clients.
const FIRST_PORT: u16 = 20_000;

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// True once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

pub(crate) struct Case {
    files: Vec<(String, String)>,
    /// Name of the main file, and of the users file if it is another.
    pub(crate) main: String,
    pub(crate) users: Option<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) arguments: Vec<String>,
    /// Every port that may open, and what speaks there.
    pub(crate) ports: Vec<u16>,
    pub(crate) http: Vec<u16>,
    pub(crate) native: Vec<u16>,
    pub(crate) replicas: u16,
    pub(crate) accounts: Vec<String>,
}

impl Case {
    pub(crate) fn generate(seed: u64, index: u64) -> Case {
        let mut random = Random(seed ^ index.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        let mut maker = Maker { ports: ports(index), random, substituted: 0, native_told: false };
        maker.case()
    }

    /// The files as they lie in a folder.
    pub(crate) fn files_in(&self, folder: &str) -> Vec<(String, String)> {
        self.files.iter().map(|(p, t)| (p.clone(), t.replace("{DIR}", folder))).collect()
    }

    /// Whether an env file beside the configuration tells all variables.
    pub(crate) fn tells_variables(&self) -> bool {
        self.files.iter().any(|(p, _)| p == ".env")
            && !self.files.iter().any(|(_, t)| t.contains("SEAWALL_UNSET"))
    }

    pub(crate) fn uses_variables(&self) -> bool {
        self.files.iter().any(|(_, t)| t.contains("from_env"))
    }
}

/// Two ports for HTTP, two for the native protocol, one for replicas.
fn ports(index: u64) -> [u16; 5] {
    let first = FIRST_PORT + u16::try_from(index % 500).unwrap() * 20;
    let mut free = (first..first + 20).filter(|p| TcpListener::bind(("0.0.0.0", *p)).is_ok());
    std::array::from_fn(|_| free.next().expect("five free ports of twenty"))
}

struct Maker {
    random: Random,
    ports: [u16; 5],
    substituted: usize,
    /// The native port comes from a variable, so no other file names it.
    native_told: bool,
}

impl Maker {
    fn case(&mut self) -> Case {
        let main = if self.random.once_in(6) { "server.xml" } else { "config.xml" };
        let users = match self.random.below(8) {
            0 => None,
            1 => Some("accounts.xml"),
            _ => Some("users.xml"),
        };
        let mut files = Vec::new();
        let includes = self.random.once_in(3);
        if includes {
            files.push(("substitutions.xml".to_owned(), INCLUDED.to_owned()));
        }
        let mut text = self.main(users, includes);
        if users.is_none() {
            text.push_str(&self.users_file());
        }
        files.push((main.to_owned(), self.rooted(&text)));
        if let Some(users) = users {
            let mut text = self.users_file();
            if self.random.once_in(4) {
                text.push_str("<include_from>{DIR}/substitutions.xml</include_from>\n");
                if !includes {
                    files.push(("substitutions.xml".to_owned(), INCLUDED.to_owned()));
                }
            }
            files.push((users.to_owned(), self.rooted(&text)));
        }
        for _ in 0..self.random.below(5) {
            self.merged(main, users, &mut files);
        }
        let arguments = match self.random.below(12) {
            0 => vec!["--".to_owned(), format!("--http_port={}", self.ports[1])],
            1 => vec!["--".to_owned(), "--listen_host=127.0.0.4".to_owned()],
            _ => Vec::new(),
        };
        let native = self.ports[2].to_string();
        let variables = [
            ("SEAWALL_WORD", "a word"),
            ("SEAWALL_NOTHING", ""),
            ("SEAWALL_TREE", "<a>1</a><b id=\"2\">x</b>"),
            ("SEAWALL_PORT", &native),
        ];
        if self.random.once_in(3) {
            let lines = variables.map(|(name, value)| format!("{name}='{value}'\n"));
            files.push((".env".to_owned(), lines.concat()));
        }
        let accounts = ACCOUNTS.iter().chain(&["app[1]", "nobody", "from_include"]);
        Case {
            files,
            main: main.to_owned(),
            users: users.map(str::to_owned),
            variables: variables.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            arguments,
            ports: self.ports.to_vec(),
            http: self.ports[..2].to_vec(),
            native: self.ports[2..4].to_vec(),
            replicas: self.ports[4],
            accounts: accounts.map(|a| (*a).to_owned()).collect(),
        }
    }

    /// Attributes on the root have no effect, and both names are one.
    fn rooted(&mut self, text: &str) -> String {
        let names = ["yandex", "clickhouse"];
        let root = self.random.of(if text.contains("include_from") { &names[..1] } else { &names });
        let attribute = self.random.of(&["", "", " replace=\"true\"", " remove=\"1\""]);
        let head = self.random.of(&["", "<?xml version=\"1.0\"?>\n", "<!-- made up -->\n"]);
        format!("{head}<{root}{attribute}>\n{text}</{root}>\n")
    }

    fn main(&mut self, users: Option<&str>, includes: bool) -> String {
        let mut out = "<logger><level>warning</level><console>1</console></logger>\n\
                       <path>{DIR}/data/</path><tmp_path>{DIR}/data/tmp/</tmp_path>\n\
                       <mark_cache_size>1000000</mark_cache_size>\n\
                       <default_profile>default</default_profile>\n\
                       <default_database>default</default_database>\n"
            .to_owned();
        let _ = writeln!(out, "<http_port>{}</http_port>", self.ports[0]);
        match self.random.below(5) {
            0 => {}
            1 => {
                self.native_told = true;
                out.push_str("<tcp_port from_env=\"SEAWALL_PORT\"/>\n");
            }
            _ => {
                let _ = writeln!(out, "<tcp_port>{}</tcp_port>", self.ports[2]);
            }
        }
        if self.random.once_in(3) {
            let port = self.ports[4];
            let _ = writeln!(out, "<interserver_http_port>{port}</interserver_http_port>");
            if self.random.once_in(2) {
                out.push_str(
                    "<interserver_http_credentials><user>r</user><password>s-1</password>\
                     </interserver_http_credentials>\n",
                );
            }
        }
        for host in ["127.0.0.2", "::1", "127.0.0.1", "127.0.0.5"] {
            if self.random.once_in(3) {
                let _ = writeln!(out, "<listen_host>{host}</listen_host>");
            }
        }
        if let Some(users) = users {
            let folder = if self.random.once_in(2) { "{DIR}/" } else { "" };
            let _ = writeln!(out, "<users_config>{folder}{users}</users_config>");
        }
        if includes {
            out.push_str("<include_from>{DIR}/substitutions.xml</include_from>\n");
        }
        for _ in 0..self.random.below(4) {
            out.push_str(&self.tree(0, true));
        }
        out.push_str(NESTED);
        out
    }

    /// Changes inside of what every main file has; what is gone is not asked for again.
    fn nested(&mut self) -> String {
        let inner = self.random.of(&[
            "<gone remove=\"1\"/>",
            "<kept replace=\"1\"><z>1</z></kept>",
            "<kept><z id=\"2\">2</z></kept>",
            "<kept/>",
            "<text>over</text>",
            "<text/>",
            "<new><a replace=\"1\">x</a></new>",
            "<gone remove=\"1\"/><gone>again</gone>",
        ]);
        format!("<nested>{inner}</nested>\n")
    }

    fn listen_host(&mut self, attribute: &str) -> String {
        let host = match self.random.below(40) {
            0 => "",
            n if n < 3 => "::1",
            n if n < 6 => "127.0.0.1",
            n if n < 9 => "127.0.0.2",
            n if n < 25 => "127.0.0.4",
            _ => "127.0.0.3",
        };
        format!("<listen_host{attribute}>{host}</listen_host>\n")
    }

    fn users_file(&mut self) -> String {
        let mut out = PROFILES.to_owned() + "<quotas><default/></quotas>\n<users>\n";
        for account in ACCOUNTS {
            if account == "default" || self.random.once_in(2) {
                out.push_str(&self.account(account, "", true));
            }
        }
        // A second account of a name is one of its own.
        if self.random.once_in(12) {
            out.push_str(&self.account("app", "", false));
        }
        if self.random.once_in(6) {
            out.push_str("<from_include incl=\"account\"/>\n");
        }
        out.push_str("</users>\n");
        out
    }

    /// A whole account, as it may stand where there was none.
    fn account(&mut self, name: &str, attribute: &str, alone: bool) -> String {
        let password = match self.random.below(120) {
            0 => String::new(),
            1 => "<password>x1</password><password_sha256_hex>00</password_sha256_hex>".to_owned(),
            2 => "<password_sha256_hex></password_sha256_hex>".to_owned(),
            3 => "<Password>x</Password>".to_owned(),
            n if n < 16 => self.hash(),
            n if n < 50 && alone && name == "reader" => self.variable("password"),
            _ => self.password(""),
        };
        let networks = match self.random.below(12) {
            0 => String::new(),
            1 => "<networks/>".to_owned(),
            2 if alone && name == "B0b" => format!(
                "<networks incl=\"networks\"{}><ip>::/0</ip></networks>",
                self.random.of(&["", " replace=\"replace\""])
            ),
            _ => self.networks(""),
        };
        let profile =
            self.random.of(&["default", "default", "default", "reader", "setter", "child"]);
        format!(
            "<{name}{attribute}>{password}{networks}<profile>{profile}</profile>\
             <quota>default</quota></{name}>\n"
        )
    }

    fn password(&mut self, attribute: &str) -> String {
        let text = match self.random.below(16) {
            0 => " ",
            1 => "<![CDATA[cd&ata]]>",
            2 => "two<!-- parts -->parts",
            3 => "a&amp;b",
            n if n < 9 => "strong-1",
            _ => "",
        };
        format!("<password{attribute}>{text}</password>")
    }

    fn hash(&mut self) -> String {
        let hash = self.random.of(&HASHES);
        format!("<password_sha256_hex>{hash}</password_sha256_hex>")
    }

    fn variable(&mut self, name: &str) -> String {
        let variable = self.random.of(&["SEAWALL_WORD", "SEAWALL_NOTHING", "SEAWALL_UNSET"]);
        format!("<{name} from_env=\"{variable}\"/>")
    }

    fn networks(&mut self, attribute: &str) -> String {
        let mut out = format!("<networks{attribute}>");
        for _ in 0..=self.random.below(3) {
            let entry = match self.random.below(30) {
                0 if self.random.once_in(5) => "<network>::/0</network>",
                1 if self.random.once_in(5) => "<ip> ::/0 </ip>",
                n if n < 10 => "<ip>::/0</ip>",
                n if n < 16 => "<ip>::1</ip><ip>127.0.0.1</ip>",
                n if n < 18 => "<ip_of_office>10.9.8.7</ip_of_office>",
                n if n < 19 => "<host>localhost</host>",
                19 => "<host_regexp>^nobody[0-9]+\\.example$</host_regexp>",
                n if n < 22 => "<ip>fd00::5</ip>",
                _ => "<ip>10.1.2.3</ip>",
            };
            out.push_str(entry);
        }
        out.push_str("</networks>");
        out
    }

    /// A file in one of the folders that may or may not be read.
    fn merged(&mut self, main: &str, users: Option<&str>, files: &mut Vec<(String, String)>) {
        let stem = |name: &str| name.trim_end_matches(".xml").to_owned();
        let folder = match self.random.below(10) {
            n if n < 3 => stem(main) + ".d",
            n if n < 6 => stem(users.unwrap_or(main)) + ".d",
            n if n < 8 => "conf.d".to_owned(),
            8 => "config.d".to_owned(),
            _ => "users.d".to_owned(),
        };
        let path = format!("{folder}/{}", self.random.of(&NAMES));
        if files.iter().any(|(p, _)| *p == path) {
            return;
        }
        let there = users.is_none() || folder == stem(users.unwrap_or(main)) + ".d";
        let mut text = String::new();
        for _ in 0..=self.random.below(3) {
            let part = if self.random.once_in(2) {
                self.server_change()
            } else {
                self.users_change(there && !text.contains("<users"))
            };
            text.push_str(&part);
        }
        let text = self.rooted(&text);
        files.push((path, text));
    }

    fn server_change(&mut self) -> String {
        match self.random.below(14) {
            0 => format!("<http_port>{}</http_port>\n", self.ports[1]),
            1 | 2 if self.native_told => self.tree(0, false),
            1 => format!("<tcp_port>{}</tcp_port>\n", self.ports[3]),
            2 => "<tcp_port remove=\"1\"/>\n".to_owned(),
            3 => "<listen_host remove=\"0\"/>\n".to_owned(),
            4 => self.listen_host(" replace=\"1\""),
            5 | 6 => self.listen_host(""),
            7 | 8 => self.nested(),
            _ => self.tree(0, false),
        }
    }

    /// `there`: the document has users for sure, so that something may be removed from them.
    fn users_change(&mut self, there: bool) -> String {
        let name = self.random.of(&ACCOUNTS);
        let inner = match self.random.below(12) {
            0 | 2 | 9 if !there => return self.tree(0, false),
            0 => format!("<{name} remove=\"1\"/>"),
            1 => self.account(name, " replace=\"1\"", false),
            2 => format!("<{name} remove=\"1\"/>") + &self.account(name, "", false),
            3 => {
                return "<users replace=\"1\">".to_owned()
                    + &self.account("default", "", false)
                    + "</users>\n";
            }
            4 => {
                return "<users remove=\"1\"/><users>".to_owned()
                    + &self.account("default", "", false)
                    + "</users>\n";
            }
            // `default` is always in the base; others would lack a profile where they are new.
            5 => format!("<default>{}</default>", self.password("")),
            6 => format!("<default>{}</default>", self.password(" hide_in_preprocessed=\"true\"")),
            7 => format!("<default>{}</default>", self.networks("")),
            8 => format!("<default>{}</default>", self.networks(" replace=\"true\"")),
            9 => format!("<default><password remove=\"1\"/>{}</default>", self.hash()),
            10 if self.random.once_in(2) => format!("<default>{}</default>", self.hash()),
            _ => "<default><networks><host>localhost</host></networks></default>".to_owned(),
        };
        format!("<users>{inner}</users>\n")
    }

    /// Elements that no server asks for, to see how they are merged.
    fn tree(&mut self, depth: usize, base: bool) -> String {
        if base && self.random.once_in(5) {
            return self.substituted();
        }
        let name = self.random.of(&["alpha", "beta", "gamma"]);
        let name = if depth == 0 { format!("extra_{name}") } else { name.to_owned() };
        let attribute = match self.random.below(12) {
            0 => " id=\"1\"",
            1 => " id=\"2\"",
            2 => " id='1' kind=\"a\"",
            3 => " kind='a' id=\"1\"",
            4 if depth == 0 && !base => return format!("<{name} remove=\"1\"/>\n"),
            5 if !base => " replace=\"1\"",
            6 if !base => " replace=\"0\" id=\"1\"",
            _ => "",
        };
        let mut out = format!("<{name}{attribute}>");
        if depth < 3 && self.random.once_in(2) {
            for _ in 0..=self.random.below(3) {
                out.push_str(&self.tree(depth + 1, base));
            }
        } else {
            out.push_str(self.random.of(&[
                "1",
                "two",
                "",
                " ",
                "<![CDATA[c]]>",
                "a<!-- b -->c",
                "&lt;x&gt;",
                "&#65;",
                "x\ny",
            ]));
        }
        let _ = writeln!(out, "</{name}>");
        out
    }

    /// An element that takes its content from elsewhere, under a name of its own.
    fn substituted(&mut self) -> String {
        self.substituted += 1;
        let name = format!("substituted_{}", self.substituted);
        match self.random.below(7) {
            0 => format!("<{name} incl=\"leaf\"/>\n"),
            1 => format!("<{name} incl=\"tree\"><own>1</own></{name}>\n"),
            2 => format!("<{name} incl=\"tree\" replace=\"1\"><own>1</own></{name}>\n"),
            3 => format!("<{name} incl=\"absent\"><own>1</own></{name}>\n"),
            4 => format!("<{name} incl=\"chain\"/>\n"),
            5 => format!("<{name} from_env=\"SEAWALL_TREE\"/>\n"),
            _ => self.variable(&name) + "\n",
        }
    }
}

/// Profiles of accounts; one stands on another.
const PROFILES: &str = "<profiles><default/><reader><readonly>1</readonly></reader>\
    <setter><readonly>2</readonly></setter><child><profile>reader</profile></child></profiles>\n";

const NESTED: &str = "<nested><gone>1</gone><kept><x>1</x><x>2</x></kept><text>base</text>\
    </nested>\n";

const INCLUDED: &str = "<yandex><leaf>text</leaf><tree kind=\"t\"><a>1</a><b><c/></b></tree>\
    <chain><inner incl=\"leaf\"/></chain><networks><ip>10.1.2.3</ip></networks>\
    <account><password></password><networks><ip>::/0</ip></networks><profile>default</profile>\
    <quota>default</quota></account></yandex>\n";
