//! What one request at the entry comes to at the function that refuses: calls for each run multiply along the chain of callers, and so do
//! the tries of each layer.

use std::cmp::Reverse;
use std::ops::Range;

use hashbrown::HashMap;

use super::Attempt;
use super::finding::{BASELINE_MS, Calls};
use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Flood, FloodLayer};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// A chain is followed up so far: what calls on and on is a loop.
const MOST_LAYERS: usize = 16;

/// The chain that most of the tries come down, from the entry to the caller of `function`, while refusals lasted (`from..to`); `None` below
/// two layers, where nothing multiplies.
pub(super) fn flood(
    analysis: &Analysis,
    calls: &Calls<'_>,
    attempts: &[&Attempt<'_>],
    function: Sym,
    (from, to): (Timestamp, Timestamp),
) -> Option<Flood> {
    let during = from..to;
    let before = from.plus_ms(-BASELINE_MS)..from;
    let mut layers: Vec<FloodLayer> = Vec::new();
    let mut callee = function;
    // Tries of the refusing function that each run of the layer at hand leads to.
    let mut tries: HashMap<InvocationIndex, u64> = HashMap::new();
    while layers.len() < MOST_LAYERS {
        let links = calls.links(callee).iter();
        let mut edges: Vec<(InvocationIndex, Option<InvocationIndex>)> =
            links.map(|link| (link.parent, Some(link.child))).collect();
        if layers.is_empty() {
            let refused = attempts.iter().filter_map(|attempt| attempt.run);
            edges.extend(refused.map(|run| (run, None)));
        }
        let Some(caller) = top_caller(analysis, &edges, &during) else {
            break;
        };
        if caller == function || layers.iter().any(|layer| layer.caller == caller) {
            break;
        }
        edges.retain(|(run, _)| analysis.invocation(*run).function == caller);
        let mut above: HashMap<InvocationIndex, u64> = HashMap::new();
        for (run, child) in &edges {
            let led_to = match child {
                Some(child) if !layers.is_empty() => tries.get(child).copied().unwrap_or(0),
                _ => 1,
            };
            *above.entry(*run).or_default() += led_to;
        }
        layers.push(FloodLayer {
            caller,
            factor: factor(analysis, caller, &edges, &during)?,
            before: factor(analysis, caller, &edges, &before),
        });
        tries = above;
        callee = caller;
    }
    layers.reverse();
    let entry = layers.first().filter(|_| layers.len() >= 2)?.caller;
    let mut led_to: Vec<u64> = runs(analysis, entry, &during)
        .map(|run| tries.get(&run).copied().unwrap_or(0))
        .collect();
    led_to.sort_unstable();
    let rank = (led_to.len() * 95).div_ceil(100).saturating_sub(1);
    Some(Flood {
        p95: *led_to.get(rank)?,
        layers,
    })
}

/// The function whose runs made most of the calls, by name among equals.
fn top_caller(
    analysis: &Analysis,
    edges: &[(InvocationIndex, Option<InvocationIndex>)],
    during: &Range<Timestamp>,
) -> Option<Sym> {
    let mut counts: HashMap<Sym, u64> = HashMap::new();
    for (run, _) in edges {
        let run = analysis.invocation(*run);
        if during.contains(&run.start) {
            *counts.entry(run.function).or_default() += 1;
        }
    }
    let counts = counts.into_iter();
    let most = counts.max_by_key(|(caller, count)| (*count, Reverse(analysis.text(*caller))))?;
    Some(most.0)
}

/// Calls for each run of the caller; `None` if it did not run.
fn factor(
    analysis: &Analysis,
    caller: Sym,
    edges: &[(InvocationIndex, Option<InvocationIndex>)],
    spell: &Range<Timestamp>,
) -> Option<f64> {
    let inside = |run: InvocationIndex| spell.contains(&analysis.invocation(run).start);
    let calls = edges.iter().filter(|(run, _)| inside(*run)).count();
    let runs = runs(analysis, caller, spell).count();
    (runs > 0).then(|| calls as f64 / runs as f64)
}

fn runs<'a>(
    analysis: &'a Analysis,
    function: Sym,
    spell: &Range<Timestamp>,
) -> impl Iterator<Item = InvocationIndex> + 'a {
    let all = &analysis.assembled.invocations;
    let first = all.partition_point(|run| run.start < spell.start) as InvocationIndex;
    let end = all.partition_point(|run| run.start < spell.end) as InvocationIndex;
    let of = move |run: &InvocationIndex| {
        let run = analysis.invocation(*run);
        run.function == function && run.counted
    };
    (first..end.max(first)).filter(of)
}

#[cfg(test)]
mod tests {
    use crate::detect::Detector as _;
    use crate::detect::testing::{World, at};
    use crate::detect::throttle::{Throttling, attempts, pressures};
    use crate::model::analysis::Analysis;
    use crate::model::invocation::InvocationStatus::Ok;
    use crate::model::rows::{Throttle, ThrottleClass};
    use crate::model::settings::Settings;

    /// A chain `l1` → `l2` → … → stock in which one run of `l1` half an hour before calls once down to stock, and one run of `l1` now
    /// tries `tries` times in each of `layers` layers: one try of each run of the last layer is refused.
    fn chain(tries: u32, layers: u32) -> Analysis {
        let mut world = World::default();
        let name = |layer: u32| match layer {
            layer if layer > layers => "stock".to_owned(),
            layer => format!("l{layer}"),
        };
        let mut parent = world.run(&name(1), 0.0, Ok);
        for layer in 2..=layers + 1 {
            let child = world.run(&name(layer), 0.0, Ok);
            world.call(parent, child);
            parent = child;
        }
        let mut level = vec![world.run(&name(1), 30.0, Ok)];
        for layer in 2..=layers {
            let mut below = Vec::new();
            for &parent in &level {
                for _ in 0..tries {
                    let child = world.run(&name(layer), 30.0, Ok);
                    world.call(parent, child);
                    below.push(child);
                }
            }
            level = below;
        }
        for &last in &level {
            world.refused(last, "lambda:stock");
            for _ in 1..tries {
                let done = world.run("stock", 30.0, Ok);
                world.call(last, done);
            }
        }
        let evidence = vec![world.proof(0)];
        let mut analysis = world.analysis();
        analysis.throttles.push(Throttle {
            minute: at(30.0),
            resource: "lambda:stock".to_owned(),
            class: ThrottleClass::ReservedLimit,
            count: u64::from(tries.pow(layers - 1)),
            lower_bound: false,
            callers: Vec::new(),
            evidence,
        });
        analysis
    }

    #[test]
    fn layers_multiply() {
        // The vectors of the definition: 3 tries in 5 layers are 243, 4 tries in 3 layers 64; before, one.
        for (tries, layers, all) in [(3, 5, 243), (4, 3, 64)] {
            let analysis = chain(tries, layers);
            let refused = attempts(&analysis.facts, &analysis.assembled);
            let near = pressures(&analysis, &refused, &Settings::default());
            let flood = near[0].flood.as_ref().expect("layers call each other");
            let names: Vec<&str> = (flood.layers.iter())
                .map(|layer| analysis.text(layer.caller))
                .collect();
            assert_eq!(names, ["l1", "l2", "l3", "l4", "l5"][..layers as usize]);
            assert!((flood.factor() - f64::from(all)).abs() < 1e-9);
            assert_eq!((flood.p95, flood.before()), (all as u64, Some(1.0)));
            let found = Throttling(&refused).candidates(&analysis, &Settings::default());
            let said = format!("; {tries}.0 tries for each call, {all}.0 for each run of l1");
            assert!(found[0].cause.ends_with(&said), "{}", found[0].cause);
        }
    }

    #[test]
    fn one_layer_multiplies_nothing() {
        let analysis = chain(3, 1);
        let refused = attempts(&analysis.facts, &analysis.assembled);
        let near = pressures(&analysis, &refused, &Settings::default());
        assert_eq!(near[0].flood, None);
    }
}
