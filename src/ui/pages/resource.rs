//! Refusals of one resource: by minute, by caller, and the proof.

use std::sync::Arc;

use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::rows::{Evidence, Throttle};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::series::Minutes;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

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
    let mut parts = vec![by_minute(scene, resource, &mine)];
    parts.extend(why(analysis, resource));
    parts.extend(room(analysis, resource));
    parts.push(callers(analysis, &mine));
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
    let refused = minutes.count(
        Some(minutes.first),
        mine.iter().map(|one| (one.minute, one.count)),
    );
    let refused: Vec<u64> = refused
        .iter()
        .map(|level| u64::from(level.unwrap_or(0)))
        .collect();
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
    if let Some(ran) = &ran {
        add(Text::new("done"), &mut |at| {
            Cell::text(&figures::count(ran[at].done))
        });
    }
    let label = Text::of(Role::Throttle, glyphs::THROTTLE).and(Role::Text, " refused");
    add(label, &mut |at| {
        Cell::count(Some(refused[at]), Role::Throttle)
    });
    if let Some(ran) = &ran {
        let share = |at: usize| {
            let tries = refused[at] + ran[at].done;
            (tries > 0).then(|| refused[at] as f64 / tries as f64)
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
        .between(lines, lines)
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
fn room(analysis: &Analysis, resource: &str) -> Option<Part> {
    let one = analysis
        .pressures
        .iter()
        .find(|one| one.resource == resource)?;
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
    Some(Part::lines("room", "How near its limit", lines))
}

fn callers(analysis: &Analysis, mine: &[&Throttle]) -> Part {
    let total: u64 = mine.iter().map(|throttle| throttle.count).sum();
    let mut of: Vec<(Sym, u64)> = Vec::new();
    for (caller, count) in mine.iter().flat_map(|throttle| &throttle.callers) {
        match of.iter_mut().find(|(known, _)| known == caller) {
            Some((_, sum)) => *sum += count,
            None => of.push((*caller, *count)),
        }
    }
    of.sort_by_key(|(caller, count)| (u64::MAX - count, analysis.text(*caller).to_owned()));
    let known: u64 = of.iter().map(|(_, count)| count).sum();
    let share = |count: u64| count as f64 / total.max(1) as f64;
    let row = |name: Text, count: u64| Row {
        cells: vec![
            Cell::Text(name),
            Cell::count(Some(count), Role::Throttle),
            Cell::Bar(share(count), Role::Throttle),
            Cell::text(&figures::percent(share(count))),
        ],
        ..Row::default()
    };
    let mut rows: Vec<(Key, Row)> = of
        .into_iter()
        .map(|(caller, count)| {
            let name = analysis.text(caller);
            let row = Row {
                open: Some(Step::Function(name.to_owned())),
                function: Some(name.to_owned()),
                ..row(Text::of(Role::Strong, name), count)
            };
            (Key::text(name), row)
        })
        .collect();
    if known < total {
        rows.push((
            Key(0),
            row(Text::of(Role::Unknown, "? unattributed"), total - known),
        ));
    }
    let columns = vec![
        Column::name("caller", 14, 30),
        Column::figure("refused", 8),
        Column::word("share", 24).drop(1),
        Column::figure("", 6),
    ];
    let title = "Who calls it";
    Part::new("callers", title, Table::new(columns, Rows::few(rows)))
        .aside(Text::of(Role::Dim, "by caller log and X-Ray"))
        .between(1, 6)
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
