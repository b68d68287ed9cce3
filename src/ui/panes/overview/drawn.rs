//! What each function did in the last minutes, for the sparklines beside its figures.

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::rows::Harm;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;
use crate::ui::counted::{Told, Took};
use crate::ui::page::Level;
use crate::ui::series::{Known, Minutes};

/// Cells of a sparkline of half an hour.
pub(super) const CELLS: usize = 10;

/// Sparklines of one function.
#[derive(Default)]
pub(super) struct Drawn {
    /// A level a minute.
    pub runs: Vec<Level>,
    /// How far its log was read; `None` where no source says so.
    pub read_until: Option<Timestamp>,
    /// The others in [`CELLS`].
    pub errors: Vec<Level>,
    /// The highest of the minutes' percentiles, in milliseconds.
    pub p99: Vec<Level>,
    pub cold: Vec<Level>,
    pub refused: Vec<Level>,
    pub doubled: Vec<Level>,
    pub overtaken: Vec<Level>,
    /// The version that ran last.
    pub version: Option<Sym>,
}

/// What is counted of one function.
struct Tally {
    runs: Vec<u64>,
    errors: Vec<u64>,
    took: Took,
    starts: Told,
    cold: Vec<u64>,
    refused: Vec<u64>,
    doubled: Vec<u64>,
    overtaken: Vec<u64>,
    version: Option<Sym>,
}

impl Tally {
    fn new(minutes: Minutes) -> Self {
        let none = || vec![0; minutes.len];
        Self {
            runs: none(),
            errors: none(),
            took: Took::new(minutes),
            starts: Told::new(minutes),
            cold: none(),
            refused: none(),
            doubled: none(),
            overtaken: none(),
            version: None,
        }
    }

    /// What the function logs itself is known as far as its `own` log is; what others tell of it, as far as all are.
    fn drawn(self, own: &Known, all: &Known, minutes: Minutes) -> Drawn {
        let levels = |counts: Vec<u64>, known| {
            let cells = counts.into_iter().enumerate();
            minutes.count(known, cells.map(|(at, count)| (minutes.start(at), count)))
        };
        let each = minutes.len.div_ceil(CELLS);
        let join = |levels: Vec<Level>| merge(&levels, each, u32::saturating_add);
        let cells = |counts, known| join(levels(counts, known));
        Drawn {
            runs: levels(self.runs, own),
            read_until: own.until,
            errors: cells(self.errors, own),
            p99: merge(&self.took.p99(own), each, u32::max),
            cold: join(self.starts.hide(levels(self.cold, own))),
            refused: cells(self.refused, all),
            doubled: cells(self.doubled, all),
            overtaken: cells(self.overtaken, all),
            version: self.version,
        }
    }
}

/// Everything that is drawn of each function, in one pass over the runs and over the rows of trouble.
pub(super) fn by_function(analysis: &Analysis, minutes: Minutes) -> HashMap<Sym, Drawn> {
    let mut of: HashMap<Sym, Tally> = HashMap::new();
    let add = |counts: &mut [u64], at: Timestamp, count: u64| {
        if let Some(index) = minutes.index(at) {
            counts[index] += count;
        }
    };
    for run in &analysis.assembled.invocations {
        if !run.counted {
            continue;
        }
        let tally = of
            .entry(run.function)
            .or_insert_with(|| Tally::new(minutes));
        add(&mut tally.runs, run.start, 1);
        add(&mut tally.errors, run.end, u64::from(run.status.failed()));
        tally.took.add(run);
        tally.starts.add(run.start, run);
        tally.version = analysis.version_of(run).or(tally.version);
    }
    for row in analysis.inits.iter().filter(|row| row.cause.is_some()) {
        if let Some(tally) = of.get_mut(&row.function) {
            add(&mut tally.cold, row.at, 1);
        }
    }
    for row in &analysis.metered {
        let tally = of
            .entry(row.function)
            .or_insert_with(|| Tally::new(minutes));
        for minute in &row.minutes {
            add(&mut tally.runs, minute.at, minute.invocations);
            add(&mut tally.errors, minute.at, minute.errors);
        }
    }
    let named: HashMap<&str, Sym> = of
        .keys()
        .map(|name| (analysis.text(*name), *name))
        .collect();
    for row in &analysis.throttles {
        let function = row.resource.strip_prefix("lambda:");
        let function = function.and_then(|name| named.get(name));
        if let Some(tally) = function.and_then(|name| of.get_mut(name)) {
            add(&mut tally.refused, row.minute, row.count);
        }
    }
    for row in analysis
        .duplicates
        .iter()
        .filter(|row| row.harm == Harm::Double)
    {
        if let Some(tally) = of.get_mut(&row.consumer) {
            add(&mut tally.doubled, row.repeat.at, 1);
        }
    }
    for row in &analysis.reordered {
        if let Some(tally) = of.get_mut(&row.consumer) {
            add(&mut tally.overtaken, row.at, 1);
        }
    }
    let (all, own) = (Known::of(analysis), Known::of_functions(analysis));
    let metered = analysis.metered.iter().map(|row| row.function);
    let metered: HashMap<Sym, Known> = metered
        .map(|function| (function, Known::with_metered(analysis, Some(function))))
        .collect();
    of.into_iter()
        .map(|(function, tally)| {
            // Metrics tell of its refusals as far as of its runs.
            let (own, others) = match metered.get(&function) {
                Some(known) => (known, known),
                None => (own.get(&function).unwrap_or(&all), &all),
            };
            (function, tally.drawn(own, others, minutes))
        })
        .collect()
}

/// So many minutes a cell; no data where none of them has any.
pub(super) fn merge(levels: &[Level], each: usize, join: fn(u32, u32) -> u32) -> Vec<Level> {
    let cell = |minutes: &[Level]| minutes.iter().flatten().copied().reduce(join);
    levels.chunks(each.max(1)).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};
    use crate::model::batch::Batch;
    use crate::model::record::{LogRecord, Record};
    use crate::model::settings::Settings;
    use crate::model::time::MINUTE_MS;

    /// Both ran in the first minute. The log of one was read up to the fifth, the other's, which is quiet and read less often, up to
    /// the third: each says of itself what its own log tells, and neither that nobody else refused it.
    #[test]
    fn a_function_is_known_as_far_as_its_own_log_was_read() {
        let settings = Settings::default();
        let limits = Limits::of(&settings.memory, false);
        let mut engine = Engine::new(settings, limits).unwrap();
        let minute = |at: i64| Timestamp(at * MINUTE_MS);
        let mut batch = Batch::default();
        for (function, read) in [("busy", 5), ("quiet", 3)] {
            let group: Arc<str> = format!("/aws/lambda/{function}").into();
            let id = "00000000-0000-4000-8000-000000000001";
            let report = format!(
                "REPORT RequestId: {id}\tDuration: 9.00 ms\tBilled Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"
            );
            for message in [format!("START RequestId: {id} Version: 7\n"), report] {
                batch.records.push(Record::Log(LogRecord {
                    group: group.clone(),
                    stream: format!("1970/01/01/[7]{function}").into(),
                    timestamp: Timestamp(9),
                    ingestion: None,
                    event_id: None,
                    message: message.into(),
                }));
            }
            batch.complete.push(((*group).into(), minute(read)));
        }
        engine.apply(&batch);
        let analysis = engine.analyse();
        let drawn = by_function(&analysis, Minutes::until(minute(5), 6));
        let of = |name: &str| {
            let name = analysis.facts.symbols.lookup(name).unwrap();
            (&drawn[&name].runs, &drawn[&name].refused)
        };
        let (runs, refused) = of("busy");
        assert_eq!(*runs, [Some(1), Some(0), Some(0), Some(0), Some(0), None]);
        assert_eq!(*refused, [Some(0), Some(0), Some(0), None, None, None]);
        let (runs, _) = of("quiet");
        assert_eq!(*runs, [Some(1), Some(0), Some(0), None, None, None]);
    }

    #[test]
    fn a_cell_joins_its_known_minutes_and_is_unknown_without_any() {
        let levels = [Some(1), None, Some(0), None, None, None, Some(7)];
        assert_eq!(
            merge(&levels, 3, u32::saturating_add),
            [Some(1), None, Some(7)]
        );
        assert_eq!(merge(&levels, 7, u32::max), [Some(7)]);
    }
}
