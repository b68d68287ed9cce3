//! Takes decoded blocks in, in arrival order, and keeps what is remembered within its bounds.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::block::{Block, BlockLine};
use super::pipeline;
use super::reread::Seen;
use crate::decode::{Decoder, SettingsError};
use crate::model::analysis::Analysis;
use crate::model::batch::Batch;
use crate::model::config::FunctionConfig;
use crate::model::fact::What;
use crate::model::facts::{Evicted, Facts, Inputs, SeenGap, StreamFacts};
use crate::model::ids::{SpanId, TraceId};
use crate::model::metric::MetricPoint;
use crate::model::record::LogLine;
use crate::model::remap::Remap as _;
use crate::model::settings::{Memory, Settings};
use crate::model::span::Span;
use crate::model::symbols::{Sym, Symbols};
use crate::model::time::Timestamp;
use crate::store::log_text::LogText;

/// Events ingested later than this after their timestamp count as late, in milliseconds.
const LATE_MS: i64 = 30_000;

/// Segments and subsegments of an ordinary trace.
const SPANS_PER_TRACE: usize = 10;

/// What bounds the engine's memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Invocations that are remembered whole.
    pub invocations: usize,
    /// Event ids by which re-reads are recognised.
    pub event_ids: usize,
    /// Segments and subsegments that are remembered.
    pub spans: usize,
    /// Bytes of raw log text kept for looking at it again; 0 keeps none.
    pub log_text_bytes: usize,
}

impl Limits {
    /// The limits that the settings give; `text` keeps raw lines for looking at them again.
    pub fn of(memory: &Memory, text: bool) -> Self {
        Self {
            invocations: memory.invocations as usize,
            event_ids: memory.event_ids as usize,
            spans: memory.traces as usize * SPANS_PER_TRACE,
            log_text_bytes: if text {
                memory.log_text_mb as usize * 1024 * 1024
            } else {
                0
            },
        }
    }
}

/// Remembers facts and concludes from them.
pub struct Engine {
    settings: Settings,
    decoder: Arc<Decoder>,
    limits: Limits,
    symbols: Symbols,
    streams: Vec<Arc<StreamFacts>>,
    stream_index: HashMap<(Sym, Sym), u32>,
    /// Streams whose facts are out of order since the last analysis.
    unsorted: HashSet<u32>,
    spans: HashMap<(TraceId, SpanId), Span>,
    metrics: BTreeMap<MetricKey, MetricPoint>,
    functions: BTreeMap<Sym, FunctionConfig>,
    gaps: Vec<SeenGap>,
    inputs: Inputs,
    evicted: Evicted,
    horizon: Option<Timestamp>,
    /// Moment before which everything of a log group has arrived, as its source said.
    complete: HashMap<Sym, Timestamp>,
    newest: Option<Timestamp>,
    seen: Seen,
    starts: usize,
    text: LogText,
    first_unparsed: Option<String>,
}

type MetricKey = (Sym, Sym, Vec<(Sym, Sym)>, Timestamp);

impl Engine {
    /// An engine with nothing in it. Fails if an extraction rule of the settings cannot be compiled.
    pub fn new(settings: Settings, limits: Limits) -> Result<Self, SettingsError> {
        let decoder = Arc::new(Decoder::new(&settings)?);
        Ok(Self {
            settings,
            decoder,
            limits,
            symbols: Symbols::default(),
            streams: Vec::new(),
            stream_index: HashMap::new(),
            unsorted: HashSet::new(),
            spans: HashMap::new(),
            metrics: BTreeMap::new(),
            functions: BTreeMap::new(),
            gaps: Vec::new(),
            inputs: Inputs::default(),
            evicted: Evicted::default(),
            horizon: None,
            complete: HashMap::new(),
            newest: None,
            seen: Seen::new(limits.event_ids),
            starts: 0,
            text: LogText::new(limits.log_text_bytes),
            first_unparsed: None,
        })
    }

    /// An empty block for a worker thread; give it back with [`Engine::take`].
    pub fn block(&self) -> Block {
        Block::new(Arc::clone(&self.decoder), self.keeps_text())
    }

    /// The decoder, for threads that make blocks of their own.
    pub fn decoder(&self) -> Arc<Decoder> {
        Arc::clone(&self.decoder)
    }

    /// Decodes and takes in what one poll brought.
    pub fn apply(&mut self, batch: &Batch) {
        let mut block = self.block();
        batch.records.iter().for_each(|record| block.record(record));
        self.begin_read();
        self.take(block);
        for (group, moment) in &batch.complete {
            let group = self.symbols.intern(group);
            let known = self.complete.entry(group).or_insert(*moment);
            *known = (*known).max(*moment);
        }
    }

    /// A new read begins: a poll or a file. Equal lines without an event id are different lines only within one read.
    pub fn begin_read(&mut self) {
        self.seen.begin_read();
    }

    /// Whether blocks keep the raw text of lines.
    pub fn keeps_text(&self) -> bool {
        self.limits.log_text_bytes > 0
    }

    /// Takes a decoded block in. Blocks must come in arrival order.
    pub fn take(&mut self, mut block: Block) {
        let map = self.symbols.absorb(&block.symbols);
        let mut to = |sym: Sym| map[sym.0 as usize];
        let streams = self.streams_of(&block, &mut to);
        let text = std::mem::take(&mut block.text);
        let mut text_at = 0;
        for line in std::mem::take(&mut block.lines) {
            let message = &text[text_at..text_at + line.text_len as usize];
            text_at += line.text_len as usize;
            self.take_line(line, &streams, message, &mut to);
        }
        for mut span in block.spans {
            span.remap(&mut to);
            self.take_span(span);
        }
        for mut point in block.metrics {
            point.remap(&mut to);
            self.inputs.metric_points += 1;
            let key = (
                point.namespace,
                point.name,
                point.dimensions.clone(),
                point.at,
            );
            self.metrics.insert(key, point);
        }
        for (name, mut config) in block.functions {
            config.runtime.remap(&mut to);
            config.log_group.remap(&mut to);
            for (qualifier, _) in &mut config.provisioned {
                qualifier.remap(&mut to);
            }
            self.functions.insert(to(name), config);
        }
        for gap in block.gaps {
            let group = self.symbols.intern(&gap.group);
            self.gaps.push(SeenGap {
                group,
                from: gap.from,
                to: gap.to,
                why: gap.why,
            });
        }
        self.inputs.trace_segments += block.segments;
        self.inputs.unparsed_lines += block.unparsed;
        if self.first_unparsed.is_none() {
            self.first_unparsed = block.first_unparsed;
        }
        self.evicted.event_ids = self.seen.forgotten;
        if self.starts > self.limits.invocations || self.spans.len() > self.limits.spans {
            self.forget();
        }
    }

    /// Why the first record that could not be read could not.
    pub fn first_unparsed(&self) -> Option<&str> {
        self.first_unparsed.as_deref()
    }

    /// The raw text of remembered lines; empty unless the limits keep some.
    pub fn text(&self) -> LogText {
        self.text.clone()
    }

    /// Bytes that the engine's stores hold, estimated from their capacities.
    pub fn heap_bytes(&self) -> usize {
        let facts: usize = self
            .streams
            .iter()
            .map(|stream| stream.facts.capacity() * size_of::<crate::model::fact::Fact>())
            .sum();
        facts
            + self.symbols.heap_bytes()
            + self.seen.heap_bytes()
            + self.spans.capacity() * (size_of::<Span>() + 24)
            + self.text.bytes().0
    }

    /// The facts in canonical order: nothing in them depends on how the records arrived.
    pub fn facts(&mut self) -> Facts {
        for at in std::mem::take(&mut self.unsorted) {
            let symbols = &self.symbols;
            let stream = Arc::make_mut(&mut self.streams[at as usize]);
            stream.facts.sort_by(|a, b| {
                (a.at, a.order).cmp(&(b.at, b.order)).then_with(|| {
                    a.event
                        .text(a.at, symbols)
                        .cmp(&b.event.text(b.at, symbols))
                })
            });
        }
        let symbols = self.symbols.clone();
        let mut streams = self.streams.clone();
        streams.sort_by(|a, b| {
            (symbols.get(a.group), symbols.get(a.stream))
                .cmp(&(symbols.get(b.group), symbols.get(b.stream)))
        });
        let mut spans: Vec<Span> = self.spans.values().cloned().collect();
        spans.sort_by_key(|span| (span.trace, span.start_us, span.id));
        let mut metrics: Vec<MetricPoint> = self.metrics.values().cloned().collect();
        metrics.sort_by(|a, b| metric_order(a, &symbols).cmp(&metric_order(b, &symbols)));
        let mut gaps = self.gaps.clone();
        gaps.sort_by_key(|gap| (gap.from, gap.to, symbols.get(gap.group).to_owned()));
        gaps.dedup();
        Facts {
            symbols,
            streams,
            spans,
            metrics,
            functions: self.functions.clone(),
            inputs: self.inputs,
            gaps,
            evicted: self.evicted,
            horizon: self.horizon,
            watermark: self.watermark(),
            newest: self.newest,
        }
    }

    /// Files say nothing about completeness: all that they hold was read, up to their newest event.
    fn watermark(&self) -> Option<Timestamp> {
        self.complete.values().min().copied().or(self.newest)
    }

    /// Concludes everything from what is remembered.
    pub fn analyse(&mut self) -> Analysis {
        pipeline::analyse(self.facts(), &self.settings)
    }

    fn streams_of(&mut self, block: &Block, to: &mut dyn FnMut(Sym) -> Sym) -> Vec<u32> {
        let mut streams = Vec::with_capacity(block.streams.len());
        for stream in &block.streams {
            let key = (to(stream.group), to(stream.stream));
            let at = match self.stream_index.get(&key) {
                Some(&at) => at,
                None => {
                    let at = self.streams.len() as u32;
                    self.streams.push(Arc::new(StreamFacts {
                        group: key.0,
                        stream: key.1,
                        function: None,
                        version: stream.version.map(&mut *to),
                        facts: Vec::new(),
                        first: Timestamp(i64::MAX),
                        last: Timestamp(i64::MIN),
                    }));
                    self.stream_index.insert(key, at);
                    at
                }
            };
            if let Some(function) = &stream.function
                && self.streams[at as usize].function.is_none()
            {
                let function = self.symbols.intern(function);
                Arc::make_mut(&mut self.streams[at as usize]).function = Some(function);
            }
            streams.push(at);
        }
        streams
    }

    fn take_line(
        &mut self,
        line: BlockLine,
        streams: &[u32],
        message: &str,
        to: &mut dyn FnMut(Sym) -> Sym,
    ) {
        let is_new = if line.has_event_id {
            self.seen.is_new(line.key)
        } else {
            self.seen.is_new_without_id(line.key)
        };
        if !is_new {
            self.inputs.log_events_reread += 1;
            return;
        }
        self.inputs.log_events += 1;
        if let Some(ingestion) = line.ingestion {
            self.inputs.log_events_with_ingestion += 1;
            self.inputs.log_events_late += u64::from(ingestion.since(line.at) > LATE_MS);
        }
        self.newest = Some(self.newest.map_or(line.at, |newest| newest.max(line.at)));
        let at = streams[line.stream as usize];
        if line.text_len > 0 {
            let place = &self.streams[at as usize];
            let raw = LogLine {
                group: self.symbols.get(place.group),
                stream: self.symbols.get(place.stream),
                timestamp: line.at,
                ingestion: line.ingestion,
                event_id: None,
                message,
            };
            self.text.push(&raw, line.order);
        }
        let stream = Arc::make_mut(&mut self.streams[at as usize]);
        stream.first = stream.first.min(line.at);
        stream.last = stream.last.max(line.at);
        if let Some(mut fact) = line.fact {
            fact.remap(to);
            self.starts += usize::from(matches!(fact.what, What::Report(_)));
            let in_order = stream
                .facts
                .last()
                .is_none_or(|last| (last.at, last.order) < (fact.at, fact.order));
            stream.facts.push(fact);
            if !in_order {
                self.unsorted.insert(at);
            }
        }
    }

    /// Keeps the latest version of a span: a segment is sent again while it is in progress.
    fn take_span(&mut self, span: Span) {
        match self.spans.entry((span.trace, span.id)) {
            hashbrown::hash_map::Entry::Vacant(place) => {
                place.insert(span);
            }
            hashbrown::hash_map::Entry::Occupied(mut place) => {
                let known = place.get();
                let newer = (
                    span.end_us.is_some(),
                    span.end_us,
                    span.start_us,
                    span.links.len(),
                ) > (
                    known.end_us.is_some(),
                    known.end_us,
                    known.start_us,
                    known.links.len(),
                );
                if newer {
                    place.insert(span);
                }
            }
        }
    }

    /// Forgets the oldest tenth of what there is too much of, and says so in `evicted` and `horizon`.
    fn forget(&mut self) {
        let reports = self.streams.iter().flat_map(|stream| &stream.facts);
        let reports = reports.filter(|fact| matches!(fact.what, What::Report(_)));
        let by_invocations = oldest_over(reports.map(|fact| fact.at), self.limits.invocations);
        let starts = self
            .spans
            .values()
            .map(|span| Timestamp(span.start_us / 1000));
        let by_spans = oldest_over(starts, self.limits.spans);
        if let Some(horizon) = by_invocations.max(by_spans) {
            self.forget_before(horizon.plus_ms(1));
        }
    }

    /// Forgets everything older than `horizon`.
    pub fn forget_before(&mut self, horizon: Timestamp) {
        let mut fresh = Symbols::default();
        let old = std::mem::take(&mut self.symbols);
        let mut to = |sym: Sym| fresh.intern(old.get(sym));
        let mut evicted = 0;
        let mut streams = Vec::with_capacity(self.streams.len());
        let mut index = HashMap::new();
        let mut unsorted = HashSet::new();
        for (at, stream) in std::mem::take(&mut self.streams).into_iter().enumerate() {
            let mut stream = Arc::unwrap_or_clone(stream);
            let is_report = |what: &What| matches!(what, What::Report(_));
            let before = stream
                .facts
                .iter()
                .filter(|fact| is_report(&fact.what))
                .count();
            stream.facts.retain(|fact| fact.at >= horizon);
            let after = stream
                .facts
                .iter()
                .filter(|fact| is_report(&fact.what))
                .count();
            evicted += before - after;
            if stream.last < horizon {
                continue;
            }
            stream.facts.shrink_to_fit();
            stream.facts.iter_mut().for_each(|fact| fact.remap(&mut to));
            stream.group.remap(&mut to);
            stream.stream.remap(&mut to);
            stream.function.remap(&mut to);
            stream.version.remap(&mut to);
            if self.unsorted.contains(&(at as u32)) {
                unsorted.insert(streams.len() as u32);
            }
            index.insert((stream.group, stream.stream), streams.len() as u32);
            streams.push(Arc::new(stream));
        }
        let horizon_us = horizon.0.saturating_mul(1000);
        let traces = self.spans.len();
        self.spans
            .retain(|_, span| span.end_us.unwrap_or(span.start_us) >= horizon_us);
        self.spans.values_mut().for_each(|span| span.remap(&mut to));
        let points = std::mem::take(&mut self.metrics);
        for (_, mut point) in points.into_iter().filter(|(_, point)| point.at >= horizon) {
            point.remap(&mut to);
            let key = (
                point.namespace,
                point.name,
                point.dimensions.clone(),
                point.at,
            );
            self.metrics.insert(key, point);
        }
        for (name, mut config) in std::mem::take(&mut self.functions) {
            config.runtime.remap(&mut to);
            config.log_group.remap(&mut to);
            for (qualifier, _) in &mut config.provisioned {
                qualifier.remap(&mut to);
            }
            self.functions.insert(to(name), config);
        }
        self.gaps.retain(|gap| gap.to >= horizon);
        self.gaps
            .iter_mut()
            .for_each(|gap| gap.group.remap(&mut to));
        let complete = std::mem::take(&mut self.complete);
        self.complete = complete
            .into_iter()
            .map(|(group, moment)| (to(group), moment))
            .collect();
        self.streams = streams;
        self.stream_index = index;
        self.unsorted = unsorted;
        self.symbols = fresh;
        self.starts -= evicted;
        self.evicted.invocations += evicted as u64;
        self.evicted.traces += (traces - self.spans.len()) as u64;
        self.horizon = Some(self.horizon.map_or(horizon, |before| before.max(horizon)));
    }
}

/// The newest of the moments that must go so that nine tenths of `limit` stay; `None` while there are fewer than `limit`.
fn oldest_over(moments: impl Iterator<Item = Timestamp>, limit: usize) -> Option<Timestamp> {
    let mut moments: Vec<Timestamp> = moments.collect();
    if moments.len() <= limit {
        return None;
    }
    let last = moments.len() - (limit - limit / 10) - 1;
    Some(*moments.select_nth_unstable(last).1)
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
