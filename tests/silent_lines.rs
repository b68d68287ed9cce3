//! A line that says nothing costs nothing but its reading: the decoder allocates nothing for it.
//!
//! The only test of its program: another one beside it would be counted too.

use std::alloc::System;

use bumpalo::Bump;
use nepho::decode::Decoder;
use nepho::model::record::LogLine;
use nepho::model::settings::Settings;
use nepho::model::symbols::Symbols;
use nepho::model::time::Timestamp;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SILENT: [&str; 10] = [
    "",
    "order 17 of acct-3 priced at 12.50\n",
    "2026-11-20T10:00:05.353Z\td46f2f88-b8fa-4993-b8be-c756d697f8b1\tINFO\tcart read in 3 ms\n",
    "[INFO]\t2026-11-20T10:00:07.445Z\td46f2f88-b8fa-4993-b8be-c756d697f8b1\tnothing to do\n",
    r#"{"level":"INFO","message":"cart read","service":"shop","cold_start":false,"xray_trace_id":"1-6b04ecf4-57aa86f9c968bee856a93f31"}"#,
    r#"{"timestamp":"2026-11-20T10:00:05.353Z","level":"DEBUG","message":"took 3 ms","data":{"a":[1,2,3]}}"#,
    "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",
    "TELEMETRY\tName: agent\tState: Subscribed\tTypes: [Platform]\n",
    "REPORT written to disk",
    "2026/11/20 10:00:00 go says hello",
];

#[test]
fn lines_that_say_nothing_are_read_without_allocating() {
    let decoder = Decoder::new(&Settings::default()).unwrap();
    let mut symbols = Symbols::default();
    let mut arena = Bump::new();
    let mut read = |message: &str| {
        let line = LogLine {
            group: "/aws/lambda/shop",
            stream: "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230",
            timestamp: Timestamp(1_795_168_800_000),
            ingestion: Some(Timestamp(1_795_168_800_500)),
            event_id: Some("40033602004087512266203986615006757912081855943278592001"),
            message: message.into(),
        };
        arena.reset();
        decoder.line(&line, Some("shop"), &mut symbols, &arena)
    };
    // The search for words keeps tables that it fills as it goes: once is not counted.
    for message in SILENT {
        assert_eq!(read(message), None, "{message}");
    }
    for message in SILENT {
        let region = Region::new(ALLOCATOR);
        for _ in 0..100 {
            read(message);
        }
        let change = region.change();
        assert_eq!(
            (change.allocations, change.reallocations),
            (0, 0),
            "{message}"
        );
    }
}
