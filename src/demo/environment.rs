//! Execution environments: where runs happen, and how they come and go.

use super::outbox::Sender;
use super::random::Random;
use super::shop::Function;
use super::stamp::{MINUTE, Micros, SECOND, Stamp, millis};

/// One environment: one log stream.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    pub(super) version: u32,
    pub(super) pace: Pace,
    /// Name of its log stream.
    pub(super) stream: String,
    pub(super) sender: Sender,
    /// Kept warm by provisioned concurrency.
    pub(super) provisioned: bool,
    /// Started ahead of need: not used before that moment.
    pub(super) ready_at: Micros,
    /// Taken away at that moment unless it is used before.
    pub(super) idle_until: Micros,
    /// Its init, while it was started ahead of need and has not run: the first REPORT tells it all the same.
    pub(super) told_init_ms: Option<f64>,
    /// Ran before: Powertools' `cold_start` is false.
    pub(super) used: bool,
    /// The process died: the next run starts it again, within its own duration.
    pub(super) crashed: bool,
    pub(super) max_used_mb: u32,
}

/// How a version behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// Own work takes that many times as long.
    pub(super) times: f64,
    /// Inits take that many times as long.
    pub(super) init_times: f64,
    /// A share of runs waits between so many seconds at [`super::program::Step::Stall`].
    pub(super) stall: (f64, f64, f64),
}

pub(super) const STEADY: Pace = Pace {
    times: 1.0,
    init_times: 1.0,
    stall: (0.0, 0.0, 0.0),
};

/// What runs of one function, and what stands ready.
pub(super) struct Fleet {
    pub(super) function: Function,
    version: u32,
    pace: Pace,
    /// The version before, while traffic moves to the new one: (version, pace, from, until).
    leaving: Option<(u32, Pace, Micros, Micros)>,
    pub(super) reserved: Option<u32>,
    /// Invocations that hold a slot.
    pub(super) running: u32,
    /// Most recently used last.
    pub(super) idle: Vec<Environment>,
}

impl Fleet {
    pub(super) fn new(function: Function) -> Self {
        let spec = function.spec();
        Self {
            function,
            version: spec.version,
            pace: STEADY,
            leaving: None,
            reserved: spec.reserved,
            running: 0,
            idle: Vec::new(),
        }
    }

    /// Whether a further run would exceed the reserved concurrency.
    pub(super) fn is_full(&self) -> bool {
        self.reserved.is_some_and(|slots| self.running >= slots)
    }

    /// Moves traffic to a new version, linearly until `until`.
    pub(super) fn deploy(&mut self, version: u32, pace: Pace, now: Micros, until: Micros) {
        self.leaving = Some((self.version, self.pace, now, until));
        self.version = version;
        self.pace = pace;
    }

    /// Which version the next run goes to.
    pub(super) fn choose(&mut self, now: Micros, random: &mut Random) -> (u32, Pace) {
        match self.leaving {
            Some((_, _, _, until)) if now >= until => self.leaving = None,
            Some((version, pace, from, until)) => {
                let moved = (now - from) as f64 / (until - from) as f64;
                if !random.chance(moved) {
                    return (version, pace);
                }
            }
            None => {}
        }
        (self.version, self.pace)
    }

    /// The most recently used environment of that version which is free.
    pub(super) fn reuse(&mut self, version: u32, now: Micros) -> Option<Environment> {
        let at = self.idle.iter().rposition(|environment| {
            environment.version == version
                && environment.ready_at <= now
                && environment.idle_until > now
        })?;
        Some(self.idle.remove(at))
    }

    /// Forgets environments that were taken away.
    pub(super) fn sweep(&mut self, now: Micros) {
        self.idle.retain(|environment| environment.idle_until > now);
    }

    /// Puts an environment back after a run.
    pub(super) fn release(
        &mut self,
        mut environment: Environment,
        now: Micros,
        random: &mut Random,
    ) {
        environment.used = true;
        environment.told_init_ms = None;
        environment.idle_until = if environment.provisioned {
            Micros::MAX
        } else {
            now + idle_life(random)
        };
        self.idle.push(environment);
    }
}

/// An unused environment lives a little longer than five minutes.
pub(super) fn idle_life(random: &mut Random) -> Micros {
    5 * MINUTE + millis(random.between(3_000.0, 65_000.0))
}

impl Environment {
    /// A new environment with a stream of its own.
    pub(super) fn new(
        function: Function,
        (version, pace): (u32, Pace),
        now: Micros,
        random: &mut Random,
    ) -> Self {
        let spec = function.spec();
        Self {
            version,
            pace,
            stream: format!("{}/[{version}]{:032x}", Stamp::Day(now), random.wide()),
            sender: Sender::default(),
            provisioned: false,
            ready_at: now,
            idle_until: Micros::MAX,
            told_init_ms: None,
            used: false,
            crashed: false,
            max_used_mb: spec.used_mb - spec.used_mb / 8,
        }
    }

    /// Stands where an environment was before it went back to its fleet.
    pub(super) fn gone() -> Self {
        Self {
            version: 0,
            pace: STEADY,
            stream: String::new(),
            sender: Sender::default(),
            provisioned: false,
            ready_at: 0,
            idle_until: 0,
            told_init_ms: None,
            used: false,
            crashed: false,
            max_used_mb: 0,
        }
    }

    /// How long an init of it takes.
    pub(super) fn init_time(&self, function: Function, random: &mut Random) -> Micros {
        let (median, spread) = function.spec().init;
        let ms = random.lognormal(median * self.pace.init_times, spread);
        millis(ms).min(9 * SECOND + 900_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_moves_to_a_new_version_until_the_end_of_the_deployment() {
        let mut fleet = Fleet::new(Function::Payment);
        let mut random = Random::new(2);
        fleet.deploy(42, STEADY, 0, 100 * SECOND);
        let share = |fleet: &mut Fleet, random: &mut Random, at| {
            (0..1_000)
                .filter(|_| fleet.choose(at, random).0 == 42)
                .count()
        };
        assert_eq!(share(&mut fleet, &mut random, 0), 0);
        assert!((200..300).contains(&share(&mut fleet, &mut random, 25 * SECOND)));
        assert_eq!(share(&mut fleet, &mut random, 100 * SECOND), 1_000);
    }

    #[test]
    fn the_most_recently_used_environment_runs_next_and_old_ones_vanish() {
        let mut fleet = Fleet::new(Function::Auth);
        let mut random = Random::new(2);
        for used in [1, 2] {
            let environment = Environment::new(Function::Auth, (14, STEADY), used, &mut random);
            fleet.release(environment, used * SECOND, &mut random);
        }
        let newest = fleet.idle[1].stream.clone();
        let reused = fleet.reuse(14, 3 * SECOND);
        assert_eq!(reused.map(|environment| environment.stream), Some(newest));
        assert!(fleet.reuse(13, 3 * SECOND).is_none());
        assert!(fleet.reuse(14, 8 * MINUTE).is_none());
        fleet.sweep(8 * MINUTE);
        assert!(fleet.idle.is_empty());
    }
}
