//! Access logs of API Gateway. Their template is the user's: JSON is read by the names that templates give the variables,
//! anything else as the common log format.

use std::borrow::Cow;

use chrono::DateTime;

use super::{access_of, status};
use crate::decode::json::Json;
use crate::decode::{trace_header, words};
use crate::model::fact::Access;
use crate::model::ids::RequestId;
use crate::model::symbols::Symbols;
use crate::model::time::Timestamp;

/// Reads one line. `-` stands for what a request did not have; numbers are written as text.
pub(super) fn decode(message: &str, group: &str, symbols: &mut Symbols) -> Option<Access> {
    if message.starts_with('{') {
        return of_fields(&Fields::read(message), group, symbols);
    }
    common_log(message, group, symbols)
}

fn of_fields(fields: &Fields<'_>, group: &str, symbols: &mut Symbols) -> Option<Access> {
    let request = fields.find(&["requestid", "gatewayrequestid", "apigwrequestid"]);
    let extended = fields.find(&["extendedrequestid"]);
    let method = fields.find(&["httpmethod", "method", "requestmethod"]);
    let path = fields.find(&["resourcepath", "path", "requestpath", "uri"]);
    let route = fields.find(&["routekey"]);
    let answer = fields
        .find(&["status", "statuscode", "responsestatus"])
        .and_then(status);
    // Any JSON may have an id and a status: a request has a route, too.
    if request.or(extended).is_none() || answer.is_none() || method.or(path).or(route).is_none() {
        return None;
    }
    let mut access = access_of(group, fields.find(&["apiid"]), symbols);
    if let Some(stage) = fields.find(&["stage"]) {
        access.stage = Some(symbols.intern(stage));
    }
    access.gateway_request = request.or(extended).map(|id| symbols.intern(id));
    access.route = route
        .map(Cow::Borrowed)
        .or_else(|| route_of(method, path))
        .map(|route| symbols.intern(&route));
    access.status = answer;
    access.integration_status = fields
        .find(&[
            "integrationstatus",
            "integrationstatuscode",
            "integrationintegrationstatus",
        ])
        .and_then(status);
    access.integration_request = fields
        .find(&[
            "integrationrequestid",
            "awsendpointrequestid",
            "lambdarequestid",
        ])
        .and_then(RequestId::parse);
    // The function's 429 reaches the client as a 500: only the integration's error tells.
    let error = fields.find(&[
        "integrationerror",
        "integrationerrormessage",
        "error",
        "errormessage",
    ]);
    if error.is_some_and(is_rate_exceeded) && access.integration_request.is_some() {
        access.integration_status = Some(429);
    }
    let blocked = fields.find(&["wafresponsecode", "wafstatus", "waf"]) == Some("WAF_BLOCK");
    access.response_type = fields
        .find(&["responsetype", "errorresponsetype"])
        .or(blocked.then_some("WAF_FILTERED"))
        .map(|kind| symbols.intern(kind));
    access.trace = fields
        .find(&["xraytraceid", "traceid"])
        .and_then(trace_header::trace_id);
    access.latency_ms = fields
        .find(&["responselatency", "latency"])
        .and_then(words::milliseconds);
    access.received_at = fields
        .find(&["requesttimeepoch", "timeepoch"])
        .and_then(epoch_ms)
        .or_else(|| clf_time(fields.find(&["requesttime"])?));
    Some(access)
}

fn is_rate_exceeded(error: &str) -> bool {
    error.contains("Rate Exceeded")
        || error.contains("Rate exceeded")
        || error.contains("TooManyRequests")
}

fn route_of<'a>(method: Option<&str>, path: Option<&'a str>) -> Option<Cow<'a, str>> {
    match (method, path?) {
        (Some(method), path) => Some(Cow::Owned(format!("{method} {path}"))),
        (None, path) => Some(Cow::Borrowed(path)),
    }
}

fn epoch_ms(text: &str) -> Option<Timestamp> {
    let millis: i64 = text.parse().ok()?;
    (0..=253_402_300_799_999)
        .contains(&millis)
        .then_some(Timestamp(millis))
}

fn clf_time(text: &str) -> Option<Timestamp> {
    let moment = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok()?;
    Some(Timestamp(moment.timestamp_millis()))
}

/// `ip caller user [time] "METHOD path protocol" status length requestId extendedRequestId`
fn common_log(message: &str, group: &str, symbols: &mut Symbols) -> Option<Access> {
    let (_, rest) = message.split_once(" [")?;
    let (time, rest) = rest.split_once("] \"")?;
    let (request, rest) = rest.split_once("\" ")?;
    let mut words = rest.split_ascii_whitespace();
    let answer = status(words.next()?)?;
    let _length = words.next()?;
    let id = words.next().filter(|id| RequestId::parse(id).is_some())?;
    let mut access = access_of(group, None, symbols);
    let mut parts = request.split_ascii_whitespace();
    access.gateway_request = Some(symbols.intern(id));
    access.route = route_of(parts.next(), parts.next()).map(|route| symbols.intern(&route));
    access.status = Some(answer);
    access.received_at = clf_time(time);
    Some(access)
}

/// The fields of a line: keys in lower case without marks, so that `integration.requestId`, `integrationRequestId` and
/// `integration_request_id` are one name.
struct Fields<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    fn read(message: &'a str) -> Self {
        let mut fields = Self(Vec::new());
        match Json::parse(message) {
            Some(json) => fields.add("", &json, 2),
            None => fields.add_broken(message),
        }
        fields
    }

    /// Adds the fields of an object and of objects in it.
    fn add(&mut self, prefix: &str, object: &Json<'_>, depth: u8) {
        for (key, value) in object.entries() {
            let name = format!("{prefix}{}", plain(key));
            match value {
                Json::Object(_) if depth > 0 => self.add(&name, value, depth - 1),
                Json::Text(text) => self.0.push((name, Cow::Owned(text.to_string()))),
                Json::Int(number) => self.0.push((name, Cow::Owned(number.to_string()))),
                Json::Float(number) => self.0.push((name, Cow::Owned(number.to_string()))),
                _ => {}
            }
        }
    }

    /// Reads a flat object whose texts hold bare quotes: `$context.error.messageString` brings its own. A text ends
    /// where a quote stands before a comma or the closing brace.
    fn add_broken(&mut self, message: &'a str) {
        let mut rest = message;
        while let Some((_, after)) = rest.split_once('"') {
            let Some((key, after)) = after.split_once("\":") else {
                return;
            };
            let after = after.trim_start();
            let (value, behind) = match after.strip_prefix('"') {
                Some(text) => {
                    let ends = ["\",", "\"}", "\" ,", "\" }"]
                        .iter()
                        .filter_map(|end| text.find(end));
                    let Some(end) = ends.min() else {
                        return;
                    };
                    (&text[..end], &text[end + 1..])
                }
                None => {
                    let end = after.find([',', '}']).unwrap_or(after.len());
                    (after[..end].trim(), &after[end..])
                }
            };
            if key.len() <= 64 {
                self.0
                    .push((plain(key), Cow::Borrowed(value.trim_matches('"'))));
            }
            rest = behind;
        }
    }

    /// The value of the first name that has one.
    fn find(&self, names: &[&str]) -> Option<&str> {
        let of = |name: &&str| {
            self.0
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_ref())
        };
        names
            .iter()
            .filter_map(of)
            .find(|value| !matches!(*value, "" | "-"))
    }
}

fn plain(key: &str) -> String {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}
