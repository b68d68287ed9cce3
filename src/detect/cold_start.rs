//! Starts and restarts of environments: what kind each is, and what the request waited for it.

mod creation;
mod findings;
mod kept_lines;
mod lines;
mod restart;
mod traced;

use hashbrown::HashMap;

use crate::detect::{cause, kept_warm};
use crate::model::cores;
use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, Environment, Invocation};
use crate::model::rows::{Init, InitKind};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

pub use findings::ColdStarts;
use lines::InitLines;
use traced::Traced;

/// One row per start of an environment, and one per restart after its runtime died. Sorted by (at, function, log stream).
///
/// Only the first invocation of an environment can have waited for its start: on demand it did if START follows the end of the
/// init within a second. Without init lines and without `Init Duration` nothing says that an environment started in the window,
/// so it makes no row.
pub fn inits(facts: &Facts, assembled: &Assembled) -> Vec<Init> {
    let ((traced, lengths), (warm, kept)) = cores::both(
        || (traced::starts(facts, assembled), init_lengths(assembled)),
        || {
            let warm = kept_warm::kept_warm(facts, assembled);
            (warm, kept_lines::since(facts, assembled))
        },
    );
    // No environment needs another.
    let homes = assembled.environments.iter().enumerate();
    let starts = cores::each(homes, |(index, home)| {
        let lines = InitLines::of(facts, assembled, home);
        let runs: Vec<(u32, &Invocation)> = home
            .invocations
            .iter()
            .map(|&at| (at, &assembled.invocations[at as usize]))
            .collect();
        let place = Place {
            facts,
            home,
            runs: &runs,
            provisioned: warm.version(home.function, home.version),
            restores: warm.restores(home.function),
            kept_since: kept.get(&home.function).copied(),
            init_lengths: lengths.get(&home.function).copied(),
            traced: runs.first().and_then(|(at, _)| traced.get(at)).copied(),
        };
        let mut created = creation::row(&place, &lines);
        if let Some(row) = &mut created {
            traced::refine(row, &traced);
        }
        let restarts = restart::rows(&place, &lines);
        let here = created.into_iter().chain(restarts);
        here.map(|row| (index as u32, row)).collect::<Vec<_>>()
    });
    let mut rows = cause::explain(facts, assembled, &warm, starts.concat());
    rows.sort_by_cached_key(|row| {
        let stream = &facts.streams[row.stream as usize];
        let text = |sym| facts.text(sym).to_owned();
        (row.at, text(row.function), text(stream.stream))
    });
    rows
}

/// So many inits of a function tell how long they take.
const KNOWN_INITS: u32 = 5;

/// The shortest and the longest init of each function, as REPORT lines say it.
fn init_lengths(assembled: &Assembled) -> HashMap<Sym, (f32, f32)> {
    let mut lengths: HashMap<Sym, (u32, (f32, f32))> = HashMap::new();
    for run in &assembled.invocations {
        if let Some(init_ms) = run.init_ms.get() {
            let (count, (least, most)) = lengths
                .entry(run.function)
                .or_insert((0, (init_ms, init_ms)));
            *count += 1;
            (*least, *most) = (least.min(init_ms), most.max(init_ms));
        }
    }
    let known = lengths.into_iter();
    let known = known.filter(|(_, (count, _))| *count >= KNOWN_INITS);
    known
        .map(|(function, (_, lengths))| (function, lengths))
        .collect()
}

/// One environment and what is known around it.
struct Place<'a> {
    facts: &'a Facts,
    home: &'a Environment,
    /// Its invocations with their numbers, in order of start.
    runs: &'a [(u32, &'a Invocation)],
    /// Its version has provisioned concurrency.
    provisioned: bool,
    /// Its function starts from snapshots.
    restores: bool,
    /// The logs of its function would show a start from here on; `None` where lines may be missing.
    kept_since: Option<Timestamp>,
    /// The shortest and the longest init that its function is known to have had; `None` where few are known.
    init_lengths: Option<(f32, f32)>,
    /// Its start as the trace of its first invocation shows it.
    traced: Option<Traced>,
}

impl Place<'_> {
    /// A row of this environment without invocation, for nobody who waits.
    fn row(&self, kind: InitKind, at: Timestamp) -> Init {
        Init {
            function: self.home.function,
            version: self.home.version,
            stream: self.home.stream,
            at,
            kind,
            init_ms: None,
            felt_ms: Some(0.0),
            cause: None,
            invocation: None,
            request_id: None,
            explained_by: None,
            line: None,
        }
    }
}
