//! AWS: log groups, X-Ray, CloudWatch metrics and the functions' own configuration, by calls that only read.

mod actions;
pub mod choices;
mod connection;
pub mod doctor;
mod error;
mod fleet;
mod http;
mod identity;
mod inventory;
mod live_tail;
mod login;
mod logs;
mod metrics;
mod place;
mod regions;
mod scope;
mod session;
mod transaction_search;
mod xray;

use std::sync::Arc;

pub use http::connector;
pub use scope::Scope;

use self::connection::Connection;
use self::fleet::Fleet;
use self::identity::{Among, Taken};
use self::live_tail::{LiveTail, Wanted};
use self::session::Session;
use super::placed::placed;
use super::{Source, Window};

/// Whose account and which region to ask. What is not given comes from the usual chain: environment, profile, instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Profile of the AWS configuration files; wins over credentials in the environment.
    pub profile: Option<String>,
    pub region: Option<String>,
    /// Endpoint for every service instead of AWS's own.
    pub endpoint_url: Option<String>,
    /// Its name among several places: `eu-west-1`, `eu-west-1/prod`. What comes from there carries it.
    pub name: Option<Arc<str>>,
}

impl Choice {
    /// Its name, else profile and region as far as they were chosen: `prod eu-west-1`.
    pub fn label(&self) -> String {
        if let Some(name) = &self.name {
            return name.to_string();
        }
        let chosen = [self.profile.as_deref(), self.region.as_deref()];
        let chosen: Vec<_> = chosen.into_iter().flatten().collect();
        chosen.join(" ")
    }
}

/// IAM action of every call that can be made; `minimal`: of those that nothing can be seen without.
pub fn actions(minimal: bool) -> impl Iterator<Item = &'static str> {
    let actions = actions::ALL.into_iter();
    actions
        .filter(move |action| !minimal || action.is_needed())
        .map(|action| action.iam)
}

/// Everything there is of the functions and log groups in scope, `live` what somebody looks at, of each place; of two places that
/// are one account and region, of the first, with the rights of both. Nothing is called before the first fetch.
pub fn open(
    choices: Vec<Choice>,
    scope: &Scope,
    window: Window,
    live: bool,
) -> Vec<Box<dyn Source>> {
    of_places(choices, |session| {
        everything(&session, scope.clone(), window, live)
    })
}

fn everything(
    session: &Arc<Session>,
    scope: Scope,
    window: Window,
    live: bool,
) -> Vec<Box<dyn Source>> {
    let fleet = Arc::new(Fleet::new(scope, None, live));
    let shared = || (Arc::clone(session), Arc::clone(&fleet), window);
    let mut sources = finders(session, &fleet, window);
    if live {
        let (session, fleet, _) = shared();
        sources.push(Box::new(LiveTail::new(session, fleet, Wanted::Focus)));
    }
    let (session, fleet, window) = shared();
    sources.push(Box::new(inventory::Account::new(session, fleet, window)));
    for kind in [inventory::Kind::Reserved, inventory::Kind::Provisioned] {
        let (session, fleet, window) = shared();
        sources.push(Box::new(inventory::Concurrency::new(
            kind, session, fleet, window,
        )));
    }
    let (session, fleet, window) = shared();
    sources.push(Box::new(inventory::EventSources::new(
        session, fleet, window,
    )));
    let (session, fleet, window) = shared();
    sources.push(Box::new(metrics::Metrics::new(session, fleet, window)));
    let (session, fleet, window) = shared();
    let search = transaction_search::TransactionSearch::new(session, fleet, window);
    sources.push(Box::new(search));
    let (session, fleet, window) = shared();
    sources.push(Box::new(xray::XRay::new(session, fleet, window)));
    sources
}

/// The log lines alone, in order of time, all of them `live`.
pub fn open_logs(
    choices: Vec<Choice>,
    scope: &Scope,
    window: Window,
    live: bool,
) -> Vec<Box<dyn Source>> {
    of_places(choices, |session| {
        let fleet = Arc::new(Fleet::new(scope.clone(), None, live).in_order());
        let mut sources = finders(&session, &fleet, window);
        if live {
            sources.push(Box::new(LiveTail::new(session, fleet, Wanted::All)));
        }
        sources
    })
}

/// The log lines that contain a text, in any log group in scope.
pub fn search(
    choices: Vec<Choice>,
    scope: &Scope,
    window: Window,
    text: &str,
) -> Vec<Box<dyn Source>> {
    of_places(choices, |session| {
        let fleet = Fleet::new(scope.clone(), Some(text.to_owned()), false);
        finders(&session, &Arc::new(fleet), window)
    })
}

/// The regions that are known.
pub fn regions() -> Vec<String> {
    regions::all()
}

/// The sources of each place, which say it where it has a name.
fn of_places(
    choices: Vec<Choice>,
    sources: impl Fn(Arc<Session>) -> Vec<Box<dyn Source>>,
) -> Vec<Box<dyn Source>> {
    let names: Vec<Option<Arc<str>>> = choices.iter().map(|choice| choice.name.clone()).collect();
    let connections: Arc<[_]> = choices.into_iter().map(Connection::new).collect();
    let taken = (names.len() > 1).then(Arc::<Taken>::default);
    let mut all = Vec::new();
    for (this, name) in names.into_iter().enumerate() {
        let among = taken
            .as_ref()
            .map(|taken| Among::new(taken, &connections, this));
        let sources = sources(Session::new(Arc::clone(&connections[this]), among));
        all.extend(match name {
            Some(name) => placed(sources, &name),
            None => sources,
        });
    }
    all
}

/// The two sources that find log groups and start them.
fn finders(session: &Arc<Session>, fleet: &Arc<Fleet>, window: Window) -> Vec<Box<dyn Source>> {
    let functions = inventory::Functions::new(Arc::clone(session), Arc::clone(fleet), window);
    let groups = inventory::Groups::new(Arc::clone(session), Arc::clone(fleet), window);
    vec![Box::new(functions), Box::new(groups)]
}
