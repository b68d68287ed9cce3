use std::sync::Arc;

use super::{findings, invocations, text};
use crate::correlate::assemble::assemble;
use crate::correlate::testing::{World, at, id};
use crate::model::analysis::Analysis;
use crate::model::finding::{Finding, FindingKind, Severity};

#[test]
fn a_run_is_a_row_and_what_is_not_known_is_empty() {
    let mut world = World::default();
    let env = world.env("orders", "ab");
    world.run(env, 0, 1, 62);
    let facts = world.facts();
    let analysis = Analysis {
        assembled: assemble(&facts),
        facts: Arc::new(facts),
        ..Analysis::default()
    };
    let mut out = Vec::new();
    assert_eq!(invocations(&analysis, &mut out).unwrap(), 1);
    let id = id(1);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!(
            "request_id,attempt,function,version,log_stream,start,end,duration_ms,billed_ms,status,trace_id,init_kind,init_ms,\
             felt_ms,init_cause,memory_mb,max_memory_used_mb,error_type\r\n\
             {id},1,orders,$LATEST,2026/11/20/[$LATEST]ab,2026-11-20T10:00:00.000Z,2026-11-20T10:00:00.062Z,62,62,ok,,,,,,256,100,\r\n"
        )
    );
}

#[test]
fn commas_quotes_and_formulas_stay_in_their_field() {
    let finding = Finding {
        id: "error:pay:x".to_owned(),
        severity: Severity::P2,
        kind: FindingKind::Error,
        subject: "=HYPERLINK(\"http://x\",\"y\")".to_owned(),
        since: at(0),
        last_seen: at(60_000),
        claim: "fails, \"often\"".to_owned(),
        cause: String::new(),
        next: "look".to_owned(),
        evidence: Vec::new(),
        harm_per_min: Some(2.04),
        harm_per_min_low: None,
        parent: None,
        trend: Vec::new(),
    };
    let analysis = Analysis {
        findings: vec![finding],
        ..Analysis::default()
    };
    let mut out = Vec::new();
    assert_eq!(findings(&analysis, &mut out).unwrap(), 1);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(
        out.lines().nth(1),
        Some(
            "error:pay:x,P2,error,\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",2026-11-20T10:00:00.000Z,2026-11-20T10:01:00.000Z,\
             \"fails, \"\"often\"\"\",,look,2,,,0"
        )
    );
}

#[test]
fn only_what_begins_like_a_formula_gets_an_apostrophe() {
    for (value, expected) in [
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("a=b", "a=b"),
        ("", ""),
        ("a\u{1b}[31mb", "ab"),
    ] {
        assert_eq!(text(value), expected);
    }
}
