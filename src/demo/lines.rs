//! How lines look: Lambda's own in text and JSON, and applications' by runtime and library.

use super::event::Trace;
use super::program::Level;
use super::random::Uuid;
use super::shop::{Logs, Runtime, Spec};
use super::stamp::{Micros, Stamp};
use super::text::{put, quote, quote_inner};

/// The run that a line is about.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) spec: &'static Spec,
    pub(super) version: u32,
    pub(super) stream: &'a str,
    pub(super) request: Uuid,
    pub(super) trace: Trace,
    /// Id of its `AWS::Lambda::Function` segment.
    pub(super) segment: u64,
    /// First run of its environment.
    pub(super) cold: bool,
}

/// Why an environment starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    OnDemand,
    Provisioned,
    Restore,
}

/// What REPORT says. Milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Report {
    pub(super) duration_ms: f64,
    pub(super) init_ms: Option<f64>,
    pub(super) restore_ms: Option<f64>,
    pub(super) used_mb: u32,
    pub(super) end: Ending,
}

/// How a run ended, as the platform says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    #[default]
    Success,
    /// The handler threw.
    Thrown(&'static str),
    /// The process died.
    Died(&'static str),
    Timeout,
}

pub(super) const ACCOUNT: &str = "418273650912";
pub(super) const REGION: &str = "eu-west-1";

impl Spec {
    /// Platform lines are JSON.
    pub(super) fn json(&self) -> bool {
        !matches!(self.logs, Logs::Text | Logs::TextPowertools)
    }
}

pub(super) fn arn(out: &mut String, name: &str) {
    put!(out, "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
}

/// `INIT_START`, `RESTORE_START` or their JSON.
pub(super) fn init_start(out: &mut String, about: &About<'_>, start: Start, at: Micros) {
    let spec = about.spec;
    let (runtime, hash) = spec.runtime.version();
    if !spec.json() {
        let word = if start == Start::Restore {
            "RESTORE"
        } else {
            "INIT"
        };
        put!(
            out,
            "{word}_START Runtime Version: {runtime}\tRuntime Version ARN: arn:aws:lambda:{REGION}::runtime:{hash}\n"
        );
        return;
    }
    put!(
        out,
        "{{\"time\":\"{}\",\"type\":\"platform.",
        Stamp::Iso(at)
    );
    match start {
        Start::Restore => out.push_str("restoreStart\",\"record\":{"),
        Start::OnDemand => out.push_str(
            "initStart\",\"record\":{\"initializationType\":\"on-demand\",\"phase\":\"init\",",
        ),
        Start::Provisioned => out.push_str(
            "initStart\",\"record\":{\"initializationType\":\"provisioned-concurrency\",\"phase\":\"init\",",
        ),
    }
    put!(
        out,
        "\"runtimeVersion\":\"{runtime}\",\"runtimeVersionArn\":\"arn:aws:lambda:{REGION}::runtime:{hash}\",\
         \"functionName\":\"{}\",\"functionVersion\":\"{}\",\"instanceId\":\"{}\",\"instanceMaxMemory\":{}}}}}",
        spec.name,
        about.version,
        about.stream,
        u64::from(spec.memory_mb) << 20
    );
}

/// The line at the end of an init that nobody waited for, or of a restore.
pub(super) fn init_report(
    out: &mut String,
    about: &About<'_>,
    start: Start,
    (at, ms): (Micros, f64),
) {
    match (about.spec.json(), start) {
        (false, Start::Restore) => put!(out, "RESTORE_REPORT Restore Duration: {ms:.2} ms\n"),
        (false, _) => put!(
            out,
            "INIT_REPORT Init Duration: {ms:.2} ms\tPhase: init\tStatus: success\n"
        ),
        (true, Start::Restore) => put!(
            out,
            "{{\"time\":\"{}\",\"type\":\"platform.restoreReport\",\"record\":{{\"status\":\"success\",\
             \"metrics\":{{\"durationMs\":{ms:.3}}}}}}}",
            Stamp::Iso(at)
        ),
        (true, _) => put!(
            out,
            "{{\"time\":\"{}\",\"type\":\"platform.initReport\",\"record\":{{\
             \"initializationType\":\"provisioned-concurrency\",\"phase\":\"init\",\"status\":\"success\",\
             \"metrics\":{{\"durationMs\":{ms:.3}}}}}}}",
            Stamp::Iso(at)
        ),
    }
}

pub(super) fn start(out: &mut String, about: &About<'_>, at: Micros) {
    if !about.spec.json() {
        put!(
            out,
            "START RequestId: {} Version: {}\n",
            about.request,
            about.version
        );
        return;
    }
    put!(
        out,
        "{{\"time\":\"{}\",\"type\":\"platform.start\",\"record\":{{\"requestId\":\"{}\",\"functionArn\":\"",
        Stamp::Iso(at),
        about.request
    );
    arn(out, about.spec.name);
    put!(out, ":{0}\",\"version\":\"{0}\",", about.version);
    tracing(out, about);
    out.push_str("}}");
}

/// The lines that end a run: `(END, REPORT)` as text, `(runtimeDone if it is logged, report)` as JSON.
pub(super) fn end(
    about: &About<'_>,
    report: &Report,
    at: Micros,
    (first, last): (&mut String, &mut String),
) {
    if about.spec.json() {
        if about.spec.logs == Logs::JsonDebug {
            json_end(first, about, report, at, "runtimeDone");
        }
        json_end(last, about, report, at, "report");
        return;
    }
    put!(first, "END RequestId: {}\n", about.request);
    put!(
        last,
        "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
        about.request,
        report.duration_ms,
        report.billed_ms(),
        about.spec.memory_mb,
        report.used_mb
    );
    if let Some(ms) = report.init_ms {
        put!(last, "Init Duration: {ms:.2} ms\t");
    }
    if let Some(ms) = report.restore_ms {
        put!(
            last,
            "Restore Duration: {ms:.2} ms\tBilled Restore Duration: {} ms\t",
            (ms * 0.4).ceil()
        );
    }
    match report.end {
        Ending::Timeout => last.push_str("Status: timeout\t"),
        Ending::Died(kind) => put!(last, "Status: error\tError Type: {kind}\t"),
        Ending::Success | Ending::Thrown(_) => {}
    }
    put!(
        last,
        "\nXRAY TraceId: {}\tSegmentId: {:016x}\tSampled: {}\t\n",
        Root(about.trace.root),
        about.segment,
        about.trace.sampled
    );
}

fn json_end(out: &mut String, about: &About<'_>, report: &Report, at: Micros, kind: &str) {
    put!(
        out,
        "{{\"time\":\"{}\",\"type\":\"platform.{kind}\",\"record\":{{\"requestId\":\"{}\",\"metrics\":{{\"durationMs\":{:.2}",
        Stamp::Iso(at),
        about.request,
        report.duration_ms
    );
    if kind == "report" {
        put!(
            out,
            ",\"billedDurationMs\":{},\"memorySizeMB\":{},\"maxMemoryUsedMB\":{}",
            report.billed_ms(),
            about.spec.memory_mb,
            report.used_mb
        );
        if let Some(ms) = report.init_ms {
            put!(out, ",\"initDurationMs\":{ms:.2}");
        }
    } else {
        out.push_str(",\"producedBytes\":64");
    }
    let (status, error) = match report.end {
        Ending::Success => ("success", None),
        Ending::Thrown(kind) => ("failure", Some(kind)),
        Ending::Died(kind) => ("error", Some(kind)),
        Ending::Timeout => ("timeout", None),
    };
    put!(out, "}},\"status\":\"{status}\",");
    if let Some(kind) = error {
        put!(out, "\"errorType\":\"{kind}\",");
    }
    tracing(out, about);
    out.push_str("}}");
}

fn tracing(out: &mut String, about: &About<'_>) {
    put!(
        out,
        "\"tracing\":{{\"spanId\":\"{:016x}\",\"type\":\"X-Amzn-Trace-Id\",\"value\":\"{};Lineage=1:{:08x}:0\"}}",
        about.segment,
        Header(about.trace),
        about.trace.root as u32
    );
}

impl Report {
    /// An init is billed with the run; a restore has a price of its own.
    fn billed_ms(&self) -> f64 {
        (self.duration_ms + self.init_ms.unwrap_or(0.0)).ceil()
    }
}

/// A trace id in X-Ray's form.
pub(super) struct Root(pub(super) u128);

impl std::fmt::Display for Root {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "1-{:08x}-{:024x}",
            (self.0 >> 96) as u32,
            self.0 << 32 >> 32
        )
    }
}

/// `Root=…;Parent=…;Sampled=…`.
pub(super) struct Header(pub(super) Trace);

impl std::fmt::Display for Header {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Trace {
            root,
            parent,
            sampled,
        } = self.0;
        let sampled = u8::from(sampled);
        write!(
            out,
            "Root={};Parent={parent:016x};Sampled={sampled}",
            Root(root)
        )
    }
}

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
