//! Who may call next: one bucket an API, account and region, one purse for all that is billed, and a queue before each
//! bucket in which what somebody looks at goes first, then what something is wrong with, then what is written to, then the
//! rest. Nobody waits for ever: who waits longer comes forward.

use std::collections::{BTreeMap, BTreeSet};
use std::future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::app::clock::Clock;
use crate::model::health::{Board, Calls, Money};
use crate::model::time::Timestamp;
use crate::sources::pace::{Bucket, Purse, Terms};
use crate::sources::{Call, FetchError, Page, Waiting};

/// What matters now, by the names of sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// Somebody looks at it.
    pub focus: BTreeSet<Box<str>>,
    /// Something is wrong with it.
    pub alarmed: BTreeSet<Box<str>>,
}

/// So much faster than the quiet ones what something is wrong with, and what is written to, comes forward: while 500 groups are
/// read for the first time, which takes minutes, those that are written to are read every few seconds all the same.
const ALARMED: i64 = 16;
const STIRRING: i64 = 8;
/// What somebody looks at is asked that often, be it ever so quiet.
const LOOKED_AT: Duration = Duration::from_secs(2);

/// The ways to all APIs.
pub(super) struct Turnstile {
    lanes: Mutex<BTreeMap<Key, Lane>>,
    purse: Mutex<Purse>,
    attention: watch::Sender<Attention>,
    terms: Terms,
    clock: Clock,
}

type Key = (Arc<str>, &'static str);

/// The way to one API of one account and region.
struct Lane {
    bucket: Bucket,
    quota: Option<f64>,
    calls: Calls,
    waiting: BTreeMap<u64, Waits>,
    tickets: u64,
}

struct Waits {
    name: Box<str>,
    stirs: bool,
    since: Timestamp,
    wake: Arc<Notify>,
}

/// A place in the queue, given up when it is dropped.
struct Ticket<'a> {
    turnstile: &'a Turnstile,
    key: Key,
    number: u64,
    wake: Arc<Notify>,
}

/// What a look at the queue says.
enum Turn {
    Now,
    In(Duration),
    /// Somebody else is first, and wakes who comes after.
    Later,
}

impl Turnstile {
    pub(super) fn new(terms: Terms, clock: Clock) -> Self {
        let purse = Purse::new(terms.usd_an_hour, clock());
        Self {
            lanes: Mutex::default(),
            purse: Mutex::new(purse),
            attention: watch::Sender::default(),
            terms,
            clock,
        }
    }

    /// What matters from now on.
    pub(super) fn attend(&self, attention: Attention) {
        self.attention.send_if_modified(|known| {
            let changed = *known != attention;
            *known = attention;
            changed
        });
    }

    /// Lends what matters now.
    pub(super) fn attention(&self, look: impl FnOnce(&Attention)) {
        look(&self.attention.borrow());
    }

    /// Resolves when somebody looks at the source of that name, whose wait is longer than he would like.
    pub(super) async fn looked_at(&self, name: &str, wait: Duration) {
        if wait <= LOOKED_AT {
            return future::pending().await;
        }
        let mut attention = self.attention.subscribe();
        let looks = |attention: &Attention| attention.focus.contains(name);
        // The sender lives as long as this.
        drop(attention.wait_for(looks).await);
        sleep(LOOKED_AT).await;
    }

    /// How long the call has to wait for money; `None`: for ever.
    pub(super) fn money(&self, call: &Call) -> Option<Duration> {
        if call.billed {
            lock(&self.purse).wait((self.clock)())
        } else {
            Some(Duration::ZERO)
        }
    }

    /// Waits until the source of that name may make the call. `stirred` resolves when it is said meanwhile that something is to be had.
    pub(super) async fn pass(
        &self,
        call: &Call,
        name: &str,
        mut stirs: bool,
        mut stirred: Waiting<'_>,
    ) {
        let ticket = self.queue(call, name, stirs);
        loop {
            let wait = match self.look(&ticket) {
                Turn::Now => return,
                Turn::In(wait) => Some(wait),
                Turn::Later => None,
            };
            tokio::select! {
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => {}
                () = ticket.wake.notified() => {}
                () = &mut stirred, if !stirs => {
                    stirs = true;
                    self.stir(&ticket);
                }
            }
        }
    }

    /// What waits with that ticket comes forward faster from now on.
    fn stir(&self, ticket: &Ticket<'_>) {
        if let Some(lane) = lock(&self.lanes).get_mut(&ticket.key)
            && let Some(waits) = lane.waiting.get_mut(&ticket.number)
        {
            waits.stirs = true;
        }
    }

    fn queue(&self, call: &Call, name: &str, stirs: bool) -> Ticket<'_> {
        let now = (self.clock)();
        let key = (Arc::clone(&call.place), call.action);
        let wake = Arc::new(Notify::new());
        let mut lanes = lock(&self.lanes);
        let share = self.terms.quota_share;
        let lane = lanes
            .entry(key.clone())
            .or_insert_with(|| Lane::new(call, share, now));
        if lane.quota != call.quota {
            lane.bucket.regrade(call.quota, share);
            lane.quota = call.quota;
        }
        lane.tickets += 1;
        let number = lane.tickets;
        let waits = Waits {
            name: name.into(),
            stirs,
            since: now,
            wake: Arc::clone(&wake),
        };
        lane.waiting.insert(number, waits);
        Ticket {
            turnstile: self,
            key,
            number,
            wake,
        }
    }

    fn look(&self, ticket: &Ticket<'_>) -> Turn {
        let now = (self.clock)();
        let mut lanes = lock(&self.lanes);
        let Some(lane) = lanes.get_mut(&ticket.key) else {
            return Turn::Now;
        };
        let first = lane.first(&self.attention.borrow(), now);
        if first != Some(ticket.number) {
            lane.wake(first);
            return Turn::Later;
        }
        let wait = lane.bucket.wait(now);
        if !wait.is_zero() {
            return Turn::In(wait);
        }
        lane.bucket.take(now);
        Turn::Now
    }

    /// Pays for a call that goes on.
    pub(super) fn pay(&self, call: &Call, usd: f64) {
        if let Some(lane) = lock(&self.lanes).get_mut(&(Arc::clone(&call.place), call.action)) {
            *lane.calls.usd.get_or_insert_default() += usd;
            lock(&self.purse).pay(usd);
        }
    }

    /// Takes in how the call went, for the board. One that did not go out is not counted.
    pub(super) fn answered(&self, call: &Call, fetched: &Result<Page, FetchError>) {
        let now = (self.clock)();
        let mut lanes = lock(&self.lanes);
        let Some(lane) = lanes.get_mut(&(Arc::clone(&call.place), call.action)) else {
            return;
        };
        if !fetched.as_ref().err().is_none_or(FetchError::was_asked) {
            lane.bucket.give_back(now);
            return;
        }
        lane.calls.made += 1;
        match fetched {
            Ok(page) => {
                lane.calls.granted += 1;
                lane.bucket.granted(now);
                let bytes = page
                    .batch
                    .records
                    .iter()
                    .map(|record| record.bytes() as u64);
                lane.calls.bytes += bytes.sum::<u64>();
                if call.billed {
                    *lane.calls.usd.get_or_insert_default() += page.usd;
                    lock(&self.purse).pay(page.usd);
                }
            }
            Err(FetchError::Throttled { .. }) => {
                lane.calls.refused += 1;
                lane.bucket.refused(now);
            }
            Err(FetchError::Denied { .. } | FetchError::Lent { .. }) => lane.calls.denied += 1,
            Err(_) => {}
        }
    }

    /// Takes in a call that was made beside that of a source, which no quota holds back.
    pub(super) fn made_beside(&self, call: &Call) {
        let now = (self.clock)();
        let mut lanes = lock(&self.lanes);
        let lane = lanes
            .entry((Arc::clone(&call.place), call.action))
            .or_insert_with(|| Lane::new(call, self.terms.quota_share, now));
        lane.bucket.take(now);
        lane.calls.made += 1;
    }

    /// Writes the figures of all calls that were made, as of now.
    pub(super) fn write(&self, board: &mut Board) {
        let now = (self.clock)();
        let lanes = lock(&self.lanes);
        for (key, lane) in lanes.iter().filter(|(_, lane)| lane.calls.made > 0) {
            let calls = Calls {
                per_second: lane.bucket.per_second(now),
                quota_per_second: lane.quota,
                allowed_per_second: Some(lane.bucket.allowed()),
                ..lane.calls
            };
            board.calls.insert(key.clone(), calls);
        }
        drop(lanes);
        let mut purse = lock(&self.purse);
        let wait = purse.wait(now).filter(|wait| !wait.is_zero());
        board.money = Money {
            spent_usd: purse.spent(),
            limit_usd_an_hour: self.terms.usd_an_hour,
            waits_until: wait.map(|wait| now.plus_ms(wait.as_millis() as i64)),
        };
    }
}

impl Lane {
    fn new(call: &Call, share: f64, now: Timestamp) -> Self {
        Self {
            bucket: Bucket::new(call.quota, share, now),
            quota: call.quota,
            calls: Calls::default(),
            waiting: BTreeMap::new(),
            tickets: 0,
        }
    }

    /// The ticket whose turn it is.
    fn first(&self, attention: &Attention, now: Timestamp) -> Option<u64> {
        let rank = |waits: &Waits| {
            let focus = attention.focus.contains(&waits.name);
            let weight = match attention.alarmed.contains(&waits.name) {
                true => ALARMED,
                false if waits.stirs => STIRRING,
                false => 1,
            };
            // A second ahead for all, so that the weight counts from the start.
            (focus, weight * (now.since(waits.since) + 1_000))
        };
        let best = self.waiting.iter().rev();
        best.max_by_key(|(_, waits)| rank(waits))
            .map(|(number, _)| *number)
    }

    fn wake(&self, number: Option<u64>) {
        let waiting = number.and_then(|number| self.waiting.get(&number));
        if let Some(waiting) = waiting {
            waiting.wake.notify_one();
        }
    }
}

impl Drop for Ticket<'_> {
    /// Served or given up: the next one's turn.
    fn drop(&mut self) {
        let mut lanes = lock(&self.turnstile.lanes);
        if let Some(lane) = lanes.get_mut(&self.key) {
            lane.waiting.remove(&self.number);
            let now = (self.turnstile.clock)();
            let first = lane.first(&self.turnstile.attention.borrow(), now);
            lane.wake(first);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
