//! Refusals of one resource: by minute, by caller, and the proof.

use std::sync::Arc;

use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::rows::{Evidence, Pressure, Throttle};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Page, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::series::{self, Known, Minutes};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

mod callers;

/// Minutes side by side.
const COLUMNS: usize = 12;
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

/// Its parts; none if nothing of it was refused.
pub(in crate::ui) fn parts(scene: &Arc<Scene>, resource: &str) -> Vec<Part> {
    let analysis = &scene.analysis;
    let mine: Vec<&Throttle> = analysis
        .throttles
        .iter()
        .filter(|throttle| throttle.resource == resource)
        .collect();
    if mine.is_empty() {
        return Vec::new();
    }
    let pressure = analysis
        .pressures
        .iter()
        .find(|one| one.resource == resource);
    let mut parts: Vec<Part> = why(analysis, resource).into_iter().collect();
    parts.push(by_minute(scene, resource, &mine));
    parts.push(callers::part(analysis, &mine, pressure));
    parts.extend(pressure.map(|pressure| room(analysis, pressure)));
    let proof: Vec<Evidence> = mine
        .iter()
        .rev()
        .flat_map(|throttle| throttle.evidence.iter().cloned())
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

/// The function that a resource is; `None` for tables, APIs and the like.
pub(in crate::ui) fn function_of(analysis: &Analysis, resource: &str) -> Option<Sym> {
    find::function(analysis, resource.strip_prefix("lambda:")?)
}

/// What ran of a function in each minute.
#[derive(Clone, Default)]
struct Minute {
    done: u64,
    took: Vec<f64>,
    /// Starts (+1) and ends (−1) in this minute.
    turns: Vec<(Timestamp, i32)>,
}

fn by_minute(scene: &Scene, resource: &str, mine: &[&Throttle]) -> Part {
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
    let deploys: Vec<series::Deploy> = series::deploys(analysis)
        .into_iter()
        .filter(|deploy| Some(deploy.function) == function)
        .collect();
    let deployed = |at: usize| {
        let mut all = deploys.iter().rev();
        all.find(|deploy| minutes.index(deploy.at) == Some(at))
    };
    if (0..COLUMNS).any(|at| deployed(at).is_some()) {
        let label = Text::of(Role::Focus, glyphs::DEPLOY).and(Role::Text, " deploy");
        add(label, &mut |at| {
            deployed(at).map_or_else(
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
    add(label, &mut |at| {
        Cell::count(refused[at].map(u64::from), Role::Throttle)
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
    Part::new("minutes", title, Table::new(columns, Rows::fixed(rows)))
        .aside(Text::of(Role::Dim, "one column a minute"))
        .between(lines.min(4), lines)
}

/// `v42`; an alias or `$LATEST` by its name.
fn version(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("v{name}")
    } else {
        name.to_owned()
    }
}

fn ran(analysis: &Analysis, function: Sym, minutes: Minutes) -> Vec<Minute> {
    let mut found = vec![Minute::default(); minutes.len];
    let runs = analysis.assembled.invocations.iter();
    for one in runs.filter(|one| one.function == function && one.counted) {
        if let Some(index) = minutes.index(one.start) {
            found[index].done += 1;
            found[index].took.extend(one.duration_ms.map(f64::from));
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

/// What its finding says of the cause.
fn why(analysis: &Analysis, resource: &str) -> Option<Part> {
    let name = resource.split_once(':').map_or(resource, |(_, name)| name);
    let finding = analysis.findings.iter().find(|finding| {
        finding.kind == FindingKind::Throttling
            && [resource, name].contains(&finding.subject.as_str())
    })?;
    let mut lines = vec![Text::new(&finding.claim)];
    for (label, words) in [("cause", &finding.cause), ("next", &finding.next)] {
        if !words.is_empty() {
            lines.push(Text::of(Role::Dim, &format!("{label:6} ")).and(Role::Text, words));
        }
    }
    Some(Part::lines("why", "Why", lines))
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
    if let Some(off) = one.lines_missing.filter(|off| off.abs() > LITTLE_AGREES) {
        let words = format!(
            "the logs show {} of the load that the metric tells of",
            figures::percent(1.0 + off)
        );
        lines.push(Text::of(Role::Unknown, &words));
    }
    Part::lines("room", "How near its limit", lines)
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
