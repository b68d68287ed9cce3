//! Order beyond arrival: two of one key at work at once, an older one that finished last, holes that stayed open.

use super::arrivals::Strip;
use super::clock::Clocks;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen};
use crate::detect::sequence::Sequence;

/// A delivery and the one it collided with.
pub(super) type Collision = (DeliveryIndex, DeliveryIndex);

/// Sequences of the key that began while another one was in progress in another run.
pub(super) fn overlaps(seen: &Seen<'_>, clocks: &Clocks, strip: &Strip<'_>) -> Vec<Collision> {
    let mut found = Vec::new();
    let mut longest: Option<DeliveryIndex> = None;
    for &at in &strip.arrivals {
        let run = seen.run(at);
        if let Some(earlier) = longest {
            let other = seen.run(earlier);
            let same_run = seen.delivery(at).invocation == seen.delivery(earlier).invocation;
            let (end, start) = ((other.stream(), other.end), (run.stream(), run.start));
            if !same_run && other.end > run.start && clocks.surely_after(end, start) {
                found.push((at, earlier));
            }
        }
        let ends_last = longest.is_none_or(|other| run.end > seen.run(other).end);
        if ends_last && !run.end_estimated {
            longest = Some(at);
        }
    }
    found
}

/// Sequences that were finished with success after a newer one had been.
pub(super) fn stale_applies(seen: &Seen<'_>, clocks: &Clocks, strip: &Strip<'_>) -> Vec<Collision> {
    let end = |at: DeliveryIndex| (seen.run(at).stream(), seen.run(at).end);
    let mut applied: Vec<(DeliveryIndex, Sequence<'_>)> = strip
        .arrivals
        .iter()
        .copied()
        .zip(strip.sequences.iter().copied())
        .filter(|&(at, _)| seen.outcome(at) == Outcome::Done && !seen.run(at).end_estimated)
        .collect();
    applied.sort_by_key(|&(at, sequence)| (seen.run(at).end, sequence));
    let mut found = Vec::new();
    let mut newest: Option<(DeliveryIndex, Sequence<'_>)> = None;
    for (at, sequence) in applied {
        match newest {
            Some((other, newer)) if newer > sequence => {
                let later = end(at).1 > end(other).1;
                if later && clocks.surely_after(end(at), end(other)) {
                    found.push((at, other));
                }
            }
            _ => newest = Some((at, sequence)),
        }
    }
    found
}

/// How many sequences a hole leaves out, between the arrival before it and the one behind it (RFC 4737, sequence
/// discontinuity); `None` where they are no whole numbers.
pub(super) fn left_out(before: Sequence<'_>, behind: Sequence<'_>) -> Option<u64> {
    let apart = behind.whole()?.saturating_sub(before.whole()?);
    Some(u64::try_from(apart.saturating_sub(1).max(0)).unwrap_or(u64::MAX))
}

/// The ends of each hole in sequences that are counted without holes. What lies before the first arrival is unknown.
pub(super) fn holes(strip: &Strip<'_>) -> Vec<Collision> {
    let Some(first) = strip
        .sequences
        .first()
        .and_then(|sequence| sequence.whole())
    else {
        return Vec::new();
    };
    let mut numbers: Vec<(i128, DeliveryIndex)> = strip
        .sequences
        .iter()
        .zip(&strip.arrivals)
        .filter_map(|(sequence, &at)| Some((sequence.whole()?, at)))
        .filter(|&(number, _)| number >= first)
        .collect();
    numbers.sort_unstable();
    let open = numbers
        .windows(2)
        .filter(|pair| pair[1].0.saturating_sub(pair[0].0) > 1);
    open.map(|pair| (pair[1].1, pair[0].1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fact::EventSource;

    #[test]
    fn a_discontinuity_is_as_large_as_what_it_leaves_out() {
        let whole = |text| Sequence::read(EventSource::Configured, text);
        // `1 2 5 6`: 3 was expected when 5 came.
        assert_eq!(left_out(whole("2"), whole("5")), Some(2));
        assert_eq!(left_out(whole("1"), whole("2")), Some(0));
        let far = "99999999999999999999999999";
        assert_eq!(left_out(whole("1"), whole(far)), Some(u64::MAX));
        assert_eq!(left_out(whole("draft"), whole("2")), None);
    }
}
