//! What starts cost: how often environments are made, in vain or ahead of need, what that is billed, and how much of their own time
//! the requests that enter by a function wait for starts anywhere below it.

mod requests;

use hashbrown::HashMap;

use crate::detect::provisioned::prices::Prices;
use crate::model::analysis::Analysis;
use crate::model::fact;
use crate::model::invocation::Invocation;
use crate::model::rows::{ColdFigures, InitKind};
use crate::model::symbols::Sym;

const HOUR_MS: f64 = 3_600_000.0;
const MB_PER_GB: f64 = 1_024.0;

/// One row per function with an environment, in the order of [`Analysis::functions`].
pub fn cold_figures(analysis: &Analysis) -> Vec<ColdFigures> {
    let mut kinds: HashMap<Sym, Kinds> = HashMap::new();
    for row in &analysis.inits {
        kinds.entry(row.function).or_default().add(row.kind);
    }
    let mut costs: HashMap<Sym, f64> = HashMap::new();
    for run in &analysis.assembled.invocations {
        if let Some(cost) = init_cost(analysis, run) {
            *costs.entry(run.function).or_default() += cost;
        }
    }
    let hours = analysis
        .window
        .map(|(from, to)| to.since(from) as f64 / HOUR_MS)
        .filter(|hours| *hours > 0.0);
    let mut requests = requests::by_entry(analysis);
    analysis
        .functions
        .iter()
        .map(|figures| {
            let function = figures.function;
            let kinds = kinds.get(&function).copied().unwrap_or_default();
            let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
            ColdFigures {
                function,
                init_rate: share(kinds.all, figures.told()),
                proactive_share: share(kinds.ahead, kinds.ahead + kinds.on_demand),
                bad_init_share: share(kinds.bad, kinds.all),
                init_cost_per_hour: costs
                    .get(&function)
                    .zip(hours)
                    .map(|(cost, hours)| cost / hours),
                requests: requests.remove(&function),
            }
        })
        .collect()
}

/// Starts of one function.
#[derive(Clone, Copy, Default)]
struct Kinds {
    all: u64,
    on_demand: u64,
    ahead: u64,
    bad: u64,
}

impl Kinds {
    fn add(&mut self, kind: InitKind) {
        self.all += 1;
        match kind {
            InitKind::OnDemand => self.on_demand += 1,
            InitKind::Proactive => self.ahead += 1,
            InitKind::InitTimeout | InitKind::InitFailed | InitKind::ReinitAfterCrash => {
                self.bad += 1;
            }
            InitKind::Provisioned | InitKind::Restore => {}
        }
    }
}

/// Dollars for the init of a run, at list price; 0 where its REPORT shows that the init was not billed, as it was not for all
/// runtimes before August 2025. `None` without an init, or without what it takes to tell.
fn init_cost(analysis: &Analysis, run: &Invocation) -> Option<f64> {
    let kinds = match run.init_ms.get() {
        Some(_) => fact::Kinds::REPORT,
        None => fact::Kinds::RESTORED,
    };
    let report = run.report_of(&analysis.facts, kinds)?;
    let seconds = match report.init_ms {
        Some(init_ms) => {
            let both = f64::from(report.duration_ms) + f64::from(init_ms);
            let is_billed = f64::from(report.billed_ms?) >= both.ceil() - 1.0;
            if is_billed {
                f64::from(init_ms) / 1_000.0
            } else {
                0.0
            }
        }
        None => f64::from(report.billed_restore_ms?) / 1_000.0,
    };
    let gigabytes = f64::from(report.memory_mb?) / MB_PER_GB;
    Some(gigabytes * seconds * Prices::LIST.on_demand)
}
