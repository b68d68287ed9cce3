//! Proofs in a form that opens: log lines and metric points first, segments of traces last.

use hashbrown::HashSet;

use crate::model::analysis::Analysis;
use crate::model::facts::FactRef;
use crate::model::rows::Evidence;

/// A finding keeps so many.
const MOST: usize = 50;

/// `evidence` without repetitions, at most 50: a segment stands for the last line of the run it belongs to, where there is
/// one.
pub(super) fn openable(analysis: &Analysis, evidence: Vec<Evidence>) -> Vec<Evidence> {
    let mut lines: HashSet<FactRef> = HashSet::new();
    let mut spans: HashSet<u32> = HashSet::new();
    let mut points: HashSet<u32> = HashSet::new();
    let mut kept: Vec<Evidence> = evidence
        .into_iter()
        .map(|one| line_of_span(analysis, &one).unwrap_or(one))
        .filter(|one| match *one {
            Evidence::Line { line, .. } => lines.insert(line),
            Evidence::Metric { point } => points.insert(point),
            Evidence::Span { span } => spans.insert(span),
        })
        .collect();
    kept.sort_by_key(|one| matches!(one, Evidence::Span { .. }));
    kept.truncate(MOST);
    kept
}

fn line_of_span(analysis: &Analysis, evidence: &Evidence) -> Option<Evidence> {
    let Evidence::Span { span } = evidence else {
        return None;
    };
    let request_id = analysis.facts.spans[*span as usize].invocation.get()?;
    let attempts = analysis.assembled.attempts(&request_id)?;
    let run = analysis.invocation(*attempts.first()?);
    Some(Evidence::Line {
        request_id: Some(request_id),
        line: run.report_line().unwrap_or(run.first_line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testing::World;
    use crate::model::few::Few;
    use crate::model::ids::{SpanId, TraceId};
    use crate::model::invocation::InvocationStatus::Ok as Fine;
    use crate::model::span::{Span, SpanKind};

    /// The span of a run, and one of nobody's.
    fn world() -> World {
        let mut world = World::default();
        for n in 0..60 {
            world.run("orders", f64::from(n), Fine);
        }
        let run = Span {
            trace: TraceId([1; 16]),
            id: SpanId::of(1),
            parent: None.into(),
            segment: SpanId::of(1),
            name: world.sym("orders"),
            kind: SpanKind::LambdaService,
            start_us: 0,
            end_us: None.into(),
            request_id: None,
            message_id: None,
            invocation: Some(world.request(3)).into(),
            resource: None,
            operation: None,
            status: Some(429),
            error: true,
            fault: false,
            throttle: true,
            inferred: false,
            links: Few::default(),
        };
        let nobody = Span {
            invocation: None.into(),
            ..run.clone()
        };
        world.facts.spans = vec![run, nobody];
        world
    }

    #[test]
    fn a_segment_of_a_run_opens_as_its_line_and_another_stands_last() {
        let world = world();
        let (first, third) = (world.proof(0), world.proof(3));
        let analysis = world.analysis();
        let spans = [0, 1].map(|span| Evidence::Span { span });
        let [of_run, of_nobody] = spans;
        let given = vec![of_nobody.clone(), of_run, first.clone(), third.clone()];
        assert_eq!(openable(&analysis, given), [third, first, of_nobody]);
    }

    #[test]
    fn fifty_are_kept() {
        let world = world();
        let given: Vec<Evidence> = (0..60).map(|run| world.proof(run)).collect();
        assert_eq!(openable(&world.analysis(), given.clone()), given[..50]);
    }
}
