//! Words and figures that several grammars share: phases, statuses, levels, durations.

use memchr::memmem;

use crate::model::fact::{InitType, Level, Phase, Status};

/// Whether a text holds another. For a few words in a short line this is far quicker than `str::contains`.
pub(super) fn holds(text: &str, wanted: &str) -> bool {
    memmem::find(text.as_bytes(), wanted.as_bytes()).is_some()
}

/// What stands behind the first `lead` in a text.
pub(super) fn behind<'a>(text: &'a str, lead: &str) -> Option<&'a str> {
    let at = memmem::find(text.as_bytes(), lead.as_bytes())?;
    Some(&text[at + lead.len()..])
}

/// The parts of a text between marks, which are ASCII. For short texts this is far quicker than `str::split`.
pub(super) fn parts(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = halves(text, mark);
        rest = cut.map(|(_, behind)| behind);
        Some(cut.map_or(text, |(part, _)| part))
    })
}

/// What stands before the first mark in a text, and what behind it. The mark is ASCII.
pub(super) fn halves(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(mark, text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

/// Where `: ` stands.
pub(super) fn colon(text: &str) -> Option<usize> {
    memchr::memchr_iter(b':', text.as_bytes()).find(|at| text[at + 1..].starts_with(' '))
}

/// No duration of Lambda is longer than this: a year in milliseconds.
const LONGEST_MS: f64 = 366.0 * 86_400_000.0;

/// `413.61 ms`, or the bare figure; `None` if it is negative, absurd or no number.
pub(super) fn milliseconds(value: &str) -> Option<f32> {
    duration_ms(number(value, "ms")?.parse().ok()?)
}

/// A duration that can be one.
pub(super) fn duration_ms(value: f64) -> Option<f32> {
    (0.0..=LONGEST_MS).contains(&value).then_some(value as f32)
}

/// `128 MB`, or the bare figure.
pub(super) fn megabytes(value: &str) -> Option<u32> {
    number(value, "MB")?.parse().ok()
}

/// The number before its unit, or the bare number. A field that nobody knows may stand behind it where spaces stand for tabs.
fn number<'a>(value: &'a str, unit: &str) -> Option<&'a str> {
    let mut words = value.split_ascii_whitespace();
    let number = words.next()?;
    match words.next() {
        Some(word) => (word == unit).then_some(number),
        None => Some(number.strip_suffix(unit).unwrap_or(number)),
    }
}

/// How a phase ended.
pub(super) fn status(word: &str) -> Option<Status> {
    match word {
        "success" => Some(Status::Success),
        "failure" => Some(Status::Failure),
        "error" => Some(Status::Error),
        "timeout" => Some(Status::Timeout),
        _ => None,
    }
}

pub(super) fn phase(word: &str) -> Option<Phase> {
    match word {
        "init" => Some(Phase::Init),
        "invoke" => Some(Phase::Invoke),
        "restore" => Some(Phase::Restore),
        "snap-start" => Some(Phase::SnapStart),
        _ => None,
    }
}

pub(super) fn init_type(word: &str) -> Option<InitType> {
    match word {
        "on-demand" => Some(InitType::OnDemand),
        "provisioned-concurrency" => Some(InitType::ProvisionedConcurrency),
        "snap-start" => Some(InitType::SnapStart),
        "lambda-managed-instances" => Some(InitType::ManagedInstances),
        _ => None,
    }
}

/// A log level in the spellings of the runtimes and their loggers; `None` for any other word.
pub(super) fn level(word: &str) -> Option<Level> {
    const LEVELS: [(&str, Level); 17] = [
        ("INFO", Level::Info),
        ("WARN", Level::Warn),
        ("ERROR", Level::Error),
        ("DEBUG", Level::Debug),
        ("WARNING", Level::Warn),
        ("TRACE", Level::Trace),
        ("FATAL", Level::Fatal),
        ("CRITICAL", Level::Fatal),
        ("INFORMATION", Level::Info),
        ("SEVERE", Level::Error),
        ("FAIL", Level::Error),
        ("CRIT", Level::Fatal),
        ("DBUG", Level::Debug),
        ("TRCE", Level::Trace),
        ("NOTICE", Level::Info),
        ("PANIC", Level::Fatal),
        ("VERBOSE", Level::Trace),
    ];
    LEVELS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, level)| *level)
}
