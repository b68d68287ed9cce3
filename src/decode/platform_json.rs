//! Lambda's own lines in JSON format: `{"time","type":"platform.…","record"}`.

use super::{platform_text, trace_header, words};
use crate::model::fact::{InitType, Phase, Report, Status, TraceContext, What};
use crate::model::ids::{RequestId, SpanId};
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};

/// How the type of a platform event begins, in nearly every line of one.
pub(super) const MARK: &str = "\"platform.";

/// The `type` of a platform event; `None` if the document is none (an application may log a `type` of its own).
pub(super) fn event_type<'a>(event: &'a Json<'_>) -> Option<&'a str> {
    let name = event.text_at("type")?.strip_prefix("platform.")?;
    event.get("record").map(|_| name)
}

/// What a platform event says; `None` for types that say nothing here, also those to come. A `record` may be a string
/// (`platform.fault`), and every field of it may be missing.
pub(super) fn decode(event: &Json<'_>, symbols: &mut Symbols) -> Option<What> {
    let record = event.get("record")?;
    match event_type(event)? {
        "initStart" => Some(What::InitStart {
            init_type: init_type(record),
            phase: phase(record),
            version: sym(record, "functionVersion", symbols),
            runtime: sym(record, "runtimeVersion", symbols),
        }),
        "initRuntimeDone" => Some(What::InitDone {
            init_type: init_type(record),
            phase: phase(record),
            status: status(record),
        }),
        "initReport" => Some(What::InitReport {
            init_type: init_type(record),
            phase: phase(record),
            status: status(record),
            error_type: sym(record, "errorType", symbols),
            duration_ms: metric(record, "durationMs")?,
        }),
        "restoreStart" => Some(What::RestoreStart {
            runtime: sym(record, "runtimeVersion", symbols),
        }),
        "restoreReport" => Some(What::RestoreReport {
            status: status(record),
            error_type: sym(record, "errorType", symbols),
            duration_ms: metric(record, "durationMs")
                .or_else(|| metric(record, "restoreDurationMs")),
        }),
        "invokeStart" => Some(What::Serves { begins: true }),
        "requestComplete" | "invokeSummary" | "invokeReport" => {
            Some(What::Serves { begins: false })
        }
        "start" => Some(What::Start {
            request_id: request_id(record)?,
            version: sym(record, "version", symbols),
            trace: tracing(record),
        }),
        "runtimeDone" => Some(What::RuntimeDone {
            request_id: request_id(record)?,
            status: status(record),
            error_type: sym(record, "errorType", symbols),
            duration_ms: metric(record, "durationMs"),
        }),
        // Of captures before 2022.
        "end" => Some(What::End {
            request_id: request_id(record)?,
        }),
        "report" => report(record, symbols),
        "logsDropped" => Some(What::LogsDropped {
            records: record
                .number_at("droppedRecords")
                .map_or(1, |count| count as u64),
        }),
        // `Runtime exited …` of the text format, as one string.
        "fault" => platform_text::decode(record.text()?, symbols),
        _ => None,
    }
}

fn report(record: &Json<'_>, symbols: &mut Symbols) -> Option<What> {
    let request_id = request_id(record)?;
    let status = record.text_at("status").and_then(words::status);
    let error_type = sym(record, "errorType", symbols);
    let metrics = record.get("metrics").unwrap_or(&Json::Null);
    let Some(duration_ms) = duration(metrics, "durationMs") else {
        return Some(platform_text::over(request_id, status, error_type));
    };
    Some(What::Report(Report {
        request_id: Some(request_id),
        duration_ms,
        billed_ms: duration(metrics, "billedDurationMs"),
        memory_mb: size(metrics, "memorySizeMB"),
        max_memory_used_mb: size(metrics, "maxMemoryUsedMB"),
        init_ms: duration(metrics, "initDurationMs").filter(|init| *init > 0.0),
        restore_ms: duration(metrics, "restoreDurationMs"),
        billed_restore_ms: duration(metrics, "billedRestoreDurationMs"),
        status,
        error_type,
        trace: tracing(record),
    }))
}

fn request_id(record: &Json<'_>) -> Option<RequestId> {
    RequestId::parse(record.text_at("requestId")?)
}

fn sym(record: &Json<'_>, key: &str, symbols: &mut Symbols) -> Option<Sym> {
    record.text_at(key).map(|text| symbols.intern(text))
}

fn metric(record: &Json<'_>, key: &str) -> Option<f32> {
    duration(record.get("metrics")?, key)
}

fn duration(metrics: &Json<'_>, key: &str) -> Option<f32> {
    words::duration_ms(metrics.number_at(key)?)
}

fn size(metrics: &Json<'_>, key: &str) -> Option<u32> {
    let size = metrics.number_at(key)?;
    (0.0..=f64::from(u32::MAX))
        .contains(&size)
        .then_some(size as u32)
}

fn init_type(record: &Json<'_>) -> Option<InitType> {
    words::init_type(record.text_at("initializationType")?)
}

fn phase(record: &Json<'_>) -> Phase {
    let phase = record.text_at("phase").and_then(words::phase);
    phase.unwrap_or(Phase::Init)
}

/// Old captures leave the status out where all went well.
fn status(record: &Json<'_>) -> Status {
    let told = record.text_at("status").and_then(words::status);
    let failed = record.get("errorType").is_some();
    told.unwrap_or(if failed {
        Status::Error
    } else {
        Status::Success
    })
}

fn tracing(record: &Json<'_>) -> Option<TraceContext> {
    let tracing = record.get("tracing")?;
    let context = trace_header::parse(tracing.text_at("value")?)?;
    Some(TraceContext {
        segment: tracing.text_at("spanId").and_then(SpanId::parse).into(),
        ..context
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6dc8baf1-88b5-4564-8c81-0cad0c4c3e1a";

    fn read(message: &str) -> (Option<What>, Symbols) {
        let mut symbols = Symbols::default();
        let event = Json::read(message).expect("valid JSON");
        let what = decode(&event, &mut symbols);
        (what, symbols)
    }

    #[test]
    fn a_report_carries_figures_status_and_trace() {
        let (what, symbols) = read(&format!(
            r#"{{"time":"2026-11-20T10:00:08.661Z","type":"platform.report","record":{{"requestId":"{ID}",
            "metrics":{{"durationMs":21.34,"billedDurationMs":228,"memorySizeMB":256,"maxMemoryUsedMB":93,"initDurationMs":206.46}},
            "status":"error","errorType":"Runtime.OutOfMemory","tenantId":"t1",
            "tracing":{{"spanId":"fa8877d830cd6b0c","type":"X-Amzn-Trace-Id","value":"Root=1-6b001a28-008ee28512297c42cc58e9d4;Parent=0000000000000000;Sampled=1"}}}}}}"#
        ));
        let Some(What::Report(report)) = what else {
            panic!("{what:?}");
        };
        assert_eq!(report.request_id, RequestId::parse(ID));
        assert_eq!((report.duration_ms, report.init_ms), (21.34, Some(206.46)));
        assert_eq!(
            (
                report.memory_mb,
                report.max_memory_used_mb,
                report.billed_ms
            ),
            (Some(256), Some(93), Some(228.0))
        );
        assert_eq!(report.status, Some(Status::Error));
        assert_eq!(
            report.error_type.map(|sym| symbols.get(sym)),
            Some("Runtime.OutOfMemory")
        );
        let trace = report.trace.expect("traced");
        assert_eq!(trace.segment.get(), SpanId::parse("fa8877d830cd6b0c"));
        assert_eq!((trace.parent.get(), trace.sampled), (None, Some(true)));
    }

    #[test]
    fn managed_instances_report_only_a_duration() {
        let (what, _) = read(&format!(
            r#"{{"type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":5.0}},"spans":[],"status":"success"}}}}"#
        ));
        let Some(What::Report(report)) = what else {
            panic!("{what:?}");
        };
        assert_eq!(
            (report.duration_ms, report.billed_ms, report.memory_mb),
            (5.0, None, None)
        );
        let (what, _) = read(
            r#"{"type":"platform.initStart","record":{"initializationType":"lambda-managed-instances","phase":"init"}}"#,
        );
        assert!(matches!(
            what,
            Some(What::InitStart {
                init_type: Some(InitType::ManagedInstances),
                runtime: None,
                ..
            })
        ));
    }

    #[test]
    fn init_restore_and_runtime_events_are_read() {
        let (what, symbols) = read(
            r#"{"type":"platform.initReport","record":{"initializationType":"on-demand","phase":"invoke","status":"error",
            "metrics":{"durationMs":485.09},"errorType":"Runtime.ImportModuleError"}}"#,
        );
        let Some(What::InitReport {
            phase: Phase::Invoke,
            status: Status::Error,
            error_type: Some(kind),
            ..
        }) = what
        else {
            panic!("{what:?}");
        };
        assert_eq!(symbols.get(kind), "Runtime.ImportModuleError");
        let (what, _) = read(
            r#"{"type":"platform.restoreStart","record":{"functionName":"f","functionVersion":"1","runtimeVersion":"java:21.v9","instanceId":"2026/11/20/[1]aa","instanceMaxMemory":134217728}}"#,
        );
        assert!(matches!(
            what,
            Some(What::RestoreStart { runtime: Some(_) })
        ));
        let (what, _) = read(
            r#"{"type":"platform.restoreReport","record":{"metrics":{"durationMs":197.61,"billedDurationMs":89}}}"#,
        );
        assert_eq!(
            what,
            Some(What::RestoreReport {
                status: Status::Success,
                error_type: None,
                duration_ms: Some(197.61)
            })
        );
        let (what, _) = read(&format!(
            r#"{{"type":"platform.runtimeDone","record":{{"requestId":"{ID}","status":"timeout","metrics":{{"durationMs":3000}}}}}}"#
        ));
        assert!(matches!(
            what,
            Some(What::RuntimeDone {
                status: Status::Timeout,
                ..
            })
        ));
        let (what, _) = read(
            r#"{"type":"platform.initRuntimeDone","record":{"initializationType":"provisioned-concurrency","phase":"init","status":"success"}}"#,
        );
        assert!(matches!(
            what,
            Some(What::InitDone {
                init_type: Some(InitType::ProvisionedConcurrency),
                ..
            })
        ));
    }

    /// The first schema of the Telemetry API had neither metrics nor the function's name.
    #[test]
    fn a_status_counts_where_metrics_are_missing() {
        let (what, _) = read(&format!(
            r#"{{"time":"2022-10-12T00:01:15.000Z","type":"platform.runtimeDone","record":{{"requestId":"{ID}","status":"timeout"}}}}"#
        ));
        assert!(matches!(
            what,
            Some(What::RuntimeDone {
                status: Status::Timeout,
                duration_ms: None,
                ..
            })
        ));
        let (what, _) = read(
            r#"{"type":"platform.restoreReport","record":{"status":"error","errorType":"x"}}"#,
        );
        assert!(matches!(
            what,
            Some(What::RestoreReport {
                status: Status::Error,
                duration_ms: None,
                ..
            })
        ));
    }

    #[test]
    fn figures_that_relays_write_as_zero_are_no_cold_start() {
        let (what, _) = read(&format!(
            r#"{{"type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":3.1,"billedDurationMs":4,"memorySizeMB":128,"maxMemoryUsedMB":40,"initDurationMs":0}}}}}}"#
        ));
        assert!(matches!(
            what,
            Some(What::Report(Report { init_ms: None, .. }))
        ));
        let (what, _) = read(&format!(
            r#"{{"time":"2020-08-20T12:31:32.123Z","type":"platform.end","record":{{"requestId":"{ID}"}}}}"#
        ));
        assert!(matches!(what, Some(What::End { .. })));
    }

    /// A tenant's name changes nothing of a run; requests of Web Functions have ids of another form and lines of their own.
    #[test]
    fn tenants_and_web_functions_are_no_other_kind_of_run() {
        let (what, _) = read(&format!(
            r#"{{"type":"platform.start","record":{{"requestId":"{ID}","functionArn":"arn:aws:lambda:eu-west-1:1:function:f","version":"7","tenantId":"blue"}}}}"#
        ));
        assert!(matches!(what, Some(What::Start { trace: None, .. })));
        let serves = |begins| Some(What::Serves { begins });
        for (kind, said) in [
            ("invokeStart", serves(true)),
            ("requestComplete", serves(false)),
            ("invokeSummary", serves(false)),
            ("invokeReport", serves(false)),
            ("spinDownStart", None),
            ("spinDownReport", None),
        ] {
            let line = format!(
                r#"{{"type":"platform.{kind}","record":{{"requestId":"01JABCDEFGHJKMNPQRSTVWXYZ0","status":"success","metrics":{{"durationMs":4.5,"requestCount":12}}}}}}"#
            );
            assert_eq!(read(&line).0, said, "{kind}");
        }
    }

    #[test]
    fn a_fault_is_a_string_and_dropped_lines_are_counted() {
        let (what, _) = read(&format!(
            r#"{{"type":"platform.fault","record":"RequestId: {ID} Error: Runtime exited with error: exit status 1\nRuntime.ExitError"}}"#
        ));
        assert!(matches!(
            what,
            Some(What::RuntimeExit {
                killed: false,
                error_type: Some(_),
                ..
            })
        ));
        let (what, _) = read(
            r#"{"type":"platform.logsDropped","record":{"reason":"slow consumer","droppedRecords":123,"droppedBytes":12345}}"#,
        );
        assert_eq!(what, Some(What::LogsDropped { records: 123 }));
    }

    #[test]
    fn unknown_types_wrong_types_and_foreign_documents_say_nothing() {
        for message in [
            r#"{"type":"platform.somethingNew","record":{"requestId":"n/a"}}"#,
            r#"{"type":"platform.extension","record":{"name":"agent","state":"Ready","events":["INVOKE","SHUTDOWN"]}}"#,
            r#"{"type":"platform.telemetrySubscription","record":{"name":"agent","state":"Subscribed","types":["platform","function"]}}"#,
            r#"{"type":"platform.logSubscription","record":{"name":"agent","state":"Subscribed","types":["platform"]}}"#,
            r#"{"type":"platform.start","record":{"requestId":7}}"#,
            r#"{"type":"platform.initReport","record":{"metrics":{"durationMs":-5}}}"#,
            r#"{"type":"platform.report","record":[]}"#,
            r#"{"type":"platform.start"}"#,
            r#"{"type":"order","record":{}}"#,
        ] {
            assert_eq!(read(message).0, None, "{message}");
        }
    }
}
