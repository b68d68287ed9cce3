//! The one scan that most lines get: whether a line could say anything, and of what.

use aho_corasick::{AhoCorasick, BuildError, Input, Match, MatchKind, Span, packed};
use memchr::memmem::Finder;

use super::platform_json;

// The search compares four letters before it looks closer: of a word that begins as words do that lines are full of (`event`, `request`,
// `message`, `function`, `lambda`), only the rest is looked for.

/// Events, outcomes of items, durable executions, platform events.
const EVENTS: [&str; 11] = [
    "Records",
    "records",
    // eventSource
    "ntSource",
    // detail-type
    "il-type",
    // requestContext
    "stContext",
    "Execution",
    // itemIdentifier
    "mIdentifier",
    "xecutionArn",
    "xecution_arn",
    "{requestId=",
    platform_json::MARK,
];

/// Ids that a send returned.
const IDS: [&str; 13] = [
    // messageId
    "ageId",
    "age_id",
    "ventId",
    "vent_id",
    // sequenceNumber
    "uenceNumber",
    "uence_number",
    // lambdaRequestId
    "daRequestId",
    "da_request_id",
    "nvokedRequestId",
    "nvocationId",
    "ExecutedVersion",
    "StatusCode",
    // functionName
    "ionName",
];

/// Refused calls.
const REFUSALS: [&str; 13] = [
    "hrottl",
    "TooManyRequests",
    "Too Many Requests",
    // RequestLimitExceeded
    "tLimitExceeded",
    "BandwidthLimitExceeded",
    "ThroughputExceeded",
    "ate exceeded",
    "ate Exceeded",
    "SlowDown",
    // request rate
    "est rate",
    // RequestRateTooLarge
    "RateTooLarge",
    "PriorRequestNotComplete",
    "current capacity",
];

/// The status of refused calls. A search for many texts tells them apart by so many first letters as the shortest has: it is looked
/// for by itself.
const STATUS: &str = "429";

/// Exceptions.
const EXCEPTIONS: [&str; 8] = [
    "xception",
    "Error",
    "error",
    "Traceback",
    "panic",
    "stack",
    "Stack",
    "Failure",
];

/// Events seen before.
const REPEATS: [&str; 4] = ["dempoten", "ConditionalCheckFailed", "already", "uplicate"];

/// Ids handed on.
const CORRELATIONS: [&str; 7] = [
    "orrelation",
    // traceparent
    "ceparent",
    // not the `function_request_id` of every Powertools line
    "\"request_id",
    " request_id",
    "-request-id",
    "-Request-Id",
    "-Request-ID",
];

/// Those that a search for many texts looks for.
const GROUPS: [&[&str]; 6] = [
    &EVENTS,
    &IDS,
    &REFUSALS,
    &EXCEPTIONS,
    &REPEATS,
    &CORRELATIONS,
];

/// What a line could speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) ids: bool,
    pub(super) refusal: bool,
    pub(super) exception: bool,
    pub(super) repeat: bool,
    pub(super) correlation: bool,
}

/// Looks for texts without which a grammar of application lines finds nothing.
#[derive(Debug)]
pub(super) struct Needles {
    search: Search,
    /// The group of each needle that is searched for.
    groups: Vec<usize>,
    status: Finder<'static>,
    /// The mark of platform events.
    mark: Finder<'static>,
}

/// No needle begins another: where one is found, it is the only one.
#[derive(Debug)]
enum Search {
    Packed(packed::Searcher),
    /// For processors without the instructions that the packed one needs.
    Any(AhoCorasick),
}

/// The first needle of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum First {
    Of(Match),
    /// No other than the status.
    Status,
}

impl Needles {
    pub(super) fn new() -> Result<Self, BuildError> {
        let (all, groups): (Vec<_>, Vec<_>) = dealt().into_iter().unzip();
        let packed = packed::Config::new().builder().extend(&all).build();
        Ok(Self {
            search: packed.map_or_else(
                || automaton(&all).map(Search::Any),
                |it| Ok(Search::Packed(it)),
            )?,
            groups,
            status: Finder::new(STATUS),
            mark: Finder::new(platform_json::MARK),
        })
    }

    /// Whether the type of a platform event stands in a text as it is.
    pub(super) fn marked(&self, text: &str) -> bool {
        self.mark.find(text.as_bytes()).is_some()
    }

    /// The first needle in a text.
    pub(super) fn first_in(&self, text: &str) -> Option<First> {
        let first = self.search.from(text, 0).map(First::Of);
        first.or_else(|| self.has_status(text).then_some(First::Status))
    }

    /// What the needles in a text speak of; `first` is the first of them.
    pub(super) fn marks(&self, text: &str, first: Option<First>) -> Marks {
        let first = match first {
            Some(First::Of(found)) => found,
            Some(First::Status) => {
                return Marks {
                    refusal: true,
                    ..Marks::default()
                };
            }
            None => return Marks::default(),
        };
        let next = |found: &Match| self.search.from(text, found.start() + 1);
        let mut spoken = [false; GROUPS.len()];
        for found in std::iter::successors(Some(first), next) {
            spoken[self.groups[found.pattern()]] = true;
            if !spoken[1..].contains(&false) {
                break;
            }
        }
        let [_, ids, refusal, exception, repeat, correlation] = spoken;
        Marks {
            ids,
            refusal: refusal || self.has_status(text),
            exception,
            repeat,
            correlation,
        }
    }

    fn has_status(&self, text: &str) -> bool {
        self.status.find(text.as_bytes()).is_some()
    }
}

impl Search {
    fn from(&self, text: &str, at: usize) -> Option<Match> {
        match self {
            Self::Packed(searcher) => searcher.find_in(text, Span::from(at..text.len())),
            Self::Any(automaton) => automaton.find(Input::new(text).span(at..text.len())),
        }
    }
}

/// The packed search deals texts out to so many buckets, in turns.
const BUCKETS: usize = 16;

/// The needles with their groups, in an order that puts those that begin alike into one bucket: what begins, letter by letter, as any of a
/// bucket does is compared with all of it.
fn dealt() -> Vec<(&'static str, usize)> {
    let groups = GROUPS.iter().enumerate();
    let mut all: Vec<_> = groups
        .flat_map(|(at, group)| group.iter().map(move |needle| (*needle, at)))
        .collect();
    all.sort_unstable();
    // The first buckets get one more.
    let (each, more) = (all.len() / BUCKETS, all.len() % BUCKETS);
    let start = |bucket| bucket * each + more.min(bucket);
    let turns = (0..=each).flat_map(|turn| (0..BUCKETS).map(move |bucket| (turn, bucket)));
    turns
        .filter(|(turn, bucket)| start(*bucket) + turn < start(bucket + 1))
        .map(|(turn, bucket)| all[start(bucket) + turn])
        .collect()
}

fn automaton(needles: &[&str]) -> Result<AhoCorasick, BuildError> {
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::LeftmostFirst).build(needles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<&'static str> {
        [&GROUPS.concat()[..], &[STATUS]].concat()
    }

    /// Looked for one by one.
    fn plainly(text: &str) -> (bool, Marks) {
        let holds = |group: &[&str]| group.iter().any(|needle| text.contains(needle));
        let [events, ids, refusal, exception, repeat, correlation] = GROUPS.map(holds);
        let marks = Marks {
            ids,
            refusal: refusal || text.contains(STATUS),
            exception,
            repeat,
            correlation,
        };
        (events || marks != Marks::default(), marks)
    }

    fn found(needles: &Needles, text: &str) -> (bool, Marks) {
        let first = needles.first_in(text);
        (first.is_some(), needles.marks(text, first))
    }

    #[test]
    fn no_needle_begins_another_and_all_but_one_have_four_letters() {
        let all = GROUPS.concat();
        for (at, needle) in all.iter().enumerate() {
            let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
            assert!(
                !others.any(|(_, other)| other.starts_with(needle)),
                "{needle}"
            );
            assert!(needle.len() >= 4, "{needle}");
        }
    }

    #[test]
    fn every_needle_is_dealt_once_and_those_that_begin_alike_into_one_bucket() {
        let mut all: Vec<&str> = dealt().iter().map(|(needle, _)| *needle).collect();
        let bucket = |needle| {
            all.iter()
                .position(|one| *one == needle)
                .map(|at| at % BUCKETS)
        };
        assert_eq!(bucket("ventId"), bucket("vent_id"));
        let mut plain = GROUPS.concat();
        plain.sort_unstable();
        all.sort_unstable();
        assert_eq!(all, plain);
    }

    #[test]
    fn needles_are_found_wherever_they_stand_and_overlap() {
        let packed = Needles::new().expect("they can be searched for");
        let (dealt, _): (Vec<_>, Vec<_>) = dealt().into_iter().unzip();
        let any = Needles {
            search: Search::Any(automaton(&dealt).expect("they can be searched for")),
            ..Needles::new().expect("they can be searched for")
        };
        let mut texts = vec![String::new(), "nothing of interest here, for sure".into()];
        for one in all() {
            texts.extend([0, 1, 15, 16, 40].map(|before| format!("{}{one}", "-".repeat(before))));
            for other in all() {
                texts.push(format!("{one}{other} and more of it behind them"));
                // The end of one may be the start of the other.
                let shared = (1..one.len()).rev().find(|length| {
                    let end = one.get(one.len() - length..);
                    end.is_some_and(|end| other.starts_with(end))
                });
                texts.extend(
                    shared.map(|length| format!("{one}{}", other.get(length..).unwrap_or(""))),
                );
            }
        }
        for text in &texts {
            assert_eq!(found(&packed, text), plainly(text), "{text}");
            assert_eq!(found(&any, text), plainly(text), "{text}");
        }
    }
}
