//! Files, directories and standard input in any shape of the report's inputs, told apart by content.
//!
//! A file is cut at line ends into blocks, the blocks are decoded by all cores and taken in in the order of the file, so
//! that arrival order is kept and memory does not grow with the file.

mod chunks;
mod open;
mod parallel;
mod redacting;
mod shapes;
mod sink;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{Block, Engine};

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
}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Log group of events that do not name one (`aws logs filter-log-events` output).
    pub log_group: Option<String>,
    /// Threads that decode; 0 takes one a core.
    pub threads: usize,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    pub files: usize,
    pub bytes: u64,
    /// What was wrong, one line each: a damaged end, the first line that is no known shape, with file and line.
    pub warnings: Vec<String>,
}

/// Reads every input into the engine. `progress` is called after each block and may stop the reading by `false`.
pub fn read(
    paths: &[PathBuf],
    options: &Options,
    engine: &mut Engine,
    progress: &mut dyn FnMut(&mut Engine, &Read) -> bool,
) -> Result<Read, ReadError> {
    let (decoder, keep_text) = (engine.decoder(), engine.keeps_text());
    let empty = || Block::new(Arc::clone(&decoder), keep_text);
    each(paths, options, &empty, &mut |block, first, read| {
        if first {
            engine.begin_read();
        }
        engine.take(block);
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
    let mut done = Read::default();
    for input in walk::inputs(paths)? {
        let mut reader = open::open(&input)?;
        let name = input.name();
        let mut unparsed = None;
        let mut first = true;
        let log_group = options.log_group.as_deref();
        let work = |chunk: &chunks::Chunk| {
            let mut sink = empty();
            shapes::take(&mut sink, chunk, &name, log_group);
            sink
        };
        let mut on_sink = |sink: S, bytes: u64| {
            done.bytes += bytes;
            if unparsed.is_none() {
                unparsed = sink.failure().map(str::to_owned);
            }
            take(sink, std::mem::take(&mut first), &done)
        };
        let end = parallel::map(&mut *reader, options.threads, &work, &mut on_sink);
        done.files += 1;
        done.warnings.extend(unparsed);
        match end {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => done.warnings.push(broken_end(&name, &error)),
        }
    }
    Ok(done)
}

fn broken_end(name: &Path, error: &parallel::Broken) -> String {
    let what = if error.cause.kind() == io::ErrorKind::UnexpectedEof {
        "ends inside a compressed frame".to_owned()
    } else {
        error.cause.to_string()
    };
    format!(
        "{}: {what} after {} lines · those were read",
        name.display(),
        error.lines
    )
}
