//! Which of several places are one: two profiles may lead to one account, and what they show of the same region is the same.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::actions::GET_CALLER_IDENTITY;
use super::error::{At, failure};
use super::session::{Clients, Session};
use crate::model::time::Timestamp;
use crate::sources::FetchError;

/// Accounts and regions of the places of one run, each with the label of the place that is asked for it.
#[derive(Debug, Default)]
pub(super) struct Taken(Mutex<BTreeMap<(String, String), Arc<str>>>);

impl Taken {
    /// Takes an account and region for a place; the label of another that has it already.
    fn take(&self, account: &str, region: &str, label: &Arc<str>) -> Option<Arc<str>> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (account.to_owned(), region.to_owned());
        let by = taken.entry(place).or_insert_with(|| Arc::clone(label));
        (by != label).then(|| Arc::clone(by))
    }
}

/// One place among others.
pub(super) struct Among {
    taken: Arc<Taken>,
    /// The places that were named before: of two that are one the first is asked.
    earlier: Vec<Arc<Session>>,
    /// It was said that another place is the same.
    was_said: AtomicBool,
}

impl Among {
    pub(super) fn new(taken: &Arc<Taken>, earlier: &[Arc<Session>]) -> Self {
        Self {
            taken: Arc::clone(taken),
            earlier: earlier.to_vec(),
            was_said: AtomicBool::new(false),
        }
    }

    /// Fails where another place is the same account and region. Who these credentials are may be asked without any right; where
    /// nobody answers (an emulator without STS) the place counts as one of its own.
    pub(super) async fn is_another(
        &self,
        clients: &Clients,
        label: &Arc<str>,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        for earlier in &self.earlier {
            // What fails there is said there.
            drop(Box::pin(earlier.clients(now)).await);
        }
        let account = match clients.sts.get_caller_identity().send().await {
            Ok(answer) => answer.account,
            Err(error) => {
                let at = At {
                    action: GET_CALLER_IDENTITY,
                    resource: None,
                    place: &clients.place,
                };
                match failure(&error, at) {
                    FetchError::LoggedOut { message, .. } => {
                        // What the source asks for was not asked.
                        let asked = false;
                        return Err(FetchError::LoggedOut { message, asked });
                    }
                    _ => None,
                }
            }
        };
        let region = &clients.place.region;
        match account.and_then(|account| self.taken.take(&account, region, label)) {
            Some(other) => Err(self.elsewhere(&other)),
            None => Ok(()),
        }
    }

    /// That it is asked elsewhere, in words the first time.
    fn elsewhere(&self, other: &str) -> FetchError {
        let was_said = self.was_said.swap(true, Ordering::Relaxed);
        let words = || format!("the same account and region as {other}: read once, there");
        FetchError::Elsewhere {
            message: (!was_said).then(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_in_a_region_is_one_place_s_and_stays_so_after_a_new_login() {
        let taken = Taken::default();
        let (one, other) = (Arc::from("eu-west-1/a"), Arc::from("eu-west-1/b"));
        assert_eq!(taken.take("1", "eu-west-1", &one), None);
        assert_eq!(taken.take("1", "eu-west-1", &other), Some(Arc::clone(&one)));
        assert_eq!(taken.take("1", "eu-west-1", &one), None, "logged in anew");
        assert_eq!(
            taken.take("2", "eu-west-1", &other),
            None,
            "another account"
        );
        assert_eq!(taken.take("1", "us-east-1", &other), None, "another region");
    }
}
