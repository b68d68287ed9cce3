use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::simulated::{Chance, Cloud, Simulated};
use super::*;
use crate::model::time::MINUTE_MS;

const START: i64 = 100_000_000;

fn cloud() -> Arc<Mutex<Cloud>> {
    Arc::default()
}

fn follow(cloud: &Arc<Mutex<Cloud>>, since: i64, page: usize) -> Follow<Simulated> {
    let window = Window {
        since: Timestamp(since),
        until: None,
    };
    Follow::new("g", window, Simulated::new(cloud, page, 1))
}

/// Ids of the events that one page brings.
async fn page(follow: &mut Follow<Simulated>, now: i64) -> (Vec<u64>, Next) {
    let page = follow.fetch(Timestamp(now)).await.unwrap();
    (ids(&page.batch), page.next)
}

fn ids(batch: &Batch) -> Vec<u64> {
    let id = |record: &Record| match record {
        Record::Log(record) => record.event_id.as_deref()?.parse().ok(),
        _ => None,
    };
    batch.records.iter().filter_map(id).collect()
}

#[tokio::test(start_paused = true)]
async fn a_backlog_of_a_million_events_shows_the_newest_first_and_fills_in_behind() {
    let cloud = cloud();
    {
        let mut cloud = cloud.lock().unwrap();
        // A quarter of an hour, 1,111 a second.
        for id in 0..1_000_000 {
            let at = Timestamp(START - 900_000 + id * 9 / 10);
            cloud.put(at, at.plus_ms(50));
        }
    }
    let mut follow = follow(&cloud, START - 900_000, 10_000);
    let mut seen = vec![false; 1_000_000];
    let (mut pages, mut oldest_of_first) = (0, u64::MAX);
    loop {
        // Five pages a second.
        let now = START + pages * 200;
        pages += 1;
        let (ids, next) = page(&mut follow, now).await;
        for id in &ids {
            assert!(!std::mem::replace(&mut seen[*id as usize], true), "twice");
        }
        if pages == 3 {
            oldest_of_first = seen.iter().position(|seen| *seen).unwrap() as u64;
        }
        if next == Next::CaughtUp {
            break;
        }
    }
    assert!(
        oldest_of_first >= 980_000,
        "the first pages show the last quarter of a minute: {oldest_of_first}"
    );
    assert!(seen.iter().all(|seen| *seen), "all of it");
    assert!(pages < 200, "100 pages, and the edge meanwhile: {pages}");
}

/// What was there before is not late, nor is what comes before its time was said to be complete.
#[tokio::test(start_paused = true)]
async fn a_backlog_is_not_late() {
    let cloud = cloud();
    for second in 0..=600 {
        let at = Timestamp(START - 600_000 + second * 1_000);
        cloud.lock().unwrap().put(at, at.plus_ms(100));
    }
    let mut follow = follow(&cloud, START - 600_000, 1_000);
    let (ids, next) = page(&mut follow, START + 200).await;
    assert_eq!((ids.len(), next), (601, Next::CaughtUp));
    // Three seconds late, while up to five are allowed for.
    let slow = Timestamp(START);
    cloud.lock().unwrap().put(slow, slow.plus_ms(3_000));
    let (ids, _) = page(&mut follow, START + 3_100).await;
    assert_eq!(ids.len(), 1);
    let mut health = Health::default();
    follow.describe(&mut health);
    assert_eq!(health.late, Some(0));
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_late_events_is_read_whole_once_and_in_bounded_memory() {
    let cloud = cloud();
    let mut chance = Chance::new(5);
    let mut follow = follow(&cloud, START - 1_000, 1_000);
    let mut read = BTreeMap::<u64, u32>::new();
    let mut most = 0;
    // Ten minutes late, and five until that deep is read again.
    for second in 0..3_600 + 960 {
        let now = START + second * 1_000;
        if second < 3_600 {
            let mut cloud = cloud.lock().unwrap();
            for _ in 0..5 {
                let at = Timestamp(now - chance.below(1_000) as i64);
                // One in a hundred comes up to ten minutes late.
                let late = if chance.one_in(100) { 600_000 } else { 3_000 };
                cloud.put(at, at.plus_ms(chance.below(late) as i64));
            }
        }
        if second % 2 == 0 {
            loop {
                let (ids, next) = page(&mut follow, now).await;
                for id in ids {
                    *read.entry(id).or_default() += 1;
                }
                if next == Next::CaughtUp {
                    break;
                }
            }
        }
        most = most.max(follow.seen.len());
    }
    let put = cloud.lock().unwrap().len();
    assert_eq!(read.len(), put, "none lost");
    assert!(read.values().all(|times| *times == 1), "none twice");
    // 5 a second: 15 minutes that are read again, and as long as it takes until they are.
    assert!(most < 5 * 60 * 22, "{most}");
    let mut health = Health::default();
    follow.describe(&mut health);
    // What is said to be complete allows for all but the latest in a thousand (18), and but one in a hundred is late at all (180, give
    // or take three times their spread of 13).
    assert!(
        health.late.is_some_and(|late| (18..220).contains(&late)),
        "{:?}",
        health.late
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_with_a_token_is_followed_and_one_that_repeats_itself_is_given_up() {
    struct Stuck(u32);
    impl Events for Stuck {
        fn call(&self) -> Call {
            Call {
                action: "logs:FilterLogEvents",
                place: "".into(),
                quota: None,
                billed: false,
            }
        }
        fn page<'a>(&'a mut self, _: &'a Question, _: Timestamp) -> Asking<'a> {
            self.0 += 1;
            let next = match self.0 {
                1 => Some("one".to_owned()),
                2..=5 => Some("two".to_owned()),
                _ => None,
            };
            let events = Vec::new();
            Box::pin(async { Ok(Answer::Page { events, next }) })
        }
    }
    let since = Timestamp(START - 5_000);
    let window = Window { since, until: None };
    let mut follow = Follow::new("g", window, Stuck(0));
    for _ in 0..4 {
        let page = follow.fetch(Timestamp(START)).await.unwrap();
        assert_eq!(page.next, Next::More);
    }
    let fifth = follow.fetch(Timestamp(START)).await;
    assert!(matches!(fifth, Err(FetchError::Transient { .. })));
    let question = follow.cursor.question(Timestamp(START));
    assert_eq!(question.token, None, "from the start");
    let sixth = follow.fetch(Timestamp(START)).await.unwrap();
    assert_eq!(sixth.next, Next::CaughtUp);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_vanishes_is_said_and_picked_up_when_it_comes_back() {
    let cloud = cloud();
    let mut follow = follow(&cloud, START - MINUTE_MS, 10);
    let note = |follow: &Follow<Simulated>| {
        let mut health = Health::default();
        follow.describe(&mut health);
        health.note.unwrap_or_default().into_string()
    };
    cloud.lock().unwrap().absent = true;
    page(&mut follow, START).await;
    assert!(note(&follow).starts_with("there is no such log group"));
    cloud.lock().unwrap().absent = false;
    page(&mut follow, START + 2_000).await;
    assert_eq!(note(&follow), "");
    cloud.lock().unwrap().absent = true;
    page(&mut follow, START + 4_000).await;
    assert!(note(&follow).starts_with("the log group was deleted, read up to "));
    {
        let mut cloud = cloud.lock().unwrap();
        cloud.absent = false;
        cloud.put(Timestamp(START + 5_000), Timestamp(START + 5_000));
    }
    let (ids, _) = page(&mut follow, START + 6_000).await;
    assert_eq!(ids, [0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_seen_of_an_outage_begins_where_it_was_complete() {
    let cloud = cloud();
    let mut follow = follow(&cloud, START - MINUTE_MS, 10);
    page(&mut follow, START).await;
    let later = Timestamp(START + MINUTE_MS);
    let gap = follow.unseen(later, GapReason::Outage).unwrap();
    assert_eq!((gap.from, gap.to), (Timestamp(START - 5_000), later));
}

/// A window is read by a token that expires once, and the page behind it brings the last line of the page before again, as queries do.
#[tokio::test(start_paused = true)]
async fn a_window_is_read_once_though_pages_of_it_come_again() {
    struct Expires(bool);
    impl Events for Expires {
        fn call(&self) -> Call {
            Call {
                action: "logs:FilterLogEvents",
                place: "".into(),
                quota: None,
                billed: false,
            }
        }
        fn page<'a>(&'a mut self, question: &'a Question, _: Timestamp) -> Asking<'a> {
            let line = |at: i64, text: &str| LogRecord {
                group: "g".into(),
                stream: "s".into(),
                timestamp: Timestamp(at),
                ingestion: None,
                event_id: None,
                message: text.into(),
            };
            let (one, two, three) = (
                line(START - 3, "1"),
                line(START - 2, "2"),
                line(START - 1, "3"),
            );
            let (events, next) = match question.token {
                None => (vec![one, two], Some("behind".to_owned())),
                Some(_) if std::mem::replace(&mut self.0, false) => {
                    let message = "InvalidParameterException".to_owned();
                    return Box::pin(async { Err(FetchError::Broken { message }) });
                }
                Some(_) => (vec![two, three], None),
            };
            Box::pin(async { Ok(Answer::Page { events, next }) })
        }
    }
    let window = Window {
        since: Timestamp(START - 10),
        until: Some(Timestamp(START)),
    };
    let mut follow = Follow::new("g", window, Expires(true));
    let mut read = Vec::new();
    loop {
        match follow.fetch(Timestamp(START)).await {
            Ok(page) => {
                let lines = page.batch.records.into_iter();
                read.extend(lines.filter_map(|record| match record {
                    Record::Log(record) => Some(record.message),
                    _ => None,
                }));
                if page.next == Next::End {
                    break;
                }
            }
            Err(error) => assert!(matches!(error, FetchError::Transient { .. })),
        }
    }
    let read: Vec<&str> = read.iter().map(|line| &**line).collect();
    assert_eq!(read, ["1", "2", "3"]);
    assert_eq!(follow.seen.len(), 0, "nothing comes again");
}
