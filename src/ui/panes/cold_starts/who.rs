//! Functions by what their requests waited for starts.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::rows::{FunctionFigures, InitCause};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::why::causes;
use super::{Inits, felt_ms};

/// The cause that most felt starts had, and how many had it.
fn top_cause(analysis: &Analysis, inits: &[u32]) -> Option<(InitCause, usize, usize)> {
    let causes = causes(analysis, inits);
    let all = causes.iter().map(|(_, count)| count).sum();
    causes.first().map(|(cause, count)| (*cause, *count, all))
}

/// The part; functions in their order.
pub(super) fn part(scene: &Scene, order: Vec<usize>, of: Inits) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let known = FunctionFigures::felt_of(&analysis.functions);
    let share = known
        .and_then(|(felt, told)| crate::detect::statistics::wilson(felt, told))
        .map_or_else(String::new, |rate| format!(", {}", figures::rate(&rate)));
    let title = format!(
        "Who waits: {} of {} waited for a start{share}",
        figures::count_or_unknown(known.map(|(felt, _)| felt)),
        figures::number_or_unknown(known.map(|(_, told)| told), "invocations")
    );
    let aside = format!(
        "{} in all",
        figures::number_of(analysis.inits.len() as u64, "starts")
    );
    let hours = analysis.window.map_or(1.0, |(from, to)| {
        (to.since(from).max(60_000) as f64) / 3_600_000.0
    });
    let keys = order
        .iter()
        .map(|at| Key::text(analysis.text(analysis.functions[*at].function)))
        .collect();
    let rows = Rows::new(keys, move |at| {
        let function = &analysis.functions[order[at]];
        let inits = of.get(&function.function).map_or(&[][..], Vec::as_slice);
        row(&analysis, function, inits, hours)
    });
    let columns = vec![
        Column::name("function", 12, 30),
        Column::word("runtime", 10).drop(8),
        Column::figure("MB", 5).drop(7),
        Column::figure("cold k/n", 12),
        Column::figure("rate [95 %]", 17).drop(3),
        Column::figure("init p50", 8).drop(5),
        Column::figure("init p99", 8).drop(4),
        Column::figure("felt/h", 8).drop(2),
        Column::word("top cause", 16),
        Column::figure("", 7).drop(1),
    ];
    Part::new("who", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(4, 10)
        .foot(Text::of(
            Role::Dim,
            "felt: a request waited for it · percentiles are of every init of the function",
        ))
}

fn row(analysis: &Analysis, function: &FunctionFigures, inits: &[u32], hours: f64) -> Row {
    let name = analysis.text(function.function);
    let known = analysis.facts.functions.get(&function.function);
    let runtime = known
        .and_then(|known| known.runtime)
        .map_or(figures::UNKNOWN, |sym| analysis.text(sym));
    let memory = function
        .memory_mb
        .or(known.and_then(|known| known.memory_mb));
    let notable = function
        .cold_rate
        .as_ref()
        .is_some_and(|rate| rate.low >= 0.05);
    // Where no run tells how it started, that nothing was seen does not say that there is nothing.
    let silent = function.felt_cold_starts.is_none();
    let nothing = if silent {
        figures::UNKNOWN
    } else {
        figures::NONE
    };
    let (cause, share) = match top_cause(analysis, inits) {
        Some((cause, count, all)) => (cause.to_string(), format!("{count}/{all}")),
        None => (nothing.to_owned(), String::new()),
    };
    let felt = (!silent).then(|| felt_ms(analysis, inits) / hours);
    let rate = match &function.cold_rate {
        Some(rate) if function.told() >= 20 => figures::rate(rate),
        _ => nothing.to_owned(),
    };
    let percentile = |of: fn(&crate::model::rows::Percentiles) -> f64| {
        let of = function.init_ms.as_ref().map(of);
        Cell::text(&of.map_or_else(|| nothing.to_owned(), figures::duration))
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            Cell::text(runtime),
            Cell::text(&memory.map_or_else(|| figures::UNKNOWN.to_owned(), |mb| mb.to_string())),
            Cell::of(
                if notable { Role::Cold } else { Role::Text },
                &figures::felt(function),
            ),
            Cell::text(&rate),
            percentile(|of| of.p50),
            percentile(|of| of.p99),
            Cell::text(&figures::duration_or_unknown(felt)),
            Cell::text(&cause),
            Cell::of(Role::Dim, &share),
        ],
        open: Some(Step::Invocations {
            function: name.to_owned(),
            which: crate::ui::step::Which::Cold,
        }),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}
