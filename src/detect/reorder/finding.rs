//! Findings on disorder that should have been impossible, or that overwrote something newer.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::detect::statistics::wilson;
use crate::detect::{Detector, duplicate};
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::facts::FactRef;
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Evidence, OrderDomain, Reordered, Verdict};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::words::{duration, number_of, service, share};

/// Harm of one overtaking, against 1 for a lost event: where a retry came between, and where no order was promised.
const BY_RETRY: f64 = 0.2;
const BEST_EFFORT: f64 = 0.1;

/// Both sides of this many overtakings are shown.
const SHOWN: usize = 25;

/// Overtakings: a candidate for each function, source and verdict. What is uncertain is none, nor is disorder of a source
/// that promises no order, unless it made an older event the last one applied.
pub struct Disorder;

impl Detector for Disorder {
    fn kind(&self) -> FindingKind {
        FindingKind::Reordering
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let mut groups: BTreeMap<(&str, EventSource, Verdict), Vec<&Reordered>> = BTreeMap::new();
        for row in &analysis.reordered {
            let group = (analysis.text(row.consumer), row.source, row.verdict);
            groups.entry(group).or_default().push(row);
        }
        let lines: HashMap<(InvocationIndex, Sym), FactRef> = analysis
            .deliveries
            .iter()
            .map(|delivery| ((delivery.invocation, delivery.identity), delivery.line))
            .collect();
        let described = groups
            .into_iter()
            .filter_map(|((_, source, verdict), rows)| {
                let domain = Domain::of(analysis, rows[0].consumer, source)?;
                let speaks = match verdict {
                    Verdict::Violation | Verdict::RetryInduced => true,
                    Verdict::BestEffort => domain.stale_applies > 0,
                    Verdict::Uncertain => false,
                };
                speaks.then(|| candidate(analysis, &lines, &domain, verdict, &rows))
            });
        described.collect()
    }
}

/// One function's order in one source, over its queues, streams or buckets.
struct Domain {
    arrivals: u64,
    stale_applies: u64,
    resource: Option<Sym>,
}

impl Domain {
    fn of(analysis: &Analysis, consumer: Sym, source: EventSource) -> Option<Self> {
        let of_source =
            |domain: &&OrderDomain| domain.consumer == consumer && domain.source == source;
        let all = analysis.order_domains.iter().filter(of_source);
        all.map(|domain| Self {
            arrivals: domain.arrivals,
            stale_applies: domain.stale_applies,
            resource: domain.resource,
        })
        .reduce(|a, b| Self {
            arrivals: a.arrivals + b.arrivals,
            stale_applies: a.stale_applies + b.stale_applies,
            resource: a.resource,
        })
    }
}

fn candidate(
    analysis: &Analysis,
    lines: &HashMap<(InvocationIndex, Sym), FactRef>,
    domain: &Domain,
    verdict: Verdict,
    rows: &[&Reordered],
) -> Candidate {
    let row = rows[0];
    let function = plain(analysis.text(row.consumer));
    let mut found = Candidate::new(
        FindingKind::Reordering,
        function.clone(),
        format!("{}:{verdict}", row.source),
    );
    let keys = {
        let mut keys: Vec<Sym> = rows.iter().map(|row| row.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len() as u64
    };
    let longest = rows.iter().map(|row| row.late_ms).fold(0.0, f64::max);
    let (k, n) = (rows.len() as u64, domain.arrivals.max(rows.len() as u64));
    let place = domain
        .resource
        .map_or(function.clone(), |resource| plain(analysis.text(resource)));
    let overtaken = share(
        k,
        n,
        &format!(
            " {} of {place} overtaken by up to {}",
            items(row.source),
            duration(longest)
        ),
        wilson(k, n).map(|rate| (rate.low, rate.high)),
    );
    let key = key_word(row.source);
    match verdict {
        Verdict::RetryInduced => {
            found.claim = format!("{overtaken}, because a retry came between");
            found.cause = format!(
                "expected of {} when one of a batch fails",
                service(row.source)
            );
            found.next = format!("return all later ids of the {key} with the failed one");
            found.alarm = Alarm::Never;
            found.weight = BY_RETRY;
        }
        Verdict::BestEffort | Verdict::Uncertain => {
            found.claim = format!(
                "{} applied after a newer one at {function}: {overtaken}",
                number_of(domain.stale_applies, "updates")
            );
            found.cause = format!("{} promises no order", service(row.source));
            found.next = write_if_newer(row.source);
            found.weight = BEST_EFFORT;
        }
        Verdict::Violation if domain.stale_applies > 0 => {
            found.claim = format!(
                "{} applied after a newer one at {function}, on {}: {overtaken}",
                number_of(domain.stale_applies, "updates"),
                number_of(keys, &format!("{key}s"))
            );
            found.cause = "an older event finished last and overwrote the newer one".to_owned();
            found.next = write_if_newer(row.source);
            found.alarm = Alarm::Raised;
        }
        Verdict::Violation => {
            found.claim = overtaken;
            found.cause = format!("two runs took events of one {key} in the wrong order");
            found.next = format!("one consumer per {key}");
            found.alarm = Alarm::Raised;
        }
    }
    found.function = Some(row.consumer);
    found.events = rows
        .iter()
        .map(|row| BadEvent {
            at: row.at,
            count: 1,
        })
        .collect();
    // Those that came late: the ones that overtook them met no trouble.
    found.requests = rows.iter().map(|row| row.invocation).collect();
    found.requests.sort_unstable();
    found.requests.dedup();
    let newest = rows.iter().rev().take(SHOWN);
    found.evidence = newest.flat_map(|row| proof(analysis, lines, row)).collect();
    found
}

/// The line that names the overtaken event, and the first line of the run that overtook it.
fn proof(
    analysis: &Analysis,
    lines: &HashMap<(InvocationIndex, Sym), FactRef>,
    row: &Reordered,
) -> [Evidence; 2] {
    let overtaker = analysis.invocation(row.overtaken_by);
    let late = analysis.invocation(row.invocation);
    let named = lines.get(&(row.invocation, row.identity)).copied();
    [
        Evidence::Line {
            request_id: Some(late.request_id),
            line: named.unwrap_or(late.first_line),
        },
        Evidence::Line {
            request_id: Some(overtaker.request_id),
            line: overtaker
                .app
                .first()
                .copied()
                .unwrap_or(overtaker.first_line),
        },
    ]
}

fn items(source: EventSource) -> &'static str {
    duplicate::items(source)
}

fn key_word(source: EventSource) -> &'static str {
    match source {
        EventSource::SqsFifo | EventSource::SnsFifo => "group",
        EventSource::Kinesis => "shard",
        EventSource::Kafka => "partition",
        EventSource::Dynamodb => "item",
        EventSource::S3 => "object",
        _ => "key",
    }
}

fn write_if_newer(source: EventSource) -> String {
    let sequence = match source {
        EventSource::S3 => "the object's sequencer",
        EventSource::Configured => "the configured sequence",
        _ => "SequenceNumber",
    };
    format!("write only if newer: condition on {sequence}")
}
