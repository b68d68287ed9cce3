//! Who calls a resource that refuses: tries, calls now and before, share of the rise, and what it came to.

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::fact::Kinds;
use crate::model::rows::{Pressure, Residual, Throttle};
use crate::model::symbols::Sym;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Runs of a caller that had calls refused, and how many of them failed.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    runs: u64,
    failed: u64,
}

/// The part.
pub(super) fn part(analysis: &Analysis, mine: &[&Throttle], pressure: Option<&Pressure>) -> Part {
    let total: u64 = mine.iter().map(|throttle| throttle.count).sum();
    let resource = mine.first().map_or("", |one| one.resource.as_str());
    let outcomes = outcomes(analysis, resource);
    let mut of: Vec<(Sym, u64)> = Vec::new();
    for (caller, count) in mine.iter().flat_map(|throttle| &throttle.callers) {
        match of.iter_mut().find(|(known, _)| known == caller) {
            Some((_, sum)) => *sum += count,
            None => of.push((*caller, *count)),
        }
    }
    of.sort_by_key(|(caller, count)| (u64::MAX - count, analysis.text(*caller).to_owned()));
    // Where nobody calls more than before, there is no rise to share.
    let rose = pressure.is_some_and(|pressure| !pressure.blame.is_empty());
    let known: u64 = of.iter().map(|(_, count)| count).sum();
    let mut rows: Vec<(Key, Row)> = of
        .into_iter()
        .map(|(caller, count)| {
            let name = analysis.text(caller);
            let mut cells = counted(Text::of(Role::Strong, name), count, total);
            if rose {
                cells.extend(risen(pressure, caller));
            }
            cells.push(saw(outcomes.get(&caller).copied()));
            let row = Row {
                cells,
                open: Some(Step::Function(name.to_owned())),
                function: Some(name.to_owned()),
                ..Row::default()
            };
            (Key::text(name), row)
        })
        .collect();
    if known < total {
        let mut cells = counted(
            Text::of(Role::Unknown, "? unattributed"),
            total - known,
            total,
        );
        if rose {
            cells.extend((0..4).map(|_| Cell::of(Role::Unknown, figures::UNKNOWN)));
        }
        let who = match pressure.and_then(|pressure| pressure.residual) {
            Some(Residual::AsyncQueue) => "its asynchronous queue: events grow old",
            Some(Residual::EventSource) => "its event source: records grow old",
            None => "no record of a caller",
        };
        cells.push(Cell::of(Role::Unknown, who));
        // Its metrics, its queue and its event sources are on the page of the function that refuses.
        let function = super::function_of(analysis, resource);
        let function = function.map(|function| analysis.text(function).to_owned());
        let row = Row {
            cells,
            open: function.clone().map(Step::Function),
            function,
            ..Row::default()
        };
        rows.push((Key(0), row));
    }
    let mut columns = vec![
        Column::name("caller", 14, 24),
        Column::figure("refused", 8),
        Column::word("share", 16).drop(5),
        Column::figure("of all", 6),
    ];
    if rose {
        columns.extend([
            Column::figure("calls/min", 9).drop(2),
            Column::figure("before", 7).drop(3),
            Column::figure("×", 5).drop(4),
            Column::figure("blame", 6),
        ]);
    }
    columns.push(Column::text("what its runs came to", 14, 34).drop(1));
    let aside = match pressure {
        Some(_) if rose => "blame: share of the rise in calls",
        Some(_) => "demand is level: nobody calls more than before",
        None => "by caller log and X-Ray",
    };
    Part::new(
        "callers",
        "Who calls it",
        Table::new(columns, Rows::few(rows)),
    )
    .aside(Text::of(Role::Dim, aside))
    .between(1, 6)
}

fn counted(name: Text, count: u64, total: u64) -> Vec<Cell> {
    let share = count as f64 / total.max(1) as f64;
    vec![
        Cell::Text(name),
        Cell::count(Some(count), Role::Throttle),
        Cell::Bar(share, Role::Throttle),
        Cell::text(&figures::percent(share)),
    ]
}

/// Calls a minute in the episode and before it, the ratio of both, and the caller's share of the rise.
fn risen(pressure: Option<&Pressure>, caller: Sym) -> Vec<Cell> {
    let blame =
        pressure.and_then(|pressure| pressure.blame.iter().find(|one| one.caller == caller));
    let Some(blame) = blame else {
        return (0..4).map(|_| Cell::of(Role::Dim, figures::NONE)).collect();
    };
    let times = if blame.before > 0.0 {
        format!("{:.1}×", blame.per_minute / blame.before)
    } else {
        "new".to_owned()
    };
    vec![
        Cell::text(&figures::per_minute(blame.per_minute)),
        Cell::text(&figures::per_minute(blame.before)),
        Cell::text(&times),
        Cell::of(Role::Strong, &figures::percent(blame.share)),
    ]
}

fn saw(outcome: Option<Outcome>) -> Cell {
    match outcome {
        None => Cell::of(Role::Dim, figures::NONE),
        Some(one) if one.failed == 0 => Cell::text(&format!(
            "nothing lost in {}",
            figures::number_of(one.runs, "runs")
        )),
        Some(one) => Cell::of(
            Role::Error,
            &format!(
                "{} of {} failed",
                figures::count(one.failed),
                figures::number_of(one.runs, "runs")
            ),
        ),
    }
}

/// What became of the runs whose own lines tell of refused calls.
fn outcomes(analysis: &Analysis, resource: &str) -> HashMap<Sym, Outcome> {
    let mut found: HashMap<Sym, Outcome> = HashMap::new();
    for run in &analysis.assembled.invocations {
        let mut lines = analysis.assembled.app_lines_of(run, Kinds::REFUSED);
        let refused = lines.any(|line| {
            let app = analysis.facts.app(line, Kinds::REFUSED);
            let refusal = app.and_then(|app| app.refused);
            refusal
                .is_some_and(|refusal| analysis.facts.text_of(refusal.resource) == Some(resource))
        });
        if refused {
            let outcome = found.entry(run.function).or_default();
            outcome.runs += 1;
            outcome.failed += u64::from(run.status.failed());
        }
    }
    found
}
