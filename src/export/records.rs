//! The raw records that an export is made of. They are read more than once, never held: once for their digest, which keys the masks
//! of what is taken out, and then as often as something is made of them.

mod lines;
mod logs;
mod recall;

use std::path::{Path, PathBuf};

use crate::sources::files::{self, ReadError, Sink};
use crate::store::journal::Journal;

pub(super) use lines::{Both, Lines};
pub(super) use logs::Logs;
pub use recall::{Wanted, recall};

/// Where the raw records are.
#[derive(Clone)]
pub enum Origin {
    Files {
        paths: Vec<PathBuf>,
        options: files::Options,
    },
    /// Kept in memory, compressed: what was fetched or polled.
    Journal(Journal),
}

/// What goes on, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    /// Bytes of records read in this step.
    pub done: u64,
    /// All of them, once that is known.
    pub total: Option<u64>,
}

/// The steps of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Step {
    /// Looks at everything once: its length, and the key of masks.
    Measuring,
    /// Finds what belongs to the scope.
    Searching,
    /// Writes the records.
    Writing,
    /// Makes the other files.
    Concluding,
    /// Puts them into one.
    Packing,
    /// Reads them, to send what they say.
    Reading,
    /// Sends their log lines.
    Sending,
}

/// Called with what goes on; `false` cancels.
pub type OnProgress<'a> = dyn FnMut(Progress) -> bool + 'a;

/// Digest and length of all the records; `None` if it was cancelled.
pub(super) fn measure(
    origin: &Origin,
    progress: &mut OnProgress<'_>,
) -> Result<Option<([u8; 32], u64)>, ReadError> {
    let mut going = true;
    let mut on = |done| {
        let step = Step::Measuring;
        going = progress(Progress {
            step,
            done,
            total: None,
        });
        going
    };
    let measured = match origin {
        Origin::Files { paths, options } => files::digest(paths, options, &mut on)?,
        Origin::Journal(journal) => {
            let mut digest = files::Digest::default();
            digest.add(&mut *journal.reader(), &mut on);
            digest.end()
        }
    };
    Ok(going.then_some(measured))
}

/// Reads the records into sinks, in their order.
pub(super) fn each<S: Sink + Send>(
    origin: &Origin,
    empty: &(dyn Fn() -> S + Sync),
    take: &mut dyn FnMut(S, bool, &files::Read) -> bool,
) -> Result<files::Read, ReadError> {
    match origin {
        Origin::Files { paths, options } => files::each(paths, options, empty, take),
        Origin::Journal(journal) => {
            let mut read = files::Read::default();
            let (name, options) = (Path::new("what was polled"), files::Options::default());
            let mut reader = journal.reader();
            files::each_of(&mut *reader, name, &options, empty, &mut read, take);
            Ok(read)
        }
    }
}

/// Every record of the inputs as lines, in their order: what can be read only once is kept so.
pub fn lines(
    paths: &[PathBuf],
    options: &files::Options,
    take: &mut dyn FnMut(&[u8], &files::Read) -> bool,
) -> Result<files::Read, ReadError> {
    let mut unparsed = Lines::default();
    let read = files::each(
        paths,
        options,
        &Lines::default,
        &mut |lines: Lines, _, read| {
            unparsed.count(&lines);
            take(lines.bytes(), read)
        },
    )?;
    take(unparsed.unparsed_line().as_bytes(), &read);
    Ok(read)
}
