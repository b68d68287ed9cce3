//! One ordering key: its arrivals in the order in which they started, and which overtook which.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Reordered;
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

pub(super) fn page(scene: &Arc<Scene>, consumer: &str, source: EventSource, key: &str) -> Page {
    let analysis = &scene.analysis;
    match (
        find::function(analysis, consumer),
        analysis.facts.symbols.lookup(key),
    ) {
        (Some(function), Some(sym)) => {
            let late: HashMap<InvocationIndex, &Reordered> = analysis
                .reordered
                .iter()
                .filter(|one| one.consumer == function && one.key == sym && one.source == source)
                .map(|one| (one.invocation, one))
                .collect();
            let mine = |delivery: &&Delivery| {
                delivery.consumer == function
                    && delivery.source == source
                    && item(analysis, delivery).is_some_and(|item| item.order_key == Some(sym))
            };
            let arrivals: Vec<&Delivery> = analysis.deliveries.iter().filter(mine).collect();
            Page {
                parts: vec![strip(analysis, key, &arrivals, &late)],
                ..Page::default()
            }
        }
        _ => gone(key, key),
    }
}

fn item<'a>(analysis: &'a Analysis, delivery: &Delivery) -> Option<&'a crate::model::fact::Item> {
    analysis
        .facts
        .app(delivery.line)?
        .items
        .get(usize::from(delivery.item))
}

/// One row an arrival; its mark moves right with its sequence, so that order is a slope and disorder a step back.
fn strip(
    analysis: &Analysis,
    key: &str,
    arrivals: &[&Delivery],
    late: &HashMap<InvocationIndex, &Reordered>,
) -> Part {
    let mut sequences: Vec<&str> = arrivals
        .iter()
        .filter_map(|one| sequence(analysis, one))
        .collect();
    sequences.sort_by(|one, other| (one.len(), *one).cmp(&(other.len(), *other)));
    sequences.dedup();
    let most = sequences.len().saturating_sub(1).max(1) as f64;
    let place = |of: Option<&str>| {
        of.and_then(|of| sequences.iter().position(|known| *known == of))
            .map(|at| at as f64 / most)
    };
    let rows = arrivals
        .iter()
        .map(|delivery| {
            let run = analysis.invocation(delivery.invocation);
            let name = find::run(run);
            let sequence = sequence(analysis, delivery);
            let overtaken = late.get(&delivery.invocation);
            let dot = place(sequence).map_or_else(Text::default, |at| {
                let blank = " ".repeat((at * f64::from(STRIP - 1)) as usize);
                let (glyph, role) = match overtaken {
                    Some(_) => (glyphs::DISORDER, Role::Disorder),
                    None => (glyphs::POINT, Role::Text),
                };
                Text::new(&blank).and(role, glyph)
            });
            let verdict = overtaken.map_or_else(Text::default, |one| {
                let by = analysis.invocation(one.overtaken_by);
                Text::of(Role::Disorder, glyphs::DISORDER).and(
                    Role::Text,
                    &format!(
                        " {} after {}, {}",
                        figures::duration(one.late_ms),
                        figures::request(by.request_id),
                        one.verdict
                    ),
                )
            });
            let row = Row {
                cells: vec![
                    Cell::of(Role::Dim, &figures::clock_ms(delivery.at)),
                    Cell::text(&figures::request(run.request_id)),
                    Cell::text(&sequence.map_or(figures::UNKNOWN.to_owned(), figures::short)),
                    Cell::Text(dot),
                    Cell::Text(rows::status(run.status)),
                    Cell::Text(verdict),
                ],
                open: Some(Step::Invocation(name)),
                run: Some(name),
                function: Some(analysis.text(run.function).to_owned()),
                ..Row::default()
            };
            (Key(find::run_key(name).0 ^ u64::from(delivery.index)), row)
        })
        .collect();
    let columns = vec![
        Column::word("started", 12),
        Column::word("request", 11),
        Column::figure("sequence", 10),
        Column::word("sequence →", STRIP).drop(2),
        Column::word("status", 9).drop(1),
        Column::text("overtaken", 12, u16::MAX),
    ];
    let title = Text::of(Role::Strong, key).and(Role::Text, ": started in this order");
    let aside = format!("{} arrivals, {} overtaken", arrivals.len(), late.len());
    Part::new("arrivals", title, Table::new(columns, Rows::few(rows)))
        .aside(Text::of(Role::Dim, &aside))
        .between(4, u16::MAX)
}

/// Cells of the strip.
const STRIP: u16 = 32;

fn sequence<'a>(analysis: &'a Analysis, delivery: &Delivery) -> Option<&'a str> {
    analysis.facts.text_of(item(analysis, delivery)?.sequence)
}
