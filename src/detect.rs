//! Floor 2: what is wrong. Every detector is a pure function of the analysis and the settings.

use crate::model::analysis::Analysis;
use crate::model::finding::{Candidate, FindingKind};
use crate::model::settings::Settings;
use reorder::Collisions;
use seen::Seen;
use throttle::Attempt;

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
pub mod seen;
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

/// What rows were made of and findings speak of again: read out of the lines once.
pub struct Grounds<'a> {
    pub seen: Seen<'a>,
    pub refused: Vec<Attempt<'a>>,
    pub collisions: Collisions,
}

/// Every detector, one line each.
pub fn all<'a>(grounds: &'a Grounds<'a>) -> Vec<Box<dyn Detector + 'a>> {
    vec![
        Box::new(duplicate::Duplicates(&grounds.seen)),
        Box::new(reorder::Disorder(&grounds.seen, &grounds.collisions)),
        Box::new(cold_start::ColdStarts),
        Box::new(error::Errors),
        Box::new(throttle::Throttling(&grounds.refused)),
        Box::new(timeout::Timeouts),
        Box::new(out_of_memory::OutOfMemory),
        Box::new(slo::Objectives),
        Box::new(incomplete::Incomplete),
    ]
}
