//! `nepho show`: everything known of one request, trace or event, in files or in AWS, wherever in time it lies.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::aws::{AwsArgs, ScopeArgs};
use super::reading::ReadArgs;
use super::{complain, settings, time};
use crate::app::{clock, fetch};
use crate::engine::{Engine, Limits};
use crate::export::show::{self, Dossier};
use crate::model::ids::TraceId;
use crate::model::record::Record;
use crate::model::time::Timestamp;
use crate::model::words::number_of;
use crate::sources::{Window, files};
use crate::store::lookup;

/// Arguments of `nepho show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A request id, a trace id, or the id of a message or log event
    id: String,
    /// Files or directories to look in; without one it is looked up in AWS
    path: Vec<PathBuf>,
    /// Settings file with extraction rules
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

/// Prints what belongs to the id.
pub(crate) fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let settings = settings::load(args.config.as_deref())?;
    args.aws = args.aws.settled(&settings);
    let limits = Limits::of(&settings.memory, true);
    let mut engine = Engine::new(settings, limits)?;
    let (warnings, place) = if args.path.is_empty() {
        (fetch(&args, &mut engine)?, "AWS".to_owned())
    } else {
        let read = files::read(
            &args.path,
            &args.read.options(),
            &mut engine,
            &mut |_, _| true,
        )?;
        (read.warnings, number_of(read.files as u64, "files"))
    };
    warnings.iter().for_each(|warning| complain(warning));
    let analysis = engine.analyse();
    let text = engine.text();
    let Some(found) = lookup::find(&analysis, &args.id) else {
        bail!(
            "{}: not found in {place} · check the id, or give more PATHs",
            args.id
        );
    };
    let dossier = Dossier {
        id: &args.id,
        analysis: &analysis,
        text: &text,
        found: &found,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        show::json(&dossier, &mut out)
    } else {
        show::text(&dossier, &mut out)
    }
    .and_then(|()| out.flush())
    .context("writing")?;
    Ok(ExitCode::SUCCESS)
}

/// How far back an id is looked for, nearest first: an hour, a day, two weeks, three months.
const REACH_HOURS: [i64; 4] = [1, 24, 14 * 24, 90 * 24];
const HOUR_MS: i64 = 3_600_000;

/// Reads everything of the half hour around the id from AWS, so that what called it and what it called is there too.
fn fetch(args: &Args, engine: &mut Engine) -> anyhow::Result<Vec<String>> {
    let now = clock::now();
    let (first, last) = match moment_of(&args.id) {
        Some(at) => (at, at),
        None => search(args, now)?,
    };
    let window = Window {
        since: first.max(last.plus_ms(-HOUR_MS)).plus_ms(-time::AROUND_MS),
        until: Some(last.plus_ms(time::AROUND_MS).min(now)),
    };
    let sources = args.aws.sources(&ScopeArgs::default(), window, false)?;
    fetch::fetch(sources, args.aws.terms(), engine)
}

/// The moment that an id holds: a trace id begins with the second it was made in, an event id of CloudWatch is
/// `timestamp << 144` and what tells events of one millisecond apart.
fn moment_of(id: &str) -> Option<Timestamp> {
    if let Some(TraceId([a, b, c, d, ..])) = TraceId::parse(id) {
        return Some(Timestamp(
            i64::from(u32::from_be_bytes([a, b, c, d])) * 1_000,
        ));
    }
    let is_event = id.len() == 56 && id.bytes().all(|byte| byte.is_ascii_digit());
    let number = id.parse::<f64>().ok().filter(|_| is_event)?;
    Some(Timestamp((number / 2f64.powi(144)) as i64))
}

/// Times of the first and last line that hold the id, wherever in time they lie.
fn search(args: &Args, now: Timestamp) -> anyhow::Result<(Timestamp, Timestamp)> {
    let scope = ScopeArgs {
        log_group: args.read.log_group.iter().cloned().collect(),
        ..ScopeArgs::default()
    };
    for hours in REACH_HOURS {
        let window = Window {
            since: now.plus_ms(-hours * HOUR_MS),
            until: Some(now),
        };
        let sources = args.aws.search(&scope, window, &args.id)?;
        let mut found: Option<(Timestamp, Timestamp)> = None;
        fetch::each(sources, args.aws.terms(), &mut |batch| {
            for record in batch.records {
                if let Record::Log(line) = record {
                    let (first, last) = found.unwrap_or((line.timestamp, line.timestamp));
                    found = Some((first.min(line.timestamp), last.max(line.timestamp)));
                }
            }
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    bail!(
        "{}: in no log group of the last 90 days · check the id, --region and --profile",
        args.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_and_event_ids_hold_their_time() {
        let event = moment_of("40033602025563129891242405994489553170594962871841456129");
        assert_eq!(event, Some(Timestamp(1_795_168_801_274)));
        let trace = moment_of("1-6b001a21-c2f4d01e96d3e870728f41b7");
        assert_eq!(trace, Some(Timestamp(0x6b00_1a21 * 1_000)));
        assert_eq!(moment_of("d46f2f88-b8fa-4993-b8be-c756d697f8b1"), None);
    }
}
