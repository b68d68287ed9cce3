//! Requests: invocations joined by links into trees, and what each tree amounts to.

use crate::model::analysis::Analysis;
use crate::model::invocation::{InvocationIndex, InvocationStatus};
use crate::model::rows::{Harm, Link};
use crate::model::time::Timestamp;

use super::find;

/// Every invocation's place in its request's tree.
pub struct Forest {
    /// The link to the parent of each invocation, the best where there are several.
    up: Vec<Option<Link>>,
    /// Children of each invocation, in order of start: ranges of `children`.
    ranges: Vec<(u32, u32)>,
    children: Vec<InvocationIndex>,
}

/// One request as a row of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub root: InvocationIndex,
    pub start: Timestamp,
    pub end: Timestamp,
    pub invocations: u32,
    pub depth: u32,
    /// Milliseconds that its invocations waited for starts.
    pub cold_ms: f64,
    pub refused: u32,
    pub repeats: u32,
    pub overtaken: u32,
    pub worst: InvocationStatus,
    /// The least confidence of its links; `None` without links.
    pub confidence: Option<f32>,
}

impl Forest {
    /// Joins all invocations of an analysis.
    pub fn of(analysis: &Analysis) -> Self {
        let count = analysis.assembled.invocations.len();
        let mut up: Vec<Option<Link>> = vec![None; count];
        for link in &analysis.links {
            let known = &mut up[link.child as usize];
            let better = known.is_none_or(|known| {
                (link.tier, -link.confidence) < (known.tier, -known.confidence)
            });
            if better && link.parent != link.child {
                *known = Some(*link);
            }
        }
        cut_circles(&mut up);
        let mut ranges = vec![(0_u32, 0_u32); count];
        for link in up.iter().flatten() {
            ranges[link.parent as usize].1 += 1;
        }
        let mut next = 0;
        for range in &mut ranges {
            let len = range.1;
            *range = (next, next);
            next += len;
        }
        let mut children = vec![0; next as usize];
        for link in up.iter().flatten() {
            let range = &mut ranges[link.parent as usize];
            children[range.1 as usize] = link.child;
            range.1 += 1;
        }
        Self {
            up,
            ranges,
            children,
        }
    }

    /// The link to the parent.
    pub fn up(&self, at: InvocationIndex) -> Option<&Link> {
        self.up[at as usize].as_ref()
    }

    /// Children in order of start: invocations are sorted by it.
    pub fn children(&self, at: InvocationIndex) -> &[InvocationIndex] {
        let (from, to) = self.ranges[at as usize];
        &self.children[from as usize..to as usize]
    }

    /// The first invocation of the request that an invocation belongs to.
    pub fn root(&self, at: InvocationIndex) -> InvocationIndex {
        let mut at = at;
        while let Some(link) = self.up(at) {
            at = link.parent;
        }
        at
    }

    /// The tree below an invocation, itself first, each with its depth.
    pub fn tree(&self, root: InvocationIndex) -> Vec<(InvocationIndex, u32)> {
        let mut found = Vec::new();
        let mut open = vec![(root, 0)];
        while let Some((at, depth)) = open.pop() {
            found.push((at, depth));
            open.extend(
                self.children(at)
                    .iter()
                    .rev()
                    .map(|child| (*child, depth + 1)),
            );
        }
        found
    }

    /// Every request, in order of start.
    pub fn requests(&self, analysis: &Analysis) -> Vec<Request> {
        let count = self.up.len();
        let mut repeats = vec![0_u32; count];
        for one in analysis
            .duplicates
            .iter()
            .filter(|one| one.harm >= Harm::Possible)
        {
            repeats[one.repeat.invocation as usize] += 1;
        }
        let mut overtaken = vec![0_u32; count];
        for one in &analysis.reordered {
            overtaken[one.invocation as usize] += 1;
        }
        (0..count as u32)
            .filter(|at| self.up(*at).is_none())
            .map(|root| {
                let mut request = Request::new(analysis, root);
                for (at, depth) in self.tree(root) {
                    request.add(analysis, at, depth, self.up(at));
                    request.repeats += repeats[at as usize];
                    request.overtaken += overtaken[at as usize];
                }
                request
            })
            .collect()
    }
}

/// Parents that lead back to their own child are cut where the circle is entered: every walk upwards ends.
fn cut_circles(up: &mut [Option<Link>]) {
    const NEW: u32 = 0;
    let mut seen = vec![NEW; up.len()];
    for from in 0..up.len() {
        let mark = from as u32 + 1;
        let mut at = from;
        while seen[at] == NEW {
            seen[at] = mark;
            let Some(link) = up[at] else { break };
            let parent = link.parent as usize;
            if seen[parent] == mark {
                up[at] = None;
                break;
            }
            at = parent;
        }
    }
}

impl Request {
    fn new(analysis: &Analysis, root: InvocationIndex) -> Self {
        let one = analysis.invocation(root);
        Self {
            root,
            start: one.start,
            end: one.end,
            invocations: 0,
            depth: 0,
            cold_ms: 0.0,
            refused: 0,
            repeats: 0,
            overtaken: 0,
            worst: InvocationStatus::Ok,
            confidence: None,
        }
    }

    fn add(&mut self, analysis: &Analysis, at: InvocationIndex, depth: u32, up: Option<&Link>) {
        let one = analysis.invocation(at);
        self.invocations += 1;
        self.depth = self.depth.max(depth);
        self.end = self.end.max(one.end);
        let felt = one
            .init
            .and_then(|init| analysis.inits[init as usize].felt_ms);
        self.cold_ms += f64::from(felt.unwrap_or(0.0));
        self.refused += find::refused(analysis, one);
        if one.status.failed() && !self.worst.failed() {
            self.worst = one.status;
        }
        if let (Some(link), true) = (up, at != self.root) {
            let known = self.confidence.unwrap_or(1.0);
            self.confidence = Some(known.min(link.confidence));
        }
    }

    /// From the first start to the last end.
    pub fn took_ms(&self) -> f64 {
        self.end.since(self.start) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rows::LinkTier;

    fn link(parent: u32, child: u32) -> Option<Link> {
        let tier = LinkTier::ProducedId;
        Some(Link {
            parent,
            child,
            tier,
            confidence: 0.99,
            synchronous: false,
        })
    }

    #[test]
    fn a_circle_of_links_is_cut_once() {
        // 0 → 1 → 2 → 0, and 3 hangs under 1.
        let mut up = [link(2, 0), link(0, 1), link(1, 2), link(1, 3)];
        cut_circles(&mut up);
        assert_eq!(up.iter().filter(|link| link.is_none()).count(), 1);
        assert!(up[3].is_some());
    }
}
