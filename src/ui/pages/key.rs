//! One ordering key: which arrival was overtaken, and the arrivals around it in the order in which they started.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
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

use super::gone;

/// Cells of the strip.
const STRIP: u16 = 32;
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
        let all = strip(analysis, &arrivals, &late, 0..arrivals.len());
        return Page {
            parts: vec![all],
            ..Page::default()
        };
    }
    let (shown, around) = (Arc::clone(analysis), late.clone());
    Page {
        parts: vec![pairs(analysis, key, &late, arrivals.len())],
        detail: Some(Box::new(move |row| {
            let arrivals = self::arrivals(&shown, function, source, sym);
            let range = around.get(row).map_or(0..0, |one| range(&arrivals, one));
            vec![strip(&shown, &arrivals, &around, range)]
        })),
        ..Page::default()
    }
}

/// One event of the key reaching the consumer.
#[derive(Clone, Copy)]
struct Arrival {
    invocation: InvocationIndex,
    index: u16,
    sequence: Option<Sym>,
}

/// Every arrival of the key, in order of start.
fn arrivals(analysis: &Analysis, function: Sym, source: EventSource, key: Sym) -> Vec<Arrival> {
    let of_source = |one: &&Delivery| one.consumer == function && one.source == source;
    let deliveries = analysis.deliveries.iter().filter(of_source);
    deliveries
        .filter(|one| one.item.order_key == Some(key))
        .map(|one| Arrival {
            invocation: one.invocation,
            index: one.index,
            sequence: one.item.sequence,
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
        &format!(": {} of {arrivals} arrivals overtaken", late.len()),
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
    arrivals: &[Arrival],
    late: &[Reordered],
    range: std::ops::Range<usize>,
) -> Part {
    let all = arrivals.len();
    let shown = &arrivals[range];
    let text = |of: Option<Sym>| analysis.facts.text_of(of);
    let mut sequences: Vec<&str> = shown.iter().filter_map(|one| text(one.sequence)).collect();
    // Longer numbers are larger: sequences are compared as figures without being read as such.
    sequences.sort_unstable_by_key(|sequence| (sequence.len(), *sequence));
    sequences.dedup();
    let most = sequences.len().saturating_sub(1).max(1) as f64;
    let row = |one: &Arrival| {
        let run = analysis.invocation(one.invocation);
        let name = find::run(run);
        let sequence = text(one.sequence);
        let overtaken = late.iter().any(|late| late.invocation == one.invocation);
        let rank = sequence.and_then(|of| sequences.iter().position(|known| *known == of));
        let dot = rank.map_or_else(Text::default, |rank| {
            let blank = " ".repeat((rank as f64 / most * f64::from(STRIP - 1)) as usize);
            let (glyph, role) = if overtaken {
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
                Cell::text(&rows::took(analysis, one.invocation)),
                Cell::Text(rows::status(run.status)),
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
        Column::word("sequence →", STRIP).drop(2),
        Column::figure("ran", 8),
        Column::word("status", 9).drop(1),
    ];
    let title = format!("Started in this order, {} of {all} arrivals", shown.len());
    Part::new(
        "arrivals",
        title,
        Table::new(columns, Rows::few(shown.iter().map(row).collect())),
    )
    .aside(Text::of(Role::Dim, "↕ overtaken: a step back to the left"))
    .between(4, u16::MAX)
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
                invocation,
                index: 0,
                sequence: None,
            })
            .collect();
        let late = |invocation, overtaken_by| Reordered {
            consumer: Sym(0),
            source: EventSource::Kinesis,
            key: Sym(0),
            sequence: Sym(0),
            identity: Sym(0),
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
