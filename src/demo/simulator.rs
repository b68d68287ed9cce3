//! The simulation: one agenda, and what each entry of it sets off.

use crate::model::record::{Gap, GapReason, Record};
use crate::model::time::Timestamp;

use strum::IntoEnumIterator as _;

use super::agenda::Agenda;
use super::config;
use super::environment::{Environment, Fleet, idle_life};
use super::event::Event;
use super::gateway::Gateway;
use super::lines::{self, About, Start};
use super::meter::{Cell, Meter};
use super::order::{Accounts, Order, Recent};
use super::outbox::{Outbox, Sender};
use super::payload::UNTRACED;
use super::queue::{Queue, QueueName, Receipt};
use super::random::{Random, Uuid};
use super::run::{RunKey, Runs};
use super::shop::Function;
use super::stamp::{MILLI, MINUTE, Micros, SECOND, millis, timestamp};
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

/// An event in the queue of asynchronous invocations.
pub(super) struct Delivery {
    pub(super) function: Function,
    pub(super) event: Event,
    pub(super) request: Uuid,
    pub(super) attempt: u8,
    pub(super) trace: super::event::Trace,
    /// Refusals so far: the service waits longer after each.
    pub(super) refusals: u32,
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
    traffic: Random,
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
    factors: [f64; CLIENTS],
    uploads: u32,
    pub(super) ships_after_s: (f64, f64),
    /// Room for a line that is being written.
    pub(super) line: String,
}

impl Simulator {
    pub(super) fn new(options: &Options) -> Self {
        let story = Story::of(options.scenario);
        let start = options.start.0 * MILLI;
        let from = start - story.history;
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
            world.agenda.note(start + moment, What::Change(change));
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
    fn is_over(&self) -> bool {
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

    fn timer(&mut self, function: Function, rule: &'static str) {
        let event = Event::Timer {
            id: self.ids.uuid(),
            rule,
            at: self.now,
        };
        self.submit(function, event, 300.0);
    }

    /// Hands an event to the queue of asynchronous invocations, from outside the traced world.
    pub(super) fn submit(&mut self, function: Function, event: Event, delay_ms: f64) {
        let trace = self.new_trace(0.05);
        self.submit_traced(function, event, delay_ms, trace);
    }

    pub(super) fn submit_traced(
        &mut self,
        function: Function,
        event: Event,
        delay_ms: f64,
        trace: super::event::Trace,
    ) {
        let delay = millis(self.pace.lognormal(delay_ms, 0.25));
        let delivery = Delivery {
            function,
            event,
            request: self.ids.uuid(),
            attempt: 1,
            trace,
            refusals: 0,
        };
        self.agenda
            .note(self.now + delay, What::Deliver(Box::new(delivery)));
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Deploy {
                function,
                version,
                pace,
                over_s,
            } => {
                let until = self.now + millis(over_s * 1_000.0);
                self.fleets[function as usize].deploy(version, pace, self.now, until);
                self.tell_config(function);
            }
            Change::Reserve { function, slots } => {
                self.fleets[function as usize].reserved = Some(slots);
                self.tell_config(function);
            }
            Change::Rate { client, factor } => self.factors[client as usize] = factor,
            Change::Burst {
                client,
                count,
                within_s,
                every_s,
            } => {
                if !self.is_over() {
                    for _ in 0..count {
                        let wait = self.traffic.between(0.0, within_s * 1_000.0);
                        let at = self.now + millis(wait);
                        self.agenda.note(at, What::Arrive(client, Follow::Nobody));
                    }
                    let again = self.traffic.between(0.96, 1.06) * every_s * 1_000.0;
                    self.agenda
                        .note(self.now + millis(again), What::Change(change));
                }
            }
            Change::Provision(function) => self.provision(function),
        }
    }

    fn tell_config(&mut self, function: Function) {
        let record = config::function(&self.fleets[function as usize]);
        self.outbox.record(self.now + 20 * SECOND, record);
    }

    /// Starts the environments of provisioned concurrency; those from before go.
    fn provision(&mut self, function: Function) {
        let spec = function.spec();
        self.fleets[function as usize]
            .idle
            .retain(|environment| !environment.provisioned);
        for _ in 0..spec.provisioned {
            let after = self.pace.between(0.0, 900.0);
            let from = self.now + millis(after);
            self.start_spare(function, Start::Provisioned, from);
        }
    }

    /// Starts an environment that no request waits for.
    pub(super) fn start_spare(&mut self, function: Function, start: Start, from: Micros) {
        let fleet = &mut self.fleets[function as usize];
        let version = fleet.choose(self.now, &mut self.pace);
        let mut environment = Environment::new(function, version, from, &mut self.ids);
        let init = environment.init_time(function, &mut self.pace);
        let until = from + init;
        environment.provisioned = start == Start::Provisioned;
        environment.ready_at = if environment.provisioned {
            until
        } else {
            until + 20 * SECOND
        };
        if !environment.provisioned {
            environment.idle_until = until + idle_life(&mut self.pace);
        }
        let stream = environment.stream.clone();
        let about = About {
            spec: function.spec(),
            version: environment.version,
            stream: &stream,
            request: Uuid::default(),
            trace: UNTRACED,
            segment: 0,
            cold: true,
        };
        self.line.clear();
        lines::init_start(&mut self.line, &about, start, from);
        self.tell(&mut environment.sender, function, &stream, from);
        if start == Start::Provisioned {
            self.line.clear();
            let ms = init as f64 / 1_000.0;
            lines::init_report(&mut self.line, &about, start, (until, ms));
            self.tell(&mut environment.sender, function, &stream, until);
        }
        // Below the others: it is used only when they are busy.
        self.fleets[function as usize].idle.insert(0, environment);
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
