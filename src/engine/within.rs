//! The same conclusions about a stretch of time alone: what a reader zooms into, and both sides of a comparison.

use std::sync::Arc;

use super::pipeline;
use crate::model::analysis::Analysis;
use crate::model::facts::{Facts, StreamFacts};
use crate::model::time::Timestamp;

/// Concludes everything anew from what happened in `[from, until)`. What began before or ended after it counts as far as it
/// was seen inside, as in a report of that window. The configuration of functions has no time and stays.
pub fn within(analysis: &Analysis, from: Timestamp, until: Timestamp) -> Analysis {
    let facts = &analysis.facts;
    let holds = |at: Timestamp| at >= from && at < until;
    let streams = facts
        .streams
        .iter()
        .filter_map(|stream| cut(stream, from, until))
        .collect();
    let log_event = |newest: Timestamp| newest.min(until.plus_ms(-1));
    let inside = Facts {
        symbols: facts.symbols.clone(),
        streams,
        spans: facts
            .spans
            .iter()
            .filter(|span| holds(Timestamp(span.start_us.div_euclid(1000))))
            .cloned()
            .collect(),
        metrics: facts
            .metrics
            .iter()
            .filter(|point| holds(point.at))
            .cloned()
            .collect(),
        functions: facts.functions.clone(),
        inputs: facts.inputs,
        first_unparsed: facts.first_unparsed.clone(),
        odd: facts.odd.clone(),
        gaps: facts
            .gaps
            .iter()
            .filter(|gap| gap.to > from && gap.from < until)
            .copied()
            .collect(),
        evicted: facts.evicted,
        horizon: facts.horizon,
        watermark: facts.watermark.map(|watermark| watermark.min(until)),
        complete: facts
            .complete
            .iter()
            .map(|(group, at)| (*group, (*at).min(until)))
            .collect(),
        newest: facts.newest.map(log_event),
    };
    pipeline::analyse(inside, &analysis.settings)
}

/// A stream as far as it lies inside; shared where all of it does, `None` where nothing does.
fn cut(stream: &Arc<StreamFacts>, from: Timestamp, until: Timestamp) -> Option<Arc<StreamFacts>> {
    if stream.last < from || stream.first >= until {
        return None;
    }
    // A moment that cannot be is in neither of the stream's ends, but a fact may have it.
    let facts = stream.facts.span();
    let whole = |(first, last): (Timestamp, Timestamp)| first >= from && last < until;
    if whole((stream.first, stream.last)) && facts.is_none_or(whole) {
        return Some(Arc::clone(stream));
    }
    let mut inside = StreamFacts::clone(stream);
    inside
        .facts
        .retain(|_, fact| fact.at >= from && fact.at < until);
    // A stream without facts stays only as an environment that was seen: outside it was not.
    (!inside.facts.is_empty() || stream.first >= from).then(|| Arc::new(inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Limits, Scope};
    use crate::model::batch::Batch;
    use crate::model::record::{LogRecord, Record};
    use crate::model::settings::Settings;

    /// Ten runs of one function, one a second from the epoch on.
    fn engine() -> Engine {
        let settings = Settings::default();
        let limits = Limits::of(&settings.memory, false);
        let mut engine = Engine::new(settings, limits).unwrap();
        let mut records = Vec::new();
        for second in 0..10_i64 {
            let id = format!("00000000-0000-4000-8000-00000000000{second}");
            for (offset, message) in [
                (0, format!("START RequestId: {id} Version: 7\n")),
                (
                    100,
                    format!(
                        "REPORT RequestId: {id}\tDuration: 100.00 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"
                    ),
                ),
            ] {
                records.push(Record::Log(LogRecord {
                    group: "/aws/lambda/orders".into(),
                    stream: "1970/01/01/[7]aaaa".into(),
                    timestamp: Timestamp(second * 1_000 + offset),
                    ingestion: None,
                    event_id: None,
                    message: message.into(),
                }));
            }
        }
        engine.apply(&Batch::from(records));
        engine
    }

    #[test]
    fn it_says_what_a_report_of_the_window_says() {
        let (from, until) = (Timestamp(2_000), Timestamp(6_000));
        let inside = within(&engine().analyse(), from, until);
        let mut restricted = engine();
        restricted.restrict(&Scope {
            from: Some(from),
            until: Some(until),
            functions: None,
        });
        let report = restricted.analyse();
        // Runs 2, 3, 4 and 5 lie inside.
        assert_eq!(inside.functions[0].invocations, 4);
        assert_eq!(inside.functions, report.functions);
        assert_eq!(inside.window, report.window);
    }

    /// A run of the year 9999 is in no window, though its stream is.
    #[test]
    fn a_moment_that_cannot_be_lies_in_no_window() {
        let mut engine = engine();
        let line = |timestamp| LogRecord {
            group: "/aws/lambda/orders".into(),
            stream: "2026/11/20/[7]bbbb".into(),
            timestamp,
            ingestion: None,
            event_id: None,
            message: format!(
                "START RequestId: 00000000-0000-4000-8000-{:012} Version: 7\n",
                timestamp.0 % 1_000_000
            )
            .into(),
        };
        let (then, never) = (Timestamp(1_795_168_800_000), Timestamp(253_402_300_799_000));
        let records = [then, never].map(|at| Record::Log(line(at)));
        engine.apply(&Batch::from(records.to_vec()));
        let inside = within(&engine.analyse(), then, then.plus_ms(1_000));
        assert_eq!(inside.functions[0].invocations, 1);
        assert_eq!(inside.window.map(|(from, _)| from), Some(then));
    }

    #[test]
    fn the_whole_is_the_whole() {
        let whole = engine().analyse();
        let inside = within(&whole, Timestamp(0), Timestamp(60_000));
        assert_eq!(inside.functions, whole.functions);
        assert_eq!(
            within(&whole, Timestamp(60_000), Timestamp(70_000)).functions,
            Vec::new()
        );
    }
}
