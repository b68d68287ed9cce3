//! Handlers at work: the simulator walks through the steps of a program, and each call of another service takes its time.

use super::bodies::{CALLEE_FAILED, REFUSED};
use super::event::Event;
use super::lines::Ending;
use super::payload;
use super::platform::Ask;
use super::program::{Call, Fault, Level, Said, Step, Words};
use super::run::{End, Part, Reply, Run, RunKey};
use super::speech::{self, Message};

use super::simulator::{Simulator, What};
use super::stamp::{Micros, millis};
use super::stream::StreamName;
use super::xray::{Callee, Span, SpanEnding};

/// What a step comes to.
pub(super) enum Outcome {
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
            speech::said(out, about, (at, Level::Info), Message::Json(&json), "");
        });
        Outcome::Next
    }

    pub(super) fn say(&mut self, run: &mut Run, level: Level, text: &str, data: &str) {
        let at = self.now;
        self.write(run, at, |out, about| {
            speech::said(out, about, (at, level), Message::Text(text), data);
        });
    }

    fn say_words(&mut self, run: &mut Run, level: Level, words: Words, data: Option<Words>) {
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
    pub(super) fn span(&self, run: &mut Run, to: Callee, ending: SpanEnding) {
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
}
