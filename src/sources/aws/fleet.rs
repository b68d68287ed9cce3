//! What is known of the account's functions and log groups, shared by the sources that find it and those that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::scope::{FUNCTION_GROUPS, Scope};
use crate::model::record::Record;
use crate::sources::follow::Handed;
use crate::sources::pulse::Pulse;

/// The functions and groups in scope, as far as they were found.
pub(super) struct Fleet {
    pub scope: Scope,
    /// Only lines with this text are wanted.
    pub text: Option<String>,
    /// A backlog is read in order of time.
    pub in_order: bool,
    known: Mutex<Known>,
    /// By log group: whether it is written to.
    pulses: Mutex<BTreeMap<Box<str>, Arc<Pulse>>>,
    /// By log group that may come live, what is handed on of it; `None` where nothing may.
    live: Option<Mutex<BTreeMap<Box<str>, Arc<Handed>>>>,
}

/// Whether the functions could be listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Listing {
    #[default]
    Awaited,
    Done,
    /// Denied, failing, or empty: log groups are found by their names.
    Nothing,
}

/// Where the account's traces are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Traces {
    #[default]
    Awaited,
    /// X-Ray keeps them.
    Indexed,
    /// Transaction Search keeps them, and its log group of spans is read.
    Spans,
    /// Transaction Search keeps them, and X-Ray retrieves those that it indexed.
    Retrieved,
}

#[derive(Default)]
pub(super) struct Known {
    pub listing: Listing,
    pub traces: Traces,
    /// By name.
    pub functions: BTreeMap<String, Function>,
    /// All functions of the account, in scope or not.
    pub seen: usize,
    /// Log groups that are polled.
    groups: BTreeSet<String>,
    /// Log groups were looked for once, whatever came of it.
    pub looked_for_groups: bool,
    pub account_concurrency: Option<i64>,
}

/// One function's configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    /// As `ListFunctions` gives it.
    pub configuration: Map<String, Value>,
    /// `None`: not asked yet, or nothing reserved.
    pub reserved: Option<i64>,
    /// As `ListProvisionedConcurrencyConfigs` gives them. `None`: not asked yet, or none.
    pub provisioned: Option<Value>,
    /// As `ListEventSourceMappings` gives them. `None`: not asked yet.
    pub event_sources: Option<Value>,
    /// What was handed on last.
    told: Option<Box<str>>,
}

impl Fleet {
    pub(super) fn new(scope: Scope, text: Option<String>, live: bool) -> Self {
        Self {
            scope,
            text,
            in_order: false,
            known: Mutex::default(),
            pulses: Mutex::default(),
            live: live.then(Mutex::default),
        }
    }

    /// Has backlogs read in order of time.
    pub(super) fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    /// The pulse of a log group.
    pub(super) fn pulse(&self, group: &str) -> Arc<Pulse> {
        Arc::clone(lock(&self.pulses).entry(group.into()).or_default())
    }

    /// The group is polled and may come live.
    pub(super) fn offer_live(&self, group: &str) -> Option<Arc<Handed>> {
        let handed = Arc::<Handed>::default();
        let mut live = lock(self.live.as_ref()?);
        live.insert(group.into(), Arc::clone(&handed));
        Some(handed)
    }

    /// The group cannot come live: it is of a class that does not.
    pub(super) fn withdraw_live(&self, group: &str) {
        if let Some(live) = &self.live {
            lock(live).remove(group);
        }
    }

    /// What is handed on of a group that may come live.
    pub(super) fn live(&self, group: &str) -> Option<Arc<Handed>> {
        lock(self.live.as_ref()?).get(group).map(Arc::clone)
    }

    /// Groups that may come live.
    pub(super) fn offered_live(&self) -> Vec<Box<str>> {
        let live = self.live.as_ref().map(lock);
        live.map_or_else(Vec::new, |live| live.keys().cloned().collect())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Known {
    /// Takes a group to be polled; `false` if it is already.
    pub(super) fn claim(&mut self, group: &str) -> bool {
        self.groups.insert(group.to_owned())
    }

    /// How many groups are polled.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Whether functions may still become known: those that cannot be listed are named by their log groups.
    pub(super) fn awaits_names(&self) -> bool {
        match self.listing {
            Listing::Awaited => true,
            Listing::Done => false,
            Listing::Nothing => !self.looked_for_groups && self.groups.is_empty(),
        }
    }

    /// Names of the functions: as listed, else as the log groups name them.
    pub(super) fn function_names(&self) -> Vec<String> {
        if self.listing == Listing::Done {
            return self.functions.keys().cloned().collect();
        }
        let named = self
            .groups
            .iter()
            .filter_map(|group| group.strip_prefix(FUNCTION_GROUPS));
        named.map(str::to_owned).collect()
    }

    /// The log group that a function writes to.
    pub(super) fn group_of(&self, function: &str) -> String {
        let known = self.functions.get(function);
        let named = known.and_then(|known| {
            known
                .configuration
                .get("LoggingConfig")?
                .get("LogGroup")?
                .as_str()
        });
        named.map_or_else(|| format!("{FUNCTION_GROUPS}{function}"), str::to_owned)
    }

    /// Configurations that are new or changed since they were handed on, as `ListFunctions` writes them, with what other
    /// calls say of the function beside.
    pub(super) fn news(&mut self) -> Vec<Record> {
        let account = self.account_concurrency;
        let functions = self.functions.values_mut();
        functions
            .filter_map(|function| function.news(account))
            .map(Record::Function)
            .collect()
    }
}

impl Function {
    /// Whether a stream feeds it, or may: where the mappings are not known.
    pub(super) fn reads_streams(&self) -> bool {
        let Some(Value::Array(sources)) = &self.event_sources else {
            return true;
        };
        let is_queue = |source: &Value| {
            let arn = source["EventSourceArn"].as_str();
            arn.is_some_and(|arn| arn.starts_with("arn:") && arn.contains(":sqs:"))
        };
        !sources.iter().all(is_queue)
    }

    fn news(&mut self, account: Option<i64>) -> Option<Box<str>> {
        let mut shown = self.configuration.clone();
        let beside = [
            (
                "ReservedConcurrentExecutions",
                self.reserved.map(Value::from),
            ),
            ("AccountConcurrentExecutions", account.map(Value::from)),
            ("ProvisionedConcurrencyConfigs", self.provisioned.clone()),
            ("EventSourceMappings", self.event_sources.clone()),
        ];
        for (key, value) in beside {
            if let Some(value) = value {
                shown.insert(key.to_owned(), value);
            }
        }
        let text: Box<str> = Value::Object(shown).to_string().into();
        if self.told.as_ref() == Some(&text) {
            return None;
        }
        self.told = Some(text.clone());
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_handed_on_when_it_changed() {
        let mut known = Known::default();
        let mut configuration = Map::new();
        configuration.insert("FunctionName".to_owned(), "pay".into());
        known.functions.insert(
            "pay".to_owned(),
            Function {
                configuration,
                ..Function::default()
            },
        );
        assert_eq!(known.news().len(), 1);
        assert_eq!(known.news().len(), 0, "nothing new");
        known.functions.get_mut("pay").unwrap().reserved = Some(20);
        let text = r#"{"FunctionName":"pay","ReservedConcurrentExecutions":20}"#;
        assert_eq!(known.news(), [Record::Function(text.into())]);
    }

    #[test]
    fn a_group_is_polled_once_and_names_functions_that_cannot_be_listed() {
        let mut known = Known::default();
        assert!(known.claim("/aws/lambda/pay"));
        assert!(!known.claim("/aws/lambda/pay"));
        known.claim("/shared");
        assert_eq!(known.function_names(), ["pay"]);
    }
}
