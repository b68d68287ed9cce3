//! What a finding on repeats says.

use hashbrown::HashSet;

use super::finding::items;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::facts::FactRef;
use crate::model::rows::{Duplicate, DuplicateClass};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::words::{count, duration, share};

/// AWS's advice: the visibility timeout is six times the function's.
const TIMEOUTS: u32 = 6;

pub(super) struct Words {
    pub(super) claim: String,
    pub(super) cause: String,
    pub(super) next: String,
}

/// Words on `rows`, all of one consumer and class; no class: repeats after a run that was cut off.
pub(super) fn of(analysis: &Analysis, class: Option<DuplicateClass>, rows: &[&Duplicate]) -> Words {
    let all = Group {
        analysis,
        rows,
        from: Origin::of(analysis, rows),
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
    from: Origin,
}

impl Group<'_> {
    fn function(&self) -> String {
        plain(self.analysis.text(self.rows[0].consumer)).into_owned()
    }

    /// `k of n messages`, with the share where n allows one.
    fn counted(&self) -> String {
        let (k, n) = (self.rows.len() as u64, self.from.distinct);
        let interval = wilson(k.min(n), n).map(|rate| (rate.low, rate.high));
        share(k, n, &format!(" {}", items(self.from.source)), interval)
    }

    fn place(&self) -> String {
        match self.from.resource {
            Some(resource) => plain(self.analysis.text(resource)).into_owned(),
            None => self.from.source.to_string(),
        }
    }

    fn possible(&self) -> Words {
        let function = self.function();
        Words {
            claim: format!(
                "{} runs of {function} repeated after a time-out; the first may have taken effect",
                count(self.rows.len() as u64)
            ),
            cause: String::new(),
            next: format!(
                "check {} for two effects, then raise the time-out",
                plain(&self.rows[0].identity_text(&self.analysis.facts))
            ),
        }
    }

    /// A run that takes longer than the queue hides its message.
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
            duration(values[values.len() / 2] as f64)
        };
        let (ran, hidden) = (middle(&run), middle(&gap));
        let timeout = self.analysis.facts.functions.get(&self.rows[0].consumer);
        let longer = match timeout.and_then(|config| config.timeout_s) {
            Some(seconds) => format!("to {} s", seconds.saturating_mul(TIMEOUTS)),
            None => format!("to {TIMEOUTS} × the time-out of {function}"),
        };
        Words {
            claim: format!(
                "{} ran twice at {function}: runs of {ran} outlast ~{hidden} visibility",
                self.counted()
            ),
            cause: format!("a second run starts {hidden} after the first, which is not done"),
            next: format!(
                "set the visibility timeout of {} {longer}; make {function} recognise what it has done by {}",
                self.place(),
                id_of(self.from.source)
            ),
        }
    }

    fn sent_twice(&self, class: Option<DuplicateClass>) -> Words {
        let producer = match self.from.producer {
            Some(producer) => plain(self.analysis.text(producer)).into_owned(),
            None => format!("the producer of {}", self.place()),
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
                "{producer} sent {} {} twice; both ran at {}",
                count(self.rows.len() as u64),
                items(self.from.source),
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
                "{place} delivered {} again; both ran at {function}",
                self.counted()
            ),
            cause: cause.to_owned(),
            next: format!(
                "expected of {}: make {function} idempotent",
                self.from.source
            ),
        }
    }
}

/// Where the repeated events came from.
struct Origin {
    source: EventSource,
    resource: Option<Sym>,
    /// The one function that sent them, as far as its log says.
    producer: Option<Sym>,
    /// Ids that the consumer received from this source.
    distinct: u64,
}

impl Origin {
    fn of(analysis: &Analysis, rows: &[&Duplicate]) -> Self {
        let (consumer, source) = (rows[0].consumer, rows[0].source);
        let repeated: HashSet<Sym> = rows.iter().filter_map(|row| row.identity).collect();
        let mut distinct = HashSet::new();
        let mut resource = None;
        for delivery in &analysis.deliveries {
            if delivery.consumer == consumer && delivery.source == source {
                distinct.insert(delivery.identity);
                if resource.is_none() && repeated.contains(&delivery.identity) {
                    let items = analysis.facts.app(delivery.line).map(|app| &app.items);
                    let item = items.and_then(|items| items.get(usize::from(delivery.item)));
                    resource = item.and_then(|item| item.resource);
                }
            }
        }
        let producer = producer(analysis, &repeated);
        let known = distinct.len().max(repeated.len()).max(1);
        let runs = || {
            let figures = analysis
                .functions
                .iter()
                .find(|row| row.function == consumer);
            figures.map_or(rows.len() as u64, |row| row.invocations)
        };
        let distinct = if source == EventSource::LambdaAsync {
            runs()
        } else {
            known as u64
        };
        Self {
            source,
            resource,
            producer,
            distinct,
        }
    }
}

fn producer(analysis: &Analysis, repeated: &HashSet<Sym>) -> Option<Sym> {
    let sends_one = |line: &FactRef| {
        let app = analysis.facts.app(*line);
        app.is_some_and(|app| app.produced.iter().any(|sent| repeated.contains(&sent.id)))
    };
    let senders = analysis.assembled.invocations.iter();
    senders
        .filter(|run| run.app.iter().any(sends_one))
        .map(|run| run.function)
        .next()
}

fn id_of(source: EventSource) -> &'static str {
    match source {
        EventSource::Sqs | EventSource::SqsFifo => "messageId",
        _ => "the event's id",
    }
}
