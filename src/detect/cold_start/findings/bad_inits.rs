//! Inits that fail or time out: never right, whatever their share.

use crate::model::analysis::Analysis;
use crate::model::fact::What;
use crate::model::finding::{Alarm, Candidate};
use crate::model::rows::{FunctionFigures, Init, InitKind};
use crate::model::text::plain;
use crate::model::time::MINUTE_MS;
use crate::model::words::{count, time_of_day};

use super::{Waits, candidate_of};

/// So many within ten minutes are raised at once.
const RAISED: usize = 3;
const RAISED_MS: i64 = 10 * MINUTE_MS;
/// Harm of one: the request waited for two inits.
const WEIGHT: f64 = 0.3;

/// Listed from the first, raised from three within ten minutes.
pub(super) fn candidate(
    analysis: &Analysis,
    figures: &FunctionFigures,
    waits: &Waits<'_>,
) -> Option<Candidate> {
    let bad: Vec<&Init> = waits
        .starts
        .iter()
        .copied()
        .filter(|row| matches!(row.kind, InitKind::InitTimeout | InitKind::InitFailed))
        .collect();
    let (first, last) = (bad.first()?, bad.last()?);
    let name = plain(analysis.text(figures.function));
    let timeouts = bad.iter().filter(|row| row.kind == InitKind::InitTimeout);
    let how = match timeouts.count() {
        0 => "failed",
        all if all == bad.len() => "timed out",
        _ => "failed or timed out",
    };
    let starts = if bad.len() == 1 { "start" } else { "starts" };
    let mut found = candidate_of(analysis, figures, "bad_init", &bad);
    found.claim = format!(
        "{} {starts} of {name} {how} in init since {}",
        count(bad.len() as u64),
        time_of_day(first.at)
    );
    let error = bad.iter().find_map(|row| error_type(analysis, row));
    let stream = plain(analysis.text(analysis.facts.streams[last.stream as usize].stream));
    found.next = match error {
        Some(error) => format!(
            "open the init lines of {stream}; the first error is {}",
            plain(error)
        ),
        None => format!("open the init lines of {stream}: what it waits for before it is ready"),
    };
    let close = |trio: &[&Init]| trio[RAISED - 1].at.since(trio[0].at) <= RAISED_MS;
    found.alarm = if bad.windows(RAISED).any(close) {
        Alarm::Raised
    } else {
        Alarm::Certain
    };
    found.weight = WEIGHT;
    Some(found)
}

/// The error type that the INIT_REPORT of a start gives: one of the lines after its first.
fn error_type<'a>(analysis: &'a Analysis, row: &Init) -> Option<&'a str> {
    const NEAR: usize = 16;
    let line = row.line?;
    let lines = analysis.facts.stream(line).facts.from(line.fact);
    let named = lines.take(NEAR).find_map(|(_, fact)| match fact.what {
        What::InitReport { error_type, .. } => error_type,
        _ => None,
    });
    named.map(|error| analysis.text(error))
}
