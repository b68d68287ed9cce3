//! What a finding on disorder says.

use super::finding::{Case, Trouble, is_covered};
use super::progress;
use crate::detect::duplicate::items;
use crate::detect::seen::Seen;
use crate::detect::sequence::Sequence;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::rows::OrderDomain;
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::words::{duration, number_of, service, share};

pub(super) struct Words {
    pub(super) claim: String,
    pub(super) cause: String,
    pub(super) next: String,
}

/// Words on `cases`, all of one function and source.
pub(super) fn of(
    analysis: &Analysis,
    seen: &Seen<'_>,
    source: EventSource,
    trouble: Trouble,
    cases: &[Case],
) -> Words {
    let consumer = seen.delivery(cases[0].late).consumer;
    let function = plain(analysis.text(consumer));
    let (k, key) = (cases.len() as u64, key_word(source));
    let on_keys = format!("on {}", number_of(keys(seen, cases), &format!("{key}s")));
    match trouble {
        Trouble::Violation => Words {
            claim: counted(
                analysis,
                consumer,
                source,
                (
                    k,
                    &format!("overtaken by up to {} {on_keys}", longest(seen, cases)),
                ),
            ),
            cause: format!("{function} took events of one {key} in the wrong order"),
            next: format!("one consumer per {key}, or {}", write_if_newer(source)),
        },
        Trouble::RetryInduced => Words {
            claim: counted(
                analysis,
                consumer,
                source,
                (k, "overtaken because a retry came between"),
            ),
            cause: format!("expected of {} where one of a batch fails", service(source)),
            next: format!("return all later ids of the {key} with the failed one"),
        },
        Trouble::StaleApply => Words {
            claim: format!(
                "{} applied after a newer one at {function}, {on_keys}",
                number_of(k, "updates")
            ),
            cause: "an older event finished last and overwrote the newer one".to_owned(),
            next: write_if_newer(source),
        },
        Trouble::Overlap => Words {
            claim: format!(
                "{} of one {key} began at {function} while another was in progress, {on_keys}",
                number_of(k, items(source))
            ),
            cause: format!("more than one run works on one {key} at once"),
            next: format!("one consumer per {key}, or {}", write_if_newer(source)),
        },
        Trouble::Hole => {
            let (what, cause) = if is_covered(analysis, consumer) {
                ("missing", "events were lost, or the lines that name them")
            } else {
                (
                    "not seen",
                    "not enough lines are known to be there to call the events lost",
                )
            };
            Words {
                claim: format!(
                    "{} {what} in {} of the sequences of {function}, {on_keys}",
                    number_of(left_out(seen, source, cases), items(source)),
                    number_of(k, "holes")
                ),
                cause: cause.to_owned(),
                next: format!(
                    "look for the events before {}",
                    first_after(analysis, seen, cases)
                ),
            }
        }
    }
}

/// `k of n messages of QUEUE` and what happened to them, with the share where n allows one.
fn counted(
    analysis: &Analysis,
    consumer: Sym,
    source: EventSource,
    (k, happened): (u64, &str),
) -> String {
    let domains = || {
        let all = analysis.order_domains.iter();
        all.filter(|it: &&OrderDomain| it.consumer == consumer && it.source == source)
    };
    let n = domains().map(|domain| domain.arrivals).sum::<u64>().max(k);
    let place = domains()
        .find_map(|domain| domain.resource)
        .unwrap_or(consumer);
    let what = format!(
        " {} of {} {happened}",
        items(source),
        plain(analysis.text(place))
    );
    share(k, n, &what, wilson(k, n).map(|rate| (rate.low, rate.high)))
}

/// Events that the holes leave out.
fn left_out(seen: &Seen<'_>, source: EventSource, cases: &[Case]) -> u64 {
    let sequence = |at| {
        Some(Sequence::read(
            source,
            seen.facts.text(seen.delivery(at).sequence?),
        ))
    };
    let holes = cases
        .iter()
        .filter_map(|case| progress::left_out(sequence(case.by)?, sequence(case.late)?));
    holes.fold(0, u64::saturating_add)
}

fn longest(seen: &Seen<'_>, cases: &[Case]) -> String {
    let late = |case: &Case| seen.delivery(case.late).at.since(seen.delivery(case.by).at);
    duration(cases.iter().map(late).max().unwrap_or(0) as f64)
}

fn keys(seen: &Seen<'_>, cases: &[Case]) -> u64 {
    let key = |case: &Case| seen.delivery(case.late).order_key;
    let mut keys: Vec<Option<Sym>> = cases.iter().map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len() as u64
}

fn first_after(analysis: &Analysis, seen: &Seen<'_>, cases: &[Case]) -> String {
    let item = cases.first().map(|case| seen.delivery(case.late));
    let text = |sym: Option<Sym>| {
        sym.map_or_else(String::new, |sym| plain(analysis.text(sym)).to_string())
    };
    item.map_or_else(String::new, |item| {
        format!("{} of {}", text(item.sequence), text(item.order_key))
    })
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
