//! `nepho completions` and `nepho man`: made from the arguments and the key table, so they cannot disagree with them.

use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;
use strum::IntoEnumIterator as _;

use super::Cli;
use crate::ui::action::{Action, Group};
use crate::ui::keys::{Context, KeySettings, KeyTable};

/// Arguments of `nepho completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell that completes
    shell: Shell,
}

/// Prints the completions of a shell.
pub(crate) fn completions(args: Completions) -> anyhow::Result<ExitCode> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "nepho", &mut out);
    std::io::stdout().lock().write_all(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, in roff.
pub(crate) fn man() -> anyhow::Result<ExitCode> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut out)?;
    let table = KeyTable::new(&KeySettings::new())?;
    writeln!(out, ".SH KEYS")?;
    for group in Group::iter() {
        writeln!(out, ".SS {group}")?;
        for action in Action::iter().filter(|action| action.group() == group) {
            let mut keys: Vec<String> = Context::iter()
                .flat_map(|context| table.keys(context, action))
                .collect();
            keys.dedup();
            let keys = keys.join(" ").replace('\\', "\\\\").replace('-', "\\-");
            writeln!(out, ".TP\n.B \"{keys}\"\n{}", action.words())?;
        }
    }
    std::io::stdout().lock().write_all(&out)?;
    Ok(ExitCode::SUCCESS)
}
