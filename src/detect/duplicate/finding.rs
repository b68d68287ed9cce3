//! Findings on repeats that did harm, or may have.

use std::collections::BTreeMap;

use super::origin::{Known, Origin};
use super::{guard, words};
use crate::detect::Detector;
use crate::detect::seen::Seen;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::rows::{Duplicate, DuplicateClass, Evidence, Harm};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::text::plain;

/// Harm of one event that ran twice, against 1 for one that was lost.
const RAN_TWICE: f64 = 0.8;

/// Harm of one that ran again after a time-out: the first run may have had its effects.
const MAY_HAVE: f64 = 0.2;

/// Raised from the first one if more than this share of all events ran twice, by the lower bound.
const RAISED_SHARE: f64 = 0.001;

/// Both sides of this many repeats are shown.
const SHOWN: usize = 25;

/// Repeated deliveries: a candidate for each function and class that ran events twice, and for each function whose runs
/// were repeated after they had been cut off. Expected retries and what an idempotency check absorbed are no findings.
pub struct Duplicates<'a>(pub &'a Seen<'a>);

impl Detector for Duplicates<'_> {
    fn kind(&self) -> FindingKind {
        FindingKind::Duplicate
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let mut groups: BTreeMap<(&str, Option<DuplicateClass>), Vec<&Duplicate>> = BTreeMap::new();
        for row in &analysis.duplicates {
            let class = match row.harm {
                Harm::Double => Some(row.class),
                Harm::Possible if cut_off(row) => None,
                Harm::None | Harm::Absorbed | Harm::Possible => continue,
            };
            groups
                .entry((analysis.text(row.consumer), class))
                .or_default()
                .push(row);
        }
        let known = Known::of(analysis, self.0);
        let mut found: Vec<Candidate> = groups
            .into_iter()
            .map(|((_, class), rows)| candidate(&known, class, &rows))
            .collect();
        found.extend(unusable_keys(&known));
        found
    }
}

/// The first run was stopped from outside: its end is known, its effects are not.
fn cut_off(row: &Duplicate) -> bool {
    row.first.status.failed()
}

fn candidate(known: &Known<'_>, class: Option<DuplicateClass>, rows: &[&Duplicate]) -> Candidate {
    let consumer = rows[0].consumer;
    let key = class.map_or_else(|| "possible".to_owned(), |class| class.to_string());
    let mut found = Candidate::new(FindingKind::Duplicate, known.analysis.text(consumer), key);
    let origin = Origin::of(known, rows);
    let words = words::of(known.analysis, class, rows, &origin);
    (found.claim, found.cause, found.next) = (words.claim, words.cause, words.next);
    found.function = Some(consumer);
    found.events = rows
        .iter()
        .map(|row| BadEvent {
            at: row.repeat.at,
            count: 1,
        })
        .collect();
    found.requests = rows
        .iter()
        .flat_map(|row| [row.first.invocation, row.repeat.invocation])
        .collect();
    found.requests.sort_unstable();
    found.requests.dedup();
    found.weight = if class.is_some() { RAN_TWICE } else { MAY_HAVE };
    if class.is_some() {
        let share = wilson(rows.len() as u64, origin.distinct);
        let too_many = share.is_some_and(|share| share.low > RAISED_SHARE);
        let promised_once = origin.source == EventSource::SqsFifo;
        found.alarm = if too_many || promised_once {
            Alarm::Raised
        } else {
            Alarm::Certain
        };
    }
    let newest = rows.iter().rev().take(SHOWN);
    found.evidence = newest
        .flat_map(|row| [row.first, row.repeat].map(|end| (*row, end)))
        .map(|(row, end)| Evidence::Line {
            request_id: Some(end.request_id),
            line: known.line(row, end),
        })
        .collect();
    found
}

/// Configured event ids that do not tell events apart: their repeats are left out, and this says so.
fn unusable_keys(known: &Known<'_>) -> Vec<Candidate> {
    let analysis = known.analysis;
    let unusable = guard::unusable_keys(known.seen, &known.identities);
    let mut consumers: Vec<Sym> = unusable.into_iter().collect();
    consumers.sort_by_key(|&consumer| analysis.text(consumer));
    consumers
        .into_iter()
        .map(|consumer| {
            let configured: Vec<_> = analysis
                .deliveries
                .iter()
                .filter(|it| it.consumer == consumer && it.source == EventSource::Configured)
                .collect();
            let name = plain(analysis.text(consumer));
            let mut found = Candidate::new(FindingKind::Duplicate, name.clone(), "bad_dup_key");
            found.claim =
                format!("the event_id configured for {name} does not tell its events apart");
            found.cause =
                String::from("too many events share one value; their repeats are not counted");
            found.next =
                String::from("name a field that is unique to one event in [[extract]] event_id");
            found.function = Some(consumer);
            found.alarm = Alarm::Never;
            found.weight = 0.0;
            found.events = configured
                .iter()
                .map(|delivery| BadEvent {
                    at: delivery.at,
                    count: 1,
                })
                .collect();
            let newest = configured.iter().rev().take(2 * SHOWN);
            found.evidence = newest
                .map(|delivery| Evidence::Line {
                    request_id: Some(analysis.invocation(delivery.invocation).request_id),
                    line: delivery.line,
                })
                .collect();
            found
        })
        .collect()
}

/// What a source calls the things it delivers.
pub(crate) fn items(source: EventSource) -> &'static str {
    use EventSource::{Dynamodb, Kafka, Kinesis, Sns, SnsFifo, Sqs, SqsFifo};
    match source {
        Sqs | SqsFifo | Sns | SnsFifo => "messages",
        Kinesis | Dynamodb | Kafka => "records",
        _ => "events",
    }
}
