//! The shop's own business: what handlers do to orders, and what follows from it.

use super::event::{Event, Notice};
use super::handler::Outcome;
use super::order::Order;
use super::program::{Detail, Level};
use super::queue::QueueName;
use super::run::{End, Run};
use super::shop::Function;
use super::simulator::{Simulator, What};
use super::stamp::millis;
use super::text::put;
use super::xray::{Callee, SpanEnding};

impl Simulator {
    pub(super) fn skip_if_captured(&mut self, run: &mut Run) -> Outcome {
        if self.captured.count(u64::from(run.order.number)) == 0 {
            return Outcome::Next;
        }
        let text = format!(
            "ConditionalCheckFailedException: o-{} is captured already, nothing to do",
            run.order.number
        );
        self.say(run, Level::Info, &text, "");
        Outcome::End(End::well())
    }

    pub(super) fn capture(&mut self, run: &mut Run) -> Outcome {
        let Order { number, cents, .. } = run.order;
        self.captured.add(self.now, u64::from(number));
        run.effect = true;
        let text = format!(
            "captured o-{number} {}.{:02} EUR, capture c-{:04x}",
            cents / 100,
            cents % 100,
            self.pace.below(0x1_0000)
        );
        self.say(run, Level::Info, &text, "");
        Outcome::Next
    }

    pub(super) fn apply(&mut self, run: &mut Run) -> Outcome {
        let Order {
            account, version, ..
        } = run.order;
        let key = u64::from(account) << 32 | u64::from(version);
        let text = if self.applied.add(self.now, key) > 0 {
            format!(
                "ConditionalCheckFailedException: acct-{account} version {version} was already applied"
            )
        } else {
            format!("applied acct-{account} version {version}")
        };
        self.say(run, Level::Info, &text, "");
        Outcome::Next
    }

    pub(super) fn mail(&mut self, run: &mut Run) -> Outcome {
        let number = run.order.number;
        if run.told && self.mailed.add(self.now, u64::from(number)) > 0 {
            self.truth.of(Function::Mailer.name()).doubled += 1;
        }
        self.say(
            run,
            Level::Info,
            &format!("sent receipt o-{number} to 1 address"),
            "",
        );
        Outcome::Next
    }

    pub(super) fn put_event(&mut self, run: &mut Run, detail: Detail) -> Outcome {
        self.span(run, Callee::Bus, SpanEnding::Answered);
        let notice = Notice {
            id: self.ids.uuid(),
            detail,
            order: run.order,
            at: self.now,
        };
        let name: &str = detail.into();
        let text = format!(
            "{name} o-{} version {} sent",
            run.order.number, run.order.version
        );
        let data = format!("\"EventId\":\"{}\"", notice.id);
        self.say(run, Level::Info, &text, &data);
        let trace = run.calling();
        let readers: &[Function] = match detail {
            Detail::OrderPaid => &[
                Function::LedgerApply,
                Function::Mailer,
                Function::InvoicePdf,
            ],
            Detail::OrderShipped => &[Function::LedgerApply],
        };
        for &reader in readers {
            self.submit_traced(reader, Event::Notice(notice), 240.0, trace);
        }
        Outcome::Next
    }

    pub(super) fn enqueue(&mut self, run: &mut Run) -> Outcome {
        self.accounts.enter(&mut run.order);
        for (queue, stage) in [
            (QueueName::Orders, 0),
            (QueueName::Saga, 1),
            (QueueName::Saga, 2),
        ] {
            run.call.0 = self.ids.span();
            let trace = run.calling();
            let id = self.send_message(queue, run.order, stage, trace);
            let name = queue.name();
            self.span(
                run,
                Callee::Queue { name, message: id },
                SpanEnding::Answered,
            );
            let text = format!("sent to {name}");
            let data = format!("\"MessageId\":\"{id}\",\"queue\":\"{name}\"");
            self.say(run, Level::Info, &text, &data);
        }
        let (low, high) = self.ships_after_s;
        let wait = self.pace.between(low, high);
        self.agenda
            .note(self.now + millis(wait * 1_000.0), What::Ship(run.order));
        Outcome::Next
    }

    /// An earlier order of the account leaves the warehouse.
    pub(super) fn ship(&mut self, order: Order) {
        let order = self.accounts.shipped(&order);
        let event = Event::Topic {
            id: self.ids.uuid(),
            order,
            at: self.now,
        };
        self.submit(Function::Shipping, event, 120.0);
    }

    pub(super) fn return_failed(&mut self, run: &mut Run, share: f64) -> Outcome {
        let Event::Messages(messages) = &run.event else {
            return Outcome::Next;
        };
        let mut list = String::new();
        for (index, message) in messages.iter().enumerate() {
            // What follows a failed message in its group goes back with it, or it would overtake.
            let follows = run
                .failed
                .iter()
                .any(|&earlier| messages[earlier].order.account == message.order.account);
            if follows || self.pace.chance(share) {
                run.failed.push(index);
                if !list.is_empty() {
                    list.push(',');
                }
                put!(&mut list, "{{\"itemIdentifier\":\"{}\"}}", message.id);
            }
        }
        if !list.is_empty() {
            let text = format!("returning {{\"batchItemFailures\":[{list}]}}");
            self.say(run, Level::Warn, &text, "");
        }
        Outcome::Next
    }
}
