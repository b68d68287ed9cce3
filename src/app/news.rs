//! Which findings are new: those that somebody should be told of.

use std::collections::BTreeMap;

use crate::model::finding::{Finding, Severity};
use crate::model::time::{MINUTE_MS, Timestamp};

/// A finding that was gone for so long is over: when it comes back, it is another incident.
const OVER_MS: i64 = 10 * MINUTE_MS;

/// What was told.
#[derive(Debug, Default)]
pub struct News(BTreeMap<String, Told>);

#[derive(Debug)]
struct Told {
    severity: Severity,
    /// When it was raised last.
    raised: Timestamp,
}

impl News {
    /// Findings of P1 and P2 that were not told yet, that became worse since, or that came back after they were over.
    pub fn of<'a>(&mut self, findings: &'a [Finding], now: Timestamp) -> Vec<&'a Finding> {
        self.0.retain(|_, told| now.since(told.raised) < OVER_MS);
        let raised = findings
            .iter()
            .filter(|finding| finding.severity <= Severity::P2);
        raised.filter(|finding| self.is_new(finding, now)).collect()
    }

    fn is_new(&mut self, finding: &Finding, now: Timestamp) -> bool {
        let severity = finding.severity;
        let Some(told) = self.0.get_mut(&finding.id) else {
            let told = Told {
                severity,
                raised: now,
            };
            self.0.insert(finding.id.clone(), told);
            return true;
        };
        told.raised = now;
        let worse = severity < told.severity;
        told.severity = told.severity.min(severity);
        worse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::FindingKind;

    fn finding(id: &str, severity: Severity) -> Finding {
        Finding {
            id: id.to_owned(),
            severity,
            kind: FindingKind::Error,
            subject: "pay".to_owned(),
            since: Timestamp(0),
            last_seen: Timestamp(0),
            claim: String::new(),
            cause: String::new(),
            next: String::new(),
            evidence: Vec::new(),
            harm_per_min: None,
            harm_per_min_low: None,
            parent: None,
            trend: Vec::new(),
        }
    }

    /// Ids that are told of the findings of that minute.
    fn told(news: &mut News, minute: i64, findings: &[(&str, Severity)]) -> Vec<String> {
        let findings: Vec<_> = findings
            .iter()
            .map(|(id, severity)| finding(id, *severity))
            .collect();
        let new = news.of(&findings, Timestamp(minute * MINUTE_MS));
        new.into_iter().map(|finding| finding.id.clone()).collect()
    }

    #[test]
    fn each_is_told_once_and_what_is_only_listed_never() {
        let mut news = News::default();
        let now = [
            ("a", Severity::P1),
            ("b", Severity::P2),
            ("c", Severity::P3),
        ];
        assert_eq!(told(&mut news, 0, &now), ["a", "b"]);
        for minute in 1..60 {
            assert!(told(&mut news, minute, &now).is_empty(), "{minute}");
        }
    }

    #[test]
    fn one_that_becomes_worse_is_told_again_and_one_that_eases_and_returns_is_not() {
        let mut news = News::default();
        assert_eq!(told(&mut news, 0, &[("a", Severity::P2)]), ["a"]);
        assert_eq!(told(&mut news, 1, &[("a", Severity::P1)]), ["a"]);
        assert!(told(&mut news, 2, &[("a", Severity::P2)]).is_empty());
        assert!(told(&mut news, 3, &[("a", Severity::P1)]).is_empty());
    }

    #[test]
    fn one_that_was_gone_for_ten_minutes_is_told_anew_and_one_that_flickers_is_not() {
        let mut news = News::default();
        let a = [("a", Severity::P1)];
        assert_eq!(told(&mut news, 0, &a), ["a"]);
        assert!(told(&mut news, 1, &[]).is_empty());
        assert!(told(&mut news, 9, &a).is_empty(), "nine minutes");
        assert!(told(&mut news, 10, &[("a", Severity::P3)]).is_empty());
        assert_eq!(told(&mut news, 19, &a), ["a"], "ten minutes");
    }
}
