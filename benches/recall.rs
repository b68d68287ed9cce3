//! `cargo bench --bench recall`: a filter of two words, looked for in all records and counted as `A` in the dashboard does it, beside
//! `rg -i A FILE | rg -ic B` and the same with case, in turns.
//!
//! One line a recording: milliseconds, medians of the turns, the lines found, which must be as many by each way, and the peak of
//! resident memory of the program itself. Other sizes than
//! 1 GB are arguments, in MB.

#[path = "support/recordings.rs"]
mod recordings;

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nepho::app::clock::Stopwatch;
use nepho::export::records::{Origin, recall};
use nepho::sources::files;
use nepho::store::recalled::Asked;
use nepho::ui::recall::wanted;

use recordings::{MEGABYTE, peak_megabytes, recording, sizes};

const TURNS: usize = 7;
const WORDS: [&str; 2] = ["refused", "gave"];

fn main() -> io::Result<()> {
    println!(
        "{:>6} {:>8} {:>9} {:>9} {:>9} {:>8}",
        "MB", "found", "nepho ms", "rg -i ms", "rg ms", "peak MB"
    );
    for megabytes in sizes(&[1000]) {
        measure(&recording(megabytes * MEGABYTE)?)?;
    }
    Ok(())
}

fn measure(path: &Path) -> io::Result<()> {
    // A file that was just written reads slower.
    let bytes = io::copy(&mut File::open(path)?, &mut io::sink())?;
    let origin = Origin::Files {
        paths: vec![path.to_owned()],
        options: files::Options::default(),
    };
    let mut times: [Vec<Duration>; 3] = Default::default();
    let mut counts = Vec::new();
    for _ in 0..TURNS {
        let ways: [&dyn Fn() -> io::Result<Option<u64>>; 3] =
            [&|| found(&origin).map(Some), &|| rg(path, "-i"), &|| {
                rg(path, "-s")
            }];
        for (way, times) in ways.iter().zip(&mut times) {
            let watch = Stopwatch::start();
            if let Some(count) = way()? {
                times.push(watch.elapsed());
                counts.push(count);
            }
        }
    }
    counts.dedup();
    let [count] = counts[..] else {
        return Err(io::Error::other(format!("not the same lines: {counts:?}")));
    };
    let [nepho, ignoring_case, with_case] = times.map(|mut times| {
        times.sort_unstable();
        let median = times.get(times.len() / 2);
        median.map_or_else(|| "-".to_owned(), |time| time.as_millis().to_string())
    });
    let megabytes = bytes / MEGABYTE;
    let peak = peak_megabytes().map_or_else(|| "?".to_owned(), |peak| peak.to_string());
    println!("{megabytes:>6} {count:>8} {nepho:>9} {ignoring_case:>9} {with_case:>9} {peak:>8}");
    Ok(())
}

fn found(origin: &Origin) -> io::Result<u64> {
    let asked = Asked::Filter(WORDS.join(" "));
    let wanted = wanted(&asked, &Arc::default()).map_err(io::Error::other)?;
    let answer = recall(origin, None, asked, &wanted, &mut |_, _| true);
    let answer = answer.map_err(io::Error::other)?;
    answer
        .map(|answer| answer.found)
        .ok_or_else(|| io::Error::other("stopped"))
}

/// Lines with both words; `None` where there is no rg.
fn rg(path: &Path, case: &str) -> io::Result<Option<u64>> {
    let first = Command::new("rg")
        .args(["--no-config", "-N", case, WORDS[0]])
        .arg(path)
        .stdout(Stdio::piped())
        .spawn();
    let mut first = match first {
        Ok(first) => first,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let lines = first.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let counted = Command::new("rg")
        .args(["--no-config", "-c", case, WORDS[1]])
        .stdin(lines)
        .output()?;
    first.wait()?;
    let count = String::from_utf8_lossy(&counted.stdout);
    count.trim().parse().map(Some).map_err(io::Error::other)
}
