//! Facts built by hand, for tests: lines at milliseconds after [`EPOCH`].

use std::sync::Arc;

use crate::model::config::FunctionConfig;
use crate::model::event_id::EventId;
use crate::model::fact::{
    AppFact, Exception, Fact, InitType, Phase, Report, Status, TraceContext, What,
};
use crate::model::fact_log::FactLog;
use crate::model::facts::{Facts, StreamFacts};
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::metric::MetricPoint;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// 2026-11-20T10:00:00Z.
pub const EPOCH: i64 = 1_795_168_800_000;

/// The moment `ms` after [`EPOCH`].
pub fn at(ms: i64) -> Timestamp {
    Timestamp(EPOCH + ms)
}

/// A request id that is told by one number.
pub fn id(number: u8) -> RequestId {
    RequestId([number; 16])
}

/// A log stream of a [`World`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Env(usize);

/// Lines of several environments; those of one millisecond stand in the order in which they were added.
#[derive(Default)]
pub struct World {
    facts: Facts,
    streams: Vec<StreamFacts>,
    order: u64,
}

impl World {
    pub fn sym(&mut self, text: &str) -> Sym {
        self.facts.symbols.intern(text)
    }

    /// A stream `[$LATEST]tail` of the function's own group.
    pub fn env(&mut self, function: &str, tail: &str) -> Env {
        self.env_of(function, "$LATEST", tail)
    }

    /// A stream `[version]tail` of the function's own group.
    pub fn env_of(&mut self, function: &str, version: &str, tail: &str) -> Env {
        let stream = format!("2026/11/20/[{version}]{tail}");
        let stream = StreamFacts {
            group: self.sym(&format!("/aws/lambda/{function}")),
            stream: self.sym(&stream),
            function: Some(self.sym(function)),
            version: Some(self.sym(version)),
            facts: FactLog::default(),
            tells_runs: false,
            first: at(i64::MAX / 2),
            last: at(0),
        };
        self.streams.push(stream);
        Env(self.streams.len() - 1)
    }

    /// What is known of a function beside its logs.
    pub fn config(&mut self, function: &str) -> &mut FunctionConfig {
        let name = self.sym(function);
        self.facts.functions.entry(name).or_default()
    }

    /// One point of an AWS/Lambda metric in the minute of `ms`.
    pub fn metric(&mut self, name: &str, dimensions: &[(&str, &str)], ms: i64, sum: f64) {
        let point = MetricPoint {
            namespace: self.sym("AWS/Lambda"),
            name: self.sym(name),
            dimensions: dimensions
                .iter()
                .map(|(name, value)| (self.sym(name), self.sym(value)))
                .collect(),
            at: at(ms).minute(),
            sum,
            count: 1.0,
            min: sum,
            max: sum,
        };
        self.facts.metrics.push(point);
    }

    /// Any fact.
    pub fn add(&mut self, env: Env, ms: i64, what: What) {
        self.order += 1;
        let mut batch = [0; 16];
        batch[8..].copy_from_slice(&self.order.to_be_bytes());
        let fact = Fact {
            at: at(ms),
            event: EventId::of_parts(batch, 0),
            what,
        };
        self.noise(env, ms);
        let stream = &mut self.streams[env.0];
        stream.tells_runs |= fact.what.tells_runs();
        stream.facts.push(fact);
    }

    /// A line that says nothing: only that the stream was alive.
    pub fn noise(&mut self, env: Env, ms: i64) {
        let stream = &mut self.streams[env.0];
        stream.first = stream.first.min(at(ms));
        stream.last = stream.last.max(at(ms));
        self.facts.newest = self.facts.newest.max(Some(at(ms)));
    }

    /// `INIT_START` of a text log.
    pub fn init_start(&mut self, env: Env, ms: i64) {
        self.typed_init_start(env, ms, None);
    }

    /// `platform.initStart` with its `initializationType`.
    pub fn typed_init_start(&mut self, env: Env, ms: i64, init_type: Option<InitType>) {
        let what = What::InitStart {
            init_type,
            phase: Phase::Init,
            version: None,
            runtime: None,
        };
        self.add(env, ms, what);
    }

    /// `INIT_REPORT`.
    pub fn init_report(
        &mut self,
        env: Env,
        ms: i64,
        phase: Phase,
        status: Status,
        duration_ms: f32,
    ) {
        let what = What::InitReport {
            init_type: None,
            phase,
            status,
            error_type: None,
            duration_ms,
        };
        self.add(env, ms, what);
    }

    /// `START`.
    pub fn start(&mut self, env: Env, ms: i64, request: u8) {
        let version = self.streams[env.0].version;
        let what = What::Start {
            request_id: id(request),
            version,
            trace: None,
        };
        self.add(env, ms, what);
    }

    /// `START` of a request on trace `trace`.
    pub fn traced_start(&mut self, env: Env, ms: i64, request: u8, trace: u8) {
        let what = What::Start {
            request_id: id(request),
            version: None,
            trace: Some(TraceContext {
                trace: TraceId([trace; 16]),
                segment: Some(SpanId::of(u64::from(request))).into(),
                parent: None.into(),
                sampled: Some(true),
            }),
        };
        self.add(env, ms, what);
    }

    /// `END`.
    pub fn end(&mut self, env: Env, ms: i64, request: u8) {
        let request_id = id(request);
        self.add(env, ms, What::End { request_id });
    }

    /// `REPORT` of an ordinary end.
    pub fn report(&mut self, env: Env, ms: i64, request: u8, duration_ms: f32) {
        self.report_with(env, ms, request, duration_ms, |_| {});
    }

    /// `REPORT` with further fields.
    pub fn report_with(
        &mut self,
        env: Env,
        ms: i64,
        request: u8,
        duration_ms: f32,
        fill: impl FnOnce(&mut Report),
    ) {
        let mut report = Report {
            request_id: Some(id(request)),
            duration_ms,
            billed_ms: Some(duration_ms.ceil()),
            memory_mb: Some(256),
            max_memory_used_mb: Some(100),
            ..Report::default()
        };
        fill(&mut report);
        self.add(env, ms, What::Report(report));
    }

    /// START, END and REPORT of an ordinary run.
    pub fn run(&mut self, env: Env, ms: i64, request: u8, duration_ms: i32) {
        self.start(env, ms, request);
        let end = ms + i64::from(duration_ms);
        self.end(env, end, request);
        self.report(env, end, request, duration_ms as f32);
    }

    /// An application line.
    pub fn app(&mut self, env: Env, ms: i64, app: AppFact) {
        self.add(env, ms, What::App(app));
    }

    /// An exception line: the runtime's own if `unhandled`.
    pub fn exception(&mut self, env: Env, ms: i64, request: Option<u8>, unhandled: bool) {
        let exception = Exception {
            error_type: self.sym("ValueError"),
            message: self.sym("bad value"),
            frames: self.sym(""),
            unhandled,
        };
        let app = AppFact {
            request_id: request.map(id),
            exception: Some(exception),
            ..AppFact::default()
        };
        self.app(env, ms, app);
    }

    /// The facts in canonical order, as the engine keeps them.
    pub fn facts(self) -> Facts {
        let Self {
            mut facts,
            mut streams,
            ..
        } = self;
        for stream in &mut streams {
            stream.facts.sort(&facts.symbols);
        }
        streams.sort_by_key(|stream| {
            let text = |sym| facts.symbols.get(sym).to_owned();
            (text(stream.group), text(stream.stream))
        });
        facts.streams = streams.into_iter().map(Arc::new).collect();
        facts.watermark = facts.newest;
        facts
    }
}
