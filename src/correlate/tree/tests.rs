//! Trees of hand-made requests. Times are milliseconds after [`EPOCH`]; every figure follows from the intervals that are put in.

use std::sync::Arc;

use super::{Index, Kind, RowKind, Tree};
use crate::correlate::assemble::assemble;
use crate::correlate::testing::{EPOCH, Env, World, at, id};
use crate::model::analysis::Analysis;
use crate::model::fact::{AppFact, EventSource, Item, Refusal};
use crate::model::rows::{Link, LinkTier};

/// Runs (function, request, start, took), each in an environment of its own.
fn world(runs: &[(&str, u8, i64, i32)]) -> (World, Vec<Env>) {
    let mut world = World::default();
    let environments = runs
        .iter()
        .map(|&(function, request, ms, took)| {
            let env = world.env(function, &format!("{request:04}"));
            world.run(env, ms, request, took);
            env
        })
        .collect();
    (world, environments)
}

/// An analysis with links by request numbers: (parent, child, waited). The n-th attempt of a request is linked n-th.
fn analysis(world: World, links: &[(u8, u8, bool)]) -> Analysis {
    let facts = world.facts();
    let assembled = assemble(&facts);
    let mut used = std::collections::BTreeMap::new();
    let links = links
        .iter()
        .map(|&(parent, child, synchronous)| {
            let next: &mut usize = used.entry(child).or_default();
            *next += 1;
            Link {
                parent: assembled.attempts(&id(parent)).unwrap()[0],
                child: assembled.attempts(&id(child)).unwrap()[*next - 1],
                tier: LinkTier::TraceParent,
                confidence: 1.0,
                synchronous,
            }
        })
        .collect();
    Analysis {
        facts: Arc::new(facts),
        assembled,
        links,
        ..Analysis::default()
    }
}

/// The tree that shows a request.
fn tree(analysis: &Analysis, request: u8) -> Tree {
    let run = analysis.assembled.attempts(&id(request)).unwrap()[0];
    Index::new(analysis).requests(analysis).tree(run)
}

fn cut(tree: &Tree, row: usize) -> Vec<(i64, i64, Kind)> {
    let stretches = tree.rows[row].stretches.iter();
    stretches
        .map(|part| (part.from.0 - EPOCH, part.to.0 - EPOCH, part.kind))
        .collect()
}

/// The critical path as (row, from, to, kind).
fn path(tree: &Tree) -> Vec<(&str, i64, i64, Kind)> {
    let parts = tree.path.iter();
    parts
        .map(|part| {
            let (from, to) = (part.stretch.from.0 - EPOCH, part.stretch.to.0 - EPOCH);
            let name = tree.rows[part.row].name.as_str();
            (name, from, to, part.stretch.kind)
        })
        .collect()
}

fn names(tree: &Tree) -> Vec<(u16, RowKind, &str)> {
    let rows = tree.rows.iter();
    rows.map(|row| (row.depth, row.kind, row.name.as_str()))
        .collect()
}

#[test]
fn a_run_waits_while_a_call_runs_and_is_its_own_master_between() {
    // checkout waits for fraud from 50 to 112 and for payment from 1,000 to 5,500 of its 5,900 ms.
    let (world, _) = world(&[
        ("checkout", 1, 0, 5_900),
        ("fraud", 2, 50, 62),
        ("payment", 3, 1_000, 4_500),
    ]);
    let analysis = analysis(world, &[(1, 2, true), (1, 3, true)]);
    let tree = tree(&analysis, 3);
    assert_eq!(
        names(&tree),
        [
            (0, RowKind::Run, "checkout"),
            (1, RowKind::Run, "fraud"),
            (1, RowKind::Run, "payment")
        ]
    );
    assert_eq!(
        cut(&tree, 0),
        [
            (0, 50, Kind::Runs),
            (50, 112, Kind::Waits),
            (112, 1_000, Kind::Runs),
            (1_000, 5_500, Kind::Waits),
            (5_500, 5_900, Kind::Runs),
        ]
    );
    assert_eq!(
        (tree.rows[0].own_ms, tree.rows[0].waited_ms),
        (50 + 888 + 400, 62 + 4_500)
    );
    assert_eq!((tree.depth, tree.functions), (2, 3));
    assert_eq!(
        path(&tree),
        [
            ("checkout", 0, 50, Kind::Runs),
            ("fraud", 50, 112, Kind::Runs),
            ("checkout", 112, 1_000, Kind::Runs),
            ("payment", 1_000, 5_500, Kind::Runs),
            ("checkout", 5_500, 5_900, Kind::Runs),
        ]
    );
}

#[test]
fn of_two_calls_at_once_the_one_that_ends_last_is_critical() {
    let (world, _) = world(&[("web", 1, 0, 100), ("slow", 2, 10, 80), ("fast", 3, 11, 20)]);
    let analysis = analysis(world, &[(1, 2, true), (1, 3, true)]);
    let tree = tree(&analysis, 1);
    let critical: Vec<(&str, bool)> = tree
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.critical))
        .collect();
    assert_eq!(critical, [("web", true), ("slow", true), ("fast", false)]);
    // Both together kept it waiting from 10 to 90: the union, not the sum.
    assert_eq!((tree.rows[0].own_ms, tree.rows[0].waited_ms), (20, 80));
}

#[test]
fn the_time_from_a_refused_try_to_the_next_is_a_wait_to_retry() {
    let (mut world, environments) = world(&[("checkout", 1, 0, 1_000), ("payment", 2, 600, 300)]);
    let refusal = Refusal {
        resource: Some(world.sym("lambda:payment")),
        reason: None,
        aws_request_id: None,
        attempts: 1,
    };
    let app = AppFact {
        request_id: Some(id(1)),
        refused: Some(refusal),
        ..AppFact::default()
    };
    world.app(environments[0], 100, app);
    let analysis = analysis(world, &[(1, 2, true)]);
    let tree = tree(&analysis, 1);
    assert_eq!(
        names(&tree),
        [
            (0, RowKind::Run, "checkout"),
            (1, RowKind::Call, "payment"),
            (1, RowKind::Run, "payment")
        ]
    );
    assert_eq!(
        cut(&tree, 0),
        [
            (0, 100, Kind::Runs),
            (100, 101, Kind::Refused),
            (101, 600, Kind::WaitsToRetry),
            (600, 900, Kind::Waits),
            (900, 1_000, Kind::Runs),
        ]
    );
}

/// web sends a message at 50; worker gets it at 300 and, after a failure, again at 30,300.
fn queued() -> Analysis {
    let (mut world, environments) = world(&[
        ("web", 1, 0, 100),
        ("worker", 2, 300, 200),
        ("worker", 3, 30_300, 100),
    ]);
    for (request, ms) in [(2, 301), (3, 30_301)] {
        let mut item = Item::new(EventSource::Sqs, world.sym("m-1"), 0);
        item.resource = Some(world.sym("orders"));
        item.sent_at = Some(at(50));
        let app = AppFact {
            request_id: Some(id(request)),
            items: vec![item],
            ..AppFact::default()
        };
        world.app(environments[usize::from(request) - 1], ms, app);
    }
    analysis(world, &[(1, 2, false), (1, 3, false)])
}

#[test]
fn a_message_waits_in_its_queue_from_send_to_start_and_then_to_be_tried_again() {
    let analysis = queued();
    let tree = tree(&analysis, 3);
    assert_eq!(
        names(&tree),
        [
            (0, RowKind::Run, "web"),
            (1, RowKind::Queue, "sqs orders"),
            (1, RowKind::Run, "worker"),
            (1, RowKind::Queue, "sqs orders"),
            (1, RowKind::Run, "worker"),
        ]
    );
    assert_eq!(cut(&tree, 1), [(50, 300, Kind::Queued)]);
    assert_eq!(cut(&tree, 3), [(500, 30_300, Kind::WaitsToRetry)]);
    // Nobody waits for a queue: each run is a chain of one, and web's time is its own.
    assert_eq!(
        (tree.depth, tree.functions, tree.rows[0].own_ms),
        (1, 2, 100)
    );
}

#[test]
fn the_critical_path_goes_back_through_tries_and_queue_to_the_send() {
    let analysis = queued();
    let tree = tree(&analysis, 1);
    assert_eq!(
        path(&tree),
        [
            ("web", 0, 50, Kind::Runs),
            ("sqs orders", 50, 300, Kind::Queued),
            ("worker", 300, 500, Kind::Runs),
            ("sqs orders", 500, 30_300, Kind::WaitsToRetry),
            ("worker", 30_300, 30_400, Kind::Runs),
        ]
    );
    assert_eq!((tree.from, tree.to), (at(0), at(30_400)));
}

#[test]
fn a_send_at_an_unknown_moment_leaves_no_hole_in_the_path() {
    let (world, _) = world(&[("web", 1, 0, 100), ("mail", 2, 300, 50)]);
    let analysis = analysis(world, &[(1, 2, false)]);
    let tree = tree(&analysis, 1);
    assert_eq!(
        path(&tree),
        [
            ("web", 0, 100, Kind::Runs),
            ("mail", 100, 300, Kind::Queued),
            ("mail", 300, 350, Kind::Runs),
        ]
    );
}

#[test]
fn a_batch_hangs_on_its_earliest_parent_and_counts_the_others() {
    let (world, _) = world(&[
        ("web", 1, 0, 100),
        ("shop", 2, 10, 100),
        ("worker", 3, 300, 200),
    ]);
    let analysis = analysis(world, &[(1, 3, false)]);
    let mut links = analysis.links.clone();
    links.push(Link {
        parent: analysis.assembled.attempts(&id(2)).unwrap()[0],
        ..links[0]
    });
    let analysis = Analysis { links, ..analysis };
    let tree = tree(&analysis, 3);
    assert_eq!(tree.rows[0].name, "web");
    assert_eq!(tree.rows.last().map(|row| row.more_parents), Some(1));
}

#[test]
fn every_run_has_the_root_of_its_tree_and_a_circle_ends() {
    let (world, _) = world(&[
        ("web", 1, 0, 100),
        ("shop", 2, 10, 50),
        ("mail", 3, 20, 10),
        ("a", 4, 30, 10),
        ("b", 5, 40, 10),
    ]);
    let analysis = analysis(
        world,
        &[(1, 2, true), (2, 3, true), (5, 4, true), (4, 5, true)],
    );
    let index = Index::new(&analysis);
    let requests = index.requests(&analysis);
    let roots = requests.roots();
    let of = |request| analysis.assembled.attempts(&id(request)).unwrap()[0];
    for request in [1, 2, 3] {
        assert_eq!(roots[of(request) as usize], of(1));
        assert_eq!(requests.root(of(request)), of(1));
    }
    // Two that each seem to call the other are one request, of which either may be the first.
    assert_eq!(roots[of(4) as usize], roots[of(5) as usize]);
    assert!([of(4), of(5)].contains(&roots[of(4) as usize]));
}
