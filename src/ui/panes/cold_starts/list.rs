//! Every start of one function.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Init, InitCause};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// The part, newest first.
pub(super) fn part(scene: &Arc<Scene>, inits: &[u32]) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let list: Vec<u32> = inits.iter().rev().copied().collect();
    let keys = list
        .iter()
        .map(|at| init_key(&analysis, &analysis.inits[*at as usize]))
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |row| {
        let init = &analysis.inits[list[row] as usize];
        let run = init
            .invocation
            .map(|at: InvocationIndex| find::run_at(&analysis, at));
        let ms = |ms: Option<f32>| {
            ms.map_or_else(
                || figures::UNKNOWN.to_owned(),
                |ms| figures::duration(f64::from(ms)),
            )
        };
        let felt = init.cause.is_some();
        let function = analysis.text(init.function).to_owned();
        Row {
            cells: vec![
                Cell::of(Role::Dim, &rows::moment(init.at, now)),
                Cell::text(&init.kind.to_string()),
                Cell::text(&ms(init.init_ms)),
                if felt {
                    Cell::of(Role::Cold, &ms(init.felt_ms))
                } else {
                    Cell::of(Role::Dim, "nobody")
                },
                Cell::text(
                    &init
                        .cause
                        .map_or_else(|| figures::NONE.to_owned(), |cause| cause.to_string()),
                ),
                Cell::Text(explained(&analysis, init)),
                Cell::text(&run.map_or_else(
                    || figures::NONE.to_owned(),
                    |run| figures::request(run.request),
                )),
            ],
            open: Some(run.map_or_else(|| Step::Function(function.clone()), Step::Invocation)),
            run,
            function: Some(function),
            ..Row::default()
        }
    });
    let columns = vec![
        Column::word("at", 14),
        Column::word("kind", 18),
        Column::figure("init", 8),
        Column::figure("felt", 8),
        Column::word("cause", 16),
        Column::text("explained by", 12, u16::MAX).drop(2),
        Column::word("request", 11).drop(1),
    ];
    Part::new(
        "inits",
        "Its starts, newest first",
        Table::new(columns, rows),
    )
    .aside(Text::of(Role::Dim, "Enter opens the invocation"))
    .between(3, u16::MAX)
}

fn init_key(analysis: &Analysis, init: &Init) -> Key {
    let stream = analysis.facts.streams[init.stream as usize].stream;
    Key::text(&format!("{}\0{}", analysis.text(stream), init.at.0))
}

/// What ended, so that this start was needed.
fn explained(analysis: &Analysis, init: &Init) -> Text {
    let Some(at) = init.explained_by else {
        return Text::of(
            Role::Dim,
            match init.cause {
                Some(InitCause::ScaleOut) => "all others were busy",
                Some(InitCause::First) => "none was seen before it",
                Some(InitCause::PcExhausted) => "all provisioned ones were busy",
                _ => "",
            },
        );
    };
    let environment = &analysis.assembled.environments[at as usize];
    let name = find::environment(
        analysis.text(analysis.facts.streams[environment.stream as usize].stream),
    );
    // An environment that was restarted ran on: what ended it is the run before the start.
    let before = environment
        .invocations
        .iter()
        .rev()
        .map(|at| analysis.invocation(*at))
        .find(|run| run.start < init.at);
    let Some(last) = before else {
        return Text::of(Role::Dim, &format!("environment {name}"));
    };
    let idle = figures::duration(init.at.since(last.end) as f64);
    let words = match init.cause {
        Some(InitCause::ErrorRecycle) => format!("environment {name} ended by {}", last.status),
        Some(InitCause::Deploy) => format!("environment {name} ran the version before"),
        _ => format!("environment {name} idle {idle}, then gone"),
    };
    Text::of(Role::Dim, &words)
}
