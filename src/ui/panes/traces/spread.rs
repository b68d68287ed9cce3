//! How long requests took, in steps that grow: where the slow ones are and what they have in common.

use crate::ui::figures;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::request::Request;

/// Upper ends of the steps, in milliseconds; what took longer is in one more.
const STEPS: [f64; 8] = [100.0, 300.0, 1e3, 3e3, 10e3, 30e3, 60e3, 300e3];

/// Requests of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Step {
    all: u64,
    failed: u64,
    cold: u64,
    refused: u64,
    repeated: u64,
}

/// The part.
pub(super) fn part(requests: &[Request]) -> Part {
    let steps = steps(requests);
    let most = steps.iter().map(|step| step.all).max().unwrap_or(1).max(1) as f64;
    let first = steps.iter().position(|step| step.all > 0).unwrap_or(0);
    let last = steps.iter().rposition(|step| step.all > 0).unwrap_or(0);
    let rows: Vec<Row> = (first..=last)
        .map(|at| {
            let step = steps[at];
            let label = match STEPS.get(at) {
                Some(end) => format!("≤ {}", figures::mark(*end)),
                None => "longer".to_owned(),
            };
            Row {
                cells: vec![
                    Cell::text(&label),
                    Cell::Bar(step.all as f64 / most, Role::Text),
                    Cell::text(&figures::count(step.all)),
                    Cell::count(Some(step.failed), Role::Error),
                    Cell::count(Some(step.cold), Role::Cold),
                    Cell::count(Some(step.refused), Role::Throttle),
                    Cell::count(Some(step.repeated), Role::Duplicate),
                ],
                ..Row::default()
            }
        })
        .collect();
    let of = |role: Role, glyph: &str, word: &str| {
        Text::of(role, glyph).and(Role::Dim, &format!(" {word}"))
    };
    let columns = vec![
        Column::figure("took", 9),
        Column::text("", 12, 40),
        Column::figure("requests", 9),
        Column::figure("", 8).titled(of(Role::Error, "!", "failed")),
        Column::figure("", 7)
            .titled(of(Role::Cold, "▒", "cold"))
            .drop(2),
        Column::figure("", 9).titled(of(Role::Throttle, "╳", "refused")),
        Column::figure("", 8)
            .titled(of(Role::Duplicate, "═", "twice"))
            .drop(1),
    ];
    let lines = rows.len() as u16;
    Part::new(
        "spread",
        "How long requests took",
        Table::new(columns, Rows::fixed(rows)),
    )
    .aside(Text::of(Role::Dim, "steps grow"))
    .between(lines, lines)
}

fn steps(requests: &[Request]) -> [Step; STEPS.len() + 1] {
    let mut steps = [Step::default(); STEPS.len() + 1];
    for request in requests {
        let took = request.took_ms();
        let at = STEPS.iter().position(|end| took <= *end);
        let step = &mut steps[at.unwrap_or(STEPS.len())];
        step.all += 1;
        step.failed += u64::from(request.status.failed());
        step.cold += u64::from(request.cold_ms > 0.0);
        step.refused += u64::from(request.refused > 0);
        step.repeated += u64::from(request.repeats > 0);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::invocation::InvocationStatus;
    use crate::model::time::Timestamp;

    #[test]
    fn the_end_of_a_step_belongs_to_it() {
        let request = |took: i64, refused| Request {
            root: 0,
            start: Timestamp(0),
            end: Timestamp(took),
            runs: 1,
            cold_ms: 0.0,
            refused,
            repeats: 0,
            overtaken: 0,
            status: InvocationStatus::Ok,
            confidence: None,
            has_spans: false,
        };
        let steps = steps(&[request(100, 0), request(101, 2), request(900_000, 0)]);
        assert_eq!(steps.map(|step| step.all), [1, 1, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(
            steps[1].refused, 1,
            "one request, however often it was refused"
        );
    }
}
