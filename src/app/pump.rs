//! Pumps: one task a source, that fetches, hands on and waits. A full channel parks the pump, and with it the polling.
//!
//! Waiting is all here: nothing after `More`, the source's interval after `CaughtUp`, the service's own delay when it
//! throttles (and half the pace from then on), 200 ms doubling to 30 s with jitter when a call fails. A source that lacks
//! a right stops and says which, but where a login may bring the right; the others go on.

mod backoff;
#[cfg(test)]
mod tests;
mod turnstile;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::backoff::Backoff;
pub use self::turnstile::Attention;
use self::turnstile::Turnstile;
use super::clock::Clock;
use crate::model::batch::Batch;
use crate::model::health::{Board, Filled, Health, SourceState};
use crate::model::record::{Gap, GapReason, Record};
use crate::model::time::Timestamp;
use crate::sources::pace::Terms;
use crate::sources::{FetchError, Next, Page, Source};

/// Batches that wait for the engine; a pump parks when as many are on their way.
pub const QUEUE: usize = 8;

/// How long a source that fails is tried again. One that is slowed down is always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// For ever: a dashboard goes on by itself once the trouble is over.
    Endless,
    /// For ever once it has worked: a command that follows says at its start what is wrong, and ends.
    AfterStart,
    /// Three times in a row, or ten seconds: a command that answers once.
    Little,
}

impl Patience {
    /// How long a call is held back for want of money.
    fn money(self) -> Duration {
        match self {
            Self::Endless | Self::AfterStart => Duration::MAX,
            Self::Little => Duration::from_millis(IN_TROUBLE_MS as u64),
        }
    }
}

/// Failures in a row, and time in trouble, after which patience is over.
const TRIES: u32 = 3;
const IN_TROUBLE_MS: i64 = 10_000;

/// What is not seen for so long is a gap, though it will be filled.
const LASTING_MS: i64 = 15_000;
/// Filled gaps of a source that are remembered.
const FILLED: usize = 8;

/// What all pumps of a run share.
#[derive(Clone)]
pub struct Pumps {
    batches: mpsc::Sender<Batch>,
    board: watch::Sender<Board>,
    turnstile: Arc<Turnstile>,
    clock: Clock,
    cancel: CancellationToken,
    /// Ends the waiting of all pumps.
    hurry: Arc<Notify>,
    patience: Patience,
    seed: u64,
}

impl Pumps {
    /// Pumps that hand their batches to `batches` until `cancel`.
    pub fn new(
        batches: mpsc::Sender<Batch>,
        clock: Clock,
        patience: Patience,
        terms: Terms,
        cancel: CancellationToken,
    ) -> Self {
        let seed = clock().0 as u64;
        Self {
            batches,
            patience,
            board: watch::Sender::new(Board::default()),
            turnstile: Arc::new(Turnstile::new(terms, Arc::clone(&clock))),
            clock,
            cancel,
            hurry: Arc::default(),
            seed,
        }
    }

    /// Pumps for other sources, which hand their batches to `batches` until `cancel`. Quotas and money go on as they are; the
    /// board forgets the sources before.
    #[must_use]
    pub fn anew(&self, batches: mpsc::Sender<Batch>, cancel: CancellationToken) -> Self {
        self.board.send_modify(|board| board.sources.clear());
        Self {
            batches,
            cancel,
            hurry: Arc::default(),
            ..self.clone()
        }
    }

    /// Every pump asks again now, as far as its quota allows, but those that AWS told to wait.
    pub fn hurry(&self) {
        self.hurry.notify_waiters();
    }

    /// Takes what matters from now on: it is asked for first.
    pub fn attendant(&self) -> impl Fn(Attention) + Send + use<> {
        let turnstile = Arc::clone(&self.turnstile);
        move |attention| turnstile.attend(attention)
    }

    /// How the sources fare, from now on.
    pub fn board(&self) -> watch::Receiver<Board> {
        self.board.subscribe()
    }

    /// Starts a pump for the source. The channel of batches closes when every pump has ended and `self` is dropped.
    pub fn start(&self, source: Box<dyn Source>) {
        let pump = Pump {
            backoff: Backoff::new(self.seed, source.name()),
            health: Health {
                name: source.name().into(),
                ..Health::default()
            },
            shared: self.clone(),
            worked: false,
            trouble_since: None,
            source,
        };
        pump.publish();
        tokio::spawn(pump.run());
    }
}

/// One source and its task.
struct Pump {
    source: Box<dyn Source>,
    shared: Pumps,
    backoff: Backoff,
    health: Health,
    /// Has brought a page.
    worked: bool,
    trouble_since: Option<Timestamp>,
}

impl Pump {
    /// Boxed, since a pump starts the pumps of the sources that its own source finds.
    fn run(mut self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let cancel = self.shared.cancel.clone();
            tokio::select! {
                () = cancel.cancelled() => {}
                () = async { while let Some(wait) = self.turn().await { self.rest(wait).await } } => {}
            }
        })
    }

    /// Waits, but no longer than until something is likely to have come, or somebody looks or wants to know now. What AWS asked
    /// for is waited for.
    async fn rest(&mut self, wait: Duration) {
        if wait.is_zero() {
            return;
        }
        let in_trouble = self.health.trouble.is_some();
        let asked_for = self.health.state == SourceState::Throttled;
        let hurry = Arc::clone(&self.shared.hurry);
        let (turnstile, name) = (&self.shared.turnstile, &self.health.name);
        tokio::select! {
            () = sleep(wait) => {}
            () = hurry.notified(), if !asked_for => {}
            () = self.source.stirred(), if !in_trouble => {}
            () = turnstile.looked_at(name, wait), if !in_trouble => {}
        }
    }

    /// One fetch; how long to wait for the next, `None` at the end.
    async fn turn(&mut self) -> Option<Duration> {
        self.shared.turnstile.attention(|attention| {
            let now = self.shared.now();
            self.source.attend(&attention.focus, now);
        });
        let running = self.source.running();
        if let Some(running) = &running
            && self.shared.turnstile.money(running) != Some(Duration::ZERO)
        {
            self.source.hang_up();
        }
        let call = self.source.call();
        if let Some(call) = &call {
            match self.shared.turnstile.money(call) {
                None => return self.without_money().await,
                Some(wait) if wait > self.shared.patience.money() => {
                    return self.without_money().await;
                }
                Some(wait) => sleep(wait).await,
            }
            let (turnstile, name) = (&self.shared.turnstile, &self.health.name);
            let stirs = self.source.stirs();
            turnstile
                .pass(call, name, stirs, self.source.stirred())
                .await;
        }
        let began = self.shared.now();
        let fetched = self.source.fetch(began).await;
        if let Some(beside) = self.source.asked_beside() {
            self.shared.turnstile.made_beside(&beside);
        }
        match (&call, &running, &fetched) {
            (Some(call), ..) => self.shared.turnstile.answered(call, &fetched),
            (None, Some(running), Ok(page)) => self.shared.turnstile.pay(running, page.usd),
            _ => {}
        }
        match fetched {
            Ok(page) => {
                // Waiting for others to find something is no work yet.
                self.worked |= call.is_some();
                self.hand_on(page).await
            }
            Err(error) => self.fail(error, began).await,
        }
    }

    async fn hand_on(&mut self, page: Page) -> Option<Duration> {
        self.backoff.reset();
        let wait = match page.next {
            Next::More => Some(Duration::ZERO),
            Next::CaughtUp => Some(self.backoff.jitter(self.source.interval())),
            Next::End => None,
        };
        self.health.state = match page.next {
            Next::More => SourceState::Reading,
            Next::CaughtUp => SourceState::CaughtUp,
            Next::End => SourceState::Ended,
        };
        let records = self.health.records.get_or_insert_default();
        *records += page.batch.records.len() as u64;
        (self.health.trouble, self.health.again_at) = (None, None);
        self.health.lacks = None;
        if self.health.failures > 0
            && let Some(gap) = &mut self.health.unseen
        {
            gap.to = self.shared.now();
        }
        (self.health.failures, self.trouble_since) = (0, None);
        if self.health.unseen.is_some() {
            self.fill_gap();
        }
        for found in page.found {
            self.shared.start(found);
        }
        let sent = page.batch.is_empty() || self.shared.batches.send(page.batch).await.is_ok();
        self.publish();
        wait.filter(|_| sent)
    }

    async fn fail(&mut self, error: FetchError, began: Timestamp) -> Option<Duration> {
        let now = self.shared.now();
        let trouble = error.to_string();
        let failures = self.health.failures + 1;
        let since = *self.trouble_since.get_or_insert(began);
        let tired = failures >= TRIES || now.since(since) >= IN_TROUBLE_MS;
        let wait = self.backoff.next_wait();
        let (state, wait) = match error {
            FetchError::Throttled { after, .. } => (SourceState::Throttled, Some(wait.max(after))),
            FetchError::Transient { .. } => (
                SourceState::Broken,
                Some(wait).filter(|_| self.goes_on(tired)),
            ),
            FetchError::LoggedOut { .. } => (
                SourceState::LoggedOut,
                Some(wait).filter(|_| self.goes_on(true)),
            ),
            FetchError::Broken { .. } | FetchError::Unable { .. } => (SourceState::Broken, None),
            FetchError::Denied {
                right, may_pass, ..
            } => {
                self.health.lacks = Some(right);
                let again = may_pass && self.goes_on(true);
                (SourceState::Denied, Some(wait).filter(|_| again))
            }
            FetchError::Lent { message, .. } => {
                self.health.lacks = None;
                self.health.lent = Some(message.into());
                self.publish();
                return Some(Duration::ZERO);
            }
            FetchError::Elsewhere { message } => {
                self.leave_to_another(message);
                return None;
            }
        };
        (self.health.trouble, self.health.failures) = (Some(trouble.into()), failures);
        self.health.state = state;
        let why = match state {
            SourceState::Throttled => GapReason::Throttled,
            SourceState::Denied => GapReason::Denied,
            _ => GapReason::Outage,
        };
        let unseen = self.source.unseen(now, why);
        self.health.again_at = wait.map(|wait| now.plus_ms(wait.as_millis() as i64));
        if wait.is_none() {
            self.leave_gap(unseen).await;
        } else if self.health.unseen.is_some()
            || state == SourceState::Denied
            || now.since(since) >= LASTING_MS
        {
            self.open_gap(unseen);
        }
        self.publish();
        wait
    }

    /// Ends without a gap. Of the sources that end so, those without words for it are not shown.
    fn leave_to_another(&mut self, message: Option<String>) {
        self.health.state = SourceState::Ended;
        // What kept it away before, a login that was missing, does not matter any more.
        (self.health.trouble, self.health.again_at) = (None, None);
        self.health.unseen = None;
        self.health.elsewhere = message.map(Into::into);
        if self.health.elsewhere.is_some() {
            self.publish();
        } else {
            self.shared.board.send_modify(|board| {
                board.sources.remove(&self.health.name);
            });
        }
    }

    /// What is not seen for now. It begins where it began when it was said first.
    fn open_gap(&mut self, unseen: Option<Gap>) {
        let from = self.health.unseen.as_ref().map(|gap| gap.from);
        self.health.unseen = unseen.map(|gap| Gap {
            from: from.map_or(gap.from, |from| from.min(gap.from)),
            ..gap
        });
    }

    /// Takes a gap for filled once the source says that it is complete beyond it.
    fn fill_gap(&mut self) {
        let mut said = Health::default();
        self.source.describe(&mut said);
        let complete = said.complete_until;
        let filled = |gap: &mut Gap| complete.is_some_and(|until| until >= gap.to);
        if let Some(gap) = self.health.unseen.take_if(filled) {
            let at = self.shared.now();
            self.health.filled.push(Filled { gap, at });
            let surplus = self.health.filled.len().saturating_sub(FILLED);
            self.health.filled.drain(..surplus);
        }
    }

    /// Nothing billed is called any more: what is free goes on.
    async fn without_money(&mut self) -> Option<Duration> {
        let name = self.source.name();
        let trouble = format!("{name}: no money left for it · raise --max-cost");
        self.health.trouble = Some(trouble.into());
        self.health.state = SourceState::Ended;
        let unseen = self.source.unseen(self.shared.now(), GapReason::Dropped);
        self.leave_gap(unseen).await;
        self.publish();
        None
    }

    fn goes_on(&self, tired: bool) -> bool {
        match self.shared.patience {
            Patience::Endless => true,
            Patience::AfterStart => self.worked || !tired,
            Patience::Little => !tired,
        }
    }

    /// Says what stays unseen now that the source has stopped.
    async fn leave_gap(&mut self, unseen: Option<Gap>) {
        let denied = self.health.state == SourceState::Denied;
        if !denied && !self.worked && self.shared.patience == Patience::AfterStart {
            // The command ends with the failure itself.
            return;
        }
        self.health.unseen = None;
        let Some(gap) = unseen else {
            return;
        };
        self.health.gaps.push(gap.clone());
        // A closed channel means that nobody looks any more.
        self.shared
            .batches
            .send(vec![Record::Gap(gap)].into())
            .await
            .ok();
    }

    fn publish(&self) {
        let mut health = self.health.clone();
        self.source.describe(&mut health);
        self.shared.board.send_modify(|board| {
            self.shared.turnstile.write(board);
            // Ended, and perhaps other sources have begun.
            if !self.shared.cancel.is_cancelled() {
                board.sources.insert(health.name.clone(), health);
            }
        });
    }
}

impl Pumps {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
