//! Inference: only along edges that are known well, only where one parent stands out.

use super::{Traced, linked};
use crate::correlate::testing::EPOCH;
use crate::model::fact::What;
use crate::model::facts::Facts;
use crate::model::ids::TraceId;
use crate::model::rows::LinkTier;

/// `pairs` times parent (odd) → child (even), a minute apart in time and trace; of the last pair the parent's segment is lost.
fn trained(pairs: u8) -> Vec<(u8, u8, LinkTier)> {
    let mut traced = Traced::default();
    for pair in 0..pairs {
        let (parent, child) = (2 * pair + 1, 2 * pair + 2);
        let ms = i64::from(pair) * 60_000;
        let call = 1_000 + u64::from(pair);
        traced.run("web", parent, ms, 400, None);
        traced.call(parent, call, ms + 100, 200, None);
        traced.run("auth", child, ms + 110, 180, Some(call));
        if pair + 1 == pairs {
            traced.lose(u64::from(parent));
        }
    }
    let mut facts = traced.world.facts();
    facts.spans = traced.spans;
    one_trace_a_pair(&mut facts);
    linked(&mut facts)
}

/// Gives every minute a trace of its own.
fn one_trace_a_pair(facts: &mut Facts) {
    let trace = |ms: i64| TraceId([(ms.div_euclid(60_000)) as u8 + 1; 16]);
    for span in &mut facts.spans {
        span.trace = trace(span.start_us / 1_000 - EPOCH);
    }
    for stream in &mut facts.streams {
        let facts = &mut std::sync::Arc::make_mut(stream).facts;
        let moved = facts.iter().map(|(_, mut fact)| {
            let ms = fact.at.0 - EPOCH;
            if let What::Report(report) = &mut fact.what
                && let Some(context) = &mut report.trace
            {
                context.trace = trace(ms);
            }
            fact
        });
        *facts = moved.collect();
    }
}

#[test]
fn a_missing_parent_span_is_inferred_once_the_edge_is_known_by_thirty_links() {
    let found = trained(31);
    assert_eq!(found.len(), 31);
    assert!(found.contains(&(61, 62, LinkTier::Inferred)));
    // One link fewer has been seen: the edge is not known well enough to guess by.
    let found = trained(30);
    assert_eq!(found.len(), 29);
    assert!(found.iter().all(|link| link.2 == LinkTier::TraceParent));
}

/// 40 traced pairs as in [`trained`], then runs that no trace knows: (function, request, start, took).
fn untraced(runs: &[(&str, u8, i64, i32)]) -> Vec<(u8, u8)> {
    let mut traced = Traced::default();
    for pair in 0..40u8 {
        let (parent, child) = (2 * pair + 1, 2 * pair + 2);
        // Gaps before the call run from 100 to 139 ms, those behind it from 110 to 71 ms.
        let (ms, lead) = (i64::from(pair) * 60_000, 100 + i64::from(pair));
        let call = 1_000 + u64::from(pair);
        traced.run("web", parent, ms, 400, None);
        traced.call(parent, call, ms + lead, 190, None);
        traced.run("auth", child, ms + lead, 190, Some(call));
    }
    for &(function, request, ms, took) in runs {
        let env = traced.world.env(function, &format!("{request:04}"));
        traced.world.run(env, ms, request, took);
    }
    let mut facts = traced.world.facts();
    facts.spans = traced.spans;
    one_trace_a_pair(&mut facts);
    let found = linked(&mut facts).into_iter();
    let inferred = found.filter(|link| link.2 == LinkTier::Inferred);
    inferred.map(|link| (link.0, link.1)).collect()
}

#[test]
fn a_run_inside_one_other_with_usual_gaps_is_its_child() {
    let later = 50 * 60_000;
    let found = untraced(&[("web", 201, later, 400), ("auth", 202, later + 120, 190)]);
    assert_eq!(found, [(201, 202)]);
}

#[test]
fn of_two_equally_likely_parents_none_is_chosen() {
    let later = 50 * 60_000;
    let found = untraced(&[
        ("web", 201, later, 400),
        ("web", 203, later + 1, 400),
        ("auth", 202, later + 120, 190),
    ]);
    assert_eq!(found, []);
}

#[test]
fn a_run_with_gaps_that_no_call_had_is_nobodys_child() {
    // 9.9 s into a run of a minute: calls come within 0.14 s.
    let later = 50 * 60_000;
    let found = untraced(&[
        ("web", 201, later, 60_000),
        ("auth", 202, later + 9_900, 190),
    ]);
    assert_eq!(found, []);
}
