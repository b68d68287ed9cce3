//! What if some environments of a function were always kept warm: provisioned concurrency, replayed.

use crate::detect::provisioned::prices::Prices;
use crate::detect::provisioned::{Slots, WhatIf, what_if};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::state;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Rows at most: up to the first that is worth it, and one more.
const MOST: usize = 4;
const TITLE: &str = "If some were kept warm (provisioned concurrency)";

/// The part.
pub(super) fn part(scene: &Scene, function: Sym) -> Part {
    let Some(answer) = what_if(&scene.analysis, function, Prices::LIST) else {
        let line = Text::of(Role::Unknown, "no finished run to replay");
        return Part::lines("kept-warm", TITLE, vec![line]);
    };
    if answer.rows.iter().all(|row| row.avoided.is_none()) {
        let line = Text::of(
            Role::Ok,
            "nobody waited for a start: there is none to avoid",
        );
        return Part::lines("kept-warm", TITLE, vec![line]);
    }
    let shown = shown(&answer);
    let rows: Vec<Row> = answer.rows[shown.clone()]
        .iter()
        .zip(shown)
        .map(|(slots, at)| row(slots, Some(at) == answer.recommended))
        .collect();
    let columns = vec![
        Column::figure("kept", 4),
        Column::text("cold starts avoided", 12, 26).drop(2),
        Column::figure("avoided", 7),
        Column::figure("too many", 8).drop(3),
        Column::figure("used", 6),
        Column::figure("$/day", 8),
        Column::text("", 20, 60).drop(1),
    ];
    let basis = if answer.optimistic {
        format!(
            "Erlang's formula for {}: optimistic",
            figures::number_of(answer.runs as u64, "runs")
        )
    } else {
        format!(
            "replay of {} · {} · list prices us-east-1",
            state::window(scene),
            figures::number_of(answer.runs as u64, "runs")
        )
    };
    let lines = rows.len() as u16;
    let life = figures::duration(answer.idle_life_ms as f64);
    Part::new("kept-warm", TITLE, Table::new(columns, Rows::fixed(rows)))
        .aside(Text::of(Role::Dim, &basis))
        .between(lines.min(2), lines)
        .foot(Text::of(
            Role::Dim,
            &format!(
                "too many: found none of them free · idle environments are taken to live {life}"
            ),
        ))
}

/// Which rows of the answer to show.
fn shown(answer: &WhatIf) -> std::ops::Range<usize> {
    let all = answer.rows.len();
    let end = answer.recommended.map_or(all, |at| (at + 2).min(all));
    end.saturating_sub(MOST)..end
}

fn row(slots: &Slots, recommended: bool) -> Row {
    let pays = slots.used >= Prices::LIST.break_even();
    let verdict = match (recommended, pays) {
        (true, true) => Text::of(
            Role::Strong,
            "fewest that avoid 80 %, and they pay for themselves",
        ),
        (true, false) => Text::of(Role::Strong, "fewest that avoid 80 %")
            .and(Role::Text, ": pays only if the wait matters"),
        (false, true) => Text::new("pays for itself"),
        (false, false) => {
            let even = figures::percent(Prices::LIST.break_even());
            Text::of(
                Role::Dim,
                &format!("used less than {even}: dearer than on demand"),
            )
        }
    };
    let avoided = slots.avoided.unwrap_or(0.0);
    let cost = slots.cost_per_day.map_or_else(
        || figures::UNKNOWN.to_owned(),
        |cost| {
            let sign = if cost < 0.0 { '-' } else { '+' };
            format!("{sign}{:.2}", cost.abs())
        },
    );
    Row {
        cells: vec![
            Cell::text(&slots.slots.to_string()),
            Cell::Bar(avoided, Role::Cold),
            Cell::text(
                &slots
                    .avoided
                    .map_or_else(|| figures::NONE.to_owned(), figures::percent),
            ),
            Cell::text(&figures::percent(slots.spill)),
            Cell::text(&figures::percent(slots.used)),
            Cell::text(&cost),
            Cell::Text(verdict),
        ],
        ..Row::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lead_up_to_the_first_that_is_worth_it() {
        let slots = |slots| Slots {
            slots,
            avoided: Some(0.1),
            spill: 0.0,
            used: 0.0,
            cost_per_day: None,
        };
        let answer = |rows: u32, recommended| WhatIf {
            rows: (1..=rows).map(slots).collect(),
            recommended,
            idle_life_ms: 0,
            runs: 0,
            optimistic: false,
        };
        assert_eq!(shown(&answer(9, Some(5))), 3..7);
        assert_eq!(shown(&answer(6, Some(5))), 2..6);
        assert_eq!(shown(&answer(9, None)), 5..9);
        assert_eq!(shown(&answer(2, Some(0))), 0..2);
    }
}
