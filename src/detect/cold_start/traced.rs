//! What X-Ray knows better of a felt start: how much of its init the request waited for.

use hashbrown::HashMap;

use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, InvocationIndex};
use crate::model::rows::{Init, InitKind};
use crate::model::span::SpanKind;

/// The service's clock and that of the environment's host agree to this: a shorter wait by less is none.
const CLOCKS_AGREE_MS: f32 = 50.0;

/// Milliseconds from when the service took the request to the end of the init, of invocations that a trace shows both of.
pub(super) fn waits(facts: &Facts, assembled: &Assembled) -> HashMap<InvocationIndex, f32> {
    let mut taken = HashMap::new();
    let mut ready = HashMap::new();
    for (span, owner) in facts.spans.iter().zip(&assembled.span_owners) {
        let Some(run) = owner.filter(|_| !span.inferred) else {
            continue;
        };
        match span.kind {
            SpanKind::LambdaService => {
                taken.insert(run, span.start_us);
            }
            SpanKind::Initialization | SpanKind::Restore => {
                ready.extend(span.end_us.map(|end| (run, end)));
            }
            _ => {}
        }
    }
    let wait = |(run, taken): (InvocationIndex, i64)| {
        let ready: &i64 = ready.get(&run)?;
        Some((run, ready.saturating_sub(taken) as f32 / 1_000.0))
    };
    taken.into_iter().filter_map(wait).collect()
}

/// A request that came while the init was under way waited for the rest of it: `init_end − AWS::Lambda start`, at most the init.
/// Whether it waited at all the lines have told.
pub(super) fn refine(row: &mut Init, waits: &HashMap<InvocationIndex, f32>) {
    let whole = row
        .init_ms
        .zip(row.felt_ms)
        .filter(|(init, felt)| felt >= init);
    let wait = row.invocation.and_then(|run| waits.get(&run));
    if let (InitKind::OnDemand | InitKind::Restore, Some((init, _)), Some(&wait)) =
        (row.kind, whole, wait)
        && wait > 0.0
        && wait + CLOCKS_AGREE_MS < init
    {
        row.felt_ms = Some(wait);
    }
}
