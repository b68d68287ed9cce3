//! One event at one consumer: every delivery of it on one axis of time.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::correlate::tree::Index;
use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::finding::FindingKind;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Duplicate, Harm};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Stroke, Table, Texture};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::waterfall::spans;
use super::{gone, logged, near, why};

pub(super) fn page(
    scene: &Arc<Scene>,
    consumer: &str,
    source: EventSource,
    identity: &str,
) -> Page {
    let analysis = &scene.analysis;
    let Some((repeats, deliveries)) = known(analysis, consumer, source, identity) else {
        return gone(identity, &format!("{source} {}", figures::short(identity)));
    };
    let finding = why::finding(analysis, FindingKind::Duplicate, &[consumer]);
    let harmed = repeats.iter().any(|one| one.harm >= Harm::Possible);
    let mut parts = vec![timeline_of(
        analysis,
        source,
        identity,
        &repeats,
        &deliveries,
    )];
    parts.push(list(analysis, &deliveries, &repeats));
    let function = find::function(analysis, consumer);
    parts.extend(function.and_then(|function| near::part(scene, function, source, identity)));
    if let Some(finding) = finding.filter(|_| harmed) {
        parts.push(Part::lines("why", "Why it came again", why::lines(finding)));
    }
    let runs = deliveries.iter().enumerate();
    let runs: Vec<_> = runs
        .map(|(at, one)| (one.invocation, ordinal(at + 1)))
        .collect();
    parts.extend(logged::part(scene, &runs));
    Page {
        parts,
        ..Page::default()
    }
}

/// Its timeline; `None` if no delivery of it is known.
pub(in crate::ui) fn timeline(
    analysis: &Analysis,
    consumer: &str,
    source: EventSource,
    identity: &str,
) -> Option<Part> {
    let (repeats, deliveries) = known(analysis, consumer, source, identity)?;
    Some(timeline_of(
        analysis,
        source,
        identity,
        &repeats,
        &deliveries,
    ))
}

/// What is known of one event at one consumer: its repeats and its arrivals; `None` if it never arrived.
type Known<'a> = (Vec<&'a Duplicate>, Vec<Arrival<'a>>);

fn known<'a>(
    analysis: &'a Analysis,
    consumer: &str,
    source: EventSource,
    identity: &str,
) -> Option<Known<'a>> {
    let function = find::function(analysis, consumer)?;
    let repeats: Vec<&Duplicate> = analysis
        .duplicates
        .iter()
        .filter(|one| one.consumer == function && one.source == source)
        .filter(|one| one.identity_text(&analysis.facts) == identity)
        .collect();
    let deliveries = arrivals(analysis, function, source, identity, &repeats);
    (!deliveries.is_empty()).then_some((repeats, deliveries))
}

fn timeline_of(
    analysis: &Analysis,
    source: EventSource,
    identity: &str,
    repeats: &[&Duplicate],
    deliveries: &[Arrival<'_>],
) -> Part {
    let worst = repeats.iter().map(|one| one.harm).max();
    let title = Text::new(&format!("{source} ")).and(Role::Strong, identity);
    let aside = match worst {
        Some(Harm::Double) => Text::of(Role::Duplicate, "═ ran twice"),
        Some(harm) => Text::new(&format!("harm {harm}")),
        None => Text::of(Role::Dim, "delivered once"),
    };
    let count = Text::of(
        Role::Dim,
        &format!(
            "{} · ",
            figures::number_of(deliveries.len() as u64, "deliveries")
        ),
    );
    tracks(analysis, title, deliveries).aside(count.then(aside))
}

/// The event reaching the consumer once.
#[derive(Clone, Copy)]
struct Arrival<'a> {
    invocation: InvocationIndex,
    at: Timestamp,
    /// Its item in the logged payload; an asynchronous event is known by its request id alone.
    item: Option<&'a Delivery>,
    index: u16,
}

/// Every arrival in order of time: what the ledger holds, and what only the repeats name.
fn arrivals<'a>(
    analysis: &'a Analysis,
    function: Sym,
    source: EventSource,
    identity: &str,
    repeats: &[&Duplicate],
) -> Vec<Arrival<'a>> {
    let sym = analysis.facts.symbols.lookup(identity);
    let same = |one: &&Delivery| {
        one.consumer == function && Some(one.identity) == sym && one.source == source
    };
    let mut found: Vec<Arrival<'a>> = analysis
        .deliveries
        .iter()
        .filter(same)
        .map(|one| Arrival {
            invocation: one.invocation,
            at: one.at,
            item: Some(one),
            index: one.index,
        })
        .collect();
    for end in repeats.iter().flat_map(|one| [one.first, one.repeat]) {
        if !found.iter().any(|known| known.invocation == end.invocation) {
            found.push(Arrival {
                invocation: end.invocation,
                at: end.at,
                item: None,
                index: 0,
            });
        }
    }
    found.sort_by_key(|one| (one.at, one.invocation, one.index));
    found
}

/// `1st`, `2nd`, `3rd`, `4th`, …
fn ordinal(n: usize) -> String {
    let suffix = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

fn tracks(analysis: &Analysis, title: Text, deliveries: &[Arrival<'_>]) -> Part {
    let runs = deliveries
        .iter()
        .map(|delivery| analysis.invocation(delivery.invocation));
    let sent = deliveries
        .iter()
        .filter_map(|delivery| delivery.item?.sent_at.get())
        .min();
    let from = runs.clone().map(|run| run.start).min().unwrap_or_default();
    // A send long ago would squeeze the runs into one cell: then the axis begins with the first run.
    let to = runs.clone().map(|run| run.end).max().unwrap_or_default();
    let from = sent
        .filter(|sent| (0..to.since(from).max(1)).contains(&from.since(*sent)))
        .unwrap_or(from);
    let span = to.since(from).max(1) as f64;
    let share = |at: Timestamp| at.since(from) as f64 / span;
    let index = Index::new(analysis);
    let did = did(analysis, deliveries);
    let mut rows: Vec<Row> = Vec::new();
    for (at, (delivery, run)) in deliveries.iter().zip(runs).enumerate() {
        let mut strokes = Vec::new();
        if let Some(sent) = delivery.item.and_then(|item| item.sent_at.get())
            && at == 0
        {
            let stroke = Stroke {
                from: share(sent),
                to: share(run.start),
                texture: Texture::Queued,
            };
            strokes.push(stroke);
        }
        strokes.extend(spans::strokes_of(
            analysis,
            &index,
            delivery.invocation,
            &share,
        ));
        let label = Text::new(&format!("{:5}", ordinal(at + 1)))
            .and(Role::Text, &figures::request(run.request_id));
        rows.push(Row {
            cells: vec![
                Cell::Text(label),
                Cell::Text(rows::state(analysis, delivery.invocation)),
                Cell::Track(strokes),
                Cell::text(&rows::took(analysis, delivery.invocation)),
                match did.get(&delivery.invocation) {
                    Some(sent) => Cell::text(sent),
                    None => Cell::of(Role::Dim, "nothing seen"),
                },
            ],
            ..Row::default()
        });
    }
    let mut add = |label: &str, (from, to): (Timestamp, Timestamp), texture| {
        let stroke = Stroke {
            from: share(from),
            to: share(to),
            texture,
        };
        let mut cells = vec![Cell::text(label), Cell::text(""), Cell::Track(vec![stroke])];
        cells.resize(5, Cell::text(""));
        rows.push(Row {
            cells,
            ..Row::default()
        });
    };
    if let [first, second, ..] = deliveries
        && second.at > first.at
    {
        let gap = figures::duration(second.at.since(first.at) as f64);
        add(
            &format!("again {gap}"),
            (first.at, second.at),
            Texture::Waits,
        );
    }
    if let Some(both) = overlap(analysis, deliveries) {
        add("both running", both, Texture::Repeat);
    }
    let lines = rows.len() as u16;
    let columns = vec![
        Column::word("", 16),
        Column::word("", 9).drop(1),
        Column::tracks(span, 40),
        Column::figure("ran", 8).drop(2),
        Column::text("did", 12, 36).drop(3),
    ];
    Part::new("timeline", title, Table::new(columns, Rows::fixed(rows)))
        .between(lines.min(4), lines.min(12))
        .foot(Text::of(
            Role::Dim,
            "█ runs  ─ waits for a call  ░ waits to retry  ╳ refused  ▒ cold  ┄ in the queue  ═ both at once",
        ))
}

/// What each of these runs called or fed, where a link says so: `→ mailer, 2× ledger-apply`.
fn did(analysis: &Analysis, deliveries: &[Arrival<'_>]) -> HashMap<InvocationIndex, String> {
    let mut sent: HashMap<InvocationIndex, Vec<(Sym, usize)>> = HashMap::new();
    for one in deliveries {
        sent.entry(one.invocation).or_default();
    }
    for link in &analysis.links {
        if let Some(to) = sent.get_mut(&link.parent) {
            let function = analysis.invocation(link.child).function;
            match to.iter_mut().find(|(known, _)| *known == function) {
                Some((_, count)) => *count += 1,
                None => to.push((function, 1)),
            }
        }
    }
    let words = |to: Vec<(Sym, usize)>| {
        let each = to.into_iter().map(|(function, count)| match count {
            1 => analysis.text(function).to_owned(),
            count => format!("{count}× {}", analysis.text(function)),
        });
        format!("→ {}", each.collect::<Vec<_>>().join(", "))
    };
    let any = sent.into_iter().filter(|(_, to)| !to.is_empty());
    any.map(|(run, to)| (run, words(to))).collect()
}

/// When two deliveries ran at once.
fn overlap(analysis: &Analysis, deliveries: &[Arrival<'_>]) -> Option<(Timestamp, Timestamp)> {
    deliveries.windows(2).find_map(|pair| {
        let [first, second] = [pair[0], pair[1]].map(|one| analysis.invocation(one.invocation));
        let from = first.start.max(second.start);
        let to = first.end.min(second.end);
        (pair[0].invocation != pair[1].invocation && from < to).then_some((from, to))
    })
}

fn list(analysis: &Analysis, deliveries: &[Arrival<'_>], repeats: &[&Duplicate]) -> Part {
    let mut before: Option<Timestamp> = None;
    let rows = deliveries
        .iter()
        .enumerate()
        .map(|(at, delivery)| {
            let run = analysis.invocation(delivery.invocation);
            let name = find::run(run);
            let repeat = repeats
                .iter()
                .find(|one| one.repeat.invocation == delivery.invocation);
            let gap = before.map_or_else(
                || figures::NONE.to_owned(),
                |before| figures::duration(delivery.at.since(before) as f64),
            );
            before = Some(delivery.at);
            let receive = delivery.item.and_then(|item| item.receive_count);
            let (harm, class) = match repeat {
                Some(one) => (one.harm.to_string(), one.class.to_string()),
                None => (figures::NONE.to_owned(), "first".to_owned()),
            };
            let harm_role = match repeat.map(|one| one.harm) {
                Some(Harm::Double) => Role::Duplicate,
                Some(Harm::Possible) => Role::Text,
                _ => Role::Dim,
            };
            let row = Row {
                cells: vec![
                    Cell::text(&ordinal(at + 1)),
                    Cell::text(&figures::request(run.request_id)),
                    Cell::of(Role::Dim, &figures::clock_ms(delivery.at)),
                    Cell::text(&gap),
                    Cell::text(&rows::took(analysis, delivery.invocation)),
                    Cell::Text(rows::state(analysis, delivery.invocation)),
                    Cell::text(
                        &receive
                            .map_or_else(|| figures::NONE.to_owned(), |count| count.to_string()),
                    ),
                    Cell::of(harm_role, &harm),
                    Cell::text(&class),
                    Cell::of(Role::Dim, &find::environment(analysis.stream_of(run))),
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
        Column::word("no", 5),
        Column::word("request", 11),
        Column::word("received", 12),
        Column::figure("gap", 8),
        Column::figure("ran", 8),
        Column::word("status", 9),
        Column::figure("receive", 7).drop(1),
        Column::word("harm", 9),
        Column::text("class", 12, 22),
        Column::word("environment", 11).drop(2),
    ];
    Part::new(
        "deliveries",
        "Its deliveries",
        Table::new(columns, Rows::few(rows)),
    )
    .aside(Text::of(Role::Dim, "Enter opens the invocation"))
    .between(2, u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_follow_english() {
        let words: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 112]
            .into_iter()
            .map(ordinal)
            .collect();
        assert_eq!(
            words,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"
            ]
        );
    }
}
