//! The command line: arguments in, reports out, an exit status at the end.
//!
//! Standard output carries data only; everything said to a person goes to standard error.

mod args;
mod check;
mod config;
mod configured;
mod explain;
mod inventory;
mod meant;
mod select;
mod stream;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use self::args::{Args, Command};
use self::stream::say;
use crate::session::UsageError;

/// What the contract promises to callers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    Clean,
    Found,
    Usage,
    Internal,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Clean => 0,
            Status::Found => 1,
            Status::Usage => 2,
            Status::Internal => 3,
        })
    }
}

/// Why a command ended without an answer.
enum Stop {
    Usage(String),
    /// Mistakes of the configuration, drawn at their places.
    Faults(String),
    /// Standard output or a report's file could not be written.
    Write(std::io::Error),
}

impl From<UsageError> for Stop {
    fn from(error: UsageError) -> Stop {
        Stop::Usage(error.to_string())
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Write(error)
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let args = match Args::read(std::env::args_os()) {
        Ok(args) => args,
        // Help and version are no errors; clap knows where each belongs.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Status::Usage } else { Status::Clean });
        }
    };
    // A panic's own message goes to standard error; here it only becomes the exit status.
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| run(args.command)));
    let status = match outcome {
        Ok(Ok(status)) => status,
        Ok(Err(Stop::Usage(message))) => {
            say(&format!("error: {message}"));
            Status::Usage
        }
        Ok(Err(Stop::Faults(drawn))) => {
            stream::show(&drawn);
            Status::Usage
        }
        Ok(Err(Stop::Write(error))) => {
            say(&format!("error: cannot write: {error}"));
            Status::Internal
        }
        Err(_) => {
            say("error: seawall itself failed; please report the message above");
            Status::Internal
        }
    };
    status.into()
}

fn run(command: Command) -> Result<Status, Stop> {
    match command {
        Command::Check(args) => check::run(args),
        Command::Inventory(args) => inventory::run(args),
        Command::Explain(args) => explain::explain(&args),
        Command::Rules(args) => explain::rules(&args),
        Command::Config(args) => config::run(&args),
    }
}
