//! Handlers at work: the simulator walks through the steps of a program, and each call of another service takes its time.

use super::event::{Event, Notice};
use super::lines::{self, Ending, Message};
use super::order::Order;
use super::payload;
use super::platform::Ask;
use super::program::{Call, Detail, Fault, Level, Said, Step};
use super::queue::QueueName;
use super::run::{End, Part, Reply, Run, RunKey};
use super::shop::{CALLEE_FAILED, Function, REFUSED};
use super::simulator::{Simulator, What};
use super::stamp::{Micros, millis};
use super::stream::StreamName;
use super::text::put;
use super::xray::{Callee, Span, SpanEnding};

/// What a step comes to.
enum Outcome {
    Next,
    /// The same step again after that time, as the given part.
    Wait(Micros, Part),
    /// Somebody will answer.
    Blocked,
    End(End),
}

impl Simulator {
    pub(super) fn resume(&mut self, key: RunKey) {
        if let Some(run) = self.runs.take(key) {
            self.walk(key, run);
        }
    }

    /// The function that a run called answered.
    pub(super) fn answer(&mut self, key: RunKey, well: bool) {
        if let Some(mut run) = self.runs.take(key) {
            run.part = Part::Answered { well };
            self.walk(key, run);
        }
    }

    /// Walks on until the run waits or ends.
    pub(super) fn walk(&mut self, key: RunKey, mut run: Box<Run>) {
        let body = run.function.spec().body;
        loop {
            let Some(step) = body.get(run.step) else {
                return self.finish(key, run, &End::well());
            };
            match self.take_step(key, &mut run, step) {
                Outcome::Next => {
                    run.step += 1;
                    run.part = Part::Begin;
                }
                Outcome::Wait(time, part) => {
                    run.part = part;
                    self.runs.put(key, run);
                    return self.agenda.note(self.now + time, What::Resume(key));
                }
                Outcome::Blocked => return self.runs.put(key, run),
                Outcome::End(end) => return self.finish(key, run, &end),
            }
        }
    }

    fn take_step(&mut self, key: RunKey, run: &mut Run, step: &Step) -> Outcome {
        match (step, run.part) {
            (Step::LogEvent, _) => self.log_event(run),
            (Step::LogEventSometimes(share), _) => {
                if self.pace.chance(*share) {
                    self.log_event(run);
                }
                Outcome::Next
            }
            (Step::Work(ms, spread), Part::Begin) => {
                run.took_ms = self.pace.lognormal(*ms, *spread) * run.environment.pace.times;
                Outcome::Wait(millis(run.took_ms), Part::Done)
            }
            (Step::Stall, Part::Begin) => {
                let (share, low, high) = run.environment.pace.stall;
                if !self.pace.chance(share) {
                    return Outcome::Next;
                }
                Outcome::Wait(millis(self.pace.between(low, high) * 1_000.0), Part::Done)
            }
            (Step::Say(level, words), _) => {
                self.say_words(run, *level, *words, None);
                Outcome::Next
            }
            (Step::SayWith(level, words, data), _) => {
                self.say_words(run, *level, *words, Some(*data));
                Outcome::Next
            }
            (Step::Fail(share, fault), _) => {
                if self.pace.chance(*share) {
                    Outcome::End(self.fault(run, fault))
                } else {
                    Outcome::Next
                }
            }
            (Step::Call(call), _) => self.call(key, run, call),
            (Step::SkipIfCaptured, _) => self.skip_if_captured(run),
            (Step::Capture, _) => self.capture(run),
            (Step::Apply, _) => self.apply(run),
            (Step::Mail, _) => self.mail(run),
            (Step::ReturnFailed(share), _) => self.return_failed(run, *share),
            (Step::Enqueue, _) if !run.order.queued => Outcome::Next,
            (Step::Put(_) | Step::Enqueue | Step::Record | Step::WriteItems, Part::Begin) => {
                let time = millis(self.pace.lognormal(11.0, 0.35));
                run.call = (self.ids.span(), self.now, self.ids.uuid());
                Outcome::Wait(time, Part::Done)
            }
            (Step::Put(detail), _) => self.put_event(run, *detail),
            (Step::Enqueue, _) => self.enqueue(run),
            (Step::Record, _) => {
                let at = self.now;
                let (shard, sequence) = self.put_record(StreamName::Stock, run.order.number, at);
                self.span(run, Callee::Stream("stock"), SpanEnding::Answered);
                let mut id = String::new();
                payload::stock_sequence(&mut id, sequence);
                let data =
                    format!("\"SequenceNumber\":\"{id}\",\"ShardId\":\"shardId-{shard:012}\"");
                self.say(run, Level::Info, "stock record put", &data);
                Outcome::Next
            }
            (Step::WriteItems, _) => {
                let count = 40 + self.pace.below(15);
                for _ in 0..count {
                    let item = self.pace.below(2_288) as u32;
                    let at = self.now;
                    self.put_record(StreamName::Items, item, at);
                }
                self.span(run, Callee::Table("items"), SpanEnding::Answered);
                self.say(run, Level::Info, &format!("{count} prices written"), "");
                Outcome::Next
            }
            (Step::Work(..) | Step::Stall, _) => Outcome::Next,
        }
    }

    fn log_event(&mut self, run: &mut Run) -> Outcome {
        let mut json = String::with_capacity(800);
        payload::write(&mut json, &run.event);
        let at = self.now;
        self.write(run, at, |out, about| {
            lines::said(out, about, (at, Level::Info), Message::Json(&json), "");
        });
        Outcome::Next
    }

    pub(super) fn say(&mut self, run: &mut Run, level: Level, text: &str, data: &str) {
        let at = self.now;
        self.write(run, at, |out, about| {
            lines::said(out, about, (at, level), Message::Text(text), data);
        });
    }

    fn say_words(
        &mut self,
        run: &mut Run,
        level: Level,
        words: super::program::Words,
        data: Option<super::program::Words>,
    ) {
        let said = Said {
            order: &run.order,
            action: match &run.event {
                Event::Direct { action, .. } => action,
                _ => "",
            },
            took_ms: run.took_ms,
            roll: self.pace.bits(),
        };
        let (mut text, mut fields) = (String::new(), String::new());
        words(&said, &mut text);
        if let Some(data) = data {
            data(&said, &mut fields);
        }
        self.say(run, level, &text, &fields);
    }

    fn fault(&mut self, run: &Run, fault: &'static Fault) -> End {
        End {
            ending: if fault.kills {
                Ending::Died(fault.error_type)
            } else {
                Ending::Thrown(fault.error_type)
            },
            message: (fault.message)(&run.order, self.pace.bits()),
            frames: fault.frames,
        }
    }

    /// Notes the call that just ended.
    fn span(&self, run: &mut Run, to: Callee, ending: SpanEnding) {
        let (id, from, request) = run.call;
        if run.trace.sampled {
            run.spans.push(Span {
                id,
                from,
                until: self.now,
                request,
                to,
                ending,
            });
        }
    }

    /// One try of a call, its refusal, or its answer.
    fn call(&mut self, key: RunKey, run: &mut Run, call: &'static Call) -> Outcome {
        match run.part {
            Part::Begin | Part::Done => {
                run.call = (self.ids.span(), self.now, self.ids.uuid());
                let ask = Ask {
                    function: call.to,
                    event: Event::Direct {
                        action: call.action,
                        order: run.order,
                    },
                    reply: Reply::Caller(key),
                    trace: run.calling(),
                    request: run.call.2,
                    attempt: 1,
                };
                if self.invoke(ask, Some(run.function)).is_ok() {
                    return Outcome::Blocked;
                }
                Outcome::Wait(millis(self.pace.between(6.0, 10.0)), Part::Refused)
            }
            Part::Refused => {
                self.span(run, Callee::Function(call.to), SpanEnding::Refused);
                self.refused(run, call)
            }
            Part::Answered { well } => {
                let ending = if well {
                    SpanEnding::Answered
                } else {
                    SpanEnding::Failed
                };
                self.span(run, Callee::Function(call.to), ending);
                run.tries = 0;
                if !well {
                    return Outcome::End(self.fault(run, &CALLEE_FAILED));
                }
                let text = format!("{} {} answered", call.to.name(), call.action);
                let data = format!("\"lambdaRequestId\":\"{}\"", run.call.2);
                self.say(run, Level::Info, &text, &data);
                Outcome::Next
            }
        }
    }

    /// After a 429: wait and try again, or give up.
    fn refused(&mut self, run: &mut Run, call: &'static Call) -> Outcome {
        const REASON: &str = "ReservedFunctionConcurrentInvocationLimitExceeded";
        let name = call.to.name();
        let last = call.waits.len().saturating_sub(1);
        let wait = if call.gives_up {
            call.waits.get(run.tries)
        } else {
            call.waits.get(run.tries.min(last))
        };
        run.tries += 1;
        let data = format!(
            "\"error\":{{\"name\":\"TooManyRequestsException\",\"Reason\":\"{REASON}\",\"Type\":\"User\",\
             \"message\":\"Rate Exceeded.\",\"$metadata\":{{\"httpStatusCode\":429,\"requestId\":\"{}\",\"attempts\":1}}}},\
             \"functionName\":\"{name}\"",
            run.call.2
        );
        let Some(&wait) = wait else {
            let text = format!("{name} refused (429), gave up after {} tries", run.tries);
            self.say(run, Level::Error, &text, &data);
            return Outcome::End(self.fault(run, &REFUSED));
        };
        let wait = wait * self.pace.between(0.9, 1.1);
        let text = format!("{name} refused (429), retry {} in {wait:.1} s", run.tries);
        self.say(run, Level::Warn, &text, &data);
        Outcome::Wait(millis(wait * 1_000.0), Part::Begin)
    }

    fn skip_if_captured(&mut self, run: &mut Run) -> Outcome {
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

    fn capture(&mut self, run: &mut Run) -> Outcome {
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

    fn apply(&mut self, run: &mut Run) -> Outcome {
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

    fn mail(&mut self, run: &mut Run) -> Outcome {
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

    fn put_event(&mut self, run: &mut Run, detail: Detail) -> Outcome {
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

    fn enqueue(&mut self, run: &mut Run) -> Outcome {
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

    fn return_failed(&mut self, run: &mut Run, share: f64) -> Outcome {
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
