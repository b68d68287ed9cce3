//! Which invocations a trouble reached: those that met it, those that waited for them, and what they went on to cause.

use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;

/// Edges between invocations, by either end.
pub(super) struct Touched {
    invocations: usize,
    /// (caller, callee) and (first delivery, its repeat), sorted.
    down: Vec<(InvocationIndex, InvocationIndex)>,
    /// (callee, caller), sorted.
    up: Vec<(InvocationIndex, InvocationIndex)>,
}

/// Links below are guesses about traffic, not about this request.
const CONFIDENT: f32 = 0.9;

impl Touched {
    pub(super) fn of(analysis: &Analysis) -> Self {
        let mut down = Vec::with_capacity(analysis.links.len() + analysis.duplicates.len());
        let mut up = Vec::with_capacity(analysis.links.len());
        for link in analysis
            .links
            .iter()
            .filter(|link| link.confidence >= CONFIDENT)
        {
            down.push((link.parent, link.child));
            up.push((link.child, link.parent));
        }
        for repeat in &analysis.duplicates {
            down.push((repeat.first.invocation, repeat.repeat.invocation));
        }
        down.sort_unstable();
        up.sort_unstable();
        Self {
            invocations: analysis.assembled.invocations.len(),
            down,
            up,
        }
    }

    /// A mark for every invocation that one of `requests` called, fed or was repeated by, or that waited for one of them.
    pub(super) fn by(&self, requests: &[InvocationIndex]) -> Vec<bool> {
        let mut below = self.follow(requests, &self.down);
        for (mark, above) in below.iter_mut().zip(self.follow(requests, &self.up)) {
            *mark |= above;
        }
        below
    }

    fn follow(
        &self,
        from: &[InvocationIndex],
        edges: &[(InvocationIndex, InvocationIndex)],
    ) -> Vec<bool> {
        let mut marks = vec![false; self.invocations];
        let mut open = from.to_vec();
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut marks[at as usize], true) {
                continue;
            }
            let start = edges.partition_point(|edge| edge.0 < at);
            let ends = edges[start..].iter().take_while(|edge| edge.0 == at);
            open.extend(ends.map(|edge| edge.1));
        }
        marks
    }
}
