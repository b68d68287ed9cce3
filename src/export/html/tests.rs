use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{About, write};
use crate::correlate::testing::at;
use crate::model::analysis::Analysis;
use crate::model::finding::{Finding, FindingKind, Severity};

fn page(about: &About) -> String {
    let hostile = "<script>alert(1)</script>\" onload='x' \u{1b}[31m";
    let finding = Finding {
        id: "error:x:y".to_owned(),
        severity: Severity::P1,
        kind: FindingKind::Error,
        subject: hostile.to_owned(),
        since: at(0),
        last_seen: at(60_000),
        claim: hostile.to_owned(),
        cause: hostile.to_owned(),
        next: hostile.to_owned(),
        evidence: Vec::new(),
        harm_per_min: None,
        harm_per_min_low: None,
        parent: None,
        trend: Vec::new(),
    };
    let analysis = Analysis {
        findings: vec![finding],
        window: Some((at(0), at(60_000))),
        ..Analysis::default()
    };
    let mut out = Vec::new();
    write(&analysis, about, &[], &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What stands between two marks, the first time.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let start = page.find(from).unwrap() + from.len();
    &page[start..start + page[start..].find(to).unwrap()]
}

#[test]
fn text_of_others_is_no_markup() {
    let page = page(&About::default());
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39;"));
    assert_eq!(page.matches("<script>").count(), 1, "its own");
    assert!(!page.contains('\u{1b}'));
}

#[test]
fn the_policy_allows_the_style_and_the_script_that_stand_in_it_and_nothing_else() {
    let page = page(&About::default());
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "<script>", "</script>"));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'")
    );
    assert!(!page.contains(" style=\""), "an attribute would be refused");
}

#[test]
fn it_says_on_top_whether_secrets_were_taken_out() {
    let redacted = page(&About {
        redacted: true,
        replaced: 1_234,
        ..About::default()
    });
    assert!(
        redacted.contains("1,234 values were replaced") && !redacted.contains("class=\"alarm\"")
    );
    let open = page(&About::default());
    let alarm = open.find("class=\"alarm\"").unwrap();
    assert!(alarm < open.find("What is wrong").unwrap());
}

#[test]
fn moments_of_one_day_are_short_and_those_of_several_whole() {
    let day = 24 * 3_600_000;
    let one = super::seen(at(0), at(90_000), Some((at(0), at(100_000))));
    assert!(one.ends_with(" UTC, 1m30s") && !one.contains('-'), "{one}");
    let two = super::seen(at(0), at(90_000), Some((at(0), at(day))));
    assert!(two.starts_with(&at(0).to_string()), "{two}");
}
