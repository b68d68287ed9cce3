//! The whole answer: what the report prints and the panes show.

use std::sync::Arc;

use super::delivery::Delivery;
use super::facts::{FactRef, Facts};
use super::finding::Finding;
use super::invocation::{Assembled, Invocation, InvocationIndex, InvocationStatus};
use super::rows::{
    ColdFigures, Duplicate, ErrorGroup, FunctionFigures, Init, Link, Metered, OrderDomain,
    Pressure, Reordered, Throttle,
};
use super::settings::Settings;
use super::symbols::Sym;
use super::time::Timestamp;

/// Facts and everything concluded from them. Pure in (records, settings): no clock, no arrival order.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    pub facts: Arc<Facts>,
    pub assembled: Assembled,
    /// In order of (at, consumer text, invocation, index).
    pub deliveries: Vec<Delivery>,
    pub inits: Vec<Init>,
    pub throttles: Vec<Throttle>,
    pub pressures: Vec<Pressure>,
    pub duplicates: Vec<Duplicate>,
    pub reordered: Vec<Reordered>,
    pub order_domains: Vec<OrderDomain>,
    pub links: Vec<Link>,
    pub errors: Vec<ErrorGroup>,
    pub functions: Vec<FunctionFigures>,
    /// Those of which only metrics tell: none of them is among `functions`.
    pub metered: Vec<Metered>,
    pub cold: Vec<ColdFigures>,
    pub findings: Vec<Finding>,
    /// First start and last end of a counted invocation.
    pub window: Option<(Timestamp, Timestamp)>,
    /// By which it was concluded.
    pub settings: Arc<Settings>,
    /// REPORT lines / Invocations metric over final minutes; `None` without the metric.
    pub coverage: Option<f64>,
}

impl Analysis {
    /// The text of a symbol.
    pub fn text(&self, sym: Sym) -> &str {
        self.facts.text(sym)
    }

    /// The invocation at an index.
    pub fn invocation(&self, at: InvocationIndex) -> &Invocation {
        &self.assembled.invocations[at as usize]
    }

    /// The window, and the minutes in which metrics alone tell of something.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let metered = self.metered.iter().map(Metered::span);
        let all = self.window.into_iter().chain(metered);
        all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The functions that logs tell of, then those that metrics alone do.
    pub fn function_names(&self) -> impl Iterator<Item = Sym> {
        let logged = self.functions.iter().map(|row| row.function);
        logged.chain(self.metered.iter().map(|row| row.function))
    }

    /// Runs that metrics alone tell of.
    pub fn metered_runs(&self) -> u64 {
        let runs = self.metered.iter().filter_map(|one| one.invocations);
        runs.sum()
    }

    /// Whether an invocation that has no end yet still runs, as far as the newest line tells; of what is only named none does.
    pub fn still_runs(&self, at: InvocationIndex) -> bool {
        let one = self.invocation(at);
        let open = one.status == InvocationStatus::Unknown && one.end_estimated;
        let open = open && !one.is_only_named();
        open && self.facts.newest.is_some_and(|newest| one.end >= newest)
    }

    /// The version of its function that an invocation ran.
    pub fn version_of(&self, invocation: &Invocation) -> Option<Sym> {
        self.assembled.environment(invocation).version
    }

    /// Name of the log stream of an invocation's environment.
    pub fn stream_of(&self, invocation: &Invocation) -> &str {
        self.text(self.facts.streams[invocation.stream() as usize].stream)
    }

    /// The raw event id of a fact, as CloudWatch wrote it.
    pub fn event_id(&self, at: FactRef) -> Option<String> {
        let fact = self.facts.fact(at);
        fact.event.text(fact.at, &self.facts.symbols)
    }
}
