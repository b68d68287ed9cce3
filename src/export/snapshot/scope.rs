//! What a snapshot is about, and everything that is linked to it.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use hashbrown::{HashMap, HashSet};

use super::keep::{Keep, StreamKeep};
use crate::model::analysis::Analysis;
use crate::model::fact::What;
use crate::model::facts::FactRef;
use crate::model::finding::Finding;
use crate::model::ids::{RequestId, TraceId};
use crate::model::invocation::InvocationIndex;
use crate::model::placed;
use crate::model::rows::Evidence;
use crate::model::time::Timestamp;
use crate::sources::snapshot;

/// Before a finding began, so long belongs to it: what was usual.
const BEFORE_MS: i64 = 10 * 60_000;
const AFTER_MS: i64 = 60_000;

/// What was asked for. Nothing set: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Globs of function names.
    pub functions: Vec<String>,
    pub finding: Option<String>,
    pub trace: Option<TraceId>,
    pub request: Option<RequestId>,
}

/// What cannot be found, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ScopeError(String);

impl Scope {
    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// What the name of the file says.
    pub(super) fn words(&self) -> String {
        if let Some(finding) = &self.finding {
            return finding.clone();
        }
        if let Some(trace) = self.trace {
            return format!("trace {trace}");
        }
        if let Some(request) = self.request {
            return format!("request {request}");
        }
        self.functions.join(" ")
    }

    /// As the manifest has it.
    pub(super) fn described(&self) -> snapshot::Scope {
        snapshot::Scope {
            since: self.since.map(|at| at.to_string()),
            until: self.until.map(|at| at.to_string()),
            functions: self.functions.clone(),
            finding: self.finding.clone(),
            trace: self.trace.map(|trace| trace.to_string()),
            request: self.request.map(|request| request.to_string()),
        }
    }

    /// What of the records belongs to it.
    pub(super) fn keep(&self, analysis: &Analysis) -> Result<Keep, ScopeError> {
        let globs = globs(&self.functions)?;
        let mut picked = Picked {
            analysis,
            runs: HashSet::new(),
            lines: Vec::new(),
            names: HashSet::new(),
        };
        let mut selected = false;
        if let Some(id) = &self.finding {
            picked.finding(finding(analysis, id)?);
            selected = true;
        }
        if let Some(trace) = self.trace {
            picked.trace(trace)?;
            selected = true;
        }
        if let Some(request) = self.request {
            let found = analysis.assembled.attempts(&request).ok_or_else(|| {
                ScopeError(format!(
                    "{request}: no such request in these records · check the id"
                ))
            })?;
            picked.runs.extend(found.iter().copied());
            selected = true;
        }
        let wanted = |name: &str| {
            let globs = globs.as_ref();
            globs.is_none_or(|globs| placed::fits(name, |name| globs.is_match(name)))
        };
        if !selected {
            for (at, one) in analysis.assembled.invocations.iter().enumerate() {
                let overlaps = self.until.is_none_or(|until| one.start < until)
                    && self.since.is_none_or(|since| one.end >= since);
                if overlaps && wanted(analysis.text(one.function)) {
                    picked.runs.insert(at as u32);
                }
            }
            if globs.is_some() && picked.runs.is_empty() {
                return Err(ScopeError(format!(
                    "no invocation of {} in these records · check the names and the window",
                    self.functions.join(", ")
                )));
            }
        }
        let narrow = selected || globs.is_some();
        if narrow {
            picked.follow_links();
        }
        let mut keep = picked.keep();
        keep.since = self.since;
        keep.until = self.until;
        keep.narrow = narrow;
        // Lines outside of invocations: those of the functions asked for, or all.
        if !selected {
            for stream in &analysis.facts.streams {
                let function = analysis.facts.text_of(stream.function);
                if globs.is_none() || function.is_some_and(wanted) {
                    let (group, name) = (analysis.text(stream.group), analysis.text(stream.stream));
                    keep.stream(group, name).loose = true;
                }
            }
        }
        Ok(keep)
    }
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, ScopeError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    let wrong = |pattern: &str, error: &globset::Error| {
        ScopeError(format!("{pattern}: not a glob: {}", error.kind()))
    };
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).build();
        set.add(glob.map_err(|error| wrong(pattern, &error))?);
    }
    let set = set.build().map_err(|error| wrong(&patterns[0], &error))?;
    Ok(Some(set))
}

fn finding<'a>(analysis: &'a Analysis, id: &str) -> Result<&'a Finding, ScopeError> {
    let found = analysis.findings.iter().find(|finding| finding.id == id);
    found.ok_or_else(|| {
        let known: Vec<_> = analysis
            .findings
            .iter()
            .take(8)
            .map(|one| one.id.as_str())
            .collect();
        let known = if known.is_empty() {
            "there is none".to_owned()
        } else {
            format!("there are {}", known.join(", "))
        };
        ScopeError(format!("{id}: no such finding in these records · {known}"))
    })
}

/// What belongs to the scope, while it is collected.
struct Picked<'a> {
    analysis: &'a Analysis,
    runs: HashSet<InvocationIndex>,
    /// Single lines beside the runs.
    lines: Vec<FactRef>,
    /// Functions and resources whose metrics and configurations belong to it.
    names: HashSet<String>,
}

impl Picked<'_> {
    /// The runs and lines that prove it and, where its subject is a function, what that did before and meanwhile.
    fn finding(&mut self, finding: &Finding) {
        let analysis = self.analysis;
        let subject = finding
            .subject
            .strip_prefix("lambda:")
            .unwrap_or(&finding.subject);
        self.names.insert(subject.to_owned());
        let name = subject.rsplit(':').next().unwrap_or(subject);
        self.names.insert(name.to_owned());
        let (from, to) = (
            finding.since.plus_ms(-BEFORE_MS),
            finding.last_seen.plus_ms(AFTER_MS),
        );
        for (at, one) in analysis.assembled.invocations.iter().enumerate() {
            if analysis.text(one.function) == subject && one.end >= from && one.start < to {
                self.runs.insert(at as u32);
            }
        }
        for evidence in &finding.evidence {
            match *evidence {
                Evidence::Line { request_id, line } => {
                    let attempts = request_id.and_then(|id| analysis.assembled.attempts(&id));
                    self.runs.extend(attempts.into_iter().flatten().copied());
                    self.lines.push(line);
                }
                Evidence::Metric { point } => {
                    let point = &analysis.facts.metrics[point as usize];
                    let values = point.dimensions.iter().map(|(_, value)| *value);
                    self.names
                        .extend(values.map(|value| analysis.text(value).to_owned()));
                }
                Evidence::Span { span } => {
                    self.runs.extend(analysis.assembled.owner(span as usize));
                }
            }
        }
    }

    fn trace(&mut self, trace: TraceId) -> Result<(), ScopeError> {
        let all = &self.analysis.assembled.invocations;
        let of_trace = (0..all.len() as u32)
            .filter(|at| all[*at as usize].trace.is_some_and(|it| it.trace == trace));
        self.runs.extend(of_trace);
        if self.runs.is_empty() {
            return Err(ScopeError(format!(
                "{trace}: no invocation of this trace in these records · check the id"
            )));
        }
        Ok(())
    }

    /// Everything that fed or called what is picked, or was fed or called by it.
    fn follow_links(&mut self) {
        let mut linked: HashMap<InvocationIndex, Vec<InvocationIndex>> = HashMap::new();
        for link in &self.analysis.links {
            linked.entry(link.parent).or_default().push(link.child);
            linked.entry(link.child).or_default().push(link.parent);
        }
        let mut open: Vec<_> = self.runs.iter().copied().collect();
        while let Some(at) = open.pop() {
            for &next in linked.get(&at).into_iter().flatten() {
                if self.runs.insert(next) {
                    open.push(next);
                }
            }
        }
    }

    fn keep(mut self) -> Keep {
        let analysis = self.analysis;
        let facts = &analysis.facts;
        let mut keep = Keep::nothing();
        let mut requests = HashSet::new();
        for at in &self.runs {
            let one = analysis.invocation(*at);
            requests.insert(one.request_id);
            self.names.insert(analysis.text(one.function).to_owned());
            keep.traces.extend(one.trace.map(|trace| trace.trace));
            let stream = &facts.streams[one.stream() as usize];
            let init = one.init.get().map(|init| analysis.inits[init as usize].at);
            let from = init.map_or(one.start, |init| init.min(one.start));
            let report = one.report_line().map(|line| facts.fact(line).at);
            let to = report.map_or(one.end, |report| report.max(one.end));
            let (group, name) = (analysis.text(stream.group), analysis.text(stream.stream));
            keep.stream(group, name).stretches.push((from, to));
        }
        for (span, owner) in analysis.assembled.span_owners.iter().enumerate() {
            if (owner.get()).is_some_and(|owner| self.runs.contains(&owner)) {
                keep.traces.insert(facts.spans[span].trace);
            }
        }
        self.gateway_lines(&requests);
        for line in &self.lines {
            let stream = facts.stream(*line);
            let at = facts.fact(*line).at;
            let (group, name) = (analysis.text(stream.group), analysis.text(stream.stream));
            keep.stream(group, name).stretches.push((at, at));
        }
        keep.names = self.names;
        keep.streams
            .values_mut()
            .flat_map(HashMap::values_mut)
            .for_each(StreamKeep::settle);
        keep
    }

    /// Access and execution log lines of the gateway requests behind which the runs stood.
    fn gateway_lines(&mut self, requests: &HashSet<RequestId>) {
        let mut gateway = HashSet::new();
        let mut rest = Vec::new();
        for (stream, lines) in self.analysis.facts.streams.iter().enumerate() {
            for (fact, line) in lines.facts.iter() {
                let What::Access(access) = &line.what else {
                    continue;
                };
                let place = FactRef {
                    stream: stream as u32,
                    fact,
                };
                if access
                    .integration_request
                    .is_some_and(|id| requests.contains(&id))
                {
                    gateway.extend(access.gateway_request);
                    self.lines.push(place);
                } else if let Some(id) = access.gateway_request {
                    rest.push((id, place));
                }
            }
        }
        let of_these = rest.into_iter().filter(|(id, _)| gateway.contains(id));
        self.lines.extend(of_these.map(|(_, place)| place));
    }
}
