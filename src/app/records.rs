//! Where the raw records are that the dashboard shows: snapshots are made of them, and lines read again.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::export::recording::write_gap;
use crate::export::records::Origin;
use crate::model::record::{Gap, GapReason};
use crate::sources::files;
use crate::store::journal::Journal;

/// The records.
#[derive(Clone)]
pub(super) enum Records {
    Files {
        paths: Vec<PathBuf>,
        options: files::Options,
    },
    /// What was polled, as the engine thread keeps it.
    Polled(Arc<Mutex<Journal>>),
}

impl Records {
    /// Whether what was read is gone: standard input.
    pub(super) fn is_read_once(&self) -> bool {
        match self {
            Self::Files { paths, .. } => paths.iter().any(|path| path.as_os_str() == "-"),
            Self::Polled(_) => false,
        }
    }

    /// The records as they are now, to be read.
    pub(super) fn origin(self) -> io::Result<Origin> {
        match self {
            Self::Files { paths, options } => Ok(Origin::Files { paths, options }),
            Self::Polled(journal) => polled(&journal).map(Origin::Journal),
        }
    }
}

/// What was polled so far, and a gap over what had to be dropped.
fn polled(journal: &Mutex<Journal>) -> io::Result<Journal> {
    let poisoned = |_| io::Error::other("the engine stopped");
    let mut journal = journal.lock().map_err(poisoned)?.clone();
    if let Some((from, to)) = journal.dropped() {
        let gap = Gap {
            group: "all log groups".into(),
            from,
            to: to.plus_ms(1),
            why: GapReason::Dropped,
        };
        let mut line = Vec::new();
        write_gap(&gap, &mut line)?;
        journal.push(&line, None)?;
    }
    Ok(journal)
}
