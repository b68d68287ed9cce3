//! The simulation: one agenda, and what each entry of it sets off.

use crate::model::record::{Gap, GapReason, Record};
use crate::model::time::Timestamp;

use strum::IntoEnumIterator as _;

use super::agenda::Agenda;
use super::asynchronous::Delivery;
use super::config;
use super::environment::Fleet;
use super::event::Event;
use super::gateway::Gateway;
use super::meter::{Cell, Meter};
use super::order::{Accounts, Order, Recent};
use super::outbox::{Outbox, Sender};
use super::queue::{Queue, QueueName, Receipt};
use super::random::Random;
use super::run::{RunKey, Runs};
use super::shop::Function;
use super::stamp::{MILLI, MINUTE, Micros, SECOND, timestamp};
use super::story::{CLIENTS, Change, Client, Options, Story};
use super::stream::{Stream, StreamName};
use super::truth::Truth;

/// Before the history that is told, so that it does not begin with every environment cold.
const WARM_UP: Micros = 3 * MINUTE;
/// A minute's metrics are complete once its longest runs are over.
const METRICS_LAG: Micros = 150 * SECOND;

/// An entry of the agenda.
pub(super) enum What {
    /// A client comes; with the next of its kind behind it, unless it belongs to a burst.
    Arrive(Client, Follow),
    Begin(RunKey),
    Resume(RunKey),
    TimeUp(RunKey),
    /// The called function answered: well or not.
    Answer(RunKey, bool),
    /// An asynchronous event reaches its function.
    Deliver(Box<Delivery>),
    Receive(QueueName),
    Visible(Receipt),
    Poll(StreamName, u8),
    CloseMinute(i64),
    Change(Change),
    /// The gateway learns that the service refused.
    GatewayRefused {
        slot: u32,
        authorizer: bool,
    },
    /// An earlier order of the same account leaves the warehouse.
    Ship(Order),
    /// What cannot be seen is said once a minute.
    Denied {
        from: Micros,
    },
}

/// Whether another client of the kind follows by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    Next,
    Nobody,
}

/// The world.
pub(super) struct Simulator {
    pub(super) now: Micros,
    /// Clients stop there.
    end: Option<Micros>,
    pub(super) agenda: Agenda<What>,
    pub(super) outbox: Outbox,
    /// Chance of how long things take, apart from that of who comes and of ids.
    pub(super) pace: Random,
    pub(super) ids: Random,
    pub(super) traffic: Random,
    pub(super) fleets: Vec<Fleet>,
    pub(super) runs: Runs,
    pub(super) queues: [Queue; 2],
    pub(super) streams: [Stream; 2],
    pub(super) gateway: Gateway,
    pub(super) accounts: Accounts,
    pub(super) captured: Recent,
    pub(super) applied: Recent,
    pub(super) mailed: Recent,
    /// Newest entry that began, by account: (version, START).
    pub(super) begun: hashbrown::HashMap<u16, (u32, Micros)>,
    meter: Meter,
    pub(super) truth: Truth,
    pub(super) factors: [f64; CLIENTS],
    uploads: u32,
    pub(super) ships_after_s: (f64, f64),
    /// Room for a line that is being written.
    pub(super) line: String,
}

impl Simulator {
    pub(super) fn new(options: &Options) -> Self {
        let story = Story::of(options.scenario);
        let start = options.start.0 * MILLI;
        let history = options
            .history_ms
            .map(|history| history.saturating_mul(MILLI));
        let from = start - history.unwrap_or(story.history);
        let random = Random::new(options.seed);
        let mut world = Self {
            now: from - WARM_UP,
            end: options
                .duration_ms
                .map(|duration| start + duration.saturating_mul(MILLI)),
            agenda: Agenda::new(),
            outbox: Outbox::new(random.fork(1), from),
            pace: random.fork(2),
            ids: random.fork(3),
            traffic: random.fork(4),
            fleets: Function::iter().map(Fleet::new).collect(),
            runs: Runs::default(),
            queues: QueueName::ALL.map(Queue::new),
            streams: StreamName::ALL.map(Stream::new),
            gateway: Gateway::default(),
            accounts: Accounts::new(random.fork(5)),
            captured: Recent::new(20 * MINUTE),
            applied: Recent::new(20 * MINUTE),
            mailed: Recent::new(20 * MINUTE),
            begun: hashbrown::HashMap::new(),
            meter: Meter::new(),
            truth: Truth::default(),
            factors: [1.0; CLIENTS],
            uploads: 7_000,
            ships_after_s: story.ships_after_s,
            line: String::new(),
        };
        for client in Client::iter() {
            world.expect(client);
        }
        for (moment, change) in story.changes {
            // What changed before the world begins is so from its first moment.
            let at = (start + moment).max(world.now);
            world.agenda.note(at, What::Change(change));
        }
        world.provision(Function::Auth);
        world.agenda.note(start, What::Denied { from });
        for record in config::functions(&world.fleets) {
            world.outbox.record(from, record);
        }
        world
    }

    /// The next record to arrive.
    pub(super) fn next(&mut self) -> Option<(Timestamp, Record)> {
        loop {
            match (self.outbox.next_at(), self.agenda.next_at()) {
                (Some(arrives), Some(next)) if arrives <= next => break,
                (_, None) => break,
                _ => self.step(),
            }
        }
        self.outbox.take()
    }

    fn step(&mut self) {
        let Some((at, what)) = self.agenda.take() else {
            return;
        };
        self.now = at;
        match what {
            What::Arrive(client, follow) => {
                if !self.is_over() {
                    self.arrive(client);
                    if follow == Follow::Next {
                        self.expect(client);
                    }
                }
            }
            What::Begin(key) => self.begin(key),
            What::Resume(key) => self.resume(key),
            What::TimeUp(key) => self.time_up(key),
            What::Answer(key, well) => self.answer(key, well),
            What::Deliver(delivery) => self.deliver(*delivery),
            What::Receive(queue) => self.receive(queue),
            What::Visible(receipt) => self.visible(receipt),
            What::Poll(stream, shard) => self.poll(stream, shard),
            What::CloseMinute(minute) => {
                let Self { meter, outbox, .. } = self;
                meter.close(minute, |record| outbox.record(at, record));
            }
            What::Change(change) => self.change(change),
            What::GatewayRefused { slot, authorizer } => self.answered(slot, authorizer, 429),
            What::Ship(order) => self.ship(order),
            What::Denied { from } => self.deny(from),
        }
    }

    /// Clients have stopped.
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| self.now >= end)
    }

    /// Notes when the next client of a kind comes.
    fn expect(&mut self, client: Client) {
        let mean = MINUTE as f64 / (client.per_minute() * self.factors[client as usize]);
        let wait = if client.punctual() {
            mean
        } else {
            self.traffic.exponential(mean)
        };
        let at = self.now + wait as Micros;
        self.agenda.note(at, What::Arrive(client, Follow::Next));
    }

    fn arrive(&mut self, client: Client) {
        match client {
            Client::Cart | Client::Catalog | Client::Checkout | Client::Orders => {
                self.request(client);
            }
            Client::Webhook => {
                let event = Event::Hook {
                    id: self.ids.uuid(),
                    at: self.now,
                };
                self.call_url(event);
            }
            Client::Upload => {
                self.uploads += 1;
                let upload = super::event::Upload {
                    number: self.uploads,
                    sequencer: (self.now as u64) << 8 | u64::from(self.uploads % 256),
                    at: self.now,
                };
                self.submit(Function::ImageResize, Event::Upload(upload), 400.0);
            }
            Client::Prices => self.timer(Function::PriceSync, "prices-every-minute"),
            Client::Partners => self.timer(Function::PartnerFeed, "partners-every-5-minutes"),
        }
    }

    /// Sends the line that was written.
    pub(super) fn tell(
        &mut self,
        sender: &mut Sender,
        function: Function,
        stream: &str,
        at: Micros,
    ) {
        let group = format!("/aws/lambda/{}", function.name());
        self.outbox.line(sender, (&group, stream), at, &self.line);
    }

    /// The metric cell of a function at a moment.
    pub(super) fn cell(&mut self, function: Function, at: Micros) -> &mut Cell {
        let minute = at.div_euclid(MINUTE);
        if !self.meter.knows(minute) {
            let close = (minute + 1) * MINUTE + METRICS_LAG;
            self.agenda.note(close, What::CloseMinute(minute));
        }
        self.meter.cell(function, minute)
    }

    fn deny(&mut self, from: Micros) {
        self.outbox.record(
            self.now,
            Record::Gap(Gap {
                group: "/aws/lambda/nightly-report".into(),
                from: timestamp(from),
                to: timestamp(self.now),
                why: GapReason::Denied,
            }),
        );
        if !self.is_over() {
            let from = self.now;
            self.agenda.note(from + MINUTE, What::Denied { from });
        }
    }
}
