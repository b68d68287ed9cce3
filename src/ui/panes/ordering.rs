//! Ordering: what overtook what, does it matter.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::detect::statistics::{percentiles, wilson};
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::finding::FindingKind;
use crate::model::rows::{OrderDomain, Reordered, Verdict};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::pages::{key, why};
use crate::ui::rows;
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

pub struct Ordering;

impl Pane for Ordering {
    fn title(&self) -> &'static str {
        "Ordering"
    }

    fn short(&self) -> &'static str {
        "Ord"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::Reordering]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        if analysis.order_domains.is_empty() {
            let line = state::blind(scene).unwrap_or_else(|| {
                state::none_of(scene, "no ordered source seen", "no sequence in the logs")
            });
            return Page {
                parts: vec![Part::lines("what", "What overtook what", vec![line])],
                ..Page::default()
            };
        }
        let mut order: Vec<usize> = (0..analysis.order_domains.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(harm(analysis, &analysis.order_domains[*at])));
        let detail_scene = Arc::clone(scene);
        let detail_order = order.clone();
        Page {
            note: Text::of(Role::Dim, "sort harm ↓"),
            parts: vec![what(scene, order)],
            detail: Some(Box::new(move |row| {
                let domain = detail_order.get(row).copied();
                domain.map_or_else(Vec::new, |at| detail(&detail_scene, at))
            })),
            ..Page::default()
        }
    }
}

fn same(one: &Reordered, domain: &OrderDomain) -> bool {
    one.consumer == domain.consumer && one.source == domain.source
}

/// What a domain is ranked by: stale updates, violations, then any disorder.
fn harm(analysis: &Analysis, domain: &OrderDomain) -> (u64, u64, u64) {
    let late = analysis.reordered.iter().filter(|one| same(one, domain));
    let violations = late.filter(|one| one.verdict == Verdict::Violation).count() as u64;
    (domain.stale_applies, violations, domain.reordered)
}

/// What AWS promises of the order of a source.
fn guarantee(source: EventSource) -> &'static str {
    match source {
        EventSource::SqsFifo | EventSource::SnsFifo => "strict per group",
        EventSource::Kinesis => "strict per shard",
        EventSource::Dynamodb => "strict per item",
        EventSource::Kafka => "strict per partition",
        EventSource::Configured => "strict, as configured",
        EventSource::S3 | EventSource::Sqs => "best effort",
        _ => "none",
    }
}

/// Consumers whose sequences have no holes by themselves: elsewhere a hole says nothing.
fn dense(analysis: &Analysis) -> HashSet<(Sym, EventSource)> {
    let all = analysis.deliveries.iter().filter(|one| one.dense);
    all.map(|one| (one.consumer, one.source)).collect()
}

fn what(scene: &Scene, order: Vec<usize>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let keys_seen: u64 = analysis
        .order_domains
        .iter()
        .map(|one| u64::from(one.keys))
        .sum();
    let keys = order
        .iter()
        .map(|at| {
            let domain = &analysis.order_domains[*at];
            let resource = analysis.facts.text_of(domain.resource).unwrap_or_default();
            Key::text(&format!(
                "{}\0{}\0{resource}",
                analysis.text(domain.consumer),
                domain.source
            ))
        })
        .collect();
    let dense = dense(&analysis);
    let rows = Rows::new(keys, move |row| {
        let domain = &analysis.order_domains[order[row]];
        let dense = dense.contains(&(domain.consumer, domain.source));
        what_row(&analysis, domain, dense)
    });
    let columns = vec![
        Column::name("consumer", 12, 24),
        Column::text("source", 14, 28),
        Column::text("guarantee", 16, 21).drop(5),
        Column::figure("keys", 6).drop(6),
        Column::figure("", 9)
            .titled(Text::of(Role::Disorder, glyphs::DISORDER).and(Role::Dim, " k/n")),
        Column::figure("R [95 %]", 15).drop(3),
        Column::figure("late p99", 9).drop(4),
        Column::figure("stale", 6).drop(2),
        Column::figure("gaps", 5).drop(7),
        Column::word("verdict", 13),
    ];
    let title = "What overtook what, and does it matter";
    Part::new("what", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &figures::number_of(keys_seen, "keys")))
        .between(3, 9)
        .foot(Text::of(Role::Dim, "R: arrivals overtaken by a later one, of all · stale: an older one applied after a newer"))
}

fn what_row(analysis: &Analysis, domain: &OrderDomain, dense: bool) -> Row {
    let name = analysis.text(domain.consumer);
    let late: Vec<&Reordered> = analysis
        .reordered
        .iter()
        .filter(|one| same(one, domain))
        .collect();
    let mut source = domain.source.to_string();
    if let Some(resource) = analysis.facts.text_of(domain.resource) {
        source = format!("{source} {resource}");
    }
    let rate = match wilson(domain.reordered, domain.arrivals) {
        Some(rate) if domain.arrivals >= 20 => figures::rate(&rate),
        _ => figures::NONE.to_owned(),
    };
    let mut waits: Vec<f64> = late.iter().map(|one| one.late_ms).collect();
    let p99 = percentiles(&mut waits).map_or_else(
        || figures::NONE.to_owned(),
        |late| figures::duration(late.p99),
    );
    let worst = late.iter().map(|one| one.verdict).min();
    let (verdict, role) = match worst {
        Some(verdict @ Verdict::Violation) => (verdict.to_string(), Role::Disorder),
        Some(verdict) => (verdict.to_string(), Role::Text),
        // Where nothing is promised, an overtaken arrival is counted and no row of its own.
        None if domain.reordered > 0 => (Verdict::BestEffort.to_string(), Role::Text),
        None => ("in order".to_owned(), Role::Dim),
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            Cell::text(&source),
            Cell::text(guarantee(domain.source)),
            Cell::text(&figures::count(u64::from(domain.keys))),
            Cell::of(
                if domain.reordered > 0 {
                    Role::Disorder
                } else {
                    Role::Dim
                },
                &format!(
                    "{}/{}",
                    figures::count(domain.reordered),
                    figures::count(domain.arrivals)
                ),
            ),
            Cell::text(&rate),
            Cell::text(&p99),
            Cell::count(Some(domain.stale_applies), Role::Disorder),
            if dense {
                Cell::count(Some(domain.gaps), Role::Text)
            } else {
                Cell::of(Role::Dim, figures::NONE)
            },
            Cell::of(role, &verdict),
        ],
        open: Some(
            find::worst_overtaken(analysis, late.into_iter())
                .unwrap_or_else(|| Step::Function(name.to_owned())),
        ),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// Why, the arrivals around the newest of the worst overtakings, and all of them.
fn detail(scene: &Arc<Scene>, domain: usize) -> Vec<Part> {
    let analysis = &scene.analysis;
    let of = &analysis.order_domains[domain];
    let mine = || analysis.reordered.iter().filter(|one| same(one, of));
    let mut list = list(scene, domain);
    let Some(worst) = find::worst_of_overtaken(mine()) else {
        return vec![list];
    };
    let name = analysis.text(of.consumer);
    let finding = why::finding(analysis, FindingKind::Reordering, &[name]);
    list.prose = finding.map_or_else(Vec::new, why::lines);
    vec![list, key::around(analysis, worst)]
}

/// That none was overtaken, or how many were where nothing is promised: those are counted and not kept.
fn none_listed(of: &OrderDomain) -> Text {
    let arrivals = figures::number_of(of.arrivals, "arrivals");
    if of.reordered == 0 {
        let keys = figures::number_of(of.keys.into(), "keys");
        return Text::of(Role::Ok, "in order").and(Role::Text, &format!(": {arrivals} on {keys}"));
    }
    let overtaken = figures::count(of.reordered);
    Text::of(Role::Disorder, &format!("{overtaken} overtaken")).and(
        Role::Text,
        &format!(
            " of {arrivals}: this source promises no order, so they are counted and none is listed"
        ),
    )
}

/// Every overtaken arrival of a domain, newest first.
fn list(scene: &Arc<Scene>, domain: usize) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let of = &analysis.order_domains[domain];
    let name = analysis.text(of.consumer).to_owned();
    let list: Vec<u32> = (0..analysis.reordered.len() as u32)
        .rev()
        .filter(|at| same(&analysis.reordered[*at as usize], of))
        .collect();
    let title = format!("{name}: overtaken arrivals");
    let mut aside = format!(
        "overlaps {} · stale {}",
        figures::count(of.overlaps),
        figures::count(of.stale_applies)
    );
    let mine = || analysis.reordered.iter().filter(|one| same(one, of));
    let uncertain = mine().filter(|one| one.verdict == Verdict::Uncertain);
    match uncertain.count() {
        0 => {}
        uncertain => aside.push_str(&format!(" · uncertain {uncertain}")),
    }
    if let Some(most) = mine().map(|one| one.extent).max() {
        aside.push_str(&format!(" · extent at most {most}"));
    }
    if list.is_empty() {
        return Part::lines("late", title, vec![none_listed(of)])
            .aside(Text::of(Role::Dim, &aside));
    }
    let keys = list
        .iter()
        .map(|at| {
            let one = &analysis.reordered[*at as usize];
            let sequence = analysis.text(one.sequence);
            Key::text(&format!(
                "{}\0{sequence}\0{}",
                analysis.text(one.key),
                one.request_id
            ))
        })
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |row| {
        let one = &analysis.reordered[list[row] as usize];
        let run = find::run_at(&analysis, one.invocation);
        let by = analysis.invocation(one.overtaken_by);
        let role = if one.verdict == Verdict::Violation {
            Role::Disorder
        } else {
            Role::Text
        };
        Row {
            cells: vec![
                Cell::of(Role::Dim, &rows::moment(one.at, now)),
                Cell::of(Role::Strong, analysis.text(one.key)),
                Cell::text(&figures::short(analysis.text(one.sequence))),
                Cell::text(&figures::duration(one.late_ms)),
                Cell::text(&one.extent.to_string()),
                Cell::of(role, &one.verdict.to_string()),
                Cell::text(&figures::request(one.request_id)),
                Cell::of(Role::Dim, &figures::request(by.request_id)),
            ],
            open: Some(Step::Key {
                consumer: analysis.text(one.consumer).to_owned(),
                source: one.source,
                key: analysis.text(one.key).to_owned(),
            }),
            run: Some(run),
            function: Some(analysis.text(one.consumer).to_owned()),
            ..Row::default()
        }
    });
    let columns = vec![
        Column::word("at", 14),
        Column::name("key", 12, 36),
        Column::figure("sequence", 10),
        Column::figure("late", 8),
        Column::figure("extent", 6).drop(3),
        Column::word("verdict", 13),
        Column::word("request", 11).drop(1),
        Column::word("overtaken by", 12).drop(2),
    ];
    Part::new("late", title + ", newest first", Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(3, 12)
}
