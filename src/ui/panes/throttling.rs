//! Throttling: who is refused, by which limit, who floods.

use std::sync::Arc;

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::rows::{Pressure, Throttle, ThrottleClass};
use crate::model::symbols::Sym;
use crate::model::time::MINUTE_MS;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::pages::resource;
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

pub struct Throttling;

impl Pane for Throttling {
    fn title(&self) -> &'static str {
        "Throttling"
    }

    fn short(&self) -> &'static str {
        "Thr"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::Throttling]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        let resources = resources(analysis);
        let near = near_limit(analysis);
        if resources.is_empty() && near.is_empty() {
            return Page {
                parts: vec![Part::lines("who", "Who is refused", vec![none(scene)])],
                ..Page::default()
            };
        }
        let refusing = resources.iter().map(|one| one.name.clone());
        let names: Vec<String> = refusing.chain(near.iter().cloned()).collect();
        let detail_scene = Arc::clone(scene);
        Page {
            note: Text::of(Role::Dim, "sort count ↓"),
            parts: vec![who(scene, resources, near)],
            detail: Some(Box::new(move |row| {
                names
                    .get(row)
                    .map_or_else(Vec::new, |name| resource::parts(&detail_scene, name))
            })),
            ..Page::default()
        }
    }
}

/// Nothing was refused, or it could not be seen.
fn none(scene: &Scene) -> Text {
    let analysis = &scene.analysis;
    let seen = analysis
        .functions
        .iter()
        .any(|function| function.throttled.is_some());
    if analysis.window.is_some() && !seen {
        let words =
            "not visible: no metric, no trace, no caller line · allow cloudwatch:GetMetricData";
        return Text::of(Role::Unknown, words);
    }
    let runs: u64 = analysis
        .functions
        .iter()
        .map(|function| function.invocations)
        .sum();
    state::none_of(
        scene,
        "nothing refused",
        &figures::number_of(runs, "invocations"),
    )
}

/// All refusals of one resource.
struct Resource {
    name: String,
    class: ThrottleClass,
    count: u64,
    lower_bound: bool,
    /// Refusals in the last five minutes before the newest.
    recent: u64,
    caller: Option<(Sym, u64)>,
    /// Minutes with a refusal: first and last.
    from: i64,
    to: i64,
}

/// Resources by refusals, most first.
fn resources(analysis: &Analysis) -> Vec<Resource> {
    let mut names: Vec<&str> = analysis
        .throttles
        .iter()
        .map(|one| one.resource.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut found: Vec<Resource> = names
        .into_iter()
        .filter_map(|name| {
            let mine: Vec<&Throttle> = analysis
                .throttles
                .iter()
                .filter(|one| one.resource == name)
                .collect();
            resource_of(name, &mine)
        })
        .collect();
    found.sort_by(|one, other| {
        other
            .count
            .cmp(&one.count)
            .then_with(|| one.name.cmp(&other.name))
    });
    found
}

fn resource_of(name: &str, mine: &[&Throttle]) -> Option<Resource> {
    let (first, last) = (mine.first()?, mine.last()?);
    let loudest = mine.iter().max_by_key(|one| one.count)?;
    let mut callers: Vec<(Sym, u64)> = Vec::new();
    for (caller, count) in mine.iter().flat_map(|one| &one.callers) {
        match callers.iter_mut().find(|(known, _)| known == caller) {
            Some((_, sum)) => *sum += count,
            None => callers.push((*caller, *count)),
        }
    }
    let recent = last.minute.plus_ms(-4 * MINUTE_MS);
    Some(Resource {
        name: name.to_owned(),
        class: loudest.class,
        count: mine.iter().map(|one| one.count).sum(),
        lower_bound: mine.iter().any(|one| one.lower_bound),
        recent: mine
            .iter()
            .filter(|one| one.minute >= recent)
            .map(|one| one.count)
            .sum(),
        caller: callers.into_iter().max_by_key(|(_, count)| *count),
        from: first.minute.0,
        to: last.minute.0,
    })
}

/// Resources that nobody was refused by yet and that have little room.
fn near_limit(analysis: &Analysis) -> Vec<String> {
    let refuses = |name: &str| analysis.throttles.iter().any(|one| one.resource == name);
    let near = analysis.pressures.iter();
    let near = near.filter(|one| !refuses(&one.resource));
    near.map(|one| one.resource.clone()).collect()
}

fn who(scene: &Scene, resources: Vec<Resource>, near: Vec<String>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let total: u64 = resources.iter().map(|one| one.count).sum();
    let from = resources.iter().map(|one| one.from).min().unwrap_or(0);
    let to = resources.iter().map(|one| one.to).max().unwrap_or(0);
    let mut title = if resources.is_empty() {
        "Who is refused: nobody".to_owned()
    } else {
        format!(
            "Who is refused: {} in {}",
            figures::number_of(total, "tries"),
            figures::duration((to - from + MINUTE_MS) as f64)
        )
    };
    if !near.is_empty() {
        title += &format!(", {} near the limit", near.len());
    }
    let refusing = resources.iter().map(|one| &one.name);
    let keys = refusing.chain(&near).map(|name| Key::text(name)).collect();
    let rows = Rows::new(keys, move |at| {
        let pressure = |name: &str| analysis.pressures.iter().find(|one| one.resource == name);
        match resources.get(at) {
            Some(one) => who_row(&analysis, one, pressure(&one.name)),
            None => {
                let name = &near[at - resources.len()];
                pressure(name).map_or_else(Row::default, |near| near_row(&analysis, near))
            }
        }
    });
    let columns = vec![
        Column::name("resource", 14, 32),
        Column::word("class", 18),
        Column::figure("count", 8),
        Column::figure("/min", 6),
        Column::figure("of tries [95 %]", 15).drop(2),
        Column::figure("now/peak/lim", 12).drop(5),
        Column::figure("lost", 6).drop(3),
        Column::figure("delayed", 7).drop(7),
        Column::figure("room", 5).drop(6),
        Column::figure("tries/call", 10).drop(4),
        Column::name("top caller", 12, 20).drop(1),
        Column::figure("share", 5).drop(8),
    ];
    Part::new("who", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, "/min: last 5 min · ≥ at least"))
        .between(3, 6)
}

fn who_row(analysis: &Analysis, one: &Resource, near: Option<&Pressure>) -> Row {
    let function = resource::function_of(analysis, &one.name);
    let bound = if one.lower_bound { "≥ " } else { "" };
    let minutes = ((one.to - one.from) / MINUTE_MS + 1).clamp(1, 5);
    let done = function.map(|function| {
        let inside = |at: i64| at >= one.from && at < one.to + MINUTE_MS;
        let runs = analysis.assembled.invocations.iter();
        runs.filter(|run| run.function == function && run.counted && inside(run.start.0))
            .count() as u64
    });
    let share = done.and_then(|done| wilson(one.count, one.count + done));
    let room = room(near.and_then(|near| near.headroom));
    let tries = near.and_then(|near| near.amplification);
    let lost = Cell::count(near.map(|near| near.lost), Role::Error);
    let delayed = Cell::count(near.map(|near| near.delayed), Role::Text);
    let slots = near.map_or_else(|| figures::UNKNOWN.to_owned(), slots);
    let tries = tries.map_or_else(
        || Cell::of(Role::Unknown, figures::UNKNOWN),
        |tries| Cell::text(&format!("{tries:.1}×")),
    );
    let (caller, caller_share) = match one.caller {
        Some((caller, count)) => (
            analysis.text(caller),
            figures::percent(count as f64 / one.count.max(1) as f64),
        ),
        None => (figures::UNKNOWN, String::new()),
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, &one.name),
            Cell::text(&one.class.to_string()),
            Cell::of(
                Role::Throttle,
                &format!("{bound}{}", figures::count(one.count)),
            ),
            Cell::text(&format!(
                "{bound}{}",
                figures::per_minute(one.recent as f64 / minutes as f64)
            )),
            Cell::text(&share.map_or_else(
                || figures::UNKNOWN.to_owned(),
                |share| figures::rate(&share),
            )),
            Cell::text(&slots),
            lost,
            delayed,
            room,
            tries,
            Cell::text(caller),
            Cell::of(Role::Dim, &caller_share),
        ],
        open: Some(Step::Resource(one.name.clone())),
        function: function.map(|function| analysis.text(function).to_owned()),
        ..Row::default()
    }
}

/// One that nobody was refused by yet.
fn near_row(analysis: &Analysis, near: &Pressure) -> Row {
    let function = resource::function_of(analysis, &near.resource);
    let figures_of = |function| analysis.functions.iter().find(|of| of.function == function);
    let refused = match function {
        Some(function) => figures_of(function).and_then(|of| of.throttled),
        // Refusals of the pool are those of its functions, which have rows of their own.
        None => Some(0),
    };
    let none = || Cell::of(Role::Dim, figures::NONE);
    let says = match near.full_in_min {
        Some(minutes) => format!("full in {}", figures::duration(minutes * MINUTE_MS as f64)),
        None => "near its limit".to_owned(),
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, &near.resource),
            Cell::text(&says),
            Cell::count(refused, Role::Throttle),
            none(),
            none(),
            Cell::text(&slots(near)),
            none(),
            none(),
            room(near.headroom),
            none(),
            none(),
            Cell::text(""),
        ],
        open: Some(Step::Resource(near.resource.clone())),
        function: function.map(|function| analysis.text(function).to_owned()),
        ..Row::default()
    }
}

/// The share of a limit that is free.
fn room(of: Option<f64>) -> Cell {
    let role = |room: f64| {
        if room > 0.0 {
            Role::Text
        } else {
            Role::Throttle
        }
    };
    of.map_or_else(
        || Cell::of(Role::Dim, figures::NONE),
        |room| Cell::of(role(room), &figures::percent(room.max(0.0))),
    )
}

/// Slots in use now, at most, and the limit: `20/20/20`.
fn slots(near: &Pressure) -> String {
    let figure =
        |of: Option<u32>| of.map_or_else(|| figures::UNKNOWN.to_owned(), |of| of.to_string());
    format!(
        "{}/{}/{}",
        figure(near.now),
        figure(near.peak),
        figure(near.limit)
    )
}
