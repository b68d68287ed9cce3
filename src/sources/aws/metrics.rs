//! What CloudWatch counted of each function and minute, by `GetMetricData`, as lines of a metric stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy,
};
use aws_smithy_types::DateTime;
use serde_json::json;

use super::actions::GET_METRIC_DATA;
use super::error::{At, failure};
use super::fleet::{Fleet, Function, Listing};
use super::session::Session;
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::Record;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

const NAMESPACE: &str = "AWS/Lambda";
/// Metrics that are read of each function, under the one dimension `FunctionName`, with their units.
const METRICS: [(&str, &str); 9] = [
    ("Invocations", COUNT),
    ("Errors", COUNT),
    ("Throttles", COUNT),
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
/// What AWS takes in one call.
const QUERIES_A_CALL: usize = 500;
/// List price of one metric of one call, in US dollars.
const USD: f64 = 0.01 / 1_000.0;
/// Minutes that are read again, since CloudWatch still amends them.
const AMENDED_MINUTES: i64 = 3;

/// The functions' metrics, minute by minute.
pub(super) struct Metrics {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    /// Everything before was read; the last minutes of it will be read again.
    read_until: Timestamp,
    round: Option<Round>,
}

/// One reading of all functions over a stretch of minutes.
struct Round {
    from: Timestamp,
    to: Timestamp,
    functions: Vec<String>,
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
            read_until: window.since.minute(),
            round: None,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let Some(round) = &mut self.round else {
            self.round = self.begin(now);
            return Ok(Page::new(Batch::default(), self.pause()));
        };
        let clients = self.session.clients(now).await?;
        let question = clients
            .cloudwatch
            .get_metric_data()
            .start_time(DateTime::from_millis(round.from.0))
            .end_time(DateTime::from_millis(round.to.0))
            .scan_by(ScanBy::TimestampAscending)
            .set_metric_data_queries(Some(round.queries()))
            .set_next_token(round.token.clone());
        let answer = match question.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let at = At {
                    action: GET_METRIC_DATA,
                    resource: None,
                    place: &clients.place,
                };
                return Err(self.session.failed(&clients, failure(&error, at)).await);
            }
        };
        for result in answer.metric_data_results.unwrap_or_default() {
            round.take(result);
        }
        let usd = round.in_call().len() as f64 * USD;
        round.token = answer.next_token.filter(|token| !token.is_empty());
        let mut records = Vec::new();
        if round.token.is_none() {
            records = round.finish_call();
        }
        if round.is_done() {
            self.read_until = round.to;
            self.round = None;
            let next = match self.window.until {
                Some(_) => Next::End,
                None => Next::CaughtUp,
            };
            return Ok(Page {
                usd,
                ..Page::new(records, next)
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
        let amended = self.read_until.plus_ms(-AMENDED_MINUTES * MINUTE_MS);
        let from = amended.max(self.window.since.minute());
        let known = self.fleet.known();
        let functions = match known.listing {
            Listing::Awaited => Vec::new(),
            _ => known.function_names(),
        };
        let reads_streams = |name: &str| {
            known
                .functions
                .get(name)
                .is_none_or(Function::reads_streams)
        };
        (to > from && !functions.is_empty()).then(|| Round {
            from,
            to,
            asked: asked(&functions, reads_streams),
            functions,
            at: 0,
            token: None,
            points: BTreeMap::new(),
        })
    }

    fn awaits_functions(&self) -> bool {
        self.fleet.known().listing == Listing::Awaited
    }

    fn pause(&self) -> Next {
        match (&self.round, self.window.until) {
            (Some(_), _) => Next::More,
            (None, Some(_)) if !self.awaits_functions() => Next::End,
            (None, _) => Next::CaughtUp,
        }
    }
}

/// All metrics of all functions, and the account's. Each is paid for: the age of records only where a stream is read.
fn asked(functions: &[String], reads_streams: impl Fn(&str) -> bool) -> Vec<Asked> {
    let of_function = |(at, name): (usize, &String)| {
        let streams = reads_streams(name);
        let metrics = METRICS.into_iter();
        metrics
            .filter(move |(name, _)| streams || *name != "IteratorAge")
            .map(move |metric| Asked {
                function: Some(at),
                metric,
            })
    };
    let account = Asked {
        function: None,
        metric: OF_ACCOUNT,
    };
    let functions = functions.iter().enumerate();
    functions.flat_map(of_function).chain([account]).collect()
}

impl Round {
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
            let figures = self.points.entry((metric, minute)).or_default();
            if let Some(figure) = figures.get_mut(index) {
                *figure = Some(value);
            }
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
        // CloudWatch amends the last minutes.
        let settled = self.read_until.plus_ms(-AMENDED_MINUTES * MINUTE_MS);
        health.complete_until = Some(settled).filter(|settled| *settled >= self.window.since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every second function reads a stream.
    fn round(functions: usize) -> Round {
        let functions: Vec<String> = (0..functions).map(|at| format!("f{at}")).collect();
        let reads_streams = |name: &str| name[1..].parse::<usize>().unwrap() % 2 == 1;
        Round {
            from: Timestamp(0),
            to: Timestamp(60_000),
            asked: asked(&functions, reads_streams),
            functions,
            at: 0,
            token: None,
            points: BTreeMap::new(),
        }
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
    fn a_call_asks_at_most_500_and_every_metric_is_asked_once() {
        let mut round = round(60);
        let mut asked = Vec::new();
        while !round.is_done() {
            let queries = round.queries();
            assert!(queries.len() <= QUERIES_A_CALL);
            asked.extend(queries.into_iter().filter_map(|query| query.id));
            round.finish_call();
        }
        let all = asked.len();
        asked.sort_unstable();
        asked.dedup();
        // Eight metrics of each function, a ninth where a stream is read, one of the account; four figures of each.
        let figures = (60 * 8 + 30 + 1) * 4;
        assert_eq!((all, asked.len()), (figures, figures));
    }

    #[test]
    fn four_figures_of_one_minute_make_one_line() {
        let mut round = round(2);
        // The first function has eight, so 8 + 2 is the third of the second: Throttles.
        for (index, value) in [5.0, 6.0, 0.0, 1.0].into_iter().enumerate() {
            round.take(result(&format!("m10_{index}"), value));
        }
        round.take(result("m11_0", 3.0));
        round.take(result("other", 3.0));
        let lines = round.finish_call();
        let [Record::Metric(line)] = &lines[..] else {
            panic!("the half point of m11 is not handed on: {lines:?}");
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
