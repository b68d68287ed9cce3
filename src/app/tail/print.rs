//! Lines on standard output: for people, or one JSON object a line for pipes (README, "Tail").

use serde::Serialize;

use super::line::{Kind, Line};
use super::price;
use crate::export::shown_json;
use crate::model::fact::{Level, Report};
use crate::model::placed;
use crate::model::record::Gap;
use crate::model::text::plain;
use crate::model::time::Timestamp;
use crate::ui::figures;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Json,
    /// For people; `color`: the terminal shows it.
    Text {
        color: bool,
    },
}

/// One line of the contract. What is unknown is null.
#[derive(Serialize)]
struct Row<'a> {
    timestamp: Timestamp,
    ingestion_time: Option<Timestamp>,
    function: Option<&'a str>,
    log_group: &'a str,
    log_stream: &'a str,
    event_id: Option<&'a str>,
    request_id: Option<String>,
    trace_id: Option<String>,
    level: Option<String>,
    kind: String,
    late: bool,
    message: &'a str,
}

#[derive(Serialize)]
struct GapRow<'a> {
    gap: GapFields<'a>,
}

#[derive(Serialize)]
struct GapFields<'a> {
    from: Timestamp,
    to: Timestamp,
    log_group: &'a str,
    why: String,
    /// When it was read after all; left out while it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    filled: Option<Timestamp>,
}

/// The line as it is written, with its line end; empty if people need not see it.
pub(super) fn line(line: &Line, style: Style, arm: bool) -> String {
    match style {
        Style::Json => shown_json::line(&Row {
            timestamp: line.record.timestamp,
            ingestion_time: line.record.ingestion,
            function: line.function.as_deref(),
            log_group: &line.record.group,
            log_stream: &line.record.stream,
            event_id: line.record.event_id.as_deref(),
            request_id: line.request_id.map(|id| id.to_string()),
            trace_id: line.trace.map(|id| id.to_string()),
            level: line.level.map(|level| level.to_string()),
            kind: line.kind.to_string(),
            late: line.late,
            message: &line.record.message,
        }),
        Style::Text { color } => text(line, color, arm),
    }
}

/// A stretch that was not seen, and when it was read after all.
pub(super) fn gap(gap: &Gap, filled: Option<Timestamp>, style: Style) -> String {
    match style {
        Style::Json => shown_json::line(&GapRow {
            gap: GapFields {
                from: gap.from,
                to: gap.to,
                log_group: &gap.group,
                why: gap.why.to_string(),
                filled,
            },
        }),
        Style::Text { .. } => format!(
            "┄ gap {}–{} · {} · {}{} ┄\n",
            figures::clock(gap.from),
            figures::clock(gap.to),
            gap.why,
            plain(&gap.group),
            filled.map_or_else(String::new, |at| format!(
                " · filled {}",
                figures::clock(at)
            ))
        ),
    }
}

/// Up to which time everything has arrived, for people.
pub(super) fn complete(until: Timestamp, style: Style) -> Option<String> {
    let line = || format!("── {} complete to here ──\n", figures::clock(until));
    matches!(style, Style::Text { .. }).then(line)
}

/// `time place request LEVEL message`, the place where there are several; the figures of an invocation stand on its last line.
fn text(line: &Line, color: bool, arm: bool) -> String {
    let id = line.request_id.map(|id| id.to_string()).unwrap_or_default();
    let message = match (line.kind, &line.report) {
        // REPORT follows and says more.
        (Kind::End, _) => return String::new(),
        (Kind::Start, _) => format!("START {id}"),
        (_, Some(report)) => end(report, line.failure.as_deref(), arm),
        _ => indented(&line.text),
    };
    let level = line
        .level
        .map(|level| level.to_string())
        .unwrap_or_default();
    let late = match line.record.ingestion {
        Some(ingestion) if line.late => {
            let by = ingestion.since(line.record.timestamp).max(0) as f64;
            format!("  (late by {})", figures::duration(by))
        }
        _ if line.late => "  (late)".to_owned(),
        _ => String::new(),
    };
    let (paint, plain_again) = match paint(line) {
        Some(code) if color => (code, "\u{1b}[0m"),
        _ => ("", ""),
    };
    let place = placed::place(&line.record.group);
    let place = place.map_or_else(String::new, |place| format!("  {}", plain(place)));
    format!(
        "{}{place}  {:8.8}  {paint}{level:5}  {message}{plain_again}{late}\n",
        figures::clock_ms(line.record.timestamp),
        id,
    )
}

/// Severity has a colour; what the platform says is dim.
fn paint(line: &Line) -> Option<&'static str> {
    if line.failure.is_some() {
        return Some("\u{1b}[31m");
    }
    match (line.level, line.kind) {
        (Some(Level::Error | Level::Fatal), _) => Some("\u{1b}[31m"),
        (Some(Level::Warn), _) => Some("\u{1b}[33m"),
        (_, Kind::App) => None,
        _ => Some("\u{1b}[2m"),
    }
}

/// `END 1.01 s · billed 1.01 s · 118 of 512 MB · ok · ~$0.0000086`
fn end(report: &Report, failure: Option<&str>, arm: bool) -> String {
    let duration = |ms: f32| figures::duration(f64::from(ms));
    let mut parts = vec![format!("END {}", duration(report.duration_ms))];
    parts.extend(report.init_ms.map(|ms| format!("init {}", duration(ms))));
    parts.extend(
        report
            .restore_ms
            .map(|ms| format!("restore {}", duration(ms))),
    );
    parts.extend(
        report
            .billed_ms
            .map(|ms| format!("billed {}", duration(ms))),
    );
    if let (Some(used), Some(size)) = (report.max_memory_used_mb, report.memory_mb) {
        parts.push(format!("{used} of {size} MB"));
    }
    parts.push(failure.map_or_else(
        || "ok".to_owned(),
        |failure| format!("! {}", plain(failure)),
    ));
    parts.extend(price::of(report, arm).map(|dollars| format!("~${dollars:.7}")));
    parts.join(" · ")
}

/// Lines of one event stay together: those after the first are indented.
fn indented(text: &str) -> String {
    let mut lines = text
        .lines()
        .map(plain)
        .filter(|line| !line.trim().is_empty());
    let mut shown = lines.next().unwrap_or_default().into_owned();
    for line in lines {
        shown.push_str("\n      ");
        shown.push_str(&line);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::RequestId;
    use crate::model::record::{GapReason, LogRecord};

    fn a_line(message: &str) -> Line {
        Line {
            record: LogRecord {
                group: "/aws/lambda/pay".into(),
                stream: "2026/11/20/[$LATEST]aa".into(),
                timestamp: Timestamp(1_795_168_801_274),
                ingestion: Some(Timestamp(1_795_168_815_274)),
                event_id: Some("17".into()),
                message: message.into(),
            },
            late: false,
            kind: Kind::App,
            function: Some("pay".to_owned()),
            request_id: RequestId::parse("d46f2f88-b8fa-4993-b8be-c756d697f8b1"),
            trace: None,
            level: Some(Level::Error),
            text: message.to_owned(),
            report: None,
            failure: None,
        }
    }

    const PLAIN: Style = Style::Text { color: false };

    #[test]
    fn a_json_line_has_the_fields_of_the_contract_in_its_order() {
        let shown = line(&a_line("no \u{9b}31m colour\n"), Style::Json, false);
        assert_eq!(
            shown,
            concat!(
                r#"{"timestamp":"2026-11-20T10:00:01.274Z","ingestion_time":"2026-11-20T10:00:15.274Z","#,
                r#""function":"pay","log_group":"/aws/lambda/pay","log_stream":"2026/11/20/[$LATEST]aa","event_id":"17","#,
                r#""request_id":"d46f2f88-b8fa-4993-b8be-c756d697f8b1","trace_id":null,"level":"ERROR","kind":"app","#,
                r#""late":false,"message":"no \u009b31m colour\n"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn people_see_time_request_level_and_message_and_how_late_it_came() {
        let late = Line {
            late: true,
            ..a_line("refused\n  at pay\u{1b}[2J (x.js)\n")
        };
        assert_eq!(
            line(&late, PLAIN, false),
            "10:00:01.274  d46f2f88  ERROR  refused\n        at pay (x.js)  (late by 14.0 s)\n"
        );
    }

    #[test]
    fn the_name_of_a_place_cannot_act_on_the_terminal() {
        let mut placed = a_line("refused");
        placed.record.group = "/aws/lambda/pay@eu-west-1/a\u{1b}[2Jb".into();
        assert_eq!(
            line(&placed, PLAIN, false),
            "10:00:01.274  eu-west-1/ab  d46f2f88  ERROR  refused\n"
        );
    }

    #[test]
    fn the_end_of_an_invocation_shows_its_figures_and_cost() {
        let report = Report {
            duration_ms: 1_010.0,
            billed_ms: Some(1_011.0),
            memory_mb: Some(512),
            max_memory_used_mb: Some(118),
            ..Report::default()
        };
        let ended = Line {
            kind: Kind::Report,
            level: None,
            report: Some(report),
            failure: Some("timeout".to_owned()),
            ..a_line("")
        };
        // 1.011 s × 0.5 GB × $0.0000166667 + $0.0000002 = $0.0000086
        assert_eq!(
            line(&ended, PLAIN, false),
            "10:00:01.274  d46f2f88         END 1.01 s · billed 1.01 s · 118 of 512 MB · ! timeout · ~$0.0000086\n"
        );
        let end = Line {
            kind: Kind::End,
            ..a_line("END RequestId: x")
        };
        assert_eq!(line(&end, PLAIN, false), "", "REPORT follows");
    }

    #[test]
    fn a_gap_is_a_line_of_its_own() {
        let seen = Gap {
            group: "/aws/lambda/pay".into(),
            from: Timestamp(1_795_168_801_000),
            to: Timestamp(1_795_168_802_000),
            why: GapReason::Throttled,
        };
        assert_eq!(
            gap(&seen, None, Style::Json),
            concat!(
                r#"{"gap":{"from":"2026-11-20T10:00:01.000Z","to":"2026-11-20T10:00:02.000Z","#,
                r#""log_group":"/aws/lambda/pay","why":"throttled"}}"#,
                "\n"
            )
        );
        assert_eq!(
            gap(&seen, None, PLAIN),
            "┄ gap 10:00:01–10:00:02 · throttled · /aws/lambda/pay ┄\n"
        );
    }
}
