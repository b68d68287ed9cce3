//! Lays a request out in rows.

use hashbrown::HashSet;

use super::stretches::{of_run, total_ms};
use super::{Kind, MOST_ROWS, Requests, Row, RowKind, Stretch, Tree, path};
use crate::correlate::refusals;
use crate::correlate::spans::{MAX_HOPS, end_of, start_of};
use crate::model::fact::{Item, Kinds};
use crate::model::ids::RequestId;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Link;
use crate::model::span::{Span, SpanKind};
use crate::model::time::Timestamp;

/// A refusal that a line shows is the one that a span shows this near.
const SAME_CALL_MS: i64 = 2_000;

/// The tree below `root`.
pub(super) fn tree(requests: &Requests<'_>, root: InvocationIndex) -> Tree {
    let mut layout = Layout {
        requests,
        rows: Vec::new(),
        seen: HashSet::new(),
        deepest: 0,
    };
    layout.add_run(root, None, 0, 1);
    let Layout {
        mut rows, deepest, ..
    } = layout;
    let mut functions: Vec<&str> = rows
        .iter()
        .filter(|row| row.kind == RowKind::Run)
        .map(|row| row.name.as_str())
        .collect();
    functions.sort_unstable();
    functions.dedup();
    let functions = functions.len() as u16;
    let first = |row: &Row| {
        row.stretches
            .first()
            .map_or(row.start, |stretch| stretch.from)
    };
    let from = rows.iter().map(first).min().unwrap_or_default();
    let to = rows.iter().map(|row| row.end).max().unwrap_or_default();
    let path = path::critical(requests, &rows);
    for part in &path {
        rows[part.row].critical = true;
    }
    Tree {
        entry: requests.entry(root).map(str::to_owned),
        from,
        to,
        rows,
        path,
        depth: deepest,
        functions,
    }
}

struct Layout<'r, 'a> {
    requests: &'r Requests<'a>,
    rows: Vec<Row>,
    seen: HashSet<InvocationIndex>,
    deepest: u16,
}

/// What hangs below a run, in order of time.
enum Below<'a> {
    Run(&'a Link),
    Call(Row),
}

impl<'a> Layout<'_, 'a> {
    /// Adds a run and all below it. `chain` counts the calls above that were waited for. Recursion is as deep as chains are
    /// followed.
    fn add_run(&mut self, at: InvocationIndex, link: Option<&Link>, depth: u16, chain: u16) {
        if !self.seen.insert(at) || self.rows.len() >= MOST_ROWS {
            return;
        }
        self.deepest = self.deepest.max(chain);
        let analysis = self.requests.analysis;
        let run = analysis.invocation(at);
        let children: Vec<&Link> = self.requests.shown_children(at).collect();
        let calls = self.calls(at, &children, depth + 1);
        let waits = children
            .iter()
            .filter(|link| link.synchronous)
            .map(|link| self.waited(link));
        let mut parts: Vec<Stretch> = waits.collect();
        let waited = of_run((run.start, run.end), 0, &parts);
        parts.extend(calls.iter().flat_map(|call| call.stretches.iter().copied()));
        parts.extend(self.retries(&calls, &children));
        let stretches = of_run((run.start, run.end), self.requests.felt_ms(at), &parts);
        let more = self.requests.parents(at).count().saturating_sub(1);
        self.rows.push(Row {
            depth,
            kind: RowKind::Run,
            name: analysis.text(run.function).to_owned(),
            start: run.start,
            end: run.end,
            own_ms: total_ms(&stretches, Kind::Runs),
            waited_ms: total_ms(&waited, Kind::Waits),
            stretches,
            tier: link.map(|link| link.tier),
            confidence: link.map_or(1.0, |link| link.confidence),
            invocation: Some(at),
            span: None,
            more_parents: u16::try_from(more).unwrap_or(u16::MAX),
            critical: false,
        });
        if usize::from(depth) >= MAX_HOPS {
            return;
        }
        let mut below: Vec<(Timestamp, Below<'a>)> = Vec::new();
        below.extend(
            calls
                .into_iter()
                .map(|call| (call.start, Below::Call(call))),
        );
        let start = |link: &Link| analysis.invocation(link.child).start;
        let children = children.into_iter();
        below.extend(children.map(|link| (start(link), Below::Run(link))));
        below.sort_by_key(|(start, _)| *start);
        for (_, below) in below {
            match below {
                Below::Call(call) => self.rows.push(call),
                Below::Run(link) => {
                    let chain = if link.synchronous { chain + 1 } else { 1 };
                    if !link.synchronous && !self.seen.contains(&link.child) {
                        self.rows.extend(self.queue(link, depth + 1));
                    }
                    self.add_run(link.child, Some(link), depth + 1, chain);
                }
            }
        }
    }

    /// The stretch in which a parent waits for a child, its init included.
    fn waited(&self, link: &Link) -> Stretch {
        let child = self.requests.analysis.invocation(link.child);
        Stretch {
            from: child.start.plus_ms(-self.requests.felt_ms(link.child)),
            to: child.end,
            kind: Kind::Waits,
        }
    }

    /// Calls of a run that led to no run of the tree: traced ones, and refusals that only a line shows.
    fn calls(&self, at: InvocationIndex, children: &[&Link], depth: u16) -> Vec<Row> {
        let analysis = self.requests.analysis;
        let called: HashSet<RequestId> = children
            .iter()
            .map(|link| analysis.invocation(link.child).request_id)
            .collect();
        let mut calls = Vec::new();
        for &span_at in self.requests.spans(at) {
            let span = &analysis.facts.spans[span_at as usize];
            let leads_on = span.invocation.get().is_some_and(|id| called.contains(&id));
            if span.kind == SpanKind::Remote && !leads_on {
                calls.push(self.call(span, span_at, depth));
            }
        }
        let run = analysis.invocation(at);
        for (line, refusal) in refusals(analysis, run) {
            let moment = analysis.facts.moment(line);
            let request = analysis.facts.text_of(refusal.aws_request_id);
            let is_shown = self.requests.spans(at).iter().any(|&span| {
                let span = &analysis.facts.spans[span as usize];
                let named = request.is_some()
                    && request == span.request(&analysis.facts.symbols).as_deref();
                let near = moment.since(end_of(span)).abs() <= SAME_CALL_MS;
                is_refused(span) && (named || request.is_none() && near)
            });
            if !is_shown {
                let name = analysis.facts.text_of(refusal.resource).unwrap_or("call");
                let mut row = bare(RowKind::Call, name_of(name), moment, moment, depth);
                row.stretches = vec![Stretch {
                    from: moment,
                    to: moment.plus_ms(1),
                    kind: Kind::Refused,
                }];
                calls.push(row);
            }
        }
        calls.sort_by_key(|call| call.start);
        calls
    }

    fn call(&self, span: &Span, at: u32, depth: u16) -> Row {
        let facts = &self.requests.analysis.facts;
        let name = facts
            .text_of(span.resource)
            .unwrap_or_else(|| facts.text(span.name));
        let (start, end) = (start_of(span), end_of(span));
        let mut row = bare(RowKind::Call, name_of(name), start, end, depth);
        row.span = Some(at);
        row.stretches = vec![Stretch {
            from: start,
            to: end.max(start.plus_ms(1)),
            kind: if is_refused(span) {
                Kind::Refused
            } else {
                Kind::Waits
            },
        }];
        row
    }

    /// From each refused call to the next try of the same target.
    fn retries(&self, calls: &[Row], children: &[&Link]) -> Vec<Stretch> {
        let analysis = self.requests.analysis;
        let mut tries: Vec<(&str, Timestamp, Timestamp, bool)> = calls
            .iter()
            .map(|call| {
                let refused = call
                    .stretches
                    .iter()
                    .any(|stretch| stretch.kind == Kind::Refused);
                (call.name.as_str(), call.start, call.end, refused)
            })
            .collect();
        tries.extend(children.iter().filter(|link| link.synchronous).map(|link| {
            let stretch = self.waited(link);
            let function = analysis.invocation(link.child).function;
            (analysis.text(function), stretch.from, stretch.to, false)
        }));
        tries.sort_unstable();
        tries
            .windows(2)
            .filter(|pair| pair[0].0 == pair[1].0 && pair[0].3)
            .map(|pair| Stretch {
                from: pair[0].2,
                to: pair[1].1,
                kind: Kind::WaitsToRetry,
            })
            .collect()
    }

    /// The time between a send and the run it led to; between two tries of one event the wait to try again.
    fn queue(&self, link: &Link, depth: u16) -> Option<Row> {
        let analysis = self.requests.analysis;
        let child = analysis.invocation(link.child);
        let to = child.start.plus_ms(-self.requests.felt_ms(link.child));
        let before = self.try_before(link);
        let from = before.or_else(|| self.sent_at(link))?;
        let kind = if before.is_some() || self.was_refused(link, from, to) {
            Kind::WaitsToRetry
        } else {
            Kind::Queued
        };
        if from >= to {
            return None;
        }
        let item = self.first_item(link.child);
        let name = match item
            .as_ref()
            .and_then(|item| Some((item.source, item.resource?)))
        {
            Some((source, resource)) => format!("{source} {}", analysis.text(resource)),
            None => item.map_or_else(|| "async".to_owned(), |item| item.source.to_string()),
        };
        let mut row = bare(RowKind::Queue, name, from, to, depth);
        row.stretches = vec![Stretch { from, to, kind }];
        Some(row)
    }

    fn first_item(&self, run: InvocationIndex) -> Option<Item> {
        let analysis = self.requests.analysis;
        let run = analysis.invocation(run);
        let mut lines = analysis.assembled.app_lines_of(run, Kinds::RECEIVED);
        lines.find_map(|line| {
            analysis
                .facts
                .app(line, Kinds::RECEIVED)?
                .items
                .into_iter()
                .next()
        })
    }

    /// When the last run before this one ended that was sent the same: an attempt of the same request, a delivery of the same event.
    fn try_before(&self, link: &Link) -> Option<Timestamp> {
        let analysis = self.requests.analysis;
        let child = analysis.invocation(link.child);
        let event = |run| {
            self.first_item(run)
                .map(|item| (item.source, item.identity))
        };
        let own = event(link.child);
        self.requests
            .shown_children(link.parent)
            .map(|other| other.child)
            .filter(|&other| other < link.child)
            .filter(|&other| {
                let same_event = own.is_some() && event(other) == own;
                let run = analysis.invocation(other);
                run.function == child.function && (run.request_id == child.request_id || same_event)
            })
            .map(|other| analysis.invocation(other).end)
            .max()
    }

    /// When the parent sent what the child got: by the message, by the trace; never before the parent began.
    fn sent_at(&self, link: &Link) -> Option<Timestamp> {
        let analysis = self.requests.analysis;
        let by_message = self.first_item(link.child).and_then(|item| item.sent_at);
        let by_trace = self.requests.spans(link.child).iter().find_map(|&span| {
            let span = &analysis.facts.spans[span as usize];
            (span.kind == SpanKind::LambdaService).then(|| start_of(span))
        });
        let sent = by_message.or(by_trace)?;
        Some(sent.max(analysis.invocation(link.parent).start))
    }

    /// Whether the function of the child refused tries while the event waited.
    fn was_refused(&self, link: &Link, from: Timestamp, to: Timestamp) -> bool {
        let analysis = self.requests.analysis;
        let function = analysis.text(analysis.invocation(link.child).function);
        let rows = &analysis.throttles;
        let first = rows.partition_point(|row| row.minute < from.minute());
        rows[first..]
            .iter()
            .take_while(|row| row.minute <= to)
            .any(|row| row.resource.strip_prefix("lambda:") == Some(function))
    }
}

fn is_refused(span: &Span) -> bool {
    span.throttle || span.status == Some(429)
}

/// A function by its name alone, other resources with their service.
fn name_of(resource: &str) -> String {
    resource
        .strip_prefix("lambda:")
        .unwrap_or(resource)
        .to_owned()
}

fn bare(kind: RowKind, name: String, start: Timestamp, end: Timestamp, depth: u16) -> Row {
    Row {
        depth,
        kind,
        name,
        start,
        end,
        stretches: Vec::new(),
        tier: None,
        confidence: 1.0,
        invocation: None,
        span: None,
        more_parents: 0,
        own_ms: 0,
        waited_ms: 0,
        critical: false,
    }
}
