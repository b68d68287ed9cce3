//! A log line as people read it: level and message apart, platform lines as their figures. Any text is taken; what is not
//! recognised stays as it is.

use serde_json::{Map, Value};

use super::figures;
use super::glyphs;
use super::text::Text;
use super::theme::Role;

/// Longest stretch of a line that is looked at for the one row it gets, in bytes.
const HEAD: usize = 4_096;

/// A line taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `ERROR`, `WARN`, …; platform lines have none.
    pub level: Option<Level>,
    pub message: Text,
}

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "INFO" | "INFORMATION" | "NOTICE" => Self::Info,
            "WARN" | "WARNING" => Self::Warn,
            "ERROR" | "FATAL" | "CRITICAL" | "SEVERE" => Self::Error,
            _ => return None,
        })
    }

    /// Its colour.
    pub fn role(self) -> Role {
        match self {
            Self::Error => Role::Error,
            Self::Warn => Role::Strong,
            Self::Info => Role::Text,
            Self::Debug | Self::Trace => Role::Dim,
        }
    }
}

/// Takes a line apart.
pub fn show(line: &str) -> Shown {
    let line = line.trim_end();
    if line.starts_with('{')
        && let Ok(Value::Object(object)) = serde_json::from_str::<Value>(line)
    {
        return json(&object, line);
    }
    let head = head(line);
    let shown = platform(head).unwrap_or_else(|| text(head));
    Shown {
        level: shown.level.or(times_out(head).then_some(Level::Error)),
        ..shown
    }
}

/// Lambda writes this without a level, though nothing is louder.
fn times_out(line: &str) -> bool {
    line.contains("Task timed out after")
}

/// Whether a line tells of a failure.
pub fn is_error(line: &str) -> bool {
    let shown = show(line);
    shown.level == Some(Level::Error) || times_out(head(line))
}

/// The line, or as much of its beginning as one row may need.
fn head(line: &str) -> &str {
    let mut end = line.len().min(HEAD);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

/// The object that a line holds, one field a line; nothing for other lines.
pub fn unfolded(line: &str) -> Vec<Text> {
    let start = line.find('{').unwrap_or(line.len());
    match serde_json::from_str::<Value>(line[start..].trim_end()) {
        Ok(value @ Value::Object(_)) => serde_json::to_string_pretty(&value)
            .map(|pretty| pretty.lines().map(|field| Text::new(head(field))).collect())
            .unwrap_or_default(),
        _ => line.lines().map(|part| Text::new(head(part))).collect(),
    }
}

/// The object that a line holds, one field a line and no more than fit beside other lines; nothing for other lines.
pub fn object(line: &str) -> Vec<Text> {
    let start = line.find('{').unwrap_or(line.len());
    let is_object = serde_json::from_str::<Map<String, Value>>(line[start..].trim_end()).is_ok();
    let mut fields = if is_object {
        unfolded(line)
    } else {
        Vec::new()
    };
    if fields.len() > OBJECT {
        let more = (fields.len() - OBJECT + 1) as u64;
        fields.truncate(OBJECT - 1);
        let more = format!("… {}", figures::number_of(more, "more lines"));
        fields.push(Text::of(Role::Dim, &more));
    }
    fields
}

/// Lines of one unfolded object among other lines at most.
const OBJECT: usize = 16;

fn json(object: &Map<String, Value>, line: &str) -> Shown {
    if let Some(kind) = object.get("type").and_then(Value::as_str)
        && let Some(kind) = kind.strip_prefix("platform.")
    {
        let record = object.get("record").and_then(Value::as_object);
        return Shown {
            level: None,
            message: platform_json(kind, record),
        };
    }
    let level = ["level", "log_level", "severity"]
        .iter()
        .find_map(|field| object.get(*field));
    let level = level.and_then(Value::as_str).and_then(Level::parse);
    let message = ["message", "msg", "errorMessage"]
        .iter()
        .find_map(|field| object.get(*field));
    let message = match message {
        Some(Value::String(message)) => message.clone(),
        Some(other) => other.to_string(),
        None => head(line).to_owned(),
    };
    Shown {
        level,
        message: Text::new(&message),
    }
}

fn platform_json(kind: &str, record: Option<&Map<String, Value>>) -> Text {
    let metrics = record.and_then(|record| record.get("metrics"));
    let metric = |name: &str| metrics?.get(name)?.as_f64();
    let word = |name: &str| record?.get(name)?.as_str();
    match kind {
        "initStart" => init(word("runtimeVersion").unwrap_or_default()),
        "start" => start(word("version").unwrap_or_default()),
        "report" => report(&Report {
            duration: metric("durationMs"),
            billed: metric("billedDurationMs"),
            memory: metric("memorySizeMB"),
            used: metric("maxMemoryUsedMB"),
            init: metric("initDurationMs"),
            status: word("status").filter(|status| *status != "success"),
        }),
        _ => {
            let text = Text::of(Role::Dim, kind);
            match record {
                Some(record) => {
                    text.and(Role::Text, &format!(" {}", Value::Object(record.clone())))
                }
                None => text,
            }
        }
    }
}

#[derive(Default)]
struct Report<'a> {
    duration: Option<f64>,
    billed: Option<f64>,
    memory: Option<f64>,
    used: Option<f64>,
    init: Option<f64>,
    status: Option<&'a str>,
}

fn init(runtime: &str) -> Text {
    Text::of(Role::Cold, glyphs::COLD).and(Role::Text, &format!(" INIT {runtime}"))
}

fn start(version: &str) -> Text {
    Text::of(Role::Dim, &format!("START version {version}"))
}

fn report(report: &Report<'_>) -> Text {
    let mut words = vec![format!(
        "REPORT {}",
        figures::duration_or_unknown(report.duration)
    )];
    if let Some(billed) = report.billed {
        words.push(format!("billed {}", figures::duration(billed)));
    }
    if let (Some(used), Some(memory)) = (report.used, report.memory) {
        words.push(format!("{used:.0} of {memory:.0} MB"));
    }
    if let Some(init) = report.init {
        words.push(format!("init {}", figures::duration(init)));
    }
    let text = Text::new(&words.join(" · "));
    match report.status {
        Some(status) => text.and(Role::Error, &format!(" · ! {status}")),
        None => text,
    }
}

/// The runtime's own lines in text form.
fn platform(line: &str) -> Option<Shown> {
    let (first, rest) = line.split_once(' ')?;
    let after = |label: &str| {
        let from = rest.find(label)? + label.len();
        rest[from..].split(['\t', '\n']).next().map(str::trim)
    };
    let number = |label: &str| after(label)?.split(' ').next()?.parse().ok();
    let message = match first {
        "INIT_START" | "RESTORE_START" => init(after("Runtime Version: ").unwrap_or(rest)),
        "START" if rest.starts_with("RequestId:") => start(after("Version: ").unwrap_or_default()),
        "END" if rest.starts_with("RequestId:") => Text::of(Role::Dim, "END"),
        "REPORT" => report(&Report {
            duration: number("\tDuration: ").or_else(|| number(" Duration: ")),
            billed: number("Billed Duration: "),
            memory: number("Memory Size: "),
            used: number("Max Memory Used: "),
            init: number("Init Duration: "),
            status: after("Status: "),
        }),
        _ => return None,
    };
    Some(Shown {
        level: None,
        message,
    })
}

/// An application's line: `time id LEVEL message` between tabs (node), `[LEVEL] time id message` (python), else as it is.
fn text(line: &str) -> Shown {
    let parts: Vec<&str> = line.splitn(4, '\t').collect();
    if let [time, id, level, message] = parts[..] {
        if let Some(level) = Level::parse(level)
            && time.starts_with(|letter: char| letter.is_ascii_digit())
        {
            return of_text(Some(level), message);
        }
        if let Some(level) = bracketed(time)
            && id.starts_with(|letter: char| letter.is_ascii_digit())
        {
            return of_text(Some(level), message);
        }
    }
    let word = line.split([' ', '\t', ':']).next().unwrap_or_default();
    match bracketed(word).or_else(|| Level::parse(word)) {
        Some(level) => {
            let rest = line[word.len()..].trim_start_matches([' ', '\t', ':']);
            of_text(Some(level), rest)
        }
        None => of_text(None, line),
    }
}

fn of_text(level: Option<Level>, message: &str) -> Shown {
    Shown {
        level,
        message: Text::new(message.trim()),
    }
}

fn bracketed(word: &str) -> Option<Level> {
    Level::parse(word.strip_prefix('[')?.strip_suffix(']')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> (Option<Level>, String) {
        let shown = show(line);
        (shown.level, shown.message.characters())
    }

    #[test]
    fn level_and_message_are_told_apart_in_every_runtimes_way() {
        let id = "0c6f1d2e-83b5-4f0a-9d77-5be2c09c41aa";
        for line in [
            format!("2026-03-03T14:04:18.330Z\t{id}\tWARN\tpayment refused\n"),
            format!("[WARNING]\t2026-03-03T14:04:18.330Z\t{id}\tpayment refused"),
            "{\"level\":\"warn\",\"message\":\"payment refused\",\"tries\":3}".to_owned(),
            "WARN payment refused".to_owned(),
            "[WARN] payment refused".to_owned(),
        ] {
            assert_eq!(
                shown(&line),
                (Some(Level::Warn), "payment refused".to_owned()),
                "{line}"
            );
        }
        assert_eq!(
            shown("payment refused"),
            (None, "payment refused".to_owned())
        );
    }

    #[test]
    fn platform_lines_become_their_figures_in_text_and_json() {
        let text = "REPORT RequestId: 0c6f1d2e\tDuration: 41310.88 ms\tBilled Duration: 41953 ms\tMemory Size: 512 MB\tMax Memory Used: 212 MB\tInit Duration: 642.10 ms\t\n";
        let json = r#"{"time":"2026-03-03T14:04:58.950Z","type":"platform.report","record":{"metrics":{"durationMs":41310.88,"billedDurationMs":41953,"memorySizeMB":512,"maxMemoryUsedMB":212,"initDurationMs":642.1},"status":"success"}}"#;
        for line in [text, json] {
            let words = "REPORT 41.3 s · billed 42.0 s · 212 of 512 MB · init 642 ms";
            assert_eq!(shown(line), (None, words.to_owned()));
        }
        let timeout = "REPORT RequestId: 0c6f\tDuration: 6000.00 ms\tStatus: timeout";
        assert_eq!(shown(timeout).1, "REPORT 6.00 s · ! timeout");
        assert_eq!(
            shown("START RequestId: 0c6f Version: 9\n").1,
            "START version 9"
        );
        assert_eq!(
            shown("INIT_START Runtime Version: python:3.12.v58\tRuntime Version ARN: x").1,
            "▒ INIT python:3.12.v58"
        );
    }

    #[test]
    fn odd_lines_stay_what_they_are() {
        let deep = format!("{{\"a\":{}", "[".repeat(20_000));
        assert_eq!(show(&deep).level, None);
        assert_eq!(shown("").1, "");
        assert_eq!(shown("REPORT").1, "REPORT");
        let long = format!("{}é", "x".repeat(HEAD - 1));
        assert_eq!(shown(&long).1.len(), HEAD - 1, "cut at a whole letter");
    }
}
