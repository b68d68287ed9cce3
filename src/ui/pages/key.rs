//! One ordering key: which arrival was overtaken, and the arrivals around it in the order in which they started.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::detect::reorder::{End, ends};
use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::finding::FindingKind;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Reordered, Verdict};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{gone, logged, why};

/// Cells of the strip.
const STRIP: u16 = 28;
/// Arrivals shown on either side of a pair.
const AROUND: usize = 4;

pub(super) fn page(scene: &Arc<Scene>, consumer: &str, source: EventSource, key: &str) -> Page {
    let analysis = &scene.analysis;
    let names = (
        find::function(analysis, consumer),
        analysis.facts.symbols.lookup(key),
    );
    let (Some(function), Some(sym)) = names else {
        return gone(key, key);
    };
    let late: Vec<Reordered> = analysis
        .reordered
        .iter()
        .filter(|one| one.consumer == function && one.key == sym && one.source == source)
        .cloned()
        .collect();
    let arrivals = arrivals(analysis, function, source, sym);
    if late.is_empty() {
        let all = strip(analysis, source, &arrivals, &late, 0..arrivals.len());
        return Page {
            parts: vec![all],
            ..Page::default()
        };
    }
    let (shown, all) = (Arc::clone(scene), late.clone());
    Page {
        parts: vec![pairs(analysis, key, &late, arrivals.len())],
        detail: Some(Box::new(move |row| {
            all.get(row).map_or_else(Vec::new, |one| pair(&shown, one))
        })),
        ..Page::default()
    }
}

/// What came when around one overtaking, why, and what both runs wrote.
fn pair(scene: &Arc<Scene>, one: &Reordered) -> Vec<Part> {
    let analysis = &scene.analysis;
    let name = analysis.text(one.consumer);
    let mut parts = vec![around(analysis, one)];
    let finding = why::finding(analysis, FindingKind::Reordering, &[name]);
    if let Some(finding) = finding.filter(|_| one.verdict <= Verdict::RetryInduced) {
        parts.push(Part::lines(
            "why",
            "Why, and what to do",
            why::lines(finding),
        ));
    }
    let runs = [
        (one.overtaken_by, "by".to_owned()),
        (one.invocation, glyphs::DISORDER.to_owned()),
    ];
    parts.extend(logged::part(scene, &runs));
    parts
}

/// The arrivals of a key around one overtaking, in order of start.
pub(in crate::ui) fn around(analysis: &Analysis, one: &Reordered) -> Part {
    let same = |other: &&Reordered| {
        other.consumer == one.consumer && other.key == one.key && other.source == one.source
    };
    let late: Vec<Reordered> = analysis.reordered.iter().filter(same).cloned().collect();
    let arrivals = arrivals(analysis, one.consumer, one.source, one.key);
    let range = range(&arrivals, one);
    strip(analysis, one.source, &arrivals, &late, range)
}

/// One event of the key reaching the consumer.
#[derive(Clone, Copy)]
struct Arrival {
    /// Its index among all deliveries.
    delivery: u32,
    invocation: InvocationIndex,
    index: u16,
    sequence: Option<Sym>,
}

/// Every arrival of the key, in order of start.
fn arrivals(analysis: &Analysis, function: Sym, source: EventSource, key: Sym) -> Vec<Arrival> {
    let of_source = |one: &Delivery| one.consumer == function && one.source == source;
    let deliveries = (0..).zip(&analysis.deliveries);
    deliveries
        .filter(|(_, one)| of_source(one) && one.order_key == Some(key))
        .map(|(delivery, one)| Arrival {
            delivery,
            invocation: one.invocation,
            index: one.index,
            sequence: one.sequence,
        })
        .collect()
}

/// The overtaken arrival, its overtaker, what lies between and some around.
fn range(arrivals: &[Arrival], one: &Reordered) -> std::ops::Range<usize> {
    let place = |of: InvocationIndex| arrivals.iter().position(|other| other.invocation == of);
    let (late, by) = (place(one.invocation), place(one.overtaken_by));
    let (Some(from), Some(to)) = (late.min(by).or(late), late.max(by)) else {
        return 0..0;
    };
    from.saturating_sub(AROUND)..arrivals.len().min(to + AROUND + 1)
}

fn pairs(analysis: &Analysis, key: &str, late: &[Reordered], arrivals: usize) -> Part {
    let row = |one: &Reordered| {
        let run = find::run_at(analysis, one.invocation);
        let by = analysis.invocation(one.overtaken_by);
        let role = if one.verdict == Verdict::Violation {
            Role::Disorder
        } else {
            Role::Text
        };
        let row = Row {
            cells: vec![
                Cell::of(Role::Dim, &figures::clock_ms(one.at)),
                Cell::text(&figures::short(analysis.text(one.sequence))),
                Cell::text(&figures::request(one.request_id)),
                Cell::Text(Text::of(Role::Disorder, glyphs::DISORDER).and(
                    Role::Text,
                    &format!(" {} after", figures::duration(one.late_ms)),
                )),
                Cell::text(&figures::request(by.request_id)),
                Cell::text(&one.extent.to_string()),
                Cell::of(role, &one.verdict.to_string()),
            ],
            open: Some(Step::Invocation(run)),
            run: Some(run),
            function: Some(analysis.text(one.consumer).to_owned()),
            ..Row::default()
        };
        let sequence = analysis.text(one.sequence);
        (Key::text(&format!("{sequence}\0{}", one.request_id)), row)
    };
    let columns = vec![
        Column::word("started", 12),
        Column::figure("sequence", 10),
        Column::word("request", 11),
        Column::word("overtaken", 16),
        Column::word("by", 11),
        Column::figure("extent", 6).drop(1),
        Column::text("verdict", 13, 20),
    ];
    let title = Text::of(Role::Strong, key).and(
        Role::Text,
        &format!(
            ": {} of {} overtaken",
            late.len(),
            figures::number_of(arrivals as u64, "arrivals")
        ),
    );
    Part::new(
        "pairs",
        title,
        Table::new(columns, Rows::few(late.iter().map(row).collect())),
    )
    .aside(Text::of(Role::Dim, "Enter opens the overtaken invocation"))
    .between(1, 8)
}

/// One row an arrival; its mark moves right with its sequence, so that order is a slope and disorder a step back.
fn strip(
    analysis: &Analysis,
    source: EventSource,
    arrivals: &[Arrival],
    late: &[Reordered],
    range: std::ops::Range<usize>,
) -> Part {
    let all = arrivals.len();
    let deliveries: Vec<u32> = arrivals.iter().map(|one| one.delivery).collect();
    let ends = ends(analysis, source, &deliveries);
    let became = |one: &Arrival| {
        let at = arrivals
            .iter()
            .position(|other| other.delivery == one.delivery);
        became(analysis, at.map_or(End::Unknown, |at| ends[at]))
    };
    let shown = &arrivals[range];
    let text = |of: Option<Sym>| analysis.facts.text_of(of);
    let mut sequences: Vec<&str> = shown.iter().filter_map(|one| text(one.sequence)).collect();
    // Longer numbers are larger: sequences are compared as figures without being read as such.
    sequences.sort_unstable_by_key(|sequence| (sequence.len(), *sequence));
    sequences.dedup();
    let most = sequences.len().saturating_sub(1).max(1) as f64;
    let fed = fed_by(analysis, shown);
    let row = |one: &Arrival| {
        let run = analysis.invocation(one.invocation);
        let name = find::run(run);
        let sequence = text(one.sequence);
        let overtaken = late.iter().find(|late| late.invocation == one.invocation);
        let rank = sequence.and_then(|of| sequences.iter().position(|known| *known == of));
        let dot = rank.map_or_else(Text::default, |rank| {
            let blank = " ".repeat((rank as f64 / most * f64::from(STRIP - 1)) as usize);
            let (glyph, role) = if overtaken.is_some() {
                (glyphs::DISORDER, Role::Disorder)
            } else {
                (glyphs::POINT, Role::Text)
            };
            Text::new(&blank).and(role, glyph)
        });
        let row = Row {
            cells: vec![
                Cell::of(Role::Dim, &figures::clock_ms(run.start)),
                Cell::text(&figures::request(run.request_id)),
                Cell::text(&sequence.map_or_else(|| figures::UNKNOWN.to_owned(), figures::short)),
                Cell::Text(dot),
                Cell::of(
                    Role::Disorder,
                    &overtaken.map_or_else(String::new, |late| after(analysis, late, arrivals)),
                ),
                Cell::text(&rows::took(analysis, one.invocation)),
                Cell::Text(rows::state(analysis, one.invocation)),
                became(one),
                match fed.get(&one.invocation) {
                    Some(words) => Cell::of(Role::Dim, words),
                    None => Cell::of(Role::Unknown, figures::UNKNOWN),
                },
            ],
            open: Some(Step::Invocation(name)),
            run: Some(name),
            function: Some(analysis.text(run.function).to_owned()),
            ..Row::default()
        };
        (Key(find::run_key(name).0 ^ u64::from(one.index)), row)
    };
    let columns = vec![
        Column::word("started", 12),
        Column::word("request", 11),
        Column::figure("sequence", 10),
        Column::word("sequence →", STRIP).drop(3),
        Column::word("overtaken", 16).drop(2),
        Column::figure("ran", 8).drop(6),
        Column::word("status", 9).drop(5),
        Column::text("became", 8, 18).wants(15).drop(4),
        Column::text("fed by", 12, 32).wants(18).drop(1),
    ];
    let key = late.first().map_or("", |late| analysis.text(late.key));
    let title = Text::of(Role::Strong, key).and(
        Role::Text,
        &format!(
            " started in this order, {} of {}",
            shown.len(),
            figures::number_of(all as u64, "arrivals")
        ),
    );
    Part::new(
        "arrivals",
        title,
        Table::new(columns, Rows::few(shown.iter().map(row).collect())),
    )
    .aside(Text::of(Role::Dim, "↕ overtaken: a step back to the left"))
    .between(4, u16::MAX)
}

/// What became of an arrival, in words: `applied`, `stale: 80 was before`.
fn became(analysis: &Analysis, end: End) -> Cell {
    match end {
        End::Applied => Cell::text("applied"),
        End::Stale(newer) => {
            let sequence = analysis.deliveries[newer as usize].sequence;
            let sequence = analysis.facts.text_of(sequence);
            let newer = sequence.map_or_else(|| figures::UNKNOWN.to_owned(), figures::short);
            Cell::of(Role::Disorder, &format!("stale, after {newer}"))
        }
        End::Failed => Cell::of(Role::Error, "not: failed"),
        End::Cut => Cell::of(Role::Unknown, "? cut off"),
        End::Unknown => Cell::of(Role::Unknown, figures::UNKNOWN),
    }
}

/// Which run, of which version, sent what each arrival took: `orders-worker 10 83e0…e462`.
fn fed_by(analysis: &Analysis, shown: &[Arrival]) -> HashMap<InvocationIndex, String> {
    let wanted: HashSet<InvocationIndex> = shown.iter().map(|one| one.invocation).collect();
    let links = analysis.links.iter();
    links
        .filter(|link| !link.synchronous && wanted.contains(&link.child))
        .map(|link| {
            let parent = analysis.invocation(link.parent);
            let version = analysis.facts.text_of(analysis.version_of(parent));
            let words = format!(
                "{} {} {}",
                analysis.text(parent.function),
                version.unwrap_or(figures::UNKNOWN),
                figures::request(parent.request_id)
            );
            (link.child, words)
        })
        .collect()
}

/// `21.4 s after 80`: by how much an arrival came later than the first with a larger sequence.
fn after(analysis: &Analysis, late: &Reordered, arrivals: &[Arrival]) -> String {
    let by = arrivals
        .iter()
        .find(|one| one.invocation == late.overtaken_by);
    let sequence = by.and_then(|by| analysis.facts.text_of(by.sequence));
    format!(
        "{} after {}",
        figures::duration(late.late_ms),
        sequence.map_or_else(|| figures::UNKNOWN.to_owned(), figures::short)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::RequestId;
    use crate::model::time::Timestamp;

    #[test]
    fn a_pair_is_shown_with_what_lies_between_and_around() {
        let arrivals: Vec<Arrival> = (0..30)
            .map(|invocation| Arrival {
                delivery: invocation,
                invocation,
                index: 0,
                sequence: None,
            })
            .collect();
        let late = |invocation, overtaken_by| Reordered {
            consumer: Sym::nth(0),
            source: EventSource::Kinesis,
            key: Sym::nth(0),
            sequence: Sym::nth(0),
            identity: Sym::nth(0),
            invocation,
            request_id: RequestId([0; 16]),
            at: Timestamp(0),
            extent: 1,
            late_ms: 1.0,
            verdict: Verdict::Violation,
            overtaken_by,
        };
        assert_eq!(range(&arrivals, &late(12, 10)), 6..17);
        assert_eq!(range(&arrivals, &late(29, 1)), 0..30);
        assert_eq!(
            range(&arrivals, &late(5, 99)),
            1..10,
            "the overtaker is no longer known"
        );
    }
}
