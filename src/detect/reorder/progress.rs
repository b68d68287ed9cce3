//! Order beyond arrival: two of one key at work at once, an older one that finished last, holes that stayed open.

use super::arrivals::Strip;
use super::clock::Clocks;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen};
use crate::detect::sequence::Sequence;
use crate::model::invocation::Invocation;

/// How often a sequence of the key began while another one was in progress in another run.
pub(super) fn overlaps(seen: &Seen<'_>, clocks: &Clocks, strip: &Strip<'_>) -> u64 {
    let mut count = 0;
    let mut longest: Option<&Invocation> = None;
    for &at in &strip.arrivals {
        let run = seen.run(at);
        if let Some(other) = longest {
            let same = other.environment == run.environment && other.start == run.start;
            let end = (other.environment, other.end);
            let begun = clocks.surely_after(end, (run.environment, run.start));
            count += u64::from(!same && begun && other.end > run.start);
        }
        let known_end = !run.end_estimated;
        if known_end && longest.is_none_or(|other| run.end > other.end) {
            longest = Some(run);
        }
    }
    count
}

/// How many sequences were finished with success after a newer one had been.
pub(super) fn stale_applies(seen: &Seen<'_>, clocks: &Clocks, strip: &Strip<'_>) -> u64 {
    let known_success =
        |at: DeliveryIndex| seen.outcome(at) == Outcome::Done && !seen.run(at).end_estimated;
    let mut applied: Vec<(&Invocation, Sequence<'_>)> = strip
        .arrivals
        .iter()
        .zip(&strip.sequences)
        .filter(|&(&at, _)| known_success(at))
        .map(|(&at, &sequence)| (seen.run(at), sequence))
        .collect();
    applied.sort_by_key(|&(run, sequence)| (run.end, sequence));
    let mut newest: Option<(&Invocation, Sequence<'_>)> = None;
    let mut count = 0;
    for (run, sequence) in applied {
        match newest {
            Some((other, newer)) if newer > sequence => {
                let (end, other_end) = ((run.environment, run.end), (other.environment, other.end));
                count += u64::from(run.end > other.end && clocks.surely_after(end, other_end));
            }
            _ => newest = Some((run, sequence)),
        }
    }
    count
}

/// Holes in sequences that are counted without holes. What lies before the first arrival is unknown.
pub(super) fn gaps(sequences: &[Sequence<'_>]) -> u64 {
    let Some(first) = sequences.first().and_then(|sequence| sequence.whole()) else {
        return 0;
    };
    let mut numbers: Vec<i128> = sequences
        .iter()
        .filter_map(|sequence| sequence.whole())
        .filter(|&number| number >= first)
        .collect();
    numbers.sort_unstable();
    let holes = numbers
        .windows(2)
        .filter(|pair| pair[1].saturating_sub(pair[0]) > 1);
    holes.count() as u64
}
