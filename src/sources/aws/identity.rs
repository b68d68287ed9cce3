//! Which of several places are one: two profiles may lead to one account, and what they show of the same region is the same. It is
//! read once, by the first; what is denied to it is asked with the rights of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::{Clients, Connection};
use super::session::Inquiry;
use crate::model::health::Right;
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

/// Another place, by its number, whose rights are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lender(usize);

/// IAM action and resource.
type Key = (&'static str, Option<Box<str>>);

/// What was denied.
#[derive(Clone, Debug)]
struct Refusal {
    /// The places that it was denied to.
    to: BTreeSet<usize>,
    /// Whose rights are used for it from now on.
    lender: Option<Lender>,
    /// The first denial.
    right: Right,
    message: String,
}

/// One place among others.
pub(super) struct Among {
    taken: Arc<Taken>,
    /// All places, in the order in which they were named: of two that are one the first is asked.
    all: Arc<[Arc<Connection>]>,
    /// Which of them this is.
    this: usize,
    /// With these clients it is not another.
    settled: tokio::sync::Mutex<Option<Arc<Clients>>>,
    /// It was said that another place is the same.
    was_said: AtomicBool,
    /// What was denied to this place's own rights.
    refusals: Mutex<BTreeMap<Key, Refusal>>,
}

impl Among {
    pub(super) fn new(taken: &Arc<Taken>, all: &Arc<[Arc<Connection>]>, this: usize) -> Self {
        Self {
            taken: Arc::clone(taken),
            all: Arc::clone(all),
            this,
            settled: tokio::sync::Mutex::default(),
            was_said: AtomicBool::new(false),
            refusals: Mutex::default(),
        }
    }

    /// Fails where another place is the same account and region. Where nobody says whose account it is, the place counts as one of
    /// its own.
    pub(super) async fn is_another(
        &self,
        clients: &Arc<Clients>,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        let mut settled = self.settled.lock().await;
        if settled
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, clients))
        {
            return Ok(());
        }
        for earlier in &self.all[..self.this] {
            // What fails there is said there.
            if let Ok(theirs) = earlier.clients(now).await {
                self.take(earlier, &theirs).await.ok();
            }
        }
        let this = &self.all[self.this];
        match self.take(this, clients).await {
            Ok(None) => {}
            Ok(Some(other)) => return Err(self.elsewhere(&other)),
            Err(error) => {
                this.forget(clients, Some((now, error.to_string()))).await;
                return Err(error);
            }
        }
        *settled = Some(Arc::clone(clients));
        Ok(())
    }

    /// Takes account and region of these clients for the place; the label of another that has them already.
    async fn take(
        &self,
        place: &Connection,
        clients: &Clients,
    ) -> Result<Option<Arc<str>>, FetchError> {
        let (account, region) = (clients.account().await?, &clients.place.region);
        Ok(account.and_then(|account| self.taken.take(account, region, place.label())))
    }

    /// That it is asked elsewhere, in words the first time.
    fn elsewhere(&self, other: &str) -> FetchError {
        let was_said = self.was_said.swap(true, Ordering::Relaxed);
        let words = || {
            format!(
                "the same account and region as {other}: read once, there, with the rights of both"
            )
        };
        FetchError::Elsewhere {
            message: (!was_said).then(words),
        }
    }

    /// Whose rights are used for that, if not this place's own.
    pub(super) fn lender(&self, inquiry: &Inquiry) -> Option<Lender> {
        self.refusals().get(&key(inquiry))?.lender
    }

    pub(super) fn connection(&self, lender: Lender) -> &Connection {
        &self.all[lender.0]
    }

    /// Takes in a denial: the same is asked with the rights of the next place of the account and region from now on, if there is one.
    pub(super) async fn denied(
        &self,
        inquiry: &Inquiry,
        right: Right,
        message: String,
    ) -> FetchError {
        let Lender(to) = inquiry.lender.unwrap_or(Lender(self.this));
        let refusal = {
            let mut refusals = self.refusals();
            let refusal = refusals.entry(key(inquiry)).or_insert_with(|| Refusal {
                to: BTreeSet::new(),
                lender: None,
                right,
                message,
            });
            refusal.to.insert(to);
            refusal.clone()
        };
        self.lend(inquiry, refusal, true).await
    }

    /// Why that is not asked: it was denied to all who could be asked, and nobody has logged in since who may have the right.
    pub(super) async fn refused(&self, inquiry: &Inquiry) -> Option<FetchError> {
        let refusal = self.refusals().get(&key(inquiry)).cloned();
        Some(self.lend(inquiry, refusal?, false).await)
    }

    /// Looks for a place that it was not denied to. `asked`: it was just now.
    async fn lend(&self, inquiry: &Inquiry, refusal: Refusal, asked: bool) -> FetchError {
        let region = &inquiry.place.region;
        let account = inquiry.account().await.ok().flatten();
        let mut lender = None;
        let mut logged_out = None;
        let others = self.all.iter().enumerate();
        let others = others.filter(|(at, other)| {
            account.is_some() && !refusal.to.contains(at) && other.may_reach(region)
        });
        for (at, other) in others {
            match other.clients(inquiry.at()).await {
                Ok(clients) if clients.place.region == *region => {
                    if clients.account().await.ok().flatten() == account {
                        lender = Some((Lender(at), other.label()));
                        break;
                    }
                }
                Err(FetchError::LoggedOut { .. }) => {
                    logged_out.get_or_insert(other.label());
                }
                Ok(_) | Err(_) => {}
            }
        }
        if let Some(known) = self.refusals().get_mut(&key(inquiry)) {
            known.lender = lender.map(|(lender, _)| lender);
        }
        let Refusal { right, message, .. } = refusal;
        match (lender, logged_out) {
            (Some((_, label)), _) => FetchError::Lent {
                message: format!("{right} is denied: asked with the rights of {label}"),
                asked,
            },
            (None, Some(label)) => FetchError::Denied {
                message: format!("{message} · {label} may have it: log in there"),
                right,
                asked,
                may_pass: true,
            },
            (None, None) => FetchError::Denied {
                right,
                message,
                asked,
                may_pass: false,
            },
        }
    }

    fn refusals(&self) -> MutexGuard<'_, BTreeMap<Key, Refusal>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(inquiry: &Inquiry) -> Key {
    (inquiry.action.iam, inquiry.resource.clone())
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
