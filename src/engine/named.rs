//! Lines that do nothing but name their run, of environments about whose runs Lambda itself is silent (a system log level of `WARN`).

use hashbrown::HashMap;

use crate::model::fact::Kinds;
use crate::model::facts::StreamFacts;
use crate::model::ids::RequestId;

/// Leaves of them the first and the last of each run, in a stream that is sorted; none where Lambda tells of runs after all. Which stay
/// depends neither on the order in which lines came nor on how often this was done before.
pub(super) fn thin(stream: &mut StreamFacts) {
    let named = stream.facts.only(Kinds::APP);
    let named = named.filter_map(|(place, fact)| Some((place, fact.what.only_names()?)));
    let mut ends: HashMap<RequestId, (u32, u32)> = HashMap::new();
    let mut lines = 0;
    for (place, run) in named {
        ends.entry(run).or_insert((place, place)).1 = place;
        lines += 1;
    }
    let stay: usize = ends
        .values()
        .map(|(first, last)| 1 + usize::from(first != last))
        .sum();
    if lines == 0 || (lines == stay && !stream.tells_runs) {
        return;
    }
    let tells_runs = stream.tells_runs;
    stream
        .facts
        .retain(|place, fact| match fact.what.only_names() {
            Some(run) => {
                let (first, last) = ends[&run];
                !tells_runs && (place == first || place == last)
            }
            None => true,
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event_id::EventId;
    use crate::model::fact::{AppFact, Fact, What};
    use crate::model::fact_log::FactLog;
    use crate::model::symbols::Symbols;
    use crate::model::time::Timestamp;

    fn stream(lines: &[(i64, u8)]) -> StreamFacts {
        let mut symbols = Symbols::default();
        let facts: FactLog = lines
            .iter()
            .map(|&(ms, run)| Fact {
                at: Timestamp(ms),
                event: EventId::of_parts([ms as u8; 16], 0),
                what: What::App(AppFact {
                    request_id: Some(RequestId([run; 16])),
                    names_run: true,
                    ..AppFact::default()
                }),
            })
            .collect();
        StreamFacts {
            group: symbols.intern("/aws/lambda/f"),
            stream: symbols.intern("s"),
            function: None,
            version: None,
            facts,
            tells_runs: false,
            first: Timestamp(0),
            last: Timestamp(9),
        }
    }

    fn moments(stream: &StreamFacts) -> Vec<i64> {
        stream.facts.moments().map(|at| at.0).collect()
    }

    #[test]
    fn the_first_and_the_last_line_of_each_run_stay() {
        let mut one = stream(&[(1, 7), (2, 7), (3, 7), (4, 8), (5, 9), (6, 9)]);
        thin(&mut one);
        assert_eq!(moments(&one), [1, 3, 4, 5, 6]);
        thin(&mut one);
        assert_eq!(moments(&one), [1, 3, 4, 5, 6]);
    }

    #[test]
    fn none_stays_where_lambda_tells_of_runs() {
        let mut one = stream(&[(1, 7), (2, 7)]);
        one.tells_runs = true;
        thin(&mut one);
        assert!(one.facts.is_empty());
    }
}
