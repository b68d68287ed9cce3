//! What one invocation costs by Lambda's list price of most regions; the free tier and discounts are not known here.

use crate::model::fact::Report;

/// Dollars for a gigabyte-second on x86-64.
const GB_SECOND: f64 = 0.000_016_666_7;
/// Dollars for a gigabyte-second on arm64.
const GB_SECOND_ARM: f64 = 0.000_013_333_4;
/// Dollars for a request.
const REQUEST: f64 = 0.000_000_2;

/// Dollars for an invocation; `None` where the line does not say what was billed.
pub(super) fn of(report: &Report, arm: bool) -> Option<f64> {
    let seconds = f64::from(report.billed_ms?) / 1_000.0;
    let gigabytes = f64::from(report.memory_mb?) / 1_024.0;
    let price = if arm { GB_SECOND_ARM } else { GB_SECOND };
    Some(seconds * gigabytes * price + REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_a_gigabyte_is_the_list_price_and_a_request() {
        let report = Report {
            billed_ms: Some(1_000.0),
            memory_mb: Some(1_024),
            ..Report::default()
        };
        let dollars = of(&report, false).unwrap();
        assert!((dollars - 0.000_016_866_7).abs() < 1e-12, "{dollars}");
        assert!(of(&report, true).unwrap() < dollars);
        assert_eq!(of(&Report::default(), false), None);
    }
}
