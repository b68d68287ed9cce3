//! What goes wrong between nepho and AWS, one fault after the other: a proxy before an emulator plays them. After each no line
//! is lost, none is shown twice, calls keep to their share of the quota, and it goes on as soon as the back-off promises.
#![cfg(feature = "aws")]

#[path = "support/program.rs"]
mod program;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nepho::app::clock::Stopwatch;
use program::{Following, nepho};
use proxy::{Fault, Proxy};
use serde_json::{Value, json};
use server::{Server, boto};

const REGION: &str = "eu-west-1";
/// Calls a second that the region grants.
const QUOTA: usize = 10;

#[expect(
    clippy::disallowed_methods,
    reason = "emulators refuse events that are not of today"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_millis() as i64
}

/// Writes lines `from` to `to` of a function, so many milliseconds ago.
fn write(moto: &Server, function: &str, lines: std::ops::Range<i64>, ago: i64) {
    let begun = now_ms() - ago;
    put(
        moto,
        lines.map(|at| line(function, at, begun + at)).collect(),
    );
}

fn line(function: &str, at: i64, timestamp: i64) -> Value {
    let stream = format!("2026/11/20/[$LATEST]{}", at % 3);
    let group = format!("/aws/lambda/{function}");
    json!({ "group": group, "stream": stream, "timestamp": timestamp, "message": format!("line {at}") })
}

fn put(moto: &Server, events: Vec<Value>) {
    let events = json!({ "events": events });
    boto(&moto.url(), REGION, "put-logs", &events);
}

fn tail(function: &str, url: &str) -> Following {
    let follow = [
        "tail",
        function,
        "--json",
        "--region",
        REGION,
        "--endpoint-url",
        url,
    ];
    Following::start(nepho(&follow))
}

/// How often each line came.
fn counted(lines: &[String], into: &mut BTreeMap<String, u32>) {
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = line["message"]
            .as_str()
            .unwrap_or_else(|| panic!("no gap: {line}"));
        *into.entry(text.trim_end().to_owned()).or_default() += 1;
    }
}

/// A fault, how many calls in a row it hits, and how long is waited then.
struct Case {
    function: &'static str,
    fault: Fault,
    times: usize,
    waits_ms: u64,
}

/// Three calls in a row are hit, amid the pages of the first pass: 200, 400 and 800 ms are waited, or three seconds where the
/// service says to slow down.
const CASES: [Case; 13] = [
    case(
        "throttled",
        Fault::Refused(400, "ThrottlingException"),
        3,
        4_000,
    ),
    case("broken", Fault::Refused(500, "InternalFailure"), 3, 1_400),
    case(
        "unavailable",
        Fault::Refused(503, "ServiceUnavailableException"),
        3,
        1_400,
    ),
    case("reset", Fault::Reset, 3, 1_400),
    case("hangs", Fault::Hangs, 1, 10_200),
    case("half", Fault::Half, 3, 1_400),
    case("slow", Fault::Slow(2_000), 2, 4_000),
    case("garbled", Fault::Garbled, 3, 1_400),
    case(
        "expired",
        Fault::Refused(400, "ExpiredTokenException"),
        3,
        4_000,
    ),
    case(
        "skewed",
        Fault::Refused(400, "InvalidSignatureException"),
        3,
        4_000,
    ),
    case("again", Fault::Again, 2, 0),
    case("reversed", Fault::Reversed, 3, 0),
    case("empty", Fault::Empty, 2, 0),
];

const fn case(function: &'static str, fault: Fault, times: usize, waits_ms: u64) -> Case {
    Case {
        function,
        fault,
        times,
        waits_ms,
    }
}

/// They wait much and do little: several at a time.
#[test]
fn after_each_fault_all_lines_are_there_once() {
    let moto = &*Server::moto();
    for cases in CASES.chunks(7) {
        thread::scope(|scope| {
            let run = |case| {
                (
                    case,
                    scope.spawn(move || all_lines_are_there_once(moto, case)),
                )
            };
            let running: Vec<_> = cases.iter().map(run).collect();
            let failed: Vec<&str> = running
                .into_iter()
                .filter_map(|(case, running)| running.join().err().map(|_| case.function))
                .collect();
            assert!(failed.is_empty(), "above: {failed:?}");
        });
    }
}

fn all_lines_are_there_once(moto: &Server, case: &Case) {
    let &Case {
        function,
        fault,
        times,
        waits_ms,
    } = case;
    write(moto, function, 0..40, 8_000);
    let proxy = Proxy::start(&moto.url(), 7, move |call| {
        (2..2 + times).contains(&call).then_some(fault)
    });
    let tail = tail(function, &proxy.url);
    let mut lines = BTreeMap::new();
    counted(&tail.lines(1, Duration::from_secs(20)), &mut lines);
    let begun = Stopwatch::start();
    // Six pages at five a second, a second on hold, and a slow machine.
    let within = Duration::from_millis(waits_ms + 2_500) * 2;
    counted(&tail.lines(39, within), &mut lines);
    let took = begun.elapsed();
    assert_eq!(lines.len(), 40, "{function} after {took:?}");
    // One that is as late as is read again each half minute, though the group was never seen to be, and a new one.
    let now = now_ms();
    put(
        moto,
        vec![line(function, 40, now - 50_000), line(function, 41, now)],
    );
    counted(&tail.lines(2, Duration::from_secs(36)), &mut lines);
    assert_eq!(
        lines.len(),
        42,
        "{function}: the late one within half a minute, and the new one"
    );
    // Whatever the next passes bring again would be shown once a second on hold is over.
    let (calls, _) = proxy.calls();
    let begun = Stopwatch::start();
    while proxy.calls().0 < calls + 3 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{function} is polled"
        );
        thread::sleep(Duration::from_millis(50));
    }
    counted(&tail.lines(1, Duration::from_millis(1_500)), &mut lines);
    assert!(
        lines.values().all(|times| *times == 1),
        "{function}: none twice: {lines:?}"
    );
    let (calls, most) = proxy.calls();
    assert!(calls > 2 + times, "{function}: {calls}");
    assert!(most <= QUOTA, "{function} within the quota: {most}");
    assert_eq!(tail.interrupt().0, Some(0));
}

#[test]
fn under_faults_without_end_nothing_is_lost_and_memory_stays_flat() {
    const FAULTS: [Fault; 8] = [
        Fault::Half,
        Fault::Refused(500, "InternalFailure"),
        Fault::Reversed,
        Fault::Reset,
        Fault::Again,
        Fault::Garbled,
        Fault::Empty,
        Fault::Refused(503, "ServiceUnavailableException"),
    ];
    let moto = Server::moto();
    let function = "endless";
    write(&moto, function, 0..400, 10_000);
    // Every other call.
    let proxy = Proxy::start(&moto.url(), 20, |call| {
        (call % 2 == 1).then(|| FAULTS[call / 2 % FAULTS.len()])
    });
    let tail = tail(function, &proxy.url);
    let mut lines = BTreeMap::new();
    counted(&tail.lines(400, Duration::from_secs(60)), &mut lines);
    assert_eq!(lines.len(), 400);
    let before = tail.resident_kb();
    for round in 0..5 {
        let new = 400 + round * 20;
        write(&moto, function, new..new + 20, 0);
        counted(&tail.lines(20, Duration::from_secs(30)), &mut lines);
    }
    assert_eq!(lines.len(), 500);
    assert!(lines.values().all(|times| *times == 1), "none twice");
    assert_eq!(tail.lines(1, Duration::from_secs(3)), Vec::<String>::new());
    let grown = tail.resident_kb().saturating_sub(before);
    assert!(grown < 8_000, "{grown} kB more than the {before} kB before");
    assert_eq!(tail.interrupt().0, Some(0));
}
