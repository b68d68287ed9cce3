//! Checks a snapshot against its manifest, byte for byte.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::manifest::{Manifest, NAME, RECORDS, SCHEMA};
use super::open::{self, Kind, packed_bytes};
use super::{Refused, hex};

/// A manifest is not larger.
const MANIFEST_BYTES: u64 = 16 << 20;
/// Logs shrink to a tenth or a twentieth. What claims to unpack to more than a thousand times its size is a bomb.
const MOST_RATIO: u64 = 1_000;
const SMALL: u64 = 16 << 20;
/// A line of records is not longer: CloudWatch's events end at 1 MB.
const LINE_BYTES: usize = 16 << 20;

/// Checks everything and gives the manifest.
pub(super) fn check(path: &Path) -> Result<Manifest, Refused> {
    let kind = open::kind(path)?.ok_or_else(|| Refused("it is no snapshot".into()))?;
    match kind {
        Kind::Folder => folder(path),
        Kind::Tar => tar(path),
        Kind::Zip => zip(path),
    }
}

/// What has been seen of a snapshot.
struct Checking {
    manifest: Manifest,
    seen: Vec<bool>,
}

impl Checking {
    /// Reads the manifest, which comes first.
    fn begin(reader: &mut dyn Read, packed: Option<u64>) -> Result<Self, Refused> {
        let mut text = Vec::new();
        reader.take(MANIFEST_BYTES + 1).read_to_end(&mut text)?;
        if text.len() as u64 > MANIFEST_BYTES {
            return Err(Refused(format!("its {NAME} is larger than any")));
        }
        let value: serde_json::Value = serde_json::from_slice(&text)
            .map_err(|error| Refused(format!("its {NAME} cannot be read: {error}")))?;
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => {
                return Err(Refused(format!(
                    "its schema is {other}, this nepho reads {SCHEMA}: use a newer one"
                )));
            }
            None => return Err(Refused(format!("its {NAME} names no schema"))),
        }
        let manifest: Manifest = serde_json::from_value(value)
            .map_err(|error| Refused(format!("its {NAME} cannot be read: {error}")))?;
        let sizes = manifest.files.iter().map(|file| file.bytes);
        let claimed = sizes.fold(0u64, u64::saturating_add);
        if packed.is_some_and(|packed| claimed > packed.saturating_mul(MOST_RATIO).max(SMALL)) {
            return Err(Refused(format!("it claims to unpack to {claimed} bytes")));
        }
        let records = manifest.files.iter().find(|file| file.name == RECORDS);
        let raw = manifest.records.raw_bytes;
        match records {
            None => return Err(Refused(format!("it lists no {RECORDS}"))),
            Some(records) if raw > records.bytes.saturating_mul(MOST_RATIO).max(SMALL) => {
                return Err(Refused(format!(
                    "its records claim to unpack to {raw} bytes"
                )));
            }
            Some(_) => {}
        }
        let seen = vec![false; manifest.files.len()];
        Ok(Self { manifest, seen })
    }

    /// Checks the next file.
    fn file(&mut self, name: &str, reader: &mut dyn Read) -> Result<(), Refused> {
        let place = self
            .manifest
            .files
            .iter()
            .position(|file| file.name == name);
        let Some(at) = place else {
            return Err(Refused(format!("{} is not in its manifest", shown(name))));
        };
        if std::mem::replace(&mut self.seen[at], true) {
            return Err(Refused(format!("{name} is in it twice")));
        }
        let entry = &self.manifest.files[at];
        let mut hashing = Hashing(Sha256::new());
        let got = io::copy(
            &mut reader.take(entry.bytes.saturating_add(1)),
            &mut hashing,
        )?;
        if got != entry.bytes {
            let more = if got > entry.bytes { "more" } else { "fewer" };
            return Err(Refused(format!(
                "{name} has {more} bytes than its manifest says"
            )));
        }
        if hex(&hashing.0.finalize()) != entry.sha256 {
            return Err(Refused(format!(
                "{name} is not what was written: its SHA-256 is another"
            )));
        }
        Ok(())
    }

    fn end(self) -> Result<Manifest, Refused> {
        let missing = self.seen.iter().position(|seen| !seen);
        match missing {
            Some(at) => Err(Refused(format!(
                "{} is missing",
                self.manifest.files[at].name
            ))),
            None => Ok(self.manifest),
        }
    }
}

struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tar(path: &Path) -> Result<Manifest, Refused> {
    let mut archive = tar::Archive::new(open::tar(path)?);
    let mut checking: Option<Checking> = None;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !entry.header().entry_type().is_file() {
            return Err(Refused(format!("{} is no plain file", shown(&name))));
        }
        plain_name(&name)?;
        match &mut checking {
            None if name == NAME => {
                checking = Some(Checking::begin(&mut entry, Some(packed_bytes(path)?))?);
            }
            None => return Err(Refused(format!("it does not begin with its {NAME}"))),
            Some(checking) => checking.file(&name, &mut entry)?,
        }
    }
    let checking = checking.ok_or_else(|| Refused("it is empty".into()))?;
    checking.end()
}

fn zip(path: &Path) -> Result<Manifest, Refused> {
    let file = fs::File::open(path)?;
    let mut archive = zip::ZipArchive::new(file).map_err(open::zip_refused)?;
    let begin = archive.by_name(NAME);
    let mut begin = begin.map_err(|_| Refused(format!("there is no {NAME} in it")))?;
    let mut checking = Checking::begin(&mut begin, Some(packed_bytes(path)?))?;
    drop(begin);
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(open::zip_refused)?;
        let name = entry.name().to_owned();
        if entry.is_symlink() || !entry.is_file() {
            return Err(Refused(format!("{} is no plain file", shown(&name))));
        }
        plain_name(&name)?;
        if name != NAME {
            checking.file(&name, &mut entry)?;
        }
    }
    checking.end()
}

fn folder(path: &Path) -> Result<Manifest, Refused> {
    let mut checking = Checking::begin(&mut fs::File::open(path.join(NAME))?, None)?;
    for name in checking
        .manifest
        .files
        .iter()
        .map(|file| file.name.clone())
        .collect::<Vec<_>>()
    {
        plain_name(&name)?;
        let place = path.join(&name);
        let meta = fs::symlink_metadata(&place);
        let meta = meta.map_err(|_| Refused(format!("{name} is missing")))?;
        if !meta.is_file() {
            return Err(Refused(format!("{name} is no plain file")));
        }
        checking.file(&name, &mut fs::File::open(place)?)?;
    }
    checking.end()
}

/// A snapshot has no folders: anything else in a name leads somewhere.
fn plain_name(name: &str) -> Result<(), Refused> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(Refused(format!(
            "{} is no name of a file in it",
            shown(name)
        )));
    }
    Ok(())
}

/// A name that others wrote, short and on one line.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    format!("{short:?}")
}

/// Lines that end somewhere, and no more bytes in all than were announced.
pub(super) struct Bounded<R> {
    reader: R,
    left: Option<u64>,
    line: usize,
}

impl<R: Read> Bounded<R> {
    /// At most `most` bytes, where that is known.
    pub(super) fn new(reader: R, most: Option<u64>) -> Self {
        Self {
            reader,
            left: most,
            line: 0,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(out)?;
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(got as u64).ok_or_else(|| {
                io::Error::other("the records unpack to more bytes than the manifest says")
            })?;
        }
        self.line = match memchr::memrchr(b'\n', &out[..got]) {
            Some(end) => got - end - 1,
            None => self.line + got,
        };
        if self.line > LINE_BYTES {
            return Err(io::Error::other("a line of the records is longer than any"));
        }
        Ok(got)
    }
}
