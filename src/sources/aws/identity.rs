//! Which of several places are one: two profiles may lead to one account, and what they show of the same region is the same. It is
//! read once, by the first; what is denied to it is asked with the rights of the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::{Clients, Connection};
use super::session::Inquiry;
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
    /// With whose rights is asked what was denied to this place's own.
    lent: Mutex<BTreeMap<Key, Lender>>,
}

impl Among {
    pub(super) fn new(taken: &Arc<Taken>, all: &Arc<[Arc<Connection>]>, this: usize) -> Self {
        Self {
            taken: Arc::clone(taken),
            all: Arc::clone(all),
            this,
            settled: tokio::sync::Mutex::default(),
            was_said: AtomicBool::new(false),
            lent: Mutex::default(),
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
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        lent.get(&key(inquiry)).copied()
    }

    pub(super) fn connection(&self, lender: Lender) -> &Connection {
        &self.all[lender.0]
    }

    /// After a denial: the label of the place whose rights are used from now on, the next of the same account and region.
    pub(super) async fn lend(&self, inquiry: &Inquiry) -> Option<Arc<str>> {
        let known = self.lender(inquiry);
        if known != inquiry.lender {
            // Somebody else was denied it meanwhile.
            return known.map(|lender| Arc::clone(self.connection(lender).label()));
        }
        let account = inquiry.account().await.ok().flatten()?;
        let region = &inquiry.place.region;
        let from = known.map_or(0, |Lender(at)| at + 1);
        for at in (from..self.all.len()).filter(|at| *at != self.this) {
            let other = &self.all[at];
            if !other.may_reach(region) {
                continue;
            }
            // Who is not logged in lends nothing.
            let Ok(clients) = other.clients(inquiry.at()).await else {
                continue;
            };
            if clients.place.region == *region
                && clients.account().await.ok().flatten() == Some(account)
            {
                let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
                lent.insert(key(inquiry), Lender(at));
                return Some(Arc::clone(other.label()));
            }
        }
        None
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
