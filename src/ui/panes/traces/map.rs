//! The service map of the window: who calls whom, how often, and where calls are refused.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::correlate::tree::Index;
use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::step::{Step, Which};
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Functions one below the other at most: a circle of calls ends.
const DEEPEST: usize = 12;

/// All calls of one function by another.
#[derive(Clone, Debug, Default, PartialEq)]
struct Calls {
    done: u64,
    failed: u64,
    refused: u64,
    synchronous: bool,
    took_ms: Vec<f64>,
}

/// One line of the map.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    prefix: String,
    name: String,
    calls: Option<Calls>,
    /// What it calls most.
    first: Option<String>,
    /// What it calls stands elsewhere already.
    above: bool,
}

/// The part; `None` where nobody calls anybody.
pub(super) fn part(scene: &Scene, index: &Index) -> Option<Part> {
    let analysis = Arc::clone(&scene.analysis);
    let edges = edges(&analysis, index);
    if edges.is_empty() {
        return None;
    }
    let minutes = analysis.window.map_or(1.0, |(from, to)| {
        to.since(from).max(60_000) as f64 / 60_000.0
    });
    let lines = lines(&edges);
    let title = format!(
        "Who calls whom: {}",
        figures::number_of(edges.len() as u64, "edges")
    );
    let rows = lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            (
                Key::text(&format!("{at}\0{}", line.name)),
                row(&analysis, line, minutes),
            )
        })
        .collect();
    let columns = vec![
        Column::name("calls", 24, 52),
        Column::figure("done/min", 9),
        Column::figure("", 9)
            .titled(Text::of(Role::Throttle, glyphs::THROTTLE).and(Role::Dim, " /min"))
            .named("refused/min"),
        Column::figure("failed", 8).drop(1),
        Column::figure("p50", 8).drop(3),
        Column::figure("p99", 8).drop(2),
    ];
    Some(
        Part::new("map", title, Table::new(columns, Rows::few(rows)))
            .aside(Text::of(
                Role::Dim,
                "─► waits for it  ┄► queue or bus  · means of the window",
            ))
            .between(6, 18),
    )
}

/// From a function or a route to a function or another resource.
type Edges = HashMap<(String, String), Calls>;

fn edges(analysis: &Analysis, index: &Index) -> Edges {
    let mut edges = Edges::new();
    let requests = index.requests(analysis);
    let name = |sym: Sym| analysis.text(sym).to_owned();
    for link in &analysis.links {
        let (parent, child) = (
            analysis.invocation(link.parent),
            analysis.invocation(link.child),
        );
        let calls = edges
            .entry((name(parent.function), name(child.function)))
            .or_default();
        calls.done += 1;
        calls.failed += u64::from(child.status.failed());
        calls.synchronous |= link.synchronous;
        calls.took_ms.extend(child.duration_ms.get().map(f64::from));
    }
    for throttle in &analysis.throttles {
        let resource = throttle.resource.strip_prefix("lambda:");
        let callee = resource.unwrap_or(&throttle.resource);
        for (caller, count) in &throttle.callers {
            let calls = edges.entry((name(*caller), callee.to_owned())).or_default();
            calls.refused += count;
            calls.synchronous |= calls.done == 0;
        }
    }
    for (at, run) in analysis.assembled.invocations.iter().enumerate() {
        if let Some(route) = requests.entry(at as u32) {
            let calls = edges
                .entry((route.to_owned(), name(run.function)))
                .or_default();
            calls.done += 1;
            calls.failed += u64::from(run.status.failed());
            calls.synchronous = true;
            calls.took_ms.extend(run.duration_ms.get().map(f64::from));
        }
    }
    edges
}

/// The map from those that nobody calls down; the callees of each by calls, most first.
fn lines(edges: &Edges) -> Vec<Line> {
    let mut below: HashMap<&str, Vec<(&str, &Calls)>> = HashMap::new();
    for ((caller, callee), calls) in edges {
        below.entry(caller).or_default().push((callee, calls));
    }
    for callees in below.values_mut() {
        callees.sort_by_key(|(name, calls)| (u64::MAX - calls.done - calls.refused, *name));
    }
    let is_called = |name: &str| {
        edges
            .keys()
            .any(|(caller, callee)| callee == name && caller != name)
    };
    let mut callers: Vec<&str> = below.keys().copied().collect();
    let busy = |name: &str| below[name].iter().map(|(_, calls)| calls.done).sum::<u64>();
    callers.sort_by_key(|name| (is_called(name), u64::MAX - busy(name), *name));
    let mut walk = Walk {
        below: &below,
        expanded: Vec::new(),
        lines: Vec::new(),
    };
    for name in callers {
        // Those that are called too stand here only if they call each other in a circle that nobody enters.
        if !walk.expanded.contains(&name) {
            walk.add(name, None, (String::new(), String::new()), 0);
        }
    }
    walk.lines
}

struct Walk<'a> {
    below: &'a HashMap<&'a str, Vec<(&'a str, &'a Calls)>>,
    expanded: Vec<&'a str>,
    lines: Vec<Line>,
}

impl<'a> Walk<'a> {
    fn add(
        &mut self,
        name: &'a str,
        calls: Option<&Calls>,
        (prefix, indent): (String, String),
        depth: usize,
    ) {
        let callees = self.below.get(name).map_or(&[][..], Vec::as_slice);
        let above = self.expanded.contains(&name) && !callees.is_empty();
        self.lines.push(Line {
            prefix,
            name: name.to_owned(),
            calls: calls.cloned(),
            first: callees.first().map(|(name, _)| (*name).to_owned()),
            above,
        });
        if above || depth >= DEEPEST {
            return;
        }
        self.expanded.push(name);
        for (at, (callee, calls)) in callees.iter().enumerate() {
            let last = at + 1 == callees.len();
            let (joint, after) = if last {
                ("└", "   ")
            } else {
                ("├", "│  ")
            };
            let arrow = if calls.synchronous {
                "─►"
            } else {
                "┄►"
            };
            let places = (
                format!("{indent}{joint}{arrow} "),
                format!("{indent}{after}"),
            );
            self.add(callee, Some(calls), places, depth + 1);
        }
    }
}

fn is_function(analysis: &Analysis, name: &str) -> bool {
    let name = analysis.facts.symbols.lookup(name);
    name.is_some_and(|name| analysis.functions.iter().any(|one| one.function == name))
}

/// Its own page, or its refusals; of an entry, which is neither, the runs that it leads to.
fn opens(analysis: &Analysis, line: &Line) -> Option<Step> {
    if is_function(analysis, &line.name) {
        return Some(Step::Function(line.name.clone()));
    }
    let runs = |function: &String| Step::Invocations {
        function: function.clone(),
        which: Which::All,
    };
    let refusing = find::refusing(analysis, &line.name).map(Step::Resource);
    refusing.or_else(|| line.first.as_ref().map(runs))
}

fn row(analysis: &Analysis, line: Line, minutes: f64) -> Row {
    let is_function = is_function(analysis, &line.name);
    let open = opens(analysis, &line);
    let mut name = Text::of(Role::Dim, &line.prefix).and(Role::Strong, &line.name);
    if line.above {
        name = name.and(Role::Dim, " (see above)");
    }
    let rate = |count: u64, role: Role| {
        if count == 0 {
            return Cell::of(Role::Dim, "0");
        }
        Cell::of(role, &figures::per_minute(count as f64 / minutes))
    };
    let mut cells = vec![Cell::Text(name)];
    if let Some(mut calls) = line.calls {
        let took = percentiles(&mut calls.took_ms);
        let percentile = |of: Option<f64>| {
            Cell::text(&of.map_or_else(|| figures::NONE.to_owned(), figures::duration))
        };
        cells.extend([
            rate(calls.done, Role::Text),
            rate(calls.refused, Role::Throttle),
            Cell::count(Some(calls.failed), Role::Error),
            percentile(took.as_ref().map(|took| took.p50)),
            percentile(took.as_ref().map(|took| took.p99)),
        ]);
    }
    Row {
        cells,
        open,
        function: is_function.then_some(line.name),
        ..Row::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(calls: &[(&str, &str, u64)]) -> Vec<String> {
        let edges = calls
            .iter()
            .map(|(from, to, done)| {
                let calls = Calls {
                    done: *done,
                    synchronous: true,
                    ..Calls::default()
                };
                (((*from).to_owned(), (*to).to_owned()), calls)
            })
            .collect();
        lines(&edges)
            .iter()
            .map(|line| {
                let seen = if line.above { " …" } else { "" };
                format!("{}{}{seen}", line.prefix, line.name)
            })
            .collect()
    }

    #[test]
    fn a_map_goes_from_the_entries_down_and_says_everything_once() {
        let calls = [
            ("POST /orders", "checkout", 10),
            ("checkout", "payment", 20),
            ("checkout", "stock", 5),
            ("worker", "payment", 3),
            ("payment", "ledger", 9),
        ];
        assert_eq!(
            drawn(&calls),
            [
                "POST /orders",
                "└─► checkout",
                "   ├─► payment",
                "   │  └─► ledger",
                "   └─► stock",
                "worker",
                "└─► payment …",
            ]
        );
    }

    #[test]
    fn functions_that_call_each_other_in_a_circle_are_shown_once() {
        assert_eq!(
            drawn(&[("a", "b", 2), ("b", "a", 1)]),
            ["a", "└─► b", "   └─► a …"]
        );
    }
}
