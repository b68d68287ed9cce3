//! What starts cost, as a table of the report.

use crate::model::analysis::Analysis;
use crate::model::rows::ColdFigures;
use crate::model::text::plain;
use crate::model::words::{count, percent};

/// The columns of the table.
pub(super) const COLUMNS: [&str; 9] = [
    "function",
    "starts/run",
    "ahead of need",
    "failed",
    "$/h",
    "requests cold k/n",
    "waiting",
    "of the slowest",
    "slow if cold",
];

const UNKNOWN: &str = "?";
/// There is nothing that the figure could be of.
const NONE: &str = "–";

/// A row for each function that started environments, or whose requests waited for those of others.
pub(super) fn rows(analysis: &Analysis) -> Vec<Vec<String>> {
    let tells = |row: &&ColdFigures| {
        let waits = row
            .requests
            .is_some_and(|requests| requests.felt_share > 0.0);
        waits || row.bad_init_share.is_some()
    };
    let rows = analysis.cold.iter().filter(tells);
    rows.map(|row| cells(analysis, row)).collect()
}

fn cells(analysis: &Analysis, row: &ColdFigures) -> Vec<String> {
    let share = |share: Option<f64>| {
        share.map_or_else(|| NONE.to_owned(), |share| format!("{} %", percent(share)))
    };
    let requests = row.requests;
    let cold = requests.map_or_else(
        || NONE.to_owned(),
        |of| {
            let cold = (of.cold.value * of.requests as f64).round() as u64;
            format!("{}/{}", count(cold), count(of.requests))
        },
    );
    let risk = requests.and_then(|of| of.relative_risk);
    vec![
        plain(analysis.text(row.function)).into_owned(),
        row.init_rate
            .map_or_else(|| UNKNOWN.to_owned(), |rate| format!("{rate:.3}")),
        share(row.proactive_share),
        share(row.bad_init_share),
        row.init_cost_per_hour
            .map_or_else(|| UNKNOWN.to_owned(), |cost| format!("{cost:.6}")),
        cold,
        share(requests.map(|of| of.felt_share)),
        share(requests.and_then(|of| of.tail_share)),
        risk.map_or_else(|| NONE.to_owned(), |risk| format!("×{risk:.1}")),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::facts::Facts;
    use crate::model::rows::{ColdRequests, Rate};

    #[test]
    fn what_is_unknown_is_no_zero_and_what_cannot_be_has_no_figure() {
        let mut facts = Facts::default();
        let [entry, worker, idle] =
            ["entry", "worker", "idle"].map(|name| facts.symbols.intern(name));
        let figures = |function| ColdFigures {
            function,
            init_rate: Some(0.01),
            proactive_share: None,
            bad_init_share: Some(0.25),
            init_cost_per_hour: None,
            requests: None,
        };
        let requests = ColdRequests {
            requests: 200,
            cold: Rate {
                value: 0.015,
                ..Rate::default()
            },
            felt_share: 0.12,
            tail_share: Some(0.5),
            relative_risk: Some(19.04),
        };
        let analysis = Analysis {
            cold: vec![
                ColdFigures {
                    init_cost_per_hour: Some(0.25),
                    requests: Some(requests),
                    ..figures(entry)
                },
                figures(worker),
                ColdFigures {
                    bad_init_share: None,
                    ..figures(idle)
                },
            ],
            facts: Arc::new(facts),
            ..Analysis::default()
        };
        let expected = [
            [
                "entry", "0.010", "–", "25 %", "0.250000", "3/200", "12 %", "50 %", "×19.0",
            ],
            ["worker", "0.010", "–", "25 %", "?", "–", "–", "–", "–"],
        ];
        assert_eq!(rows(&analysis), expected);
    }
}
