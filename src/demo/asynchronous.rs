//! Asynchronous invocations: events wait in a queue of the service, which tries again when a run fails or is refused.

use super::event::{Event, Trace};
use super::platform::{Ask, Refused};
use super::random::Uuid;
use super::run::{Reply, Run};
use super::shop::Function;
use super::simulator::{Simulator, What};
use super::stamp::{MINUTE, Micros, SECOND, millis};

/// An event in the queue of asynchronous invocations.
pub(super) struct Delivery {
    pub(super) function: Function,
    pub(super) event: Event,
    pub(super) request: Uuid,
    pub(super) attempt: u8,
    pub(super) trace: Trace,
    /// Refusals so far: the service waits longer after each.
    pub(super) refusals: u32,
}

impl Simulator {
    pub(super) fn timer(&mut self, function: Function, rule: &'static str) {
        let event = Event::Timer {
            id: self.ids.uuid(),
            rule,
            at: self.now,
        };
        self.submit(function, event, 300.0);
    }

    /// Hands an event to the queue of asynchronous invocations, from outside the traced world.
    pub(super) fn submit(&mut self, function: Function, event: Event, delay_ms: f64) {
        let trace = self.new_trace(0.05);
        self.submit_traced(function, event, delay_ms, trace);
    }

    pub(super) fn submit_traced(
        &mut self,
        function: Function,
        event: Event,
        delay_ms: f64,
        trace: Trace,
    ) {
        let delay = millis(self.pace.lognormal(delay_ms, 0.25));
        let delivery = Delivery {
            function,
            event,
            request: self.ids.uuid(),
            attempt: 1,
            trace,
            refusals: 0,
        };
        self.agenda
            .note(self.now + delay, What::Deliver(Box::new(delivery)));
    }

    /// The service runs an asynchronous event again after one minute, then after two.
    pub(super) fn retry(&mut self, run: &Run) {
        let wait = Micros::from(run.attempt) * MINUTE + millis(self.pace.between(0.0, 3_000.0));
        let delivery = Delivery {
            function: run.function,
            event: run.event.clone(),
            request: run.request,
            attempt: run.attempt + 1,
            trace: run.trace,
            refusals: 0,
        };
        self.agenda
            .note(self.now + wait, What::Deliver(Box::new(delivery)));
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) {
        let Delivery {
            function,
            event,
            request,
            attempt,
            trace,
            refusals,
        } = delivery;
        let ask = Ask {
            function,
            event,
            reply: Reply::Asynchronous,
            trace,
            request,
            attempt,
        };
        if let Err(Refused(event)) = self.invoke(ask, None) {
            let wait = SECOND << refusals.min(8);
            let again = Delivery {
                function,
                event,
                request,
                attempt,
                trace,
                refusals: refusals + 1,
            };
            self.agenda
                .note(self.now + wait, What::Deliver(Box::new(again)));
        }
    }

    /// A partner calls the function URL.
    pub(super) fn call_url(&mut self, event: Event) {
        let ask = Ask {
            function: Function::WebhookIn,
            event,
            reply: Reply::Url,
            trace: self.new_trace(0.05),
            request: self.ids.uuid(),
            attempt: 1,
        };
        // A refused partner gets a 429 and sends again tomorrow.
        self.invoke(ask, None).unwrap_or_default();
    }
}
