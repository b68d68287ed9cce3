//! What CloudWatch counted of each function and minute, by `GetMetricData`, as lines of a metric stream.
//!
//! Every metric that is asked for is paid for. So each round first takes the pulse, which is whether a function ran, failed or
//! was refused, and then asks for the rest only of those that did; functions that were quiet are asked every few minutes. The pulse
//! also tells which log groups are worth polling.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy,
};
use aws_smithy_types::DateTime;
use serde_json::json;

use super::actions::GET_METRIC_DATA;
use super::fleet::{Fleet, Function, Listing};
use super::session::{Session, further};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::Record;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

const NAMESPACE: &str = "AWS/Lambda";
/// What says whether something happens, read of each function under the one dimension `FunctionName`, with its unit.
const PULSE: [(&str, &str); 3] = [
    ("Invocations", COUNT),
    ("Errors", COUNT),
    ("Throttles", COUNT),
];
/// What is read of those of which something happens.
const REST: [(&str, &str); 6] = [
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
const OF_ACCOUNT: (&str, &str) = ("ClaimedAccountConcurrency", COUNT);
/// The four figures of a metric stream. More than one of a metric costs no more than one.
const STATISTICS: [&str; 4] = ["Sum", "SampleCount", "Minimum", "Maximum"];
/// The first of them.
const SUM: usize = 0;
/// What AWS takes in one call.
const QUERIES_A_CALL: usize = 500;
/// List price of one metric of one call, in US dollars.
const USD: f64 = 0.01 / 1_000.0;
/// Minutes that are read again, since CloudWatch still amends them.
const AMENDED_MINUTES: i64 = 3;
/// A quiet function is asked whether it still is: by so much less often for each function of the account, which costs 12 cents an
/// hour however many there are, within these bounds.
const QUIET_A_FUNCTION_MS: i64 = 900;
const QUIET_MS: (i64, i64) = (MINUTE_MS, 5 * MINUTE_MS);

/// The functions' metrics, minute by minute.
pub(super) struct Metrics {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    /// By function: everything before was read; the last minutes of it will be read again.
    read_until: BTreeMap<String, Timestamp>,
    round: Option<Round>,
}

/// One reading of those functions that are due, over a stretch of minutes.
struct Round {
    from: Timestamp,
    to: Timestamp,
    functions: Vec<String>,
    /// By function: end of the newest minute in which something happened.
    ran: Vec<Option<Timestamp>>,
    /// Those of which something happened are asked for the rest.
    wide: bool,
    /// What is asked, in order: a function by its index and a metric.
    asked: Vec<Asked>,
    /// The first of them in the call under way, and its next page.
    at: usize,
    token: Option<String>,
    /// Figures of the call under way, by (function and metric, minute).
    points: BTreeMap<(usize, i64), [Option<f64>; STATISTICS.len()]>,
}

/// One metric of one function; of the account where that is `None`.
#[derive(Clone, Copy, Debug)]
struct Asked {
    function: Option<usize>,
    metric: (&'static str, &'static str),
}

impl Metrics {
    pub(super) fn new(session: Arc<Session>, fleet: Arc<Fleet>, window: Window) -> Self {
        Self {
            session,
            fleet,
            window,
            read_until: BTreeMap::new(),
            round: None,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let Some(round) = &mut self.round else {
            self.round = self.begin(now);
            return Ok(Page::new(Batch::default(), self.pause()));
        };
        let inquiry = self.session.inquire(GET_METRIC_DATA, None, now).await?;
        let question = inquiry
            .cloudwatch
            .get_metric_data()
            .start_time(DateTime::from_millis(round.from.0))
            .end_time(DateTime::from_millis(round.to.0))
            .scan_by(ScanBy::TimestampAscending)
            .set_metric_data_queries(Some(round.queries()))
            .set_next_token(round.token.clone());
        let answer = question.send().await;
        let answer = self.session.answered(&inquiry, answer).await?;
        for result in answer.metric_data_results.unwrap_or_default() {
            round.take(result);
        }
        let usd = round.in_call().len() as f64 * USD;
        round.token = further(answer.next_token);
        let mut records = Vec::new();
        if round.token.is_none() {
            records = round.finish_call();
        }
        if round.is_done() && !round.wide {
            round.widen(|name| {
                let known = self.fleet.known();
                known
                    .functions
                    .get(name)
                    .is_none_or(Function::reads_streams)
            });
        }
        if round.is_done() {
            self.finish();
            return Ok(Page {
                usd,
                ..Page::new(records, self.window.when_read())
            });
        }
        Ok(Page {
            usd,
            ..Page::new(records, Next::More)
        })
    }

    /// Whole minutes only: the one under way would be handed on too small.
    fn begin(&self, now: Timestamp) -> Option<Round> {
        let to = self
            .window
            .until
            .map_or(now, |until| until.min(now))
            .minute();
        let known = self.fleet.known();
        let mut functions = match known.listing {
            Listing::Awaited => Vec::new(),
            _ => known.function_names(),
        };
        let (least, most) = QUIET_MS;
        let seldom = (functions.len() as i64 * QUIET_A_FUNCTION_MS).clamp(least, most);
        functions.retain(|name| self.is_due(name, &known.group_of(name), to, seldom));
        drop(known);
        let since = self.window.since.minute();
        let amended = |name: &String| {
            let read = self.read_until.get(name);
            read.map_or(since, |read| read.plus_ms(-AMENDED_MINUTES * MINUTE_MS))
        };
        let from = functions.iter().map(amended).min()?.max(since);
        (to > from).then(|| Round::new(from, to, functions))
    }

    /// Whether the function is asked in a round up to `to`: each minute while something happens, and after so many milliseconds while
    /// nothing does.
    fn is_due(&self, name: &str, group: &str, to: Timestamp, seldom: i64) -> bool {
        let Some(read) = self.read_until.get(name) else {
            return true;
        };
        let behind = to.since(*read);
        behind >= seldom || behind > 0 && self.fleet.pulse(group).is_busy(to)
    }

    /// What the round says of its functions.
    fn finish(&mut self) {
        let Some(round) = self.round.take() else {
            return;
        };
        for (name, ran) in round.functions.into_iter().zip(round.ran) {
            let group = self.fleet.known().group_of(&name);
            self.fleet.pulse(&group).metrics(round.to, ran);
            self.read_until.insert(name, round.to);
        }
    }

    fn awaits_functions(&self) -> bool {
        self.fleet.known().awaits_names()
    }

    fn pause(&self) -> Next {
        match (&self.round, self.window.until) {
            (Some(_), _) => Next::More,
            (None, Some(_)) if !self.awaits_functions() => Next::End,
            (None, _) => Next::CaughtUp,
        }
    }
}

impl Round {
    /// Begins with the pulse.
    fn new(from: Timestamp, to: Timestamp, functions: Vec<String>) -> Self {
        let pulse = |function: usize| {
            PULSE.map(|metric| Asked {
                function: Some(function),
                metric,
            })
        };
        Self {
            from,
            to,
            asked: (0..functions.len()).flat_map(pulse).collect(),
            ran: vec![None; functions.len()],
            functions,
            wide: false,
            at: 0,
            token: None,
            points: BTreeMap::new(),
        }
    }

    /// Goes on with the rest of those of which something happened, and with the account's. The age of records is asked only where a
    /// stream is read.
    fn widen(&mut self, reads_streams: impl Fn(&str) -> bool) {
        self.wide = true;
        let mut account = false;
        for (function, name) in self.functions.iter().enumerate() {
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

    /// What is asked from `at` on, as much as a call takes.
    fn in_call(&self) -> std::ops::Range<usize> {
        self.at..(self.at + QUERIES_A_CALL / STATISTICS.len()).min(self.asked.len())
    }

    fn queries(&self) -> Vec<MetricDataQuery> {
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

    fn take(&mut self, result: MetricDataResult) {
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
            self.note(metric, minute, index, value);
            let figures = self.points.entry((metric, minute)).or_default();
            if let Some(figure) = figures.get_mut(index) {
                *figure = Some(value);
            }
        }
    }

    /// Whether something happened in that minute.
    fn note(&mut self, metric: usize, minute: i64, index: usize, value: f64) {
        let Some(Asked {
            function: Some(function),
            metric,
        }) = self.asked.get(metric)
        else {
            return;
        };
        if index == SUM && value > 0.0 && PULSE.contains(metric) {
            let end = Timestamp(minute).plus_ms(MINUTE_MS);
            let ran = &mut self.ran[*function];
            *ran = (*ran).max(Some(end));
        }
    }

    /// The points of a call whose pages are all there, and on to the next.
    fn finish_call(&mut self) -> Vec<Record> {
        self.at = self.in_call().end;
        let points = std::mem::take(&mut self.points);
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
            None => json!({}),
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

    fn is_done(&self) -> bool {
        self.at >= self.asked.len()
    }
}

impl Source for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn call(&self) -> Option<Call> {
        let asks = self.round.is_some();
        asks.then(|| GET_METRIC_DATA.call(&self.session))
    }

    fn interval(&self) -> Duration {
        if self.awaits_functions() {
            Duration::from_millis(200)
        } else {
            Duration::from_mins(1)
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        let known = self.fleet.known().function_names().len();
        if self.read_until.len() < known {
            return;
        }
        // CloudWatch amends the last minutes.
        let read = self.read_until.values().min();
        let settled = read.map(|read| read.plus_ms(-AMENDED_MINUTES * MINUTE_MS));
        health.complete_until = settled.filter(|settled| *settled >= self.window.since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::aws::{Choice, Scope};

    fn round(functions: usize) -> Round {
        let functions = (0..functions).map(|at| format!("f{at}")).collect();
        Round::new(Timestamp(0), Timestamp(60_000), functions)
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
        let pulse = ask_all(&mut round);
        assert_eq!(pulse.len(), 60 * 3 * 4, "three metrics of four figures");
        // f1 ran (its first metric is the fourth), f2 counted no run, f3 was refused.
        for (id, value) in [("m3_0", 5.0), ("m6_0", 0.0), ("m11_0", 1.0)] {
            round.take(result(id, value));
        }
        round.widen(|name| name == "f3");
        let rest = ask_all(&mut round);
        // The age of records of f3 alone, and the account's one metric.
        assert_eq!(rest.len(), (5 + 6 + 1) * 4);
        let mut all = [pulse, rest].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "none twice");
    }

    /// The minutes of twelve in which a busy function among so many was asked, and those in which the quiet ones were.
    fn asked_among(functions: usize) -> (Vec<i64>, Vec<i64>) {
        let fleet = Arc::new(Fleet::new(Scope::default(), None, false));
        let minute = |at: i64| Timestamp(at * MINUTE_MS);
        let window = Window {
            since: minute(0),
            until: None,
        };
        let session = Session::alone(Choice::default());
        let mut metrics = Metrics::new(session, Arc::clone(&fleet), window);
        let quiet = (1..functions).map(|at| format!("quiet{at}"));
        for name in quiet.chain(["busy".to_owned()]) {
            fleet.known().functions.insert(name, Function::default());
        }
        fleet.known().listing = Listing::Done;
        let (mut busy_asked, mut quiet_asked) = (Vec::new(), Vec::new());
        for at in 1..=11 {
            let Some(mut round) = metrics.begin(minute(at)) else {
                continue;
            };
            quiet_asked.extend((round.functions.len() == functions).then_some(at));
            if let Some(busy) = round.functions.iter().position(|name| name == "busy") {
                busy_asked.push(at);
                round.ran[busy] = Some(round.to);
            }
            metrics.round = Some(round);
            metrics.finish();
        }
        assert!(fleet.pulse("/aws/lambda/quiet1").is_quiet(minute(12)));
        assert!(fleet.pulse("/aws/lambda/busy").is_busy(minute(12)));
        (busy_asked, quiet_asked)
    }

    #[test]
    fn who_is_busy_is_asked_every_minute_and_who_is_quiet_the_less_often_the_more_there_are() {
        let every_minute: Vec<i64> = (1..=11).collect();
        let (busy, quiet) = asked_among(500);
        // All at first; the quiet ones again after five minutes and five more.
        assert_eq!((busy, quiet), (every_minute.clone(), vec![1, 6, 11]));
        // 200 × 0.9 s are three minutes.
        assert_eq!(asked_among(200).1, [1, 4, 7, 10]);
        assert_eq!(asked_among(20).1, every_minute);
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
