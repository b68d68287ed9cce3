//! Exceptions of every runtime, out of text or JSON: type, normalised message, frames of the function's own code.

mod frames;
mod message;

use super::header::Header;
use super::words::{behind, holds};
use crate::model::fact::{Exception, Level};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// An exception as a line shows it, before it is normalised.
struct Raised<'a> {
    kind: &'a str,
    message: &'a str,
    /// The line's text from where frames may stand.
    stack: &'a str,
    unhandled: bool,
}

impl Raised<'_> {
    fn intern(&self, symbols: &mut Symbols) -> Exception {
        Exception {
            error_type: symbols.intern(self.kind),
            message: symbols.intern(&message::normalise(self.message)),
            frames: symbols.intern(&frames::own(self.stack)),
            unhandled: self.unhandled,
        }
    }
}

/// The exception in a text line. Runtimes write unhandled ones in forms of their own; a stack under any other text was
/// logged by the application.
pub(super) fn in_text(
    header: &Header<'_>,
    message: &str,
    symbols: &mut Symbols,
) -> Option<Exception> {
    let rest = header.rest;
    let raised = python_unhandled(message)
        .or_else(|| panic(rest))
        .or_else(|| java_unhandled(rest))
        .or_else(|| traceback(rest))
        .or_else(|| stack(rest, header.is_fail))
        .or_else(|| bare(header))?;
    Some(raised.intern(symbols))
}

/// `[ERROR] Type: message`, then the traceback. Python's runtime writes a space after the level, its loggers a tab.
fn python_unhandled(message: &str) -> Option<Raised<'_>> {
    let rest = message.strip_prefix("[ERROR] ")?;
    let (kind, text) = kind_and_message(first_line(rest))?;
    let has_traceback = holds(rest, TRACEBACK);
    (has_traceback || is_of_the_runtime(kind)).then_some(Raised {
        kind,
        message: text,
        stack: rest,
        unhandled: true,
    })
}

const TRACEBACK: &str = "Traceback (most recent call last)";

fn is_of_the_runtime(kind: &str) -> bool {
    ["Runtime.", "Extension.", "Sandbox."]
        .iter()
        .any(|prefix| kind.starts_with(prefix))
}

/// Go's `panic: message` over goroutines, Rust's `thread 'main' panicked at src/main.rs:5:9:` over its message. Both end
/// the handler.
fn panic(rest: &str) -> Option<Raised<'_>> {
    if let Some(text) = rest.strip_prefix("panic: ") {
        return holds(rest, "goroutine ").then_some(Raised {
            kind: "panic",
            message: first_line(text).trim_end_matches(" [recovered]"),
            stack: rest,
            unhandled: true,
        });
    }
    if !rest.starts_with("thread '") {
        return None;
    }
    let text = behind(rest, " panicked at ")?;
    if rest[..rest.len() - text.len()].contains('\n') {
        return None;
    }
    let place = first_line(text);
    let message = match text.strip_prefix('\'') {
        // Before Rust 1.73 the message stood in front of the place.
        Some(quoted) => quoted
            .split_once("', ")
            .map_or(place, |(message, _)| message),
        None => text[place.len()..]
            .trim_start()
            .lines()
            .next()
            .unwrap_or(""),
    };
    Some(Raised {
        kind: "panic",
        message,
        stack: text,
        unhandled: true,
    })
}

/// Java's runtime writes `message: class`, then the stack, which starts with the same class.
fn java_unhandled(rest: &str) -> Option<Raised<'_>> {
    let head = first_line(rest);
    let stack = rest[head.len()..].trim_start_matches(['\n', '\r']);
    let (message, kind) = head.rsplit_once(": ")?;
    let is_class = kind.contains('.') && is_type_name(kind);
    (is_class && stack.starts_with(kind) && stack.contains("at ")).then_some(Raised {
        kind,
        message,
        stack,
        unhandled: true,
    })
}

/// A traceback that an application logged: its last line that is not indented says what was raised.
fn traceback(rest: &str) -> Option<Raised<'_>> {
    let at = memchr::memmem::find(rest.as_bytes(), TRACEBACK.as_bytes())?;
    let stack = &rest[at..];
    let last = lines(stack)
        .skip(1)
        .filter(|line| !line.starts_with([' ', '\t', '\u{a0}']) && !line.is_empty())
        .find_map(kind_and_message)?;
    Some(Raised {
        kind: last.0,
        message: last.1,
        stack,
        unhandled: false,
    })
}

/// `Type: message` over lines of `at …`: node, Java and .NET. What .NET wrote to standard error in this form came from
/// its runtime.
fn stack(rest: &str, is_fail: bool) -> Option<Raised<'_>> {
    let mut above = "";
    for line in lines(rest).take(20) {
        let text = line.trim_start_matches([' ', '\t']);
        if text.len() < line.len() && text.starts_with("at ") {
            let (kind, message) = kind_inside(above)?;
            return Some(Raised {
                kind,
                message,
                stack: rest,
                unhandled: is_fail && rest.starts_with(kind),
            });
        }
        if above.is_empty() || kind_inside(line).is_some() {
            above = line;
        }
    }
    None
}

/// `SmtpError: 450 mailbox busy` at level ERROR or above, without a stack.
fn bare<'a>(header: &Header<'a>) -> Option<Raised<'a>> {
    if header.level < Some(Level::Error) {
        return None;
    }
    let (kind, message) = kind_and_message(first_line(header.rest))?;
    Some(Raised {
        kind,
        message,
        stack: "",
        unhandled: false,
    })
}

/// The exception that an object describes: `errorType` and `errorMessage` (the runtimes), `name` or `type` and `message`
/// with a stack (loggers), `exception_name` and `exception` (Powertools). `unhandled` says how it stands in its line.
pub(super) fn in_object(
    object: &Json<'_>,
    unhandled: bool,
    symbols: &mut Symbols,
) -> Option<Exception> {
    let text = |keys: &[&str]| object.first_of(keys).and_then(Json::text);
    let stack = object.first_of(&STACKS);
    let kind = match (text(&["errorType"]), text(&["exception_name"])) {
        (Some(kind), _) | (_, Some(kind)) => Some(kind),
        _ => stack.and_then(|_| text(&["name", "type", "Type", "ClassName", "class"])),
    };
    let joined = stack.map(frames::text_of).unwrap_or_default();
    // A stack alone names the type in its first or last line.
    let Some(kind) = kind else {
        let raised = traceback(&joined).or_else(|| self::stack(&joined, false))?;
        return Some(raised.intern(symbols));
    };
    let message = text(&[
        "errorMessage",
        "exception_message",
        "message",
        "Message",
        "msg",
    ]);
    // ruby wraps the class: `Function<NoMethodError>`.
    let bare = kind
        .strip_prefix("Function<")
        .and_then(|kind| kind.strip_suffix('>'));
    let raised = Raised {
        kind: bare.unwrap_or(kind),
        message: message.unwrap_or(""),
        stack: &joined,
        unhandled,
    };
    Some(raised.intern(symbols))
}

const STACKS: [&str; 8] = [
    "stackTrace",
    "stack",
    "stack_trace",
    "stacktrace",
    "StackTrace",
    "exception",
    "exc_info",
    "trace",
];

/// Of these the runtime is gone: the service tells the caller, no runtime tells of itself.
const OF_THE_SERVICE: [&str; 4] = [
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Extension.Crash",
    "Sandbox.Timedout",
];

/// Whether an object is the runtime's own account of an exception: its fields and nothing that a logger adds. The service's answer to a
/// caller has the same form.
pub(super) fn is_runtime_account(object: &Json<'_>) -> bool {
    const FIELDS: [&str; 10] = [
        "errorType",
        "errorMessage",
        "stackTrace",
        "stack",
        "trace",
        "cause",
        "timestamp",
        "log_level",
        "requestId",
        "location",
    ];
    let kind = object.get("errorType");
    kind.is_some_and(|kind| {
        !kind
            .text()
            .is_some_and(|kind| OF_THE_SERVICE.contains(&kind))
    }) && object.get("errorMessage").is_some()
        && object.entries().iter().all(|(key, value)| {
            // node repeats the fields an error carries: `code`, `errno`, `reason`, …
            FIELDS.contains(key) || !matches!(value, Json::Object(_))
        })
}

/// `Type: message` at the start of a line; `None` if what stands before the colon is no type name.
fn kind_and_message(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (kind, message) = line.split_once(':').unwrap_or((line, ""));
    (is_type_name(kind) && looks_raised(kind)).then_some((kind, message.trim_start()))
}

/// As [`kind_and_message`], also behind a few words: `Failed: TypeError: x`, `2026/11/20 java.lang.Error: y`.
fn kind_inside(line: &str) -> Option<(&str, &str)> {
    let mut rest = line;
    for _ in 0..6 {
        if let Some(found) = kind_and_message(rest) {
            return Some(found);
        }
        rest = rest.split_once([' ', '\t'])?.1;
    }
    None
}

fn is_type_name(name: &str) -> bool {
    let known =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | ':' | '<' | '>' | '`' | '+');
    !name.is_empty() && name.len() <= 200 && name.chars().all(known)
}

/// Languages name what is raised so; anything else before a colon is prose.
fn looks_raised(kind: &str) -> bool {
    let last = kind.rsplit(['.', ':', '$']).next().unwrap_or(kind);
    let starts_upper = last.starts_with(|c: char| c.is_ascii_uppercase());
    let says_so = [
        "Error",
        "Exception",
        "Failure",
        "Interrupt",
        "Exit",
        "Timeout",
        "Fault",
        "Warning",
    ]
    .iter()
    .any(|end| last.ends_with(end));
    starts_upper && (says_so || is_of_the_runtime(kind))
}

fn first_line(text: &str) -> &str {
    &text[..text.find(['\n', '\r']).unwrap_or(text.len())]
}

/// Lines of an event: in JSON mode some runtimes join them by `\r`.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}
