//! The Lambda service: slots, environments, START and REPORT, time-outs, asynchronous retries.

use super::environment::{Environment, Pace};
use super::event::{Event, Trace};
use super::lines::{self, Ending, Report, Start};
use super::random::Uuid;
use super::run::{End, Part, Reply, Run, RunKey};
use super::shop::Function;
use super::simulator::{Simulator, What};
use super::speech;
use super::stamp::{MILLI, MINUTE, Micros, SECOND, millis, timestamp};
use super::xray::{self, RunTrace};

/// After a start that a request waited for, the service sometimes starts a spare environment.
const SPARES: f64 = 0.17;

/// What somebody asks the service to run.
pub(super) struct Ask {
    pub(super) function: Function,
    pub(super) event: Event,
    pub(super) reply: Reply,
    pub(super) trace: Trace,
    pub(super) request: Uuid,
    pub(super) attempt: u8,
}

/// The service refused: all reserved slots are in use. Gives the event back.
pub(super) struct Refused(pub(super) Event);

impl Simulator {
    /// Starts a run if there is a slot. `caller` is who gets the blame for a refusal.
    pub(super) fn invoke(&mut self, ask: Ask, caller: Option<Function>) -> Result<(), Refused> {
        let function = ask.function;
        if self.fleets[function as usize].is_full() {
            self.refuse(function, caller);
            return Err(Refused(ask.event));
        }
        let now = self.now;
        let fleet = &mut self.fleets[function as usize];
        fleet.running += 1;
        let running = fleet.running;
        let version = fleet.choose(now, &mut self.pace);
        let reused = fleet.reuse(version.0, now);
        let cell = self.cell(function, now);
        cell.concurrency = cell.concurrency.max(running);
        let told = self.outbox.tells(now);
        let (environment, init, started) = match reused {
            Some(environment) => {
                let wait = self.pace.between(1.5, 4.5);
                (environment, None, now + millis(wait))
            }
            None => self.cold_start(function, version),
        };
        let links = links(&ask.event);
        let mut run = Run {
            order: ask.event.order(),
            function,
            request: ask.request,
            attempt: ask.attempt,
            event: ask.event,
            reply: ask.reply,
            trace: ask.trace,
            links,
            environment,
            init,
            arrived: now,
            started,
            step: 0,
            part: Part::Begin,
            tries: 0,
            took_ms: 0.0,
            call: (0, 0, Uuid::default()),
            service: self.ids.span(),
            segment: self.ids.span(),
            attempt_span: (ask.reply == Reply::Asynchronous).then(|| self.ids.span()),
            spans: Vec::new(),
            effect: false,
            failed: Vec::new(),
            told,
        };
        self.tell_init(&mut run);
        let key = self.runs.add(Box::new(run));
        self.agenda.note(started, What::Begin(key));
        Ok(())
    }

    fn refuse(&mut self, function: Function, caller: Option<Function>) {
        let now = self.now;
        self.cell(function, now).throttles += 1;
        if self.outbox.tells(now.div_euclid(MINUTE) * MINUTE) {
            let truth = self.truth.of(function.name());
            *truth.throttles.entry(timestamp(now).minute()).or_default() += 1;
            if let Some(caller) = caller {
                *truth.refused_callers.entry(caller.name()).or_default() += 1;
            }
        }
    }

    /// A new environment for a request that waits: with its init, and when the run can start.
    fn cold_start(
        &mut self,
        function: Function,
        version: (u32, Pace),
    ) -> (Environment, Option<(Start, Micros, Micros)>, Micros) {
        let now = self.now;
        self.fleets[function as usize].sweep(now);
        let from = now + millis(self.pace.between(12.0, 60.0));
        let environment = Environment::new(function, version, from, &mut self.ids);
        let until = from + environment.init_time(function, &mut self.pace);
        let started = until + millis(self.pace.between(2.0, 11.0));
        let start = if function.spec().snap_start {
            Start::Restore
        } else {
            Start::OnDemand
        };
        if start == Start::OnDemand && self.pace.chance(SPARES) {
            let from = from + millis(self.pace.between(40.0, 900.0));
            self.start_spare(function, start, from);
        }
        (environment, Some((start, from, until)), started)
    }

    /// The lines of a start that a request waits for.
    fn tell_init(&mut self, run: &mut Run) {
        let Some((start, from, until)) = run.init else {
            return;
        };
        self.write(run, from, |out, about| {
            lines::init_start(out, about, start, from);
        });
        if start == Start::Restore {
            let ms = (until - from) as f64 / 1_000.0;
            self.write(run, until, |out, about| {
                lines::init_report(out, about, start, (until, ms));
            });
        }
    }

    /// START, and the first step.
    pub(super) fn begin(&mut self, key: RunKey) {
        let Some(mut run) = self.runs.take(key) else {
            return;
        };
        let (function, now) = (run.function, self.now);
        self.write(&mut run, now, |out, about| lines::start(out, about, now));
        if run.told {
            self.count_start(&run);
        }
        let timeout = Micros::from(function.spec().timeout_s) * SECOND;
        self.agenda.note(now + timeout, What::TimeUp(key));
        // A process that died starts again inside the run: no line says so.
        if run.environment.crashed {
            let init = run.environment.init_time(function, &mut self.pace);
            self.runs.put(key, run);
            self.agenda.note(now + init, What::Resume(key));
        } else {
            self.walk(key, run);
        }
    }

    fn count_start(&mut self, run: &Run) {
        let truth = self.truth.of(run.function.name());
        truth.invocations += 1;
        truth.cold_starts += u64::from(run.init.is_some() || run.environment.crashed);
        if run.function != Function::LedgerApply {
            return;
        }
        let order = run.order;
        let key = u64::from(order.account) << 32 | u64::from(order.version);
        if self.applied.count(key) > 0 {
            return;
        }
        let newest = self.begun.entry(order.account).or_insert((0, 0));
        if order.version < newest.0 {
            if self.now - newest.1 > 15 * MILLI {
                truth.overtaken += 1;
            } else {
                truth.overtaken_closely += 1;
            }
        } else {
            *newest = (order.version, self.now);
        }
    }

    pub(super) fn time_up(&mut self, key: RunKey) {
        if let Some(run) = self.runs.take(key) {
            self.finish(key, run, &End::plain(Ending::Timeout));
        }
    }

    /// The end of a run: its last lines, its trace, its environment, and whoever waited for it.
    pub(super) fn finish(&mut self, key: RunKey, mut run: Box<Run>, end: &End) {
        let now = self.now;
        let spec = run.function.spec();
        let duration_ms = (now - run.started) as f64 / 1_000.0;
        self.last_lines(&mut run, end, duration_ms);
        self.trace_run(&run, end);
        let failed = end.ending != Ending::Success;
        self.cell(run.function, run.started)
            .finished(duration_ms, failed);
        if run.told {
            let truth = self.truth.of(spec.name);
            truth.errors += u64::from(failed);
            truth.timeouts += u64::from(end.ending == Ending::Timeout);
            truth.out_of_memory += u64::from(matches!(end.ending, Ending::Died(_)));
        }
        self.runs.end(key);
        let fleet = &mut self.fleets[run.function as usize];
        fleet.running -= 1;
        run.environment.crashed = matches!(end.ending, Ending::Died(_) | Ending::Timeout);
        let environment = std::mem::replace(&mut run.environment, Environment::gone());
        fleet.release(environment, now, &mut self.pace);
        self.reply(&run, !failed);
    }

    fn last_lines(&mut self, run: &mut Run, end: &End, duration_ms: f64) {
        let now = self.now;
        match end.ending {
            Ending::Success | Ending::Timeout => {}
            Ending::Thrown(kind) => self.write(run, now, |out, about| {
                speech::unhandled(out, about, now, (kind, &end.message, end.frames));
            }),
            Ending::Died(kind) => self.write(run, now, |out, about| {
                speech::died(out, about, kind, &end.message);
            }),
        }
        let used = run.function.spec().used_mb;
        let peak = if matches!(end.ending, Ending::Died(_)) {
            run.function.spec().memory_mb
        } else {
            used - used / 8 + self.pace.below(u64::from(used / 4)) as u32
        };
        let environment = &mut run.environment;
        environment.max_used_mb = environment.max_used_mb.max(peak);
        let init_ms = run
            .init
            .map(|(start, from, until)| (start, (until - from) as f64 / 1_000.0));
        let report = Report {
            duration_ms,
            init_ms: match init_ms {
                Some((Start::OnDemand, ms)) => Some(ms),
                _ => environment.told_init_ms,
            },
            restore_ms: init_ms.and_then(|(start, ms)| (start == Start::Restore).then_some(ms)),
            used_mb: environment.max_used_mb,
            end: end.ending,
        };
        if matches!(end.ending, Ending::Died(_)) {
            environment.max_used_mb = used;
        }
        let mut last = String::with_capacity(320);
        self.line.clear();
        lines::end(&run.about(), &report, now, (&mut self.line, &mut last));
        if !self.line.is_empty() {
            self.send(run, now);
        }
        std::mem::swap(&mut self.line, &mut last);
        self.send(run, now);
    }

    fn trace_run(&mut self, run: &Run, end: &End) {
        if !run.trace.sampled || !run.told {
            return;
        }
        let trace = RunTrace {
            about: run.about(),
            service: run.service,
            attempt: run.attempt_span.map(|id| (id, run.attempt)),
            arrived: run.arrived,
            started: run.started,
            ended: self.now,
            init: run.init.map(|(_, from, until)| (from, until)),
            restored: run.function.spec().snap_start,
            ending: end.ending,
            spans: &run.spans,
            links: &run.links,
        };
        for write in [xray::service, xray::function] {
            self.line.clear();
            write(&mut self.line, &trace);
            self.outbox.segment(self.now, &self.line);
        }
    }

    fn reply(&mut self, run: &Run, well: bool) {
        match run.reply {
            Reply::Caller(caller) => {
                let at = self.now + MILLI;
                self.agenda.note(at, What::Answer(caller, well));
            }
            Reply::Gateway { slot, authorizer } => {
                self.answered(slot, authorizer, if well { 200 } else { 502 });
            }
            Reply::Queue(queue) => self.settle(queue, run, well),
            Reply::Stream { name, shard } => self.advance(name, shard, &run.event, well),
            Reply::Url => {}
            Reply::Asynchronous => {
                if !well && run.attempt < 3 {
                    self.retry(run);
                }
            }
        }
    }

    /// A trace that begins now.
    pub(super) fn new_trace(&mut self, sampled: f64) -> Trace {
        let seconds = (self.now / SECOND) as u128 & 0xffff_ffff;
        Trace {
            root: seconds << 96 | self.ids.wide() >> 32,
            parent: 0,
            sampled: self.pace.chance(sampled),
        }
    }

    /// Writes and sends a line of a run.
    pub(super) fn write(
        &mut self,
        run: &mut Run,
        at: Micros,
        words: impl FnOnce(&mut String, &lines::About<'_>),
    ) {
        self.line.clear();
        words(&mut self.line, &run.about());
        self.send(run, at);
    }

    fn send(&mut self, run: &mut Run, at: Micros) {
        if run.told {
            let Environment { sender, stream, .. } = &mut run.environment;
            self.tell(sender, run.function, stream, at);
        }
    }
}

/// Traces of the messages in a batch: X-Ray keeps 20.
fn links(event: &Event) -> Vec<Trace> {
    match event {
        Event::Messages(messages) => messages
            .iter()
            .map(|message| message.trace)
            .filter(|trace| trace.sampled)
            .take(20)
            .collect(),
        _ => Vec::new(),
    }
}
