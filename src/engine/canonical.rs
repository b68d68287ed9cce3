//! The facts in an order that does not depend on how the records arrived.

use std::sync::Arc;

use super::intake::Engine;
use super::named;
use super::reread::Seen;
use crate::model::cores;
use crate::model::fact::{Kinds, What};
use crate::model::facts::{Facts, SeenGap, StreamFacts};
use crate::model::metric::MetricPoint;
use crate::model::record::GapReason;
use crate::model::span::Span;
use crate::model::symbols::Symbols;
use crate::model::time::Timestamp;

impl Engine {
    /// The facts in canonical order: nothing in them depends on how the records arrived.
    pub fn facts(&mut self) -> Facts {
        let spans = self.spans.iter().cloned().collect();
        let (spans, ()) = cores::both(|| in_order(spans), || self.sort());
        self.canonical(
            self.symbols.clone(),
            self.streams.clone(),
            spans,
            self.metrics.values().cloned().collect(),
        )
    }

    /// The same, given away.
    pub(super) fn into_facts(mut self) -> Facts {
        let spans = std::mem::take(&mut self.spans).into_rows();
        let (spans, ()) = cores::both(|| in_order(spans), || self.sort());
        let symbols = std::mem::take(&mut self.symbols);
        let streams = std::mem::take(&mut self.streams);
        let metrics = std::mem::take(&mut self.metrics).into_values().collect();
        self.seen = Seen::new(0);
        self.canonical(symbols, streams, spans, metrics)
    }

    fn canonical(
        &self,
        symbols: Symbols,
        mut streams: Vec<Arc<StreamFacts>>,
        spans: Vec<Span>,
        mut metrics: Vec<MetricPoint>,
    ) -> Facts {
        streams.sort_by(|a, b| {
            (symbols.get(a.group), symbols.get(a.stream))
                .cmp(&(symbols.get(b.group), symbols.get(b.stream)))
        });
        metrics.sort_by(|a, b| metric_order(a, &symbols).cmp(&metric_order(b, &symbols)));
        let mut gaps = [&self.gaps[..], &self.open_gaps].concat();
        gaps.extend(streams.iter().flat_map(|stream| dropped(stream)));
        let by_time = |gap: &SeenGap| (gap.from, gap.to, symbols.get(gap.group).to_owned());
        gaps.sort_by_key(by_time);
        let mut gaps = SeenGap::merged(&gaps);
        gaps.sort_by_key(by_time);
        Facts {
            symbols,
            streams,
            spans,
            metrics,
            functions: self.functions.clone(),
            inputs: self.inputs,
            first_unparsed: self.first_unparsed.clone(),
            odd: self.odd.clone(),
            gaps,
            evicted: self.evicted,
            horizon: self.horizon,
            watermark: self.watermark(),
            complete: self
                .complete
                .iter()
                .map(|(group, at)| (*group, *at))
                .collect(),
            newest: self.newest,
        }
    }
}

impl Engine {
    /// Sorts the streams in which something came late, and thins what only names runs. What turns out to have been read twice was
    /// forgotten in between.
    pub(super) fn sort(&mut self) {
        let unsorted = std::mem::take(&mut self.unsorted);
        let streams = (0..).zip(&mut self.streams);
        let streams: Vec<_> = streams.filter(|(at, _)| unsorted.contains(at)).collect();
        let symbols = &self.symbols;
        // No stream needs another.
        let again = cores::each(streams.into_iter(), |(_, stream)| {
            let stream = Arc::make_mut(stream);
            let again = stream.facts.sort(symbols);
            named::thin(stream);
            again
        });
        for again in again {
            self.inputs.log_events -= again.len() as u64;
            self.inputs.log_events_reread += again.len() as u64;
        }
        self.weigh();
    }
}

/// Distinct spans in order of (trace, start, id).
fn in_order(mut spans: Vec<Span>) -> Vec<Span> {
    cores::sort_by_key(&mut spans, |span| (span.trace, span.start_us, span.id));
    spans
}

/// The stretches of which the service says that it dropped lines: each since the line before that says anything.
fn dropped(stream: &StreamFacts) -> Vec<SeenGap> {
    let mut found: Vec<SeenGap> = Vec::new();
    if !stream.facts.has(Kinds::DROPPED) {
        return found;
    }
    let mut before = stream.first;
    for (_, fact) in stream.facts.iter() {
        if let What::LogsDropped { .. } = fact.what {
            found.push(SeenGap {
                group: stream.group,
                from: before,
                // A gap is never empty: the line may be the first of its stream.
                to: fact.at.max(before.plus_ms(1)),
                why: GapReason::Dropped,
            });
        }
        before = fact.at;
    }
    found
}

fn metric_order<'a>(
    point: &MetricPoint,
    symbols: &'a Symbols,
) -> (&'a str, &'a str, Vec<(&'a str, &'a str)>, Timestamp) {
    let dimensions = point
        .dimensions
        .iter()
        .map(|&(name, value)| (symbols.get(name), symbols.get(value)))
        .collect();
    (
        symbols.get(point.namespace),
        symbols.get(point.name),
        dimensions,
        point.at,
    )
}
