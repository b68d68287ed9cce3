//! What the starts of one function cost: in runs, in vain, in money, and in the time of the requests that enter by it.

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::rows::{ColdRequests, InitKind};
use crate::model::symbols::Sym;
use crate::ui::figures;
use crate::ui::page::Part;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// The part, each figure with what it is of.
pub(super) fn part(analysis: &Analysis, function: Sym, inits: &[u32]) -> Part {
    let row = analysis.cold.iter().find(|row| row.function == function);
    let runs = analysis.functions.iter().find(|of| of.function == function);
    let mut lines = vec![
        line(
            "starts",
            &starts(runs.map_or(0, |of| of.invocations), inits.len() as u64),
        ),
        line("kinds", &kinds(analysis, inits)),
    ];
    let cost = row.and_then(|row| row.init_cost_per_hour);
    lines.push(match cost {
        Some(cost) => line(
            "billed",
            &format!("${cost:.6} an hour for inits that were billed, at list price"),
        ),
        None => unknown("billed", "no REPORT line tells what its inits were billed"),
    });
    match row.and_then(|row| row.requests) {
        Some(of) => lines.extend(requests(&of)),
        None => lines.push(Text::of(
            Role::Dim,
            "requests   none enter here: only other functions call or feed it",
        )),
    }
    Part::lines("cost", "What its starts cost", lines)
        .aside(Text::of(Role::Dim, "k of n, [95 %] from 20 on"))
}

fn line(label: &str, words: &str) -> Text {
    Text::of(Role::Dim, &format!("{label:10} ")).and(Role::Text, words)
}

fn unknown(label: &str, why: &str) -> Text {
    Text::of(Role::Dim, &format!("{label:10} ")).and(Role::Unknown, &format!("? {why}"))
}

/// `44 starts in 214 runs: 0.206 a run`.
fn starts(runs: u64, starts: u64) -> String {
    let (starts_of, runs_of) = (figures::count(starts), figures::number_of(runs, "runs"));
    if runs == 0 {
        return format!("{starts_of}, no run seen");
    }
    let each = starts as f64 / runs as f64;
    format!("{starts_of} in {runs_of}: {each:.3} a run")
}

/// How many were made ahead of need, and how many failed.
fn kinds(analysis: &Analysis, inits: &[u32]) -> String {
    let count = |wanted: &[InitKind]| {
        let all = inits.iter().map(|at| analysis.inits[*at as usize].kind);
        all.filter(|kind| wanted.contains(kind)).count() as u64
    };
    let ahead = count(&[InitKind::Proactive]);
    let made = ahead + count(&[InitKind::OnDemand]);
    let bad = count(&[
        InitKind::InitTimeout,
        InitKind::InitFailed,
        InitKind::ReinitAfterCrash,
    ]);
    format!(
        "{} ahead of need · {} timed out, failed or followed a crash",
        share(ahead, made),
        share(bad, inits.len() as u64)
    )
}

/// What the requests that enter by it waited for starts, there and below.
fn requests(of: &ColdRequests) -> Vec<Text> {
    let all = figures::count(of.requests);
    let cold = (of.cold.value * of.requests as f64).round() as u64;
    let mut lines = vec![line(
        "requests",
        &format!(
            "{} that enter here waited for a start, of it or below it: {} of their time",
            share(cold, of.requests),
            figures::percent(of.felt_share)
        ),
    )];
    lines.push(match of.tail_share {
        Some(tail) => {
            let risk = match of.relative_risk {
                Some(risk) => format!("a start makes that {risk:.1} times as likely"),
                None if tail > 0.0 => "none was slow without one".to_owned(),
                None => "no request waited for one".to_owned(),
            };
            let tail = figures::percent(tail);
            line(
                "slowest",
                &format!("{tail} of the slowest hundredth of {all} waited for a start: {risk}"),
            )
        }
        None => Text::of(
            Role::Dim,
            &format!("slowest    – of {all} requests: below 100, or none slower than the rest"),
        ),
    });
    lines
}

/// `3 of 44, 6.8 % [2.3–18]`; no share of few, or of nothing.
fn share(part: u64, of: u64) -> String {
    let counts = format!("{} of {}", figures::count(part), figures::count(of));
    match wilson(part, of).filter(|_| of >= 20) {
        Some(rate) => format!("{counts}, {}", figures::rate(&rate)),
        None => counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rows::Rate;

    #[test]
    fn figures_say_what_they_are_of() {
        assert_eq!(starts(214, 44), "44 in 214 runs: 0.206 a run");
        assert_eq!(starts(0, 2), "2, no run seen");
        assert_eq!(share(1, 3), "1 of 3");
        // Wilson for 3 of 44, as in the specification: (0.0682 + 0.0437 ± 0.0804) / 1.0873 with z² = 3.8415.
        assert_eq!(share(3, 44), "3 of 44, 6.8 % [2.3–18]");
        let few = ColdRequests {
            requests: 20,
            cold: Rate {
                value: 0.1,
                ..Rate::default()
            },
            felt_share: 0.05,
            tail_share: None,
            relative_risk: None,
        };
        let words: Vec<String> = requests(&few).iter().map(Text::characters).collect();
        assert!(words[0].contains("2 of 20"), "{words:?}");
        assert!(words[0].ends_with("5.0 % of their time"), "{words:?}");
        assert!(words[1].contains("– of 20 requests"), "{words:?}");
    }
}
