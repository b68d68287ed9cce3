//! How functions are kept ready: provisioned concurrency and snapshots, by configuration, init lines and metrics.

use hashbrown::HashSet;

use crate::model::fact::{InitType, Phase, Status, What};
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Versions with provisioned concurrency, the minutes in which requests spilled over, and functions with snapshots.
#[derive(Debug, Default)]
pub struct KeptWarm {
    versions: HashSet<(Sym, Sym)>,
    /// Functions that restore their environments from snapshots.
    restoring: HashSet<Sym>,
    /// (function, minute) with spill-over behind an alias: of which version cannot be told.
    spilled: HashSet<(Sym, Timestamp)>,
}

impl KeptWarm {
    /// Whether the version is known to have provisioned concurrency.
    pub fn version(&self, function: Sym, version: Option<Sym>) -> bool {
        version.is_some_and(|version| self.versions.contains(&(function, version)))
    }

    /// Whether the function's environments are restored from snapshots of its versions.
    pub fn restores(&self, function: Sym) -> bool {
        self.restoring.contains(&function)
    }

    /// Whether requests of the function found no provisioned environment free in the minute of `at`.
    pub fn spilled(&self, function: Sym, at: Timestamp) -> bool {
        self.spilled.contains(&(function, at.minute()))
    }
}

/// Reads the configuration, the init lines and the metric `ProvisionedConcurrencySpilloverInvocations`.
pub fn kept_warm(facts: &Facts, assembled: &Assembled) -> KeptWarm {
    let mut found = KeptWarm::default();
    for (function, config) in &facts.functions {
        for (qualifier, _) in &config.provisioned {
            found.versions.insert((*function, *qualifier));
        }
        if config.snap_start {
            found.restoring.insert(*function);
        }
    }
    let restored = assembled
        .environments
        .iter()
        .filter(|home| home.init_type == Some(InitType::SnapStart));
    found.restoring.extend(restored.map(|home| home.function));
    for home in &assembled.environments {
        let said = home.init_type == Some(InitType::ProvisionedConcurrency)
            || home.init_type.is_none()
                && home
                    .init_lines(facts)
                    .any(|(_, fact)| reports_success(&fact.what));
        if let Some(version) = home.version.filter(|_| said) {
            found.versions.insert((home.function, version));
        }
    }
    spill_over(facts, &mut found);
    found
}

/// Text logs report the init of an on-demand environment only when it failed, that of a snapshot when it is published.
fn reports_success(what: &What) -> bool {
    matches!(
        what,
        What::InitReport {
            init_type: None,
            phase: Phase::Init,
            status: Status::Success,
            ..
        }
    )
}

fn spill_over(facts: &Facts, found: &mut KeptWarm) {
    for point in facts.metrics.iter().filter(|point| point.sum > 0.0) {
        if facts.text(point.name) != "ProvisionedConcurrencySpilloverInvocations" {
            continue;
        }
        let dimension = |wanted: &str| {
            let mut named = point.dimensions.iter();
            let (_, value) = named.find(|(name, _)| facts.text(*name) == wanted)?;
            Some(*value)
        };
        let Some(function) = dimension("FunctionName") else {
            continue;
        };
        let qualifier = dimension("Resource")
            .and_then(|resource| facts.text(resource).split_once(':'))
            .map(|(_, qualifier)| qualifier);
        match qualifier.and_then(|qualifier| facts.symbols.lookup(qualifier)) {
            Some(version)
                if facts
                    .text(version)
                    .bytes()
                    .all(|byte| byte.is_ascii_digit()) =>
            {
                found.versions.insert((function, version));
            }
            _ => {
                found.spilled.insert((function, point.at.minute()));
            }
        }
    }
}
