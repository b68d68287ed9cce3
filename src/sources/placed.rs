//! A source of one place among several. What it hands on carries its place ([`crate::model::placed`]), so that equal names of
//! two places stay apart, in the picture as in a recording.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Call, FetchError, Fetching, Page, Source, Waiting};
use crate::decode;
use crate::model::batch::Batch;
use crate::model::health::{Health, Right};
use crate::model::placed;
use crate::model::record::{Gap, GapReason, Record};
use crate::model::time::Timestamp;

/// A source, and its place.
struct Placed {
    source: Box<dyn Source>,
    place: Arc<str>,
    name: String,
    /// Another place gives the same, as one of this place's sources found.
    elsewhere: Arc<AtomicBool>,
}

/// The same sources, which say their place.
pub fn placed(sources: Vec<Box<dyn Source>>, place: &Arc<str>) -> Vec<Box<dyn Source>> {
    beside(sources, place, &Arc::default())
}

fn beside(
    sources: Vec<Box<dyn Source>>,
    place: &Arc<str>,
    elsewhere: &Arc<AtomicBool>,
) -> Vec<Box<dyn Source>> {
    let sources = sources.into_iter();
    let placed = sources.map(|source| -> Box<dyn Source> {
        Box::new(Placed {
            name: placed::join(source.name(), Some(place)).into_owned(),
            source,
            place: Arc::clone(place),
            elsewhere: Arc::clone(elsewhere),
        })
    });
    placed.collect()
}

impl Source for Placed {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self) -> Option<Call> {
        self.source.call()
    }

    fn asked_beside(&mut self) -> Option<Call> {
        self.source.asked_beside()
    }

    fn stirs(&self) -> bool {
        self.source.stirs()
    }

    fn attend(&mut self, focus: &BTreeSet<Box<str>>, now: Timestamp) {
        let here = focus.iter().filter_map(|name| match placed::split(name) {
            (name, Some(place)) if *place == *self.place => Some(name.into()),
            _ => None,
        });
        self.source.attend(&here.collect(), now);
    }

    fn running(&self) -> Option<Call> {
        self.source.running()
    }

    fn hang_up(&mut self) {
        self.source.hang_up();
    }

    fn stirred(&mut self) -> Waiting<'_> {
        self.source.stirred()
    }

    fn interval(&self) -> Duration {
        self.source.interval()
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(async move {
            if self.elsewhere.load(Ordering::Relaxed) {
                return Err(FetchError::Elsewhere { message: None });
            }
            match self.source.fetch(now).await {
                Ok(page) => Ok(Page {
                    batch: batch(page.batch, &self.place),
                    found: beside(page.found, &self.place, &self.elsewhere),
                    ..page
                }),
                Err(error) => {
                    if matches!(error, FetchError::Elsewhere { .. }) {
                        self.elsewhere.store(true, Ordering::Relaxed);
                    }
                    Err(said(error, &self.place))
                }
            }
        })
    }

    fn describe(&self, health: &mut Health) {
        self.source.describe(health);
        let gaps = std::mem::take(&mut health.gaps).into_iter();
        health.gaps = gaps.map(|gap| self::gap(gap, &self.place)).collect();
    }

    fn unseen(&self, now: Timestamp, why: GapReason) -> Option<Gap> {
        let gap = self.source.unseen(now, why)?;
        Some(self::gap(gap, &self.place))
    }
}

fn batch(batch: Batch, place: &str) -> Batch {
    let records = batch.records.into_iter();
    let moments = |moments: Vec<(Box<str>, Timestamp)>| {
        let moments = moments.into_iter();
        moments
            .map(|(group, at)| (name(&group, place).into(), at))
            .collect()
    };
    Batch {
        records: records.map(|record| self::record(record, place)).collect(),
        complete: moments(batch.complete),
        passed: moments(batch.passed),
    }
}

fn record(record: Record, place: &str) -> Record {
    match record {
        Record::Log(mut log) => {
            log.group = name(&log.group, place).into();
            Record::Log(log)
        }
        Record::Segment(json) => Record::Segment(document(&json, place)),
        Record::Metric(json) => Record::Metric(document(&json, place)),
        Record::Function(json) => Record::Function(document(&json, place)),
        Record::Gap(gap) => Record::Gap(self::gap(gap, place)),
    }
}

/// What a source counts among its gaps already may have gone through here before.
fn gap(mut gap: Gap, place: &str) -> Gap {
    if placed::place(&gap.group).is_none() {
        gap.group = name(&gap.group, place).into();
    }
    gap
}

fn name<'a>(name: &'a str, place: &str) -> Cow<'a, str> {
    placed::join(name, Some(place))
}

/// The object with its place as its first field.
fn document(json: &str, place: &str) -> Box<str> {
    let Some(fields) = json.trim_start().strip_prefix('{') else {
        return json.into();
    };
    let comma = if fields.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let place = serde_json::Value::from(place);
    format!("{{\"{}\":{place}{comma}{fields}", decode::PLACE).into()
}

/// A failure names its place first.
fn said(error: FetchError, place: &str) -> FetchError {
    let said = |message: String| format!("{place}: {message}");
    match error {
        FetchError::Throttled { after, message } => FetchError::Throttled {
            after,
            message: said(message),
        },
        FetchError::Transient { message } => FetchError::Transient {
            message: said(message),
        },
        FetchError::LoggedOut { message, asked } => FetchError::LoggedOut {
            message: said(message),
            asked,
        },
        FetchError::Lent { message, asked } => FetchError::Lent {
            message: said(message),
            asked,
        },
        FetchError::Elsewhere { message } => FetchError::Elsewhere {
            message: message.map(said),
        },
        FetchError::Denied {
            right,
            message,
            asked,
            may_pass,
        } => FetchError::Denied {
            right: Right {
                resource: right.resource.map(|resource| name(&resource, place).into()),
                ..right
            },
            message: said(message),
            asked,
            may_pass,
        },
        FetchError::Broken { message } => FetchError::Broken {
            message: said(message),
        },
        FetchError::Unable { message } => FetchError::Unable {
            message: said(message),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::json::Json;
    use crate::model::symbols::Symbols;

    #[test]
    fn a_document_says_its_place_and_stays_what_it_was() {
        let function = document(r#" {"FunctionName":"pay"}"#, "eu-west-1/prod");
        assert_eq!(
            &*function,
            r#"{"place":"eu-west-1/prod","FunctionName":"pay"}"#
        );
        let mut symbols = Symbols::default();
        let (name, _) =
            decode::function_config(&Json::read(&function).unwrap(), &mut symbols).unwrap();
        assert_eq!(symbols.get(name), "pay@eu-west-1/prod");
        assert_eq!(&*document("{}", "p"), r#"{"place":"p"}"#);
    }

    #[test]
    fn a_gap_gets_its_place_once() {
        let gap = Gap {
            group: "g".into(),
            from: Timestamp(0),
            to: Timestamp(1),
            why: GapReason::Outage,
        };
        let once = self::gap(gap, "p");
        assert_eq!(&*once.group, "g@p");
        assert_eq!(self::gap(once.clone(), "p"), once);
    }
}
