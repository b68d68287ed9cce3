//! What hostile text costs, counted and not timed: four times the text may take four times the memory, whatever it is made of.
//!
//! The only test of its program: another one beside it would be counted too.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "support/pieces.rs"]
mod pieces;

#[path = "../fuzz/targets.rs"]
mod targets;

use pieces::{ALL_MARKS, PIECES, repeated};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Target = fn(&[u8]);

/// The grammars, each with what leads into it.
const GRAMMARS: [(&str, &str, Target); 14] = [
    ("app line", ALL_MARKS, targets::app_line),
    (
        "app JSON",
        "{\"message\":\"Error MessageId already ",
        targets::app_line,
    ),
    ("exception", "[ERROR] Error: ", targets::app_line),
    (
        "report",
        "REPORT RequestId: d46f2f88-b8fa-4993-b8be-c756d697f8b1\t",
        targets::platform_text,
    ),
    (
        "platform event",
        "{\"type\":\"platform.report\",\"record\":",
        targets::platform_json,
    ),
    (
        "event",
        "{\"Records\":[{\"eventSource\":\"aws:sqs\",\"messageId\":\"",
        targets::payload,
    ),
    ("rules", "{\"id\":\"x\",\"detail\":", targets::extract),
    (
        "access log",
        "/logs/x\n203.0.113.9 - - [",
        targets::gateway_log,
    ),
    (
        "access XML",
        "/logs/x\n<request id=\"",
        targets::gateway_log,
    ),
    (
        "access JSON",
        "/logs/x\n{\"requestId\":\"r\",\"status\":\"200\",",
        targets::gateway_log,
    ),
    (
        "execution log",
        "API-Gateway-Execution-Logs_x/y\n(4f3e3b0f) Endpoint response headers: {",
        targets::gateway_log,
    ),
    (
        "segment",
        "{\"trace_id\":\"1-6b001a21-c2f4d01e96d3e870728f41b7\",\"id\":\"2b6fadbd4ab6fe55\",\"start_time\":1.5e9,\"subsegments\":[",
        targets::segment,
    ),
    (
        "metric",
        "{\"value\":{\"sum\":1},\"dimensions\":{",
        targets::metric,
    ),
    (
        "input line",
        "{\"logStreamName\":\"s\",\"timestamp\":7,\"message\":\"",
        targets::log_event,
    ),
];

/// Sizes of text, the second four times the first.
const SIZES: [usize; 2] = [1 << 11, 1 << 13];
/// What may come on top: tables that are filled once, capacities that double.
const MOST: f64 = 4.0 * 1.6;
const ONCE: usize = 64 << 10;

#[test]
fn four_times_the_text_takes_four_times_the_memory() {
    let mut wrong = Vec::new();
    for (name, head, target) in GRAMMARS {
        for piece in PIECES {
            let allocated = SIZES.map(|size| {
                let text = repeated(head, piece, size);
                target(text.as_bytes());
                let region = Region::new(ALLOCATOR);
                target(text.as_bytes());
                region.change().bytes_allocated
            });
            if allocated[1] as f64 > allocated[0] as f64 * MOST + ONCE as f64 {
                wrong.push(format!("{name}, {piece:?} repeated: {allocated:?} bytes"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
