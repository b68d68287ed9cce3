//! What X-Ray knows better of a start: how much of its init the request waited for, and that there was one where its lines were lost.

use hashbrown::HashMap;

use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, InvocationIndex};
use crate::model::rows::{Init, InitKind};
use crate::model::span::SpanKind;
use crate::model::time::Timestamp;

/// The service's clock and that of the environment's host agree to this: a shorter wait by less is none.
const CLOCKS_AGREE_MS: f32 = 50.0;

/// The start that the trace of an invocation shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traced {
    /// When the service took the request, microseconds.
    taken_us: Option<i64>,
    /// `Initialization` or `Restore`, microseconds, and whether it is the latter.
    init_us: Option<(i64, i64, bool)>,
}

impl Traced {
    /// When the init began.
    pub(super) fn begun(&self) -> Option<Timestamp> {
        let (from, ..) = self.init_us?;
        Some(Timestamp(from.div_euclid(1_000)))
    }

    /// Milliseconds of the init. Of an environment that was kept ready it holds the time that it stood idle too.
    pub(super) fn init_ms(&self) -> Option<f32> {
        let (from, to, _) = self.init_us?;
        Some(to.saturating_sub(from).max(0) as f32 / 1_000.0)
    }

    /// It was restored from a snapshot.
    pub(super) fn restored(&self) -> bool {
        self.init_us.is_some_and(|(_, _, restored)| restored)
    }

    /// Milliseconds from when the service took the request to the end of the init.
    fn wait_ms(&self) -> Option<f32> {
        let ((_, ready, _), taken) = self.init_us.zip(self.taken_us)?;
        Some(ready.saturating_sub(taken) as f32 / 1_000.0)
    }
}

/// The starts that traces show, by the invocation that ran first.
pub(super) fn starts(facts: &Facts, assembled: &Assembled) -> HashMap<InvocationIndex, Traced> {
    let mut starts: HashMap<InvocationIndex, Traced> = HashMap::new();
    for (span, owner) in facts.spans.iter().zip(&assembled.span_owners) {
        let Some(run) = owner.get().filter(|_| !span.inferred) else {
            continue;
        };
        match span.kind {
            SpanKind::LambdaService => {
                starts.entry(run).or_default().taken_us = Some(span.start_us);
            }
            SpanKind::Initialization | SpanKind::Restore => {
                if let Some(end) = span.end_us.get() {
                    let restored = span.kind == SpanKind::Restore;
                    starts.entry(run).or_default().init_us = Some((span.start_us, end, restored));
                }
            }
            _ => {}
        }
    }
    starts.retain(|_, start| start.init_us.is_some());
    starts
}

/// A request that came while the init was under way waited for the rest of it: `init_end − AWS::Lambda start`, at most the init.
/// Whether it waited at all the lines have told.
pub(super) fn refine(row: &mut Init, starts: &HashMap<InvocationIndex, Traced>) {
    let whole = row
        .init_ms
        .zip(row.felt_ms)
        .filter(|(init, felt)| felt >= init);
    let wait = row.invocation.and_then(|run| starts.get(&run)?.wait_ms());
    if let (InitKind::OnDemand | InitKind::Restore, Some((init, _)), Some(wait)) =
        (row.kind, whole, wait)
        && wait > 0.0
        && wait + CLOCKS_AGREE_MS < init
    {
        row.felt_ms = Some(wait);
    }
}
