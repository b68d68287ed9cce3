//! Everything that was decoded, before anything is concluded from it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::FunctionConfig;
use super::fact::{AppFact, Fact, Kinds, What};
use super::fact_log::FactLog;
use super::metric::MetricPoint;
use super::odd::Oddities;
use super::placed;
use super::record::GapReason;
use super::span::Span;
use super::symbols::{Sym, Symbols};
use super::time::Timestamp;

/// All facts that are remembered. The engine fills it and keeps each stream's facts sorted by `(at, order)` and free of
/// re-reads; `correlate` and `detect` read it and never see arrival order.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub symbols: Symbols,
    /// Sorted by (group text, stream text): the order does not depend on arrival. Shared, so that a new picture copies
    /// only the streams that changed.
    pub streams: Vec<Arc<StreamFacts>>,
    /// Distinct spans, the latest version of each, sorted by (trace, start, id).
    pub spans: Vec<Span>,
    /// Distinct points, sorted by (namespace, name, dimensions, at) as texts.
    pub metrics: Vec<MetricPoint>,
    /// By function name symbol; iterate by text where order matters.
    pub functions: BTreeMap<Sym, FunctionConfig>,
    pub inputs: Inputs,
    /// Why the first record that could not be read could not; which is the first depends on arrival.
    pub first_unparsed: Option<String>,
    /// What was read although it cannot be; which record is the first depends on arrival.
    pub odd: Oddities,
    pub gaps: Vec<SeenGap>,
    pub evicted: Evicted,
    /// The oldest moment that is remembered whole; `None` while nothing was forgotten.
    pub horizon: Option<Timestamp>,
    /// Everything before it has arrived, as far as can be known: the smallest watermark of the groups.
    pub watermark: Option<Timestamp>,
    /// By log group, before when everything has arrived; none where the sources do not say so.
    pub complete: BTreeMap<Sym, Timestamp>,
    /// Timestamp of the newest log event.
    pub newest: Option<Timestamp>,
}

/// The facts of one log stream: of one execution environment, except on shared or foreign log groups.
#[derive(Clone, Debug)]
pub struct StreamFacts {
    pub group: Sym,
    pub stream: Sym,
    /// Unqualified function name, with its place where several are watched; `None` for a stream that is no Lambda environment (access logs, `aws/spans`).
    pub function: Option<Sym>,
    /// Version from the stream's name (`[$LATEST]`, `[12]`).
    pub version: Option<Sym>,
    pub facts: FactLog,
    /// A line that Lambda writes of runs that go well was ever seen here. Where none was, application lines that do nothing but name
    /// their run are kept too, the first and the last of each run.
    pub tells_runs: bool,
    /// Timestamps of the first and last event of any kind, noise too.
    pub first: Timestamp,
    pub last: Timestamp,
}

/// Counts of the contract's `inputs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Distinct events.
    pub log_events: u64,
    pub log_events_reread: u64,
    /// Distinct events ingested more than [`LATE_MS`] after their timestamp.
    pub log_events_late: u64,
    /// Distinct events that have an ingestion time: 0 makes `log_events_late` unknown.
    pub log_events_with_ingestion: u64,
    pub unparsed_lines: u64,
    /// Distinct segments and points: polls overlap.
    pub trace_segments: u64,
    pub metric_points: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evicted {
    pub invocations: u64,
    pub event_ids: u64,
    pub ordering_keys: u64,
    pub traces: u64,
}

/// Events ingested later than this after their timestamp count as late, in milliseconds.
pub const LATE_MS: i64 = 30_000;

/// A stretch `[from, to)` of one log group that was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenGap {
    pub group: Sym,
    pub from: Timestamp,
    pub to: Timestamp,
    pub why: GapReason,
}

impl SeenGap {
    /// The same stretches, of which those of one group for one reason that touch are one; `gaps` are in order of their begin.
    pub fn merged(gaps: &[Self]) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        let mut last: BTreeMap<(Sym, GapReason), usize> = BTreeMap::new();
        for gap in gaps {
            let place = last.entry((gap.group, gap.why)).or_insert(usize::MAX);
            match merged.get_mut(*place) {
                Some(before) if gap.from <= before.to => before.to = before.to.max(gap.to),
                _ => {
                    *place = merged.len();
                    merged.push(*gap);
                }
            }
        }
        merged
    }
}

/// Points at one fact of [`Facts`]. Those of one stream are ordered as its lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactRef {
    pub stream: u32,
    /// Its place in [`StreamFacts::facts`].
    pub fact: u32,
}

impl Facts {
    /// The points of one of Lambda's own metrics for a function as a whole: those under the dimension set `{FunctionName}` alone.
    pub fn lambda_metric<'f>(
        &'f self,
        function: Sym,
        name: &str,
    ) -> impl Iterator<Item = &'f MetricPoint> + use<'f> {
        self.lambda_points(function, name).map(|(_, point)| point)
    }

    /// The same with their places in `metrics`, by which evidence names them.
    pub fn lambda_points<'f>(
        &'f self,
        function: Sym,
        name: &str,
    ) -> impl DoubleEndedIterator<Item = (u32, &'f MetricPoint)> + use<'f> {
        let [namespace, name, dimension] =
            ["AWS/Lambda", name, "FunctionName"].map(|text| self.symbols.lookup(text));
        let points = self.metrics.iter().enumerate();
        let points = points.filter(move |(_, point)| {
            Some(point.namespace) == namespace
                && Some(point.name) == name
                && matches!(point.dimensions[..], [(key, of)] if Some(key) == dimension && of == function)
        });
        points.map(|(at, point)| (at as u32, point))
    }

    /// The log group that a function writes to: the one it is set to, else the usual one.
    pub fn log_group(&self, function: Sym) -> Cow<'_, str> {
        let set = self.functions.get(&function);
        match self.text_of(set.and_then(|config| config.log_group)) {
            Some(group) => Cow::Borrowed(group),
            None => Cow::Owned(format!("/aws/lambda/{}", self.text(function))),
        }
    }

    /// Whether a stretch of this log group was denied.
    pub fn is_denied(&self, group: &str) -> bool {
        let mut gaps = self.gaps.iter();
        gaps.any(|gap| gap.why == GapReason::Denied && self.text(gap.group) == group)
    }

    /// When the first stream began, by its first line. A line whose moment cannot be tells nothing of that.
    pub fn first(&self) -> Option<Timestamp> {
        let began = || self.streams.iter().map(|stream| stream.first);
        let can_be = began().filter(|first| first.can_be());
        can_be.min().or_else(|| began().min())
    }

    /// Concurrent executions that the account grants to all functions of a place; `None` where no configuration says.
    pub fn account_concurrency(&self, place: Option<&str>) -> Option<u32> {
        let said = self
            .functions_at(place)
            .filter_map(|config| config.account_concurrency);
        said.max()
    }

    /// Concurrent executions that are set aside for single functions of a place.
    pub fn reserved_concurrency(&self, place: Option<&str>) -> u32 {
        let reserved = self
            .functions_at(place)
            .filter_map(|config| config.reserved_concurrency);
        reserved.fold(0, u32::saturating_add)
    }

    /// The functions of an account and region, as far as their configuration is known: they share its limits.
    pub fn functions_at(&self, place: Option<&str>) -> impl Iterator<Item = &FunctionConfig> {
        let functions = self.functions.iter();
        functions
            .filter(move |(name, _)| placed::place(self.text(**name)) == place)
            .map(|(_, config)| config)
    }

    /// The fact behind a reference of this store.
    pub fn fact(&self, at: FactRef) -> Fact {
        self.stream(at).facts.get(at.fact)
    }

    /// When the line behind a reference was written.
    pub fn moment(&self, at: FactRef) -> Timestamp {
        self.stream(at).facts.at(at.fact)
    }

    /// The stream a fact stands in.
    pub fn stream(&self, at: FactRef) -> &StreamFacts {
        &self.streams[at.stream as usize]
    }

    /// Index in `streams` of a log stream; `None` if nothing of it is remembered.
    pub fn stream_named(&self, group: &str, stream: &str) -> Option<u32> {
        let found = self.streams.binary_search_by(|place| {
            let place = (self.text(place.group), self.text(place.stream));
            place.cmp(&(group, stream))
        });
        found.ok().map(|at| at as u32)
    }

    /// The application line behind a reference, if it speaks of one of `kinds`.
    pub fn app(&self, at: FactRef, kinds: Kinds) -> Option<AppFact> {
        match self.stream(at).facts.get_of(at.fact, kinds)?.what {
            What::App(app) => Some(app),
            _ => None,
        }
    }

    /// The text of a symbol.
    pub fn text(&self, sym: Sym) -> &str {
        self.symbols.get(sym)
    }

    /// The text of a symbol that may be missing.
    pub fn text_of(&self, sym: Option<Sym>) -> Option<&str> {
        sym.map(|sym| self.symbols.get(sym))
    }
}
