//! Judges what the detectors saw: how bad, since when, what explains what; worst first.

use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::settings::Settings;

/// The findings of all detectors, worst first, each cause before its symptoms.
pub fn findings(analysis: &Analysis, settings: &Settings) -> Vec<Finding> {
    let _candidates: Vec<_> = super::all()
        .iter()
        .flat_map(|detector| detector.candidates(analysis, settings))
        .collect();
    Vec::new()
}
