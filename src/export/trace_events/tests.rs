use std::sync::Arc;

use serde_json::{Value, json};

use super::write;
use crate::correlate::assemble::assemble;
use crate::correlate::testing::{EPOCH, World, at, id};
use crate::model::analysis::Analysis;
use crate::model::rows::{Init, InitKind, Link, LinkTier};

fn written(analysis: &Analysis) -> Vec<Value> {
    let mut out = Vec::new();
    let count = write(analysis, &mut out).unwrap();
    let read: Value = serde_json::from_slice(&out).unwrap();
    let events = read["traceEvents"].as_array().unwrap().clone();
    assert_eq!(events.len() as u64, count);
    events
}

#[test]
fn functions_are_processes_runs_and_inits_events_and_links_flows() {
    let mut world = World::default();
    let payment = world.env("payment", "cd");
    let checkout = world.env("checkout", "ab");
    world.run(checkout, 0, 1, 100);
    world.run(payment, 60, 2, 30);
    let function = world.sym("payment");
    let facts = world.facts();
    let mut analysis = Analysis {
        assembled: assemble(&facts),
        facts: Arc::new(facts),
        ..Analysis::default()
    };
    // Streams are sorted: payment's is the second. Its init is measured to reach 1 ms into the run.
    analysis.inits = vec![Init {
        function,
        version: None,
        stream: 1,
        at: at(20),
        kind: InitKind::OnDemand,
        init_ms: Some(41.2),
        felt_ms: Some(41.2),
        cause: None,
        invocation: Some(1),
        request_id: Some(id(2)),
        explained_by: None,
        line: None,
    }];
    analysis.links = vec![Link {
        parent: 0,
        child: 1,
        tier: LinkTier::TraceParent,
        confidence: 1.0,
        synchronous: true,
    }];
    let us = |ms: i64| (EPOCH + ms) * 1_000;
    let thread = |pid, stream| json!({"name": "thread_name", "ph": "M", "pid": pid, "tid": 1, "args": {"name": stream}});
    let run = |name, pid, ms, dur, request| {
        json!({"name": name, "cat": "run", "ph": "X", "pid": pid, "tid": 1, "ts": us(ms), "dur": dur,
               "args": {"request_id": id(request).to_string(), "status": "ok"}})
    };
    assert_eq!(
        written(&analysis),
        [
            json!({"name": "process_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": "checkout"}}),
            json!({"name": "process_name", "ph": "M", "pid": 2, "tid": 0, "args": {"name": "payment"}}),
            thread(1, "2026/11/20/[$LATEST]ab"),
            run("checkout", 1, 0, 100_000, 1),
            thread(2, "2026/11/20/[$LATEST]cd"),
            json!({"name": "init", "cat": "init", "ph": "X", "pid": 2, "tid": 1, "ts": us(20), "dur": 40_000,
                   "args": {"kind": "on_demand"}}),
            run("payment", 2, 60, 30_000, 2),
            json!({"name": "trace_parent", "cat": "link", "ph": "s", "pid": 1, "tid": 1, "ts": us(60), "id": 0}),
            json!({"name": "trace_parent", "cat": "link", "ph": "f", "pid": 2, "tid": 1, "ts": us(60), "id": 0, "bp": "e"}),
        ]
    );
}

#[test]
fn an_empty_world_is_a_whole_document() {
    assert_eq!(written(&Analysis::default()), Vec::<Value>::new());
}
