//! How far the clocks of two environments may differ. Their START stamps come from different hosts.

use hashbrown::HashMap;

use crate::model::facts::Facts;
use crate::model::ids::RequestId;
use crate::model::invocation::{Assembled, Invocation};
use crate::model::span::SpanKind;
use crate::model::time::Timestamp;

/// Starts of two environments that are closer than this have no order, even where clocks agree.
const NEAR_TIE_MS: i64 = 12;

/// What is left of the difference of two clocks after it was measured.
const MEASURED_TO_MS: i64 = 8;

/// A longer delay is waiting, not a clock.
const FURTHEST_OFF_MS: i64 = 10_000;

/// The difference of two unmeasured clocks stays within this many times the spread of the measured ones.
const SPREADS: f64 = 5.0;

/// No more doubt than this for want of a measurement.
const MOST_DOUBT_MS: i64 = 150;

/// A request that starts within this of the end of the init waited for it.
const FELT_GAP_MS: i64 = 1_000;

/// Clocks that differ by less than this need no care.
const IN_STEP_MS: i64 = 2;

/// Difference of each environment's clock from the clock of the Lambda service, which stamps X-Ray segments.
pub(super) struct Clocks {
    /// Milliseconds from the service's segment to the START line: the clocks' difference, and a delay that is the same
    /// for all environments of a function. By their streams.
    offsets: HashMap<u32, i64>,
    /// What to expect of two environments of which one was not measured.
    spread_ms: i64,
}

impl Clocks {
    pub(super) fn measure(facts: &Facts, assembled: &Assembled) -> Self {
        let accepted: HashMap<RequestId, i64> = facts
            .spans
            .iter()
            .filter(|span| span.kind == SpanKind::LambdaService && !span.inferred)
            .filter_map(|span| Some((span.invocation.get()?, span.start_us.div_euclid(1_000))))
            .collect();
        let mut offsets = HashMap::new();
        if !accepted.is_empty() {
            for environment in &assembled.environments {
                let runs = environment.invocations.iter();
                let delays: Vec<i64> = runs
                    .map(|&run| &assembled.invocations[run as usize])
                    .filter(|run| run.attempt == 1 && !run.start_estimated)
                    .filter_map(|run| {
                        let accepted = accepted.get(&run.request_id)?;
                        Some(taken(assembled, run).0 - accepted)
                    })
                    .filter(|delay| delay.abs() <= FURTHEST_OFF_MS)
                    .collect();
                if let Some(delay) = median(delays) {
                    offsets.insert(environment.stream, delay);
                }
            }
        }
        let spread_ms = spread(&offsets, assembled);
        Self { offsets, spread_ms }
    }

    /// Whether `a` at moment `at_a` came after `b` at `at_b` beyond doubt.
    pub(super) fn surely_after(&self, a: (u32, Timestamp), b: (u32, Timestamp)) -> bool {
        let apart = a.1.since(b.1);
        if a.0 == b.0 {
            return apart >= 0;
        }
        match (self.offsets.get(&a.0), self.offsets.get(&b.0)) {
            (Some(first), Some(second)) => {
                let off = first - second;
                let doubt = if off.abs() <= IN_STEP_MS {
                    0
                } else {
                    MEASURED_TO_MS
                };
                apart.min(apart - off) >= NEAR_TIE_MS + doubt
            }
            _ => apart >= NEAR_TIE_MS + self.spread_ms,
        }
    }
}

/// When the environment was given the request: at a cold start before its init, after which START is stamped.
fn taken(assembled: &Assembled, run: &Invocation) -> Timestamp {
    let environment = assembled.environment(run);
    let first = environment
        .invocations
        .first()
        .map(|&at| &assembled.invocations[at as usize]);
    if first.is_none_or(|first| first.start != run.start) {
        return run.start;
    }
    let init_ms = run.init_ms.get().map_or(0, |ms| ms as i64);
    match environment.init_start {
        // A longer gap: the environment was started ahead of any request.
        Some(init) if run.start.since(init) - init_ms < FELT_GAP_MS => init,
        Some(_) => run.start,
        None => run.start.plus_ms(-init_ms),
    }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// How far measured clocks lie from their function's middle.
fn spread(offsets: &HashMap<u32, i64>, assembled: &Assembled) -> i64 {
    let mut by_function: HashMap<_, Vec<i64>> = HashMap::new();
    for environment in &assembled.environments {
        if let Some(&offset) = offsets.get(&environment.stream) {
            let offsets = by_function.entry(environment.function).or_default();
            offsets.push(offset);
        }
    }
    let mut squares = 0.0;
    let mut count = 0.0;
    for offsets in by_function
        .into_values()
        .filter(|offsets| offsets.len() > 1)
    {
        let mean = offsets.iter().sum::<i64>() as f64 / offsets.len() as f64;
        squares += offsets
            .iter()
            .map(|&offset| (offset as f64 - mean).powi(2))
            .sum::<f64>();
        count += offsets.len() as f64 - 1.0;
    }
    let deviation = if count > 0.0 {
        (squares / count).sqrt()
    } else {
        0.0
    };
    if deviation <= IN_STEP_MS as f64 {
        return 0;
    }
    ((deviation * SPREADS) as i64).min(MOST_DOUBT_MS)
}
