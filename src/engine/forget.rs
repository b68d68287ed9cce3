//! Forgets what is over the bounds, and leaves out what nobody asked for.

use std::sync::Arc;

use super::intake::Engine;
use crate::model::fact_log::FactLog;
use crate::model::placed;
use crate::model::remap::Remap as _;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;
use globset::GlobSet;

/// Texts that nothing names any more may take a share of one in so many beside those that are named: to find them, every fact is read.
const UNNAMED: usize = 4;

/// What a report is about.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Functions whose name matches; all if `None`. Streams of no function (access logs) stay.
    pub functions: Option<GlobSet>,
}

impl Scope {
    fn is_all(&self) -> bool {
        self.from.is_none() && self.until.is_none() && self.functions.is_none()
    }

    fn holds(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| moment >= from) && self.until.is_none_or(|until| moment < until)
    }
}

impl Scope {
    /// Whether a stretch of time lies in it, at least in part.
    fn meets(&self, first: Timestamp, last: Timestamp) -> bool {
        self.from.is_none_or(|from| last >= from) && self.until.is_none_or(|until| first < until)
    }
}

impl Engine {
    /// Leaves out all that lies outside the scope.
    pub fn restrict(&mut self, scope: &Scope) {
        if scope.is_all() {
            return;
        }
        let Self {
            symbols,
            streams,
            spans,
            metrics,
            ..
        } = self;
        let wanted = |function: Option<Sym>| match (&scope.functions, function) {
            (Some(globs), Some(function)) => {
                placed::fits(symbols.get(function), |name| globs.is_match(name))
            }
            _ => true,
        };
        for stream in streams.iter_mut() {
            let stream = Arc::make_mut(stream);
            let reaches = scope.meets(stream.first, stream.last);
            if wanted(stream.function) && reaches {
                stream.facts.retain(|_, fact| scope.holds(fact.at));
            } else {
                stream.facts = FactLog::default();
            }
        }
        // A stream without facts stays only as an environment that was seen: outside the scope it was not.
        streams.retain(|stream| {
            wanted(stream.function) && (!stream.facts.is_empty() || scope.holds(stream.first))
        });
        self.unsorted = (0..streams.len() as u32).collect();
        spans.retain(|span| scope.holds(Timestamp(span.start_us / 1000)));
        let name = symbols.lookup("FunctionName");
        metrics.retain(|_, point| {
            let function = point.dimensions.iter().find(|(key, _)| Some(*key) == name);
            scope.holds(point.at) && wanted(function.map(|(_, function)| *function))
        });
        let functions = std::mem::take(&mut self.functions);
        self.functions = functions
            .into_iter()
            .filter(|(name, _)| wanted(Some(*name)))
            .collect();
        self.index_streams();
    }

    /// Forgets the oldest until nine tenths of what may be remembered are left, and says so in `evicted` and `horizon`.
    pub(super) fn forget(&mut self) {
        let points = self.metrics.values().map(|point| point.at);
        let spans = self.spans.iter();
        let spans = spans.map(|span| Timestamp(span.start_us / 1000));
        let mut moments: Vec<Timestamp> = points.chain(spans).collect();
        for stream in &self.streams {
            moments.extend(stream.facts.moments());
            moments.extend(stream.facts.is_empty().then_some(stream.last));
        }
        let (weight, least) = (self.weight(), self.limits.fact_bytes / 10 * 9);
        // As if each weighed the same.
        let over = weight.saturating_sub(least) as f64 / weight.max(1) as f64;
        if let Some(newest) = moments.len().checked_sub(1) {
            let last = newest.min((moments.len() as f64 * over) as usize);
            let (_, horizon, _) = moments.select_nth_unstable(last);
            self.forget_before(horizon.plus_ms(1));
        }
    }

    /// Forgets everything older than `horizon`.
    pub fn forget_before(&mut self, horizon: Timestamp) {
        self.sort();
        let mut evicted = 0;
        for stream in &mut self.streams {
            let oldest = stream.facts.moments().next();
            if oldest.is_some_and(|oldest| oldest < horizon) {
                evicted += Arc::make_mut(stream).facts.forget_before(horizon);
            }
        }
        self.streams.retain(|stream| stream.last >= horizon);
        self.index_streams();
        let horizon_us = horizon.0.saturating_mul(1000);
        let traces = self.spans.len();
        self.spans
            .retain(|span| span.end_us.get().unwrap_or(span.start_us) >= horizon_us);
        self.metrics.retain(|_, point| point.at >= horizon);
        self.gaps.retain(|gap| gap.to >= horizon);
        self.evicted.invocations += evicted as u64;
        self.evicted.traces += (traces - self.spans.len()) as u64;
        self.horizon = Some(self.horizon.map_or(horizon, |before| before.max(horizon)));
        let unnamed = self.symbols.len().saturating_sub(self.named);
        if unnamed > self.named / UNNAMED || self.weight() > self.limits.fact_bytes {
            self.forget_symbols();
        }
    }

    /// Forgets the texts that nothing names any more.
    fn forget_symbols(&mut self) {
        let mut named = self.symbols.unnamed();
        let mut name = |sym: Sym| {
            named.add(sym);
            sym
        };
        for stream in &self.streams {
            for (_, mut fact) in stream.facts.iter() {
                fact.remap(&mut name);
            }
            let names = [Some(stream.group), Some(stream.stream)];
            let names = names.into_iter().chain([stream.function, stream.version]);
            names.flatten().for_each(|sym| _ = name(sym));
        }
        for span in self.spans.iter_mut() {
            span.remap(&mut name);
        }
        for point in self.metrics.values_mut() {
            point.remap(&mut name);
        }
        for (function, config) in &mut self.functions {
            name(*function);
            config.remap(&mut name);
        }
        let gaps = self.gaps.iter().chain(&self.open_gaps);
        let groups = gaps
            .map(|gap| gap.group)
            .chain(self.complete.keys().copied());
        groups.for_each(|sym| _ = name(sym));
        self.symbols.retain(&named);
        self.named = self.symbols.len();
    }

    /// Where each stream stands now, and what all of them take.
    fn index_streams(&mut self) {
        self.weigh();
        let streams = self.streams.iter().zip(0..);
        self.stream_index = streams
            .map(|(stream, at)| ((stream.group, stream.stream), at))
            .collect();
    }
}
