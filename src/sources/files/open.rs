//! Opens an input, plain, gzip or zstd, told apart by its first bytes.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Input, ReadError};
use crate::sources::snapshot::{self, Trust};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Bytes that tell the kind.
const HEAD: u64 = 4;
/// Compressed bytes that are read at once.
const BUFFER: usize = 256 * 1024;

/// Bytes of all inputs as they lie on the disk; `None` where one of them is no plain file.
pub(super) fn size(inputs: &[Input]) -> Option<u64> {
    let of = |input: &Input| match input {
        Input::File(path) => {
            let found = path.metadata().ok().filter(Metadata::is_file);
            found.map(|found| found.len())
        }
        Input::Stdin | Input::Snapshot(_) => None,
    };
    inputs.iter().map(of).sum()
}

/// Counts the bytes that are taken from a file.
struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.file.read(into)?;
        self.taken.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// Whether a file may be read. A pipe is opened once, by who reads it.
pub(super) fn check(input: &Input) -> Result<(), ReadError> {
    match input {
        Input::File(path) if path.is_file() => file(path).map(drop),
        Input::File(_) | Input::Stdin | Input::Snapshot(_) => Ok(()),
    }
}

fn file(path: &Path) -> Result<File, ReadError> {
    File::open(path).map_err(|cause| ReadError::Open {
        path: path.to_owned(),
        cause,
    })
}

/// A reader of the decompressed content. What it takes from a file is added to `taken`.
pub(super) fn open(
    input: &Input,
    trust: Trust,
    taken: &Arc<AtomicU64>,
) -> Result<Box<dyn Read + Send>, ReadError> {
    let raw: Box<dyn Read + Send> = match input {
        Input::Stdin => Box::new(io::stdin()),
        Input::Snapshot(path) => {
            return snapshot::records(path, trust).map_err(|why| ReadError::Snapshot {
                path: path.clone(),
                why,
            });
        }
        Input::File(path) => {
            let file = file(path)?;
            let taken = Arc::clone(taken);
            Box::new(Counted { file, taken })
        }
    };
    decompressed(raw).map_err(|cause| ReadError::Open {
        path: input.name(),
        cause,
    })
}

fn decompressed(mut raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    raw.by_ref().take(HEAD).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(GZIP), head.starts_with(ZSTD));
    let whole = Cursor::new(head).chain(raw);
    let buffered = |whole| BufReader::with_capacity(BUFFER, whole);
    Ok(match () {
        () if is_gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(whole))),
        () if is_zstd => Box::new(zstd::Decoder::with_buffer(buffered(whole))?),
        // Read in large pieces: a buffer would only be one more copy.
        () => Box::new(whole),
    })
}
