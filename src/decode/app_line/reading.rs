//! One pass over the JSON and the prose of a line.

use bumpalo::Bump;
use memchr::{memchr, memchr2};

use crate::decode::needles::Marks;
use crate::decode::payload::Digest;
use crate::decode::produced::{self, Context, Direction};
use crate::decode::refusal::Refusing;
use crate::decode::words::holds;
use crate::decode::{correlation, embedded, exception, payload};
use crate::model::fact::{AppFact, Exception};
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};

/// JSON in a string in JSON in a string: looked into so deep.
const TEXTS: u8 = 3;

/// What was read so far.
pub(super) struct Reading<'a> {
    pub(super) fact: AppFact,
    pub(super) symbols: &'a mut Symbols,
    function: Option<&'a str>,
    /// What the line could speak of; the rest is not looked for.
    pub(super) marks: Marks,
    /// What is made of the bodies of events.
    pub(super) digest: Digest<'a>,
    refusing: Refusing,
    direction: Direction,
    target: Option<Sym>,
    arena: &'a Bump,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        function: Option<&'a str>,
        marks: Marks,
        symbols: &'a mut Symbols,
        arena: &'a Bump,
    ) -> Self {
        Self {
            fact: AppFact::default(),
            symbols,
            function,
            marks,
            digest: Digest::hash(arena),
            refusing: Refusing::default(),
            direction: Direction::Unsaid,
            target: None,
            arena,
        }
    }

    /// Takes what the message says it is about.
    pub(super) fn set_direction(&mut self, message: &str) {
        if !self.marks.ids {
            return;
        }
        self.direction = produced::direction(message);
        self.target = produced::target_in(message).map(|name| self.symbols.intern(name));
    }

    pub(super) fn raised(&mut self, exception: Option<Exception>) {
        if self.fact.exception.is_none() {
            self.fact.exception = exception;
        }
    }

    /// Takes in any JSON. Recursion is as deep as the JSON reader allows, 128 levels, times the texts.
    pub(super) fn value(&mut self, value: &Json<'_>, texts: u8) {
        match value {
            Json::Object(_) => self.object(value, texts),
            Json::List(items) => {
                for item in *items {
                    self.value(item, texts);
                }
            }
            Json::Text(text) => self.text(text, texts),
            _ => {}
        }
    }

    /// Takes in an object: an event as a whole, any other field by field.
    pub(super) fn object(&mut self, object: &Json<'_>, texts: u8) {
        let own = self.fact.request_id;
        if let Some(items) = payload::items(object, self.digest, self.symbols) {
            self.fact
                .last_outcomes
                .extend(payload::outcomes(object, self.arena));
            // The event logged twice in one line is one event.
            let known = self.fact.items.len();
            for item in items {
                let is_known = self.fact.items[..known]
                    .iter()
                    .any(|other| other.source == item.source && other.identity == item.identity);
                if !is_known {
                    self.fact.items.push(item);
                }
            }
            if self.marks.correlation {
                let found = &mut self.fact.correlation;
                correlation::in_event(object, own, TEXTS, self.arena, self.symbols, found);
            }
            return;
        }
        // Metrics in embedded format have names and properties of their own: none of them is an answer or an error.
        if is_metrics(object) {
            return;
        }
        let context = Context {
            direction: self.direction,
            target: self.target,
            own,
        };
        if self.marks.ids {
            produced::in_object(object, context, self.symbols, &mut self.fact.produced);
        }
        if self.marks.correlation {
            correlation::in_object(object, own, self.symbols, &mut self.fact.correlation);
        }
        if self.marks.refusal {
            self.refusing.object(object, self.function);
        }
        if self.marks.exception && self.fact.exception.is_none() {
            self.fact.exception = exception::in_object(object, false, self.symbols);
        }
        for (key, value) in object.entries() {
            match *key {
                "batchItemFailures" => self.failed_items(value),
                "DurableExecutionArn"
                | "durableExecutionArn"
                | "durable_execution_arn"
                | "executionArn" => {
                    self.durable(value);
                }
                "error" | "err" | "exception" | "cause" | "response" => {
                    self.refusing.error_object(value);
                    self.value(value, texts);
                }
                _ => self.value(value, texts),
            }
        }
    }

    /// Takes in a string: JSON in it, else what prose says.
    fn text(&mut self, text: &str, texts: u8) {
        // Ids and names are neither.
        let Some(at) = memchr2(b'{', b' ', text.as_bytes()) else {
            return;
        };
        let rest = &text.as_bytes()[at..];
        if texts < TEXTS
            && memchr(b'{', rest).is_some()
            && let Some(cut) = embedded::cut(text, self.arena)
        {
            self.prose(cut.before);
            self.value(&cut.json, texts + 1);
            self.prose(cut.after);
        } else if memchr(b' ', rest).is_some() {
            self.prose(text);
        }
    }

    /// Takes in text without JSON.
    pub(super) fn prose(&mut self, text: &str) {
        if text.len() < 8 {
            return;
        }
        let own = self.fact.request_id;
        let context = Context {
            direction: self.direction,
            target: self.target,
            own,
        };
        if self.marks.ids {
            produced::in_text(text, context, self.symbols, &mut self.fact.produced);
        }
        if self.marks.correlation {
            correlation::in_text(text, own, self.symbols, &mut self.fact.correlation);
        }
        if self.marks.refusal {
            self.refusing.text(text, self.function);
        }
        if self.marks.repeat {
            self.fact.idempotent |= is_idempotent(text);
        }
    }

    fn failed_items(&mut self, failures: &Json<'_>) {
        for failure in failures.items() {
            let id = failure.first_of(&["itemIdentifier", "ItemIdentifier"]);
            if let Some(id) = id.and_then(Json::digits_or_text) {
                self.fact.failed_items.push(self.symbols.intern(&id));
            }
        }
    }

    /// An `executionArn` of Step Functions is no durable execution.
    fn durable(&mut self, arn: &Json<'_>) {
        if let Some(arn) = arn
            .text()
            .filter(|arn| arn.contains(":function:") || arn.contains("durable-execution"))
        {
            self.fact.durable_execution = Some(self.symbols.intern(arn));
        }
    }

    /// Closes the line. A refusal that the application logged is no exception beside it.
    pub(super) fn finish(self) -> AppFact {
        let mut fact = self.fact;
        fact.refused = self.refusing.finish(fact.request_id, self.symbols);
        if fact.refused.is_some() {
            fact.exception = fact.exception.filter(|exception| exception.unhandled);
        }
        fact
    }
}

/// The embedded metric format: `_aws` says which fields are metrics.
pub(super) fn is_metrics(object: &Json<'_>) -> bool {
    object.path(&["_aws", "CloudWatchMetrics"]).is_some()
}

/// Whether a text says that the event was seen before: Powertools' exceptions, a failed condition, or prose about it.
fn is_idempotent(text: &str) -> bool {
    const MARKS: [&str; 9] = [
        "IdempotencyItemAlreadyExists",
        "IdempotencyAlreadyInProgress",
        "ConditionalCheckFailed",
        "already processed",
        "already been processed",
        "already handled",
        "duplicate event",
        "duplicate message",
        "Duplicate",
    ];
    if MARKS.iter().any(|mark| holds(text, mark)) {
        return true;
    }
    let says_so = [
        "already",
        "exists",
        "stored response",
        "cached response",
        "replayed",
        "skipping",
    ];
    holds(text, "dempoten") && says_so.iter().any(|word| holds(text, word))
}
