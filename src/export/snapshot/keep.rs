//! Which records a snapshot keeps, told record by record.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;

use crate::decode::DecodeError;
use crate::model::document::Document;
use crate::model::ids::TraceId;
use crate::model::odd::{Odd, Oddities};
use crate::model::placed;
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;
use crate::sources::files::Sink;

/// What is kept.
#[derive(Debug, Default)]
pub struct Keep {
    everything: bool,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    /// Not all functions: traces, metrics and configurations are kept only by name.
    pub(super) narrow: bool,
    /// By log group, then log stream.
    pub(super) streams: HashMap<String, HashMap<String, StreamKeep>>,
    pub(super) traces: HashSet<TraceId>,
    pub(super) names: HashSet<String>,
}

/// What is kept of one log stream.
#[derive(Debug, Default)]
pub(super) struct StreamKeep {
    /// Every line of the window.
    pub(super) loose: bool,
    /// Lines from a moment to a moment, whatever the window; sorted.
    pub(super) stretches: Vec<(Timestamp, Timestamp)>,
}

impl StreamKeep {
    /// Sorts the stretches and joins those that touch.
    pub(super) fn settle(&mut self) {
        self.stretches.sort_unstable();
        self.stretches.dedup_by(|next, last| {
            let joins = next.0 <= last.1;
            if joins {
                last.1 = last.1.max(next.1);
            }
            joins
        });
    }

    fn holds(&self, at: Timestamp) -> bool {
        let after = self.stretches.partition_point(|(from, _)| *from <= at);
        after > 0 && at <= self.stretches[after - 1].1
    }
}

impl Keep {
    pub(super) fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    pub(super) fn nothing() -> Self {
        Self::default()
    }

    /// What is kept of a stream, to be added to.
    pub(super) fn stream(&mut self, group: &str, stream: &str) -> &mut StreamKeep {
        let group = self.streams.entry_ref(group).or_default();
        group.entry_ref(stream).or_default()
    }

    fn in_window(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }

    fn line(&self, line: &LogLine<'_>) -> bool {
        if self.everything {
            return true;
        }
        let group = self.streams.get(line.group);
        group
            .and_then(|group| group.get(line.stream))
            .is_some_and(|stream| {
                stream.loose && self.in_window(line.timestamp) || stream.holds(line.timestamp)
            })
    }

    fn segment(&self, json: &str) -> bool {
        #[derive(Deserialize)]
        struct Head {
            trace_id: Option<String>,
            #[serde(rename = "traceId")]
            otlp_trace_id: Option<String>,
            start_time: Option<f64>,
        }
        if self.everything {
            return true;
        }
        let Ok(head) = serde_json::from_str::<Head>(json) else {
            return true;
        };
        let trace = head.trace_id.or(head.otlp_trace_id);
        let trace = trace.and_then(|trace| TraceId::parse(&trace));
        let start = head
            .start_time
            .map(|start| Timestamp((start * 1000.0) as i64));
        trace.is_some_and(|trace| self.traces.contains(&trace))
            || !self.narrow && start.is_some_and(|start| self.in_window(start))
    }

    fn metric(&self, json: &str) -> bool {
        #[derive(Deserialize)]
        struct Head {
            timestamp: i64,
            place: Option<String>,
            #[serde(default)]
            dimensions: std::collections::BTreeMap<String, String>,
        }
        if self.everything {
            return true;
        }
        let Ok(head) = serde_json::from_str::<Head>(json) else {
            return true;
        };
        let named = || {
            let mut values = head.dimensions.values();
            values.any(|value| {
                let name = placed::join(value, head.place.as_deref());
                self.names.contains(&*name)
            })
        };
        self.in_window(Timestamp(head.timestamp)) && (!self.narrow || named())
    }

    fn function(&self, json: &str) -> bool {
        #[derive(Deserialize)]
        struct Head {
            place: Option<String>,
            #[serde(rename = "FunctionName")]
            name: String,
        }
        if self.everything || !self.narrow {
            return true;
        }
        let head = serde_json::from_str::<Head>(json);
        head.map_or(true, |head| {
            let name = placed::join(&head.name, head.place.as_deref());
            self.names.contains(&*name)
        })
    }

    fn gap(&self, gap: &Gap) -> bool {
        let overlaps = self.until.is_none_or(|until| gap.from < until)
            && self.since.is_none_or(|since| gap.to >= since);
        self.everything || overlaps && (!self.narrow || self.streams.contains_key(&*gap.group))
    }
}

/// Hands on what is kept.
pub(super) struct Keeping<S> {
    pub(super) to: S,
    keep: Arc<Keep>,
}

impl<S> Keeping<S> {
    pub(super) fn new(keep: Arc<Keep>, to: S) -> Self {
        Self { to, keep }
    }
}

impl<S: Sink> Sink for Keeping<S> {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        if self.keep.line(line) {
            self.to.log(line)
        } else {
            None
        }
    }

    fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        if self.keep.segment(document.text()) {
            self.to.segment(document)
        } else {
            Ok(())
        }
    }

    fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        if self.keep.metric(document.text()) {
            self.to.metric(document)
        } else {
            Ok(())
        }
    }

    fn function(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        if self.keep.function(document.text()) {
            self.to.function(document)
        } else {
            Ok(())
        }
    }

    fn gap(&mut self, gap: Gap) {
        if self.keep.gap(&gap) {
            self.to.gap(gap);
        }
    }

    fn complete(&mut self, group: &str, until: Timestamp) {
        if !self.keep.narrow || self.keep.streams.contains_key(group) {
            self.to.complete(group, until);
        }
    }

    fn unparsed(&mut self, why: impl FnOnce() -> String) {
        self.to.unparsed(why);
    }

    fn unparsed_before(&mut self, lines: u64) {
        self.to.unparsed_before(lines);
    }

    fn odd(&mut self, odd: &Odd, place: impl FnOnce() -> String) {
        self.to.odd(odd, place);
    }

    fn failure(&self) -> Option<&str> {
        self.to.failure()
    }

    fn oddities(&self) -> Option<&Oddities> {
        self.to.oddities()
    }
}
