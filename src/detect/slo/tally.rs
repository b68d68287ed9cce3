//! What an objective counts, by minute.

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::model::analysis::Analysis;
use crate::model::finding::BadEvent;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Evidence, Verdict};
use crate::model::settings::{BadRequest, Slo};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::model::words::count;

/// Budgets are of 30 days: what is older says nothing.
const MOST_MINUTES: i64 = 30 * 24 * 60;

/// One thing that should not have been.
pub(super) struct Bad {
    pub(super) event: BadEvent,
    pub(super) function: Sym,
    pub(super) run: Option<InvocationIndex>,
    pub(super) evidence: Evidence,
}

/// Everything that an objective counts.
pub(super) struct Tally {
    start: Timestamp,
    /// By minute.
    pub(super) bad: Vec<u64>,
    pub(super) all: Vec<u64>,
    /// In order of time.
    events: Vec<Bad>,
}

impl Tally {
    /// `None` where nothing ran.
    pub(super) fn of(analysis: &Analysis, slo: &Slo) -> Option<Self> {
        let (from, to) = analysis.window?;
        let end = analysis
            .facts
            .newest
            .map_or(to, |newest| newest.max(to))
            .minute();
        let start = from
            .minute()
            .max(end.plus_ms(-(MOST_MINUTES - 1) * MINUTE_MS));
        let minutes = (end.since(start) / MINUTE_MS + 1).max(1) as usize;
        let mut tally = Self {
            start,
            bad: vec![0; minutes],
            all: vec![0; minutes],
            events: Vec::new(),
        };
        let globs = globs(&slo.functions);
        let meant =
            |function: Sym| slo.functions.is_empty() || globs.is_match(analysis.text(function));
        match slo.bad {
            BadRequest::Error | BadRequest::ColdStart => tally.runs(analysis, slo.bad, meant),
            BadRequest::Throttled => tally.refusals(analysis, meant),
            BadRequest::Disordered => tally.overtakings(analysis, meant),
        }
        tally.events.sort_by_key(|bad| (bad.event, bad.run));
        Some(tally)
    }

    /// When a minute began.
    pub(super) fn minute(&self, minute: usize) -> Timestamp {
        self.start.plus_ms(minute as i64 * MINUTE_MS)
    }

    /// What was bad in the minutes `[from, to)`.
    pub(super) fn between(&self, from: usize, to: usize) -> &[Bad] {
        let place = |minute| {
            let at = self.minute(minute);
            self.events.partition_point(|bad| bad.event.at < at)
        };
        &self.events[place(from)..place(to)]
    }

    fn cell(&self, at: Timestamp) -> Option<usize> {
        let cell = at.since(self.start).div_euclid(MINUTE_MS);
        usize::try_from(cell)
            .ok()
            .filter(|cell| *cell < self.all.len())
    }

    fn count(&mut self, at: Timestamp, times: u64) {
        if let Some(cell) = self.cell(at) {
            self.all[cell] += times;
        }
    }

    fn add(&mut self, bad: Bad) {
        if let Some(cell) = self.cell(bad.event.at) {
            self.bad[cell] += u64::from(bad.event.count);
            self.events.push(bad);
        }
    }

    fn runs(&mut self, analysis: &Analysis, bad: BadRequest, meant: impl Fn(Sym) -> bool) {
        let cold =
            |init: Option<u32>| init.is_some_and(|at| analysis.inits[at as usize].cause.is_some());
        for (at, run) in (0..).zip(&analysis.assembled.invocations) {
            // Of a run that is only named nobody knows how it started; had it failed, Lambda would have said so.
            let unknown = bad == BadRequest::ColdStart && run.is_only_named();
            if !run.counted || !meant(run.function) || unknown {
                continue;
            }
            self.count(run.start, 1);
            let is_bad = match bad {
                BadRequest::ColdStart => cold(run.init.get()),
                _ => run.status.failed(),
            };
            if is_bad {
                let (at_ms, line) = (run.start, run.report_line().unwrap_or(run.first_line));
                self.add(Bad {
                    event: BadEvent {
                        at: at_ms,
                        count: 1,
                    },
                    function: run.function,
                    run: Some(at),
                    evidence: Evidence::Line {
                        request_id: Some(run.request_id),
                        line,
                    },
                });
            }
        }
    }

    fn refusals(&mut self, analysis: &Analysis, meant: impl Fn(Sym) -> bool) {
        for run in analysis
            .assembled
            .invocations
            .iter()
            .filter(|run| run.counted && meant(run.function))
        {
            self.count(run.start, 1);
        }
        for row in &analysis.throttles {
            let name = row.resource.strip_prefix("lambda:");
            let function = name.and_then(|name| analysis.facts.symbols.lookup(name));
            let Some((function, evidence)) = function
                .filter(|function| meant(*function))
                .zip(row.evidence.first())
            else {
                continue;
            };
            self.count(row.minute, row.count);
            self.add(Bad {
                event: BadEvent {
                    at: row.minute,
                    count: u32::try_from(row.count).unwrap_or(u32::MAX),
                },
                function,
                run: None,
                evidence: evidence.clone(),
            });
        }
    }

    fn overtakings(&mut self, analysis: &Analysis, meant: impl Fn(Sym) -> bool) {
        for delivery in analysis
            .deliveries
            .iter()
            .filter(|delivery| meant(delivery.consumer))
        {
            self.count(delivery.at, 1);
        }
        let violations = analysis
            .reordered
            .iter()
            .filter(|row| row.verdict == Verdict::Violation);
        for row in violations.filter(|row| meant(row.consumer)) {
            let line = analysis.invocation(row.invocation).first_line;
            self.add(Bad {
                event: BadEvent {
                    at: row.at,
                    count: 1,
                },
                function: row.consumer,
                run: Some(row.invocation),
                evidence: Evidence::Line {
                    request_id: Some(row.request_id),
                    line,
                },
            });
        }
    }
}

/// The function that most of them met: `orders in 31 of them`.
pub(super) fn most(analysis: &Analysis, events: &[Bad]) -> String {
    let mut functions: BTreeMap<&str, u64> = BTreeMap::new();
    for bad in events {
        *functions.entry(analysis.text(bad.function)).or_default() += u64::from(bad.event.count);
    }
    let most = functions.into_iter().max_by_key(|(_, times)| *times);
    most.map_or_else(String::new, |(function, times)| {
        format!("{} in {} of them", plain(function), count(times))
    })
}

/// The functions that are meant; the settings hold no broken glob.
fn globs(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in patterns
        .iter()
        .filter_map(|pattern| Glob::new(pattern).ok())
    {
        set.add(glob);
    }
    set.build().unwrap_or_default()
}
