//! Lambda's own lines in text format: `INIT_START`, `START`, `END`, `REPORT`, time-outs and runtime exits.
//!
//! Fields are `Key: value unit`, parted by tabs as Lambda writes them or by spaces as documents and consoles show them,
//! in any order; unknown keys are skipped.

use super::words;
use crate::model::fact::{Phase, Report, Status, TraceContext, What};
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::maybe::Maybe;
use crate::model::symbols::{Sym, Symbols};

/// What a platform line says; `None` if the line is none, or is one that says nothing here (`EXTENSION`, `TELEMETRY`, `LOGS`).
pub(super) fn decode(message: &str, symbols: &mut Symbols) -> Option<What> {
    match message.as_bytes().first()? {
        b'S' => start(message.strip_prefix("START RequestId: ")?, symbols),
        b'E' => {
            let request_id = first_word(message.strip_prefix("END RequestId: ")?);
            Some(What::End {
                request_id: RequestId::parse(request_id)?,
            })
        }
        b'R' => {
            if let Some(fields) = message.strip_prefix("REPORT RequestId: ") {
                report(fields, symbols)
            } else if let Some(fields) = message.strip_prefix("RESTORE_START ") {
                Some(What::RestoreStart {
                    runtime: runtime(fields, symbols),
                })
            } else if let Some(fields) = message.strip_prefix("RESTORE_REPORT ") {
                restore_report(fields, symbols)
            } else {
                runtime_exit(message.strip_prefix("RequestId: ")?, symbols)
            }
        }
        b'I' => {
            if let Some(fields) = message.strip_prefix("INIT_START ") {
                Some(What::InitStart {
                    init_type: None,
                    phase: Phase::Init,
                    version: None,
                    runtime: runtime(fields, symbols),
                })
            } else {
                init_report(message.strip_prefix("INIT_REPORT ")?, symbols)
            }
        }
        b'0'..=b'9' => timed_out(message),
        _ => None,
    }
}

fn start(rest: &str, symbols: &mut Symbols) -> Option<What> {
    let mut words = rest.split_ascii_whitespace();
    let request_id = RequestId::parse(words.next()?)?;
    let version = match (words.next(), words.next()) {
        (Some("Version:"), Some(version)) => Some(symbols.intern(version)),
        _ => None,
    };
    Some(What::Start {
        request_id,
        version,
        trace: None,
    })
}

fn report(rest: &str, symbols: &mut Symbols) -> Option<What> {
    let mut report = Report {
        request_id: RequestId::parse(first_word(rest)),
        ..Report::default()
    };
    report.request_id?;
    let mut duration = None;
    let mut trace = None;
    let mut segment = None;
    let mut sampled = None;
    for (key, value) in Fields::of(rest) {
        match key {
            "Duration" => duration = words::milliseconds(value),
            "Billed Duration" => report.billed_ms = words::milliseconds(value),
            "Memory Size" => report.memory_mb = words::megabytes(value),
            "Max Memory Used" => report.max_memory_used_mb = words::megabytes(value),
            // Relays that rebuild the line write 0.00 where there was no init.
            "Init Duration" => {
                report.init_ms = words::milliseconds(value).filter(|init| *init > 0.0);
            }
            "Restore Duration" => report.restore_ms = words::milliseconds(value),
            "Billed Restore Duration" => report.billed_restore_ms = words::milliseconds(value),
            "Status" => report.status = words::status(value),
            "Error Type" => report.error_type = Some(symbols.intern(value)),
            "XRAY TraceId" => trace = TraceId::parse(value),
            "SegmentId" => segment = SpanId::parse(value),
            "Sampled" => sampled = value.parse().ok(),
            _ => {}
        }
    }
    report.trace = trace.map(|trace| TraceContext {
        trace,
        segment: segment.into(),
        parent: Maybe::default(),
        sampled,
    });
    match duration {
        Some(duration) => {
            report.duration_ms = duration;
            Some(What::Report(report))
        }
        None => Some(over(report.request_id?, report.status, report.error_type)),
    }
}

/// A REPORT that was cut off before its first figure: it still says that the run is over, and perhaps how it ended.
pub(super) fn over(request_id: RequestId, status: Option<Status>, error_type: Option<Sym>) -> What {
    match status {
        Some(status) => What::RuntimeDone {
            request_id,
            status,
            error_type,
            duration_ms: None,
        },
        None => What::End { request_id },
    }
}

fn init_report(rest: &str, symbols: &mut Symbols) -> Option<What> {
    let mut duration_ms = None;
    let mut phase = Phase::Init;
    let mut status = Status::Success;
    let mut error_type = None;
    for (key, value) in Fields::of(rest) {
        match key {
            "Init Duration" => duration_ms = words::milliseconds(value),
            "Phase" => phase = words::phase(value).unwrap_or(phase),
            "Status" => status = words::status(value).unwrap_or(Status::Error),
            "Error Type" => error_type = Some(symbols.intern(value)),
            _ => {}
        }
    }
    Some(What::InitReport {
        init_type: None,
        phase,
        status,
        error_type,
        duration_ms: duration_ms?,
    })
}

fn restore_report(rest: &str, symbols: &mut Symbols) -> Option<What> {
    let mut duration_ms = None;
    let mut status = Status::Success;
    let mut error_type = None;
    for (key, value) in Fields::of(rest) {
        match key {
            "Restore Duration" => duration_ms = words::milliseconds(value),
            "Status" => status = words::status(value).unwrap_or(Status::Error),
            "Error Type" => error_type = Some(symbols.intern(value)),
            _ => {}
        }
    }
    Some(What::RestoreReport {
        status,
        error_type,
        duration_ms: Some(duration_ms?),
    })
}

fn runtime(fields: &str, symbols: &mut Symbols) -> Option<Sym> {
    Fields::of(fields)
        .find(|(key, _)| *key == "Runtime Version")
        .map(|(_, value)| symbols.intern(value))
}

/// How the service says that the process behind an invocation is gone, where no error type stands below it.
const EXITS: [&str; 5] = [
    "Runtime exited",
    "fork/exec",
    "Process exited before completing request",
    "Runtime failed to start",
    "Couldn't find valid bootstrap",
];

/// `<request id> Error: Runtime exited with error: signal: killed`, the error type on the next line.
fn runtime_exit(rest: &str, symbols: &mut Symbols) -> Option<What> {
    let request_id = RequestId::parse(first_word(rest));
    let text = rest.split_once(' ')?.1;
    let error = text.strip_prefix("Error: ");
    let text = error.unwrap_or(text);
    let error_type = text
        .split(['\n', '\r'])
        .skip(1)
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.contains(' '));
    let is_of_the_service = |name: &str| {
        ["Runtime.", "Extension.", "Sandbox."]
            .iter()
            .any(|service| name.starts_with(service))
    };
    let is_exit = EXITS.iter().any(|exit| text.starts_with(exit))
        || error.is_some() && error_type.is_some_and(is_of_the_service);
    is_exit.then(|| What::RuntimeExit {
        request_id,
        killed: text.contains("signal: killed"),
        error_type: error_type.map(|name| symbols.intern(name)),
    })
}

/// `2026-11-20T10:26:06.214Z <request id> Task timed out after 5.00 seconds`.
fn timed_out(message: &str) -> Option<What> {
    let mut words = message.splitn(3, ' ');
    let time = words.next()?;
    if time.len() < 20 || !time.ends_with('Z') {
        return None;
    }
    let request_id = RequestId::parse(words.next()?)?;
    words
        .next()?
        .starts_with("Task timed out after ")
        .then_some(What::TimedOut { request_id })
}

fn first_word(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or("")
}

/// The fields of a platform line, from its start.
pub(super) fn fields(line: &str) -> impl Iterator<Item = (&str, &str)> {
    Fields::of(line)
}

/// `Key: value` pairs of a line. A tab or a line end closes a value; where spaces stand for tabs, a value ends before
/// the next key that Lambda is known to write.
struct Fields<'a> {
    /// What is left of the field at hand.
    field: &'a str,
    rest: &'a str,
}

impl<'a> Fields<'a> {
    fn of(line: &'a str) -> Self {
        Self {
            field: "",
            rest: line,
        }
    }
}

/// Keys as Lambda writes them: only needed to part fields where the tabs were lost.
const KEYS: [&str; 16] = [
    "Billed Restore Duration",
    "Runtime Version ARN",
    "Restore Duration",
    "Billed Duration",
    "Runtime Version",
    "Max Memory Used",
    "Init Duration",
    "XRAY TraceId",
    "Memory Size",
    "Error Type",
    "SegmentId",
    "RequestId",
    "Duration",
    "Sampled",
    "Status",
    "Phase",
];

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(colon) = words::colon(self.field) else {
                if self.rest.is_empty() {
                    return None;
                }
                let end = memchr::memchr3(b'\t', b'\n', b'\r', self.rest.as_bytes());
                let end = end.unwrap_or(self.rest.len());
                self.field = &self.rest[..end];
                self.rest = self.rest.get(end + 1..).unwrap_or("");
                continue;
            };
            let key = known_key(self.field[..colon].trim_start());
            let value = &self.field[colon + 2..];
            // No tab between this value and the next key: go on at that key.
            let end = next_key(value).unwrap_or(value.len());
            self.field = &value[end..];
            return Some((key, value[..end].trim()));
        }
    }
}

/// The key at the end of `text`: words before it belong to a value that lost its tab.
fn known_key(text: &str) -> &str {
    if KEYS.contains(&text) {
        return text;
    }
    let known = KEYS.iter().find(|key| {
        text.strip_suffix(**key)
            .is_some_and(|before| before.is_empty() || before.ends_with(' '))
    });
    known.map_or(text, |key| &text[text.len() - key.len()..])
}

/// Where the next known key starts inside a value; `None` if the value runs to its end.
fn next_key(value: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = words::colon(&value[from..]) {
        let colon = from + found;
        let key = known_key(&value[..colon]);
        if key.len() < colon && KEYS.contains(&key) {
            return Some(colon - key.len());
        }
        from = colon + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "cea42185-a492-47f6-a9f2-4d7d690c43d6";

    fn read(message: &str) -> (Option<What>, Symbols) {
        let mut symbols = Symbols::default();
        let what = decode(message, &mut symbols);
        (what, symbols)
    }

    fn report_of(message: &str) -> (Report, Symbols) {
        let (what, symbols) = read(message);
        match what {
            Some(What::Report(report)) => (report, symbols),
            other => panic!("{message:?} gave {other:?}"),
        }
    }

    #[test]
    fn a_report_is_read_with_tabs_with_spaces_and_in_any_order() {
        let tabs = format!(
            "REPORT RequestId: {ID}\tDuration: 2.46 ms\tBilled Duration: 417 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 76 MB\tInit Duration: 413.61 ms\t\n\
             XRAY TraceId: 1-6b001a21-c2f4d01e96d3e870728f41b7\tSegmentId: 2b6fadbd4ab6fe55\tSampled: true\t\n"
        );
        let columns = tabs.replace('\t', "    ");
        let words = tabs.replace(['\t', '\n'], " ");
        let figure_last = format!(
            "REPORT RequestId: {ID} SegmentId: 2b6fadbd4ab6fe55 Sampled: true XRAY TraceId: 1-6b001a21-c2f4d01e96d3e870728f41b7 \
             Init Duration: 413.61 ms Memory Size: 128 MB Billed Duration: 417 ms Duration: 2.46 ms Max Memory Used: 76 MB New Figure: 12 widgets"
        );
        let reordered = format!(
            "REPORT RequestId: {ID}\tInit Duration: 413.61 ms\tNew Figure: 12 widgets\tMax Memory Used: 76 MB\t\
             SegmentId: 2b6fadbd4ab6fe55\tSampled: true\tXRAY TraceId: 1-6b001a21-c2f4d01e96d3e870728f41b7\t\
             Memory Size: 128 MB\tBilled Duration: 417 ms\tDuration: 2.46 ms"
        );
        for message in [&tabs, &columns, &words, &reordered, &figure_last] {
            let (report, _) = report_of(message);
            assert_eq!(report.request_id, RequestId::parse(ID));
            assert_eq!(Some(report.duration_ms), Some(2.46), "{message}");
            assert_eq!(
                (report.billed_ms, report.init_ms),
                (Some(417.0), Some(413.61))
            );
            assert_eq!(
                (report.memory_mb, report.max_memory_used_mb),
                (Some(128), Some(76))
            );
            let trace = report.trace.expect("it has an XRAY line");
            assert_eq!(trace.segment.get(), SpanId::parse("2b6fadbd4ab6fe55"));
            assert_eq!((trace.sampled, report.status), (Some(true), None));
        }
    }

    #[test]
    fn a_report_says_how_the_invocation_failed_and_what_a_restore_took() {
        let (report, symbols) = report_of(&format!(
            "REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 256 MB\t\
             Max Memory Used: 256 MB\tRestore Duration: 297.64 ms\tBilled Restore Duration: 89 ms\t\
             Status: error\tError Type: Runtime.ExitError\n\
             XRAY TraceId: 1-6b001a21-c2f4d01e96d3e870728f41b7\tSegmentId: 2b6fadbd4ab6fe55\n"
        ));
        assert_eq!(report.status, Some(Status::Error));
        assert_eq!(
            report.error_type.map(|sym| symbols.get(sym)),
            Some("Runtime.ExitError")
        );
        assert_eq!(
            (report.restore_ms, report.billed_restore_ms),
            (Some(297.64), Some(89.0))
        );
        assert_eq!(
            report.init_ms, None,
            "`Restore Duration` is no `Duration`, nor an init"
        );
        assert_eq!(
            report.trace.expect("there").sampled,
            None,
            "`Sampled` may be missing"
        );
    }

    #[test]
    fn absurd_figures_are_unknown_and_a_report_without_duration_only_ends() {
        let (report, _) = report_of(&format!(
            "REPORT RequestId: {ID}\tDuration: 1 ms\tBilled Duration: -4 ms\tMemory Size: x MB\tInit Duration: 1e300 ms"
        ));
        assert_eq!(
            (report.billed_ms, report.memory_mb, report.init_ms),
            (None, None, None)
        );
        let (what, _) = read(&format!("REPORT RequestId: {ID}\tDuration: NaN ms"));
        let request_id = RequestId::parse(ID).expect("valid");
        assert_eq!(what, Some(What::End { request_id }));
        let (what, _) = read(&format!(
            "REPORT RequestId: {ID}\tDuration: -1 ms\tStatus: timeout"
        ));
        let Some(What::RuntimeDone { status, .. }) = what else {
            panic!("it says how it ended: {what:?}");
        };
        assert_eq!(status, Status::Timeout);
    }

    #[test]
    fn init_and_restore_lines_are_read() {
        let (what, symbols) = read(
            "INIT_START Runtime Version: python:3.13.v31\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:f7\n",
        );
        let Some(What::InitStart {
            runtime: Some(runtime),
            phase: Phase::Init,
            ..
        }) = what
        else {
            panic!("{what:?}");
        };
        assert_eq!(symbols.get(runtime), "python:3.13.v31");
        let (what, symbols) = read(
            "INIT_REPORT Init Duration: 485.09 ms Phase: init Status: error Error Type: Runtime.ImportModuleError\n",
        );
        let Some(What::InitReport {
            phase: Phase::Init,
            status: Status::Error,
            error_type: Some(kind),
            duration_ms,
            ..
        }) = what
        else {
            panic!("{what:?}");
        };
        assert_eq!(
            (symbols.get(kind), duration_ms),
            ("Runtime.ImportModuleError", 485.09)
        );
        let (what, _) =
            read("INIT_REPORT Init Duration: 9999.79 ms\tPhase: invoke\tStatus: timeout\n");
        assert!(matches!(
            what,
            Some(What::InitReport {
                phase: Phase::Invoke,
                status: Status::Timeout,
                ..
            })
        ));
        let (what, _) =
            read("RESTORE_START Runtime Version: java:21.v28\tRuntime Version ARN: arn:x\n");
        assert!(matches!(
            what,
            Some(What::RestoreStart { runtime: Some(_) })
        ));
        let (what, _) = read("RESTORE_REPORT Restore Duration: 197.61 ms\n");
        assert_eq!(
            what,
            Some(What::RestoreReport {
                status: Status::Success,
                error_type: None,
                duration_ms: Some(197.61)
            })
        );
    }

    #[test]
    fn start_end_and_the_ways_to_die_are_read() {
        let request_id = RequestId::parse(ID).expect("valid");
        let (what, symbols) = read(&format!("START RequestId: {ID} Version: $LATEST\n"));
        let Some(What::Start {
            version: Some(version),
            ..
        }) = what
        else {
            panic!("{what:?}");
        };
        assert_eq!(symbols.get(version), "$LATEST");
        assert_eq!(
            read(&format!("END RequestId: {ID}\n")).0,
            Some(What::End { request_id })
        );
        let late = format!("2026-11-20T10:26:06.214Z {ID} Task timed out after 5.00 seconds\n\n");
        assert_eq!(read(&late).0, Some(What::TimedOut { request_id }));
        let (what, symbols) = read(&format!(
            "RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n"
        ));
        let Some(What::RuntimeExit {
            killed: true,
            error_type: Some(kind),
            ..
        }) = what
        else {
            panic!("{what:?}");
        };
        assert_eq!(symbols.get(kind), "Runtime.ExitError");
        let (what, _) = read(&format!(
            "RequestId: {ID} Process exited before completing request\n"
        ));
        assert!(
            matches!(what, Some(What::RuntimeExit { killed: false, .. })),
            "{what:?}"
        );
    }

    /// The service names what is gone in many words; the error type below tells them from what a program prints.
    #[test]
    fn exits_of_the_service_are_known_by_their_words_or_their_type() {
        for (text, kind) in [
            (
                "Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
                Some("Runtime.ExitError"),
            ),
            (
                "Error: Runtime exited without providing a reason\nRuntime.ExitError",
                Some("Runtime.ExitError"),
            ),
            (
                "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]\nRuntime.InvalidEntrypoint",
                Some("Runtime.InvalidEntrypoint"),
            ),
            (
                "Error: fork/exec /var/task/bootstrap: exec format error\nRuntime.InvalidEntrypoint",
                Some("Runtime.InvalidEntrypoint"),
            ),
            (
                "Error: fork/exec /lambda-entrypoint.sh: exec format error",
                None,
            ),
            (
                "Error: exit code 0\rRuntime.ExitError\r",
                Some("Runtime.ExitError"),
            ),
            (
                "Error: exit status 2\nExtension.Crash\n",
                Some("Extension.Crash"),
            ),
            ("Process exited before completing request\n\n", None),
        ] {
            let (what, symbols) = read(&format!("RequestId: {ID} {text}"));
            let Some(What::RuntimeExit {
                request_id,
                error_type,
                ..
            }) = what
            else {
                panic!("{text:?} gave {what:?}");
            };
            assert_eq!(request_id, RequestId::parse(ID));
            assert_eq!(error_type.map(|sym| symbols.get(sym)), kind, "{text:?}");
        }
        for text in [
            "Error: no such order\nretrying",
            "order 7 paid",
            "Runtime.ExitError",
        ] {
            assert_eq!(read(&format!("RequestId: {ID} {text}")).0, None, "{text:?}");
        }
    }

    /// What a later Lambda may write in a word of its own is no reason to lose the line.
    #[test]
    fn unknown_phases_and_statuses_leave_the_figure() {
        let (what, _) = read(
            "INIT_REPORT Init Duration: 12.5 ms\tPhase: warm-up\tStatus: cancelled\tError Type: Runtime.New\n",
        );
        assert!(matches!(
            what,
            Some(What::InitReport {
                phase: Phase::Init,
                status: Status::Error,
                duration_ms: 12.5,
                ..
            })
        ));
        let (what, _) = read("RESTORE_REPORT Restore Duration: 12.5 ms\tStatus: cancelled\n");
        assert!(matches!(
            what,
            Some(What::RestoreReport {
                status: Status::Error,
                duration_ms: Some(12.5),
                ..
            })
        ));
    }

    #[test]
    fn lines_that_only_look_alike_are_none() {
        for message in [
            "REPORT written to disk, START of batch 7, END of story\n",
            "START RequestId: tomorrow Version: 3",
            "END RequestId: ",
            "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",
            "TELEMETRY\tName: agent\tState: Subscribed\tTypes: [Platform]\n",
            "LOGS\tName: agent\tState: Subscribed\tTypes: [Function]\n",
            "INIT_REPORT Phase: init",
            "2026-11-20 Task timed out after 5 seconds",
            "",
        ] {
            assert_eq!(read(message).0, None, "{message:?}");
        }
    }

    /// Lines as they stand in public issues, articles and test fixtures, 2017 to 2026, copied from consoles, terminals and the API.
    #[test]
    fn reports_of_all_ages_and_from_everywhere_are_read() {
        // (line, duration, billed, size, used, init, restore)
        type Shape = (f32, f32, u32, u32, Option<f32>, Option<f32>);
        let table: [(&str, Shape); 23] = [
            (
                "REPORT RequestId: ID\tDuration: 2.14 ms\tBilled Duration: 100 ms \tMemory Size: 1024 MB\tMax Memory Used: 18 MB\t",
                (2.14, 100.0, 1024, 18, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 469.40 ms\tBilled Duration: 500 ms\tMemory Size: 1024 MB\tMax Memory Used: 21 MB",
                (469.4, 500.0, 1024, 21, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 18018.26 ms\tBilled Duration: 18000 ms \tMemory Size: 512 MB\tMax Memory Used: 82 MB\t",
                (18018.26, 18000.0, 512, 82, None, None),
            ),
            (
                "REPORT RequestId: ID Duration: 1201.12 ms Billed Duration: 1300 ms Memory Size: 128 MB Max Memory Used: 78 MB Init Duration: 287.33 ms",
                (1201.12, 1300.0, 128, 78, Some(287.33), None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 0.52 ms\tBilled Duration: 100 ms \tMemory Size: 1024 MB\tMax Memory Used: 37 MB\t\n",
                (0.52, 100.0, 1024, 37, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 1162.23 ms\tBilled Duration: 1200 ms \tMemory Size: 128 MB\tMax Memory Used: 34 MB\t\n",
                (1162.23, 1200.0, 128, 34, None, None),
            ),
            (
                "REPORT RequestId: ID\tInit Duration: 3.02 ms\tDuration: 675.96 ms\tBilled Duration: 676 ms\tMemory Size: 3008 MB\tMax Memory Used: 3008 MB",
                (675.96, 676.0, 3008, 3008, Some(3.02), None),
            ),
            (
                "REPORT RequestId: ID  Init Duration: 0.47 ms  Duration: 303.30 ms     Billed Duration: 304 ms Memory Size: 128 MB     Max Memory Used: 128 MB",
                (303.3, 304.0, 128, 128, Some(0.47), None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 2338.66 ms\tBilled Duration: 2521 ms\tMemory Size: 3009 MB\tMax Memory Used: 173 MB\tRestore Duration: 398.97 ms\tBilled Restore Duration: 182 ms\t",
                (2338.66, 2521.0, 3009, 173, None, Some(398.97)),
            ),
            (
                "REPORT RequestId: ID\tDuration: 469.40 ms\tBilled Duration: 500 ms\tMemory Size: 1024 MB\tMax Memory Used: 21 MB\tRestore Duration: 474.16 ms\tBilled Restore Duration: 75 ms",
                (469.4, 500.0, 1024, 21, None, Some(474.16)),
            ),
            (
                "REPORT RequestId: ID Duration: 363.49 ms Billed Duration: 364 ms Memory Size: 128 MB Max Memory Used: 124 MB Init Duration: 1488.71 ms  XRAY TraceId: 1-6887bc24-69a702443d9e988c3411ef70 SegmentId: 58c91264a2cb124e Sampled: true",
                (363.49, 364.0, 128, 124, Some(1488.71), None),
            ),
            (
                "REPORT RequestId: ID Duration: 70001.07 ms Billed Duration: 70002 ms Memory Size: 512 MB Max Memory Used: 57 MB",
                (70001.07, 70002.0, 512, 57, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 3757.18 ms\tBilled Duration: 3758 ms\tMemory Size: 128 MB\tMax Memory Used: 81 MB\t",
                (3757.18, 3758.0, 128, 81, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 2.46 ms\tBilled Duration: 417 ms\tMemory Size: 512 MB\tMax Memory Used: 76 MB\tInit Duration: 413.61 ms\t\n",
                (2.46, 417.0, 512, 76, Some(413.61), None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 344356.22 ms\tBilled Duration: 344756 ms\tMemory Size: 512 MB\tMax Memory Used: 311 MB\tInit Duration: 399.33 ms\t\n",
                (344_356.22, 344_756.0, 512, 311, Some(399.33), None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 136.00 ms\tBilled Duration: 136 ms\tMemory Size: 256 MB\tMax Memory Used: 256 MB\tStatus: error\tError Type: Runtime.OutOfMemory\nXRAY TraceId: 1-6b002111-1987ed7586dd9466778f04f9\tSegmentId: d4b858e618a3e10f\tSampled: true\t\n",
                (136.0, 136.0, 256, 256, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 31 MB\tStatus: timeout",
                (3000.0, 3000.0, 128, 31, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 8.51 ms\tBilled Duration: 9 ms\tMemory Size: 10240 MB\tMax Memory Used: 92 MB\tInit Duration: 1.53 ms\t\nXRAY TraceId: 1-5e6d2d38-8e9a8a2f1a9d4c1b2f3e4d5c\tSegmentId: 7d3b1f0e4d6a8c21\t\n",
                (8.51, 9.0, 10240, 92, Some(1.53), None),
            ),
            (
                "REPORT RequestId: ID\r\tDuration: 12 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\r\n",
                (12.0, 12.0, 128, 40, None, None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 15.5 ms\tBilled Duration: 16 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tA Later Figure: 3 ms\tInit Duration: 100.1 ms\t",
                (15.5, 16.0, 128, 40, Some(100.1), None),
            ),
            // One field a line, as a console copies it.
            (
                "REPORT RequestId: ID\nDuration: 13.82 ms\nBilled Duration: 129 ms\nMemory Size: 512 MB\nMax Memory Used: 95 MB\nRestore Duration: 204.27 ms\nBilled Restore Duration: 115 ms\n",
                (13.82, 129.0, 512, 95, None, Some(204.27)),
            ),
            // Tabs as a terminal widens them.
            (
                "REPORT RequestId: ID      Duration: 12.68 ms      Billed Duration: 309 ms Memory Size: 512 MB       Max Memory Used: 93 MB  Init Duration: 295.33 ms",
                (12.68, 309.0, 512, 93, Some(295.33), None),
            ),
            (
                "REPORT RequestId: ID\tDuration: 11.48 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 10 MB\tInit Duration: 0.00 ms\tStatus: error\tError Type: Runtime.InvalidEntrypoint\n",
                (11.48, 12.0, 128, 10, None, None),
            ),
        ];
        for (line, (duration, billed, size, used, init, restore)) in table {
            let (what, _) = read(&line.replace("ID", ID));
            let Some(What::Report(report)) = what else {
                panic!("{line:?} is no report");
            };
            assert_eq!(
                (report.duration_ms, report.billed_ms, report.memory_mb),
                (duration, Some(billed), Some(size)),
                "{line:?}"
            );
            assert_eq!(
                (report.max_memory_used_mb, report.init_ms, report.restore_ms),
                (Some(used), init, restore),
                "{line:?}"
            );
        }
        let traced = [10, 15, 17].map(|at| read(&table[at].0.replace("ID", ID)).0);
        for what in traced {
            let Some(What::Report(report)) = what else {
                panic!("no report");
            };
            let segment = report.trace.and_then(|trace| trace.segment.get());
            assert!(segment.is_some());
        }
    }

    #[test]
    fn init_and_restore_lines_of_all_ages_are_read() {
        let length = |line: &str| match read(line).0 {
            Some(What::InitReport { duration_ms, .. }) => Some(duration_ms),
            Some(What::RestoreReport { duration_ms, .. }) => duration_ms,
            _ => None,
        };
        for (line, expected) in [
            (
                "INIT_REPORT Init Duration: 10007.33 ms  Phase: init  Status: timeout",
                10_007.33,
            ),
            (
                "INIT_REPORT Init Duration: 10.17 ms Phase: init Status: error   Error Type: Runtime.ExitError",
                10.17,
            ),
            (
                "INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.UserCodeSyntaxError\n",
                150.79,
            ),
            (
                "INIT_REPORT Init Duration: 1670.77 ms   Phase: init     Status: error   Error Type: Runtime.Unknown",
                1670.77,
            ),
            (
                "INIT_REPORT Init Duration: 9999.79 ms    Phase: init    Status: timeout",
                9999.79,
            ),
            ("INIT_REPORT Init Duration: 9908.09 ms", 9908.09),
            (
                "INIT_REPORT Init Duration: 9804ms  Phase: init  Status: error  Error Type: Extension.Crash",
                9804.0,
            ),
            (
                "RESTORE_REPORT Restore Duration: 1236.04 ms Status: error Error Type: Runtime.ExitError",
                1236.04,
            ),
            (
                "INIT_REPORT Init Duration: 1236.04 ms\tPhase: invoke\tStatus: timeout\n",
                1236.04,
            ),
            ("RESTORE_REPORT Restore Duration: 474.16 ms\n", 474.16),
        ] {
            assert_eq!(length(line), Some(expected), "{line:?}");
        }
    }
}
