//! What each request amounts to: one pass over all invocations, without laying out their trees.

use crate::correlate::tree::Index;
use crate::model::analysis::Analysis;
use crate::model::invocation::{InvocationIndex, InvocationStatus};
use crate::model::rows::Harm;
use crate::model::time::Timestamp;
use crate::ui::find;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub root: InvocationIndex,
    /// First start, an init that was waited for included, and last end.
    pub start: Timestamp,
    pub end: Timestamp,
    pub runs: u32,
    /// Milliseconds that its runs waited for starts.
    pub cold_ms: f64,
    pub refused: u32,
    pub repeats: u32,
    pub overtaken: u32,
    /// How its first failed run ended; else ok, or unknown if that of a run is.
    pub status: InvocationStatus,
    /// The least confidence of its links; `None` without links.
    pub confidence: Option<f32>,
    /// X-Ray knows its runs: there may be calls to other services.
    pub has_spans: bool,
}

impl Request {
    /// From the first start to the last end.
    pub(super) fn took_ms(&self) -> f64 {
        self.end.since(self.start) as f64
    }

    /// Whether its tree is one run and nothing else that can be told without laying it out.
    pub(super) fn is_plain(&self) -> bool {
        self.runs == 1 && self.cold_ms == 0.0 && self.refused == 0 && !self.has_spans
    }
}

/// Every request, in order of its root's start.
pub(super) fn all(analysis: &Analysis, index: &Index) -> Vec<Request> {
    let requests = index.requests(analysis);
    let roots = requests.roots();
    let mut found: Vec<Option<Request>> = vec![None; roots.len()];
    for (at, &root) in roots.iter().enumerate() {
        let at = at as InvocationIndex;
        let run = analysis.invocation(at);
        let felt = find::felt_ms(analysis, at).unwrap_or(0.0);
        let start = run.start.plus_ms(-(felt.round() as i64));
        let request = found[root as usize].get_or_insert(Request {
            root,
            start,
            end: run.end,
            runs: 0,
            cold_ms: 0.0,
            refused: 0,
            repeats: 0,
            overtaken: 0,
            status: InvocationStatus::Ok,
            confidence: None,
            has_spans: false,
        });
        request.has_spans |= !requests.spans(at).is_empty();
        request.start = request.start.min(start);
        request.end = request.end.max(run.end);
        request.runs += 1;
        request.cold_ms += felt;
        request.refused += find::refused(analysis, run);
        let is_worse = run.status.failed() || run.status == InvocationStatus::Unknown;
        if is_worse && !request.status.failed() {
            request.status = run.status;
        }
        if at != root
            && let Some(link) = requests.parent(at)
        {
            let known = request.confidence.unwrap_or(1.0);
            request.confidence = Some(known.min(link.confidence));
        }
    }
    let mut add = |at: InvocationIndex, to: fn(&mut Request)| {
        let root = roots.get(at as usize).map(|root| *root as usize);
        if let Some(Some(request)) = root.and_then(|root| found.get_mut(root)) {
            to(request);
        }
    };
    for one in &analysis.duplicates {
        if one.harm >= Harm::Possible {
            add(one.repeat.invocation, |request| request.repeats += 1);
        }
    }
    for one in &analysis.reordered {
        add(one.invocation, |request| request.overtaken += 1);
    }
    found.into_iter().flatten().collect()
}
