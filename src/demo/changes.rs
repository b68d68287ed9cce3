//! What a story changes in the world, and environments that start without a request.

use super::config;
use super::environment::{Environment, idle_life};
use super::lines::{self, About, Start};
use super::payload::UNTRACED;
use super::random::Uuid;
use super::shop::Function;
use super::simulator::{Follow, Simulator, What};
use super::stamp::{MILLI, Micros, SECOND, millis};
use super::story::Change;

/// A spare environment is not used at once.
const SPARE_RESTS: Micros = 1_500 * MILLI;

impl Simulator {
    pub(super) fn change(&mut self, change: Change) {
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
    pub(super) fn provision(&mut self, function: Function) {
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
        environment.told_init_ms = Some(init as f64 / 1_000.0);
        environment.ready_at = if environment.provisioned {
            until
        } else {
            until + SPARE_RESTS
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
}
