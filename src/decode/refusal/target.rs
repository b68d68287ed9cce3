//! What a refused call was made to, in the words of the report: `lambda:NAME`, `dynamodb:TABLE`, `kinesis:STREAM`, or the
//! service alone.

use std::borrow::Cow;

use crate::decode::place::{arn_service, function_name, resource_name};
use crate::decode::produced::pairs;
use crate::decode::service;
use crate::decode::words::behind;
use crate::model::json::Json;

/// The best of what text and JSON say.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// Service and name, from a field made for it or an ARN.
    named: Option<(&'static str, String)>,
    /// Service by operation, client or exception class.
    service: Option<Cow<'static, str>>,
    /// An operation that is none of those known: nor is the service one that is told by its codes.
    is_foreign: bool,
    /// A name in prose, of a kind that prose may say.
    mentioned: Option<(Option<&'static str>, String)>,
}

/// Fields that name what was called, with its service.
const FIELDS: [(&str, &str); 18] = [
    ("functionName", "lambda"),
    ("FunctionName", "lambda"),
    ("functionArn", "lambda"),
    ("FunctionArn", "lambda"),
    ("tableName", "dynamodb"),
    ("TableName", "dynamodb"),
    ("table_name", "dynamodb"),
    ("table", "dynamodb"),
    ("streamName", "kinesis"),
    ("StreamName", "kinesis"),
    ("stream_name", "kinesis"),
    ("QueueUrl", "sqs"),
    ("queueUrl", "sqs"),
    ("queue_url", "sqs"),
    ("TopicArn", "sns"),
    ("topicArn", "sns"),
    ("bucket", "s3"),
    ("Bucket", "s3"),
];

/// Operations by service.
const OPERATIONS: [(&str, &str); 51] = [
    ("Invoke", "lambda"),
    ("InvokeFunction", "lambda"),
    ("InvokeAsync", "lambda"),
    ("PutItem", "dynamodb"),
    ("GetItem", "dynamodb"),
    ("UpdateItem", "dynamodb"),
    ("DeleteItem", "dynamodb"),
    ("Query", "dynamodb"),
    ("Scan", "dynamodb"),
    ("BatchGetItem", "dynamodb"),
    ("BatchWriteItem", "dynamodb"),
    ("TransactWriteItems", "dynamodb"),
    ("TransactGetItems", "dynamodb"),
    ("PutRecord", "kinesis"),
    ("PutRecords", "kinesis"),
    ("GetRecords", "kinesis"),
    ("SendMessage", "sqs"),
    ("SendMessageBatch", "sqs"),
    ("Publish", "sns"),
    ("PutEvents", "events"),
    ("PutObject", "s3"),
    ("GetObject", "s3"),
    ("StartExecution", "states"),
    ("GetParameter", "ssm"),
    ("GetSecretValue", "secretsmanager"),
    ("Decrypt", "kms"),
    ("PutRecordBatch", "firehose"),
    ("ReceiveMessage", "sqs"),
    ("DeleteMessage", "sqs"),
    ("DeleteMessageBatch", "sqs"),
    ("PublishBatch", "sns"),
    ("HeadObject", "s3"),
    ("ListObjectsV2", "s3"),
    ("DeleteObject", "s3"),
    ("CopyObject", "s3"),
    ("StartSyncExecution", "states"),
    ("SendTaskSuccess", "states"),
    ("SendTaskFailure", "states"),
    ("GetParameters", "ssm"),
    ("GetParametersByPath", "ssm"),
    ("PutParameter", "ssm"),
    ("BatchGetSecretValue", "secretsmanager"),
    ("Encrypt", "kms"),
    ("GenerateDataKey", "kms"),
    ("AssumeRole", "sts"),
    ("GetShardIterator", "kinesis"),
    ("InvokeModel", "bedrock"),
    ("InvokeModelWithResponseStream", "bedrock"),
    ("Converse", "bedrock"),
    ("ConverseStream", "bedrock"),
    ("SendEmail", "ses"),
];

/// What the SDK of Python writes before an operation.
const CALLING: &str = "when calling the ";

impl Target {
    /// Looks through one object: fields made for the name, and ARNs. The function's own name is not what it called.
    pub(super) fn object(&mut self, object: &Json<'_>, own_function: Option<&str>) {
        for (key, value) in object.entries() {
            let Some(text) = value.text() else {
                continue;
            };
            if let Some((_, service)) = FIELDS.iter().find(|(field, _)| field == key) {
                self.name(service, text, own_function);
            } else if text.starts_with("arn:") && !is_own_arn(key) {
                self.arn(text, own_function);
            }
        }
    }

    fn name(&mut self, service: &'static str, text: &str, own_function: Option<&str>) {
        let name = match service {
            "lambda" => function_name(text),
            "sqs" => text.rsplit('/').next().unwrap_or(text),
            _ => resource_name(text),
        };
        if self.named.is_none() && !(service == "lambda" && own_function == Some(name)) {
            self.named = Some((service, name.to_owned()));
        }
    }

    fn arn(&mut self, arn: &str, own_function: Option<&str>) {
        let service = arn_service(arn).and_then(|service| {
            let known = [
                "lambda", "dynamodb", "kinesis", "sqs", "sns", "s3", "states", "kms",
            ];
            known.into_iter().find(|known| *known == service)
        });
        if let Some(service) = service {
            self.name(service, arn, own_function);
        }
    }

    /// Looks through prose: ARNs, `functionName=NAME`, `Invoke of NAME`, `table NAME`, `PutItem on NAME failed`,
    /// `(Service: AWSLambda; …)`.
    pub(super) fn text(&mut self, text: &str, own_function: Option<&str>) {
        if self.named.is_none()
            && let Some(at) = text.find("arn:aws")
        {
            let end = text[at..]
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ')' | ']')
                })
                .unwrap_or(text.len() - at);
            self.arn(text[at..at + end].trim_end_matches(['.', ':']), None);
        }
        for (key, value) in pairs(text).filter(|(_, value)| is_name(value)) {
            if let Some((_, service)) = FIELDS.iter().find(|(field, _)| *field == key) {
                self.name(service, value, own_function);
            }
        }
        let words: Vec<&str> = text.split_ascii_whitespace().take(60).map(bare).collect();
        for (at, word) in words.iter().enumerate() {
            if let Some((_, service)) = OPERATIONS.iter().find(|(name, _)| name == word) {
                self.service.get_or_insert(Cow::Borrowed(service));
            }
            if self.mentioned.is_none() {
                self.mentioned = mention(&words, at);
            }
        }
        if self.service.is_none() {
            self.is_foreign |= behind(text, CALLING).is_some();
            self.service = service::of_client(text).map(Cow::Owned).or_else(|| {
                text.split(|c: char| !c.is_ascii_alphanumeric())
                    .find_map(service::in_prose)
                    .map(Cow::Borrowed)
            });
        }
    }

    /// The resource. Code and reason tell the service where nothing else does.
    pub(super) fn resource(self, code: &str, reason: Option<&str>) -> Option<String> {
        if let Some((service, name)) = self.named {
            return Some(format!("{service}:{name}"));
        }
        let by_code = || service_of(code, reason).filter(|_| !self.is_foreign);
        let service = self.service.or_else(|| by_code().map(Cow::Borrowed));
        let Some((kind, name)) = self.mentioned else {
            return service.map(Cow::into_owned);
        };
        match kind.map(Cow::Borrowed).or(service)? {
            kind if kind == "lambda" => Some(format!("{kind}:{}", function_name(&name))),
            kind => Some(format!("{kind}:{name}")),
        }
    }
}

/// Powertools and the runtime name the function itself under these, Step Functions the execution that called.
fn is_own_arn(key: &str) -> bool {
    matches!(
        key,
        "function_arn"
            | "invokedFunctionArn"
            | "invoked_function_arn"
            | "executionArn"
            | "execution_arn"
            | "stateMachineArn"
            | "state_machine_arn"
    )
}

fn service_of(code: &str, reason: Option<&str>) -> Option<&'static str> {
    let reason = reason.unwrap_or("");
    if reason.contains("Invocation") || reason == "CallerRateLimitExceeded" {
        Some("lambda")
    } else if reason.starts_with("Table")
        || reason.starts_with("Index")
        || code.starts_with("Provisioned")
    {
        Some("dynamodb")
    } else if code == "SlowDown" {
        Some("s3")
    } else if code == "TooManyRequestsException" {
        Some("lambda")
    } else {
        None
    }
}

/// A word without the marks around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .trim_end_matches('.')
}

/// The name behind the word at `at`, if that word leads to one; with the service where the word says it.
fn mention(words: &[&str], at: usize) -> Option<(Option<&'static str>, String)> {
    let next = words.get(at + 1).copied().filter(|word| is_name(word));
    let kind = match words[at] {
        "function" | "Function" | "invoking" | "Invoking" | "invoke" => Some("lambda"),
        "table" | "Table" => Some("dynamodb"),
        "stream" | "Stream" => Some("kinesis"),
        "queue" | "Queue" => Some("sqs"),
        "topic" => Some("sns"),
        "bucket" => Some("s3"),
        "of" | "on" | "to" | "into" | "from" | "against" | "in" => {
            // `PutItem on orders failed`: a preposition leads to a name only behind an operation or before a verdict.
            let behind_operation =
                at > 0 && OPERATIONS.iter().any(|(name, _)| *name == words[at - 1]);
            let before_verdict = words.get(at + 2).is_some_and(|word| is_verdict(word));
            if !behind_operation && !before_verdict {
                return None;
            }
            None
        }
        _ => return None,
    };
    Some((kind, next?.to_owned()))
}

fn is_verdict(word: &str) -> bool {
    matches!(
        word,
        "failed"
            | "fails"
            | "throttled"
            | "refused"
            | "rejected"
            | "was"
            | "got"
            | "is"
            | "returned"
    )
}

fn is_name(word: &str) -> bool {
    const PROSE: [&str; 16] = [
        "failed",
        "the",
        "a",
        "an",
        "operation",
        "invocation",
        "call",
        "request",
        "error",
        "was",
        "is",
        "this",
        "that",
        "it",
        "function",
        "with",
    ];
    !word.is_empty()
        && word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !PROSE.contains(&word)
        && !word.ends_with("Exception")
}
