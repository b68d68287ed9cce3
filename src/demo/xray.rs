//! X-Ray segment documents: the gateway's, the Lambda service's and the function's.

use super::event::Trace;
use super::lines::{ACCOUNT, About, Ending, REGION, Root, arn};
use super::payload::API;
use super::random::Uuid;
use super::shop::Function;
use super::stamp::{Micros, Stamp};
use super::text::put;

/// A call that a run made, as a subsegment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) id: u64,
    pub(super) from: Micros,
    pub(super) until: Micros,
    pub(super) request: Uuid,
    pub(super) to: Callee,
    pub(super) ending: SpanEnding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanEnding {
    Answered,
    /// The callee failed.
    Failed,
    /// 429.
    Refused,
}

/// What a run called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    Function(Function),
    Queue { name: &'static str, message: Uuid },
    Bus,
    Stream(&'static str),
    Table(&'static str),
}

/// The times and ids of one run.
pub(super) struct RunTrace<'a> {
    pub(super) about: About<'a>,
    /// Id of its `AWS::Lambda` segment, and of the attempt in it if the event came by the queue of asynchronous ones.
    pub(super) service: u64,
    pub(super) attempt: Option<(u64, u8)>,
    pub(super) arrived: Micros,
    pub(super) started: Micros,
    pub(super) ended: Micros,
    /// Start and end of its init.
    pub(super) init: Option<(Micros, Micros)>,
    pub(super) restored: bool,
    pub(super) ending: Ending,
    pub(super) spans: &'a [Span],
    /// Traces of the messages that fed it: at most 20.
    pub(super) links: &'a [Trace],
}

/// Opens a segment document: everything that all of them have.
fn open(out: &mut String, (id, name): (u64, &str), trace: u128, (from, until): (Micros, Micros)) {
    put!(
        out,
        "{{\"id\":\"{id:016x}\",\"name\":\"{name}\",\"start_time\":{},\"trace_id\":\"{}\",\"end_time\":{}",
        Stamp::Seconds(from),
        Root(trace),
        Stamp::Seconds(until)
    );
}

/// The `AWS::Lambda` segment: the service's side.
pub(super) fn service(out: &mut String, run: &RunTrace<'_>) {
    let about = &run.about;
    let name = about.spec.name;
    open(
        out,
        (run.service, name),
        about.trace.root,
        (run.arrived, run.ended + 900),
    );
    if about.trace.parent != 0 && run.links.is_empty() {
        put!(out, ",\"parent_id\":\"{:016x}\"", about.trace.parent);
    }
    put!(
        out,
        ",\"http\":{{\"response\":{{\"status\":{}}}}},\"aws\":{{\"request_id\":\"{}\"}}",
        if run.attempt.is_some() { 202 } else { 200 },
        about.request
    );
    flags(out, run.ending);
    out.push_str(",\"origin\":\"AWS::Lambda\",\"resource_arn\":\"");
    arn(out, name);
    out.push('"');
    if let Some((id, number)) = run.attempt {
        put!(
            out,
            ",\"subsegments\":[{{\"id\":\"{:016x}\",\"name\":\"Dwell Time\",\"start_time\":{},\"end_time\":{}}},\
             {{\"id\":\"{id:016x}\",\"name\":\"Attempt #{number}\",\"start_time\":{},\"end_time\":{}",
            id ^ 0x5555,
            Stamp::Seconds(run.arrived),
            Stamp::Seconds(run.started - 400),
            Stamp::Seconds(run.started - 400),
            Stamp::Seconds(run.ended + 700)
        );
        put!(out, ",\"http\":{{\"response\":{{\"status\":200}}}}");
        flags(out, run.ending);
        out.push_str("}]");
    }
    for (index, link) in run.links.iter().enumerate() {
        out.push_str(if index == 0 { ",\"links\":[" } else { "," });
        put!(
            out,
            "{{\"trace_id\":\"{}\",\"id\":\"{:016x}\",\"attributes\":{{\"aws.link.type\":\"SQS\"}}}}",
            Root(link.root),
            link.parent
        );
    }
    out.push_str(if run.links.is_empty() { "}" } else { "]}" });
}

/// The `AWS::Lambda::Function` segment: the environment's side.
pub(super) fn function(out: &mut String, run: &RunTrace<'_>) {
    let about = &run.about;
    let name = about.spec.name;
    let parent = run.attempt.map_or(run.service, |(id, _)| id);
    open(
        out,
        (about.segment, name),
        about.trace.root,
        (run.started, run.ended + 600),
    );
    put!(
        out,
        ",\"parent_id\":\"{parent:016x}\",\"aws\":{{\"account_id\":\"{ACCOUNT}\",\"function_arn\":\""
    );
    arn(out, name);
    put!(
        out,
        ":{}\",\"resource_names\":[\"{name}\"]}}",
        about.version
    );
    flags(out, run.ending);
    out.push_str(",\"origin\":\"AWS::Lambda::Function\",\"subsegments\":[");
    if let Some((from, until)) = run.init {
        let word = if run.restored {
            "Restore"
        } else {
            "Initialization"
        };
        part(out, about.segment ^ 0x1111, word, (from, until));
        out.push_str("},");
    }
    part(
        out,
        about.segment ^ 0x2222,
        "Invocation",
        (run.started + 60, run.ended),
    );
    for (index, span) in run.spans.iter().enumerate() {
        out.push_str(if index == 0 {
            ",\"subsegments\":["
        } else {
            ","
        });
        call(out, span);
    }
    out.push_str(if run.spans.is_empty() { "}," } else { "]}," });
    part(
        out,
        about.segment ^ 0x3333,
        "Overhead",
        (run.ended, run.ended + 500),
    );
    out.push_str("}]}");
}

fn part(out: &mut String, id: u64, name: &str, (from, until): (Micros, Micros)) {
    put!(
        out,
        "{{\"id\":\"{id:016x}\",\"name\":\"{name}\",\"start_time\":{},\"end_time\":{}",
        Stamp::Seconds(from),
        Stamp::Seconds(until)
    );
}

fn flags(out: &mut String, ending: Ending) {
    match ending {
        Ending::Success => {}
        Ending::Thrown(_) => out.push_str(",\"error\":true"),
        Ending::Died(_) | Ending::Timeout => out.push_str(",\"fault\":true"),
    }
}

fn call(out: &mut String, span: &Span) {
    let (service, operation) = match span.to {
        Callee::Function(_) => ("Lambda", "Invoke"),
        Callee::Queue { .. } => ("SQS", "SendMessage"),
        Callee::Bus => ("EventBridge", "PutEvents"),
        Callee::Stream(_) => ("Kinesis", "PutRecord"),
        Callee::Table(_) => ("DynamoDB", "BatchWriteItem"),
    };
    part(out, span.id, service, (span.from, span.until));
    let status = if span.ending == SpanEnding::Refused {
        429
    } else {
        200
    };
    put!(out, ",\"http\":{{\"response\":{{\"status\":{status}}}}}");
    match span.ending {
        SpanEnding::Answered => {}
        SpanEnding::Failed => out.push_str(",\"error\":true"),
        SpanEnding::Refused => out.push_str(",\"error\":true,\"throttle\":true"),
    }
    put!(
        out,
        ",\"aws\":{{\"operation\":\"{operation}\",\"region\":\"{REGION}\",\"request_id\":\"{}\"",
        span.request
    );
    match span.to {
        Callee::Function(to) => {
            let name = to.name();
            put!(
                out,
                ",\"function_name\":\"{name}\",\"resource_names\":[\"{name}\"]"
            );
        }
        Callee::Queue { name, message } => put!(
            out,
            ",\"queue_url\":\"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}\",\"message_id\":\"{message}\""
        ),
        Callee::Bus => {}
        Callee::Stream(name) => put!(out, ",\"stream_name\":\"{name}\""),
        Callee::Table(name) => put!(out, ",\"table_name\":\"{name}\""),
    }
    out.push_str("},\"namespace\":\"aws\"}");
}

/// A request as API Gateway saw it.
pub(super) struct GatewayTrace {
    pub(super) segment: u64,
    pub(super) root: u128,
    pub(super) request: Uuid,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) from: Micros,
    pub(super) until: Micros,
    pub(super) status: u16,
    pub(super) calls: [Option<GatewayCall>; 2],
}

/// The gateway's call of an authoriser or of the function behind a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct GatewayCall {
    pub(super) id: u64,
    pub(super) to: Function,
    pub(super) from: Micros,
    pub(super) until: Micros,
    pub(super) status: u16,
}

/// The `AWS::ApiGateway::Stage` segment.
pub(super) fn gateway(out: &mut String, run: &GatewayTrace) {
    open(
        out,
        (run.segment, "shop-api/prod"),
        run.root,
        (run.from, run.until),
    );
    let throttled = run.calls.iter().flatten().any(|call| call.status == 429);
    put!(
        out,
        ",\"http\":{{\"request\":{{\"url\":\"https://{API}.execute-api.{REGION}.amazonaws.com/prod{}\",\
         \"method\":\"{}\",\"client_ip\":\"203.0.113.7\",\"x_forwarded_for\":true}},\"response\":{{\"status\":{},\
         \"content_length\":0}}}},\"aws\":{{\"api_gateway\":{{\"account_id\":\"{ACCOUNT}\",\"rest_api_id\":\"{API}\",\
         \"stage\":\"prod\",\"request_id\":\"{}\"}}}},\"annotations\":{{\"aws:api_id\":\"{API}\",\"aws:api_stage\":\"prod\"}},\
         \"error\":false,\"throttle\":{throttled},\"fault\":{},\"origin\":\"AWS::ApiGateway::Stage\",\
         \"resource_arn\":\"arn:aws:apigateway:{REGION}::/restapis/{API}/stages/prod\",\"subsegments\":[",
        run.path,
        run.method,
        run.status,
        run.request,
        run.status >= 500,
    );
    for (index, call) in run.calls.iter().flatten().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let name = call.to.name();
        part(out, call.id, "Lambda", (call.from, call.until));
        put!(
            out,
            ",\"http\":{{\"response\":{{\"status\":{}}}}}",
            call.status
        );
        if call.status == 429 {
            out.push_str(",\"error\":true,\"throttle\":true");
        }
        put!(
            out,
            ",\"aws\":{{\"function_name\":\"{name}\",\"region\":\"{REGION}\",\"operation\":\"Invoke\",\
             \"resource_names\":[\"{name}\"]}},\"namespace\":\"aws\"}}"
        );
    }
    out.push_str("]}");
}
