//! One function: its figures, its last hour, what is wrong with it, its invocations.

mod metrics;

use std::sync::Arc;

use hashbrown::HashSet;

use crate::detect::waiting;
use crate::model::analysis::Analysis;
use crate::model::config::EventSourceMapping;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::FunctionFigures;
use crate::model::symbols::Sym;
use crate::model::words::{number_of, number_or_unknown};
use crate::store::scene::Scene;
use crate::ui::counted::Counted;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::kinds;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Strip, Table};
use crate::ui::rows;
use crate::ui::series::Minutes;
use crate::ui::step::{Step, Which};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

const HOUR: usize = 60;

pub(super) fn page(scene: &Arc<Scene>, name: &str) -> Page {
    let analysis = &scene.analysis;
    let Some(sym) = find::function(analysis, name) else {
        return gone(name, name);
    };
    let figures = analysis
        .functions
        .iter()
        .find(|figures| figures.function == sym);
    let mut parts = Vec::new();
    if let Some(figures) = figures {
        parts.push(summary(analysis, figures));
    }
    let mut metered = analysis.metered.iter();
    if let Some(metered) = metered.find(|row| row.function == sym) {
        parts.push(metrics::alone(analysis, metered));
    }
    parts.push(strips(scene, sym));
    if let Some(part) = findings(analysis, name) {
        parts.push(part);
    }
    parts.push(list(scene, name, Which::All));
    Page {
        parts,
        ..Page::default()
    }
}

/// Only its invocations.
pub(super) fn invocations(scene: &Arc<Scene>, name: &str, which: Which) -> Page {
    Page {
        parts: vec![list(scene, name, which)],
        ..Page::default()
    }
}

fn summary(analysis: &Analysis, function: &FunctionFigures) -> Part {
    let known = analysis.facts.functions.get(&function.function);
    let word = |sym: Option<Sym>| sym.map_or(figures::UNKNOWN, |sym| analysis.text(sym));
    let percentiles = |of: &Option<crate::model::rows::Percentiles>| match of {
        Some(of) => format!(
            "p50 {} · p95 {} · p99 {} · max {}",
            figures::duration(of.p50),
            figures::duration(of.p95),
            figures::duration(of.p99),
            figures::duration(of.max)
        ),
        None => figures::UNKNOWN.to_owned(),
    };
    let configured = match known {
        Some(known) => format!(
            "{} · {} MB · time-out {} · {}",
            word(known.runtime),
            known
                .memory_mb
                .map_or_else(|| figures::UNKNOWN.to_owned(), |mb| mb.to_string()),
            known.timeout_s.map_or_else(
                || figures::UNKNOWN.to_owned(),
                |s| figures::duration(f64::from(s) * 1e3)
            ),
            match known.reserved_concurrency {
                Some(limit) => format!("{} reserved", number_of(limit.into(), "slots")),
                None => "no slots reserved".to_owned(),
            }
        ),
        None => "configuration not read".to_owned(),
    };
    let memory = match (function.max_memory_used_mb, function.memory_mb) {
        (Some(used), Some(all)) => format!("{used} of {all} MB at most"),
        _ => figures::UNKNOWN.to_owned(),
    };
    let cold = function
        .cold_rate
        .as_ref()
        .map_or_else(String::new, |rate| format!(", {}", figures::rate(rate)));
    let lines = [
        (
            "runs",
            format!(
                "{} in {}, {} at once at most",
                number_or_unknown(function.of_runs(function.invocations), "invocations"),
                number_of(function.environments, "environments"),
                figures::count_or_unknown(function.peak_concurrency)
            ),
        ),
        (
            "failed",
            format!(
                "{}, of them {} timed out, {} out of memory",
                number_or_unknown(function.of_runs(function.errors), "errors"),
                figures::count_or_unknown(function.of_runs(function.timeouts)),
                figures::count_or_unknown(function.of_runs(function.out_of_memory))
            ),
        ),
        ("took", percentiles(&function.duration_ms)),
        (
            "cold",
            format!(
                "{} felt{cold} · init {}",
                figures::felt(function).replace('/', " of "),
                percentiles(&function.init_ms)
            ),
        ),
        (
            "trouble",
            format!(
                "╳ {} refused · ═ {} ran twice, {} retries · ↕ {} overtaken against a promise{}",
                figures::count_or_unknown(function.throttled),
                figures::count_or_unknown(function.duplicates_harmful),
                figures::count_or_unknown(function.retries),
                figures::count_or_unknown(function.reordered),
                overtaken_at_all(analysis, function)
            ),
        ),
        ("memory", memory),
        ("set", configured),
    ];
    let age = |name: &str, of: &str| {
        let ms = waiting::newest(analysis, function.function, name)?;
        let words = format!("{of} {} old, by {name}", figures::duration(ms));
        Some(("waits", words))
    };
    let waits = [
        age("IteratorAge", "records of its streams up to"),
        age("AsyncEventAge", "asynchronous events up to"),
    ];
    let counted = metrics::beyond_the_logs(analysis, function);
    let counted = counted.into_iter().map(|words| ("metrics", words));
    let fed = known.and_then(|known| known.event_sources.as_deref());
    let fed = fed.unwrap_or_default().iter();
    let fed = fed.map(|mapping| ("fed by", fed_by(analysis, mapping)));
    let lines = lines
        .into_iter()
        .chain(counted)
        .chain(waits.into_iter().flatten())
        .chain(fed)
        .map(|(label, words)| Text::of(Role::Dim, &format!("{label:8} ")).and(Role::Text, &words))
        .collect();
    let title = Text::of(Role::Strong, analysis.text(function.function));
    let coverage = function.coverage.map_or_else(
        || "coverage ?: no Invocations metric".to_owned(),
        |coverage| format!("coverage {} of Invocations", figures::percent(coverage)),
    );
    Part::lines("summary", title, lines).aside(Text::of(Role::Dim, &coverage))
}

/// `, 3 in all`: where more arrivals were overtaken than a source promised to keep in order.
fn overtaken_at_all(analysis: &Analysis, function: &FunctionFigures) -> String {
    let domains = analysis.order_domains.iter();
    let mine = domains.filter(|one| one.consumer == function.function);
    let all: u64 = mine.map(|one| one.reordered).sum();
    if all > function.reordered.unwrap_or_default() {
        format!(", {} in all", figures::count(all))
    } else {
        String::new()
    }
}

/// A queue or stream and its settings: `sqs:orders, batches of 10 within 5 s, 20 at once at most`.
fn fed_by(analysis: &Analysis, mapping: &EventSourceMapping) -> String {
    let mut words = vec![analysis.text(mapping.source).to_owned()];
    if !mapping.enabled {
        words.push("switched off".to_owned());
    }
    if let Some(size) = mapping.batch_size {
        let within = match mapping.batching_window_s {
            Some(seconds @ 1..) => format!(" within {seconds} s"),
            _ => String::new(),
        };
        words.push(format!("batches of {size}{within}"));
    }
    if let Some(limit) = mapping.maximum_concurrency {
        words.push(format!("{limit} at once at most"));
    }
    if let Some(batches @ 2..) = mapping.parallelization {
        words.push(format!("{batches} batches of a shard at once"));
    }
    if mapping.bisects == Some(true) {
        words.push("halves what failed".to_owned());
    }
    if mapping.reports_item_failures {
        words.push("names the items that failed".to_owned());
    }
    words.join(", ")
}

fn strips(scene: &Scene, function: Sym) -> Part {
    let analysis = &scene.analysis;
    let minutes = Minutes::until(scene.now, HOUR);
    let lines = [
        (Text::new("runs"), Role::Text, Counted::Runs),
        (
            Text::of(Role::Error, glyphs::ERROR).and(Role::Text, " failed"),
            Role::Error,
            Counted::Failed,
        ),
        (
            Text::of(Role::Cold, glyphs::COLD).and(Role::Text, " started"),
            Role::Cold,
            Counted::Started,
        ),
    ];
    let rows: Vec<(Key, Row)> = lines
        .into_iter()
        .map(|(label, role, counted)| {
            let levels = counted.levels(analysis, Some(function), minutes);
            let most = levels.iter().flatten().max();
            let most = figures::count_or_unknown(most.map(|most| u64::from(*most)));
            let most = Cell::of(Role::Dim, &format!("max {most}/m"));
            let row = Row {
                cells: vec![Cell::Text(label), Cell::Spark(levels, role), most],
                strip: Some(Strip {
                    column: 1,
                    minutes,
                    counted,
                    function: Some(analysis.text(function).to_owned()),
                }),
                ..Row::default()
            };
            (Key::text(&counted.to_string()), row)
        })
        .collect();
    let height = rows.len() as u16;
    let columns = vec![
        Column::word("", 10),
        Column::word("", HOUR as u16),
        Column::text("", 8, 20).drop(1),
    ];
    let title = format!(
        "Last hour, one cell a minute, to {}",
        figures::clock_minute(scene.now)
    );
    Part::new("strips", title, Table::bare(columns, Rows::few(rows)))
        .between(height, height)
        .passed()
}

fn findings(analysis: &Analysis, name: &str) -> Option<Part> {
    let rows: Vec<(Key, Row)> = analysis
        .findings
        .iter()
        .filter(|finding| finding.subject == name)
        .map(|finding| {
            let (badge, colour) = kinds::severity(finding.severity);
            let what = Text::of(colour, badge)
                .and(Role::Text, " ")
                .and(kinds::role(finding.kind), kinds::glyph(finding.kind))
                .and(Role::Text, &format!(" {}", finding.claim));
            let row = Row {
                cells: vec![Cell::Text(what)],
                open: Some(Step::Finding(finding.id.clone())),
                ..Row::default()
            };
            (Key::text(&finding.id), row)
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let columns = vec![Column::text("", 20, u16::MAX)];
    let title = format!("Found on it, {}", rows.len());
    Some(Part::new("findings", title, Table::bare(columns, Rows::few(rows))).between(1, 6))
}

fn list(scene: &Arc<Scene>, name: &str, which: Which) -> Part {
    let analysis = &scene.analysis;
    let sym = find::function(analysis, name);
    let repeats = repeats(analysis, sym, which);
    let init = |one: &Invocation| one.init.get().map(|init| &analysis.inits[init as usize]);
    let wanted = |at: InvocationIndex, one: &Invocation| match which {
        Which::All => true,
        Which::Failed => one.status.failed(),
        Which::Cold => init(one).is_some_and(|init| init.cause.is_some()),
        Which::Cause(cause) => init(one).is_some_and(|init| init.cause == Some(cause)),
        Which::Init(between) => init(one)
            .and_then(|init| init.init_ms)
            .is_some_and(|took| between.holds(took)),
        Which::Repeated { .. } => repeats.contains(&at),
    };
    let mine = |at: &InvocationIndex| {
        let one = analysis.invocation(*at);
        Some(one.function) == sym && wanted(*at, one)
    };
    let list: Vec<InvocationIndex> = (0..analysis.assembled.invocations.len() as u32)
        .rev()
        .filter(mine)
        .collect();
    let word = match which {
        Which::All => "Invocations",
        Which::Failed => "Failed invocations",
        Which::Cold | Which::Cause(_) => "Invocations that waited for a start",
        Which::Init(_) => "First invocations of environments that took so long to start",
        Which::Repeated { .. } => "Invocations that received an event again",
    };
    let of = match which {
        Which::Cause(cause) => format!(", cause {cause}"),
        Which::Init(_) | Which::Repeated { .. } => format!(", {which}"),
        _ => String::new(),
    };
    let title = format!(
        "{word}{of}, newest first, {}",
        figures::count(list.len() as u64)
    );
    let unused = unused(analysis, sym, which, list.len());
    let untold = analysis.metered.iter().any(|row| Some(row.function) == sym);
    let untold = untold.then(|| Text::of(Role::Unknown, "it ran, and no log tells of a run"));
    let keys = "Enter opens · v trace · L log lines";
    Part::new("invocations", title, rows::invocations(scene, list))
        .aside(
            unused
                .or(untold)
                .unwrap_or_else(|| Text::of(Role::Dim, keys)),
        )
        .between(4, u16::MAX)
}

/// How many starts of a bar of the histogram are not among the `listed`: no run of theirs was seen.
fn unused(analysis: &Analysis, function: Option<Sym>, which: Which, listed: usize) -> Option<Text> {
    let Which::Init(between) = which else {
        return None;
    };
    let mine = analysis.inits.iter().filter(|init| {
        Some(init.function) == function && init.init_ms.is_some_and(|took| between.holds(took))
    });
    let unused = mine
        .count()
        .checked_sub(listed)
        .filter(|unused| *unused > 0)?;
    let words = format!("{} served no run", number_of(unused as u64, "more starts"));
    Some(Text::of(Role::Dim, &words))
}

/// The runs that received again what [`Which::Repeated`] names.
fn repeats(analysis: &Analysis, consumer: Option<Sym>, which: Which) -> HashSet<InvocationIndex> {
    let Which::Repeated {
        source,
        class,
        least,
        most,
    } = which
    else {
        return HashSet::new();
    };
    let all = analysis.duplicates.iter();
    all.filter(|one| Some(one.consumer) == consumer && one.source == source)
        .filter(|one| class.is_none_or(|class| one.class == class))
        .filter(|one| (least..=most).contains(&one.harm))
        .map(|one| one.repeat.invocation)
        .collect()
}
