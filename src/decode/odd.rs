//! Whether a log event says something that cannot be. Ordinary events are told at a glance; only what a grammar could not
//! use is looked at again.

use bumpalo::Bump;

use super::words::{self, holds};
use super::{platform_json, platform_text};
use crate::model::fact::{Report, What};
use crate::model::json::Json;
use crate::model::message::Message;
use crate::model::odd::{Odd, OddKind};
use crate::model::record::LogLine;

/// CloudWatch takes no event older than 14 days or more than 2 hours ahead of its clock; an hour is let pass.
const OLDEST_MS: i64 = (14 * 24 + 1) * 3_600_000;
const AHEAD_MS: i64 = 3 * 3_600_000;

/// CloudWatch takes events of 1 MiB, of which it counts 26 bytes for what it writes beside the message.
const FULL: usize = (1 << 20) - 26;

/// The JSON reader goes no deeper.
const DEEPEST: usize = 128;

/// U+FFFD in UTF-8.
const REPLACEMENT: [u8; 3] = [0xef, 0xbf, 0xbd];

/// More of what stands where a figure should is not shown.
const LONGEST: usize = 40;

/// Figures of platform lines, as text and JSON name them.
const TEXT_FIGURES: [&str; 7] = [
    "Duration",
    "Billed Duration",
    "Memory Size",
    "Max Memory Used",
    "Init Duration",
    "Restore Duration",
    "Billed Restore Duration",
];
const JSON_FIGURES: [&str; 7] = [
    "durationMs",
    "billedDurationMs",
    "memorySizeMB",
    "maxMemoryUsedMB",
    "initDurationMs",
    "restoreDurationMs",
    "billedRestoreDurationMs",
];

/// What of an event cannot be; `what` is what the grammars read in it.
pub(super) fn of(line: &LogLine<'_>, what: Option<&What>) -> Option<Odd> {
    let found = |kind, words| Some(Odd { kind, words });
    if let Some(words) = moment(line) {
        return found(OddKind::Moment, words);
    }
    if let Some((name, value)) = figure(line.message, what) {
        let value: String = value.chars().take(LONGEST).collect();
        let rest = if is_length(&name, what) {
            "the line says that the run is over, not how long it was"
        } else {
            "the rest of the line counts"
        };
        let words = format!("{name}: {value} is no figure · {rest}");
        return found(OddKind::Figure, words);
    }
    if line.group.is_empty() {
        let words = "the event names no log group · --log-group NAME names it";
        return found(OddKind::Place, words.to_owned());
    }
    let (kind, words) = text(line.message)?;
    found(kind, words)
}

/// What of the text of an event cannot be, or was not read to its end.
fn text(message: Message<'_>) -> Option<(OddKind, String)> {
    let words = message.words();
    if words.len() >= FULL && message.text().len() >= FULL {
        let words = format!(
            "a message of {} bytes, as much as CloudWatch takes in one event · it is one line, what was longer was cut",
            message.text().len()
        );
        return Some((OddKind::Length, words));
    }
    if holds_no_letters(words) {
        let words = "the message holds NUL or U+FFFD, which stand for what is no text · the rest of it counts";
        return Some((OddKind::Letters, words.to_owned()));
    }
    (message.json().is_none() && is_too_deep(words)).then(|| {
        let words = format!(
            "the message is JSON that nests deeper than {DEEPEST} levels · it is one line, nothing in it was read"
        );
        (OddKind::Depth, words)
    })
}

/// Both are rare enough that a search for their first bytes passes over ordinary text at once.
fn holds_no_letters(message: &str) -> bool {
    let bytes = message.as_bytes();
    memchr::memchr2_iter(0, REPLACEMENT[0], bytes)
        .any(|at| bytes[at] == 0 || bytes[at..].starts_with(&REPLACEMENT))
}

fn is_too_deep(message: &str) -> bool {
    let bytes = message.as_bytes();
    if bytes.len() <= 2 * DEEPEST || !message.trim_start().starts_with(['{', '[']) {
        return false;
    }
    // Counted first, which is faster than to follow the text.
    if memchr::memchr2_iter(b'{', b'[', bytes)
        .nth(DEEPEST)
        .is_none()
    {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'{' | b'[' => depth += 1,
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

fn moment(line: &LogLine<'_>) -> Option<String> {
    let at = line.timestamp;
    if !at.can_be() {
        return Some(format!(
            "stamped {at} ({} ms), when nothing can have run · it counts all the same",
            at.0
        ));
    }
    let ingestion = line.ingestion?;
    let late = ingestion.since(at);
    (!(-AHEAD_MS..=OLDEST_MS).contains(&late)).then(|| {
        format!(
            "stamped {at} but ingested {ingestion}, which CloudWatch refuses · it counts all the same"
        )
    })
}

/// The first figure of a platform line that cannot be read as one.
fn figure(message: Message<'_>, what: Option<&What>) -> Option<(String, String)> {
    let whole = match what {
        None | Some(What::End { .. } | What::RuntimeDone { .. }) => false,
        Some(What::Report(report)) => is_whole(report),
        Some(_) => true,
    };
    if whole {
        return None;
    }
    if let Some(event) = message.json() {
        return figure_of_event(event);
    }
    let message = message.text();
    let is_text = ["REPORT ", "INIT_REPORT ", "RESTORE_REPORT "]
        .iter()
        .any(|lead| message.starts_with(lead));
    if is_text {
        let figures = platform_text::fields(message).filter(|(key, _)| TEXT_FIGURES.contains(key));
        return figures
            .filter(|(key, value)| {
                if key.contains("Memory") {
                    words::megabytes(value).is_none()
                } else {
                    words::milliseconds(value).is_none()
                }
            })
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .next();
    }
    if !(message.starts_with('{') && holds(message, platform_json::MARK)) {
        return None;
    }
    figure_of_event(&Json::parse(message, &Bump::new())?)
}

fn figure_of_event(event: &Json<'_>) -> Option<(String, String)> {
    if !platform_json::event_type(event)?.ends_with("eport") {
        return None;
    }
    let metrics = event.path(&["record", "metrics"])?.entries().iter();
    let known = metrics.filter(|(key, _)| JSON_FIGURES.contains(key));
    known
        .filter(|(_, value)| value.number().and_then(words::duration_ms).is_none())
        .map(|(key, value)| ((*key).to_owned(), value.shown()))
        .next()
}

/// Whether the figure is the length of a run: a REPORT without it only ends what START began.
fn is_length(name: &str, what: Option<&What>) -> bool {
    matches!(name, "Duration" | "durationMs")
        && matches!(what, Some(What::End { .. } | What::RuntimeDone { .. }))
}

/// Whether nothing that every REPORT has is missing.
fn is_whole(report: &Report) -> bool {
    report.billed_ms.is_some() && report.memory_mb.is_some() && report.max_memory_used_mb.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decoder;
    use crate::model::settings::Settings;
    use crate::model::symbols::Symbols;
    use crate::model::time::Timestamp;

    const ID: &str = "cea42185-a492-47f6-a9f2-4d7d690c43d6";
    const NOON: i64 = 1_795_168_800_000;

    fn odd(timestamp: i64, ingestion: Option<i64>, group: &str, message: &str) -> Option<Odd> {
        let decoder = Decoder::new(&Settings::default()).expect("no rules");
        let line = LogLine {
            group,
            stream: "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230",
            timestamp: Timestamp(timestamp),
            ingestion: ingestion.map(Timestamp),
            event_id: None,
            message: message.into(),
        };
        let fact = decoder.line(&line, Some("f"), &mut Symbols::default(), &Bump::new());
        of(&line, fact.as_ref().map(|fact| &fact.what))
    }

    fn words(timestamp: i64, ingestion: Option<i64>, message: &str) -> String {
        odd(timestamp, ingestion, "/aws/lambda/f", message)
            .map_or_else(String::new, |odd| odd.words)
    }

    #[test]
    fn moments_at_which_nothing_ran_are_named() {
        let day = 86_400_000;
        for (timestamp, ingestion, is_odd) in [
            (NOON, None, false),
            (NOON, Some(NOON + 120_000), false),
            (NOON, Some(NOON + 14 * day), false),
            (NOON, Some(NOON + 15 * day), true),
            (NOON, Some(NOON - 2 * 3_600_000), false),
            (NOON, Some(NOON - 4 * 3_600_000), true),
            (0, None, true),
            (-1, None, true),
            (253_402_300_799_000, None, true),
            (i64::MIN, Some(i64::MAX), true),
            (i64::MAX, None, true),
        ] {
            let said = words(timestamp, ingestion, "tick");
            assert_eq!(!said.is_empty(), is_odd, "{timestamp} {ingestion:?} {said}");
        }
        assert!(words(0, None, "tick").starts_with("stamped 1970-01-01T00:00:00.000Z (0 ms)"));
    }

    #[test]
    fn figures_that_are_none_are_named_with_what_stands_there() {
        let report = |duration: &str, memory: &str| {
            format!(
                "REPORT RequestId: {ID}\tDuration: {duration} ms\tBilled Duration: 2 ms\tMemory Size: {memory} MB\tMax Memory Used: 40 MB\t\n"
            )
        };
        let json = |duration: &str| {
            format!(
                r#"{{"type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":{duration},"billedDurationMs":2,"memorySizeMB":128,"maxMemoryUsedMB":40}}}}}}"#
            )
        };
        for (message, named) in [
            (report("1.5", "128"), ""),
            (report("-100.00", "128"), "Duration: -100.00 ms"),
            (report("NaN", "128"), "Duration: NaN ms"),
            (report("1e300", "128"), "Duration: 1e300 ms"),
            (report("1.5", "lots of"), "Memory Size: lots of MB"),
            (
                "INIT_REPORT Init Duration: -3 ms\tPhase: init".into(),
                "Init Duration: -3 ms",
            ),
            (json("1.5"), ""),
            (json("-7"), "durationMs: -7"),
            (json("\"soon\""), "durationMs: soon"),
            ("REPORT written to disk".into(), ""),
            (format!("REPORT RequestId: {ID}\tDura"), ""),
        ] {
            let said = words(NOON, None, &message);
            assert!(
                said.starts_with(named) && said.is_empty() == named.is_empty(),
                "{message}: {said}"
            );
        }
    }

    #[test]
    fn managed_instances_have_no_memory_and_are_not_odd() {
        let line = format!(
            r#"{{"type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":5.0}},"status":"success"}}}}"#
        );
        assert_eq!(words(NOON, None, &line), "");
    }

    /// Each beside the longest, deepest and strangest text that is ordinary.
    #[test]
    fn text_that_is_cut_no_text_or_too_deep_is_named() {
        let deep = |levels: usize| {
            let open = "{\"a\":".repeat(levels);
            format!("{open}1{}", "}".repeat(levels))
        };
        for (message, named) in [
            ("x".repeat(FULL - 1), ""),
            ("x".repeat(FULL), "a message of 1048550 bytes"),
            ("caf\u{e9} \u{ff21} \u{1f600} \u{fffe}".into(), ""),
            ("a\0b".into(), "the message holds NUL"),
            ("half a pair: \u{fffd}".into(), "the message holds NUL"),
            (deep(128), ""),
            (deep(129), "the message is JSON that nests deeper"),
            ("[".repeat(10_000), "the message is JSON that nests deeper"),
            (format!("[\"{}\"]", "[\\\"".repeat(500)), ""),
            (format!("[{}]", "[],".repeat(500)), ""),
            (format!("brackets {}", "[".repeat(500)), ""),
        ] {
            let said = words(NOON, None, &message);
            assert!(
                said.starts_with(named) && said.is_empty() == named.is_empty(),
                "{message:.40}: {said}"
            );
        }
    }

    #[test]
    fn an_event_without_a_group_is_named() {
        let odd = odd(NOON, None, "", "tick").expect("it belongs nowhere");
        assert_eq!(odd.kind, OddKind::Place);
        assert!(odd.words.contains("--log-group"));
    }
}
