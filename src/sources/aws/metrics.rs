//! What CloudWatch counted of each function and minute, by `GetMetricData`, as lines of a metric stream.
//!
//! Every metric that is asked for is paid for. So each round first takes the pulse, which is whether a function ran, failed or
//! was refused, and then asks for the rest only of those that did; functions that were quiet are asked every few minutes, and for errors
//! and refusals as soon as the account as a whole counts more of them than the others have. The pulse also tells which log groups are
//! worth polling.

mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::ScanBy;
use aws_smithy_types::DateTime;

use self::round::Round;
use super::actions::GET_METRIC_DATA;
use super::fleet::{Fleet, Function, Listing};
use super::session::{Session, further};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

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
    /// The account as a whole was last asked up to there.
    compared: Option<Timestamp>,
    /// Nobody had what the account counts beyond those that were due: until then the others are not searched again.
    in_vain_until: Option<Timestamp>,
    round: Option<Round>,
}

impl Metrics {
    pub(super) fn new(session: Arc<Session>, fleet: Arc<Fleet>, window: Window) -> Self {
        Self {
            session,
            fleet,
            window,
            read_until: BTreeMap::new(),
            compared: None,
            in_vain_until: None,
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
        let answer = self.session.answered(&inquiry, answer).await;
        let answer = answer.map_err(|error| error.of_page(&mut round.token))?;
        for result in answer.metric_data_results.unwrap_or_default() {
            round.take(result);
        }
        let usd = round.paid_for() as f64 * USD;
        round.token = further(answer.next_token);
        let records = match &round.token {
            None => round.finish_call(),
            Some(_) => Vec::new(),
        };
        Ok(Page {
            usd,
            ..Page::new(records, self.go_on())
        })
    }

    /// Goes on with the round; at its end takes in what it says.
    fn go_on(&mut self) -> Next {
        let Some(mut round) = self.round.take_if(|round| round.is_done()) else {
            return Next::More;
        };
        let in_vain = self.in_vain_until > Some(round.to);
        let others = |due: &[String]| {
            let due: BTreeSet<&String> = due.iter().collect();
            let mut others = self.fleet.known().function_names();
            others.retain(|name| !in_vain && !due.contains(name));
            others
        };
        let reads_streams = |name: &str| {
            let known = self.fleet.known();
            let function = known.functions.get(name);
            function.is_none_or(Function::reads_streams)
        };
        round.go_on(others, reads_streams);
        if !round.is_done() {
            self.round = Some(round);
            return Next::More;
        }
        if self.finish(round) {
            // They are asked for everything at once.
            return Next::More;
        }
        self.window.when_read()
    }

    /// Whole minutes only: the one under way would be handed on too small.
    fn begin(&self, now: Timestamp) -> Option<Round> {
        let to = self
            .window
            .until
            .map_or(now, |until| until.min(now))
            .minute();
        let known = self.fleet.known();
        let all = match known.listing {
            Listing::Awaited => Vec::new(),
            _ => known.function_names(),
        };
        let seldom = seldom(all.len());
        let is_due = |name: &&String| self.is_due(name, &known.group_of(name), to, seldom);
        let functions: Vec<String> = all.iter().filter(is_due).cloned().collect();
        // Where functions are left out by choice, the account's trouble may be theirs.
        let has_all = known.listing == Listing::Done && known.functions.len() == known.seen;
        let whole = has_all && functions.len() < all.len() && self.compared < Some(to);
        drop(known);
        // Of a minute that begins before the window the logs show a part.
        let since = self.window.since.plus_ms(MINUTE_MS - 1).minute();
        let amended = |read: Timestamp| read.plus_ms(-AMENDED_MINUTES * MINUTE_MS);
        let due = functions.iter().map(|name| {
            let read = self.read_until.get(name);
            read.map_or(since, |read| amended(*read))
        });
        let newest = whole.then(|| amended(to.plus_ms(-MINUTE_MS)));
        let from = due.chain(newest).min()?.max(since);
        (to > from).then(|| Round::new(from, to, functions, whole))
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

    /// Takes in what the round says of its functions. Whether trouble was found among those that were not due.
    fn finish(&mut self, round: Round) -> bool {
        let to = round.to;
        let (mut searched, mut found) = (false, false);
        for (name, due, ran) in round.outcome() {
            searched |= !due;
            found |= !due && ran.is_some();
            if due || ran.is_some() {
                let group = self.fleet.known().group_of(&name);
                self.fleet.pulse(&group).metrics(to, ran);
            }
            if due {
                self.read_until.insert(name, to);
            }
        }
        self.compared = Some(to);
        if searched && !found {
            let functions = self.fleet.known().functions.len();
            self.in_vain_until = Some(to.plus_ms(seldom(functions)));
        }
        found
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

/// After so many milliseconds a quiet one of so many functions is asked whether it still is.
fn seldom(functions: usize) -> i64 {
    let (least, most) = QUIET_MS;
    (functions as i64 * QUIET_A_FUNCTION_MS).clamp(least, most)
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
        let names = self.fleet.known().function_names();
        let read = names.iter().map(|name| self.read_until.get(name).copied());
        let Some(read) = read.collect::<Option<Vec<Timestamp>>>() else {
            return;
        };
        // CloudWatch amends the last minutes.
        let read = read.into_iter().min();
        let settled = read.map(|read| read.plus_ms(-AMENDED_MINUTES * MINUTE_MS));
        health.complete_until = settled.filter(|settled| *settled >= self.window.since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::aws::{Choice, Scope};

    const QUIET: &str = "quiet1";
    const BUSY: &str = "busy";

    fn minute(at: i64) -> Timestamp {
        Timestamp(at * MINUTE_MS)
    }

    /// The metrics of an account with so many functions, one of them busy; so many more are left out by choice.
    fn metrics(functions: usize, left_out: usize) -> Metrics {
        let fleet = Arc::new(Fleet::new(Scope::default(), None, false));
        let quiet = (1..functions).map(|at| format!("quiet{at}"));
        for name in quiet.chain([BUSY.to_owned()]) {
            fleet.known().functions.insert(name, Function::default());
        }
        fleet.known().listing = Listing::Done;
        fleet.known().seen = functions + left_out;
        let window = Window {
            since: minute(0),
            until: None,
        };
        Metrics::new(Session::alone(Choice::default()), fleet, window)
    }

    /// What is asked in eleven minutes of an account in which one function runs all the time: (minute, function, metric).
    fn asked(
        metrics: &mut Metrics,
        errors: impl Fn(Option<&str>, Timestamp) -> f64,
    ) -> Vec<(i64, Option<String>, &'static str)> {
        let counts = |name: Option<&str>, metric: &str, at| match metric {
            "Invocations" => f64::from(u8::from(name == Some(BUSY))),
            "Errors" => errors(name, at),
            _ => 0.0,
        };
        let mut asked = Vec::new();
        for at in 1..=11 {
            metrics.round = metrics.begin(minute(at));
            while let Some(round) = &mut metrics.round {
                let said = round.answer(&counts);
                asked.extend(said.into_iter().map(|(name, metric)| (at, name, metric)));
                metrics.go_on();
                metrics.round = metrics.round.take().or_else(|| metrics.begin(minute(at)));
            }
        }
        asked
    }

    /// The minutes in which a metric of a function was asked.
    fn minutes(
        asked: &[(i64, Option<String>, &'static str)],
        function: &str,
        metric: &str,
    ) -> Vec<i64> {
        let is_meant = |(_, name, of): &&(i64, Option<String>, &str)| {
            name.as_deref() == Some(function) && *of == metric
        };
        asked.iter().filter(is_meant).map(|(at, ..)| *at).collect()
    }

    #[test]
    fn who_is_busy_is_asked_every_minute_and_who_is_quiet_the_less_often_the_more_there_are() {
        let every_minute: Vec<i64> = (1..=11).collect();
        let quiet_asked = |functions| {
            let mut metrics = metrics(functions, 0);
            let asked = asked(&mut metrics, |_, _| 0.0);
            assert_eq!(minutes(&asked, BUSY, "Invocations"), every_minute);
            let pulse = |name: &str| metrics.fleet.pulse(&format!("/aws/lambda/{name}"));
            assert!(pulse(QUIET).is_quiet(minute(12)) && pulse(BUSY).is_busy(minute(12)));
            minutes(&asked, QUIET, "Invocations")
        };
        // All at first; the quiet ones again after five minutes and five more.
        assert_eq!(quiet_asked(500), [1, 6, 11]);
        // 200 × 0.9 s are three minutes.
        assert_eq!(quiet_asked(200), [1, 4, 7, 10]);
        assert_eq!(quiet_asked(20), every_minute);
    }

    #[test]
    fn a_quiet_function_that_begins_to_fail_is_found_by_what_the_account_counts() {
        let mut metrics = metrics(500, 0);
        // quiet7 fails in the third minute and the next; the account counts that too.
        let fails = |name: Option<&str>, at: Timestamp| {
            let failed = name.is_none_or(|name| name == "quiet7");
            f64::from(u8::from(failed && (minute(2)..minute(4)).contains(&at)))
        };
        let asked = asked(&mut metrics, fails);
        // Found as soon as its minute is over, then asked for everything until it was quiet for five minutes; again after five more.
        assert_eq!(
            minutes(&asked, "quiet7", "Invocations"),
            [1, 3, 4, 5, 6, 7, 8]
        );
        assert_eq!(minutes(&asked, "quiet7", "Duration"), [3, 4, 5, 6, 7]);
        // The others were searched once, for errors alone.
        assert_eq!(minutes(&asked, QUIET, "Errors"), [1, 3, 6, 11]);
        assert_eq!(minutes(&asked, QUIET, "Throttles"), [1, 6, 11]);
    }

    #[test]
    fn trouble_that_nobody_has_is_not_searched_every_minute() {
        let strange = |name: Option<&str>, _| f64::from(u8::from(name.is_none()));
        let all = asked(&mut metrics(500, 0), strange);
        // In vain in minutes 2 and 7, five minutes apart; all are asked in 1, 6 and 11.
        assert_eq!(minutes(&all, QUIET, "Errors"), [1, 2, 6, 7, 11]);
        // It may be that of functions which are left out by choice.
        let some = asked(&mut metrics(500, 1), strange);
        assert_eq!(minutes(&some, QUIET, "Errors"), [1, 6, 11]);
    }

    /// What is said of how far metrics were read.
    fn complete_until(metrics: &Metrics) -> Option<Timestamp> {
        let mut health = Health::default();
        metrics.describe(&mut health);
        health.complete_until
    }

    #[test]
    fn functions_that_come_and_go_do_not_hold_back_how_far_metrics_were_read_nor_push_it_on() {
        let mut metrics = metrics(3, 0);
        asked(&mut metrics, |_, _| 0.0);
        assert_eq!(complete_until(&metrics), Some(minute(8)));
        // One is deleted, and the others are read on.
        metrics.fleet.known().functions.remove(QUIET);
        for name in ["quiet2", BUSY] {
            metrics.read_until.insert(name.to_owned(), minute(60));
        }
        assert_eq!(complete_until(&metrics), Some(minute(57)));
        // Another comes: nothing of it was read.
        let known = ("new".to_owned(), Function::default());
        metrics.fleet.known().functions.extend([known]);
        assert_eq!(complete_until(&metrics), None);
    }
}
