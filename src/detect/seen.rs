//! What is known of each delivery: its item, its run, how it ended.

use std::ops::Range;

use hashbrown::{HashMap, HashSet};

use crate::detect::sequence::Sequence;
use crate::model::delivery::Delivery;
use crate::model::fact::{EventSource, Kinds, ProducedKind};
use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, Invocation, InvocationIndex, InvocationStatus};
use crate::model::rows::DeliveryEnd;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Clocks of two hosts agree to about this: what is closer has no order.
const CLOCKS_AGREE_MS: i64 = 12;

/// Lines count as missing from so many runs without START on, if they are more than 1 in 100.
const FEW_MISSING: usize = 3;
const RUNS_PER_MISSING: usize = 100;

/// Index of a delivery: deliveries stand in order of start.
pub(crate) type DeliveryIndex = u32;

/// How the work on one item ended, as far as its effects go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// Refused by the function itself: an exception, a failed init, an item named in `batchItemFailures`.
    Failed,
    /// Stopped from outside (time-out, out of memory, killed): effects may have happened.
    Cut,
    Unknown,
}

/// The deliveries with everything that the lines of their runs say.
pub struct Seen<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) assembled: &'a Assembled,
    pub(crate) deliveries: &'a [Delivery],
    /// Items that a run named as failed.
    failed: HashSet<(InvocationIndex, Sym)>,
    /// The lowest sequence number among them.
    lowest_failed: HashMap<InvocationIndex, Sequence<'a>>,
    /// Functions that hand back single items.
    answers_per_item: HashSet<Sym>,
    /// Lines are known to be missing at random: too many runs have no START.
    lines_missing: bool,
    /// Runs whose idempotency check recognised an event.
    idempotent: HashSet<InvocationIndex>,
    /// Durable executions: one is many runs that start over from the top.
    executions: HashMap<InvocationIndex, Sym>,
    /// The run that sent a message or record, by the id it was given.
    senders: HashMap<Sym, InvocationIndex>,
}

impl<'a> Seen<'a> {
    /// Reads the lines of all runs.
    pub fn new(facts: &'a Facts, assembled: &'a Assembled, deliveries: &'a [Delivery]) -> Self {
        let mut seen = Self {
            facts,
            assembled,
            deliveries,
            failed: HashSet::new(),
            lowest_failed: HashMap::new(),
            answers_per_item: HashSet::new(),
            lines_missing: lines_missing(assembled),
            idempotent: HashSet::new(),
            executions: HashMap::new(),
            senders: HashMap::new(),
        };
        for (run, invocation) in (0..).zip(&assembled.invocations) {
            seen.read(run, invocation);
        }
        seen
    }

    fn read(&mut self, run: InvocationIndex, invocation: &Invocation) {
        let kinds = Kinds::HANDLED.or(Kinds::SENT);
        let lines = self.assembled.app_lines_of(invocation, kinds);
        for app in lines.filter_map(|line| self.facts.app(line, kinds)) {
            for &item in &app.failed_items {
                self.failed.insert((run, item));
                self.answers_per_item.insert(invocation.function);
                let sequence = Sequence::read(EventSource::Kinesis, self.facts.text(item));
                let lowest = self.lowest_failed.entry(run).or_insert(sequence);
                *lowest = sequence.min(*lowest);
            }
            if app.idempotent {
                self.idempotent.insert(run);
            }
            if let Some(execution) = app.durable_execution {
                self.executions.insert(run, execution);
            }
            for sent in &app.produced {
                if matches!(sent.kind, ProducedKind::Message | ProducedKind::Record) {
                    self.senders.entry(sent.id).or_insert(run);
                }
            }
        }
    }

    pub(crate) fn delivery(&self, at: DeliveryIndex) -> &'a Delivery {
        &self.deliveries[at as usize]
    }

    pub(crate) fn run(&self, at: DeliveryIndex) -> &'a Invocation {
        self.invocation(self.delivery(at).invocation)
    }

    pub(crate) fn invocation(&self, run: InvocationIndex) -> &'a Invocation {
        &self.assembled.invocations[run as usize]
    }

    /// The run that sent the item.
    pub(crate) fn sender(&self, item: &Delivery) -> Option<InvocationIndex> {
        let by_sequence = || self.senders.get(&item.sequence?);
        self.senders
            .get(&item.identity)
            .or_else(by_sequence)
            .copied()
    }

    pub(crate) fn idempotent(&self, run: InvocationIndex) -> bool {
        self.idempotent.contains(&run)
    }

    /// Both runs belong to one durable execution.
    pub(crate) fn same_execution(&self, a: InvocationIndex, b: InvocationIndex) -> bool {
        let execution = self.executions.get(&a);
        execution.is_some() && execution == self.executions.get(&b)
    }

    pub(crate) fn outcome(&self, at: DeliveryIndex) -> Outcome {
        let delivery = self.delivery(at);
        if self.refused(delivery) {
            return Outcome::Failed;
        }
        self.outcome_of(delivery.invocation)
    }

    /// Whether the run handed the item back. A stream goes back to the lowest sequence number that was named: everything
    /// from there on comes again.
    fn refused(&self, item: &Delivery) -> bool {
        if !is_stream(item.source) {
            return self.failed.contains(&(item.invocation, item.identity));
        }
        let lowest = self.lowest_failed.get(&item.invocation);
        lowest
            .zip(item.sequence)
            .is_some_and(|(&lowest, sequence)| {
                Sequence::read(item.source, self.facts.text(sequence)) >= lowest
            })
    }

    /// The deliveries of one run: they stand together.
    pub(crate) fn received(&self, run: InvocationIndex) -> Range<DeliveryIndex> {
        let before = |bound: InvocationIndex| {
            self.deliveries
                .partition_point(|delivery| delivery.invocation < bound) as u32
        };
        before(run)..before(run + 1)
    }

    pub(crate) fn outcome_of(&self, run: InvocationIndex) -> Outcome {
        let invocation = self.invocation(run);
        match invocation.status {
            InvocationStatus::Ok => Outcome::Done,
            InvocationStatus::Error if invocation.crashed => Outcome::Cut,
            InvocationStatus::Error => Outcome::Failed,
            InvocationStatus::Timeout | InvocationStatus::OutOfMemory => Outcome::Cut,
            InvocationStatus::Unknown => Outcome::Unknown,
        }
    }

    /// Whether lines are known to be missing.
    pub(crate) fn lines_missing(&self) -> bool {
        self.lines_missing
    }

    /// Whether a run that looks fine may have failed: lines are known to be missing, and its end is silent about errors,
    /// or its function answers for each item in a line of its own.
    pub(crate) fn doubtful(&self, run: InvocationIndex) -> bool {
        if !self.lines_missing {
            return false;
        }
        let invocation = self.invocation(run);
        let report = invocation.report(self.facts);
        let says_success = report.is_some_and(|report| report.status.is_some());
        !says_success || self.answers_per_item.contains(&invocation.function)
    }

    /// Whether run `a` was certainly still going when run `b` started.
    pub(crate) fn overlap(&self, a: InvocationIndex, b: InvocationIndex) -> bool {
        let (first, repeat) = (self.invocation(a), self.invocation(b));
        let slack = if first.stream() == repeat.stream() {
            0
        } else {
            CLOCKS_AGREE_MS
        };
        let last_sign = if first.end_estimated {
            self.assembled
                .app_lines(first)
                .next_back()
                .map(|line| self.facts.moment(line))
        } else {
            Some(first.end)
        };
        last_sign.is_some_and(|sign| sign.since(repeat.start) > slack)
    }

    /// Whether run `a` was certainly over at `moment`: its end is known, or its environment ran the next request.
    pub(crate) fn over(&self, a: InvocationIndex, moment: Timestamp) -> bool {
        let run = self.invocation(a);
        if !run.end_estimated {
            return run.end <= moment;
        }
        let environment = self.assembled.environment(run);
        let after = environment
            .invocations
            .partition_point(|&other| self.invocation(other).start <= run.start);
        !environment.concurrent
            && environment
                .invocations
                .get(after)
                .is_some_and(|&next| self.invocation(next).start <= moment)
    }

    pub(crate) fn end(&self, run: InvocationIndex) -> DeliveryEnd {
        let invocation = self.invocation(run);
        DeliveryEnd {
            invocation: run,
            request_id: invocation.request_id,
            at: invocation.start,
            status: invocation.status,
        }
    }
}

/// Whether runs miss their START line more often than by chance. The first one of an environment does not count: it may
/// have begun before the window.
fn lines_missing(assembled: &Assembled) -> bool {
    let later = assembled
        .environments
        .iter()
        .flat_map(|it| it.invocations.iter().skip(1));
    let (mut runs, mut missing) = (0usize, 0usize);
    for &run in later {
        runs += 1;
        missing += usize::from(assembled.invocations[run as usize].start_estimated);
    }
    missing >= FEW_MISSING && missing * RUNS_PER_MISSING > runs
}

/// Whether the source is a stream of records behind a checkpoint.
pub(crate) fn is_stream(source: EventSource) -> bool {
    matches!(
        source,
        EventSource::Kinesis | EventSource::Dynamodb | EventSource::Kafka
    )
}

/// Whether the source is a queue with a visibility timeout.
pub(crate) fn is_queue(source: EventSource) -> bool {
    matches!(source, EventSource::Sqs | EventSource::SqsFifo)
}
