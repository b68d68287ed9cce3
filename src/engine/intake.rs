//! Takes decoded blocks in, in arrival order, and keeps what is remembered within its bounds.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::block::{Block, BlockLine};
use super::pipeline;
use super::reread::Seen;
use super::spans::Spans;
use super::weight::Held;
use crate::decode::Decoder;
use crate::model::analysis::Analysis;
use crate::model::batch::Batch;
use crate::model::config::FunctionConfig;
use crate::model::fact::Fact;
use crate::model::fact_log::FactLog;
use crate::model::facts::{Evicted, Inputs, LATE_MS, SeenGap, StreamFacts};
use crate::model::metric::MetricPoint;
use crate::model::odd::Oddities;
use crate::model::placed;
use crate::model::record::{Gap, LogLine};
use crate::model::remap::Remap as _;
use crate::model::settings::{Memory, Settings, SettingsError};
use crate::model::symbols::{Sym, Symbols};
use crate::model::time::Timestamp;
use crate::store::log_text::LogText;

const MEGABYTE: usize = 1 << 20;

/// What bounds the engine's memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of what is remembered, whatever it is of, together with what will be concluded from it.
    pub fact_bytes: usize,
    /// Event ids by which re-reads are recognised.
    pub event_ids: usize,
    /// Bytes of raw log text kept for looking at it again; 0 keeps none.
    pub log_text_bytes: usize,
}

impl Limits {
    /// The limits that the settings give; `text` keeps raw lines for looking at them again.
    pub fn of(memory: &Memory, text: bool) -> Self {
        Self {
            fact_bytes: memory.facts_mb as usize * MEGABYTE,
            event_ids: memory.event_ids as usize,
            log_text_bytes: if text {
                memory.log_text_mb as usize * MEGABYTE
            } else {
                0
            },
        }
    }
}

/// Remembers facts and concludes from them.
pub struct Engine {
    pub(super) settings: Settings,
    decoder: Arc<Decoder>,
    pub(super) limits: Limits,
    pub(super) symbols: Symbols,
    /// How many symbols there were when all of them were last named by something.
    pub(super) named: usize,
    pub(super) streams: Vec<Arc<StreamFacts>>,
    pub(super) stream_index: HashMap<(Sym, Sym), u32>,
    pub(super) held: Held,
    /// Streams whose facts are out of order since the last analysis, or of which [`thin`](super::named::thin) may leave some out.
    pub(super) unsorted: HashSet<u32>,
    pub(super) spans: Spans,
    pub(super) metrics: BTreeMap<MetricKey, MetricPoint>,
    pub(super) functions: BTreeMap<Sym, FunctionConfig>,
    pub(super) gaps: Vec<SeenGap>,
    /// Gaps that are still to be filled.
    pub(super) open_gaps: Vec<SeenGap>,
    pub(super) inputs: Inputs,
    pub(super) evicted: Evicted,
    pub(super) horizon: Option<Timestamp>,
    /// Moment before which everything of a log group has arrived, as its source said.
    pub(super) complete: HashMap<Sym, Timestamp>,
    pub(super) newest: Option<Timestamp>,
    pub(super) seen: Seen,
    pub(super) text: LogText,
    pub(super) first_unparsed: Option<String>,
    /// Records that were taken in although they cannot be as they are.
    pub(super) odd: Oddities,
}

type MetricKey = (Sym, Sym, Vec<(Sym, Sym)>, Timestamp);

impl Engine {
    /// An engine with nothing in it. Fails if an extraction rule of the settings cannot be compiled.
    pub fn new(settings: Settings, limits: Limits) -> Result<Self, SettingsError> {
        let decoder = Arc::new(Decoder::new(&settings)?);
        Ok(Self::empty(settings, limits, decoder))
    }

    /// Forgets everything that was taken in.
    pub fn clear(&mut self) {
        let (settings, decoder) = (self.settings.clone(), Arc::clone(&self.decoder));
        *self = Self::empty(settings, self.limits, decoder);
    }

    fn empty(settings: Settings, limits: Limits, decoder: Arc<Decoder>) -> Self {
        Self {
            settings,
            decoder,
            limits,
            symbols: Symbols::default(),
            named: 0,
            streams: Vec::new(),
            stream_index: HashMap::new(),
            held: Held::default(),
            unsorted: HashSet::new(),
            spans: Spans::default(),
            metrics: BTreeMap::new(),
            functions: BTreeMap::new(),
            gaps: Vec::new(),
            open_gaps: Vec::new(),
            inputs: Inputs::default(),
            evicted: Evicted::default(),
            horizon: None,
            complete: HashMap::new(),
            newest: None,
            seen: Seen::new(limits.event_ids),
            text: LogText::new(limits.log_text_bytes),
            first_unparsed: None,
            odd: Oddities::default(),
        }
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
        for (group, moment) in &batch.complete {
            block.complete(group, *moment);
        }
        self.begin_read();
        self.take(block);
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
        let mut to = |sym: Sym| map[sym.number()];
        let streams = self.streams_of(&block, &mut to);
        let text = std::mem::take(&mut block.text);
        let mut text_at = 0;
        let mut facts = std::mem::take(&mut block.facts).into_iter();
        let lines = std::mem::take(&mut block.lines);
        // All of them before the first is taken: looked up one behind the other, they wait for memory together.
        let new: Vec<bool> = lines.iter().map(|line| self.is_new(line)).collect();
        for (line, is_new) in lines.into_iter().zip(new) {
            let message = &text[text_at..text_at + line.text_len as usize];
            text_at += line.text_len as usize;
            let fact = if line.says { facts.next() } else { None };
            if is_new {
                let stream = streams[line.stream as usize];
                let before = self.held_by(stream);
                self.take_line(&line, stream, message);
                if let Some(mut fact) = fact {
                    fact.remap(&mut to);
                    self.take_fact(stream, fact);
                }
                self.held = self.held.changed(before, self.held_by(stream));
            }
        }
        for mut span in block.spans {
            span.remap(&mut to);
            let is_segment = span.id == span.segment;
            let is_new = self.spans.take(span);
            self.inputs.trace_segments += u64::from(is_new && is_segment);
        }
        for mut point in block.metrics {
            point.remap(&mut to);
            self.take_metric(point);
        }
        for (name, mut config) in block.functions {
            config.remap(&mut to);
            self.functions.insert(to(name), config);
        }
        for gap in &block.gaps {
            let gap = self.seen_gap(gap);
            self.gaps.push(gap);
        }
        for (group, moment) in block.complete {
            let known = self.complete.entry(to(group)).or_insert(moment);
            *known = (*known).max(moment);
        }
        self.inputs.unparsed_lines += block.unparsed;
        if self.first_unparsed.is_none() {
            self.first_unparsed = block.first_unparsed;
        }
        self.odd.absorb(block.odd);
        self.evicted.event_ids = self.seen.forgotten();
        if self.weight() > self.limits.fact_bytes {
            self.forget();
        }
    }

    /// Stretches that are not seen for now, instead of those that were told before.
    pub fn not_seen_yet<'a>(&mut self, gaps: impl Iterator<Item = &'a Gap>) {
        self.open_gaps = gaps.map(|gap| self.seen_gap(gap)).collect();
    }

    fn seen_gap(&mut self, gap: &Gap) -> SeenGap {
        SeenGap {
            group: self.symbols.intern(&gap.group),
            from: gap.from,
            to: gap.to,
            why: gap.why,
        }
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Timestamp of the newest log event.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// The raw text of remembered lines; empty unless the limits keep some.
    pub fn text(&self) -> LogText {
        self.text.clone()
    }

    /// Files say nothing about completeness: all that they hold was read, up to their newest event.
    pub(super) fn watermark(&self) -> Option<Timestamp> {
        self.complete.values().min().copied().or(self.newest)
    }

    /// Concludes everything from what is remembered.
    pub fn analyse(&mut self) -> Analysis {
        pipeline::analyse(self.facts(), &self.settings)
    }

    /// As [`Self::analyse`], once and for all: what is remembered is not copied but given away.
    pub fn conclude(self) -> Analysis {
        let settings = self.settings.clone();
        pipeline::analyse(self.into_facts(), &settings)
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
                        facts: FactLog::default(),
                        tells_runs: false,
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
                let place = placed::place(self.symbols.get(key.0));
                let function = placed::join(function, place).into_owned();
                let function = self.symbols.intern(&function);
                Arc::make_mut(&mut self.streams[at as usize]).function = Some(function);
            }
            streams.push(at);
        }
        streams
    }

    fn is_new(&mut self, line: &BlockLine) -> bool {
        let is_new = if line.known_by_key {
            self.seen.is_new(line.key)
        } else {
            self.seen.is_new_without_id(line.key)
        };
        self.inputs.log_events_reread += u64::from(!is_new);
        is_new
    }

    fn take_line(&mut self, line: &BlockLine, stream: u32, message: &str) {
        self.inputs.log_events += 1;
        if let Some(ingestion) = line.ingestion {
            self.inputs.log_events_with_ingestion += 1;
            self.inputs.log_events_late += u64::from(ingestion.since(line.at) > LATE_MS);
        }
        let later = |at: Timestamp| (at.can_be(), at);
        if self
            .newest
            .is_none_or(|newest| later(line.at) > later(newest))
        {
            self.newest = Some(line.at);
        }
        let place = Arc::make_mut(&mut self.streams[stream as usize]);
        // A moment that cannot be says when a stream wrote only where no other does.
        match (line.at.can_be(), place.first.can_be()) {
            (true, false) => (place.first, place.last) = (line.at, line.at),
            (false, true) => {}
            _ => {
                place.first = place.first.min(line.at);
                place.last = place.last.max(line.at);
            }
        }
        if line.text_len > 0 {
            let raw = LogLine {
                group: self.symbols.get(place.group),
                stream: self.symbols.get(place.stream),
                timestamp: line.at,
                ingestion: line.ingestion,
                event_id: None,
                message: message.into(),
            };
            self.text.push(&raw, line.order);
        }
    }

    /// Of a minute that is read again the version with the most samples counts: CloudWatch adds to it until it is final.
    fn take_metric(&mut self, point: MetricPoint) {
        let key = (
            point.namespace,
            point.name,
            point.dimensions.clone(),
            point.at,
        );
        match self.metrics.entry(key) {
            Entry::Vacant(place) => {
                self.inputs.metric_points += 1;
                place.insert(point);
            }
            Entry::Occupied(mut known) => {
                let version = |point: &MetricPoint| [point.count, point.sum, point.max, point.min];
                if version(&point) > version(known.get()) {
                    known.insert(point);
                }
            }
        }
    }

    fn take_fact(&mut self, stream: u32, fact: Fact) {
        let place = Arc::make_mut(&mut self.streams[stream as usize]);
        let names_only = fact.what.only_names().is_some();
        if names_only && place.tells_runs {
            return;
        }
        let tells_now = !place.tells_runs && fact.what.tells_runs();
        place.tells_runs |= tells_now;
        if !place.facts.push(fact) || names_only || tells_now {
            self.unsorted.insert(stream);
        }
    }
}
