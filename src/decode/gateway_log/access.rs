//! Access logs of API Gateway. Their template is the user's: JSON and XML are read by the names that templates give the
//! variables, the common log format and CSV by the order that the console proposes.

use std::borrow::Cow;

use bumpalo::Bump;
use chrono::DateTime;
use strum::EnumCount as _;

use super::{access_of, status};
use crate::decode::{trace_header, words};
use crate::model::fact::Access;
use crate::model::ids::RequestId;
use crate::model::json::Json;
use crate::model::symbols::Symbols;
use crate::model::time::Timestamp;

/// Reads one line. `-` stands for what a request did not have; numbers are written as text.
pub(super) fn decode(
    message: &str,
    group: &str,
    symbols: &mut Symbols,
    arena: &Bump,
) -> Option<Access> {
    if message.starts_with('{') {
        return match Json::parse(message, arena) {
            Some(json) => of_json(&json, group, symbols),
            None => of_fields(&Fields::of_broken(message), group, symbols),
        };
    }
    if message.starts_with("<request ") {
        return of_fields(&Fields::of_xml(message), group, symbols);
    }
    common_log(message, group, symbols).or_else(|| comma_separated(message, group, symbols))
}

/// Reads a line that is JSON.
pub(super) fn of_json(json: &Json<'_>, group: &str, symbols: &mut Symbols) -> Option<Access> {
    of_fields(&Fields::of(json), group, symbols)
}

fn of_fields(fields: &Fields<'_>, group: &str, symbols: &mut Symbols) -> Option<Access> {
    let request = fields.find(&[
        Name::RequestId,
        Name::GatewayRequestId,
        Name::ApigwRequestId,
    ]);
    let extended = fields.find(&[Name::ExtendedRequestId]);
    let method = fields.find(&[Name::HttpMethod, Name::Method, Name::RequestMethod]);
    let path = fields.find(&[Name::ResourcePath, Name::Path, Name::RequestPath, Name::Uri]);
    let route = fields.find(&[Name::RouteKey]);
    let answer = fields
        .find(&[Name::Status, Name::StatusCode, Name::ResponseStatus])
        .and_then(status);
    // Any JSON may have an id and a status: a request has a route, too.
    if request.or(extended).is_none() || answer.is_none() || method.or(path).or(route).is_none() {
        return None;
    }
    let mut access = access_of(group, fields.find(&[Name::ApiId]), symbols);
    if let Some(stage) = fields.find(&[Name::Stage]) {
        access.stage = Some(symbols.intern(stage));
    }
    access.gateway_request = request.or(extended).map(|id| symbols.intern(id));
    access.extended_request = extended.map(|id| symbols.intern(id));
    access.route = route
        .map(Cow::Borrowed)
        .or_else(|| route_of(method, path))
        .map(|route| symbols.intern(&route));
    access.status = answer;
    access.integration_status = fields
        .find(&[
            Name::IntegrationStatus,
            Name::IntegrationStatusCode,
            Name::IntegrationIntegrationStatus,
        ])
        .and_then(status);
    access.integration_request = fields
        .find(&[
            Name::IntegrationRequestId,
            Name::AwsEndpointRequestId,
            Name::LambdaRequestId,
        ])
        .and_then(RequestId::parse);
    // The function's 429 reaches the client as a 500: only the integration's error tells.
    let error = fields.find(&[
        Name::IntegrationError,
        Name::IntegrationErrorMessage,
        Name::Error,
        Name::ErrorMessage,
    ]);
    if error.is_some_and(is_rate_exceeded) && access.integration_request.is_some() {
        access.integration_status = Some(429);
    }
    let blocked =
        fields.find(&[Name::WafResponseCode, Name::WafStatus, Name::Waf]) == Some("WAF_BLOCK");
    access.response_type = fields
        .find(&[Name::ResponseType, Name::ErrorResponseType])
        .or_else(|| blocked.then_some("WAF_FILTERED"))
        .map(|kind| symbols.intern(kind));
    access.trace = fields
        .find(&[Name::XrayTraceId, Name::TraceId])
        .and_then(trace_header::trace_id);
    access.latency_ms = fields
        .find(&[Name::ResponseLatency, Name::Latency])
        .and_then(words::milliseconds);
    access.received_at = fields
        .find(&[Name::RequestTimeEpoch, Name::TimeEpoch])
        .and_then(epoch_ms)
        .or_else(|| clf_time(fields.find(&[Name::RequestTime])?));
    Some(access)
}

fn is_rate_exceeded(error: &str) -> bool {
    error.contains("Rate Exceeded")
        || error.contains("Rate exceeded")
        || error.contains("TooManyRequests")
}

fn route_of<'a>(method: Option<&str>, path: Option<&'a str>) -> Option<Cow<'a, str>> {
    match (method, path?) {
        (Some(method), path) => Some(Cow::Owned([method, " ", path].concat())),
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
    // `20/Nov/2026:10:00:05 +0000`
    if text.len() != 26 {
        return None;
    }
    let moment = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok()?;
    Some(Timestamp(moment.timestamp_millis()))
}

/// `ip caller user [time]"METHOD path protocol" status length requestId extendedRequestId`, with or without a space behind
/// the time. HTTP APIs log the route key, `METHOD /path`, where REST APIs log the path.
fn common_log(message: &str, group: &str, symbols: &mut Symbols) -> Option<Access> {
    let (_, rest) = message.split_once(" [")?;
    let (time, rest) = rest.split_once(']')?;
    let (request, rest) = rest.trim_start().strip_prefix('"')?.split_once("\" ")?;
    let mut words = rest.split_ascii_whitespace();
    let answer = status(words.next()?)?;
    let _length = words.next()?;
    let id = words.next().filter(|id| is_request_id(id))?;
    let extended = words.next().filter(|id| is_request_id(id));
    let parts: Vec<&str> = request.split_ascii_whitespace().collect();
    let route = match parts[..] {
        [method, again, path, _] if method == again => route_of(Some(method), Some(path)),
        [method, path, _] => route_of(Some(method), Some(path)),
        // `$default` and the like stand for a whole route.
        _ => parts.last().map(|route| Cow::Borrowed(*route)),
    };
    let mut access = access_of(group, None, symbols);
    access.gateway_request = Some(symbols.intern(id));
    access.extended_request = extended.map(|id| symbols.intern(id));
    access.route = route.map(|route| symbols.intern(&route));
    access.status = Some(answer);
    access.received_at = clf_time(time);
    Some(access)
}

/// `ip,caller,user,time,METHOD,path,protocol,status,length,requestId,extendedRequestId`; HTTP APIs leave the callers out.
fn comma_separated(message: &str, group: &str, symbols: &mut Symbols) -> Option<Access> {
    let mut fields = message.split(',').map(str::trim);
    let time = fields.by_ref().take(8).find_map(clf_time)?;
    let mut next = || fields.next();
    let (method, path, _protocol) = (next()?, next()?, next()?);
    let (answer, _length, id) = (next()?, next()?, next()?);
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) || !is_request_id(id) {
        return None;
    }
    let extended = fields.next().filter(|id| is_request_id(id));
    let mut access = access_of(group, None, symbols);
    access.status = Some(status(answer)?);
    access.gateway_request = Some(symbols.intern(id));
    access.extended_request = extended.map(|id| symbols.intern(id));
    let path = path.strip_prefix(method).map_or(path, str::trim_start);
    access.route = route_of(Some(method), Some(path)).map(|route| symbols.intern(&route));
    access.received_at = Some(time);
    Some(access)
}

/// No element of an access line has a longer name.
const LONGEST_NAME: usize = 64;

/// A UUID (REST) or 15 letters and digits with a `=` behind them (HTTP): what web servers put there is quoted or a number.
fn is_request_id(word: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+/".contains(&byte);
    word.len() >= 12
        && word.bytes().all(is_part)
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The names that templates give the variables, as they are compared.
#[derive(Clone, Copy, strum::EnumCount)]
enum Name {
    RequestId,
    GatewayRequestId,
    ApigwRequestId,
    ExtendedRequestId,
    HttpMethod,
    Method,
    RequestMethod,
    ResourcePath,
    Path,
    RequestPath,
    Uri,
    RouteKey,
    Status,
    StatusCode,
    ResponseStatus,
    ApiId,
    Stage,
    IntegrationStatus,
    IntegrationStatusCode,
    IntegrationIntegrationStatus,
    IntegrationRequestId,
    AwsEndpointRequestId,
    LambdaRequestId,
    IntegrationError,
    IntegrationErrorMessage,
    Error,
    ErrorMessage,
    WafResponseCode,
    WafStatus,
    Waf,
    ResponseType,
    ErrorResponseType,
    XrayTraceId,
    TraceId,
    ResponseLatency,
    Latency,
    RequestTimeEpoch,
    TimeEpoch,
    RequestTime,
}

impl Name {
    /// Letters of the longest.
    const LONGEST: usize = "integrationintegrationstatus".len();

    /// The name that a key is, with the key of the object around it. Names are compared in lower case and without marks, so that
    /// `integration.requestId`, `integrationRequestId` and `integration_request_id` are one.
    fn of(keys: [&str; 2]) -> Option<Self> {
        let mut letters = [0; Self::LONGEST];
        let mut length = 0;
        for key in keys {
            for byte in key.bytes().filter(u8::is_ascii_alphanumeric) {
                *letters.get_mut(length)? = byte.to_ascii_lowercase();
                length += 1;
            }
        }
        Some(match &letters[..length] {
            b"requestid" => Self::RequestId,
            b"gatewayrequestid" => Self::GatewayRequestId,
            b"apigwrequestid" => Self::ApigwRequestId,
            b"extendedrequestid" => Self::ExtendedRequestId,
            b"httpmethod" => Self::HttpMethod,
            b"method" => Self::Method,
            b"requestmethod" => Self::RequestMethod,
            b"resourcepath" => Self::ResourcePath,
            b"path" => Self::Path,
            b"requestpath" => Self::RequestPath,
            b"uri" => Self::Uri,
            b"routekey" => Self::RouteKey,
            b"status" => Self::Status,
            b"statuscode" => Self::StatusCode,
            b"responsestatus" => Self::ResponseStatus,
            b"apiid" => Self::ApiId,
            b"stage" => Self::Stage,
            b"integrationstatus" => Self::IntegrationStatus,
            b"integrationstatuscode" => Self::IntegrationStatusCode,
            b"integrationintegrationstatus" => Self::IntegrationIntegrationStatus,
            b"integrationrequestid" => Self::IntegrationRequestId,
            b"awsendpointrequestid" => Self::AwsEndpointRequestId,
            b"lambdarequestid" => Self::LambdaRequestId,
            b"integrationerror" => Self::IntegrationError,
            b"integrationerrormessage" => Self::IntegrationErrorMessage,
            b"error" => Self::Error,
            b"errormessage" => Self::ErrorMessage,
            b"wafresponsecode" => Self::WafResponseCode,
            b"wafstatus" => Self::WafStatus,
            b"waf" => Self::Waf,
            b"responsetype" => Self::ResponseType,
            b"errorresponsetype" => Self::ErrorResponseType,
            b"xraytraceid" => Self::XrayTraceId,
            b"traceid" => Self::TraceId,
            b"responselatency" => Self::ResponseLatency,
            b"latency" => Self::Latency,
            b"requesttimeepoch" => Self::RequestTimeEpoch,
            b"timeepoch" => Self::TimeEpoch,
            b"requesttime" => Self::RequestTime,
            _ => return None,
        })
    }
}

/// The fields of a line by their names; of those with the same name the first.
struct Fields<'a>([Option<Cow<'a, str>>; Name::COUNT]);

impl<'a> Fields<'a> {
    fn none() -> Self {
        Self([const { None }; Name::COUNT])
    }

    /// The fields of an object and of objects in it.
    fn of(object: &Json<'a>) -> Self {
        let mut fields = Self::none();
        for (key, value) in object.entries() {
            fields.add_scalar(["", key], value);
            for (inner, value) in value.entries() {
                fields.add_scalar([key, inner], value);
            }
        }
        fields
    }

    fn add_scalar(&mut self, keys: [&str; 2], value: &Json<'a>) {
        let value = match value {
            Json::Float(number) => Some(Cow::Owned(number.to_string())),
            other => other.digits_or_text(),
        };
        if let Some(value) = value {
            self.add(keys, value);
        }
    }

    /// Adds the field of a key and the key of the object around it.
    fn add(&mut self, keys: [&str; 2], value: Cow<'a, str>) {
        if let Some(name) = Name::of(keys) {
            self.0[name as usize].get_or_insert(value);
        }
    }

    /// Reads a flat object whose texts hold bare quotes: `$context.error.messageString` brings its own. A text ends
    /// where a quote stands before a comma or the closing brace.
    fn of_broken(message: &'a str) -> Self {
        let mut fields = Self::none();
        let mut rest = message;
        while let Some((key, value, behind)) = broken_field(rest) {
            fields.add(["", key], Cow::Borrowed(value));
            rest = behind;
        }
        fields
    }

    /// Reads `<request id="…"> <status>200</status> … </request>`.
    fn of_xml(message: &'a str) -> Self {
        let mut fields = Self::none();
        let id = message
            .split_once("id=\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        if let Some((id, _)) = id {
            fields.add(["", "requestId"], Cow::Borrowed(id));
        }
        let mut rest = message;
        while let Some((_, element)) = rest.split_once('<') {
            rest = element;
            let name = element.get(..LONGEST_NAME.min(element.len())).unwrap_or("");
            let Some((name, _)) = name.split_once('>') else {
                continue;
            };
            let inside = &element[name.len() + 1..];
            if let Some((value, _)) = inside.split_once('<')
                && !name.starts_with('/')
                && !value.trim().is_empty()
            {
                fields.add(["", name], Cow::Borrowed(value.trim()));
            }
        }
        fields
    }

    /// The value of the first name that has one.
    fn find(&self, names: &[Name]) -> Option<&str> {
        names
            .iter()
            .filter_map(|name| self.0[*name as usize].as_deref())
            .find(|value| !matches!(*value, "" | "-"))
    }
}

/// Key and value of the next field of a broken object, and what stands behind it.
fn broken_field(text: &str) -> Option<(&str, &str, &str)> {
    let (_, text) = text.split_once('"')?;
    let (key, text) = text.split_once("\":")?;
    let text = text.trim_start();
    let (value, behind) = if let Some(text) = text.strip_prefix('"') {
        let mut pairs = text.as_bytes().windows(2);
        let end = pairs.position(|pair| matches!(pair, b"\"," | b"\"}"))?;
        (&text[..end], &text[end + 1..])
    } else {
        let end = text.find([',', '}']).unwrap_or(text.len());
        (text[..end].trim(), &text[end..])
    };
    Some((key, value.trim_matches('"'), behind))
}
