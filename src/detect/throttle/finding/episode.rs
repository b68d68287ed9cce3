//! The figures of one resource's refusals.

use hashbrown::HashMap;

use super::demand::Demand;
use crate::detect::throttle::Attempt;
use crate::detect::throttle::flood::flood;
use crate::model::analysis::Analysis;
use crate::model::invocation::Invocation;
use crate::model::placed;
use crate::model::rows::{Flood, Link, Throttle, ThrottleClass};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// "Now" is the mean over the last minutes.
const NOW_MINUTES: i64 = 5;

/// Attempts by resource and links by called function.
pub(in crate::detect::throttle) struct Calls<'a> {
    attempts: HashMap<&'a str, Vec<&'a Attempt<'a>>>,
    links: HashMap<Sym, Vec<&'a Link>>,
}

impl<'a> Calls<'a> {
    pub(in crate::detect::throttle) fn new(
        analysis: &'a Analysis,
        attempts: &'a [Attempt<'a>],
    ) -> Self {
        let mut by_resource: HashMap<&str, Vec<&Attempt<'_>>> = HashMap::new();
        for attempt in attempts {
            by_resource
                .entry(&attempt.resource)
                .or_default()
                .push(attempt);
        }
        let mut links: HashMap<Sym, Vec<&Link>> = HashMap::new();
        for link in &analysis.links {
            let callee = analysis.invocation(link.child).function;
            links.entry(callee).or_default().push(link);
        }
        Self {
            attempts: by_resource,
            links,
        }
    }
}

impl<'a> Calls<'a> {
    /// Calls of a function that got through.
    pub(in crate::detect::throttle) fn links(&self, function: Sym) -> &[&'a Link] {
        self.links.get(&function).map_or(&[], Vec::as_slice)
    }
}

/// Everything that one resource refused for one limit.
pub(in crate::detect::throttle) struct Episode<'a> {
    pub(in crate::detect::throttle) resource: &'a str,
    pub(in crate::detect::throttle) class: ThrottleClass,
    /// By minute; at least one.
    pub(in crate::detect::throttle) rows: Vec<&'a Throttle>,
    /// Those of the attempts behind it that a line or a span shows, in order of time.
    pub(in crate::detect::throttle) attempts: Vec<&'a Attempt<'a>>,
    /// The function, where the resource is one.
    pub(in crate::detect::throttle) function: Option<Sym>,
    pub(in crate::detect::throttle) from: Timestamp,
    /// End of the last minute.
    pub(in crate::detect::throttle) to: Timestamp,
    pub(in crate::detect::throttle) count: u64,
    pub(in crate::detect::throttle) lower_bound: bool,
    /// Refused a minute over the last minutes.
    pub(in crate::detect::throttle) per_minute: f64,
    /// Refused and run, in the minutes with refusals; `None` where runs are not known.
    pub(in crate::detect::throttle) tries: Option<u64>,
    /// Slots that there are: reserved, or of the account.
    pub(in crate::detect::throttle) limit: Option<u32>,
    pub(in crate::detect::throttle) demand: Option<Demand>,
    /// Tries by layer, where several call each other.
    pub(in crate::detect::throttle) flood: Option<Flood>,
}

impl<'a> Episode<'a> {
    pub(in crate::detect::throttle) fn new(
        analysis: &Analysis,
        settings: &Settings,
        calls: &Calls<'a>,
        (resource, class): (&'a str, ThrottleClass),
        rows: Vec<&'a Throttle>,
    ) -> Self {
        let (from, last) = (rows[0].minute, rows[rows.len() - 1].minute);
        let to = last.plus_ms(MINUTE_MS);
        let name = resource.strip_prefix("lambda:");
        let function = name.and_then(|name| analysis.facts.symbols.lookup(name));
        let config = function.and_then(|function| analysis.facts.functions.get(&function));
        let count = rows.iter().map(|row| row.count).sum();
        let attempts = calls.attempts.get(resource).map_or(&[][..], Vec::as_slice);
        let attempts: Vec<&Attempt<'_>> = attempts
            .iter()
            .copied()
            .filter(|attempt| attempt.gateway.is_none_or(|own| own == class))
            .collect();
        let now = last.plus_ms(-(NOW_MINUTES - 1) * MINUTE_MS).max(from);
        let recent: u64 = rows
            .iter()
            .filter(|row| row.minute >= now)
            .map(|row| row.count)
            .sum();
        let minutes = (to.since(now) / MINUTE_MS).max(1);
        let demand = function.and_then(|function| {
            Demand::new(
                analysis,
                function,
                calls.links(function),
                &attempts,
                (from, to),
            )
        });
        let flood =
            function.and_then(|function| flood(analysis, calls, &attempts, function, (from, to)));
        let mut episode = Self {
            resource,
            class,
            attempts,
            function,
            from,
            to,
            count,
            lower_bound: rows.iter().any(|row| row.lower_bound),
            per_minute: recent as f64 / minutes as f64,
            tries: None,
            limit: match class {
                ThrottleClass::AccountLimit => {
                    let set = settings.thresholds.account_concurrency;
                    set.or_else(|| analysis.facts.account_concurrency(placed::place(resource)))
                }
                _ => config.and_then(|config| config.reserved_concurrency),
            },
            demand,
            flood,
            rows,
        };
        episode.tries = function
            .filter(|function| is_seen(analysis, *function))
            .map(|function| count + episode.runs_beside(analysis, function));
        episode
    }

    /// The resource as a finding names it: a function by its name alone.
    pub(super) fn subject(&self) -> &'a str {
        self.resource
            .strip_prefix("lambda:")
            .unwrap_or(self.resource)
    }

    /// Runs of the function in the minutes that refused.
    fn runs_beside(&self, analysis: &Analysis, function: Sym) -> u64 {
        let refusing = |run: &&Invocation| {
            let minute = run.start.minute();
            self.rows
                .binary_search_by_key(&minute, |row| row.minute)
                .is_ok()
        };
        between(analysis, self.from, self.to)
            .iter()
            .filter(|run| run.function == function && run.counted)
            .filter(refusing)
            .count() as u64
    }
}

/// Whether the function's own logs are read: else its runs are unknown, not none.
fn is_seen(analysis: &Analysis, function: Sym) -> bool {
    let homes = &analysis.assembled.environments;
    homes.iter().any(|home| home.function == function)
}

/// Invocations that start in `[from, to)`.
pub(super) fn between(analysis: &Analysis, from: Timestamp, to: Timestamp) -> &[Invocation] {
    let runs = &analysis.assembled.invocations;
    let first = runs.partition_point(|run| run.start < from);
    let last = runs.partition_point(|run| run.start < to);
    &runs[first..last]
}
