//! Arguments of the commands that read files: what their advice names is an option of each of them.

use crate::sources::files;
use crate::sources::snapshot::Trust;

/// How files are read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReadArgs {
    /// Log group of events that do not name one
    #[arg(long, value_name = "NAME")]
    pub(crate) log_group: Option<String>,
    /// Reads what is sound in a damaged snapshot
    #[arg(long)]
    salvage: bool,
}

impl ReadArgs {
    /// The same for the reader.
    pub(crate) fn options(&self) -> files::Options {
        files::Options {
            log_group: self.log_group.clone(),
            trust: Trust::new(self.salvage),
            ..files::Options::default()
        }
    }
}
