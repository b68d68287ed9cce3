//! Refusals of one resource: by minute, by caller, and the proof.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::fact::name_in;
use crate::model::finding::FindingKind;
use crate::model::rows::{Evidence, Flood, FloodLayer, Pressure, Throttle};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::MINUTE_MS;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Page, Part};
use crate::ui::rows;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{gone, why};

mod callers;
mod load;
mod minutes;

use load::Load;

/// Lines and points shown as proof at most.
const PROOF: usize = 50;
/// Callers whose calls a run are told.
const MOST_FACTORS: usize = 4;
/// Load by logs and load by metric agree within this share (Little's law).
const LITTLE_AGREES: f64 = 0.05;

pub(super) fn page(scene: &Arc<Scene>, resource: &str) -> Page {
    let parts = parts(scene, resource);
    if parts.is_empty() {
        gone(resource, resource)
    } else {
        Page {
            parts,
            ..Page::default()
        }
    }
}

/// Its parts; none if nothing of it was refused and it has room.
pub(in crate::ui) fn parts(scene: &Arc<Scene>, resource: &str) -> Vec<Part> {
    let analysis = &scene.analysis;
    let mine: Vec<&Throttle> = analysis
        .throttles
        .iter()
        .filter(|throttle| throttle.resource == resource)
        .collect();
    let pressure = analysis
        .pressures
        .iter()
        .find(|one| one.resource == resource);
    if mine.is_empty() {
        return pressure.map_or_else(Vec::new, |near| unrefused(scene, resource, near));
    }
    let load = function_of(analysis, resource)
        .zip(pressure)
        .and_then(|(function, near)| Load::of(analysis, function, &mine, near));
    let mut parts: Vec<Part> = why(analysis, resource, load.as_ref()).into_iter().collect();
    parts.push(minutes::part(scene, resource, &mine, pressure));
    parts.push(callers::part(analysis, &mine, pressure));
    parts.extend(pressure.map(|pressure| room(analysis, pressure)));
    let proof: Vec<Evidence> = mine
        .iter()
        .rev()
        .flat_map(|throttle| newest_first(scene, &throttle.evidence))
        .take(PROOF)
        .collect();
    let total: u64 = mine.iter().map(|throttle| throttle.count).sum();
    let title = format!("Evidence, {} of {}", proof.len(), figures::count(total));
    parts.push(
        Part::new("evidence", title, rows::evidence(scene, &proof))
            .aside(Text::of(
                Role::Dim,
                "metric minutes, caller lines, X-Ray spans",
            ))
            .between(3, u16::MAX),
    );
    parts
}

/// What nobody was refused by yet.
fn unrefused(scene: &Scene, resource: &str, near: &Pressure) -> Vec<Part> {
    let mut parts = vec![room(&scene.analysis, near)];
    if function_of(&scene.analysis, resource).is_some() {
        parts.push(minutes::part(scene, resource, &[], Some(near)));
    }
    parts
}

/// Metric points, then lines and spans from the newest back.
fn newest_first(scene: &Scene, evidence: &[Evidence]) -> Vec<Evidence> {
    let facts = &scene.analysis.facts;
    let mut sorted = evidence.to_vec();
    sorted.sort_by_key(|one| match one {
        Evidence::Metric { .. } => (0, 0),
        Evidence::Line { line, .. } => (1, -facts.moment(*line).0),
        Evidence::Span { span } => {
            let start = facts.spans[*span as usize].start_us;
            (1, -start.div_euclid(1_000))
        }
    });
    sorted
}

/// The function that a resource is; `None` for tables, APIs and the like.
pub(in crate::ui) fn function_of(analysis: &Analysis, resource: &str) -> Option<Sym> {
    find::function(analysis, resource.strip_prefix("lambda:")?)
}

/// What its finding says of the cause, under the sum that Little's law makes of it.
fn why(analysis: &Analysis, resource: &str, load: Option<&Load>) -> Option<Part> {
    let name = name_in(resource);
    let finding = why::finding(analysis, FindingKind::Throttling, &[resource, name])?;
    let mut lines = vec![Text::new(&finding.claim)];
    lines.extend(why::lines(finding));
    let part = |title: &str| Part::lines("why", title, lines);
    Some(match load {
        Some(load) => part(&format!("Why: {}", load.words()))
            .aside(Text::of(Role::Dim, "Little's law, the last 5 min")),
        None => part("Why"),
    })
}

/// How near it is to its limit, and what its refusals cost.
fn room(analysis: &Analysis, one: &Pressure) -> Part {
    let line = |label: &str, words: String| {
        Text::of(Role::Dim, &format!("{label:10} ")).and(Role::Text, &words)
    };
    let unknown = |figure: Option<u32>| {
        figure.map_or_else(
            || figures::UNKNOWN.to_owned(),
            |figure| figures::count(u64::from(figure)),
        )
    };
    let mut slots = format!(
        "{} in use, {} at most, of {}",
        unknown(one.now),
        unknown(one.peak),
        unknown(one.limit)
    );
    if let Some(free) = one.headroom {
        slots += &format!(
            "; {} free over the last 5 min",
            figures::percent(free.max(0.0))
        );
    }
    if let Some(minutes) = one.full_in_min {
        slots += &format!(
            "; full in {}",
            figures::duration(minutes * MINUTE_MS as f64)
        );
    }
    let mut lines = vec![
        line("slots", slots),
        line(
            "refusals",
            format!(
                "{} lost, {} put off",
                figures::count(one.lost),
                figures::count(one.delayed)
            ),
        ),
    ];
    if let Some(tries) = one.amplification {
        let goes_on = if one.metastable {
            ", and they went on after the limit had room again"
        } else {
            ""
        };
        lines.push(line("tries", format!("{tries:.1} for each call{goes_on}")));
    }
    if !one.fan_factors.is_empty() {
        let of = |(caller, factor): &(Sym, f64)| {
            format!(
                "{factor:.1} for each run of {}",
                plain(analysis.text(*caller))
            )
        };
        let all: Vec<String> = one.fan_factors.iter().take(MOST_FACTORS).map(of).collect();
        lines.push(line("calls", all.join(", ")));
    }
    if let Some(flood) = &one.flood {
        lines.push(line("flood", flooded(analysis, flood)));
    }
    if let Some(off) = one.lines_missing.filter(|off| off.abs() > LITTLE_AGREES) {
        let words = format!(
            "the logs show {} of the load that the metric tells of",
            figures::percent(1.0 + off)
        );
        lines.push(Text::of(Role::Unknown, &words));
    }
    Part::lines("room", "How near its limit", lines)
}

/// `api 2.0 × checkout 3.0 = 6.0 tries for each run of api, p95 9; 1.0 before`.
fn flooded(analysis: &Analysis, flood: &Flood) -> String {
    let name = |layer: &FloodLayer| plain(analysis.text(layer.caller)).into_owned();
    let layers: Vec<String> = (flood.layers.iter())
        .map(|layer| format!("{} {:.1}", name(layer), layer.factor))
        .collect();
    let entry = flood.layers.first().map(name).unwrap_or_default();
    let before = flood.before().map_or_else(
        || figures::UNKNOWN.to_owned(),
        |before| format!("{before:.1}"),
    );
    format!(
        "{} = {:.1} tries for each run of {entry}, p95 {}; {before} before",
        layers.join(" × "),
        flood.factor(),
        figures::count(flood.p95)
    )
}
