//! One invocation: what it did, what was found on it, who called it, its lines.

use std::sync::Arc;

use crate::correlate::tree::{Index, RowKind, Tree};
use crate::detect::provisioned::prices::Prices;
use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::{Harm, Link};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Run, Table};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{gone, lines};

/// Invocations of its environment that are drawn around it.
const NEIGHBOURS: usize = 60;

pub(super) fn page(scene: &Arc<Scene>, run: Run) -> Page {
    let analysis = &scene.analysis;
    let Some(at) = find::invocation(analysis, run) else {
        return gone("Invocation", &figures::request(run.request));
    };
    let tree = Index::new(analysis).requests(analysis).tree(at);
    let mut parts = vec![summary(analysis, at, &tree)];
    parts.extend(found(analysis, at));
    parts.extend(attempts(scene, at));
    parts.extend(events(analysis, at));
    parts.push(request(analysis, at, &tree));
    parts.push(environment(analysis, at));
    parts.extend(lines::part(scene, run, Step::Trace(run)));
    Page {
        run: Some(run),
        parts,
        ..Page::default()
    }
}

fn summary(analysis: &Analysis, at: InvocationIndex, tree: &Tree) -> Part {
    let one = analysis.invocation(at);
    let known = analysis.facts.functions.get(&one.function);
    let init = one.init.get().map(|init| &analysis.inits[init as usize]);
    let mut ran = format!(
        "{} → {}   {}",
        figures::clock_ms(one.start),
        figures::clock_ms(one.end),
        rows::took(analysis, at)
    );
    if let Some(felt) = init
        .and_then(|init| init.felt_ms)
        .filter(|felt| *felt > 0.0)
    {
        ran.push_str(&format!(
            ", after ▒ {} of init",
            figures::duration(f64::from(felt))
        ));
    }
    let limit = known
        .and_then(|known| known.timeout_s)
        .map(|seconds| f64::from(seconds) * 1e3);
    let used = one
        .duration_ms
        .get()
        .zip(limit)
        .map(|(took, limit)| f64::from(took) / limit);
    let version = analysis.version_of(one);
    let version = version.map_or(figures::UNKNOWN, |version| analysis.text(version));
    let runtime = known
        .and_then(|known| known.runtime)
        .map(|runtime| analysis.text(runtime));
    let mut set = format!("{version} · {}", runtime.unwrap_or("runtime ?"));
    if let (Some(limit), Some(used)) = (limit, used) {
        set.push_str(&format!(
            " · time-out {} ({} used)",
            figures::duration(limit),
            figures::percent(used)
        ));
    }
    let memory = match (one.max_memory_used_mb.get(), one.memory_mb(&analysis.facts)) {
        (Some(used), Some(all)) => format!(
            "{used} of {all} MB, {}",
            figures::percent(f64::from(used) / f64::from(all.max(1)))
        ),
        _ => figures::UNKNOWN.to_owned(),
    };
    let mut list = vec![
        ("ran", ran),
        ("version", set),
        ("memory", memory),
        ("billed", billed_words(analysis, at, tree)),
        ("stream", analysis.stream_of(one).to_owned()),
    ];
    if let Some(trace) = one.trace {
        let sampled = match trace.sampled {
            Some(true) => ", sampled",
            Some(false) => ", not sampled",
            None => "",
        };
        list.push(("trace", format!("{}{sampled}", trace.trace)));
    }
    if let Some(error) = one.error_type {
        list.push(("error", analysis.text(error).to_owned()));
    }
    let list = list
        .into_iter()
        .map(|(label, words)| Text::of(Role::Dim, &format!("{label:8} ")).and(Role::Text, &words))
        .collect();
    let title = Text::of(Role::Strong, analysis.text(one.function))
        .and(Role::Text, &format!(" {}", one.request_id))
        .and(
            Role::Dim,
            &if one.attempt > 1 {
                format!(" attempt {}", one.attempt)
            } else {
                String::new()
            },
        );
    Part::lines("summary", title, list).aside(rows::state(analysis, at))
}

/// Time billed, what that costs by the list, and how much of it was spent waiting for others.
fn billed_words(analysis: &Analysis, at: InvocationIndex, tree: &Tree) -> String {
    let one = analysis.invocation(at);
    let Some(billed) = one.billed_ms.get().map(f64::from) else {
        return figures::UNKNOWN.to_owned();
    };
    let mut words = figures::duration(billed);
    if let Some(memory) = one.memory_mb(&analysis.facts) {
        let gb_s = f64::from(memory) / 1024.0 * billed / 1e3;
        let dollars = gb_s * Prices::LIST.on_demand;
        words.push_str(&format!(" · ${dollars:.7} at list price"));
    }
    let row = tree.rows.iter().find(|row| row.invocation == Some(at));
    if let Some(row) = row {
        words.push_str(&format!(" · own {}", figures::duration(row.own_ms as f64)));
        if row.waited_ms > 0 {
            let waited = figures::duration(row.waited_ms as f64);
            words.push_str(&format!(", {waited} waiting for functions it called"));
        }
    }
    words
}

/// The other attempts of its request.
fn attempts(scene: &Arc<Scene>, at: InvocationIndex) -> Option<Part> {
    let analysis = &scene.analysis;
    let request = analysis.invocation(at).request_id;
    let all = analysis.assembled.attempts(&request)?;
    let others: Vec<InvocationIndex> = all.iter().copied().filter(|other| *other != at).collect();
    if others.is_empty() {
        return None;
    }
    let title = format!("Other attempts of the same request, {}", others.len());
    Some(Part::new("attempts", title, rows::invocations(scene, others)).between(1, 4))
}

/// Everything that detection says about it.
fn found(analysis: &Analysis, at: InvocationIndex) -> Option<Part> {
    let one = analysis.invocation(at);
    let mut rows: Vec<(Key, Row)> = Vec::new();
    let mut add = |key: String, glyph: &str, role: Role, words: &str, open: Step| {
        let what = Text::of(role, glyph).and(Role::Text, &format!(" {words}"));
        let row = Row {
            cells: vec![Cell::Text(what)],
            open: Some(open),
            ..Row::default()
        };
        rows.push((Key::text(&key), row));
    };
    if let Some(init) = one.init.get().map(|init| &analysis.inits[init as usize]) {
        let felt = init.felt_ms.map_or_else(
            || "felt ?".to_owned(),
            |felt| format!("felt {}", figures::duration(f64::from(felt))),
        );
        let cause = init
            .cause
            .map_or_else(|| "nobody waited".to_owned(), |cause| cause.to_string());
        let words = format!("cold start {}, {felt}: {cause}", init.kind);
        let step = Step::Invocations {
            function: analysis.text(one.function).to_owned(),
            which: crate::ui::step::Which::Cold,
        };
        add("cold".to_owned(), glyphs::COLD, Role::Cold, &words, step);
    }
    for refused in refusals(analysis, one) {
        let step = if refused.1 {
            Step::Resource(refused.0.clone())
        } else {
            Step::Trace(find::run(one))
        };
        let words = format!(
            "{} to {} refused",
            figures::number_of(u64::from(refused.2), "calls"),
            refused.0
        );
        add(
            format!("refused {}", refused.0),
            glyphs::THROTTLE,
            Role::Throttle,
            &words,
            step,
        );
    }
    for duplicate in &analysis.duplicates {
        let (other, word) = if duplicate.repeat.invocation == at {
            (&duplicate.first, "repeats")
        } else if duplicate.first.invocation == at {
            (&duplicate.repeat, "repeated by")
        } else {
            continue;
        };
        let words = format!(
            "{word} {} of {}: {}, harm {}",
            figures::request(other.request_id),
            figures::clock_ms(other.at),
            duplicate.class,
            duplicate.harm
        );
        let step = Step::Identity {
            consumer: analysis.text(duplicate.consumer).to_owned(),
            source: duplicate.source,
            identity: duplicate.identity_text(&analysis.facts).into_owned(),
        };
        let role = if duplicate.harm == Harm::Double {
            Role::Duplicate
        } else {
            Role::Dim
        };
        add(
            format!("{word} {words}"),
            glyphs::DUPLICATE,
            role,
            &words,
            step,
        );
    }
    for late in analysis
        .reordered
        .iter()
        .filter(|late| late.invocation == at || late.overtaken_by == at)
    {
        let word = if late.invocation == at {
            "overtaken"
        } else {
            "overtook another"
        };
        let key = analysis.text(late.key);
        let words = format!(
            "{word} on {}: sequence {}, {} late, {}",
            figures::short(key),
            figures::short(analysis.text(late.sequence)),
            figures::duration(late.late_ms),
            late.verdict
        );
        let step = Step::Key {
            consumer: analysis.text(late.consumer).to_owned(),
            source: late.source,
            key: key.to_owned(),
        };
        add(
            words.clone(),
            glyphs::DISORDER,
            Role::Disorder,
            &words,
            step,
        );
    }
    if rows.is_empty() {
        return None;
    }
    let columns = vec![Column::text("", 20, u16::MAX)];
    let title = format!("Found on it, {}", rows.len());
    let part = Part::new("found", title, Table::bare(columns, Rows::few(rows)));
    Some(part.aside(Text::of(Role::Dim, "Enter opens")).between(1, 6))
}

/// Refused calls by resource: its name, whether it has a page, how many.
fn refusals(analysis: &Analysis, one: &Invocation) -> Vec<(String, bool, u32)> {
    let mut found: Vec<(String, bool, u32)> = Vec::new();
    for (_, refused) in crate::correlate::refusals(analysis, one) {
        let name = refused
            .resource
            .map_or("an unnamed resource", |resource| analysis.text(resource));
        let attempts = u32::from(refused.attempts);
        match found.iter_mut().find(|(known, ..)| known == name) {
            Some((.., count)) => *count += attempts,
            None => {
                let page = analysis
                    .throttles
                    .iter()
                    .any(|throttle| throttle.resource == name);
                found.push((name.to_owned(), page, attempts));
            }
        }
    }
    found
}

/// The event items that it received.
fn events(analysis: &Analysis, at: InvocationIndex) -> Option<Part> {
    let consumer = analysis.text(analysis.invocation(at).function).to_owned();
    let rows: Vec<(Key, Row)> = analysis
        .deliveries
        .iter()
        .filter(|delivery| delivery.invocation == at)
        .map(|delivery| {
            let identity = analysis.text(delivery.identity);
            let row = Row {
                cells: vec![
                    Cell::text(&delivery.source.to_string()),
                    Cell::text(identity),
                    Cell::Text(Text::of(Role::Dim, &received(analysis, delivery))),
                ],
                open: Some(Step::Identity {
                    consumer: consumer.clone(),
                    source: delivery.source,
                    identity: identity.to_owned(),
                }),
                ..Row::default()
            };
            (Key::text(identity), row)
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let columns = vec![
        Column::word("", 14),
        Column::name("", 20, 60),
        Column::text("", 10, u16::MAX).drop(1),
    ];
    let title = format!("Events it received, {}", rows.len());
    let part = Part::new("events", title, Table::bare(columns, Rows::few(rows)));
    Some(
        part.aside(Text::of(Role::Dim, "Enter: every delivery of it"))
            .between(1, 5),
    )
}

fn received(analysis: &Analysis, item: &Delivery) -> String {
    let mut words = Vec::new();
    if let Some(resource) = item.resource {
        words.push(analysis.text(resource).to_owned());
    }
    if let Some(count) = item.receive_count {
        words.push(format!("receive {count}"));
    }
    if let Some(sent) = item.sent_at.get() {
        words.push(format!("sent {}", figures::clock_ms(sent)));
    }
    if let Some(key) = item.order_key {
        words.push(format!("key {}", figures::short(analysis.text(key))));
    }
    words.join(" · ")
}

/// The whole request, which opens its waterfall; then who called it and whom it called, one step each way.
fn request(analysis: &Analysis, at: InvocationIndex, tree: &Tree) -> Part {
    let of = |link: &&Link| link.parent == at || link.child == at;
    let linked = analysis.links.iter().filter(of).map(|link| {
        let (other, word) = if link.child == at {
            (link.parent, "called by")
        } else if link.synchronous {
            (link.child, "calls")
        } else {
            (link.child, "feeds")
        };
        let one = analysis.invocation(other);
        let run = find::run(one);
        let tier = format!(
            "{} {}",
            link.tier,
            figures::percent(f64::from(link.confidence))
        );
        let row = Row {
            cells: vec![
                Cell::of(Role::Dim, word),
                Cell::of(Role::Strong, analysis.text(one.function)),
                Cell::text(&figures::request(run.request)),
                Cell::of(Role::Dim, &figures::clock_ms(one.start)),
                Cell::text(&rows::took(analysis, other)),
                Cell::Text(rows::state(analysis, other)),
                Cell::of(Role::Dim, &tier),
            ],
            open: Some(Step::Invocation(run)),
            run: Some(run),
            function: Some(analysis.text(one.function).to_owned()),
            ..Row::default()
        };
        (find::run_key(run), row)
    });
    let mut rows: Vec<(Key, Row)> = vec![whole(analysis, at, tree)];
    rows.extend(linked);
    let columns = vec![
        Column::word("", 9),
        Column::name("", 12, 30),
        Column::word("", 11),
        Column::word("", 12).drop(2),
        Column::figure("", 8),
        Column::word("", 9),
        Column::text("", 10, 30).drop(1),
    ];
    let title = match rows.len() as u64 - 1 {
        0 => "Request tree: this run alone".to_owned(),
        links => format!("Request tree, {}", figures::number_of(links, "links")),
    };
    let part = Part::new("tree", title, Table::bare(columns, Rows::few(rows)));
    part.aside(Text::of(Role::Dim, "v shows it whole"))
        .between(1, 7)
}

/// The request that a run belongs to, from its entry to its last end.
fn whole(analysis: &Analysis, at: InvocationIndex, tree: &Tree) -> (Key, Row) {
    let run = find::run_at(analysis, at);
    let runs = tree.rows.iter().filter(|row| row.kind == RowKind::Run);
    let entry = tree.rows.first().map_or("", |row| row.name.as_str());
    let row = Row {
        cells: vec![
            Cell::of(Role::Dim, "waterfall"),
            Cell::of(Role::Strong, tree.entry.as_deref().unwrap_or(entry)),
            Cell::text(&figures::number_of(runs.count() as u64, "runs")),
            Cell::of(Role::Dim, &figures::clock_ms(tree.from)),
            Cell::text(&figures::duration(tree.to.since(tree.from) as f64)),
            Cell::text(""),
            Cell::text(""),
        ],
        open: Some(Step::Trace(run)),
        run: Some(run),
        ..Row::default()
    };
    (Key::text("waterfall"), row)
}

/// The environment's other invocations, left to right in time.
fn environment(analysis: &Analysis, at: InvocationIndex) -> Part {
    let one = analysis.invocation(at);
    let environment = analysis.assembled.environment(one);
    let all = &environment.invocations;
    let here = all.iter().position(|other| *other == at).unwrap_or(0);
    let from = here.saturating_sub(NEIGHBOURS / 2);
    let shown = &all[from..all.len().min(from + NEIGHBOURS)];
    let levels = shown
        .iter()
        .map(|other| {
            analysis
                .invocation(*other)
                .duration_ms
                .get()
                .map(|ms| (ms.max(1.0)) as u32)
        })
        .collect();
    let mark = format!("{}▲", " ".repeat(here - from));
    let busy: f64 = all
        .iter()
        .filter_map(|other| analysis.invocation(*other).duration_ms.get())
        .map(f64::from)
        .sum();
    let life = match (all.first(), all.last()) {
        (Some(first), Some(last)) => {
            let begin = environment
                .init_start
                .unwrap_or(analysis.invocation(*first).start);
            analysis.invocation(*last).end.since(begin).max(1) as f64
        }
        _ => 1.0,
    };
    let title = format!(
        "Environment {}: {} invocations, busy {} of {}",
        find::environment(analysis.stream_of(one)),
        all.len(),
        figures::percent((busy / life).min(1.0)),
        figures::duration(life)
    );
    let row = |cell: Cell| Row {
        cells: vec![cell],
        ..Row::default()
    };
    let rows = vec![
        row(Cell::Spark(levels, Role::Text)),
        row(Cell::of(Role::Dim, &mark)),
    ];
    let columns = vec![Column::text("", NEIGHBOURS as u16, NEIGHBOURS as u16)];
    Part::new(
        "environment",
        title,
        Table::bare(columns, Rows::fixed(rows)),
    )
    .aside(Text::of(Role::Dim, "this one ▲ · height: duration"))
    .between(2, 2)
}
