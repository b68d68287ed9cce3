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
    /// The records as they are now, to be read. Fails where what was read is gone: nothing would be said of it.
    pub(super) fn origin(self) -> io::Result<Origin> {
        match self {
            Self::Files { paths, .. } if paths.iter().any(|path| path.as_os_str() == "-") => {
                let words = "standard input was read once and is gone · give it as a file, or to nepho snapshot -";
                Err(io::Error::other(words))
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_is_not_taken_for_empty() {
        let origin = |path: &str| {
            let options = files::Options::default();
            let paths = vec![PathBuf::from("day.ndjson"), PathBuf::from(path)];
            Records::Files { paths, options }.origin()
        };
        assert!(origin("night.ndjson").is_ok());
        let said = origin("-").err().map(|error| error.to_string());
        assert!(said.is_some_and(|said| said.starts_with("standard input was read once")));
    }
}
