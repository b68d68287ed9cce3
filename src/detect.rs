//! Floor 2: what is wrong. Every detector is a pure function of the analysis and the settings.

use crate::model::analysis::Analysis;
use crate::model::finding::{Candidate, FindingKind};
use crate::model::settings::Settings;

mod async_outcome;
mod blame;
mod cause;
pub mod cold_figures;
pub mod cold_start;
pub mod concurrency;
pub mod duplicate;
pub mod error;
mod failure;
pub mod figures;
pub mod incomplete;
pub mod kept_warm;
pub mod out_of_memory;
pub mod provisioned;
pub mod reorder;
mod seen;
mod sequence;
pub mod slo;
pub mod statistics;
#[cfg(test)]
pub(crate) mod testing;
pub mod throttle;
pub mod timeout;
pub mod triage;
pub mod waiting;

/// Says what one kind of trouble looks like in an analysis whose rows are complete.
pub trait Detector: Sync {
    /// The kind of finding it gives.
    fn kind(&self) -> FindingKind;

    /// What it saw, in any order: `triage` judges, ranks and merges it.
    fn candidates(&self, analysis: &Analysis, settings: &Settings) -> Vec<Candidate>;
}

/// Every detector, one line each.
pub fn all() -> Vec<Box<dyn Detector>> {
    vec![
        Box::new(duplicate::Duplicates),
        Box::new(reorder::Disorder),
        Box::new(cold_start::ColdStarts),
        Box::new(error::Errors),
        Box::new(throttle::Throttling),
        Box::new(timeout::Timeouts),
        Box::new(out_of_memory::OutOfMemory),
        Box::new(slo::Objectives),
        Box::new(incomplete::Incomplete),
    ]
}
