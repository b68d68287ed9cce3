//! A stretch of decoded records with symbols of its own, so that any thread can make one.

use std::sync::Arc;

use bumpalo::Bump;
use hashbrown::HashMap;

use crate::decode::{self, DecodeError, Decoder};
use crate::model::config::FunctionConfig;
use crate::model::document::Document;
use crate::model::event_id::EventId;
use crate::model::fact::Fact;
use crate::model::json::Json;
use crate::model::metric::MetricPoint;
use crate::model::odd::{Odd, Oddities};
use crate::model::placed;
use crate::model::record::{Gap, LogLine, Record};
use crate::model::span::Span;
use crate::model::symbols::{Sym, Symbols};
use crate::model::time::Timestamp;

use super::reread::key_of;

/// The log group in which Transaction Search keeps spans, one a line.
const SPANS_GROUP: &str = "aws/spans";

/// Lines that a stretch of a file mostly has, and streams that they are of.
const LINES: usize = 256;
const STREAMS: usize = 28;

/// Decoded records, in arrival order.
pub struct Block {
    decoder: Arc<Decoder>,
    /// Room for what is read of JSON in one line.
    arena: Bump,
    keep_text: bool,
    pub(super) symbols: Symbols,
    pub(super) streams: Vec<BlockStream>,
    stream_index: HashMap<(Sym, Sym), u32>,
    /// Stream of the line before: lines of one stream come in runs.
    last_stream: Option<u32>,
    pub(super) lines: Vec<BlockLine>,
    /// What the lines say, of those that say something, in their order.
    pub(super) facts: Vec<Fact>,
    /// Text of the lines, one after another, where it is kept.
    pub(super) text: String,
    pub(super) spans: Vec<Span>,
    pub(super) metrics: Vec<MetricPoint>,
    pub(super) functions: Vec<(Sym, FunctionConfig)>,
    pub(super) gaps: Vec<Gap>,
    /// (log group, moment) before which everything has arrived, as its source said.
    pub(super) complete: Vec<(Sym, Timestamp)>,
    pub(super) unparsed: u64,
    /// What was wrong with the first unparsed record.
    pub(super) first_unparsed: Option<String>,
    /// Records that were taken in although they cannot be as they are.
    pub(super) odd: Oddities,
}

pub(super) struct BlockStream {
    pub(super) group: Sym,
    pub(super) stream: Sym,
    /// The function that the names of group and stream tell, as AWS knows it: the place stands in the group.
    named: Option<Arc<str>>,
    /// The same, else what the first line tells that names its function.
    pub(super) function: Option<Arc<str>>,
    pub(super) version: Option<Sym>,
    /// Lambda tells here of runs that go well: lines that merely name their run need not be kept.
    tells_runs: bool,
}

pub(super) struct BlockLine {
    pub(super) stream: u32,
    pub(super) at: Timestamp,
    pub(super) ingestion: Option<Timestamp>,
    /// Hash by which a re-read is recognised.
    pub(super) key: u64,
    /// Equal lines are one: the event has an id, or the platform writes such a line once.
    pub(super) known_by_key: bool,
    /// The next of the block's facts is this line's.
    pub(super) says: bool,
    /// Order of its text among lines of one millisecond; 0 where no text is kept.
    pub(super) order: u64,
    /// Length of its text in `Block::text`.
    pub(super) text_len: u32,
}

impl Block {
    /// An empty block; `keep_text` keeps the raw messages for looking at them again.
    pub fn new(decoder: Arc<Decoder>, keep_text: bool) -> Self {
        Self {
            decoder,
            arena: Bump::new(),
            keep_text,
            symbols: Symbols::with_room(LINES),
            streams: Vec::with_capacity(STREAMS),
            stream_index: HashMap::with_capacity(STREAMS),
            last_stream: None,
            lines: Vec::with_capacity(LINES),
            facts: Vec::with_capacity(LINES),
            text: String::new(),
            spans: Vec::new(),
            metrics: Vec::new(),
            functions: Vec::new(),
            gaps: Vec::new(),
            complete: Vec::new(),
            unparsed: 0,
            first_unparsed: None,
            odd: Oddities::default(),
        }
    }

    /// Decodes one record of any kind.
    pub fn record(&mut self, record: &Record) {
        match record {
            Record::Log(log) => {
                if let Some(odd) = self.log(&log.line()) {
                    self.odd(&odd, || format!("{} {}", log.group, log.stream));
                }
            }
            Record::Gap(gap) => self.gap(gap.clone()),
            Record::Segment(json) => self.tell("trace segment", json, Self::segment),
            Record::Metric(json) => self.tell("metric point", json, Self::metric),
            Record::Function(json) => self.tell("function configuration", json, Self::function),
        }
    }

    /// A stretch that was not seen.
    pub fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// Everything of a log group before that moment has arrived.
    pub fn complete(&mut self, group: &str, until: Timestamp) {
        let group = self.symbols.intern(group);
        self.complete.push((group, until));
    }

    fn tell(
        &mut self,
        what: &str,
        json: &str,
        decode: fn(&mut Self, &Document<'_>) -> Result<(), DecodeError>,
    ) {
        if let Err(error) = decode(self, &Document::new(json, &Bump::new())) {
            self.unparsed(|| format!("{what}: {error}"));
        }
    }

    /// Decodes one log line, looking at it once. Gives back what of it cannot be: only the caller knows where it stands.
    pub fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        let at = self.stream_of(line);
        let stream = &mut self.streams[at as usize];
        // What another line of the stream said is not used here: whether it came before this one is chance.
        let function = match &stream.named {
            Some(named) => Some(&**named),
            None => decode::function_in(line),
        };
        if stream.function.is_none() {
            stream.function = function.map(Arc::from);
        }
        let (group, place) = placed::split(line.group);
        self.arena.reset();
        let fact = self
            .decoder
            .line(line, function, &mut self.symbols, &self.arena);
        let odd = decode::odd(line, fact.as_ref());
        stream.tells_runs |= fact.as_ref().is_some_and(|fact| fact.what.tells_runs());
        let fact = match fact {
            None if !stream.tells_runs && function.is_some() => {
                decode::run_named(line, &mut self.symbols, &self.arena)
            }
            fact => fact,
        };
        let text_len = if self.keep_text {
            let text = line.message.text();
            self.text.push_str(text);
            text.len() as u32
        } else {
            0
        };
        if group == SPANS_GROUP {
            let read = || Json::parse(line.message.text(), &self.arena);
            let spans = match line.message.json().copied().or_else(read) {
                Some(span) => decode::segments(&span, place, &mut self.symbols),
                None => Err(DecodeError::Syntax),
            };
            match spans {
                Ok(spans) => self.spans.extend(spans),
                Err(_) => self.unparsed(|| format!("no span in {SPANS_GROUP}")),
            }
        }
        let (key, has_event_id) = key_of(line);
        self.lines.push(BlockLine {
            stream: at,
            at: line.timestamp,
            ingestion: line.ingestion,
            key,
            known_by_key: has_event_id || fact.as_ref().is_some_and(|fact| fact.what.is_unique()),
            order: match &fact {
                _ if !self.keep_text => 0,
                Some(fact) => fact.event.order(),
                None => EventId::order_of(line.event_id, line.timestamp),
            },
            says: fact.is_some(),
            text_len,
        });
        self.facts.extend(fact);
        odd
    }

    /// Decodes one X-Ray segment document or one `aws/spans` span.
    pub fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        let spans = decode::segments(read(document)?, None, &mut self.symbols)?;
        self.spans.extend(spans);
        Ok(())
    }

    /// Decodes one metric-stream line.
    pub fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.metrics
            .push(decode::metric(read(document)?, &mut self.symbols)?);
        Ok(())
    }

    /// Decodes one function configuration.
    pub fn function(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.functions
            .push(decode::function_config(read(document)?, &mut self.symbols)?);
        Ok(())
    }

    /// Counts a record that could not be read; the first one's reason is kept.
    pub fn unparsed(&mut self, why: impl FnOnce() -> String) {
        self.unparsed += 1;
        if self.first_unparsed.is_none() {
            self.first_unparsed = Some(why());
        }
    }

    /// Counts a record that was taken in although it cannot be as it is; the first of each kind is kept with its place.
    pub fn odd(&mut self, odd: &Odd, place: impl FnOnce() -> String) {
        self.odd.add(odd, place);
    }

    /// The records that cannot be as they are.
    pub fn oddities(&self) -> &Oddities {
        &self.odd
    }

    /// So many records could not be read when a recording was made.
    pub fn unparsed_before(&mut self, records: u64) {
        self.unparsed += records;
    }

    /// How many records could not be read, and why the first could not.
    pub fn failures(&self) -> (u64, Option<&str>) {
        (self.unparsed, self.first_unparsed.as_deref())
    }

    fn stream_of(&mut self, line: &LogLine<'_>) -> u32 {
        if let Some(last) = self.last_stream {
            let stream = &self.streams[last as usize];
            if self.symbols.get(stream.stream) == line.stream
                && self.symbols.get(stream.group) == line.group
            {
                return last;
            }
        }
        let group = self.symbols.intern(line.group);
        let stream = self.symbols.intern(line.stream);
        let at = match self.stream_index.get(&(group, stream)) {
            Some(&at) => at,
            None => {
                let place = decode::place(line.group, line.stream);
                let at = self.streams.len() as u32;
                let named: Option<Arc<str>> = place.function.map(Arc::from);
                let version = place.version.map(|name| self.symbols.intern(name));
                self.streams.push(BlockStream {
                    group,
                    stream,
                    function: named.clone(),
                    named,
                    version,
                    tells_runs: false,
                });
                self.stream_index.insert((group, stream), at);
                at
            }
        };
        self.last_stream = Some(at);
        at
    }
}

fn read<'d, 'a>(document: &'d Document<'a>) -> Result<&'d Json<'a>, DecodeError> {
    document.json().ok_or(DecodeError::Syntax)
}
