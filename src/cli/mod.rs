//! The commands: one file each. Tables for people, `--format json` for programs, exit codes from sysexits.h.

mod backup;
mod check;
mod demo;
mod evidence;
mod extract;
mod feeds;
mod history;
mod input;
mod journal;
mod labelled;
mod mail;
mod preview;
mod period;
mod poll;
mod print;
mod replay;
mod restore;
mod run;
mod scrape;
mod settings;
mod status;
mod stories;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

/// Watches news feeds for casualty tolls and mails when a reported figure changes.
#[derive(Debug, Parser)]
#[command(name = "tollwatch", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Start with `tollwatch demo`: it needs no network and no config.")]
struct Arguments {
    /// The config file [default: config/tollwatch.toml, else /etc/tollwatch/tollwatch.toml]
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: poll, read, track and mail until told to stop
    Run(run::Arguments),
    /// Check the config and say what is wrong with it; starts nothing
    Check(check::Arguments),
    /// Watch two stories unfold at speed, from made-up feeds to real mails, without a network
    Demo(demo::Arguments),
    /// Poll the feeds that are due once, in the foreground
    Poll(poll::Arguments),
    /// Show what is kept of a page: title, dates, text
    Scrape(scrape::Arguments),
    /// Read the figures in articles and show where they stand and why
    Extract(extract::Arguments),
    /// Run articles from a file through stories and tracking, with an empty store
    Replay(replay::Arguments),
    /// Show how a story's counts have moved
    History(history::Arguments),
    /// Show what stands behind a claim: words, times, rule, and the page as it was fetched
    Evidence(evidence::Arguments),
    /// List, show, rename, mute, merge or split stories
    Stories(stories::Arguments),
    /// List, add or remove feeds; show how a feed document is parsed
    Feeds(feeds::Arguments),
    /// Show the mails that go next, send a test mail, look after the outbox
    Mail(mail::Arguments),
    /// Show feeds in trouble, the outbox and the last change
    Status(status::Arguments),
    /// Copy the database to a file while the daemon goes on
    Backup(backup::Arguments),
    /// Put a backup in the place of the database
    Restore(restore::Arguments),
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Parses the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where not even this can be printed, the exit code still tells.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    let config = settings::Place::new(arguments.config);
    let done = match arguments.command {
        Command::Run(arguments) => run::run(&arguments, &config),
        Command::Check(arguments) => check::run(&arguments, &config),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Poll(arguments) => poll::run(&arguments, &config),
        Command::Scrape(arguments) => scrape::run(&arguments, &config),
        Command::Extract(arguments) => extract::run(&arguments, &config),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::History(arguments) => history::run(&arguments, &config),
        Command::Evidence(arguments) => evidence::run(&arguments, &config),
        Command::Stories(arguments) => stories::run(&arguments, &config),
        Command::Feeds(arguments) => feeds::run(&arguments, &config),
        Command::Mail(arguments) => mail::run(&arguments, &config),
        Command::Status(arguments) => status::run(&arguments, &config),
        Command::Backup(arguments) => backup::run(&arguments, &config),
        Command::Restore(arguments) => restore::run(&arguments, &config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::complain(&failure.to_string());
            failure.exit.into()
        }
    }
}

/// The command line, with the examples of a command under the help of each of its actions too: what is parsed, and what
/// the manual and the completions are made of.
pub fn command() -> clap::Command {
    Arguments::command().mut_subcommands(|command| match command.get_after_help().cloned() {
        Some(examples) => command.mut_subcommands(|action| action.after_help(examples.clone())),
        None => command,
    })
}

/// The exit codes in use, from sysexits.h; a service manager tells by them what is worth a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// EX_USAGE: the command line is wrong.
    Usage = 64,
    /// EX_DATAERR: the input is not what the command takes.
    Data = 65,
    /// EX_NOINPUT: a file cannot be read, or a thing asked for is not there.
    NoInput = 66,
    /// EX_UNAVAILABLE: something outside did not answer.
    Unavailable = 69,
    /// EX_SOFTWARE: a fault of the program.
    Software = 70,
    /// EX_CANTCREAT: an output file cannot be written.
    CantCreate = 73,
    /// EX_TEMPFAIL: try again later.
    TempFail = 75,
    /// EX_CONFIG: the config is wrong, or the database is from a newer version; a restart will not help.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked, and the exit code that says so.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into() }
    }

    fn say(exit: Exit, message: impl fmt::Display) -> Self {
        Self { exit, error: anyhow::anyhow!("{message}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

/// What a command returns.
type Done = Result<(), Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_shows_an_example() {
        let mut command = command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
            let actions = sub.get_subcommands().filter(|c| c.get_name() != "help");
            for shown in std::iter::once(sub).chain(actions) {
                let help = shown.clone().render_long_help().to_string();
                assert!(help.contains("Example"), "`tollwatch {} --help` shows no example", shown.get_name());
            }
        }
    }
}
