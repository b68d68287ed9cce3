//! What a finding on repeats says.

use super::finding::items;
use super::origin::Origin;
use crate::detect::seen::is_queue;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::invocation::InvocationStatus;
use crate::model::rows::{Duplicate, DuplicateClass};
use crate::model::text::plain;
use crate::model::words::{duration, number_of, service, share};

/// AWS's advice: the visibility timeout is six times the function's.
const TIMEOUTS: u32 = 6;
/// Visibility timeouts are whole seconds: what came back sooner did so for another reason.
const SHORTEST_VISIBILITY_MS: i64 = 1_000;

pub(super) struct Words {
    pub(super) claim: String,
    pub(super) cause: String,
    pub(super) next: String,
}

/// Words on `rows`, all of one consumer and class; no class: repeats after a run that was cut off.
pub(super) fn of(
    analysis: &Analysis,
    class: Option<DuplicateClass>,
    rows: &[&Duplicate],
    from: &Origin,
) -> Words {
    let all = Group {
        analysis,
        rows,
        from,
    };
    match class {
        None => all.possible(),
        Some(DuplicateClass::Overlap | DuplicateClass::VisibilityExpired) => all.outlasted(),
        Some(
            DuplicateClass::ProducerDup
            | DuplicateClass::ProducerRetry
            | DuplicateClass::FifoWindowExceeded,
        ) => all.sent_twice(class),
        Some(class) => all.delivered_again(class),
    }
}

struct Group<'a> {
    analysis: &'a Analysis,
    rows: &'a [&'a Duplicate],
    from: &'a Origin,
}

impl Group<'_> {
    fn function(&self) -> String {
        plain(self.analysis.text(self.rows[0].consumer)).into_owned()
    }

    /// `k of n messages` and what happened to them, with the share where n allows one.
    fn counted(&self, what: &str) -> String {
        let (k, n) = (self.rows.len() as u64, self.from.distinct);
        let interval = wilson(k.min(n), n).map(|rate| (rate.low, rate.high));
        share(
            k,
            n,
            &format!(" {} {what}", items(self.from.source)),
            interval,
        )
    }

    /// Queue, stream or bucket they came through, else the service.
    fn place(&self) -> String {
        match self.from.resource {
            Some(resource) => plain(self.analysis.text(resource)).into_owned(),
            None => service(self.from.source).to_owned(),
        }
    }

    fn possible(&self) -> Words {
        let function = self.function();
        let all = |status| self.rows.iter().all(|row| row.first.status == status);
        let (end, remedy) = if all(InvocationStatus::Timeout) {
            ("a time-out", "raise the time-out")
        } else if all(InvocationStatus::OutOfMemory) {
            ("running out of memory", "raise the memory")
        } else {
            ("a run that was cut off", "look why it was")
        };
        Words {
            claim: format!(
                "{} of {function} repeated after {end}; the first may have taken effect",
                number_of(self.rows.len() as u64, "runs")
            ),
            cause: String::new(),
            next: format!(
                "check {} for two effects, then {remedy}",
                plain(&self.rows[0].identity_text(&self.analysis.facts))
            ),
        }
    }

    /// A run that takes longer than the queue hides its message; from elsewhere, one that began while another still went on.
    fn outlasted(&self) -> Words {
        let function = self.function();
        let run = |row: &&Duplicate| {
            let run = self.analysis.invocation(row.first.invocation);
            run.end.since(run.start)
        };
        let gap = |row: &&Duplicate| row.repeat.at.since(row.first.at);
        let middle = |of: &dyn Fn(&&Duplicate) -> i64| {
            let mut values: Vec<i64> = self.rows.iter().map(of).collect();
            values.sort_unstable();
            values[values.len() / 2]
        };
        let (ran, hidden) = (duration(middle(&run) as f64), middle(&gap));
        let twice = self.counted(&format!("ran twice at {function}"));
        let after = duration(hidden as f64);
        let recognise = format!(
            "make {function} recognise what it has done by {}",
            id_of(self.from.source)
        );
        if !is_queue(self.from.source) || hidden < SHORTEST_VISIBILITY_MS {
            return Words {
                claim: format!(
                    "{twice}: a second run began {after} after the first, which was not done"
                ),
                cause: String::new(),
                next: recognise,
            };
        }
        let timeout = self.analysis.facts.functions.get(&self.rows[0].consumer);
        let longer = match timeout.and_then(|config| config.timeout_s) {
            Some(seconds) => format!("to {} s", seconds.saturating_mul(TIMEOUTS)),
            None => format!("to {TIMEOUTS} × the time-out of {function}"),
        };
        Words {
            claim: format!("{twice}: runs of {ran} outlast ~{after} visibility"),
            cause: format!("a second run starts {after} after the first, which is not done"),
            next: format!(
                "set the visibility timeout of {} {longer}; {recognise}",
                self.place()
            ),
        }
    }

    fn sent_twice(&self, class: Option<DuplicateClass>) -> Words {
        let producer = match self.from.producer {
            Some(producer) => plain(self.analysis.text(producer)).into_owned(),
            None if self.from.resource.is_some() => format!("the producer of {}", self.place()),
            None => format!("the producer of {}'s events", self.function()),
        };
        let cause = match class {
            Some(DuplicateClass::ProducerRetry) => {
                format!("{producer} was run again and sent again")
            }
            Some(DuplicateClass::FifoWindowExceeded) => format!(
                "{} drops copies for 5 minutes only; these came later",
                self.place()
            ),
            _ => "same content under another id".to_owned(),
        };
        Words {
            claim: format!(
                "{producer} sent {} twice; both ran at {}",
                number_of(self.rows.len() as u64, items(self.from.source)),
                self.function()
            ),
            cause,
            next: format!("make the send of {producer} idempotent"),
        }
    }

    fn delivered_again(&self, class: DuplicateClass) -> Words {
        let (function, place) = (self.function(), self.place());
        let cause = match class {
            DuplicateClass::InBatchDup => "the same thing stood twice in one batch",
            DuplicateClass::CheckpointReplay => "the stream went back to an older checkpoint",
            DuplicateClass::BatchCollateral => "their batch failed whole and came again",
            _ => "it delivers at least once",
        };
        Words {
            claim: format!(
                "{place} delivered {}; both ran at {function}",
                self.counted("again")
            ),
            cause: cause.to_owned(),
            next: format!(
                "expected of {}: make {function} idempotent",
                service(self.from.source)
            ),
        }
    }
}

fn id_of(source: EventSource) -> &'static str {
    match source {
        EventSource::Sqs | EventSource::SqsFifo => "messageId",
        _ => "the event's id",
    }
}
