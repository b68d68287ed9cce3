//! Lambda's own lines, in text and in JSON.

use super::event::Trace;
use super::random::Uuid;
use super::shop::{Logs, Spec};
use super::stamp::{Micros, Stamp};
use super::text::put;

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
