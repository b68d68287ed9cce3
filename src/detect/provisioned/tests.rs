use super::*;
use crate::detect::testing;
use crate::model::invocation::InvocationStatus;

const LIFE: i64 = 300_000;

fn arrivals(list: &[(i64, i64)]) -> Vec<Arrival> {
    let arrival = |&(at, length_ms): &(i64, i64)| Arrival { at, length_ms };
    list.iter().map(arrival).collect()
}

#[test]
fn on_demand_environments_are_reused_until_they_have_idled_too_long() {
    // 0: cold. 200: reused. 250: the first is busy, cold. 300,301 ms later: both gone, cold.
    let list = arrivals(&[(0, 100), (200, 100), (250, 100), (300_651, 10)]);
    let got = replay(&list, 0, 0, LIFE);
    assert_eq!((got.spilled, got.colds, got.served_ms), (4, 3, 0));
}

#[test]
fn slots_take_what_they_can_and_the_rest_spills() {
    let list = arrivals(&[(0, 100), (50, 100), (100, 100)]);
    let got = replay(&list, 1, 0, LIFE);
    assert_eq!((got.spilled, got.colds, got.served_ms), (1, 1, 200));
}

/// Uniform numbers in (0, 1], the same each time: a linear congruential generator with Knuth's constants.
fn uniform(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 11) + 1) as f64 / (1u64 << 53) as f64
}

#[test]
fn poisson_traffic_spills_as_erlang_says_and_bursts_far_more() {
    let mut state = 42;
    let mut spill = |burst: bool, slots: u32, load: f64| {
        let mut now = 0.0;
        let mut slot = (-1, 1.0);
        let list: Vec<Arrival> = (0..200_000)
            .map(|_| {
                // In a burst, one half minute in ten has 8 times the rate of the others, with the same mean.
                let number = (now / 30_000.0) as i64;
                if burst && number != slot.0 {
                    let rate = if uniform(&mut state) < 0.1 { 8.0 } else { 1.0 };
                    slot = (number, rate / 1.7);
                }
                let rate = if burst { slot.1 } else { 1.0 };
                now -= 1_000.0 / rate * uniform(&mut state).ln();
                let length = -1_000.0 * load * uniform(&mut state).ln();
                Arrival {
                    at: now as i64,
                    length_ms: length as i64,
                }
            })
            .collect();
        replay(&list, slots, 0, LIFE).spilled as f64 / list.len() as f64
    };
    let calm = spill(false, 2, 0.38);
    assert!((calm - erlang_b(2, 0.38)).abs() < 0.003, "{calm}");
    let bursty = spill(true, 9, 3.7);
    assert!(bursty > 10.0 * erlang_b(9, 3.7), "{bursty}");
}

fn world(count: u32, every: f64) -> (Analysis, Sym) {
    let mut world = testing::World::default();
    let function = world.sym("orders");
    for at in 0..count {
        world.run("orders", f64::from(at) * every, InvocationStatus::Ok);
    }
    (world.analysis(), function)
}

#[test]
fn one_slot_avoids_every_start_of_traffic_that_never_overlaps() {
    // Every 10 minutes a run of 100 ms: without a slot each start is cold, with one none is.
    let (analysis, function) = world(600, 10.0);
    let got = what_if(&analysis, function, Prices::LIST).unwrap();
    assert!(!got.optimistic);
    assert_eq!((got.rows.len(), got.recommended), (1, Some(0)));
    let row = got.rows[0];
    assert_eq!((row.avoided, row.spill), (Some(1.0), 0.0));
    // 0.5 GB kept for a day cost 0.5 * 86,400 * 4.1667e-6 = $0.18; the runs take next to none of it.
    assert!((row.cost_per_day.unwrap() - 0.18).abs() < 0.001, "{row:?}");
    assert!(row.used < 0.001);
}

#[test]
fn few_runs_are_judged_by_the_formula_and_marked_so() {
    let (analysis, function) = world(10, 1.0);
    let got = what_if(&analysis, function, Prices::LIST).unwrap();
    assert!(got.optimistic && got.rows[0].cost_per_day.is_none());
}

#[test]
fn a_function_that_never_ran_has_no_answer() {
    let (mut analysis, _) = world(1, 1.0);
    let other = std::sync::Arc::make_mut(&mut analysis.facts)
        .symbols
        .intern("other");
    assert_eq!(what_if(&analysis, other, Prices::LIST), None);
}
