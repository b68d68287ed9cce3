//! Refusals of a resource by minute, beside what ran: one column a minute.

use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::rows::{Pressure, Throttle};
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::series::{self, Known, Minutes};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::function_of;

/// Minutes side by side.
const COLUMNS: usize = 12;

/// What ran of a function in each minute.
#[derive(Clone, Default)]
pub(super) struct Minute {
    pub(super) done: u64,
    pub(super) took: Vec<f64>,
    /// Starts (+1) and ends (−1) in this minute.
    turns: Vec<(Timestamp, i32)>,
}

pub(super) fn part(
    scene: &Scene,
    resource: &str,
    mine: &[&Throttle],
    near: Option<&Pressure>,
) -> Part {
    let analysis = &scene.analysis;
    let last = mine
        .iter()
        .map(|throttle| throttle.minute)
        .max()
        .unwrap_or(scene.now);
    let end = last.plus_ms(2 * MINUTE_MS).min(scene.now);
    let minutes = Minutes::until(end, COLUMNS);
    let known = Known::of(analysis);
    let refused = minutes.count(&known, mine.iter().map(|one| (one.minute, one.count)));
    let mut at_least = [false; COLUMNS];
    for one in mine {
        if let Some(at) = minutes.index(one.minute) {
            at_least[at] |= one.lower_bound;
        }
    }
    let function = function_of(analysis, resource);
    let ran = function.map(|function| ran(analysis, function, minutes));
    let limit = function
        .and_then(|function| analysis.facts.functions.get(&function))
        .and_then(|known| known.reserved_concurrency);
    let mut rows = Vec::new();
    let mut add = |label: Text, cell: &mut dyn FnMut(usize) -> Cell| {
        let mut cells = vec![Cell::Text(label)];
        cells.extend((0..COLUMNS).map(cell));
        rows.push(Row {
            cells,
            ..Row::default()
        });
    };
    let deployed = deployed(analysis, function, minutes);
    if deployed.iter().any(Option::is_some) {
        let label = Text::of(Role::Focus, glyphs::DEPLOY).and(Role::Text, " deploy");
        add(label, &mut |at| {
            deployed[at].map_or_else(
                || Cell::text(""),
                |deploy| Cell::of(Role::Focus, &version(analysis.text(deploy.to))),
            )
        });
    }
    let done = ran.as_ref().map(|ran| {
        let cells = ran.iter().enumerate();
        minutes.count(&known, cells.map(|(at, one)| (minutes.start(at), one.done)))
    });
    if let Some(done) = &done {
        add(Text::new("done"), &mut |at| {
            Cell::count(done[at].map(u64::from), Role::Text)
        });
    }
    let label = Text::of(Role::Throttle, glyphs::THROTTLE).and(Role::Text, " refused");
    add(label, &mut |at| match refused[at] {
        Some(count) if at_least[at] => {
            let words = format!("≥ {}", figures::count(u64::from(count)));
            Cell::of(Role::Throttle, &words)
        }
        count => Cell::count(count.map(u64::from), Role::Throttle),
    });
    if let (Some(ran), Some(done)) = (&ran, &done) {
        let share = |at: usize| {
            let (refused, done) = (f64::from(refused[at]?), f64::from(done[at]?));
            (refused + done > 0.0).then(|| refused / (refused + done))
        };
        add(Text::new("refused share"), &mut |at| {
            Cell::Bar(share(at).unwrap_or(0.0), Role::Throttle)
        });
        add(Text::default(), &mut |at| match share(at) {
            Some(share) => Cell::of(
                if share > 0.0 { Role::Text } else { Role::Dim },
                &figures::percent(share),
            ),
            None => Cell::of(Role::Dim, figures::NONE),
        });
        let peaks = peaks(ran);
        let label = limit.map_or_else(
            || "slots peak".to_owned(),
            |limit| format!("slots peak/{limit}"),
        );
        add(Text::new(&label), &mut |at| {
            if done[at].is_none() {
                return Cell::of(Role::Unknown, figures::UNKNOWN);
            }
            let full = limit.is_some_and(|limit| peaks[at] >= i64::from(limit));
            Cell::of(
                if full { Role::Strong } else { Role::Text },
                &peaks[at].to_string(),
            )
        });
        add(Text::new("p50"), &mut |at| {
            let p50 = percentiles(&mut ran[at].took.clone()).map(|took| took.p50);
            Cell::text(&p50.map_or_else(|| figures::NONE.to_owned(), figures::duration))
        });
    }
    if let Some(near) = near.filter(|near| !near.amplification_by_minute.is_empty()) {
        add(Text::new("tries per call"), &mut |at| {
            tries_in(near, minutes.start(at))
        });
    }
    let mut columns = vec![Column::word("", 14)];
    columns.extend((0..COLUMNS).map(|at| {
        let title = figures::clock_minute(minutes.start(at));
        Column::figure(&title, 7)
            .named("")
            .drop((COLUMNS - at) as u8)
    }));
    let lines = rows.len() as u16;
    let title = format!(
        "{resource} by minute, {} to {}",
        figures::clock_minute(minutes.first),
        figures::clock_minute(minutes.start(COLUMNS - 1))
    );
    let aside = finality(mine, at_least.contains(&true));
    Part::new("minutes", title, Table::new(columns, Rows::fixed(rows)))
        .aside(Text::of(Role::Dim, &aside))
        .between(lines.min(4), lines)
}

/// Tries that a call took in a minute: `1.6×`.
fn tries_in(near: &Pressure, minute: Timestamp) -> Cell {
    let mut known = near.amplification_by_minute.iter();
    let tries = known.find(|(known, _)| *known == minute);
    tries.map_or_else(
        || Cell::of(Role::Dim, figures::NONE),
        |(_, tries)| Cell::text(&format!("{tries:.1}×")),
    )
}

/// The newest change of version in each minute, by its index, of one function.
fn deployed(
    analysis: &Analysis,
    function: Option<Sym>,
    minutes: Minutes,
) -> Vec<Option<series::Deploy>> {
    let mut found = vec![None; minutes.len];
    for deploy in series::deploys(analysis) {
        if Some(deploy.function) == function
            && let Some(index) = minutes.index(deploy.at)
        {
            found[index] = Some(deploy);
        }
    }
    found
}

/// Until when the metric counts, where later minutes rest on what callers say.
fn finality(mine: &[&Throttle], some_at_least: bool) -> String {
    let counted = mine.iter().filter(|one| !one.lower_bound);
    match counted.map(|one| one.minute).max() {
        Some(until) if some_at_least => format!(
            "one column a minute · metric to {}, then ≥",
            figures::clock_minute(until)
        ),
        _ => "one column a minute".to_owned(),
    }
}

/// `v42`; an alias or `$LATEST` by its name.
fn version(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("v{name}")
    } else {
        name.to_owned()
    }
}

pub(super) fn ran(analysis: &Analysis, function: Sym, minutes: Minutes) -> Vec<Minute> {
    let mut found = vec![Minute::default(); minutes.len];
    let runs = analysis.assembled.invocations.iter();
    for one in runs.filter(|one| one.function == function && one.counted) {
        if let Some(index) = minutes.index(one.start) {
            found[index].done += 1;
            found[index]
                .took
                .extend(one.duration_ms.get().map(f64::from));
        }
        // What began before the first minute or ended after the last still holds a slot in between.
        let from = one.start.max(minutes.first);
        if let Some(index) = minutes.index(from)
            && one.end >= minutes.first
        {
            found[index].turns.push((from, 1));
            if let Some(index) = minutes.index(one.end) {
                found[index].turns.push((one.end, -1));
            }
        }
    }
    found
}

/// The most invocations at once in each minute.
fn peaks(minutes: &[Minute]) -> Vec<i64> {
    let mut open = 0_i64;
    minutes
        .iter()
        .map(|minute| {
            let mut turns = minute.turns.clone();
            // An environment is free again at the millisecond at which its invocation ends.
            turns.sort_unstable();
            let mut most = open;
            for (_, turn) in turns {
                open += i64::from(turn);
                most = most.max(open);
            }
            most
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_stay_taken_over_the_turn_of_a_minute() {
        let turns = |turns: &[(i64, i32)]| Minute {
            turns: turns
                .iter()
                .map(|(at, turn)| (Timestamp(*at), *turn))
                .collect(),
            ..Minute::default()
        };
        // Two begin in the first minute, one ends in the second, at the very moment at which a third begins.
        let minutes = [
            turns(&[(10, 1), (20, 1)]),
            turns(&[(70, 1), (70, -1)]),
            turns(&[]),
        ];
        assert_eq!(peaks(&minutes), [2, 2, 2]);
    }
}
