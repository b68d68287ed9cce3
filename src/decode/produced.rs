//! Ids that a send returned, as senders log them: in JSON or as `key=value`.

use std::sync::LazyLock;

use hashbrown::HashSet;

use super::place;
use crate::model::fact::{Produced, ProducedKind};
use crate::model::ids::RequestId;
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};

/// Whether a line speaks of sending or of working on what came in. Both name ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Sent,
    Received,
    Unsaid,
}

/// Reads the direction out of the words of a message; who says both sent something on.
pub(super) fn direction(text: &str) -> Direction {
    const SHORTEST: usize = 3;
    let mut direction = Direction::Unsaid;
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).take(60);
    for word in words.filter(|word| word.len() >= SHORTEST) {
        let mut letters = [0; LONGEST_SENT + 1];
        let head = &word.as_bytes()[..word.len().min(letters.len())];
        let lower = &mut letters[..head.len()];
        lower.copy_from_slice(head);
        lower.make_ascii_lowercase();
        if is_sent(lower) {
            return Direction::Sent;
        }
        // The handler or the consumer that a logger is called after did nothing yet.
        let names_doer = word.ends_with("er") || word.ends_with("or");
        if !names_doer && begins_received(lower) {
            direction = Direction::Received;
        }
    }
    direction
}

/// Letters of the longest word that speaks of sending; longer ones are told by one more.
const LONGEST_SENT: usize = 10;

fn is_sent(word: &[u8]) -> bool {
    matches!(
        word,
        b"sent"
            | b"send"
            | b"sending"
            | b"published"
            | b"publish"
            | b"publishing"
            | b"queued"
            | b"enqueued"
            | b"enqueue"
            | b"put"
            | b"putting"
            | b"emitted"
            | b"emit"
            | b"produced"
            | b"dispatched"
            | b"forwarded"
            | b"invoked"
            | b"invoking"
            | b"invoke"
            | b"wrote"
            | b"submitted"
            | b"triggered"
            | b"started"
            | b"called"
    )
}

fn begins_received(word: &[u8]) -> bool {
    const STEMS: [&[u8]; 10] = [
        b"receiv",
        b"process",
        b"handl",
        b"consum",
        b"delet",
        b"fail",
        b"skip",
        b"duplicate",
        b"already",
        b"got",
    ];
    STEMS.iter().any(|stem| word.starts_with(stem))
}

/// What the line around an id says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) direction: Direction,
    /// Where the message says it was sent to.
    pub(super) target: Option<Sym>,
    /// The line's own request id, which nothing returned.
    pub(super) own: Option<RequestId>,
}

/// What was received, or asked for by polling, has these.
const RECEIVED: [&str; 5] = [
    "ReceiptHandle",
    "receiptHandle",
    "eventSource",
    "TopicArn",
    "Body",
];
/// Answers of the AWS APIs have these.
const ANSWER: [&str; 2] = ["MD5OfMessageBody", "ResponseMetadata"];
/// Names of ids, first in the case of the AWS APIs.
const MESSAGE: [&str; 3] = ["MessageId", "messageId", "message_id"];
const EVENT: [&str; 3] = ["EventId", "eventId", "event_id"];
const SHARD: [&str; 3] = ["ShardId", "shardId", "shard_id"];
const SEQUENCE: [&str; 3] = ["SequenceNumber", "sequenceNumber", "sequence_number"];
const INVOCATION: [&str; 5] = [
    "lambdaRequestId",
    "lambda_request_id",
    "invokedRequestId",
    "invoked_request_id",
    "invocationId",
];
/// Names of any request id.
const REQUEST: [&str; 3] = ["requestId", "RequestId", "request_id"];
/// What the answer of Invoke has, and where its request id stands.
const STATUS: &str = "StatusCode";
const VERSION: &str = "ExecutedVersion";
const PAYLOAD: &str = "Payload";
const METADATA: [&str; 2] = ["ResponseMetadata", "$metadata"];
/// Names of what something was sent to.
const TARGET: [&str; 14] = [
    "QueueUrl",
    "queueUrl",
    "queue_url",
    "queue",
    "TopicArn",
    "topicArn",
    "topic_arn",
    "topic",
    "StreamName",
    "streamName",
    "stream",
    "functionName",
    "FunctionName",
    "target",
];

/// All that is looked for in an object.
static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let all: [&[&str]; 11] = [
        &RECEIVED,
        &ANSWER,
        &MESSAGE,
        &EVENT,
        &SHARD,
        &SEQUENCE,
        &INVOCATION,
        &REQUEST,
        &METADATA,
        &TARGET,
        &[STATUS, VERSION, PAYLOAD],
    ];
    all.concat().into_iter().chain(place::FUNCTION).collect()
});

/// Adds the ids in one object, not below it. Keys in the case of the AWS APIs are responses unless the line speaks of
/// receiving; in another case they count only where it speaks of sending.
pub(super) fn in_object(
    object: &Json<'_>,
    context: Context,
    symbols: &mut Symbols,
    found: &mut Vec<Produced>,
) {
    // Of the many keys that an object has few are looked for, each of these under many names.
    let entries = object.entries().iter();
    let known: Vec<_> = entries
        .filter(|(key, _)| KNOWN.contains(key))
        .copied()
        .collect();
    in_known(&Json::Object(&known), context, symbols, found);
}

fn in_known(object: &Json<'_>, context: Context, symbols: &mut Symbols, found: &mut Vec<Produced>) {
    if RECEIVED.iter().any(|key| object.get(key).is_some()) {
        return;
    }
    let answers = object.first_of(&ANSWER).is_some();
    let as_response = answers || context.direction != Direction::Received;
    let as_sent = context.direction == Direction::Sent;
    let target = target_of(object, symbols).or(context.target);
    let mut add = |kind, id: &str, symbols: &mut Symbols| {
        let id = symbols.intern(id);
        if !found
            .iter()
            .any(|known| known.kind == kind && known.id == id)
        {
            found.push(Produced { kind, id, target });
        }
    };
    let text = |keys: &[&str], allowed: bool| {
        object
            .first_of(keys)
            .filter(|_| allowed)
            .and_then(Json::text)
    };
    let message = text(&MESSAGE[..1], as_response).or_else(|| text(&MESSAGE[1..], as_sent));
    if let Some(id) = message {
        add(ProducedKind::Message, id, symbols);
    }
    if let Some(id) = text(&EVENT[..1], as_response).or_else(|| text(&EVENT[1..], as_sent)) {
        add(ProducedKind::Event, id, symbols);
    }
    let shard = object.first_of(&SHARD).and_then(Json::text);
    let sequence = text(&SEQUENCE[..1], as_response).or_else(|| text(&SEQUENCE[1..], as_sent));
    if let (Some(shard), Some(sequence)) = (shard, sequence) {
        add(
            ProducedKind::Record,
            &format!("{shard}:{sequence}"),
            symbols,
        );
    }
    if let Some(id) = invocation_id(object, as_sent).filter(|id| is_foreign(id, context.own)) {
        add(ProducedKind::Invocation, id, symbols);
    }
}

/// The callee's request id: under a name of its own, in the answer of Invoke, or as any request id where the line speaks of
/// sending.
fn invocation_id<'a>(object: &'a Json<'_>, as_sent: bool) -> Option<&'a str> {
    if let Some(id) = object.first_of(&INVOCATION).and_then(Json::text) {
        return Some(id);
    }
    // 202: the event was queued, and will run under this id.
    let status = object.get(STATUS);
    let is_answer = object.get(VERSION).is_some()
        || status.is_some() && object.get(PAYLOAD).is_some()
        || status.and_then(Json::number) == Some(202.0);
    let metadata = object.first_of(&METADATA);
    if let (true, Some(metadata)) = (is_answer, metadata) {
        return metadata.first_of(&["RequestId", "requestId"])?.text();
    }
    let names_function = place::function_of(object).is_some();
    (as_sent && names_function)
        .then(|| object.first_of(&REQUEST)?.text())
        .flatten()
}

fn is_foreign(id: &str, own: Option<RequestId>) -> bool {
    RequestId::parse(id).is_some_and(|id| Some(id) != own)
}

fn target_of(object: &Json<'_>, symbols: &mut Symbols) -> Option<Sym> {
    let text = object.first_of(&TARGET)?.text()?;
    let name = match text.rsplit_once('/') {
        Some((_, name)) if text.starts_with("http") => name,
        _ => place::resource_name(text),
    };
    Some(symbols.intern(name))
}

/// Adds the ids in prose: `MessageId=…`, `messageId: …`, `lambdaRequestId=… functionName=…`.
pub(super) fn in_text(
    text: &str,
    context: Context,
    symbols: &mut Symbols,
    found: &mut Vec<Produced>,
) {
    if context.direction == Direction::Received {
        return;
    }
    let pairs: Vec<(&str, &str)> = pairs(text).take(16).collect();
    let value = |names: &[&str]| {
        pairs
            .iter()
            .find(|(key, _)| names.iter().any(|name| name.eq_ignore_ascii_case(key)))
            .map(|(_, value)| *value)
    };
    let target = value(&[
        "functionName",
        "queue",
        "queueUrl",
        "topic",
        "stream",
        "streamName",
    ])
    .map(|name| symbols.intern(name.rsplit('/').next().unwrap_or(name)))
    .or(context.target);
    let mut add = |kind, id: Option<String>| {
        if let Some(id) = id {
            found.push(Produced {
                kind,
                id: symbols.intern(&id),
                target,
            });
        }
    };
    let is_id = |id: &&str| id.len() >= 8;
    add(
        ProducedKind::Message,
        value(&["MessageId", "message_id"])
            .filter(is_id)
            .map(str::to_owned),
    );
    add(
        ProducedKind::Event,
        value(&["EventId", "event_id"])
            .filter(is_id)
            .map(str::to_owned),
    );
    let shard = value(&["ShardId", "shard_id"]);
    let sequence = value(&["SequenceNumber", "sequence_number"]);
    add(
        ProducedKind::Record,
        shard
            .zip(sequence)
            .map(|(shard, sequence)| format!("{shard}:{sequence}")),
    );
    let callee = value(&[
        "lambdaRequestId",
        "lambda_request_id",
        "invokedRequestId",
        "invocationId",
    ])
    .or_else(|| {
        let names_function = value(&["functionName", "function"]).is_some();
        value(&["requestId", "request_id"]).filter(|_| names_function)
    });
    add(
        ProducedKind::Invocation,
        callee
            .filter(|id| is_foreign(id, context.own))
            .map(str::to_owned),
    );
}

/// `key=value` and `key: value` pairs of a text. Values longer than any id are none.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    const LONGEST: usize = 256;
    text.match_indices(['=', ':']).filter_map(|(at, mark)| {
        let before = &text.as_bytes()[..at];
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let length = before.iter().rev().take_while(|byte| is_key(byte)).count();
        let key = text.get(at - length..at).filter(|key| !key.is_empty())?;
        let after = &text[at + 1..];
        let after = if mark == ":" {
            after.strip_prefix(' ')?
        } else {
            after
        };
        let value = after.strip_prefix(['"', '\'']).unwrap_or(after);
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b",;\"')}".contains(byte);
        let head = value.as_bytes().iter().take(LONGEST);
        let end = head.clone().position(ends).unwrap_or_else(|| head.len());
        let value = value.get(..end).filter(|_| end > 0 && end < LONGEST)?;
        Some((key, value.trim_end_matches('.')))
    })
}

/// Where a message says something was sent: `sent to orders`, `invoked stock-service`, `queued notify`.
pub(super) fn target_in(text: &str) -> Option<&str> {
    let mut words = text.split_ascii_whitespace().take(12);
    while let Some(word) = words.next() {
        let leads = matches!(
            word,
            "to" | "invoked" | "Invoked" | "invoking" | "queued" | "queue" | "topic" | "function"
        );
        if leads {
            let name = words
                .next()?
                .trim_matches(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
            return (!name.is_empty()).then_some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "4ebf7624-8477-4865-9709-6387616b076e";

    fn read(text: &str, json: &str) -> Vec<(ProducedKind, String, Option<String>)> {
        let mut symbols = Symbols::default();
        let context = Context {
            direction: direction(text),
            target: target_in(text).map(|name| symbols.intern(name)),
            own: RequestId::parse("2b8a9881-6c0d-43ef-b94a-617c17c62c1e"),
        };
        let mut found = Vec::new();
        if json.is_empty() {
            in_text(text, context, &mut symbols, &mut found);
        } else {
            let json = Json::read(json).expect("valid");
            in_object(&json, context, &mut symbols, &mut found);
        }
        let shown = |sym: Sym| symbols.get(sym).to_owned();
        found
            .iter()
            .map(|one| (one.kind, shown(one.id), one.target.map(shown)))
            .collect()
    }

    fn one(
        kind: ProducedKind,
        id: &str,
        target: Option<&str>,
    ) -> Vec<(ProducedKind, String, Option<String>)> {
        vec![(kind, id.to_owned(), target.map(str::to_owned))]
    }

    #[test]
    fn answers_of_sends_are_read_with_their_target() {
        let message = format!(r#"{{"MessageId":"{ID}"}}"#);
        assert_eq!(
            read("sent to chain-orders", &message),
            one(ProducedKind::Message, ID, Some("chain-orders"))
        );
        assert_eq!(read("", &message), one(ProducedKind::Message, ID, None));
        assert_eq!(
            read(
                "record put",
                r#"{"SequenceNumber":"4966","ShardId":"shardId-0"}"#
            ),
            one(ProducedKind::Record, "shardId-0:4966", None)
        );
        assert_eq!(
            read("put event", &format!(r#"{{"EventId":"{ID}"}}"#)),
            one(ProducedKind::Event, ID, None)
        );
        assert_eq!(
            read(
                "invoked it",
                &format!(r#"{{"lambdaRequestId":"{ID}","functionName":"chain-rate"}}"#)
            ),
            one(ProducedKind::Invocation, ID, Some("chain-rate"))
        );
        assert_eq!(
            read(
                "",
                &format!(
                    r#"{{"StatusCode":202,"Payload":"","ExecutedVersion":"1","ResponseMetadata":{{"RequestId":"{ID}"}}}}"#
                )
            ),
            one(ProducedKind::Invocation, ID, None)
        );
        assert_eq!(
            read(
                "",
                &format!(
                    r#"{{"StatusCode":202,"$metadata":{{"httpStatusCode":202,"requestId":"{ID}"}}}}"#
                )
            ),
            one(ProducedKind::Invocation, ID, None),
            "an event that was queued"
        );
    }

    #[test]
    fn prose_names_ids_by_key() {
        assert_eq!(
            read(
                &format!("invoked stock-service lambdaRequestId={ID} functionName=stock-service"),
                ""
            ),
            one(ProducedKind::Invocation, ID, Some("stock-service"))
        );
        assert_eq!(
            read(&format!("published to done-topic MessageId: {ID}."), ""),
            one(ProducedKind::Message, ID, Some("done-topic"))
        );
        assert_eq!(read("sent to orders, see 4ebf7624", ""), []);
    }

    #[test]
    fn what_was_received_was_not_produced() {
        let own_case = format!(r#"{{"messageId":"{ID}"}}"#);
        assert_eq!(read("processing record", &own_case), []);
        assert_eq!(
            read("sent", &own_case),
            one(ProducedKind::Message, ID, None)
        );
        assert_eq!(
            read("processing", &format!(r#"{{"MessageId":"{ID}"}}"#)),
            []
        );
        assert_eq!(
            read(
                "",
                &format!(r#"{{"MessageId":"{ID}","ReceiptHandle":"x"}}"#)
            ),
            []
        );
        assert_eq!(
            read(&format!("Handler - MessageId={ID}"), ""),
            one(ProducedKind::Message, ID, None),
            "the name of a logger is no deed"
        );
        let own = r#"{"lambdaRequestId":"2b8a9881-6c0d-43ef-b94a-617c17c62c1e"}"#;
        assert_eq!(
            read("invoked", own),
            [],
            "the line's own request id came from no call"
        );
    }

    fn object() -> impl Strategy<Value = String> {
        let names = vec![
            "MessageId",
            "messageId",
            "EventId",
            "event_id",
            "ShardId",
            "shard_id",
            "SequenceNumber",
            "sequenceNumber",
            "lambdaRequestId",
            "requestId",
            "StatusCode",
            "Payload",
            "ExecutedVersion",
            "ResponseMetadata",
            "$metadata",
            "MD5OfMessageBody",
            "Body",
            "function_name",
            "functionName",
            "functionArn",
            "QueueUrl",
            "TopicArn",
            "target",
            "level",
        ];
        let value = prop::sample::select(vec![
            "null",
            "202",
            "\"\"",
            "\"a\"",
            "\"cea42185-a492-47f6-a9f2-4d7d690c43d6\"",
            "{\"RequestId\":\"cea42185-a492-47f6-a9f2-4d7d690c43d6\"}",
        ]);
        let entry = (prop::sample::select(names), value)
            .prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop::collection::vec(entry, 0..6).prop_map(|entries| format!("{{{}}}", entries.join(",")))
    }

    proptest! {
        #[test]
        fn keys_that_are_not_looked_for_change_nothing(
            text in object(),
            direction in prop::sample::select(vec![Direction::Sent, Direction::Received, Direction::Unsaid]),
        ) {
            let object = Json::read(&text).expect("valid JSON");
            let context = Context { direction, target: None, own: None };
            let of = |find: fn(&Json<'_>, Context, &mut Symbols, &mut Vec<Produced>)| {
                let (mut symbols, mut found) = (Symbols::default(), Vec::new());
                find(&object, context, &mut symbols, &mut found);
                found
            };
            prop_assert_eq!(of(in_object), of(in_known));
        }
    }
}
