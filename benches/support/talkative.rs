//! A recording in which the same happens as in another, and much more is said.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What lines say that say nothing.
const CHATTER: &str = "DEBUG looked at the next page of what is left; looked at the next page of what is left; \
    looked at the next page of what is left; looked at the next page of what is left; looked at the next page";
/// What stands around that: names, times, an id.
const AROUND: u64 = 200;

/// The recording at `quiet` with as many lines of chatter behind each line, in its stream, as make it nearly `bytes` long; made once.
pub(crate) fn talkative(quiet: &Path, bytes: u64) -> io::Result<PathBuf> {
    let path = quiet.with_extension("talkative.ndjson");
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > bytes / 2) {
        return Ok(path);
    }
    let lines = || Ok::<_, io::Error>(BufReader::new(File::open(quiet)?).lines());
    let more = bytes.saturating_sub(fs::metadata(quiet)?.len());
    let behind_each = more / (AROUND + CHATTER.len() as u64) / lines()?.count() as u64;
    let mut out = BufWriter::new(File::create(&path)?);
    let mut said = 0u64;
    for line in lines()? {
        let line = line?;
        writeln!(out, "{line}")?;
        let mut record: Value = serde_json::from_str(&line)?;
        if record.get("eventId").is_none() {
            continue;
        }
        record["message"] = CHATTER.into();
        for _ in 0..behind_each {
            record["eventId"] = format!("{said:056}").into();
            writeln!(out, "{record}")?;
            said += 1;
        }
    }
    out.flush()?;
    Ok(path)
}
