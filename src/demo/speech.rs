//! Lines of applications, by runtime and library, and the runtime's words about failures.

use super::lines::{About, Root, arn};
use super::program::Level;
use super::shop::{Logs, Runtime};
use super::stamp::{Micros, Stamp};
use super::text::{put, quote, quote_inner};

/// What an application says: text, or a whole JSON value that it was given.
#[derive(Clone, Copy)]
pub(super) enum Message<'a> {
    Text(&'a str),
    Json(&'a str),
}

/// A line of the application. `data` are members of a JSON object without its braces; may be empty.
pub(super) fn said(
    out: &mut String,
    about: &About<'_>,
    (at, level): (Micros, Level),
    message: Message<'_>,
    data: &str,
) {
    let spec = about.spec;
    match spec.logs {
        Logs::TextPowertools | Logs::JsonPowertools => {
            powertools(out, about, at, level, message, data);
        }
        Logs::Json | Logs::JsonDebug => json(out, about, at, level, message, data),
        Logs::Text => {
            text_prefix(out, about, at, level);
            match message {
                Message::Text(text) => out.push_str(text),
                Message::Json(json) => put!(out, "Received event: {json}"),
            }
            if !data.is_empty() {
                put!(out, " {{{data}}}");
            }
            out.push('\n');
        }
    }
}

fn text_prefix(out: &mut String, about: &About<'_>, at: Micros, level: Level) {
    let request = about.request;
    let word = level.word();
    match about.spec.runtime {
        Runtime::Node => put!(out, "{}\t{request}\t{word}\t", Stamp::Iso(at)),
        Runtime::Python => {
            let word = if level == Level::Warn {
                "WARNING"
            } else {
                word
            };
            put!(out, "[{word}]\t{}\t{request}\t", Stamp::Iso(at));
        }
        Runtime::Dotnet => {
            let word = match level {
                Level::Info => "info",
                Level::Warn => "warn",
                Level::Error => "fail",
            };
            put!(out, "{}\t{request}\t{word}\t", Stamp::Iso(at));
        }
        Runtime::Java => put!(out, "{request} {word} com.example.shop.Handler - "),
        Runtime::Go => put!(out, "{} ", Stamp::Go(at)),
        Runtime::Ruby => put!(
            out,
            "{}, [{} #8] {word:>5} -- : ",
            &word[..1],
            Stamp::Ruby(at)
        ),
        Runtime::Rust => put!(out, "{}  {word} ", Stamp::Iso(at)),
    }
}

fn json(
    out: &mut String,
    about: &About<'_>,
    at: Micros,
    level: Level,
    message: Message<'_>,
    data: &str,
) {
    put!(
        out,
        "{{\"timestamp\":\"{}\",\"level\":\"{}\",\"requestId\":\"{}\",\"message\":",
        Stamp::Iso(at),
        level.word(),
        about.request
    );
    value(out, message);
    if !data.is_empty() {
        put!(out, ",{data}");
    }
    out.push('}');
}

fn powertools(
    out: &mut String,
    about: &About<'_>,
    at: Micros,
    level: Level,
    message: Message<'_>,
    data: &str,
) {
    let spec = about.spec;
    put!(out, "{{\"level\":\"{}\",\"message\":", level.word());
    value(out, message);
    put!(
        out,
        ",\"timestamp\":\"{}\",\"service\":\"shop\",\"cold_start\":{},\"function_name\":\"{}\",\
         \"function_memory_size\":\"{}\",\"function_arn\":\"",
        if spec.runtime == Runtime::Python {
            Stamp::Powertools(at)
        } else {
            Stamp::Iso(at)
        },
        about.cold,
        spec.name,
        spec.memory_mb
    );
    arn(out, spec.name);
    put!(
        out,
        "\",\"function_request_id\":\"{}\",\"xray_trace_id\":\"{}\"",
        about.request,
        Root(about.trace.root)
    );
    if !data.is_empty() {
        put!(out, ",{data}");
    }
    out.push('}');
}

fn value(out: &mut String, message: Message<'_>) {
    match message {
        Message::Text(text) => quote(out, text),
        Message::Json(json) => out.push_str(json),
    }
}

/// The runtime's own line about an exception of the handler.
pub(super) fn unhandled(
    out: &mut String,
    about: &About<'_>,
    at: Micros,
    (kind, message, frames): (&str, &str, &[&str]),
) {
    let stack = |out: &mut String| {
        put!(out, "[\"{kind}: ");
        quote_inner(out, message);
        out.push('"');
        for frame in frames {
            put!(out, ",\"{frame}\"");
        }
        out.push(']');
    };
    if about.spec.json() {
        let mut error = format!("{{\"errorType\":\"{kind}\",\"errorMessage\":");
        quote(&mut error, message);
        error.push_str(",\"stackTrace\":");
        stack(&mut error);
        error.push('}');
        json(out, about, at, Level::Error, Message::Json(&error), "");
        return;
    }
    if about.spec.runtime == Runtime::Node {
        text_prefix(out, about, at, Level::Error);
        put!(
            out,
            "Invoke Error \t{{\"errorType\":\"{kind}\",\"errorMessage\":"
        );
        quote(out, message);
        out.push_str(",\"stack\":");
        stack(out);
        out.push_str("}\n");
        return;
    }
    put!(
        out,
        "[ERROR] {kind}: {message}\nTraceback (most recent call last):\n"
    );
    for frame in frames {
        put!(out, "{frame}\n");
    }
}

/// The platform's line about a process that died.
pub(super) fn died(out: &mut String, about: &About<'_>, kind: &str, message: &str) {
    put!(
        out,
        "RequestId: {} Error: {message}\n{kind}\n",
        about.request
    );
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}
