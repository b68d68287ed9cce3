//! An hour of simulated polling with random faults, compared line by line with the truth; five hundred groups at five
//! calls a second.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::*;
use crate::model::health::Health;
use crate::sources::Window;
use crate::sources::follow::Follow;
use crate::sources::follow::simulated::{Chance, Cloud, Simulated};
use crate::sources::pulse::Pulse;

type Shared = Arc<Mutex<Cloud>>;

/// Begins when the clouds do, so that all are on one clock.
fn at_five_a_second() -> (Pumps, mpsc::Receiver<Batch>, CancellationToken) {
    let begun = Instant::now();
    let clock: Clock = Arc::new(move || Timestamp(START + begun.elapsed().as_millis() as i64));
    let (batches, received) = mpsc::channel(QUEUE);
    let cancel = CancellationToken::new();
    let terms = Terms::default();
    let pumps = Pumps::new(batches, clock, Patience::Endless, terms, cancel.clone());
    (pumps, received, cancel)
}

const START: i64 = 100_000_000;

fn group(cloud: &Shared, at: usize, faults: Option<u64>) -> Box<dyn Source> {
    let mut events = Simulated::new(cloud, 100, at as u64);
    events.faults = faults;
    let window = Window {
        since: Timestamp(START),
        until: None,
    };
    Box::new(Follow::new(&format!("g{at}"), window, events))
}

/// Calls of all clouds, and the most of them within one second and within ten.
fn busiest<'a>(clouds: impl Iterator<Item = &'a Shared>) -> (usize, usize, usize) {
    let mut asked: Vec<i64> = Vec::new();
    for cloud in clouds {
        asked.extend(cloud.lock().unwrap().asked_at.iter().map(|at| at.0));
    }
    asked.sort_unstable();
    let most = |ms: i64| {
        let within = |at: usize| asked.partition_point(|next| *next - asked[at] < ms) - at;
        (0..asked.len()).map(within).max().unwrap()
    };
    (asked.len(), most(1_000), most(10_000))
}

#[tokio::test(start_paused = true)]
async fn an_hour_with_random_faults_brings_every_line_once() {
    const GROUPS: usize = 6;
    let mut chance = Chance::new(42);
    let clouds: Vec<Shared> = (0..GROUPS).map(|_| Shared::default()).collect();
    for (at, cloud) in clouds.iter().enumerate() {
        let mut cloud = cloud.lock().unwrap();
        cloud.group = format!("g{at}").into();
        for second in 0..3_600 {
            // Quiet for minutes, then many at once.
            let busy = (second / 300) % 2 == 0 || chance.one_in(20);
            for _ in 0..if busy { chance.below(4) } else { 0 } {
                let at = Timestamp(START + second * 1_000 + chance.below(1_000) as i64);
                let late = if chance.one_in(100) { 600_000 } else { 4_000 };
                cloud.put(at, at.plus_ms(chance.below(late) as i64));
            }
        }
    }
    let (pumps, mut received, cancel) = at_five_a_second();
    for (at, cloud) in clouds.iter().enumerate() {
        pumps.start(group(cloud, at, Some(8)));
    }
    let board = pumps.board();
    drop(pumps);
    let minutes = 60 + 10 + 6;
    tokio::spawn(async move {
        sleep(Duration::from_mins(minutes)).await;
        cancel.cancel();
    });
    let mut read: BTreeMap<(Arc<str>, Box<str>), u32> = BTreeMap::new();
    while let Some(batch) = received.recv().await {
        for record in batch.records {
            let Record::Log(line) = record else {
                panic!("a gap, though all was read in the end: {record:?}");
            };
            let stream = line.stream.clone();
            assert!(line.message.starts_with("line "), "{stream}");
            *read.entry((line.group, line.message)).or_default() += 1;
        }
    }
    let truth: usize = clouds.iter().map(|cloud| cloud.lock().unwrap().len()).sum();
    assert!(truth > 15_000, "{truth}");
    assert_eq!(read.len(), truth, "none lost");
    assert!(read.values().all(|times| *times == 1), "none twice");
    let (calls, second, ten) = busiest(clouds.iter());
    assert!(
        second <= 10 && ten <= 55,
        "5 a second, and 5 held: {second}, {ten}"
    );
    assert!(calls > 60 * minutes as usize, "a call a second: {calls}");
    let board = board.borrow();
    let refused = board.calls[&key()].refused;
    assert!(refused > 50, "one in forty of {calls}: {refused}");
    let well = |health: &Health| health.complete_until > Some(Timestamp(START + 3_600_000));
    assert!(board.sources.values().all(well), "complete after the hour");
}

#[tokio::test(start_paused = true)]
async fn five_hundred_groups_share_five_calls_a_second_and_what_matters_comes_first() {
    let clouds: Vec<Shared> = (0..500).map(|_| Shared::default()).collect();
    let (pumps, mut received, cancel) = at_five_a_second();
    let names = |groups: std::ops::Range<usize>| groups.map(|at| format!("logs g{at}").into());
    pumps.attendant()(Attention {
        focus: names(0..1).collect(),
        alarmed: names(1..11).collect(),
    });
    for (at, cloud) in clouds.iter().enumerate() {
        pumps.start(group(cloud, at, None));
    }
    drop(pumps);
    let read = tokio::spawn(async move { while received.recv().await.is_some() {} });
    sleep(Duration::from_mins(20)).await;
    cancel.cancel();
    read.await.unwrap();
    let (calls, second, ten) = busiest(clouds.iter());
    assert!(
        second <= 10 && ten <= 55,
        "5 a second, and 5 held: {second}, {ten}"
    );
    assert!(
        (5_900..=6_010).contains(&calls),
        "none is left unused: {calls}"
    );
    let asked = |at: usize| clouds[at].lock().unwrap().asked_at.len();
    assert!(asked(0) >= 400, "the focus each 2 to 3 s: {}", asked(0));
    let alarmed = (1..11).map(asked).sum::<usize>() / 10;
    let rest = (11..500).map(asked).sum::<usize>() / 489;
    assert!(alarmed >= 5 * rest, "{alarmed} of {rest}");
    let least = (11..500).map(asked).min().unwrap();
    assert!(
        least >= 6,
        "each of the rest every three minutes at worst: {least}"
    );
}

/// Tells pulses each minute which functions ran, two minutes late, as CloudWatch does.
struct Counted {
    clouds: Vec<Shared>,
    pulses: Vec<Arc<Pulse>>,
}

impl Source for Counted {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn interval(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        let until = now.plus_ms(-120_000).minute();
        for (cloud, pulse) in self.clouds.iter().zip(&self.pulses) {
            let newest = cloud.lock().unwrap().newest_before(until);
            pulse.metrics(until, newest.map(|at| at.minute().plus_ms(60_000)));
        }
        Box::pin(async { Ok(Page::new(Batch::default(), Next::CaughtUp)) })
    }
}

#[tokio::test(start_paused = true)]
async fn of_five_hundred_groups_those_are_polled_whose_metrics_say_that_something_happens() {
    let clouds: Vec<Shared> = (0..500).map(|_| Shared::default()).collect();
    // Fifteen run all the time; one begins after twenty minutes.
    for (at, cloud) in clouds.iter().enumerate() {
        let begin = match at {
            0..15 => 0,
            15 => 20 * 60,
            _ => continue,
        };
        for second in begin..40 * 60 {
            let at = Timestamp(START + second * 1_000);
            cloud.lock().unwrap().put(at, at.plus_ms(300));
        }
    }
    let pulses: Vec<Arc<Pulse>> = clouds.iter().map(|_| Arc::default()).collect();
    let (pumps, mut received, cancel) = at_five_a_second();
    for (at, cloud) in clouds.iter().enumerate() {
        let mut events = Simulated::new(cloud, 100, at as u64);
        events.pulse = Some(Arc::clone(&pulses[at]));
        let window = Window {
            since: Timestamp(START),
            until: None,
        };
        pumps.start(Box::new(Follow::new(&format!("g{at}"), window, events)));
    }
    pumps.start(Box::new(Counted {
        clouds: clouds.clone(),
        pulses,
    }));
    drop(pumps);
    let read = tokio::spawn(async move { while received.recv().await.is_some() {} });
    sleep(Duration::from_mins(40)).await;
    cancel.cancel();
    read.await.unwrap();
    let (calls, second, ten) = busiest(clouds.iter());
    assert!(
        second <= 10 && ten <= 55,
        "5 a second, and 5 held: {second}, {ten}"
    );
    assert!(calls <= 40 * 60 * 5 + 10, "{calls}");
    // Of the last twenty minutes.
    let late = Timestamp(START + 20 * 60_000);
    let asked = |at: usize| {
        let cloud = clouds[at].lock().unwrap();
        let late = cloud.asked_at.iter().filter(|asked| **asked > late);
        late.copied().collect::<Vec<Timestamp>>()
    };
    let busy = (0..15).map(|at| asked(at).len()).min().unwrap();
    assert!(busy >= 20 * 60 / 10, "every ten seconds at worst: {busy}");
    let quiet: Vec<usize> = (16..500).map(|at| asked(at).len()).collect();
    let (least, most) = (quiet.iter().min().unwrap(), quiet.iter().max().unwrap());
    assert!(
        *least >= 3 && *most <= 10,
        "the quiet ones every two to six minutes: {least} to {most}"
    );
    // It is noticed by a poll that was due, or by the metrics of its first minute, and then followed like the others.
    let begun = asked(15)
        .windows(3)
        .position(|next| next[2].since(next[0]) < 25_000);
    let begun = asked(15)[begun.unwrap()].since(late);
    assert!(begun <= 4 * 60_000, "{begun} ms after it began");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_group_is_polled_at_once_when_metrics_say_that_it_ran() {
    let (cloud, pulse) = (Shared::default(), Arc::<Pulse>::default());
    let (pumps, mut received, cancel) = at_five_a_second();
    let mut events = Simulated::new(&cloud, 100, 1);
    // Left alone for four minutes, as one of five hundred is.
    events.pulse = Some(Arc::clone(&pulse));
    let window = Window {
        since: Timestamp(START),
        until: None,
    };
    pumps.start(Box::new(Follow::new("g", window, events)));
    drop(pumps);
    let read = tokio::spawn(async move { while received.recv().await.is_some() {} });
    let asked = || cloud.lock().unwrap().asked_at.clone();
    let second = |at: i64| Timestamp(START + at * 1_000);
    for minute in 0..20 {
        pulse.metrics(second(minute * 60), None);
        sleep(Duration::from_mins(1)).await;
    }
    let lately = asked().iter().filter(|at| **at >= second(10 * 60)).count();
    assert!((2..=4).contains(&lately), "it is left alone: {lately}");
    let before = asked().len();
    while asked().len() == before {
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_mins(1)).await;
    let before = asked();
    // It ran a second after that poll, which metrics tell a minute later.
    let polled = *before.last().unwrap();
    let (now, ran) = (polled.plus_ms(60_000), polled.plus_ms(1_000));
    pulse.metrics(now, Some(ran));
    sleep(Duration::from_secs(1)).await;
    let after = asked();
    assert_eq!(after.len(), before.len() + 1);
    let late = after.last().unwrap().since(now);
    assert!((0..2_000).contains(&late), "at once: {late}");
    // The same said again is no news.
    pulse.metrics(now, Some(ran));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(asked().len(), after.len());
    cancel.cancel();
    read.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_who_gives_up_his_place_does_not_keep_the_next_waiting() {
    let (pumps, _received, _cancel) = at_five_a_second();
    let call = Call {
        action: "logs:FilterLogEvents",
        place: "".into(),
        quota: Some(0.2),
        billed: false,
    };
    let turnstile = &pumps.turnstile;
    let never = || Box::pin(std::future::pending());
    turnstile.pass(&call, "first", true, never()).await;
    let given_up = Duration::from_secs(1);
    let second = turnstile.pass(&call, "second", true, never());
    assert!(tokio::time::timeout(given_up, second).await.is_err());
    let begun = Instant::now();
    turnstile.pass(&call, "third", false, never()).await;
    assert!(
        begun.elapsed() <= Duration::from_secs(10),
        "0.1 calls a second"
    );
}

#[tokio::test(start_paused = true)]
async fn without_money_what_is_billed_ends_and_the_rest_goes_on() {
    struct Billed;
    impl Source for Billed {
        fn name(&self) -> &'static str {
            "metrics"
        }
        fn call(&self) -> Option<Call> {
            Some(Call {
                action: "cloudwatch:GetMetricData",
                place: "".into(),
                quota: None,
                billed: true,
            })
        }
        fn fetch(&mut self, _: Timestamp) -> Fetching<'_> {
            let page = Page::new(Batch::default(), Next::CaughtUp);
            Box::pin(async move { Ok(Page { usd: 0.01, ..page }) })
        }
        fn unseen(&self, now: Timestamp, why: GapReason) -> Option<Gap> {
            let (group, from) = ("rare".into(), Timestamp(0));
            Some(Gap {
                group,
                from,
                to: now,
                why,
            })
        }
    }
    let made = |usd_an_hour| async move {
        let begun = Instant::now();
        let clock: Clock = Arc::new(move || Timestamp(begun.elapsed().as_millis() as i64));
        let (batches, _received) = mpsc::channel(QUEUE);
        let cancel = CancellationToken::new();
        let terms = Terms {
            usd_an_hour,
            ..Terms::default()
        };
        let pumps = Pumps::new(batches, clock, Patience::Endless, terms, cancel.clone());
        pumps.start(Box::new(Billed));
        let board = pumps.board();
        sleep(Duration::from_mins(60)).await;
        cancel.cancel();
        board.borrow().clone()
    };
    let board = made(0.25).await;
    let calls = board.calls.values().next().unwrap();
    assert!(
        (20..=26).contains(&calls.made),
        "a cent each: {}",
        calls.made
    );
    assert!((board.money.spent_usd - 0.01 * calls.made as f64).abs() < 1e-9);
    let board = made(0.0).await;
    assert!(board.calls.is_empty());
    let health = &board.sources["metrics"];
    assert_eq!(health.state, SourceState::Ended);
    assert!(health.trouble.as_deref().unwrap().contains("--max-cost"));
    assert_eq!(health.gaps[0].why, GapReason::Dropped, "it stays unseen");
}
