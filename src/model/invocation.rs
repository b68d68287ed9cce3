//! Invocations and the environments they ran in, as `correlate::assemble` joins them from lines.

use std::ops::Range;

use super::fact::{Fact, InitType, Kinds, Report, TraceContext, What};
use super::facts::{FactRef, Facts};
use super::ids::RequestId;
use super::maybe::Maybe;
use super::requests::Requests;
use super::symbols::Sym;
use super::time::Timestamp;

/// Index of an invocation in [`Assembled::invocations`].
pub type InvocationIndex = u32;

/// One attempt to run a function: from START to END/REPORT. There are very many: what few look at stays where it stands, in its
/// [environment](Assembled::environment) and in its [REPORT](Self::report).
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    pub function: Sym,
    pub request_id: RequestId,
    /// 1 for the first attempt; asynchronous retries run the same request id again.
    pub attempt: u16,
    pub start: Timestamp,
    pub end: Timestamp,
    /// START is missing: `start` comes from REPORT and Duration.
    pub start_estimated: bool,
    /// END and REPORT are missing: `end` is a guess.
    pub end_estimated: bool,
    /// REPORT `Duration`, without init; unknown without REPORT.
    pub duration_ms: Maybe<f32>,
    pub billed_ms: Maybe<f32>,
    pub max_memory_used_mb: Maybe<u32>,
    pub init_ms: Maybe<f32>,
    pub status: InvocationStatus,
    /// The runtime ended with it (timeout, out of memory, runtime exit): the environment starts over or is gone.
    pub crashed: bool,
    pub error_type: Option<Sym>,
    pub trace: Option<TraceContext>,
    /// Its platform lines, for evidence: START (or the first seen), and the place of REPORT in the same stream.
    pub first_line: FactRef,
    pub report_fact: Maybe<u32>,
    /// Where its application lines stand in [`Assembled::lines`]: see [`Assembled::app_lines`].
    pub app: Range<u32>,
    /// Had a START or a REPORT line, or is [only named](Self::is_only_named): counted. Other attempts that are seen only by END or
    /// application lines are not.
    pub counted: bool,
    /// The environment started or restarted for it: index in `Analysis::inits`, set by `detect::cold_start`.
    pub init: Maybe<u32>,
}

/// An application line of an invocation, with what it speaks of: most readers pass over most lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppLine {
    /// Its place in the stream of the invocation.
    pub fact: u32,
    pub kinds: Kinds,
}

impl Invocation {
    /// Whether it is counted by its application lines alone, where Lambda writes nothing of runs that go well: how long it took, how it
    /// ended and whether it waited for a start is unknown.
    pub fn is_only_named(&self) -> bool {
        self.counted && self.start_estimated && self.report_line().is_none()
    }

    /// The stream of its environment: index in `Facts::streams`.
    pub fn stream(&self) -> u32 {
        self.first_line.stream
    }

    /// Its REPORT line.
    pub fn report_line(&self) -> Option<FactRef> {
        let stream = self.stream();
        let fact = self.report_fact.get()?;
        Some(FactRef { stream, fact })
    }

    /// What its REPORT line says.
    pub fn report(&self, facts: &Facts) -> Option<Report> {
        self.report_of(facts, Kinds::REPORT)
    }

    /// The same, if it speaks of one of `kinds`.
    pub fn report_of(&self, facts: &Facts, kinds: Kinds) -> Option<Report> {
        let line = self.report_line()?;
        match facts.stream(line).facts.get_of(line.fact, kinds)?.what {
            What::Report(report) => Some(report),
            _ => None,
        }
    }

    /// The memory that REPORT says it had.
    pub fn memory_mb(&self, facts: &Facts) -> Option<u32> {
        self.report(facts)?.memory_mb
    }
}

/// How an invocation ended. The words are the contract's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, strum::EnumIter,
)]
#[strum(serialize_all = "snake_case")]
pub enum InvocationStatus {
    Ok,
    Error,
    Timeout,
    OutOfMemory,
    Unknown,
}

impl InvocationStatus {
    /// Whether AWS counts it in `Errors`.
    pub fn failed(self) -> bool {
        matches!(self, Self::Error | Self::Timeout | Self::OutOfMemory)
    }
}

/// One execution environment: one log stream of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Environment {
    pub function: Sym,
    pub version: Option<Sym>,
    /// Index in `Facts::streams`.
    pub stream: u32,
    pub init_type: Option<InitType>,
    /// INIT_START or RESTORE_START; `None` if the line is missing.
    pub init_start: Option<Timestamp>,
    /// Places in its stream of the lines on its init and restore: they are few among many.
    pub inits: Vec<u32>,
    /// Its invocations, in order of start.
    pub invocations: Vec<InvocationIndex>,
    /// Runs many invocations at once (Managed Instances): stream order says nothing.
    pub concurrent: bool,
}

impl Environment {
    /// The lines on its init and restore, with their places.
    pub fn init_lines(&self, facts: &Facts) -> impl Iterator<Item = (u32, Fact)> {
        let stream = &facts.streams[self.stream as usize].facts;
        self.inits.iter().map(|&at| (at, stream.get(at)))
    }

    /// Where the environment that an invocation ran in stands among all of them.
    pub fn place(all: &[Self], run: &Invocation) -> usize {
        all.partition_point(|home| home.stream < run.stream())
    }
}

/// What `correlate::assemble` makes of the lines.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// Sorted by (start, function text, request id, attempt).
    pub invocations: Vec<Invocation>,
    /// The application lines of invocations, those of each side by side in order of time.
    pub lines: Vec<AppLine>,
    /// Sorted like `Facts::streams`.
    pub environments: Vec<Environment>,
    /// Which of them a request id names: see [`Self::attempts`].
    pub by_request: Requests,
    /// Application facts that belong to no invocation (init code, other groups).
    pub orphans: Vec<FactRef>,
    /// By span of `Facts::spans`, from `correlate::spans::owners`: see [`Self::owner`].
    pub span_owners: Vec<Maybe<InvocationIndex>>,
}

impl Assembled {
    /// The environment that an invocation ran in.
    pub fn environment(&self, run: &Invocation) -> &Environment {
        &self.environments[Environment::place(&self.environments, run)]
    }

    /// The invocation that a span of `Facts::spans` ran in, as far as it can be told.
    pub fn owner(&self, span: usize) -> Option<InvocationIndex> {
        self.span_owners.get(span)?.get()
    }

    /// The attempts of a request, in order; `None` if no invocation has this id.
    pub fn attempts(&self, request: &RequestId) -> Option<&[InvocationIndex]> {
        self.by_request.get(request, &self.invocations)
    }

    /// The application facts of an invocation, in order of time.
    pub fn app_lines<'a>(
        &'a self,
        run: &Invocation,
    ) -> impl DoubleEndedIterator<Item = FactRef> + use<'a> {
        self.app_lines_of(run, Kinds::APP)
    }

    /// Those that speak of one of `kinds`.
    pub fn app_lines_of<'a>(
        &'a self,
        run: &Invocation,
        kinds: Kinds,
    ) -> impl DoubleEndedIterator<Item = FactRef> + use<'a> {
        let stream = run.stream();
        let lines = &self.lines[run.app.start as usize..run.app.end as usize];
        let said = lines.iter().filter(move |line| line.kinds.meets(kinds));
        said.map(move |line| FactRef {
            stream,
            fact: line.fact,
        })
    }
}
