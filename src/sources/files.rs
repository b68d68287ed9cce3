//! Files, directories and standard input in any shape of the report's inputs, told apart by content.
//!
//! A file is cut at line ends into blocks, the blocks are decoded by all cores and taken in in the order of the file, so
//! that arrival order is kept and memory does not grow with the file.

mod chunks;
mod digest;
mod log_event;
mod open;
mod parallel;
mod redacting;
mod segment_or_metric;
mod shapes;
mod sink;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::{Block, Engine};
use crate::model::health::Progress;
use crate::model::odd::Oddities;
use crate::model::words::number_of;
use crate::redact::Redactor;
use crate::sources::snapshot::{Refused, Trust};

pub use digest::Digest;
pub use redacting::Redacting;
pub use sink::Sink;
pub use walk::Input;

/// What cannot be read at all. One line: what, where, what to do.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{path}: {cause} · check the path and its permissions")]
    Open { path: PathBuf, cause: io::Error },
    #[error(
        "{path}: no input in this directory · name a file, or a directory with log, trace or metric files"
    )]
    Empty { path: PathBuf },
    #[error("{path}: refused: {why} · --salvage opens what can be read of it")]
    Snapshot { path: PathBuf, why: Refused },
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Log group of events that do not name one (`aws logs filter-log-events` output).
    pub log_group: Option<String>,
    /// Threads that decode; 0 takes one a core.
    pub threads: usize,
    /// How much of a snapshot among the inputs is believed.
    pub trust: Trust,
    /// What [`read`] takes out before the engine sees it.
    pub redactor: Option<Arc<Redactor>>,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    pub files: usize,
    pub bytes: u64,
    /// Bytes taken from the files as they lie on the disk, and how many there are; `None` where nobody knows: a pipe, a snapshot.
    pub raw: u64,
    pub of_raw: Option<u64>,
    /// What was wrong, one line each: damaged ends first, then the first line that is no known shape and the first of each kind that
    /// cannot be as it is, with file and line.
    pub warnings: Vec<String>,
}

impl Read {
    /// How much was read before the end.
    pub fn progress(&self) -> Progress {
        match self.of_raw.filter(|all| *all > 0) {
            // The reader runs ahead of what was taken in: the end is only the end.
            Some(all) => Progress::Percent((self.raw * 100 / all).min(99) as u8),
            None => Progress::Megabytes(self.bytes / 1_000_000),
        }
    }
}

/// Fails as [`read`] would before its first byte: where something is not there, may not be read, or is a directory without input.
pub fn check(paths: &[PathBuf]) -> Result<(), ReadError> {
    for input in walk::inputs(paths)? {
        open::check(&input)?;
    }
    Ok(())
}

/// Reads every input into the engine. `progress` is called after each block and may stop the reading by `false`.
pub fn read(
    paths: &[PathBuf],
    options: &Options,
    engine: &mut Engine,
    progress: &mut dyn FnMut(&mut Engine, &Read) -> bool,
) -> Result<Read, ReadError> {
    let (decoder, keep_text) = (engine.decoder(), engine.keeps_text());
    let empty = || {
        let block = Block::new(Arc::clone(&decoder), keep_text);
        Redacting::new(block, options.redactor.clone())
    };
    each(paths, options, &empty, &mut |sink, first, read| {
        if first {
            engine.begin_read();
        }
        engine.take(sink.to);
        progress(engine, read)
    })
}

/// Reads every input into sinks that `empty` makes, on all cores, and hands them to `take` in the order of the input: with
/// whether a new input begins, and what was read so far. `take` may stop the reading by `false`.
pub fn each<S: Sink + Send>(
    paths: &[PathBuf],
    options: &Options,
    empty: &(dyn Fn() -> S + Sync),
    take: &mut dyn FnMut(S, bool, &Read) -> bool,
) -> Result<Read, ReadError> {
    let inputs = walk::inputs(paths)?;
    let mut done = Read {
        of_raw: open::size(&inputs),
        ..Read::default()
    };
    let taken = Arc::new(AtomicU64::new(0));
    let mut take = |sink: S, first: bool, read: &Read| {
        let raw = taken.load(Ordering::Relaxed);
        take(
            sink,
            first,
            &Read {
                raw,
                ..read.clone()
            },
        )
    };
    for input in inputs {
        let mut reader = open::open(&input, options.trust, &taken)?;
        if !each_of(
            &mut *reader,
            &input.name(),
            options,
            empty,
            &mut done,
            &mut take,
        ) {
            break;
        }
    }
    done.raw = taken.load(Ordering::Relaxed);
    Ok(done)
}

/// The same of one open input. `false` if it was stopped.
pub fn each_of<S: Sink + Send>(
    reader: &mut (dyn io::Read + Send),
    name: &Path,
    options: &Options,
    empty: &(dyn Fn() -> S + Sync),
    done: &mut Read,
    take: &mut dyn FnMut(S, bool, &Read) -> bool,
) -> bool {
    let mut unparsed = None;
    let mut odd = Oddities::default();
    let mut first = true;
    let log_group = options.log_group.as_deref();
    let work = |chunk: &chunks::Chunk| {
        let mut sink = empty();
        shapes::take(&mut sink, chunk, name, log_group);
        sink
    };
    let mut on_sink = |sink: S, bytes: u64| {
        done.bytes += bytes;
        if unparsed.is_none() {
            unparsed = sink.failure().map(str::to_owned);
        }
        if let Some(more) = sink.oddities() {
            odd.absorb(more.clone());
        }
        take(sink, std::mem::take(&mut first), done)
    };
    let end = parallel::map(reader, options.threads, &work, &mut on_sink);
    done.files += 1;
    done.warnings.extend(unparsed);
    done.warnings.extend(odd.lines());
    match end {
        Ok(whole) => whole,
        Err(error) => {
            // Foremost: what the rest of the file would have said is unknown.
            done.warnings.insert(0, broken_end(name, &error));
            true
        }
    }
}

/// The [`Digest`] of what the inputs say, decompressed, and the length of that. `progress` is given the bytes so far and may stop it.
pub fn digest(
    paths: &[PathBuf],
    options: &Options,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<([u8; 32], u64), ReadError> {
    let mut digest = Digest::default();
    for input in walk::inputs(paths)? {
        let mut reader = open::open(&input, options.trust, &Arc::default())?;
        if !digest.add(&mut *reader, progress) {
            break;
        }
    }
    Ok(digest.end())
}

fn broken_end(name: &Path, error: &parallel::Broken) -> String {
    let what = if error.cause.kind() == io::ErrorKind::UnexpectedEof {
        "ends inside a compressed frame".to_owned()
    } else {
        error.cause.to_string()
    };
    format!(
        "{}: {what} after {} · they were read; copy the file anew for the rest",
        name.display(),
        number_of(error.lines, "lines")
    )
}
