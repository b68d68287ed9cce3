//! Which findings are new: those that somebody should be told of.

use std::collections::BTreeMap;

use crate::model::finding::{Finding, Severity};
use crate::model::time::{MINUTE_MS, Timestamp};

/// A finding that was over or gone for so long is told again when it comes back: it is another incident.
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
            .filter(|finding| finding.is_urgent() && !finding.is_over(now));
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

    fn finding(id: &str, severity: Severity, last_seen: Timestamp) -> Finding {
        Finding {
            id: id.to_owned(),
            severity,
            kind: FindingKind::Error,
            subject: "pay".to_owned(),
            since: Timestamp(0),
            last_seen,
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
        let now = Timestamp(minute * MINUTE_MS);
        let findings: Vec<_> = findings
            .iter()
            .map(|(id, severity)| finding(id, *severity, now))
            .collect();
        let new = news.of(&findings, now);
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

    #[test]
    fn what_still_stands_in_the_list_but_is_over_is_told_anew_when_it_comes_back() {
        let mut news = News::default();
        let mut new = |now: i64, last_seen: i64| {
            let [now, last_seen] = [now, last_seen].map(|minute| Timestamp(minute * MINUTE_MS));
            news.of(&[finding("a", Severity::P1, last_seen)], now).len()
        };
        assert_eq!(new(0, 0), 1);
        for minute in 1..30 {
            assert_eq!(new(minute, 0), 0, "{minute}");
        }
        assert_eq!(new(30, 30), 1);
    }
}
