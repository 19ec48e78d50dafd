//! The arguments as they are typed; `meant` says what they mean.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::source::Given;

/// Proves from infrastructure as code who can reach every data store, what it asks of them, what
/// it records and how long it keeps it.
#[derive(Parser, Debug)]
#[command(name = "seawall", version, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Report what is wrong, with the chain of places that proves it
    Check(Check),
    /// List every store: who reaches it, what it asks, what it records, how long it keeps it
    Inventory(Inventory),
    /// Print a rule's page
    Explain(Explain),
    /// List all rules
    Rules(Rules),
    /// Print the configuration in force, and where each value comes from
    Config(Config),
}

/// What to read; shared by the commands that read.
#[derive(clap::Args, Debug)]
pub(super) struct Input {
    /// Files or directories; `-` is one document on standard input; none is the working directory
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// What the document on standard input would be called; its name tells its kind
    #[arg(long, value_name = "FILE")]
    pub(super) stdin_filename: Option<String>,

    /// Value of a Terraform variable; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(super) var: Vec<Given>,

    /// File of values of Terraform variables; repeatable
    #[arg(long, value_name = "FILE", value_parser = clap::builder::StringValueParser::new().map(variable_file))]
    pub(super) var_file: Vec<Given>,

    /// Both, in the order in which they were typed
    #[arg(skip)]
    pub(super) variables: Vec<Given>,

    /// Configuration file; without one `seawall.toml` or `.seawall.toml`, upward from each PATH
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(super) config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long)]
    pub(super) no_config: bool,

    /// Threads at most; 0 is as many as the machine has
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) threads: usize,

    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

/// What a configuration may say as well.
#[derive(clap::Args, Debug)]
pub(super) struct Chosen {
    /// Severity from which findings make the exit status 1 [default: medium]
    #[arg(long, value_name = "SEVERITY",
          value_parser = ["critical", "high", "medium", "low", "never"])]
    pub(super) fail_on: Option<String>,

    /// Mildest severity to show [default: low]
    #[arg(long, value_name = "SEVERITY",
          value_parser = ["critical", "high", "medium", "low", "info"])]
    pub(super) min_severity: Option<String>,

    /// Least confidence to show and to fail on [default: likely]
    #[arg(long, value_name = "CONFIDENCE",
          value_parser = ["certain", "likely", "possible"])]
    pub(super) min_confidence: Option<String>,

    /// Run only these rules: a name, a category, or a glob of names; repeatable
    #[arg(long, value_name = "NAME")]
    pub(super) rule: Vec<String>,

    /// Leave these rules out: a name, a category, or a glob of names; repeatable
    #[arg(long, value_name = "NAME")]
    pub(super) skip: Vec<String>,

    /// Directory with rule pages of your own, beside the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) input: Input,

    /// Format of the report on standard output
    #[arg(long, default_value = "human", value_parser = formats())]
    pub(super) format: String,

    /// Also write a report into a file; repeatable
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(super) output: Vec<String>,

    #[command(flatten)]
    pub(super) chosen: Chosen,

    /// When to color
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,

    /// Say nothing but findings
    #[arg(long, short, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Also list what was not understood
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(clap::Args, Debug)]
pub(super) struct Inventory {
    #[command(flatten)]
    pub(super) input: Input,

    #[arg(long, default_value = "text")]
    pub(super) format: Layout,
}

#[derive(clap::Args, Debug)]
pub(super) struct Explain {
    /// The rule's name
    pub(super) rule: String,

    /// Directory with rule pages of your own, beside the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(super) struct Rules {
    #[arg(long, default_value = "text")]
    pub(super) format: Layout,

    /// Directory with rule pages of your own, beside the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(super) struct Config {
    #[command(flatten)]
    pub(super) input: Input,

    #[command(flatten)]
    pub(super) chosen: Chosen,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    Text,
    Json,
}

impl Args {
    /// The arguments of this process; what was typed in turns keeps its order.
    pub(super) fn read(
        typed: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Args, clap::Error> {
        let matches = Args::command().try_get_matches_from(typed)?;
        let mut args = Args::from_arg_matches(&matches)?;
        let input = match &mut args.command {
            Command::Check(check) => Some(&mut check.input),
            Command::Inventory(inventory) => Some(&mut inventory.input),
            Command::Config(config) => Some(&mut config.input),
            Command::Explain(_) | Command::Rules(_) => None,
        };
        if let (Some(input), Some((_, matches))) = (input, matches.subcommand()) {
            input.variables = in_order(matches);
        }
        Ok(args)
    }
}

fn in_order(matches: &ArgMatches) -> Vec<Given> {
    let mut all: Vec<(usize, Given)> = Vec::new();
    for name in ["var", "var_file"] {
        let indices = matches.indices_of(name).into_iter().flatten();
        let values = matches.get_many::<Given>(name).into_iter().flatten();
        all.extend(indices.zip(values.cloned()));
    }
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, given)| given).collect()
}

fn variable(typed: &str) -> Result<Given, String> {
    match typed.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok(Given::Value(name.trim().into(), value.into()))
        }
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

fn variable_file(typed: String) -> Given {
    Given::File(typed.into())
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(crate::report::Format::NAMES.map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_arguments_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn values_keep_the_order_in_which_they_are_typed() {
        let typed = ["seawall", "check", "--var", "a=1=2", "--var-file", "p.tfvars", "--var", "a="];
        let args = Args::read(typed.map(Into::into)).unwrap();
        let Command::Check(check) = args.command else { panic!("another command") };
        let value = |value: &str| Given::Value("a".into(), value.into());
        assert_eq!(
            check.input.variables,
            [value("1=2"), Given::File("p.tfvars".into()), value("")]
        );
        assert!(Args::read(["seawall", "check", "--var", "a"].map(Into::into)).is_err());
    }

    #[test]
    fn what_is_not_built_yet_is_refused() {
        for option in ["--baseline", "--fix", "--diff", "--only"] {
            let typed = ["seawall", "check", option, "x"];
            assert!(Args::try_parse_from(typed).is_err(), "{option}");
        }
    }
}
