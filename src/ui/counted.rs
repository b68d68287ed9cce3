//! What strips count minute by minute, and what the page of one minute lists: one definition, so that a cell opens what it counted.

use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Harm;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use super::page::Level;
use super::series::{Known, Minutes};

/// What is counted in each minute.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, strum::Display,
)]
#[strum(serialize_all = "lowercase")]
pub enum Counted {
    /// Runs that began.
    Runs,
    /// Runs that ended with an error, a time-out or out of memory.
    Failed,
    /// Tries that were refused.
    Refused,
    /// Repeats that ran twice.
    Doubled,
    /// Arrivals that were overtaken.
    Overtaken,
    /// Starts that somebody waited for.
    Cold,
    /// Runs that were the first of their environment.
    Started,
}

/// One thing that was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct One {
    pub at: Timestamp,
    pub count: u64,
    /// The run that it happened to; refusals have none.
    pub run: Option<InvocationIndex>,
}

impl Counted {
    /// Everything of its kind, of one function or of all.
    pub fn all(self, analysis: &Analysis, function: Option<Sym>) -> Vec<One> {
        let mine = |of: Sym| function.is_none_or(|function| function == of);
        let runs = || {
            let all = analysis.assembled.invocations.iter().zip(0..);
            all.filter(move |(one, _)| one.counted && mine(one.function))
        };
        let one = |at, run| One { at, count: 1, run };
        match self {
            Self::Runs => runs().map(|(run, at)| one(run.start, Some(at))).collect(),
            Self::Failed => runs()
                .filter(|(run, _)| run.status.failed())
                .map(|(run, at)| one(run.end, Some(at)))
                .collect(),
            Self::Started => runs()
                .filter(|(run, _)| run.init.is_some())
                .map(|(run, at)| one(run.start, Some(at)))
                .collect(),
            Self::Refused => {
                let resource = function.map(|name| format!("lambda:{}", analysis.text(name)));
                let all = analysis.throttles.iter();
                all.filter(|row| resource.as_ref().is_none_or(|name| *name == row.resource))
                    .map(|row| One {
                        at: row.minute,
                        count: row.count,
                        run: None,
                    })
                    .collect()
            }
            Self::Doubled => {
                let all = analysis.duplicates.iter();
                all.filter(|row| row.harm == Harm::Double && mine(row.consumer))
                    .map(|row| one(row.repeat.at, Some(row.repeat.invocation)))
                    .collect()
            }
            Self::Overtaken => {
                let all = analysis.reordered.iter();
                all.filter(|row| mine(row.consumer))
                    .map(|row| one(row.at, Some(row.invocation)))
                    .collect()
            }
            Self::Cold => {
                let all = analysis.inits.iter();
                all.filter(|row| row.cause.is_some() && mine(row.function))
                    .map(|row| one(row.at, row.invocation))
                    .collect()
            }
        }
    }

    /// How many in each minute; no data in a minute that is not [`Known`].
    pub fn levels(
        self,
        analysis: &Analysis,
        function: Option<Sym>,
        minutes: Minutes,
    ) -> Vec<Level> {
        let all = self.all(analysis, function).into_iter();
        let events = all.map(|one| (one.at, one.count));
        minutes.count(&Known::of(analysis), events)
    }
}
