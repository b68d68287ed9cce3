//! One reading of metrics over a stretch of minutes: first the pulse, then, where the account as a whole counts trouble that those asked do
//! not have, who else has it, then the rest of those that are alive.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat};
use serde_json::json;

use crate::model::record::Record;
use crate::model::time::{MINUTE_MS, Timestamp};

/// Name and unit of a metric.
type Named = (&'static str, &'static str);

const NAMESPACE: &str = "AWS/Lambda";
/// What says whether something happens, read of each function under the one dimension `FunctionName`, with its unit.
const PULSE: [Named; 3] = [
    ("Invocations", COUNT),
    ("Errors", COUNT),
    ("Throttles", COUNT),
];
/// What of the pulse is trouble: the account as a whole is asked for it, under no dimension.
const TROUBLE: [Named; 2] = [("Errors", COUNT), ("Throttles", COUNT)];
/// What is read of those of which something happens.
const REST: [Named; 6] = [
    ("ConcurrentExecutions", COUNT),
    ("Duration", MILLISECONDS),
    ("IteratorAge", MILLISECONDS),
    ("AsyncEventAge", MILLISECONDS),
    ("AsyncEventsDropped", COUNT),
    ("ProvisionedConcurrencySpilloverInvocations", COUNT),
];
const COUNT: &str = "Count";
const MILLISECONDS: &str = "Milliseconds";
/// Read of the account, under no dimension: executions that the limit counts, idle slots that are kept included.
const OF_ACCOUNT: Named = ("ClaimedAccountConcurrency", COUNT);
/// The four figures of a metric stream. More than one of a metric costs no more than one.
const STATISTICS: [&str; 4] = ["Sum", "SampleCount", "Minimum", "Maximum"];
/// The first of them.
const SUM: usize = 0;
/// What AWS takes in one call.
const QUERIES_A_CALL: usize = 500;
/// One reading over a stretch of minutes.
pub(super) struct Round {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    stage: Stage,
    /// Those that are due, then those that were only searched.
    functions: Vec<String>,
    due: usize,
    /// By function: end of the newest minute in which something happened.
    ran: Vec<Option<Timestamp>>,
    /// By metric of the pulse and minute.
    counted: BTreeMap<(&'static str, i64), Counted>,
    /// What is asked, in order: a function by its index and a metric.
    asked: Vec<Asked>,
    /// The first of them in the call under way, and its next page.
    at: usize,
    pub(super) token: Option<String>,
    /// Figures of the call under way, by (function and metric, minute).
    points: BTreeMap<(usize, i64), [Option<f64>; STATISTICS.len()]>,
}

/// What is asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Pulse,
    Search,
    Rest,
}

/// What a minute counts: in the account as a whole, and together in the functions that were asked.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    account: f64,
    functions: f64,
}

/// One metric of one function; of the account where that is `None`.
#[derive(Clone, Copy, Debug)]
struct Asked {
    function: Option<usize>,
    metric: Named,
}

impl Round {
    /// Begins with the pulse of the functions that are due; `whole`: and with the trouble of the account as a whole.
    pub(super) fn new(from: Timestamp, to: Timestamp, functions: Vec<String>, whole: bool) -> Self {
        let pulse = (0..functions.len()).flat_map(|function| {
            PULSE.map(|metric| Asked {
                function: Some(function),
                metric,
            })
        });
        let account = TROUBLE.map(|metric| Asked {
            function: None,
            metric,
        });
        Self {
            from,
            to,
            asked: pulse.chain(account.into_iter().filter(|_| whole)).collect(),
            stage: Stage::Pulse,
            due: functions.len(),
            ran: vec![None; functions.len()],
            counted: BTreeMap::new(),
            functions,
            at: 0,
            token: None,
            points: BTreeMap::new(),
        }
    }

    /// Goes on behind what was answered; `others` says who may be searched beside those that were due.
    pub(super) fn go_on(
        &mut self,
        others: impl FnOnce(&[String]) -> Vec<String>,
        reads_streams: impl Fn(&str) -> bool,
    ) {
        if self.stage == Stage::Pulse {
            self.search(others);
        }
        if self.is_done() && self.stage != Stage::Rest {
            self.widen(reads_streams);
        }
    }

    /// Asks the others for the trouble of which the account counts more than those that are due.
    fn search(&mut self, others: impl FnOnce(&[String]) -> Vec<String>) {
        let is_beyond = |(name, _): &Named| {
            self.counted
                .iter()
                .any(|((of, _), counted)| of == name && counted.account > counted.functions)
        };
        let beyond: Vec<Named> = TROUBLE.into_iter().filter(is_beyond).collect();
        if beyond.is_empty() {
            return;
        }
        self.stage = Stage::Search;
        for name in others(&self.functions) {
            let function = Some(self.functions.len());
            self.functions.push(name);
            self.ran.push(None);
            self.asked
                .extend(beyond.iter().map(|&metric| Asked { function, metric }));
        }
    }

    /// Asks the rest of those that are due and of which something happened, and the account's. The age of records is asked only where a
    /// stream is read.
    fn widen(&mut self, reads_streams: impl Fn(&str) -> bool) {
        self.stage = Stage::Rest;
        let mut account = false;
        for (function, name) in self.functions[..self.due].iter().enumerate() {
            if self.ran[function].is_none() {
                continue;
            }
            account = true;
            let streams = reads_streams(name);
            let rest = REST.into_iter();
            let rest = rest.filter(|(name, _)| streams || *name != "IteratorAge");
            self.asked.extend(rest.map(|metric| Asked {
                function: Some(function),
                metric,
            }));
        }
        self.asked.extend(account.then_some(Asked {
            function: None,
            metric: OF_ACCOUNT,
        }));
    }

    /// What came of it: each function, whether its whole pulse was taken, and the end of the newest minute in which something happened.
    pub(super) fn outcome(self) -> impl Iterator<Item = (String, bool, Option<Timestamp>)> {
        let due = (0..self.functions.len()).map(move |at| at < self.due);
        let functions = self.functions.into_iter().zip(due).zip(self.ran);
        functions.map(|((name, due), ran)| (name, due, ran))
    }

    /// What is asked from `at` on, as much as a call takes.
    fn in_call(&self) -> Range<usize> {
        self.at..(self.at + QUERIES_A_CALL / STATISTICS.len()).min(self.asked.len())
    }

    /// What the call asks.
    pub(super) fn queries(&self) -> Vec<MetricDataQuery> {
        let each = |metric: usize| {
            STATISTICS
                .iter()
                .enumerate()
                .map(move |(index, statistic)| (metric, index, *statistic))
        };
        let queries = self.in_call().flat_map(each);
        queries
            .map(|(metric, index, statistic)| self.query(metric, index, statistic))
            .collect()
    }

    fn query(&self, metric: usize, index: usize, statistic: &str) -> MetricDataQuery {
        let Asked {
            function,
            metric: (name, _),
        } = self.asked[metric];
        let dimension = function.map(|function| {
            let dimension = Dimension::builder().name("FunctionName");
            vec![dimension.value(&self.functions[function]).build()]
        });
        let named = Metric::builder()
            .namespace(NAMESPACE)
            .metric_name(name)
            .set_dimensions(dimension)
            .build();
        let stat = MetricStat::builder()
            .metric(named)
            .period(60)
            .stat(statistic)
            .build();
        MetricDataQuery::builder()
            .id(format!("m{metric}_{index}"))
            .metric_stat(stat)
            .build()
    }

    /// How many metrics that are.
    pub(super) fn paid_for(&self) -> usize {
        self.in_call().len()
    }

    /// Takes a part of the answer.
    pub(super) fn take(&mut self, result: MetricDataResult) {
        let id = result.id.unwrap_or_default();
        let Some((metric, index)) = id.strip_prefix('m').and_then(|id| id.split_once('_')) else {
            return;
        };
        let (Ok(metric), Ok(index)) = (metric.parse::<usize>(), index.parse::<usize>()) else {
            return;
        };
        let times = result.timestamps.unwrap_or_default();
        for (time, value) in times.iter().zip(result.values.unwrap_or_default()) {
            let minute = time.secs() * 1_000;
            let figures = self.points.entry((metric, minute)).or_default();
            if let Some(figure) = figures.get_mut(index) {
                *figure = Some(value);
            }
        }
    }

    /// Notes what a metric of the pulse counts in a minute.
    fn note(&mut self, metric: usize, minute: i64, value: f64) {
        let Some(Asked { function, metric }) = self.asked.get(metric) else {
            return;
        };
        if !PULSE.contains(metric) {
            return;
        }
        let counted = self.counted.entry((metric.0, minute)).or_default();
        let Some(function) = *function else {
            counted.account += value;
            return;
        };
        counted.functions += value;
        if value > 0.0 {
            let end = Timestamp(minute).plus_ms(MINUTE_MS);
            self.ran[function] = self.ran[function].max(Some(end));
        }
    }

    /// The points of a call whose pages are all there, and on to the next.
    pub(super) fn finish_call(&mut self) -> Vec<Record> {
        self.at = self.in_call().end;
        let points = std::mem::take(&mut self.points);
        for (&(metric, minute), figures) in &points {
            self.note(metric, minute, figures[SUM].unwrap_or_default());
        }
        points
            .into_iter()
            .filter_map(|((metric, minute), figures)| self.line(metric, minute, figures))
            .collect()
    }

    fn line(&self, metric: usize, minute: i64, figures: [Option<f64>; 4]) -> Option<Record> {
        let Asked {
            function,
            metric: (name, unit),
        } = self.asked.get(metric)?;
        let [Some(sum), Some(count), Some(min), Some(max)] = figures else {
            return None;
        };
        let dimensions = match function {
            Some(function) => json!({ "FunctionName": self.functions[*function] }),
            None if *name == OF_ACCOUNT.0 => json!({}),
            // It was only compared.
            None => return None,
        };
        let line = json!({
            "namespace": NAMESPACE,
            "metric_name": name,
            "dimensions": dimensions,
            "timestamp": minute,
            "value": { "sum": sum, "count": count, "min": min, "max": max },
            "unit": unit,
        });
        Some(Record::Metric(line.to_string().into()))
    }

    /// Answers a call as CloudWatch would, where a function, or the account, counts so much of a metric in a minute; says what was asked.
    #[cfg(test)]
    pub(super) fn answer(
        &mut self,
        counts: &dyn Fn(Option<&str>, &str, Timestamp) -> f64,
    ) -> Vec<(Option<String>, &'static str)> {
        let mut said = Vec::new();
        for metric in self.in_call() {
            let asked = self.asked[metric];
            let name = asked
                .function
                .map(|function| self.functions[function].clone());
            let minutes = (self.from.0..self.to.0).step_by(MINUTE_MS as usize);
            for minute in minutes {
                let sum = counts(name.as_deref(), asked.metric.0, Timestamp(minute));
                if sum > 0.0 {
                    self.points.insert((metric, minute), [Some(sum); 4]);
                }
            }
            said.push((name, asked.metric.0));
        }
        self.finish_call();
        said
    }

    /// Whether everything that is asked so far was answered.
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.asked.len()
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    fn round(functions: usize) -> Round {
        let functions = (0..functions).map(|at| format!("f{at}")).collect();
        Round::new(Timestamp(0), Timestamp(60_000), functions, false)
    }

    /// Ids of all that the round asks up to its end.
    fn ask_all(round: &mut Round) -> Vec<String> {
        let mut asked = Vec::new();
        while !round.is_done() {
            let queries = round.queries();
            assert!(queries.len() <= QUERIES_A_CALL);
            asked.extend(queries.into_iter().filter_map(|query| query.id));
            round.finish_call();
        }
        asked
    }

    fn result(id: &str, value: f64) -> MetricDataResult {
        let time = DateTime::from_millis(1_795_168_800_000);
        MetricDataResult::builder()
            .id(id)
            .timestamps(time)
            .values(value)
            .build()
    }

    #[test]
    fn the_pulse_of_all_is_taken_and_the_rest_asked_of_those_that_beat() {
        let mut round = round(60);
        // f1 ran (its first metric is the fourth), f2 counted no run, f3 was refused.
        for (id, value) in [("m3_0", 5.0), ("m6_0", 0.0), ("m11_0", 1.0)] {
            round.take(result(id, value));
        }
        let pulse = ask_all(&mut round);
        assert_eq!(pulse.len(), 60 * 3 * 4, "three metrics of four figures");
        round.go_on(|_| Vec::new(), |name| name == "f3");
        let rest = ask_all(&mut round);
        // The age of records of f3 alone, and the account's one metric.
        assert_eq!(rest.len(), (5 + 6 + 1) * 4);
        let mut all = [pulse, rest].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "none twice");
    }

    #[test]
    fn the_account_as_a_whole_is_compared_and_not_handed_on() {
        let mut round = Round::new(Timestamp(0), Timestamp(60_000), vec!["f0".to_owned()], true);
        // Behind the pulse of the only function: Errors and Throttles of the account. It has both throttles itself, but one of two errors.
        let counted = [(1, 1.0), (2, 2.0), (3, 2.0), (4, 2.0)];
        for ((metric, sum), index) in counted
            .into_iter()
            .flat_map(|one| (0..4).map(move |index| (one, index)))
        {
            round.take(result(&format!("m{metric}_{index}"), sum));
        }
        let lines = round.finish_call();
        assert!(round.is_done());
        let of_f0 = |record: &Record| matches!(record, Record::Metric(line) if line.contains("f0"));
        assert_eq!((lines.len(), lines.iter().all(of_f0)), (2, true));
        round.go_on(
            |due| [due, &["f1".to_owned()]].concat()[1..].to_vec(),
            |_| true,
        );
        let names = round.asked[round.in_call()].iter();
        let asked: Vec<_> = names
            .map(|asked| (asked.function, asked.metric.0))
            .collect();
        assert_eq!(asked, [(Some(1), "Errors")]);
    }

    #[test]
    fn four_figures_of_one_minute_make_one_line() {
        let mut round = round(3);
        // The third of the second function: Throttles.
        for (index, value) in [5.0, 6.0, 0.0, 1.0].into_iter().enumerate() {
            round.take(result(&format!("m5_{index}"), value));
        }
        round.take(result("m6_0", 3.0));
        round.take(result("other", 3.0));
        let lines = round.finish_call();
        let [Record::Metric(line)] = &lines[..] else {
            panic!("the half point of m6 is not handed on: {lines:?}");
        };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["metric_name"], "Throttles");
        assert_eq!(line["dimensions"]["FunctionName"], "f1");
        assert_eq!(line["timestamp"], 1_795_168_800_000_i64);
        assert_eq!(
            line["value"],
            json!({ "sum": 5.0, "count": 6.0, "min": 0.0, "max": 1.0 })
        );
    }
}
