//! `nepho doctor`: what nepho may and can do here, call by call, before anybody relies on it.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::aws::AwsArgs;
use super::screen::abilities;
use super::{FAILED, complain, settings};
use crate::app::examine;
use crate::model::text::plain;
use crate::sources::aws::doctor::{Checkup, Outcome, Trial};

/// AWS refuses signatures from five minutes on; figures by the minute suffer before.
const SKEWED_MS: i64 = 30_000;

/// Arguments of `nepho doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: AwsArgs,
}

/// Tries each call once. 0 all allowed, 1 something optional is missing, 2 nothing could be seen.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut worst = 0;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut documents = Vec::new();
    let mut seen: Vec<(String, Checkup)> = Vec::new();
    let settings = settings::load(None)?;
    for choice in args.aws.settled(&settings).choices()? {
        let checkup = match examine::examine(choice.clone()) {
            Ok(checkup) => checkup,
            // One of several that cannot be asked does not hide the others.
            Err(error) => match choice.name {
                None => return Err(error),
                Some(place) => {
                    complain(&format!("{place}: {error:#}"));
                    worst = FAILED;
                    continue;
                }
            },
        };
        worst = worst.max(status(&checkup));
        if let Some(name) = choice.name.as_deref() {
            if let Some((first, _)) = seen.iter().find(|(_, other)| other.is_same(&checkup)) {
                complain(&format!("{name}: the same account and region as {first}"));
            }
            seen.push((name.to_owned(), checkup.clone()));
        }
        if args.json {
            documents.push(document(&checkup));
        } else {
            table(&checkup, &mut out).context("writing")?;
        }
    }
    if args.json {
        writeln!(out, "{:#}", Value::Array(documents)).context("writing")?;
    }
    out.flush().context("writing")?;
    Ok(ExitCode::from(worst))
}

fn status(checkup: &Checkup) -> u8 {
    let missing = |trial: &&Trial| trial.outcome != Outcome::Allowed;
    let missing = checkup.trials.iter().filter(missing);
    let worst = missing.map(|trial| if trial.needed { FAILED } else { 1 });
    let skewed = checkup
        .clock_ahead_ms
        .is_some_and(|ahead| ahead.abs() > SKEWED_MS);
    worst.max().unwrap_or(0).max(u8::from(skewed))
}

fn table(checkup: &Checkup, out: &mut impl Write) -> io::Result<()> {
    for (label, words) in facts(checkup) {
        writeln!(out, "{label:12} {}", plain(&words))?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "{:42} {:>8}  {:8}  what it gives",
        "action", "quota/s", "right"
    )?;
    for trial in &checkup.trials {
        let quota = trial
            .quota
            .map_or("?".to_owned(), |quota| quota.to_string());
        let needed = if trial.needed { ", needed" } else { "" };
        let (right, why) = match &trial.outcome {
            Outcome::Allowed => ("allowed", None),
            Outcome::Denied(why) => ("denied", Some(why)),
            Outcome::Unknown(why) => ("?", Some(why)),
        };
        writeln!(
            out,
            "{:42} {quota:>8}  {right:8}  {}{needed}",
            trial.action, trial.gives
        )?;
        if let Some(why) = why {
            writeln!(out, "{:54}{}", "", plain(why))?;
        }
    }
    let left_out = checkup
        .trials
        .iter()
        .filter(|trial| trial.outcome != Outcome::Allowed)
        .count();
    let verdict = match status(checkup) {
        0 => "all of it is allowed".to_owned(),
        1 if left_out == 0 => "all of it is allowed, but the clock is off".to_owned(),
        1 => format!(
            "{left_out} optional actions are missing: what they give will be unknown · nepho policy prints what to allow"
        ),
        _ => "what is needed is missing · nepho policy prints what to allow".to_owned(),
    };
    writeln!(out, "\n{verdict}\n")
}

fn facts(checkup: &Checkup) -> Vec<(&'static str, String)> {
    let unknown = || "?".to_owned();
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(unknown);
    let clock = checkup.clock_ahead_ms.map_or_else(unknown, |ahead| {
        let seconds = ahead.abs() / 1_000;
        match ahead {
            -1_999..=1_999 => "agrees with AWS".to_owned(),
            _ if ahead.abs() > SKEWED_MS => {
                format!("{seconds} s {} AWS · set it right", side(ahead))
            }
            _ => format!("{seconds} s {} AWS", side(ahead)),
        }
    });
    let functions = checkup.functions.map_or_else(unknown, |(count, more)| {
        format!("{count}{}", if more { " and more" } else { "" })
    });
    let limit = checkup
        .concurrency
        .map_or_else(unknown, |limit| limit.to_string());
    let tracing = match (checkup.transaction_search, checkup.indexed_percent) {
        (None, _) => unknown(),
        (Some(false), _) => "X-Ray keeps the traces".to_owned(),
        (Some(true), None) => "Transaction Search keeps the traces as spans".to_owned(),
        (Some(true), Some(share)) => {
            format!("Transaction Search keeps the traces as spans, X-Ray indexes {share} %")
        }
    };
    let classes = checkup.log_classes.iter();
    let classes: Vec<_> = classes
        .map(|(class, count)| format!("{count} {class}"))
        .collect();
    let classes = if classes.is_empty() {
        unknown()
    } else {
        classes.join(", ")
    };
    vec![
        ("account", or_unknown(&checkup.account)),
        ("identity", or_unknown(&checkup.identity)),
        (
            "profile",
            checkup
                .profile
                .clone()
                .unwrap_or_else(|| "default".to_owned()),
        ),
        ("region", checkup.region.clone()),
        ("clock", clock),
        (
            "functions",
            format!("{functions}, {limit} concurrent executions"),
        ),
        ("log groups", format!("{classes} on the first page")),
        ("tracing", tracing),
        ("terminal", abilities(io::stdout().is_terminal())),
    ]
}

fn side(ahead: i64) -> &'static str {
    if ahead > 0 { "ahead of" } else { "behind" }
}

fn document(checkup: &Checkup) -> Value {
    let trials = checkup.trials.iter().map(|trial| {
        let (right, why) = match &trial.outcome {
            Outcome::Allowed => (json!(true), Value::Null),
            Outcome::Denied(why) => (json!(false), json!(why)),
            Outcome::Unknown(why) => (Value::Null, json!(why)),
        };
        json!({ "action": trial.action, "allowed": right, "why": why, "needed": trial.needed, "quota_per_second": trial.quota })
    });
    json!({
        "profile": checkup.profile,
        "region": checkup.region,
        "account": checkup.account,
        "identity": checkup.identity,
        "clock_ahead_ms": checkup.clock_ahead_ms,
        "concurrent_executions": checkup.concurrency,
        "log_classes": checkup.log_classes,
        "transaction_search": checkup.transaction_search,
        "indexed_percent": checkup.indexed_percent,
        "actions": trials.collect::<Vec<_>>(),
    })
}
