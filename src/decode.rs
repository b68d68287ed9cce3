//! Floor 1: one raw record → facts. Pure, total (never panics on hostile text), allocation-free for lines that say nothing.
//!
//! [`Decoder::line`] looks at a log line once: the first byte picks the grammars worth trying.

mod app_line;
mod config;
mod correlation;
mod embedded;
mod exception;
mod extract;
mod gateway_log;
mod head;
mod header;
mod literal;
mod metric;
mod needles;
mod odd;
mod otlp_span;
mod payload;
mod place;
mod placing;
mod platform_json;
mod platform_text;
mod produced;
mod refusal;
mod service;
mod trace_header;
mod words;
mod xray;

use bumpalo::Bump;
use thiserror::Error;

use self::extract::Rules;
pub use self::head::{Head, head};
use self::needles::Needles;
pub use self::place::{Place, function_in, place};
use self::placing::Placing;
use crate::model::config::FunctionConfig;
use crate::model::event_id::EventId;
use crate::model::fact::{AppFact, EventSource, Fact, What};
use crate::model::json::Json;
use crate::model::message::Message;
use crate::model::metric::MetricPoint;
use crate::model::odd::Odd;
use crate::model::placed;
use crate::model::record::LogLine;
use crate::model::settings::{Settings, SettingsError};
use crate::model::span::Span;
use crate::model::symbols::{Sym, Symbols};

/// Why a document could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DecodeError {
    #[error("no valid JSON, or nested deeper than 128 levels")]
    Syntax,
    #[error("`{0}` is missing or has the wrong form")]
    Missing(&'static str),
}

/// Reads log lines by the grammars of Lambda, its runtimes and loggers, API Gateway and AppSync, and by the
/// `[[extract]]` rules of the settings. Holds nothing of what it read.
#[derive(Debug)]
pub struct Decoder {
    rules: Rules,
    needles: Needles,
}

impl Decoder {
    /// Compiles the extraction rules; an error names the rule that is wrong.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let needles = Needles::new().map_err(|error| SettingsError {
            message: error.to_string(),
            at: Vec::new(),
        })?;
        Ok(Self {
            rules: Rules::compile(&settings.extract)?,
            needles,
        })
    }

    /// What a line says; `None` if it says nothing. `function` is the unqualified name of the function that the names of group
    /// and stream tell, else the line itself; `None` where neither does. Names in it get the place that the group carries.
    /// What is read of JSON on the way stands in `arena`, which may be reset behind each line.
    pub fn line(
        &self,
        line: &LogLine<'_>,
        function: Option<&str>,
        symbols: &mut Symbols,
        arena: &Bump,
    ) -> Option<Fact> {
        let (group, place) = placed::split(line.group);
        let mut what = match function {
            Some(_) => self.what(line.message, function, symbols, arena)?,
            None => self.of_no_function(&LogLine { group, ..*line }, symbols, arena)?,
        };
        if let Some(place) = place {
            Placing { place, symbols }.line(&mut what);
        }
        Some(Fact {
            at: line.timestamp,
            event: EventId::parse(line.event_id, line.timestamp, symbols),
            what,
        })
    }

    /// Streams of no function: gateways, and functions that neither the stream nor the line names.
    fn of_no_function(
        &self,
        line: &LogLine<'_>,
        symbols: &mut Symbols,
        arena: &Bump,
    ) -> Option<What> {
        if let Some(access) = gateway_log::decode(line, symbols, arena) {
            return Some(What::Access(access));
        }
        let is_other = line.group == "aws/spans" || place::api_of_group(line.group).is_some();
        (!is_other).then(|| self.what(line.message, None, symbols, arena))?
    }

    fn what(
        &self,
        message: Message<'_>,
        function: Option<&str>,
        symbols: &mut Symbols,
        arena: &Bump,
    ) -> Option<What> {
        let words = message.words();
        let json = message.json();
        match json {
            // As the search below would find, which most lines are left to.
            Some(event)
                if platform_json::event_type(event).is_some() && self.needles.marked(words) =>
            {
                return platform_json::decode(event, symbols);
            }
            Some(_) => {}
            None => {
                if let Some(what) = platform_text::decode(words, symbols) {
                    return Some(what);
                }
            }
        }
        // Most lines end here, looked at once and with nothing allocated.
        let needle = self.needles.first_in(words);
        if needle.is_none() && !self.rules.concern(function) {
            return None;
        }
        let is_object = json.is_none() && words.trim_start().starts_with('{');
        let read = is_object.then(|| Json::parse(words, arena)).flatten();
        let json = json.or(read.as_ref());
        let printed = (is_object && json.is_none()).then(|| literal::parse_whole(words, arena));
        let printed = printed.flatten();
        let root = json.or(printed.as_ref());
        if let Some(event) = root
            && platform_json::event_type(event).is_some()
        {
            return platform_json::decode(event, symbols);
        }
        let marks = self.needles.marks(words, needle);
        let mut fact = match root {
            Some(root) => app_line::decode_json(root, function, marks, symbols, arena),
            None => app_line::decode_text(words, function, marks, symbols, arena),
        };
        let line = extract::Line {
            message,
            json,
            function,
            arena,
        };
        self.rules.apply(&line, &mut fact, symbols);
        (!fact.is_empty()).then_some(What::App(fact))
    }
}

/// What a line that says nothing else says all the same: which run wrote it, where it names that. Worth asking only in streams in
/// which Lambda itself is silent about runs.
pub fn run_named(line: &LogLine<'_>, symbols: &mut Symbols, arena: &Bump) -> Option<Fact> {
    let app = AppFact {
        request_id: Some(app_line::run_named(line.message, arena)?),
        names_run: true,
        ..AppFact::default()
    };
    Some(Fact {
        at: line.timestamp,
        event: EventId::parse(line.event_id, line.timestamp, symbols),
        what: What::App(app),
    })
}

/// The bodies of the events that a line holds, as SimHash-64: those of nearly the same content differ in few bits. With the source and the
/// identity of each event; events without a body, or with one too small to tell them apart, are left out.
pub fn likenesses(message: &str) -> Vec<(EventSource, String, u64)> {
    let mut symbols = Symbols::default();
    let items = app_line::alike(message, &mut symbols).into_iter();
    let known = items.filter_map(|item| Some((item.source, item.identity, item.body?)));
    known
        .map(|(source, identity, body)| (source, symbols.get(identity).to_owned(), body))
        .collect()
}

/// What of a log event cannot be, whatever else it says; `fact` is what [`Decoder::line`] read in it.
pub fn odd(line: &LogLine<'_>, fact: Option<&Fact>) -> Option<Odd> {
    odd::of(line, fact.map(|fact| &fact.what))
}

/// The key under which a document carries its place, where several are watched.
pub const PLACE: &str = "place";

/// Reads one X-Ray segment document or one span of `aws/spans`: the segment first, its subsegments behind it. `place` is that of
/// the log group it stood in, if any; the document's own goes first.
pub fn segments(
    document: &Json<'_>,
    place: Option<&str>,
    symbols: &mut Symbols,
) -> Result<Vec<Span>, DecodeError> {
    let mut spans = xray::decode(document, symbols)?;
    if let Some(place) = document.text_at(PLACE).or(place) {
        let mut placing = Placing { place, symbols };
        spans.iter_mut().for_each(|span| placing.span(span));
    }
    Ok(spans)
}

/// Reads one line of a metric stream.
pub fn metric(document: &Json<'_>, symbols: &mut Symbols) -> Result<MetricPoint, DecodeError> {
    let mut point = metric::decode(document, symbols)?;
    if let Some(place) = document.text_at(PLACE) {
        Placing { place, symbols }.metric(&mut point);
    }
    Ok(point)
}

/// Reads one function's configuration; the first value is its name.
pub fn function_config(
    document: &Json<'_>,
    symbols: &mut Symbols,
) -> Result<(Sym, FunctionConfig), DecodeError> {
    let (mut name, mut config) = config::decode(document, symbols)?;
    if let Some(place) = document.text_at(PLACE) {
        let mut placing = Placing { place, symbols };
        placing.name(&mut name);
        placing.config(&mut config);
    }
    Ok((name, config))
}

#[cfg(test)]
mod tests;
