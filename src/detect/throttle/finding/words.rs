//! The sentences of a finding: the subject first, figures with their base; what is unknown is left out.

use super::episode::{Episode, between};
use crate::detect::throttle::concurrency::{by_minute, occupied};
use crate::model::analysis::Analysis;
use crate::model::rows::ThrottleClass;
use crate::model::text::plain;
use crate::model::words::{count, duration, number_of, percent, rate, time_of_day};

/// A run that takes this many times as long is why there is no room.
const LONGER: f64 = 1.5;
/// A caller that comes this many times as often is why.
const RUSH: f64 = 1.5;
/// From so many tries a call on it is a storm.
const STORM: f64 = 2.0;
/// A layer that calls this many times as often for each of its runs tries again.
const AGAIN: f64 = 1.5;
/// Room above the need.
const MARGIN: f64 = 1.3;

/// What is wrong.
pub(super) fn claim(analysis: &Analysis, episode: &Episode<'_>) -> String {
    let name = plain(episode.subject());
    let least = if episode.lower_bound { "≥ " } else { "" };
    let refuses = format!("{name} refuses {least}{}/min", rate(episode.per_minute));
    match episode.class {
        ThrottleClass::ReservedLimit | ThrottleClass::PcSpill => {
            format!("{refuses}{}{}", of_tries(episode), slots(episode))
        }
        ThrottleClass::AccountLimit => format!(
            "{refuses}{}{}",
            of_tries(episode),
            account(analysis, episode)
        ),
        ThrottleClass::ScalingRate => format!(
            "{refuses} while growing by {} in 10 s",
            number_of(growth(analysis, episode), "environments")
        ),
        ThrottleClass::InvokeRate => format!(
            "{refuses}{}: more requests a second than its slots may take",
            of_tries(episode)
        ),
        ThrottleClass::Downstream => downstream(analysis, episode),
        ThrottleClass::GatewayStage => format!("{refuses}: the rate limit of its stage"),
        ThrottleClass::GatewayUsagePlan => format!("{refuses}: the quota of a usage plan"),
        ThrottleClass::Waf => format!("{refuses}: a rule of its firewall"),
        ThrottleClass::Disabled | ThrottleClass::Unknown => {
            format!("{refuses}{}", of_tries(episode))
        }
    }
}

/// `, 60 % of tries`.
fn of_tries(episode: &Episode<'_>) -> String {
    match episode.tries {
        Some(tries) if tries > 0 => format!(
            ", {} % of tries",
            percent(episode.count as f64 / tries as f64)
        ),
        _ => String::new(),
    }
}

/// `: needs 22 slots, has 20 reserved`.
fn slots(episode: &Episode<'_>) -> String {
    match (needed(episode), episode.limit) {
        (Some(need), Some(limit)) if need > limit => {
            format!(": needs {need} slots, has {limit} reserved")
        }
        (_, Some(limit)) => format!(": has {} reserved", number_of(limit.into(), "slots")),
        _ => String::new(),
    }
}

fn needed(episode: &Episode<'_>) -> Option<u32> {
    let slots = episode.demand.as_ref()?.slots?;
    Some(slots.ceil() as u32)
}

/// `: all 1,000 slots of the account are in use, reports holds 940`.
fn account(analysis: &Analysis, episode: &Episode<'_>) -> String {
    let limit = episode.limit.map(|limit| count(u64::from(limit)) + " ");
    let holds = holder(analysis, episode)
        .map(|(name, held)| format!(", {name} holds {}", count(u64::from(held))));
    format!(
        ": all {}slots of the account are in use{}",
        limit.unwrap_or_default(),
        holds.unwrap_or_default()
    )
}

/// The function that held most slots while the refusals lasted.
fn holder(analysis: &Analysis, episode: &Episode<'_>) -> Option<(String, u32)> {
    let mut runs: hashbrown::HashMap<_, Vec<_>> = hashbrown::HashMap::new();
    for run in between(analysis, episode.from, episode.to) {
        runs.entry(run.function)
            .or_default()
            .push(occupied(run, 0.0));
    }
    let peaks = runs.into_iter().filter_map(|(function, stretches)| {
        let peak = by_minute(stretches).values().map(|load| load.peak).max()?;
        Some((peak, analysis.text(function)))
    });
    let (peak, name) = peaks.max_by(|one, other| (one.0.cmp(&other.0)).then(other.1.cmp(one.1)))?;
    Some((plain(name).into_owned(), peak))
}

/// The most environments that began to run within 10 s.
fn growth(analysis: &Analysis, episode: &Episode<'_>) -> u64 {
    let starts: Vec<_> = between(analysis, episode.from.plus_ms(-10_000), episode.to)
        .iter()
        .filter(|run| Some(run.function) == episode.function && run.init.get().is_some())
        .map(|run| run.start)
        .collect();
    let (mut first, mut most) = (0, 0);
    for (at, start) in starts.iter().enumerate() {
        while start.since(starts[first]) > 10_000 {
            first += 1;
        }
        most = most.max(at - first + 1);
    }
    most as u64
}

/// `dynamodb:ledger refused ≥ 14 calls of ledger-apply: TableReadKeyRangeThroughputExceeded`.
fn downstream(analysis: &Analysis, episode: &Episode<'_>) -> String {
    let caller = top_caller(analysis, episode).map(|caller| format!(" of {caller}"));
    let reason = reason(analysis, episode).map(|reason| format!(": {}", plain(reason)));
    format!(
        "{} refused {}{}{}{}",
        plain(episode.resource),
        if episode.lower_bound { "≥ " } else { "" },
        number_of(episode.count, "calls"),
        caller.unwrap_or_default(),
        reason.unwrap_or_default()
    )
}

/// The function with most of the refused attempts.
fn top_caller(analysis: &Analysis, episode: &Episode<'_>) -> Option<String> {
    let attempts = episode.attempts.iter().copied();
    let counted = crate::detect::throttle::callers::counted(&analysis.facts, attempts);
    let (caller, _) = counted.first()?;
    Some(plain(analysis.text(*caller)).into_owned())
}

/// The newest reason that the service gave.
fn reason<'a>(analysis: &'a Analysis, episode: &Episode<'_>) -> Option<&'a str> {
    let mut newest = episode.attempts.iter().rev();
    let reason = newest.find_map(|attempt| attempt.reason)?;
    Some(analysis.text(reason))
}

/// Why: a new version, longer runs, or a caller's rush; and whether retries make it worse.
pub(super) fn cause(analysis: &Analysis, episode: &Episode<'_>) -> String {
    let Some(demand) = &episode.demand else {
        return String::new();
    };
    let mut parts = Vec::new();
    let longer = demand
        .took
        .filter(|(before, during)| *during >= LONGER * before);
    if let Some((before, during)) = longer {
        let since = demand.deployed.map(|(version, first, _)| {
            let version = plain(analysis.text(version));
            format!("v{version}, deployed {}, ", time_of_day(first))
        });
        parts.push(format!(
            "{}runs {} longer ({} → {})",
            since.unwrap_or_default(),
            times_of(during / before.max(0.01)),
            duration(before),
            duration(during)
        ));
    }
    if longer.is_none()
        && let Some(top) = demand.blame.first()
        && top.rate >= RUSH * top.baseline
    {
        let caller = plain(analysis.text(top.caller));
        let usual = if top.baseline > 0.0 {
            format!("{} its usual rate", times_of(top.rate / top.baseline))
        } else {
            format!("{}/min, before nothing", rate(top.rate))
        };
        parts.push(format!(
            "{caller} sends {usual} ({} % of the rise)",
            percent(top.share)
        ));
    }
    if let Some(tries) = demand.amplification.filter(|tries| *tries >= STORM) {
        let above = flooded(analysis, episode).unwrap_or_default();
        parts.push(format!("{tries:.1} tries for each call{above}"));
    }
    parts.join("; ")
}

/// `, 6.0 for each run of api`: where a layer above tries again too, its tries multiply with those below.
fn flooded(analysis: &Analysis, episode: &Episode<'_>) -> Option<String> {
    let flood = episode.flood.as_ref()?;
    let (_, above) = flood.layers.split_last()?;
    let again = above.iter().any(|layer| {
        let before = layer.before.filter(|before| *before > 0.0);
        before.is_some_and(|before| layer.factor >= AGAIN * before)
    });
    let entry = plain(analysis.text(flood.layers.first()?.caller));
    again.then(|| format!(", {:.1} for each run of {entry}", flood.factor()))
}

fn times_of(times: f64) -> String {
    if times < 9.95 {
        format!("{times:.1}×")
    } else {
        format!("{times:.0}×")
    }
}

/// What to do now.
pub(super) fn next(analysis: &Analysis, episode: &Episode<'_>) -> String {
    let name = plain(episode.subject());
    let caller = top_caller(analysis, episode);
    let or_callers = caller.unwrap_or_else(|| "its callers".to_owned());
    match episode.class {
        ThrottleClass::ReservedLimit => {
            let limit = episode.limit.unwrap_or(0);
            let wanted = f64::from(needed(episode).unwrap_or(limit).max(limit)) * MARGIN;
            let raise = match episode.limit {
                Some(limit) => format!(
                    "raise its reserved concurrency from {limit} to {:.0}",
                    wanted.ceil()
                ),
                None => "raise its reserved concurrency".to_owned(),
            };
            let back = episode
                .demand
                .as_ref()
                .and_then(|demand| demand.deployed?.2);
            match back {
                Some(version) => format!(
                    "roll {name} back to v{}, or {raise}",
                    plain(analysis.text(version))
                ),
                None => format!("{raise}, or slow {or_callers}"),
            }
        }
        ThrottleClass::PcSpill => {
            format!("raise the provisioned and the reserved concurrency of {name}")
        }
        ThrottleClass::AccountLimit => {
            let top = holder(analysis, episode).map_or(or_callers, |(top, _)| top);
            format!("reserve slots for {name}, or slow {top}; ask for a higher quota")
        }
        ThrottleClass::ScalingRate => {
            format!("smooth the burst at {or_callers}, or provision {name}")
        }
        ThrottleClass::InvokeRate => format!("batch the calls of {or_callers}, or slow it"),
        ThrottleClass::Downstream => match reason(analysis, episode) {
            Some(reason) if reason.contains("KeyRange") => {
                format!("spread the keys that {or_callers} uses")
            }
            Some(reason) if reason.contains("ProvisionedThroughput") => {
                format!("raise the capacity of {name}")
            }
            Some(reason) if reason.contains("MaxOnDemand") => {
                format!("raise the on-demand maximum of {name}")
            }
            _ => format!("back off in {or_callers}, or raise the capacity of {name}"),
        },
        ThrottleClass::GatewayStage => {
            format!("check the rate limits of {name}; slow the client that floods it")
        }
        ThrottleClass::GatewayUsagePlan => {
            format!("check the usage plan of {name}: whose key spent its quota")
        }
        ThrottleClass::Waf => format!("check the rules of the firewall before {name}"),
        ThrottleClass::Disabled | ThrottleClass::Unknown => {
            format!("find the limit of {name}; slow {or_callers}")
        }
    }
}
