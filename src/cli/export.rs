//! `nepho export`: the traces and logs of a snapshot, sent to an OTLP endpoint or to Splunk.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::bail;

use super::progress::Said;
use super::reading::ReadArgs;
use super::{FAILED, complain, settings};
use crate::app::clock;
use crate::export::forward::{self, Count, Doing, Sent, Target};
use crate::export::records::Origin;
use crate::model::settings::Settings;
use crate::model::words::{count, number_of};
use crate::sources::snapshot::hex;

/// Arguments of `nepho export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Snapshots, or files and directories as `nepho report` reads them
    #[arg(required = true, value_name = "SNAPSHOT")]
    path: Vec<PathBuf>,
    /// Who gets it: otlp or splunk-hec, and its address if environment and settings do not say it
    #[arg(long, required = true, num_args = 1..=2, value_names = ["KIND", "URL"])]
    to: Vec<String>,
    /// Settings file with redaction rules and receivers
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Sends it, and says what became of it. Status 1: the receiver did not take all of it.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.path.iter().any(|path| path.as_os_str() == "-") {
        bail!("-: what is sent is read twice · name a file");
    }
    let settings = settings::load(args.config.as_deref())?;
    let target = target(&args.to, &settings)?;
    let addresses = target.addresses();
    let to: Vec<_> = addresses
        .iter()
        .map(|(what, url)| format!("{what} to {url}"))
        .collect();
    writeln!(io::stderr().lock(), "sending {}", to.join(", "))?;
    if addresses.iter().any(|(_, url)| in_clear(url)) {
        complain("http: what is sent, and the keys in its headers, can be read on the way · https");
    }
    let mut origin = Origin::Files {
        paths: args.path,
        options: args.read.options(),
    };
    let cancel = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&cancel))?;
    }
    let mut said = Said::new();
    let sent = forward::send(
        &mut origin,
        &settings,
        target,
        &cancel,
        &mut |doing| match doing {
            Doing::Reading(progress) => said.progress(progress),
            Doing::Spans(spans) => said.say(&format!("sending: {}", number_of(spans, "spans"))),
        },
    );
    said.clear();
    tell(&sent?)
}

fn target(to: &[String], settings: &Settings) -> anyhow::Result<Target> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (kind, url) = (to[0].as_str(), to.get(1).map(String::as_str));
    Ok(match kind {
        "otlp" => Target::otlp(url, &settings.export.otlp, &env)?,
        "splunk-hec" => Target::hec(url, &settings.export.splunk_hec, &env, channel())?,
        other => bail!("{other}: no such receiver · --to otlp URL or --to splunk-hec URL"),
    })
}

/// A UUID that no other run has at the same time.
fn channel() -> String {
    use sha2::Digest as _;
    let now = format!("{} {}", clock::now(), std::process::id());
    let digits = hex(&sha2::Sha256::digest(now.as_bytes())[..16]);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

/// Whether others on the way can read it.
fn in_clear(url: &str) -> bool {
    let here = ["127.0.0.1", "localhost", "[::1]"];
    url.strip_prefix("http://")
        .is_some_and(|rest| !here.iter().any(|host| rest.starts_with(host)))
}

fn tell(sent: &Sent) -> anyhow::Result<ExitCode> {
    sent.warnings.iter().for_each(|warning| complain(warning));
    for (what, times) in &sent.said {
        match times {
            1 => complain(what),
            times => complain(&format!("{what} ({} times)", count(*times))),
        }
    }
    writeln!(
        io::stdout().lock(),
        "{} · {} · {}, {:.1} MB · {} replaced",
        words(sent.spans, "spans"),
        words(sent.logs, "log lines"),
        number_of(sent.requests, "requests"),
        sent.bytes as f64 / 1e6,
        number_of(sent.replaced, "values"),
    )?;
    if let Some(why) = &sent.stopped {
        complain(&format!("stopped, the rest was not sent: {why}"));
        return Ok(ExitCode::from(FAILED));
    }
    Ok(ExitCode::from(u8::from(!sent.whole())))
}

fn words(of: Count, name: &str) -> String {
    let mut words = format!("{} taken", number_of(of.taken, name));
    for (many, what) in [
        (of.refused, "refused"),
        (of.left_out, "empty, left out"),
        (of.unacknowledged, "of them not acknowledged"),
    ] {
        if many > 0 {
            words.push_str(&format!(", {} {what}", count(many)));
        }
    }
    words
}
