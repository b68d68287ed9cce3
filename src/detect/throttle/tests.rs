//! Findings on hand-made worlds: every figure follows from the runs that are put in.

use std::sync::Arc;

use super::{Throttling, attempts, pressures};
use crate::detect::Detector as _;
use crate::detect::testing::{World, at};
use crate::model::analysis::Analysis;
use crate::model::finding::{Alarm, Candidate};
use crate::model::invocation::{Environment, InvocationIndex, InvocationStatus};
use crate::model::rows::{Evidence, Pressure, Throttle, ThrottleClass};
use crate::model::settings::Settings;

const OK: InvocationStatus = InvocationStatus::Ok;

/// A caller that runs `before` times a minute for 60 minutes and `during` times a minute for 5 more, and calls stock each time. In
/// the last 5 minutes every second call is refused first, and then done.
struct Rush {
    world: World,
    refusals: Vec<InvocationIndex>,
    stock: Vec<InvocationIndex>,
}

impl Rush {
    fn new(callers: &[(&str, u32, u32)]) -> Self {
        let mut rush = Self {
            world: World::default(),
            refusals: Vec::new(),
            stock: Vec::new(),
        };
        for minute in 0..65u32 {
            let calm = minute < 60;
            let mut starts: Vec<(f64, &str)> = Vec::new();
            for &(caller, before, during) in callers {
                let count = if calm { before } else { during };
                let place = |n: u32| f64::from(minute) + f64::from(n) / f64::from(count);
                starts.extend((0..count).map(|n| (place(n), caller)));
            }
            starts.sort_by(|one, other| one.0.total_cmp(&other.0));
            for (n, (start, caller)) in starts.into_iter().enumerate() {
                let run = rush.world.run(caller, start, OK);
                if !calm && n % 2 == 1 {
                    rush.world.refused(run, "lambda:stock");
                    rush.refusals.push(run);
                }
                let stock = rush.world.run("stock", start, OK);
                rush.world.call(run, stock);
                rush.stock.push(stock);
            }
        }
        rush
    }

    /// The analysis with 10 slots reserved for stock, and a row for each of the last 5 minutes.
    fn analysis(mut self) -> Analysis {
        let name = self.world.sym("stock");
        let config = self.world.facts.functions.entry(name).or_default();
        config.reserved_concurrency = Some(10);
        let per_minute = self.refusals.len() as u64 / 5;
        let proofs: Vec<Evidence> = self
            .refusals
            .iter()
            .map(|&run| self.world.proof(run))
            .collect();
        let mut analysis = self.world.analysis();
        for minute in 60..65 {
            analysis.throttles.push(Throttle {
                minute: at(f64::from(minute)),
                resource: "lambda:stock".to_owned(),
                class: ThrottleClass::ReservedLimit,
                count: per_minute,
                lower_bound: false,
                callers: Vec::new(),
                evidence: proofs.clone(),
            });
        }
        analysis.assembled.environments.push(Environment {
            function: name,
            version: None,
            stream: 0,
            init_type: None,
            init_start: None,
            inits: Vec::new(),
            invocations: Vec::new(),
            concurrent: false,
        });
        analysis
    }
}

fn nearness(analysis: &Analysis) -> Vec<Pressure> {
    let refused = attempts(&analysis.facts, &analysis.assembled);
    pressures(analysis, &refused, &Settings::default())
}

fn finding(analysis: &Analysis) -> Candidate {
    let refused = attempts(&analysis.facts, &analysis.assembled);
    let mut found = Throttling(&refused).candidates(analysis, &Settings::default());
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn refusals_are_counted_by_minute_and_as_a_share_of_all_tries() {
    // 20 calls a minute are done, 10 tries a minute refused: a third of 30.
    let found = finding(&Rush::new(&[("shop", 20, 20)]).analysis());
    assert_eq!(found.subject, "stock");
    assert_eq!(
        found.claim,
        "stock refuses 10/min, 33 % of tries: has 10 slots reserved"
    );
    assert_eq!((found.events.len(), found.requests.len()), (5, 50));
    // Far above 1 % of the tries, so no change is needed; all were done on the second try, so none is lost.
    assert_eq!((found.alarm, found.lost), (Alarm::Certain, false));
    assert!((found.weight - 0.2).abs() < 1e-9);
}

#[test]
fn longer_runs_since_a_deployment_are_the_cause() {
    let rush = Rush::new(&[("shop", 300, 300)]);
    let stock = rush.stock.clone();
    let mut analysis = rush.analysis();
    let facts = Arc::make_mut(&mut analysis.facts);
    let [old, new] = ["41", "42"].map(|version| Some(facts.symbols.intern(version)));
    // The new version runs in an environment of its own.
    facts.streams.push(Arc::clone(&facts.streams[0]));
    let homes = &mut analysis.assembled.environments;
    homes[0].version = old;
    homes.push(Environment {
        version: new,
        stream: 1,
        ..homes[0].clone()
    });
    for at_run in stock {
        let run = &mut analysis.assembled.invocations[at_run as usize];
        let late = run.start >= at(60.0);
        run.first_line.stream = u32::from(late);
        run.duration_ms = Some(if late { 4_400.0 } else { 310.0 }).into();
    }
    let found = finding(&analysis);
    // 300 calls a minute of 4.4 s keep 22 slots busy; 4.4 / 0.31 = 14.2.
    assert_eq!(
        found.claim,
        "stock refuses 150/min, 33 % of tries: needs 22 slots, has 10 reserved"
    );
    assert_eq!(
        found.cause,
        "v42, deployed 11:00:00, runs 14× longer (310 ms → 4.40 s)"
    );
    // 22 slots and 30 % of room are 28.6.
    assert_eq!(
        found.next,
        "roll stock back to v41, or raise its reserved concurrency from 10 to 29"
    );
}

#[test]
fn a_caller_that_comes_more_often_is_the_cause() {
    // shop rises from 10 to 40 a minute, news from 10 to 20: 30 of the 40 more are shop's.
    let found = finding(&Rush::new(&[("shop", 10, 40), ("news", 10, 20)]).analysis());
    assert_eq!(
        found.cause,
        "shop sends 4.0× its usual rate (75 % of the rise)"
    );
}

#[test]
fn a_refusal_that_fails_its_run_is_lost() {
    let rush = Rush::new(&[("shop", 20, 20)]);
    let refusals = rush.refusals.clone();
    let mut analysis = rush.analysis();
    for run in &refusals[..25] {
        analysis.assembled.invocations[*run as usize].status = InvocationStatus::Error;
    }
    let found = finding(&analysis);
    // Half of the 50 are lost (1), the others delayed (0.2).
    assert!(found.lost);
    assert!((found.weight - 0.6).abs() < 1e-9, "{}", found.weight);
}

#[test]
fn room_under_the_limit_and_what_refusals_cost() {
    // 20 calls a minute of 100 ms never meet: one slot of ten at most, and 9 in 10 are free. 10 of them are refused first, so in the
    // last five minutes a call takes 30 tries for 20; before, one. Over all 65 minutes that is 1,350 tries for 1,300 runs of shop.
    let analysis = Rush::new(&[("shop", 20, 20)]).analysis();
    let near = nearness(&analysis);
    let [near] = near.as_slice() else {
        panic!("one function refused: {near:?}");
    };
    assert_eq!(near.resource, "lambda:stock");
    assert_eq!((near.limit, near.peak), (Some(10), Some(1)));
    assert_eq!(near.headroom, Some(0.9));
    assert_eq!(near.full_in_min, None);
    assert_eq!(near.amplification, Some(1.5));
    assert_eq!((near.lost, near.delayed), (0, 50));
    let [(caller, factor)] = near.fan_factors[..] else {
        panic!("one caller: {near:?}");
    };
    assert_eq!(analysis.text(caller), "shop");
    assert!((factor - 1_350.0 / 1_300.0).abs() < 1e-9);
    // Five minutes of 1.5 tries a call with room under the limit: the tries go on by themselves. With one slot there is no room.
    assert!(near.metastable);
    let mut full = analysis;
    for config in Arc::make_mut(&mut full.facts).functions.values_mut() {
        config.reserved_concurrency = Some(1);
    }
    let near = nearness(&full);
    assert_eq!((near[0].headroom, near[0].metastable), (Some(0.0), false));
    assert_eq!(
        finding(&full).claim,
        "stock refuses 10/min, 33 % of tries: has 1 slot reserved"
    );
}

#[test]
fn a_level_that_rises_says_when_the_limit_is_reached() {
    let mut world = World::default();
    let caller = world.run("shop", 0.0, OK);
    world.refused(caller, "lambda:stock");
    let proof = world.proof(caller);
    let runs: Vec<InvocationIndex> = (1..=20)
        .map(|n| world.run("stock", f64::from(n) * 0.25, OK))
        .collect();
    let name = world.sym("stock");
    world
        .facts
        .functions
        .entry(name)
        .or_default()
        .reserved_concurrency = Some(40);
    world.facts.newest = Some(at(5.1));
    let mut analysis = world.analysis();
    // One more begins each 15 s and none ends: 20 after five minutes, 4 a minute. The other 20 slots are gone in five more.
    for run in runs {
        analysis.assembled.invocations[run as usize].end = at(10.0);
    }
    analysis.throttles.push(Throttle {
        minute: at(0.0),
        resource: "lambda:stock".to_owned(),
        class: ThrottleClass::ReservedLimit,
        count: 1,
        lower_bound: false,
        callers: Vec::new(),
        evidence: vec![proof],
    });
    analysis.assembled.environments.push(Environment {
        function: name,
        version: None,
        stream: 0,
        init_type: None,
        init_start: None,
        inits: Vec::new(),
        invocations: Vec::new(),
        concurrent: false,
    });
    let near = nearness(&analysis);
    assert_eq!((near[0].now, near[0].limit), (Some(20), Some(40)));
    let minutes = near[0].full_in_min.expect("it rises");
    assert!((minutes - 5.0).abs() < 0.5, "{minutes}");
}

#[test]
fn what_refused_nobody_is_told_where_its_limit_is_near() {
    let near = |limit: u32| {
        let mut world = World::default();
        let runs: Vec<InvocationIndex> = (1..=4)
            .map(|n| world.run("stock", f64::from(n) * 0.1, OK))
            .collect();
        let name = world.sym("stock");
        let config = world.facts.functions.entry(name).or_default();
        config.reserved_concurrency = Some(limit);
        world.facts.newest = Some(at(1.0));
        let mut analysis = world.analysis();
        // Four at once from the fourth start on.
        for run in runs {
            analysis.assembled.invocations[run as usize].end = at(0.9);
        }
        analysis.assembled.environments.push(Environment {
            function: name,
            version: None,
            stream: 0,
            init_type: None,
            init_start: None,
            inits: Vec::new(),
            invocations: Vec::new(),
            concurrent: false,
        });
        analysis.functions = crate::detect::figures::figures(&analysis);
        let near = nearness(&analysis);
        let near = near
            .into_iter()
            .filter(|one| one.resource == "lambda:stock");
        near.map(|one| (one.peak, one.headroom)).collect::<Vec<_>>()
    };
    assert_eq!(near(5).len(), 1);
    let (peak, headroom) = near(5)[0];
    assert_eq!(peak, Some(4));
    assert!(
        (headroom.unwrap() - 0.2).abs() < 1e-9,
        "1 of 5 is free: {headroom:?}"
    );
    assert_eq!(near(20), [], "4 of 20 are far from the limit");
}

/// The account grants 100 slots, 40 of them reserved for stock: the pool has 60. The logs that are read show one run at a time; the
/// account's metric counts 94 that are not free, of which 54 are the pool's.
#[test]
fn the_pool_is_as_full_as_the_account_says() {
    let near = |claimed: bool| {
        let mut world = World::default();
        for minute in 0..5 {
            world.run("shop", f64::from(minute), OK);
        }
        let (stock, shop) = (world.sym("stock"), world.sym("shop"));
        let point = crate::model::metric::MetricPoint {
            namespace: world.sym("AWS/Lambda"),
            name: world.sym("ClaimedAccountConcurrency"),
            dimensions: Vec::new(),
            at: at(4.0),
            sum: 180.0,
            count: 2.0,
            min: 86.0,
            max: 94.0,
        };
        world.facts.metrics.extend(claimed.then_some(point));
        let functions = &mut world.facts.functions;
        functions.entry(stock).or_default().reserved_concurrency = Some(40);
        functions.entry(shop).or_default().account_concurrency = Some(100);
        world.facts.newest = Some(at(5.0));
        let mut analysis = world.analysis();
        analysis.functions = crate::detect::figures::figures(&analysis);
        let near = nearness(&analysis);
        let pool = near.into_iter().find(|one| one.resource == "account");
        pool.map(|pool| (pool.limit, pool.peak, pool.headroom))
    };
    assert_eq!(near(false), None, "one of 60");
    let (limit, peak, headroom) = near(true).expect("54 of 60 are in use");
    assert_eq!((limit, peak), (Some(60), Some(54)));
    assert!((headroom.unwrap() - 0.1).abs() < 1e-9, "{headroom:?}");
}
