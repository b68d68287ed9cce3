//! Traces: where did the time go. One row a request, slowest first.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::fact::What;
use crate::model::ids::RequestId;
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Page, Part, Row, Rows, Table};
use crate::ui::requests::{Forest, Request};
use crate::ui::rows;
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

pub struct Traces;

impl Pane for Traces {
    fn title(&self) -> &'static str {
        "Traces"
    }

    fn short(&self) -> &'static str {
        "Trc"
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = Arc::clone(&scene.analysis);
        let mut requests = Forest::of(&analysis).requests(&analysis);
        if requests.is_empty() {
            let line = state::none_of(scene, "no request", "no invocation");
            return Page {
                parts: vec![Part::lines("requests", "Where the time went", vec![line])],
                ..Page::default()
            };
        }
        requests.sort_by(|one, other| {
            other
                .took_ms()
                .total_cmp(&one.took_ms())
                .then(one.root.cmp(&other.root))
        });
        Page {
            note: Text::of(Role::Dim, "sort slow ↓"),
            parts: vec![list(scene, requests)],
            ..Page::default()
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Lines,
            Action::Invocations,
            Action::Pause,
            Action::NextPane,
        ]
    }
}

fn list(scene: &Scene, requests: Vec<Request>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let mut took: Vec<f64> = requests.iter().map(Request::took_ms).collect();
    let spread = percentiles(&mut took).map_or_else(String::new, |took| {
        format!(
            "p50 {} · p99 {}",
            figures::duration(took.p50),
            figures::duration(took.p99)
        )
    });
    let joined = requests
        .iter()
        .filter(|request| request.invocations > 1)
        .count() as u64;
    let title = format!(
        "Where the time went: {} requests, {} over several functions",
        figures::count(requests.len() as u64),
        figures::count(joined)
    );
    let entries = entries(&analysis);
    let keys = requests
        .iter()
        .map(|one| find::run_key(find::run_at(&analysis, one.root)))
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |at| {
        let request = &requests[at];
        let root = analysis.invocation(request.root);
        let run = find::run(root);
        let function = analysis.text(root.function);
        let entry = entries.get(&run.request).map_or(function, String::as_str);
        let links = match request.confidence {
            None => Cell::of(Role::Dim, figures::NONE),
            Some(sure) if sure >= 0.99 => Cell::text("exact"),
            Some(sure) => Cell::of(
                Role::Unknown,
                &format!("≈ {}", figures::percent(f64::from(sure))),
            ),
        };
        let cold = if request.cold_ms > 0.0 {
            Cell::of(Role::Cold, &figures::duration(request.cold_ms))
        } else {
            Cell::of(Role::Dim, figures::NONE)
        };
        Row {
            cells: vec![
                Cell::of(Role::Dim, &rows::moment(request.start, now)),
                Cell::of(Role::Strong, entry),
                Cell::text(&figures::duration(request.took_ms())),
                Cell::Text(rows::status(request.worst)),
                Cell::text(&request.invocations.to_string()),
                Cell::text(&request.depth.to_string()),
                cold,
                Cell::count(Some(u64::from(request.refused)), Role::Throttle),
                Cell::count(Some(u64::from(request.repeats)), Role::Duplicate),
                Cell::count(Some(u64::from(request.overtaken)), Role::Disorder),
                links,
            ],
            open: Some(Step::Trace(run)),
            run: Some(run),
            function: Some(function.to_owned()),
            ..Row::default()
        }
    });
    let kind = |glyph: &str, role: Role| Text::of(role, glyph);
    let columns = vec![
        Column::word("at", 14),
        Column::name("entry", 14, 36),
        Column::figure("took", 8),
        Column::word("status", 9),
        Column::figure("runs", 5).drop(6),
        Column::figure("deep", 4).drop(5),
        Column::figure("", 8)
            .titled(kind(glyphs::COLD, Role::Cold).and(Role::Dim, " cold"))
            .drop(4),
        Column::figure("", 4)
            .titled(kind(glyphs::THROTTLE, Role::Throttle))
            .drop(1),
        Column::figure("", 4)
            .titled(kind(glyphs::DUPLICATE, Role::Duplicate))
            .drop(2),
        Column::figure("", 4)
            .titled(kind(glyphs::DISORDER, Role::Disorder))
            .drop(3),
        Column::word("links", 8).drop(7),
    ];
    Part::new("requests", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &spread))
        .between(4, u16::MAX)
}

/// Routes of an API by the request id of the invocation behind them: `POST /orders`.
fn entries(analysis: &Analysis) -> HashMap<RequestId, String> {
    let logs = analysis
        .facts
        .streams
        .iter()
        .filter(|stream| stream.function.is_none());
    logs.flat_map(|stream| &stream.facts)
        .filter_map(|fact| match &fact.what {
            What::Access(access) => {
                let route = analysis.facts.text_of(access.route)?;
                Some((access.integration_request?, route.to_owned()))
            }
            _ => None,
        })
        .collect()
}
