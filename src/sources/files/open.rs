//! Opens an input, plain, gzip or zstd, told apart by its first bytes.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};

use super::{Input, ReadError};
use crate::sources::snapshot::{self, Trust};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BUFFER: usize = 256 * 1024;

/// A reader of the decompressed content.
pub(super) fn open(input: &Input, trust: Trust) -> Result<Box<dyn Read + Send>, ReadError> {
    let raw: Box<dyn Read + Send> = match input {
        Input::Stdin => Box::new(io::stdin()),
        Input::Snapshot(path) => {
            return snapshot::records(path, trust).map_err(|why| ReadError::Snapshot {
                path: path.clone(),
                why,
            });
        }
        Input::File(path) => {
            let opened = File::open(path);
            Box::new(opened.map_err(|cause| ReadError::Open {
                path: path.clone(),
                cause,
            })?)
        }
    };
    decompressed(raw).map_err(|cause| ReadError::Open {
        path: input.name(),
        cause,
    })
}

fn decompressed(raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut buffered = BufReader::with_capacity(BUFFER, raw);
    let head = buffered.fill_buf()?;
    if head.starts_with(GZIP) {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(buffered)));
    }
    if head.starts_with(ZSTD) {
        return Ok(Box::new(zstd::Decoder::with_buffer(buffered)?));
    }
    Ok(Box::new(buffered))
}
