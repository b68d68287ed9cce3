//! Which function a log stream belongs to: from its names, or from a line in it.

use super::platform_json;
use super::words::{behind, holds, parts};
use crate::model::json::Json;
use crate::model::placed;
use crate::model::record::LogLine;

/// What the names of a group and a stream say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// Unqualified function name, as AWS knows it.
    pub function: Option<&'a str>,
    pub version: Option<&'a str>,
    /// The account and region that the group carries, where several are watched.
    pub at: Option<&'a str>,
}

/// Reads the names Lambda gives: group `/aws/lambda/NAME` with stream `YYYY/MM/DD/[VERSION]ID`, or any group with
/// stream `YYYY/MM/DD/NAME[VERSION]ID`. Lambda@Edge puts the home Region before the name (`us-east-1.NAME`), which is
/// cut off: no function name has a dot. A Web Function writes to `/aws/lambda/web/NAME`, and what was served in this Region
/// to `/aws/lambda/web/NAME.local` too.
pub fn place<'a>(group: &'a str, stream: &'a str) -> Place<'a> {
    let (group, at) = placed::split(group);
    let named = group
        .strip_prefix("/aws/lambda/")
        .map(|name| match name.strip_prefix("web/") {
            Some(web) => web.strip_suffix(".local").unwrap_or(web),
            None => name.rsplit_once('.').map_or(name, |(_, name)| name),
        })
        .filter(|name| is_function_name(name));
    let Some((name, version)) = environment(stream) else {
        return Place {
            function: named,
            version: None,
            at,
        };
    };
    let own = Some(name).filter(|name| is_function_name(name));
    Place {
        function: own.or(named),
        version: Some(version),
        at,
    }
}

/// `YYYY/MM/DD/NAME[VERSION]…`: the name, which may be empty, and the version.
fn environment(stream: &str) -> Option<(&str, &str)> {
    let bytes = stream.as_bytes();
    let date = bytes.get(..11)?;
    let is_date = date.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 | 10 => *byte == b'/',
        _ => byte.is_ascii_digit(),
    });
    let (name, rest) = stream.get(11..)?.split_once('[')?;
    let (version, _) = rest.split_once(']')?;
    (is_date && !version.is_empty()).then_some((name, version))
}

fn is_function_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.bytes().all(known)
}

/// The function that a line names as its own, for streams whose names say nothing: `functionName` or `functionArn` of a
/// platform event, `function_name` beside `function_request_id` of a Powertools line. Other lines name functions they
/// call, and so do those of a gateway.
pub fn function_in<'a>(line: &LogLine<'a>) -> Option<&'a str> {
    if api_of_group(line.group).is_some() {
        return None;
    }
    let message = line.message.text().trim_start();
    if !message.starts_with('{') {
        return None;
    }
    let key = if holds(message, platform_json::MARK) {
        ["\"functionName\"", "\"functionArn\""]
    } else if holds(message, "\"function_request_id\"") {
        ["\"function_name\"", "\"function_arn\""]
    } else {
        return None;
    };
    let value = key.iter().find_map(|key| string_after(message, key))?;
    let name = function_name(value);
    is_function_name(name).then_some(name)
}

/// The name in a function's name, qualified name or ARN.
pub(super) fn function_name(text: &str) -> &str {
    let name = text.split_once(":function:").map_or(text, |(_, name)| name);
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// The plain string behind a key, borrowed; `None` if it has escapes or is none.
fn string_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = behind(text, key)?
        .trim_start()
        .strip_prefix(':')?
        .trim_start();
    let value = rest.strip_prefix('"')?;
    let value = &value[..value.find('"')?];
    (!value.contains('\\')).then_some(value)
}

/// The API that the group of an API Gateway or AppSync log belongs to, and its stage.
pub(super) fn api_of_group(group: &str) -> Option<(&str, Option<&str>)> {
    let rest = group
        .strip_prefix("API-Gateway-Execution-Logs_")
        .or_else(|| group.strip_prefix("API-Gateway-Access-Logs_"))
        .or_else(|| group.strip_prefix("/aws/appsync/apis/"))?;
    match rest.split_once('/') {
        Some((api, stage)) => Some((api, Some(stage))),
        None => Some((rest, None)),
    }
}

/// The name at the end of an ARN: table, queue, topic, stream, bucket or function. Anything else comes back as it is.
pub(super) fn resource_name(arn: &str) -> &str {
    let behind = |rest| {
        let mark = memchr::memchr_iter(b':', str::as_bytes(rest)).nth(3)?;
        Some(&rest[mark + 1..])
    };
    let Some(resource) = arn.strip_prefix("arn:").and_then(behind) else {
        return arn;
    };
    let resource = resource
        .strip_prefix("function:")
        .map_or(resource, |name| name.split(':').next().unwrap_or(name));
    let mut parts = parts(resource, b'/');
    match (parts.next(), parts.next()) {
        (Some("table" | "stream" | "rule" | "event-bus" | "cluster"), Some(name)) => name,
        _ => resource,
    }
}

/// Whether an ARN names a FIFO queue or topic.
pub(super) fn is_fifo(arn: &str) -> bool {
    arn.strip_suffix(".fifo").is_some()
}

/// The service of an ARN (`dynamodb`, `sqs`, …).
pub(super) fn arn_service(arn: &str) -> Option<&str> {
    parts(arn.strip_prefix("arn:")?, b':').nth(1)
}

/// Names of a function, or of its ARN.
pub(super) const FUNCTION: [&str; 4] = [
    "functionName",
    "FunctionName",
    "function_name",
    "functionArn",
];

/// Keeps [`Json`] in the vocabulary of this file: the name of the function an object speaks of, under the usual keys.
pub(super) fn function_of<'a>(object: &'a Json<'_>) -> Option<&'a str> {
    Some(function_name(object.first_of(&FUNCTION)?.text()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    #[test]
    fn names_tell_function_and_version() {
        let stream = "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230";
        let named = |function, version| Place {
            function,
            version,
            at: None,
        };
        for (group, stream, expected) in [
            (
                "/aws/lambda/orders",
                stream,
                named(Some("orders"), Some("$LATEST")),
            ),
            (
                "/aws/lambda/us-east-1.edge",
                stream,
                named(Some("edge"), Some("$LATEST")),
            ),
            (
                "/platform/shared",
                "2026/11/20/pricing[4]d35f93a0278b33b20efe5dbe15e45754",
                named(Some("pricing"), Some("4")),
            ),
            (
                "/platform/shared",
                "2026/11/20/pricing[4][d35f93a0-278b-33b2-0efe-5dbe15e45754]",
                named(Some("pricing"), Some("4")),
            ),
            (
                "/aws/lambda/web/checkout",
                "any-stream",
                named(Some("checkout"), None),
            ),
            (
                "/aws/lambda/web/checkout.local",
                "any-stream",
                named(Some("checkout"), None),
            ),
            (
                "/aws/lambda/local",
                "any-stream",
                named(Some("local"), None),
            ),
            (
                "/aws/lambda/team/all",
                "2026/11/20/pay[2]d35f",
                named(Some("pay"), Some("2")),
            ),
            ("/platform/shared", stream, named(None, Some("$LATEST"))),
            (
                "API-Gateway-Access-Logs_x/prod",
                "0000022f521e6f27",
                named(None, None),
            ),
            ("aws/spans", "default", named(None, None)),
        ] {
            assert_eq!(place(group, stream), expected, "{group} {stream}");
        }
    }

    #[test]
    fn a_line_names_its_own_function_but_not_one_it_calls() {
        let of = |message: &'static str| {
            function_in(&LogLine {
                group: "/platform/shared",
                stream: "x",
                timestamp: Timestamp(0),
                ingestion: None,
                event_id: None,
                message: message.into(),
            })
        };
        assert_eq!(
            of(
                r#"{"type":"platform.initStart","record":{"functionName":"crashy","functionVersion":"3"}}"#
            ),
            Some("crashy")
        );
        assert_eq!(
            of(
                r#"{"type":"platform.start","record":{"functionArn":"arn:aws:lambda:eu-west-1:1:function:audit:prod"}}"#
            ),
            Some("audit")
        );
        assert_eq!(
            of(r#"{"message":"x","function_name": "billing","function_request_id":"308cb483"}"#),
            Some("billing")
        );
        assert_eq!(of(r#"{"message":"invoked","functionName":"stock"}"#), None);
        assert_eq!(of("INIT_START Runtime Version: x"), None);
    }

    #[test]
    fn the_name_is_taken_out_of_an_arn() {
        for (arn, name) in [
            ("arn:aws:sqs:eu-west-1:1:saga.fifo", "saga.fifo"),
            (
                "arn:aws:dynamodb:us-east-1:1:table/T/stream/2015-06-27T00:48:05.899",
                "T",
            ),
            (
                "arn:aws:kinesis:eu-west-1:1:stream/clicks/consumer/c:1",
                "clicks",
            ),
            ("arn:aws:lambda:eu-west-1:1:function:f:prod", "f"),
            ("arn:aws:events:eu-west-1:1:rule/nightly", "nightly"),
            ("plain", "plain"),
        ] {
            assert_eq!(resource_name(arn), name);
        }
        assert_eq!(arn_service("arn:aws:sqs:eu-west-1:1:q"), Some("sqs"));
    }
}
