//! Floor 9: the command line. One file a subcommand, each with its arguments and its `run`.
//!
//! Exit status: 0 done, 1 a finding of severity P1 or P2 (`report`) or something
//! optional that is missing (`doctor`) or that was refused (`export`), 2 the command could not do its work.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

mod aws;
mod config;
mod demo;
mod diff;
#[cfg(feature = "aws")]
mod doctor;
#[cfg(feature = "aws")]
mod export;
mod open;
mod papers;
#[cfg(feature = "aws")]
mod policy;
mod progress;
mod reading;
mod recording;
mod report;
mod screen;
mod screenshot;
mod settings;
mod show;
mod snapshot;
mod tail;
mod theme;
mod time;
mod watch;

/// The exit status of a command that could not do its work.
const FAILED: u8 = 2;

/// Terminal dashboard for people on call for serverless systems.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    watch: watch::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch an AWS account (this is what `nepho` alone does)
    Watch(watch::Args),
    /// Show the embedded simulated cloud: no account, no network
    Demo(demo::Args),
    /// Show files in the dashboard
    Open(open::Args),
    /// Analyse files or an AWS window and print what was found
    Report(report::Args),
    /// Follow one function on standard output
    Tail(tail::Args),
    /// Show everything known of one request, trace or event
    Show(show::Args),
    /// Compare two snapshots, or one source before and after a moment
    Diff(diff::Args),
    /// Save what was seen in one file that opens anywhere
    Snapshot(snapshot::Args),
    /// Send the traces and logs of a snapshot to an OTLP endpoint or to Splunk
    #[cfg(feature = "aws")]
    Export(export::Args),
    /// Try every call once and say what is allowed
    #[cfg(feature = "aws")]
    Doctor(doctor::Args),
    /// Print the IAM policy that nepho needs
    #[cfg(feature = "aws")]
    Policy(policy::Args),
    /// Print the settings in force and where each comes from
    Config(config::Args),
    /// Print the completions of a shell
    Completions(papers::Completions),
    /// Print the manual page
    Man,
    /// Draw every pane of the simulated incident as pictures
    Screenshot(screenshot::Args),
}

/// Parses the arguments and runs the command. A failure is one line on standard error: what, where, what to do.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let done = match cli.command {
        None => watch::run(cli.watch),
        Some(Command::Watch(args)) => watch::run(args),
        Some(Command::Demo(args)) => demo::run(args),
        Some(Command::Open(args)) => open::run(args),
        Some(Command::Report(args)) => report::run(args),
        Some(Command::Tail(args)) => tail::run(args),
        Some(Command::Show(args)) => show::run(args),
        Some(Command::Diff(args)) => diff::run(args),
        Some(Command::Snapshot(args)) => snapshot::run(args),
        #[cfg(feature = "aws")]
        Some(Command::Export(args)) => export::run(args),
        #[cfg(feature = "aws")]
        Some(Command::Doctor(args)) => doctor::run(args),
        #[cfg(feature = "aws")]
        Some(Command::Policy(args)) => policy::run(args),
        Some(Command::Config(args)) => config::run(args),
        Some(Command::Completions(args)) => papers::completions(args),
        Some(Command::Man) => papers::man(),
        Some(Command::Screenshot(args)) => screenshot::run(args),
    };
    done.unwrap_or_else(|error| {
        // A reader that closed its end has what it wanted.
        if is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        complain(&format!("{error:#}"));
        ExitCode::from(FAILED)
    })
}

/// Help and version go to standard output with status 0, wrong arguments to standard error, in one line, with status 2.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        let first = std::env::args_os().nth(1).unwrap_or_default();
        complain(&in_one_line(&error.to_string(), &first.to_string_lossy()));
        return ExitCode::from(FAILED);
    }
    // A closed pipe leaves nobody to tell.
    drop(error.print());
    ExitCode::SUCCESS
}

/// What is wrong with the arguments, of whom the `first` may be a command: clap's paragraphs but those that say the usage, which
/// the help of the command at hand does.
fn in_one_line(told: &str, first: &str) -> String {
    let words = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = told.strip_prefix("error: ").unwrap_or(told);
    let told = told.split("\n\n").map(words);
    let is_usage =
        |said: &str| said.starts_with("Usage: ") || said.starts_with("For more information");
    let told = told.filter(|said| !said.is_empty() && !is_usage(said));
    let command = Cli::command();
    let command = command.find_subcommand(first);
    let help = match command {
        Some(command) => format!("see nepho {} --help", command.get_name()),
        None => "see nepho --help".to_owned(),
    };
    told.chain([help]).collect::<Vec<_>>().join(" · ")
}

/// One line on standard error.
fn complain(message: &str) {
    // Nobody is left to tell if standard error is closed.
    drop(writeln!(
        std::io::stderr().lock(),
        "nepho: {}",
        crate::model::text::plain(message)
    ));
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
