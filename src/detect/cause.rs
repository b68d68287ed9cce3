//! Why a request had to wait for a new environment: what became of those that could have served it.

mod history;

use hashbrown::HashMap;

use crate::detect::kept_warm::KeptWarm;
use crate::model::cores;
use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, Invocation};
use crate::model::rows::Init;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use history::History;

/// Gives every start that somebody waited for its cause. `starts` are rows with their environments.
///
/// Judged at the arrival of the request, in the order of [`InitCause`](crate::model::rows::InitCause), each environment
/// explaining one start. An environment is taken for gone if it never ran again: one that did was busy, or the request would
/// have been given to it.
pub(super) fn explain(
    facts: &Facts,
    assembled: &Assembled,
    warm: &KeptWarm,
    mut starts: Vec<(u32, Init)>,
) -> Vec<Init> {
    let mut functions: HashMap<Sym, Timeline> = HashMap::new();
    for (at, (home, row)) in starts.iter().enumerate() {
        let timeline = functions.entry(row.function).or_default();
        timeline.add_start(at, *home, row);
    }
    for (at, home) in (0u32..).zip(&assembled.environments) {
        if let Some(timeline) = functions.get_mut(&home.function) {
            timeline.add_environment(assembled, at);
        }
    }
    // No function needs another.
    let causes = cores::each(functions.into_values(), |mut timeline| {
        timeline.events.sort_unstable();
        let mut history = History::new(facts, assembled, warm, &timeline);
        let mut causes = Vec::new();
        for (at, event) in timeline.events {
            match event {
                Event::Rest(rest) => history.rest(assembled, rest),
                Event::Arrival(start) => {
                    let (home, row) = &starts[start];
                    causes.push((start, history.cause(*home, row, at)));
                }
            }
        }
        causes
    });
    for (start, (cause, by)) in causes.into_iter().flatten() {
        let (_, row) = &mut starts[start];
        row.cause = Some(cause);
        row.explained_by = by;
    }
    starts.into_iter().map(|(_, row)| row).collect()
}

/// A stretch in which an environment waited for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rest {
    since: Timestamp,
    environment: u32,
    /// Its next invocation; `None` if it never ran again.
    until: Option<Timestamp>,
    /// Not at rest but dead: its last invocation crashed.
    crashed: bool,
}

/// What happens to the environments of one function. At one moment ends come before arrivals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Rest(Rest),
    /// Somebody waits for a start: its place among all starts.
    Arrival(usize),
}

/// Everything that happens to the environments of one function.
#[derive(Default)]
struct Timeline {
    events: Vec<(Timestamp, Event)>,
    environments: Vec<u32>,
    /// The environment that was seen first.
    eldest: Option<(Timestamp, u32)>,
}

impl Timeline {
    fn add_start(&mut self, at: usize, home: u32, row: &Init) {
        self.born(row.at, home);
        let waited = row.felt_ms != Some(0.0);
        if waited {
            self.events.push((row.at, Event::Arrival(at)));
        } else if row.invocation.is_none() {
            // Never used: at rest from the end of its init.
            let init_ms = row.init_ms.unwrap_or(0.0).max(0.0) as i64;
            self.add_rest(Rest {
                since: row.at.plus_ms(init_ms),
                environment: home,
                until: None,
                crashed: false,
            });
        }
    }

    /// Where many invocations run at once, an environment is never seen to rest.
    fn add_environment(&mut self, assembled: &Assembled, home: u32) {
        self.environments.push(home);
        let environment = &assembled.environments[home as usize];
        let runs: Vec<&Invocation> = environment
            .invocations
            .iter()
            .map(|&at| &assembled.invocations[at as usize])
            .collect();
        if let Some(first) = runs.first() {
            self.born(first.start, home);
        }
        let next = runs.iter().skip(1).map(|run| Some(run.start)).chain([None]);
        for (run, until) in runs.iter().zip(next).filter(|_| !environment.concurrent) {
            let restarted = run.crashed && until.is_some();
            if !restarted && until.is_none_or(|until| until > run.end) {
                self.add_rest(Rest {
                    since: run.end,
                    environment: home,
                    until,
                    crashed: run.crashed,
                });
            }
        }
    }

    fn add_rest(&mut self, rest: Rest) {
        self.events.push((rest.since, Event::Rest(rest)));
    }

    fn born(&mut self, at: Timestamp, home: u32) {
        let known = self.eldest.unwrap_or((at, home));
        self.eldest = Some(known.min((at, home)));
    }
}
