//! `cargo bench --bench snapshot`: the whole of `nepho snapshot` on recordings of the simulated cloud, secrets taken out.
//!
//! One line a recording: megabytes a second of raw records, and the peak of resident memory (Linux). The recordings are of 100,000 and
//! a million events; other sizes are arguments, in MB: `cargo bench --no-default-features --bench snapshot -- 1000`.

#[path = "support/recordings.rs"]
mod recordings;

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use nepho::app::clock::{self, Stopwatch};
use nepho::demo::SETTINGS;
use nepho::export::records::Origin;
use nepho::export::snapshot::{self, Form, Options, Picture, Scope};
use nepho::sources::files;
use nepho::ui::keys::{KeySettings, KeyTable};
use nepho::ui::svg;
use nepho::ui::theme::{Depth, Look};

use recordings::{MEGABYTE, peak_megabytes, recording, sizes};

fn main() -> io::Result<()> {
    println!(
        "{:>6} {:>9} {:>9} {:>8} {:>7} {:>8}",
        "MB", "events", "packed MB", "write s", "MB/s", "peak MB"
    );
    for megabytes in sizes(&[60, 564]) {
        measure(&recording(megabytes * MEGABYTE)?)?;
    }
    Ok(())
}

fn measure(path: &Path) -> io::Result<()> {
    let options = Options {
        settings: toml::from_str(SETTINGS).map_err(io::Error::other)?,
        scope: Scope::default(),
        redact: true,
        keep_accounts: false,
        form: Form::Tar,
        local: clock::local,
        picture: Some(picture().map_err(io::Error::other)?),
        noted: None,
        cancel: Arc::default(),
    };
    let mut origin = Origin::Files {
        paths: vec![path.to_owned()],
        options: files::Options::default(),
    };
    let to = path.with_extension("tar.zst");
    // A file that was just written reads slower.
    let bytes = io::copy(&mut File::open(path)?, &mut io::sink())?;
    let watch = Stopwatch::start();
    let written = snapshot::write(&mut origin, &options, &to, &mut |_| {});
    let took = watch.elapsed().as_secs_f64();
    let written = written.map_err(io::Error::other)?;
    fs::remove_file(&to)?;
    println!(
        "{:>6} {:>9} {:>9} {took:>8.2} {:>7.1} {:>8}",
        bytes / MEGABYTE,
        written.manifest.records.log_events,
        written.bytes / MEGABYTE,
        bytes as f64 / MEGABYTE as f64 / took,
        peak_megabytes().map_or_else(|| "?".to_owned(), |peak| peak.to_string()),
    );
    Ok(())
}

/// The panes, as the program draws them.
fn picture() -> Result<Picture, Box<dyn std::error::Error + Send + Sync>> {
    let (look, _) = Look::new("dark", Depth::True, false)?;
    let keys = KeyTable::new(&KeySettings::new())?;
    Ok(Box::new(move |scene| svg::panes(&scene, &look, &keys)))
}
