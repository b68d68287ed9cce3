//! CloudWatch metrics: counts by function and minute, as a metric stream gives them.

use std::collections::BTreeMap;

use strum::IntoEnumIterator as _;

use crate::model::record::Record;

use super::lines::{ACCOUNT, REGION};
use super::shop::{FUNCTIONS, Function};
use super::stamp::{MILLI, MINUTE};
use super::text::put;

/// Minutes that are still counted.
pub(super) struct Meter {
    minutes: BTreeMap<i64, [Cell; FUNCTIONS]>,
}

/// One function in one minute.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) invocations: u32,
    pub(super) errors: u32,
    pub(super) throttles: u32,
    pub(super) concurrency: u32,
    duration: Summary,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Summary {
    sum: f64,
    min: f64,
    max: f64,
}

impl Cell {
    /// One finished invocation.
    pub(super) fn finished(&mut self, duration_ms: f64, failed: bool) {
        let Summary { sum, min, max } = self.duration;
        self.duration = Summary {
            sum: sum + duration_ms,
            min: if self.invocations == 0 {
                duration_ms
            } else {
                min.min(duration_ms)
            },
            max: max.max(duration_ms),
        };
        self.invocations += 1;
        self.errors += u32::from(failed);
    }
}

impl Meter {
    pub(super) fn new() -> Self {
        Self {
            minutes: BTreeMap::new(),
        }
    }

    /// Whether this minute is counted already.
    pub(super) fn knows(&self, minute: i64) -> bool {
        self.minutes.contains_key(&minute)
    }

    /// The cell of a function in a minute.
    pub(super) fn cell(&mut self, function: Function, minute: i64) -> &mut Cell {
        &mut self.minutes.entry(minute).or_default()[function as usize]
    }

    /// Closes a minute: its points, as metric-stream lines.
    pub(super) fn close(&mut self, minute: i64, mut give: impl FnMut(Record)) {
        let Some(cells) = self.minutes.remove(&minute) else {
            return;
        };
        let at = minute * (MINUTE / MILLI);
        let mut refused = 0;
        for function in Function::iter() {
            let cell = &cells[function as usize];
            if cell.invocations + cell.throttles == 0 {
                continue;
            }
            refused += cell.throttles;
            let by_name = format!("\"FunctionName\":\"{}\"", function.name());
            let by_resource = format!("{by_name},\"Resource\":\"{}\"", function.name());
            let mut point = |name, dimensions: &str, value, unit| {
                give(line(at, name, dimensions, value, unit));
            };
            let ran = f64::from(cell.invocations);
            let tried = f64::from(cell.invocations + cell.throttles);
            let count = |sum: u32, of| (f64::from(sum), of, 0.0, f64::from(u8::from(sum > 0)));
            if cell.invocations > 0 {
                let Summary { sum, min, max } = cell.duration;
                point("Invocations", &by_name, (ran, ran, 1.0, 1.0), "Count");
                point("Errors", &by_name, count(cell.errors, ran), "Count");
                point("Duration", &by_name, (sum, ran, min, max), "Milliseconds");
            }
            let peak = f64::from(cell.concurrency);
            point("Throttles", &by_name, count(cell.throttles, tried), "Count");
            point(
                "Throttles",
                &by_resource,
                count(cell.throttles, tried),
                "Count",
            );
            point(
                "ConcurrentExecutions",
                &by_name,
                (peak, 1.0, 1.0, peak),
                "Count",
            );
        }
        let total = (f64::from(refused), 1.0, 0.0, f64::from(refused));
        give(line(at, "Throttles", "", total, "Count"));
    }
}

/// One point. `value` is (sum, count, min, max).
fn line(at: i64, name: &str, dimensions: &str, value: (f64, f64, f64, f64), unit: &str) -> Record {
    let (sum, count, min, max) = value;
    let mut out = String::with_capacity(320);
    put!(
        &mut out,
        "{{\"metric_stream_name\":\"shop\",\"account_id\":\"{ACCOUNT}\",\"region\":\"{REGION}\",\
         \"namespace\":\"AWS/Lambda\",\"metric_name\":\"{name}\",\"dimensions\":{{{dimensions}}},\"timestamp\":{at},\
         \"value\":{{\"max\":{max:?},\"min\":{min:?},\"sum\":{sum:?},\"count\":{count:?}}},\"unit\":\"{unit}\"}}"
    );
    Record::Metric(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_minute_gives_its_counts_once() {
        let mut meter = Meter::new();
        let cell = meter.cell(Function::Payment, 10);
        cell.finished(310.0, false);
        cell.finished(290.5, true);
        cell.throttles += 3;
        let mut points = Vec::new();
        meter.close(10, |record| points.push(record));
        let text = |name: &str| {
            points.iter().find_map(|point| match point {
                Record::Metric(text) if text.contains(name) => {
                    serde_json::from_str::<serde_json::Value>(text).ok()
                }
                _ => None,
            })
        };
        let duration = text("\"Duration\"").unwrap_or_default();
        assert_eq!(duration["value"]["sum"], 600.5);
        assert_eq!(duration["value"]["min"], 290.5);
        assert_eq!(duration["timestamp"], 600_000);
        assert_eq!(
            text("\"Throttles\"").unwrap_or_default()["value"]["sum"],
            3.0
        );
        assert_eq!(text("\"Errors\"").unwrap_or_default()["value"]["sum"], 1.0);
        assert!(!meter.knows(10));
    }
}
