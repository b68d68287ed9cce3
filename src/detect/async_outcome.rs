//! How the delivery of asynchronous events ended, as far as their attempts and the metrics of the function show.
//!
//! Lambda tries an asynchronous event again after an error, twice if nothing else is set, under the same request id; then it
//! goes to the dead-letter queue or destination, or nowhere. Where a function takes from there and logs what it got, that says it.

use hashbrown::{HashMap, HashSet};

use crate::model::analysis::Analysis;
use crate::model::fact::{Ending, Kinds};
use crate::model::ids::RequestId;
use crate::model::invocation::{InvocationIndex, InvocationStatus};
use crate::model::symbols::Sym;

/// Tries of an event unless the function is set otherwise.
const TRIES: usize = 3;

/// What became of some failed asynchronous events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// A later try succeeded.
    pub(super) recovered: u64,
    /// All tries failed, or the event grew too old.
    pub(super) given_up: u64,
    /// Of those given up, the ones that a dead-letter queue or destination is known to have got.
    pub(super) handed_on: u64,
    /// The function dropped events in the window (`AsyncEventsDropped`).
    pub(super) dropped: bool,
    /// A dead-letter queue or destination could not be reached (`DeadLetterErrors`, `DestinationDeliveryFailures`).
    pub(super) undelivered: bool,
}

/// What consumers of destinations and dead-letter queues logged, by the request of the event.
pub(super) fn endings(analysis: &Analysis) -> HashMap<RequestId, Ending> {
    let runs = analysis.assembled.invocations.iter();
    runs.flat_map(|run| analysis.assembled.app_lines_of(run, Kinds::HANDLED))
        .filter_map(|line| analysis.facts.app(line, Kinds::HANDLED))
        .flat_map(|app| app.last_outcomes)
        .map(|outcome| (outcome.request_id, outcome.ending))
        .collect()
}

impl Outcomes {
    /// Of the events that `runs` of `function` failed on. One that ran once may have been a synchronous call: it says nothing.
    pub(super) fn of(
        analysis: &Analysis,
        endings: &HashMap<RequestId, Ending>,
        function: Sym,
        runs: &[InvocationIndex],
    ) -> Self {
        let events: HashSet<RequestId> = runs
            .iter()
            .map(|at| analysis.invocation(*at).request_id)
            .collect();
        let mut outcomes = Self::default();
        for event in events {
            let attempts = analysis.assembled.attempts(&event).unwrap_or_default();
            match endings.get(&event) {
                Some(Ending::Succeeded) => {
                    outcomes.recovered += 1;
                    continue;
                }
                Some(_) => {
                    outcomes.given_up += 1;
                    outcomes.handed_on += 1;
                    continue;
                }
                None => {}
            }
            let statuses = || attempts.iter().map(|at| analysis.invocation(*at).status);
            if attempts.len() < 2 {
                continue;
            }
            if statuses().next_back() == Some(InvocationStatus::Ok) {
                outcomes.recovered += 1;
            } else if attempts.len() >= TRIES && statuses().all(InvocationStatus::failed) {
                outcomes.given_up += 1;
            }
        }
        let counted = |name| {
            let points = analysis.facts.lambda_metric(function, name);
            points.map(|point| point.sum).sum::<f64>() > 0.0
        };
        outcomes.dropped = counted("AsyncEventsDropped");
        outcomes.undelivered =
            counted("DeadLetterErrors") || counted("DestinationDeliveryFailures");
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testing::World;
    use crate::model::invocation::InvocationStatus::{Error, Ok as Fine};
    use crate::model::metric::MetricPoint;
    use crate::model::time::Timestamp;

    #[test]
    fn events_recover_on_a_retry_or_are_given_up_after_three_tries() {
        let mut world = World::default();
        let recovers = world.run("mailer", 0.0, Error);
        let given_up = world.run("mailer", 1.0, Error);
        let waiting = world.run("mailer", 2.0, Error);
        let once = world.run("mailer", 3.0, Error);
        world.retry(recovers, 4.0, Fine);
        world.retry(waiting, 5.0, Error);
        world.retry(given_up, 6.0, Error);
        world.retry(given_up, 7.0, Error);
        let function = world.sym("mailer");
        let analysis = world.analysis();
        let failed = [recovers, given_up, waiting, once];
        let outcomes = Outcomes::of(&analysis, &HashMap::new(), function, &failed);
        assert_eq!((outcomes.recovered, outcomes.given_up), (1, 1));
        assert!(!outcomes.dropped && !outcomes.undelivered);
    }

    #[test]
    fn what_a_destination_got_is_the_end_of_it() {
        let mut world = World::default();
        let runs = [0.0, 1.0, 2.0].map(|minute| world.run("mailer", minute, Error));
        let function = world.sym("mailer");
        let analysis = world.analysis();
        let request = |at: usize| analysis.invocation(runs[at]).request_id;
        let endings = HashMap::from([
            (request(0), Ending::DeadLetter),
            (request(1), Ending::Succeeded),
        ]);
        // The third ran once and is named nowhere: a synchronous call may look like that.
        let outcomes = Outcomes::of(&analysis, &endings, function, &runs);
        let counts = (outcomes.given_up, outcomes.handed_on, outcomes.recovered);
        assert_eq!(counts, (1, 1, 1));
    }

    #[test]
    fn the_metrics_of_this_function_say_what_was_lost() {
        let mut world = World::default();
        world.run("mailer", 0.0, Error);
        let (mailer, other) = (world.sym("mailer"), world.sym("other"));
        let (namespace, dimension) = (world.sym("AWS/Lambda"), world.sym("FunctionName"));
        let points = [("AsyncEventsDropped", mailer), ("DeadLetterErrors", other)];
        for (name, function) in points {
            let point = MetricPoint {
                namespace,
                name: world.sym(name),
                dimensions: vec![(dimension, function)],
                at: Timestamp(0),
                sum: 2.0,
                count: 1.0,
                min: 2.0,
                max: 2.0,
            };
            world.facts.metrics.push(point);
        }
        let outcomes = Outcomes::of(&world.analysis(), &HashMap::new(), mailer, &[0]);
        assert!(outcomes.dropped && !outcomes.undelivered);
    }
}
