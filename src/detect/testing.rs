//! Analyses built by hand, for tests of detectors and triage: runs at minutes after [`EPOCH`], one line each.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::event_id::EventId;
use crate::model::fact::{AppFact, Exception, Fact, Refusal, Report, Status, TraceContext, What};
use crate::model::fact_log::FactLog;
use crate::model::facts::{FactRef, Facts, StreamFacts};
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::invocation::{
    AppLine, Assembled, Environment, Invocation, InvocationIndex, InvocationStatus,
};
use crate::model::maybe::Maybe;
use crate::model::requests::Requests;
use crate::model::rows::{Evidence, FunctionFigures, Link, LinkTier};
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// 2026-11-20T10:00:00Z.
pub(crate) const EPOCH: Timestamp = Timestamp(1_795_168_800_000);

/// The moment `minutes` after [`EPOCH`].
pub(crate) fn at(minutes: f64) -> Timestamp {
    EPOCH.plus_ms((minutes * MINUTE_MS as f64) as i64)
}

/// Runs of some functions in one stream, each with a REPORT line. They must be added by start.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) facts: Facts,
    lines: FactLog,
    invocations: Vec<Invocation>,
    app_lines: Vec<(InvocationIndex, AppLine)>,
    links: Vec<Link>,
}

impl World {
    pub(crate) fn sym(&mut self, text: &str) -> Sym {
        self.facts.symbols.intern(text)
    }

    /// A run of 100 ms that starts `minutes` after [`EPOCH`].
    pub(crate) fn run(
        &mut self,
        function: &str,
        minutes: f64,
        status: InvocationStatus,
    ) -> InvocationIndex {
        let index = self.invocations.len() as u32;
        let mut id = [0; 16];
        id[12..].copy_from_slice(&index.to_be_bytes());
        let (request_id, function) = (RequestId(id), self.sym(function));
        let status_word = match status {
            InvocationStatus::Ok | InvocationStatus::Unknown => None,
            InvocationStatus::Timeout => Some(Status::Timeout),
            InvocationStatus::Error | InvocationStatus::OutOfMemory => Some(Status::Error),
        };
        let report = Report {
            request_id: Some(request_id),
            duration_ms: 100.0,
            memory_mb: Some(512),
            status: status_word,
            ..Report::default()
        };
        let start = at(minutes);
        let line = self.line(start.plus_ms(100), What::Report(report));
        self.invocations.push(Invocation {
            function,
            request_id,
            attempt: 1,
            start,
            end: start.plus_ms(100),
            start_estimated: false,
            end_estimated: false,
            duration_ms: Some(100.0).into(),
            billed_ms: Maybe::default(),
            max_memory_used_mb: Maybe::default(),
            init_ms: Maybe::default(),
            status,
            error_type: None,
            trace: None,
            first_line: line,
            report_fact: Some(line.fact).into(),
            app: 0..0,
            crashed: false,
            counted: true,
            init: Maybe::default(),
        });
        index
    }

    /// What the lines of the run say of its trace: the segment that REPORT names, and the word `Sampled`.
    pub(crate) fn traced(&mut self, run: InvocationIndex, segment: bool, sampled: Option<bool>) {
        self.invocations[run as usize].trace = Some(TraceContext {
            trace: TraceId([7; 16]),
            segment: segment
                .then(|| SpanId::parse("0123456789abcdef"))
                .flatten()
                .into(),
            parent: Maybe::default(),
            sampled,
        });
    }

    /// The REPORT line of the run was lost.
    pub(crate) fn unreported(&mut self, run: InvocationIndex) {
        self.invocations[run as usize].report_fact = Maybe::default();
    }

    /// Only application lines tell of the run.
    pub(crate) fn only_named(&mut self, run: InvocationIndex) {
        let run = &mut self.invocations[run as usize];
        run.start_estimated = true;
        run.report_fact = Maybe::default();
        run.duration_ms = Maybe::default();
    }

    /// `count` runs spread over the minutes `[from, to)`.
    pub(crate) fn runs(
        &mut self,
        function: &str,
        from: f64,
        to: f64,
        count: u32,
        status: InvocationStatus,
    ) -> Vec<InvocationIndex> {
        let step = (to - from) / f64::from(count);
        (0..count)
            .map(|n| self.run(function, from + f64::from(n) * step, status))
            .collect()
    }

    /// Another try of the request of `run`, as Lambda makes of an asynchronous event.
    pub(crate) fn retry(
        &mut self,
        run: InvocationIndex,
        minutes: f64,
        status: InvocationStatus,
    ) -> InvocationIndex {
        let function = self.invocations[run as usize].function;
        let function = self.facts.text(function).to_owned();
        let again = self.run(&function, minutes, status);
        self.invocations[again as usize].request_id = self.request(run);
        again
    }

    /// The run failed by an exception that nobody caught.
    pub(crate) fn exception(&mut self, run: InvocationIndex, error_type: &str, message: &str) {
        let exception = Exception {
            error_type: self.sym(error_type),
            message: self.sym(message),
            frames: self.sym(""),
            unhandled: true,
        };
        self.app(
            run,
            AppFact {
                exception: Some(exception),
                ..AppFact::default()
            },
        );
    }

    /// A call of the run was refused by `resource`.
    pub(crate) fn refused(&mut self, run: InvocationIndex, resource: &str) {
        let resource = Some(self.sym(resource));
        let refusal = Refusal {
            resource,
            reason: None,
            aws_request_id: None,
            attempts: 1,
        };
        self.app(
            run,
            AppFact {
                refused: Some(refusal),
                ..AppFact::default()
            },
        );
    }

    fn app(&mut self, run: InvocationIndex, app: AppFact) {
        let at = self.invocations[run as usize].end;
        let what = What::App(app);
        let kinds = what.kinds();
        let FactRef { fact, .. } = self.line(at, what);
        self.app_lines.push((run, AppLine { fact, kinds }));
    }

    fn line(&mut self, at: Timestamp, what: What) -> FactRef {
        let fact = self.lines.end();
        self.lines.push(Fact {
            at,
            event: EventId::None,
            what,
        });
        FactRef { stream: 0, fact }
    }

    /// `parent` called `child` and waited for it.
    pub(crate) fn call(&mut self, parent: InvocationIndex, child: InvocationIndex) {
        self.links.push(Link {
            parent,
            child,
            tier: LinkTier::TraceParent,
            confidence: 1.0,
            synchronous: true,
        });
    }

    /// The request id of a run.
    pub(crate) fn request(&self, run: InvocationIndex) -> RequestId {
        self.invocations[run as usize].request_id
    }

    /// Where a run's REPORT stands.
    pub(crate) fn proof(&self, run: InvocationIndex) -> Evidence {
        let run = &self.invocations[run as usize];
        Evidence::Line {
            request_id: Some(run.request_id),
            line: run.first_line,
        }
    }

    /// Everything but rows: errors are grouped, figures hold the counts of runs.
    pub(crate) fn analysis(mut self) -> Analysis {
        let (group, stream) = (self.sym("/aws/lambda/all"), self.sym("stream"));
        let function = self.sym("all");
        let first = self
            .invocations
            .iter()
            .map(|run| run.start)
            .min()
            .unwrap_or(EPOCH);
        let last = self
            .invocations
            .iter()
            .map(|run| run.end)
            .max()
            .unwrap_or(EPOCH);
        self.facts.streams = vec![Arc::new(StreamFacts {
            group,
            stream,
            function: Some(function),
            version: None,
            facts: self.lines,
            tells_runs: true,
            first,
            last,
        })];
        let mut lines = Vec::new();
        for (index, run) in (0..).zip(&mut self.invocations) {
            let start = lines.len() as u32;
            let own = self.app_lines.iter().filter(|(of, _)| *of == index);
            lines.extend(own.map(|(_, line)| *line));
            run.app = start..lines.len() as u32;
        }
        let assembled = Assembled {
            lines,
            by_request: Requests::of(&self.invocations),
            invocations: self.invocations,
            environments: vec![Environment {
                function,
                version: None,
                stream: 0,
                init_type: None,
                init_start: None,
                inits: Vec::new(),
                invocations: Vec::new(),
                concurrent: false,
            }],
            ..Assembled::default()
        };
        self.links.sort_by_key(|link| (link.parent, link.child));
        let errors = super::error::errors(&self.facts, &assembled);
        Analysis {
            functions: figures(&assembled, &self.facts),
            facts: Arc::new(self.facts),
            assembled,
            links: self.links,
            errors,
            window: Some((first, last)),
            ..Analysis::default()
        }
    }
}

fn figures(assembled: &Assembled, facts: &Facts) -> Vec<FunctionFigures> {
    let mut figures: Vec<FunctionFigures> = Vec::new();
    for run in &assembled.invocations {
        match figures
            .iter_mut()
            .find(|figures| figures.function == run.function)
        {
            Some(figures) => figures.invocations += 1,
            None => figures.push(FunctionFigures {
                function: run.function,
                invocations: 1,
                errors: 0,
                timeouts: 0,
                out_of_memory: 0,
                duration_ms: None,
                init_ms: None,
                environments: 1,
                only_named: 0,
                serves: false,
                felt_cold_starts: Some(0),
                cold_rate: None,
                throttled: None,
                duplicates_harmful: None,
                retries: None,
                reordered: None,
                memory_mb: None,
                max_memory_used_mb: None,
                billed_ms: None,
                peak_concurrency: Some(0),
                id_coverage: None,
                sampled_share: None,
                coverage: None,
            }),
        }
    }
    figures.sort_by(|a, b| facts.text(a.function).cmp(facts.text(b.function)));
    figures
}
