//! Counts a minute, for sparklines: one pass over the rows, cells aligned to whole minutes.

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

use super::page::Level;

/// A stretch of whole minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes {
    /// Start of the first minute.
    pub first: Timestamp,
    pub len: usize,
}

impl Minutes {
    /// The `len` minutes that end with the minute of `now`.
    pub fn until(now: Timestamp, len: usize) -> Self {
        Self {
            first: now.minute().plus_ms(-(len as i64 - 1) * MINUTE_MS),
            len,
        }
    }

    /// Which of them a moment lies in.
    pub fn index(&self, at: Timestamp) -> Option<usize> {
        let index = usize::try_from(at.since(self.first).div_euclid(MINUTE_MS)).ok()?;
        (index < self.len).then_some(index)
    }

    /// Start of the minute at `index`.
    pub fn start(&self, index: usize) -> Timestamp {
        self.first.plus_ms(index as i64 * MINUTE_MS)
    }

    /// How often something happened in each minute; no data in a minute that is not [`Known`].
    pub fn count(
        &self,
        known: &Known,
        events: impl Iterator<Item = (Timestamp, u64)>,
    ) -> Vec<Level> {
        let mut counts = vec![0_u64; self.len];
        for (at, count) in events {
            if let Some(index) = self.index(at) {
                counts[index] += count;
            }
        }
        counts
            .into_iter()
            .enumerate()
            .map(|(index, count)| {
                known
                    .tells(self.start(index), count)
                    .then(|| u32::try_from(count).unwrap_or(u32::MAX))
            })
            .collect()
    }
}

/// The stretch of time of which a count of nothing means that nothing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What came first, unless it was forgotten; `None` while nothing came.
    pub from: Option<Timestamp>,
    /// Everything before it has arrived; `None` where no source says so.
    pub until: Option<Timestamp>,
}

impl Known {
    /// What the figures of an analysis rest on.
    pub fn of(analysis: &Analysis) -> Self {
        let first = analysis.window.map(|(from, _)| from);
        Self {
            from: first.max(analysis.facts.horizon),
            until: analysis.facts.watermark,
        }
    }

    /// The same of what functions log themselves, by function: their own log groups tell, though others are read less often.
    pub fn of_functions(analysis: &Analysis) -> HashMap<Sym, Self> {
        let facts = &analysis.facts;
        let all = Self::of(analysis);
        let mut each = HashMap::new();
        for stream in &facts.streams {
            if let (Some(function), Some(until)) =
                (stream.function, facts.complete.get(&stream.group))
            {
                let known: &mut Self = each.entry(function).or_insert(Self {
                    until: Some(*until),
                    ..all
                });
                known.until = known.until.min(Some(*until));
            }
        }
        each
    }

    /// The same of what functions count that metrics alone tell of, one or all of them together with what logs tell: the metrics of the
    /// newest minutes come late.
    pub fn with_metered(analysis: &Analysis, function: Option<Sym>) -> Self {
        let all = Self::of(analysis);
        let mut rows = analysis.metered.iter();
        if !rows.any(|row| function.is_none_or(|function| row.function == function)) {
            return all;
        }
        let until = Some(metrics_until(analysis));
        let Some((from, _)) = analysis.span() else {
            return all;
        };
        Self {
            from: Some(from).max(analysis.facts.horizon),
            until: match function {
                Some(_) => until,
                None => all.until.min(until).or(until),
            },
        }
    }

    /// Whether the count of the minute from `start` on may be shown: what came of a minute that is still arriving may,
    /// but that nothing came yet is no zero.
    fn tells(&self, start: Timestamp, count: u64) -> bool {
        let begun = self.from.map_or(count > 0, |from| start >= from.minute());
        begun && (count > 0 || self.until.is_none_or(|until| start < until))
    }
}

/// The end of the newest minute of which Lambda's metrics count a run, whoever's.
fn metrics_until(analysis: &Analysis) -> Timestamp {
    let facts = &analysis.facts;
    let runs = facts.symbols.lookup("Invocations");
    let points = facts.metrics.iter();
    let points = points.filter(|point| Some(point.name) == runs);
    let newest = points.map(|point| point.at.minute()).max();
    newest.map_or(Timestamp(0), |newest| newest.plus_ms(MINUTE_MS))
}

/// A version that began to run after another one had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deploy {
    pub at: Timestamp,
    pub function: Sym,
    pub from: Sym,
    pub to: Sym,
}

impl Deploy {
    /// `orders-worker v9→v10`.
    pub fn words(&self, analysis: &Analysis) -> String {
        let version = |sym| match analysis.text(sym) {
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("v{number}"),
            name => name.to_owned(),
        };
        let function = analysis.text(self.function);
        format!("{function} {}→{}", version(self.from), version(self.to))
    }
}

/// Every change of version in the window, oldest first.
pub fn deploys(analysis: &Analysis) -> Vec<Deploy> {
    let mut running: HashMap<Sym, Vec<Sym>> = HashMap::new();
    let mut found = Vec::new();
    // An environment runs one version from its first invocation on, and there are few of them.
    let homes = analysis.assembled.environments.iter();
    let mut homes: Vec<_> = homes
        .filter_map(|home| Some((*home.invocations.first()?, home.version?, home.function)))
        .collect();
    homes.sort_unstable();
    for (first, version, function) in homes {
        let seen = running.entry(function).or_default();
        if seen.contains(&version) {
            continue;
        }
        if let Some(&from) = seen.last() {
            found.push(Deploy {
                at: analysis.invocation(first).start,
                function,
                from,
                to: version,
            });
        }
        seen.push(version);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_before_the_first_record_are_unknown_and_quiet_ones_are_zero() {
        let minutes = Minutes::until(Timestamp(10 * MINUTE_MS + 5), 4);
        assert_eq!(minutes.first, Timestamp(7 * MINUTE_MS));
        let events = [
            (Timestamp(8 * MINUTE_MS), 2),
            (Timestamp(10 * MINUTE_MS + 4), 1),
            (Timestamp(0), 9),
        ];
        let known = Known {
            from: Some(Timestamp(8 * MINUTE_MS + 30)),
            until: None,
        };
        assert_eq!(
            minutes.count(&known, events.into_iter()),
            [None, Some(2), Some(0), Some(1)]
        );
        assert_eq!(minutes.count(&Known::default(), [].into_iter()), [None; 4]);
    }

    #[test]
    fn a_minute_that_has_not_arrived_is_unknown_unless_something_of_it_came() {
        let minutes = Minutes::until(Timestamp(10 * MINUTE_MS + 5), 4);
        let known = Known {
            from: Some(Timestamp(7 * MINUTE_MS)),
            until: Some(Timestamp(8 * MINUTE_MS + 1)),
        };
        let events = [(Timestamp(7 * MINUTE_MS), 3), (Timestamp(9 * MINUTE_MS), 1)];
        assert_eq!(
            minutes.count(&known, events.into_iter()),
            [Some(3), Some(0), Some(1), None],
            "the second is under way: counted to the watermark"
        );
    }
}
