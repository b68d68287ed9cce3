mod soak;

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::time::Instant;

use super::*;
use crate::model::health::{Health, Right};
use crate::model::record::Gap;
use crate::sources::{Call, Fetching, Waiting};

type Asked = Arc<Mutex<Vec<Duration>>>;

/// Answers from a list, then has nothing more; notes when it was asked.
struct Script {
    name: &'static str,
    answers: VecDeque<Answer>,
    /// What it asks beside its own, once.
    beside: Option<Call>,
    asked: Asked,
    begun: Instant,
}

enum Answer {
    Records(usize, Next),
    Fail(FetchError),
    Find(Box<dyn Source>),
}

fn script(name: &'static str, answers: Vec<Answer>) -> (Box<dyn Source>, Asked) {
    let asked = Asked::default();
    let source = Script {
        name,
        answers: answers.into(),
        beside: (name == "functions").then(identity),
        asked: Arc::clone(&asked),
        begun: Instant::now(),
    };
    (Box::new(source), asked)
}

impl Source for Script {
    fn name(&self) -> &str {
        self.name
    }

    fn call(&self) -> Option<Call> {
        Some(Call {
            action: "logs:FilterLogEvents",
            place: "".into(),
            quota: Some(1_000.0),
            billed: false,
        })
    }

    fn fetch(&mut self, _now: Timestamp) -> Fetching<'_> {
        self.asked.lock().unwrap().push(self.begun.elapsed());
        let answer = match self.answers.pop_front() {
            None => Ok(Page::new(Batch::default(), Next::CaughtUp)),
            Some(Answer::Records(count, next)) => {
                let records = vec![Record::Segment("{}".into()); count];
                Ok(Page::new(records, next))
            }
            Some(Answer::Fail(error)) => Err(error),
            Some(Answer::Find(source)) => Ok(Page {
                found: vec![source],
                ..Page::new(Batch::default(), Next::End)
            }),
        };
        Box::pin(async { answer })
    }

    fn asked_beside(&mut self) -> Option<Call> {
        self.beside.take()
    }

    fn unseen(&self, now: Timestamp, why: GapReason) -> Option<Gap> {
        Some(Gap {
            group: self.name.into(),
            from: Timestamp(0),
            to: now,
            why,
        })
    }
}

/// The question whose account it is, which has no published quota.
fn identity() -> Call {
    Call {
        action: "sts:GetCallerIdentity",
        place: "".into(),
        quota: None,
        billed: false,
    }
}

fn key() -> (Arc<str>, &'static str) {
    ("".into(), "logs:FilterLogEvents")
}

fn transient() -> Answer {
    Answer::Fail(FetchError::Transient {
        message: "no answer".to_owned(),
    })
}

fn pumps() -> (Pumps, mpsc::Receiver<Batch>, CancellationToken) {
    patient(Patience::Endless)
}

fn patient(patience: Patience) -> (Pumps, mpsc::Receiver<Batch>, CancellationToken) {
    let begun = Instant::now();
    let clock: Clock = Arc::new(move || Timestamp(begun.elapsed().as_millis() as i64));
    let (batches, received) = mpsc::channel(QUEUE);
    let cancel = CancellationToken::new();
    let pumps = Pumps::new(batches, clock, patience, Terms::default(), cancel.clone());
    (pumps, received, cancel)
}

async fn records_until_closed(mut received: mpsc::Receiver<Batch>) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some(batch) = received.recv().await {
        records.extend(batch.records);
    }
    records
}

#[tokio::test(start_paused = true)]
async fn pages_that_announce_more_follow_at_once_and_the_end_closes_the_channel() {
    let (pumps, received, _cancel) = pumps();
    let (source, asked) = script(
        "logs a",
        vec![
            Answer::Records(2, Next::More),
            Answer::Records(0, Next::More),
            Answer::Records(3, Next::End),
        ],
    );
    pumps.start(source);
    let board = pumps.board();
    drop(pumps);
    assert_eq!(records_until_closed(received).await.len(), 5);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 3);
    assert!(asked[2] < Duration::from_millis(10), "{asked:?}");
    let board = board.borrow();
    assert_eq!(board.sources["logs a"].state, SourceState::Ended);
    assert_eq!(board.sources["logs a"].records, Some(5));
    assert_eq!(board.calls[&key()].made, 3);
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_after_200_ms_doubling_and_nothing_is_lost() {
    let (pumps, received, _cancel) = pumps();
    let (source, asked) = script(
        "logs a",
        vec![
            transient(),
            transient(),
            transient(),
            Answer::Records(1, Next::End),
        ],
    );
    pumps.start(source);
    drop(pumps);
    assert_eq!(records_until_closed(received).await.len(), 1);
    let asked = asked.lock().unwrap().clone();
    let waits: Vec<_> = asked
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    for (wait, base) in waits.iter().zip([200, 400, 800]) {
        let base = Duration::from_millis(base);
        assert!(*wait <= base + Duration::from_millis(2), "{waits:?}");
        assert!(*wait >= base.mul_f64(0.75), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_waits_as_long_as_the_service_asks_and_halves_the_pace() {
    let (pumps, received, _cancel) = pumps();
    let throttled = Answer::Fail(FetchError::Throttled {
        after: Duration::from_secs(5),
        message: "slow down".to_owned(),
    });
    let (source, asked) = script("logs a", vec![throttled, Answer::Records(1, Next::End)]);
    pumps.start(source);
    let board = pumps.board();
    drop(pumps);
    records_until_closed(received).await;
    assert!(asked.lock().unwrap()[1] >= Duration::from_secs(5));
    let calls = board.borrow().calls[&key()];
    assert_eq!((calls.made, calls.refused), (2, 1));
    let allowed = calls.allowed_per_second.unwrap();
    assert!(
        (249.0..400.0).contains(&allowed),
        "half of the share of 500, recovering after 5 s: {allowed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_denied_source_stops_and_says_what_it_lacks_while_the_others_go_on() {
    let (pumps, received, _cancel) = pumps();
    let right = Right {
        action: "logs:FilterLogEvents".into(),
        resource: Some("/aws/lambda/a".into()),
    };
    let denied = Answer::Fail(FetchError::Denied {
        right: right.clone(),
        message: "denied: logs:FilterLogEvents on /aws/lambda/a".to_owned(),
        asked: true,
        may_pass: false,
    });
    let (first, asked) = script("logs a", vec![denied]);
    let (second, _) = script("logs b", vec![transient(), Answer::Records(4, Next::End)]);
    pumps.start(first);
    pumps.start(second);
    let board = pumps.board();
    drop(pumps);
    let records = records_until_closed(received).await;
    let gaps = records
        .iter()
        .filter(|record| matches!(record, Record::Gap(gap) if gap.why == GapReason::Denied));
    assert_eq!((gaps.count(), records.len()), (1, 5));
    assert_eq!(asked.lock().unwrap().len(), 1, "never asked again");
    let health = board.borrow().sources["logs a"].clone();
    assert_eq!(health.state, SourceState::Denied);
    assert_eq!(health.lacks, Some(right));
    assert_eq!(health.gaps.len(), 1);
}

/// Nobody who is logged in has the right, and then somebody logs in who does.
#[tokio::test(start_paused = true)]
async fn what_a_login_may_bring_is_asked_for_again_and_is_no_gap_then() {
    let denied = |asked| {
        Answer::Fail(FetchError::Denied {
            right: Right {
                action: "logs:FilterLogEvents".into(),
                resource: None,
            },
            message: "denied".to_owned(),
            asked,
            may_pass: true,
        })
    };
    let (pumps, _received, cancel) = pumps();
    let answers = vec![
        denied(true),
        denied(false),
        Answer::Records(1, Next::CaughtUp),
    ];
    let (source, asked) = script("logs a", answers);
    pumps.start(source);
    let board = pumps.board();
    sleep(Duration::from_millis(50)).await;
    let health = board.borrow().sources["logs a"].clone();
    assert_eq!(health.state, SourceState::Denied);
    assert!(health.lacks.is_some() && health.again_at.is_some() && health.gaps.is_empty());
    sleep(Duration::from_millis(600)).await;
    assert_eq!(asked.lock().unwrap().len(), 3, "after 200 and 400 ms");
    let board = board.borrow().clone();
    let health = &board.sources["logs a"];
    assert_eq!(
        (health.state, &health.lacks),
        (SourceState::CaughtUp, &None)
    );
    assert!(health.gaps.is_empty());
    let calls = board.calls[&key()];
    assert_eq!(
        (calls.made, calls.granted, calls.denied),
        (2, 1, 1),
        "the second did not go out"
    );
    cancel.cancel();
}

/// Only what went out counts: neither a call, nor a pace, nor a right is shown of those that lacked credentials.
#[tokio::test(start_paused = true)]
async fn calls_that_were_not_made_are_not_counted() {
    let logged_out = |asked| {
        let message = "no AWS credentials".to_owned();
        Answer::Fail(FetchError::LoggedOut { message, asked })
    };
    let (pumps, _received, cancel) = pumps();
    let (source, asked) = script(
        "logs a",
        vec![
            logged_out(false),
            logged_out(false),
            logged_out(true),
            Answer::Records(1, Next::CaughtUp),
        ],
    );
    pumps.start(source);
    let board = pumps.board();
    // 200 and 400 ms are waited, less up to a quarter each.
    sleep(Duration::from_millis(445)).await;
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(board.borrow().calls.get(&key()), None);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(asked.lock().unwrap().len(), 3);
    let calls = board.borrow().calls[&key()];
    assert_eq!(calls.made, 1, "refused, but made");
    assert!(calls.per_second < 1.5 / 30.0, "{}", calls.per_second);
    sleep(Duration::from_millis(810)).await;
    assert_eq!(board.borrow().calls[&key()].made, 2);
    cancel.cancel();
}

#[tokio::test(start_paused = true)]
async fn what_a_source_asks_beside_its_own_is_a_call_too() {
    let (pumps, _received, cancel) = pumps();
    let pages = [Next::More, Next::More, Next::CaughtUp];
    let answers = pages.map(|next| Answer::Records(1, next)).into();
    let (source, _) = script("functions", answers);
    pumps.start(source);
    sleep(Duration::from_millis(10)).await;
    let board = pumps.board();
    let calls = board.borrow().calls.clone();
    let identity = identity();
    let beside = calls[&(identity.place, identity.action)];
    assert_eq!((beside.made, beside.quota_per_second), (1, None));
    assert_eq!(calls[&key()].made, 3, "its own are counted apart");
    cancel.cancel();
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_asked_nothing_is_counted() {
    let (pumps, received, _cancel) = pumps();
    let unable = FetchError::Unable {
        message: "no AWS region".to_owned(),
    };
    let elsewhere = FetchError::Elsewhere { message: None };
    for (name, error) in [("logs a", unable), ("logs b", elsewhere)] {
        let (source, _) = script(name, vec![Answer::Fail(error)]);
        pumps.start(source);
    }
    let board = pumps.board();
    drop(pumps);
    records_until_closed(received).await;
    assert!(board.borrow().calls.is_empty());
    assert_eq!(board.borrow().sources["logs a"].state, SourceState::Broken);
}

#[tokio::test(start_paused = true)]
async fn a_found_source_is_pumped_too() {
    let (pumps, received, _cancel) = pumps();
    let (found, _) = script("logs new", vec![Answer::Records(7, Next::End)]);
    let (finder, _) = script("functions", vec![Answer::Find(found)]);
    pumps.start(finder);
    drop(pumps);
    assert_eq!(records_until_closed(received).await.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_parks_the_pump_and_cancelling_ends_it_within_a_second() {
    let (pumps, mut received, cancel) = pumps();
    let answers = (0..50).map(|_| Answer::Records(1, Next::More)).collect();
    let (source, asked) = script("logs a", answers);
    pumps.start(source);
    drop(pumps);
    sleep(Duration::from_mins(1)).await;
    let fetched = asked.lock().unwrap().len();
    assert_eq!(fetched, QUEUE + 1, "one page waits to be taken");
    cancel.cancel();
    let closed = async { while received.recv().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(1), closed)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_source_is_asked_once_an_interval() {
    let (pumps, _received, cancel) = pumps();
    let (source, asked) = script("logs a", Vec::new());
    pumps.start(source);
    sleep(Duration::from_mins(1)).await;
    cancel.cancel();
    let asked = asked.lock().unwrap().len();
    assert!((30..=41).contains(&asked), "every 1.5 to 2 s: {asked}");
}

/// How often a source was asked that brings one page after `before` failures and then fails for ever.
async fn asked_in_a_minute(patience: Patience, before: usize) -> usize {
    let (pumps, received, cancel) = patient(patience);
    let mut answers: Vec<_> = (0..before).map(|_| transient()).collect();
    answers.push(Answer::Records(1, Next::More));
    answers.extend((0..100).map(|_| transient()));
    let (source, asked) = script("logs a", answers);
    pumps.start(source);
    drop(pumps);
    let _received = received;
    sleep(Duration::from_mins(1)).await;
    cancel.cancel();
    let asked = asked.lock().unwrap();
    asked.len()
}

#[tokio::test(start_paused = true)]
async fn patience_ends_after_three_failures_in_a_row_where_it_is_little() {
    assert_eq!(asked_in_a_minute(Patience::Little, 0).await, 1 + 3);
    assert_eq!(asked_in_a_minute(Patience::Little, 2).await, 2 + 1 + 3);
    assert_eq!(asked_in_a_minute(Patience::Little, 5).await, 3);
    assert_eq!(asked_in_a_minute(Patience::AfterStart, 5).await, 3);
    assert!(asked_in_a_minute(Patience::AfterStart, 2).await > 8);
    assert!(asked_in_a_minute(Patience::Endless, 5).await > 8);
}

/// Fails for as long as it `lasts`, then goes on, and is complete up to five seconds ago.
struct Outage {
    begun: Instant,
    lasts: Duration,
    complete: Timestamp,
}

impl Source for Outage {
    fn name(&self) -> &'static str {
        "logs a"
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        let over = self.begun.elapsed() >= self.lasts;
        if over {
            self.complete = now.plus_ms(-5_000);
        }
        Box::pin(async move {
            if over {
                Ok(Page::new(Batch::default(), Next::CaughtUp))
            } else {
                let message = "no answer".to_owned();
                Err(FetchError::Transient { message })
            }
        })
    }

    fn describe(&self, health: &mut Health) {
        health.complete_until = Some(self.complete);
    }

    fn unseen(&self, now: Timestamp, why: GapReason) -> Option<Gap> {
        Some(Gap {
            group: "a".into(),
            from: self.complete,
            to: now,
            why,
        })
    }
}

/// What is said of an outage of so many seconds, 10 s into it, 40 s into it, and a minute after it.
async fn said_of_an_outage(seconds: u64) -> [Health; 3] {
    let (pumps, _received, cancel) = pumps();
    let outage = Duration::from_secs(seconds);
    let source = Outage {
        begun: Instant::now(),
        lasts: outage,
        complete: Timestamp(-5_000),
    };
    pumps.start(Box::new(source));
    let board = pumps.board();
    let said = || board.borrow().sources["logs a"].clone();
    sleep(Duration::from_secs(10)).await;
    let soon = said();
    sleep(Duration::from_secs(30)).await;
    let later = said();
    sleep(outage + Duration::from_secs(20)).await;
    cancel.cancel();
    [soon, later, said()]
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_lasts_is_an_open_gap_until_all_of_it_was_read() {
    let [soon, later, after] = said_of_an_outage(60).await;
    assert_eq!(soon.unseen, None, "ten seconds are no gap");
    let open = later.unseen.unwrap();
    assert_eq!(
        (open.from, open.why),
        (Timestamp(-5_000), GapReason::Outage)
    );
    assert!(open.to > Timestamp(20_000), "{open:?}");
    assert_eq!(after.unseen, None);
    let [filled] = &after.filled[..] else {
        panic!("{:?}", after.filled);
    };
    assert_eq!(filled.gap.from, open.from);
    assert!(
        filled.gap.to >= Timestamp(60_000) && filled.at >= filled.gap.to.plus_ms(5_000),
        "read once it is complete beyond it: {filled:?}"
    );
    assert!(after.gaps.is_empty(), "nothing was lost");
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_is_no_gap() {
    let [soon, later, after] = said_of_an_outage(5).await;
    for health in [soon, later, after] {
        assert_eq!((health.unseen, health.filled), (None, Vec::new()));
    }
}

/// Goes on at a price, once it was called.
struct Session(bool);

impl Source for Session {
    fn name(&self) -> &'static str {
        "live tail"
    }

    fn call(&self) -> Option<Call> {
        let call = Call {
            action: "logs:StartLiveTail",
            place: "".into(),
            quota: None,
            billed: true,
        };
        Some(call).filter(|_| !self.0)
    }

    fn running(&self) -> Option<Call> {
        let on = Self(!self.0);
        on.call()
    }

    fn hang_up(&mut self) {
        self.0 = false;
    }

    fn fetch(&mut self, _: Timestamp) -> Fetching<'_> {
        self.0 = true;
        Box::pin(async {
            // A minute passes, and costs a cent.
            sleep(Duration::from_mins(1)).await;
            let page = Page::new(Batch::default(), Next::More);
            Ok(Page { usd: 0.01, ..page })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_paid_by_time_ends_when_the_money_does_and_comes_back_with_it() {
    let (pumps, _received, cancel) = pumps();
    pumps.start(Box::new(Session(false)));
    let board = pumps.board();
    sleep(Duration::from_hours(2)).await;
    cancel.cancel();
    let board = board.borrow();
    let calls = board.calls.values().next().unwrap();
    // 0.0625 $ at once and 0.1875 $ an hour buy 43 minutes in two hours: six or seven at once, then one after the other.
    let paid = (calls.usd.unwrap() * 100.0).round() as i64;
    assert!((40..=45).contains(&paid), "{paid} cents");
    assert!(
        (30..=41).contains(&calls.made),
        "most sessions are one minute long: {}",
        calls.made
    );
}

/// Ten quiet sources wait for one call a second; the last of them is said to be written to meanwhile.
#[tokio::test(start_paused = true)]
async fn who_stirs_while_it_waits_comes_forward() {
    struct Quiet(String, Arc<Mutex<Vec<String>>>, bool);
    impl Source for Quiet {
        fn name(&self) -> &str {
            &self.0
        }
        fn call(&self) -> Option<Call> {
            Some(Call {
                action: "logs:FilterLogEvents",
                place: "".into(),
                quota: Some(2.0),
                billed: false,
            })
        }
        fn stirs(&self) -> bool {
            false
        }
        fn stirred(&mut self) -> Waiting<'_> {
            let stirs = self.2;
            Box::pin(async move {
                sleep(Duration::from_millis(500)).await;
                if !stirs {
                    std::future::pending::<()>().await;
                }
            })
        }
        fn fetch(&mut self, _: Timestamp) -> Fetching<'_> {
            self.1.lock().unwrap().push(self.0.clone());
            Box::pin(async { Ok(Page::new(Batch::default(), Next::End)) })
        }
    }
    let (pumps, _received, cancel) = pumps();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    for at in 0..10 {
        let name = format!("logs {at}");
        pumps.start(Box::new(Quiet(name, Arc::clone(&asked), at == 9)));
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_secs(15)).await;
    cancel.cancel();
    let asked = asked.lock().unwrap();
    let place = asked.iter().position(|name| name == "logs 9");
    assert_eq!(asked.len(), 10);
    assert!(place <= Some(2), "not the last: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_looked_at_is_asked_before_its_interval_is_over() {
    struct Slow(Asked, Instant);
    impl Source for Slow {
        fn name(&self) -> &'static str {
            "logs a"
        }
        fn interval(&self) -> Duration {
            Duration::from_mins(2)
        }
        fn fetch(&mut self, _: Timestamp) -> Fetching<'_> {
            self.0.lock().unwrap().push(self.1.elapsed());
            Box::pin(async { Ok(Page::new(Batch::default(), Next::CaughtUp)) })
        }
    }
    let (pumps, _received, cancel) = pumps();
    let asked = Asked::default();
    pumps.start(Box::new(Slow(Arc::clone(&asked), Instant::now())));
    sleep(Duration::from_secs(30)).await;
    assert_eq!(asked.lock().unwrap().len(), 1);
    pumps.attendant()(Attention {
        focus: ["logs a".into()].into(),
        ..Attention::default()
    });
    sleep(Duration::from_secs(10)).await;
    cancel.cancel();
    let asked = asked.lock().unwrap();
    assert!(
        (5..=6).contains(&asked.len()),
        "every two seconds: {asked:?}"
    );
}

/// After the first page the source rests for its interval of two seconds, give or take the jitter.
#[tokio::test(start_paused = true)]
async fn who_wants_to_know_now_does_not_wait_for_the_interval() {
    let (pumps, _received, cancel) = pumps();
    let (source, asked) = script("logs a", Vec::new());
    pumps.start(source);
    sleep(Duration::from_millis(100)).await;
    pumps.hurry();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(
        *asked.lock().unwrap(),
        [Duration::ZERO, Duration::from_millis(100)]
    );
    cancel.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_service_asked_for_is_kept() {
    let (pumps, _received, cancel) = pumps();
    let throttled = Answer::Fail(FetchError::Throttled {
        after: Duration::from_secs(5),
        message: "slow down".to_owned(),
    });
    let (source, asked) = script("logs a", vec![throttled]);
    pumps.start(source);
    sleep(Duration::from_millis(100)).await;
    pumps.hurry();
    sleep(Duration::from_secs(4)).await;
    assert_eq!(asked.lock().unwrap().len(), 1);
    cancel.cancel();
}

/// Other places: the board forgets the sources before, quota and calls go on.
#[tokio::test(start_paused = true)]
async fn pumps_begun_anew_share_quota_and_forget_the_sources_before() {
    let (pumps, _received, cancel) = pumps();
    let (before, _) = script("logs a", Vec::new());
    pumps.start(before);
    sleep(Duration::from_millis(100)).await;
    cancel.cancel();
    let (batches, _others) = mpsc::channel(QUEUE);
    let turned = pumps.anew(batches, CancellationToken::new());
    let (after, _) = script("logs b", Vec::new());
    turned.start(after);
    sleep(Duration::from_millis(100)).await;
    let board = turned.board().borrow().clone();
    assert_eq!(
        board.sources.keys().map(|name| &**name).collect::<Vec<_>>(),
        ["logs b"]
    );
    assert_eq!(board.calls[&key()].made, 2);
}
