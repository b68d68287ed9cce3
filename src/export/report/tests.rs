//! A hand-made world of two functions, in all three forms.

use std::sync::Arc;

use super::*;
use crate::model::analysis::Analysis;
use crate::model::event_id::EventId;
use crate::model::fact::{EventSource, Fact, Report, What};
use crate::model::fact_log::FactLog;
use crate::model::facts::{FactRef, Facts, Inputs, SeenGap, StreamFacts};
use crate::model::finding::{Finding, FindingKind, Severity};
use crate::model::ids::RequestId;
use crate::model::invocation::{Assembled, Environment, Invocation, InvocationStatus};
use crate::model::maybe::Maybe;
use crate::model::metric::MetricPoint;
use crate::model::record::GapReason;
use crate::model::rows::{
    DeliveryEnd, Duplicate, DuplicateClass, Evidence, FunctionFigures, Harm, Init, InitCause,
    InitKind, Link, LinkTier, Percentiles, Rate, Reordered, Throttle, ThrottleClass, Verdict,
};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// 2026-11-20T10:00:00Z.
const TEN: Timestamp = Timestamp(1_795_168_800_000);
const LINE: FactRef = FactRef { stream: 0, fact: 0 };

fn figures(facts: &mut Facts, function: &str, invocations: u64) -> FunctionFigures {
    FunctionFigures {
        function: facts.symbols.intern(function),
        invocations,
        errors: 1,
        timeouts: 1,
        out_of_memory: 0,
        duration_ms: Some(Percentiles {
            p50: 62.004,
            p95: 90.0,
            p99: 4_400.0,
            max: 4_400.129,
        }),
        init_ms: None,
        environments: 1,
        only_named: 0,
        serves: false,
        felt_cold_starts: Some(1),
        cold_rate: Some(Rate {
            value: 1.0 / 3.0,
            low: 0.1,
            high: 0.7,
        }),
        throttled: Some(2_614),
        duplicates_harmful: None,
        retries: Some(0),
        reordered: Some(0),
        memory_mb: Some(512),
        max_memory_used_mb: None,
        billed_ms: Some(1_234.0),
        peak_concurrency: Some(20),
        id_coverage: Some(0.5),
        sampled_share: None,
        coverage: None,
    }
}

fn finding(id: &str, kind: FindingKind, subject: &str, evidence: Vec<Evidence>) -> Finding {
    Finding {
        id: id.to_owned(),
        severity: Severity::P1,
        kind,
        subject: subject.to_owned(),
        since: TEN,
        last_seen: TEN.plus_ms(60_000),
        claim: format!("{subject} refuses 399/min"),
        cause: String::new(),
        next: "raise its reserved concurrency from 20 to 30".to_owned(),
        evidence,
        harm_per_min: Some(28.4),
        harm_per_min_low: Some(25.0),
        parent: None,
        trend: vec![0, 399],
    }
}

const REQUEST: RequestId = RequestId([7; 16]);

/// The line and the metric point of one payment run.
fn facts() -> Facts {
    let mut facts = Facts::default();
    let mut sym = |text: &str| facts.symbols.intern(text);
    let (payment, version, event) = (sym("payment"), sym("7"), sym("m-1"));
    let (group, stream) = (sym("/aws/lambda/payment"), sym("2026/11/20/[7]ab"));
    let (namespace, name, dimension) = (sym("AWS/Lambda"), sym("Throttles"), sym("FunctionName"));
    let report = Report {
        request_id: Some(REQUEST),
        duration_ms: 62.0,
        billed_ms: Some(62.0),
        memory_mb: Some(512),
        ..Report::default()
    };
    facts.streams = vec![Arc::new(StreamFacts {
        group,
        stream,
        function: Some(payment),
        version: Some(version),
        facts: FactLog::from_iter([Fact {
            at: TEN.plus_ms(62),
            event: EventId::Text(event),
            what: What::Report(report),
        }]),
        tells_runs: true,
        first: TEN,
        last: TEN.plus_ms(62),
    })];
    facts.metrics = vec![MetricPoint {
        namespace,
        name,
        dimensions: vec![(dimension, payment)],
        at: TEN,
        sum: 399.0,
        count: 60.0,
        min: 0.0,
        max: 20.0,
    }];
    let to = TEN.plus_ms(60_000);
    facts.gaps = vec![SeenGap {
        group,
        from: TEN,
        to,
        why: GapReason::Throttled,
    }];
    facts.inputs = Inputs {
        log_events: 3,
        log_events_late: 9,
        ..Inputs::default()
    };
    facts
}

fn assembled(payment: Sym, version: Sym) -> Assembled {
    let invocation = Invocation {
        function: payment,
        request_id: REQUEST,
        attempt: 1,
        start: TEN,
        end: TEN.plus_ms(62),
        start_estimated: false,
        end_estimated: false,
        duration_ms: Some(62.0).into(),
        billed_ms: Some(62.0).into(),
        max_memory_used_mb: Maybe::default(),
        init_ms: Maybe::default(),
        status: InvocationStatus::Ok,
        error_type: None,
        trace: None,
        first_line: LINE,
        report_fact: Some(LINE.fact).into(),
        app: 0..0,
        crashed: false,
        counted: true,
        init: Some(0).into(),
    };
    let environment = Environment {
        function: payment,
        version: Some(version),
        stream: 0,
        init_type: None,
        init_start: Some(TEN),
        inits: Vec::new(),
        invocations: vec![0],
        concurrent: false,
    };
    Assembled {
        invocations: vec![invocation],
        environments: vec![environment],
        ..Assembled::default()
    }
}

fn init(payment: Sym) -> Init {
    Init {
        function: payment,
        version: None,
        stream: 0,
        at: TEN,
        kind: InitKind::OnDemand,
        init_ms: Some(413.61),
        felt_ms: None,
        cause: Some(InitCause::First),
        invocation: Some(0),
        request_id: Some(REQUEST),
        explained_by: None,
        line: None,
    }
}

fn duplicate(payment: Sym, identity: Sym) -> Duplicate {
    let end = DeliveryEnd {
        invocation: 0,
        request_id: REQUEST,
        at: TEN,
        status: InvocationStatus::Ok,
    };
    Duplicate {
        consumer: payment,
        source: EventSource::SqsFifo,
        identity: Some(identity),
        class: DuplicateClass::InBatchDup,
        harm: Harm::Double,
        first: end,
        repeat: end,
    }
}

fn reordered(payment: Sym, key: Sym, sequence: Sym, identity: Sym) -> Reordered {
    Reordered {
        consumer: payment,
        source: EventSource::Kinesis,
        key,
        sequence,
        identity,
        invocation: 0,
        request_id: REQUEST,
        at: TEN,
        extent: 4,
        late_ms: 12.345,
        verdict: Verdict::RetryInduced,
        overtaken_by: 0,
    }
}

/// One payment run, its metric and a row of each list; checkout is only known by name, one subject is hostile.
fn world() -> Analysis {
    let mut facts = facts();
    let functions = vec![
        figures(&mut facts, "checkout", 3),
        figures(&mut facts, "payment", 1_204),
    ];
    let mut sym = |text: &str| facts.symbols.intern(text);
    let (payment, version, identity) = (sym("payment"), sym("7"), sym("m-1"));
    let key = sym("orders.fifo/acct-1");
    let line = Evidence::Line {
        request_id: Some(REQUEST),
        line: LINE,
    };
    let metric = Evidence::Metric { point: 0 };
    let throttled = "throttling:payment:reserved_limit";
    let root = finding(
        throttled,
        FindingKind::Throttling,
        "payment",
        vec![metric.clone()],
    );
    let mut symptom = finding(
        "duplicate:payment:overlap",
        FindingKind::Duplicate,
        "pay\u{1b}[2Jment|<b>",
        vec![line.clone(), metric],
    );
    symptom.parent = Some(throttled.to_owned());
    symptom.harm_per_min = None;
    Analysis {
        assembled: assembled(payment, version),
        inits: vec![init(payment)],
        throttles: vec![Throttle {
            minute: TEN,
            resource: "lambda:payment".to_owned(),
            class: ThrottleClass::ReservedLimit,
            count: 399,
            lower_bound: false,
            callers: vec![(functions[0].function, 12)],
            evidence: vec![line],
        }],
        duplicates: vec![duplicate(payment, identity)],
        reordered: vec![reordered(payment, key, version, identity)],
        links: vec![Link {
            parent: 0,
            child: 0,
            tier: LinkTier::ProducedId,
            confidence: 0.95,
            synchronous: true,
        }],
        findings: vec![root, symptom],
        functions,
        window: Some((TEN, TEN.plus_ms(3_600_000))),
        coverage: Some(0.9412),
        facts: Arc::new(facts),
        ..Analysis::default()
    }
}

fn written(write: impl Fn(&Analysis, &mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&world(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The contract fixes keys and their order: each row is compared as text.
#[test]
fn json_has_the_keys_of_the_contract_in_its_order() {
    let text = written(|all, out| json(all, true, out));
    let expected = [
        r#"{"schema":"nepho.report/1","version":""#,
        r#""window":{"from":"2026-11-20T10:00:00.000Z","to":"2026-11-20T11:00:00.000Z"},"inputs":{"log_events":3,"#,
        r#""log_events_reread":0,"log_events_late":null,"unparsed_lines":0,"trace_segments":0,"metric_points":0},"#,
        r#""completeness":{"coverage":0.9412,"complete_until":null,"horizon":"2026-11-20T10:00:00.000Z","gaps":[{"from":"#,
        r#"Z","log_group":"/aws/lambda/payment","why":"throttled"}],"evicted":{"invocations":0,"event_ids":0,"#,
        r#""ordering_keys":0,"traces":0}},"totals":{"functions":2,"environments":2,"invocations":1207,"errors":2,"timeouts":2},"#,
        r#""functions":[{"function":"checkout","invocations":3,"errors":1,"timeouts":1,"out_of_memory":0,"duration_ms":"#,
        r#"{"p50":62.0,"p95":90.0,"p99":4400.0,"max":4400.13},"init_ms":null,"environments":1,"felt_cold_starts":1,"#,
        r#""cold_rate":0.333333,"cold_rate_low":0.1,"cold_rate_high":0.7,"throttled":2614,"duplicates_harmful":null,"#,
        r#""retries":0,"reordered":0,"memory_mb":512,"max_memory_used_mb":null,"billed_ms":1234.0,"peak_concurrency":20,"#,
        r#""id_coverage":0.5,"sampled_share":null}"#,
        r#""inits":[{"function":"payment","version":null,"log_stream":"2026/11/20/[7]ab","at":"2026-11-20T10:00:00.000Z","#,
        r#""kind":"on_demand","init_ms":413.61,"felt_ms":null,"cause":"first","request_id":"07070707-0707-"#,
        r#""throttles":[{"minute":"2026-11-20T10:00:00.000Z","resource":"lambda:payment","class":"reserved_limit","#,
        r#""count":399,"lower_bound":false,"callers":[{"function":"checkout","count":12}]}],"#,
        r#""duplicates":[{"consumer":"payment","source":"sqs_fifo","identity":"m-1","class":"in_batch_dup","harm":"double","#,
        r#""first":{"request_id":"07070707-0707-0707-0707-070707070707","at":"2026-11-20T10:00:00.000Z","status":"ok"},"#,
        r#""repeat":{"request_id":"#,
        r#""reordered":[{"consumer":"payment","source":"kinesis","key":"orders.fifo/acct-1","sequence":"7","identity":"m-1","#,
        r#""at":"2026-11-20T10:00:00.000Z","extent":4,"late_ms":12.35,"verdict":"retry_induced"}],"#,
        r#""links":[{"parent":"07070707-0707-0707-0707-070707070707","child":"07070707-0707-0707-0707-070707070707","#,
        r#""tier":"produced_id","confidence":0.95}],"#,
        r#""findings":[{"id":"throttling:payment:reserved_limit","severity":"P1","kind":"throttling","subject":"payment","#,
        r#""since":"2026-11-20T10:00:00.000Z","claim":"payment refuses 399/min","evidence":[{"metric":{"namespace":"#,
        r#""AWS/Lambda","name":"Throttles","dimensions":{"FunctionName":"payment"},"timestamp":"2026-11-20T10:00:00.000Z","#,
        r#""value":399.0}}],"next":"raise its reserved concurrency from 20 to 30"},"#,
        r#""evidence":[{"request_id":"07070707-0707-0707-0707-070707070707","log_group":"/aws/lambda/payment","log_stream":"#,
        r#""2026/11/20/[7]ab","timestamp":"2026-11-20T10:00:00.062Z","event_id":"m-1"},"#,
        r#""invocations":[{"request_id":"07070707-0707-0707-0707-070707070707","attempt":1,"function":"payment","version":"7","#,
        r#""log_stream":"2026/11/20/[7]ab","start":"2026-11-20T10:00:00.000Z","end":"2026-11-20T10:00:00.062Z","#,
        r#""duration_ms":62.0,"billed_ms":62.0,"status":"ok","trace_id":null,"init_kind":"on_demand"}]}"#,
    ];
    let mut rest = text.as_str();
    for part in expected {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part}\nis missing or out of order in\n{text}"));
        rest = &rest[at + part.len()..];
    }
    assert_eq!(rest, "\n");
}

#[test]
fn invocations_are_written_only_when_asked_for() {
    assert!(!written(|all, out| json(all, false, out)).contains("\"invocations\":["));
}

#[test]
fn an_empty_world_is_a_whole_document() {
    let mut out = Vec::new();
    json(&Analysis::default(), false, &mut out).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(document["window"]["from"], serde_json::Value::Null);
    assert_eq!(document["findings"], serde_json::json!([]));
}

#[test]
fn a_table_for_people() {
    insta::assert_snapshot!(written(table));
}

#[test]
fn markdown_for_a_ticket() {
    insta::assert_snapshot!(written(markdown));
}

#[test]
fn no_control_character_reaches_the_texts() {
    for text in [written(table), written(markdown)] {
        assert!(
            text.chars()
                .all(|letter| letter == '\n' || !letter.is_control())
        );
    }
}
