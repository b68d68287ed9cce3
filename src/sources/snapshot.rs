//! Snapshots as input: an archive, or its folder, is checked whole before anything of it is believed.
//!
//! Nothing is ever unpacked to disk. What does not fit its manifest (another hash, a file that is not listed, a path, a
//! link, more bytes than it says) makes the whole refused, with the reason; what is sound in it can still be salvaged.

mod check;
mod manifest;
mod open;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::model::ids::hex_pair;
use crate::model::mark::Noted;

pub use manifest::{FileEntry, Manifest, RECORDS, Records, Redaction, SCHEMA, Scope, Window};
pub use open::{Kind, kind};

/// No manifest is larger, in bytes.
const MANIFEST: u64 = 16 << 20;

/// Why a snapshot is refused: one line that says what.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self("it ends before its end: it was cut off".into())
        } else {
            Self(error.to_string())
        }
    }
}

/// How much of a snapshot is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Nothing: everything in it is checked against the manifest first.
    #[default]
    Check,
    /// It was checked before, in this run.
    Checked,
    /// Its records as far as they can be read, whatever else is wrong.
    Salvage,
}

impl Trust {
    /// Of a snapshot that somebody else may have written; `salvage` takes what can be read of it.
    pub fn new(salvage: bool) -> Self {
        if salvage { Self::Salvage } else { Self::Check }
    }
}

/// Checks a snapshot whole and gives its manifest.
pub fn manifest(path: &Path) -> Result<Manifest, Refused> {
    check::check(path)
}

/// What a reader left in it, before anything else of it is read or checked: nothing where that cannot be told.
pub fn noted(path: &Path) -> Noted {
    let read = || -> Option<Manifest> {
        kind(path).ok()??;
        let member = open::member(path, manifest::NAME, Trust::Checked).ok()?;
        let mut text = Vec::new();
        member.take(MANIFEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    };
    read().map_or_else(Noted::default, |manifest| manifest.noted)
}

/// One of its files, as it was written: for readers of more than the records.
pub fn file(path: &Path, name: &str) -> Result<Box<dyn Read + Send>, Refused> {
    open::member(path, name, Trust::Checked)
}

/// The records in it, decompressed.
pub fn records(path: &Path, trust: Trust) -> Result<Box<dyn Read + Send>, Refused> {
    let most = if trust == Trust::Check {
        Some(check::check(path)?.records.raw_bytes)
    } else {
        None
    };
    let member = open::member(path, RECORDS, trust)?;
    let decoder = zstd::Decoder::new(member)?;
    Ok(Box::new(check::Bounded::new(decoder, most)))
}

/// Whether a folder is an unpacked snapshot.
pub fn is_folder(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(manifest::NAME)) else {
        return false;
    };
    let mut text = Vec::new();
    // What cannot be read is looked at as far as it could.
    file.take(MANIFEST).read_to_end(&mut text).ok();
    memchr::memmem::find(&text, b"\"nepho.snapshot/").is_some()
}

/// Bytes as hexadecimal digits, as hashes are written.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().copied().flat_map(hex_pair);
    digits.map(char::from).collect()
}
