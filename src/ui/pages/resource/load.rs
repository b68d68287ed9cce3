//! How many slots the calls of a function need: Little's law over the minutes that are over.

use crate::model::analysis::Analysis;
use crate::model::rows::{Pressure, Throttle};
use crate::model::symbols::Sym;
use crate::model::time::MINUTE_MS;
use crate::ui::figures;
use crate::ui::series::{Known, Minutes};

use super::minutes::ran;

/// What is asked of a function: calls a minute, and what a run takes.
pub(super) struct Load {
    calls_per_min: f64,
    took_ms: f64,
    limit: Option<u32>,
}

/// Minutes that the load is the mean of, the last of them one with refusals: what came later may ask for less.
const RECENT: usize = 5;

impl Load {
    /// `None` where it is no function, where nothing ran, or where nobody knows how many tries a call takes.
    pub(super) fn of(
        analysis: &Analysis,
        function: Sym,
        mine: &[&Throttle],
        near: &Pressure,
    ) -> Option<Self> {
        let tries_per_call = near.amplification.filter(|tries| *tries >= 1.0)?;
        // The newest minute is still arriving.
        let until = Known::of(analysis).until.or(analysis.facts.newest)?;
        let refuses = mine.iter().map(|one| one.minute).max()?;
        let minutes = Minutes::until(until.plus_ms(-MINUTE_MS).min(refuses), RECENT);
        let ran = ran(analysis, function, minutes);
        let took: Vec<f64> = ran
            .iter()
            .flat_map(|one| one.took.iter().copied())
            .collect();
        let done: u64 = ran.iter().map(|one| one.done).sum();
        let refused: u64 = mine
            .iter()
            .filter(|one| minutes.index(one.minute).is_some())
            .map(|one| one.count)
            .sum();
        (refused > 0 && !took.is_empty()).then(|| Self {
            calls_per_min: (done + refused) as f64 / tries_per_call / RECENT as f64,
            took_ms: took.iter().sum::<f64>() / took.len() as f64,
            limit: near.limit,
        })
    }

    pub(super) fn words(&self) -> String {
        let slots = self.calls_per_min * self.took_ms / MINUTE_MS as f64;
        let limit = self
            .limit
            .map_or_else(|| figures::UNKNOWN.to_owned(), |limit| limit.to_string());
        format!(
            "{} calls/min × {} a run = {slots:.1} slots, limit {limit}",
            figures::per_minute(self.calls_per_min),
            figures::duration(self.took_ms)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_times_their_time_are_the_slots_they_fill() {
        // 300 calls a minute of 4.4 s each: 1,320 s of work in 60 s.
        let load = Load {
            calls_per_min: 300.0,
            took_ms: 4_400.0,
            limit: Some(20),
        };
        assert_eq!(
            load.words(),
            "300 calls/min × 4.40 s a run = 22.0 slots, limit 20"
        );
    }
}
