//! Keeps links free of loops: nobody is its own ancestor.

use crate::model::rows::{Link, LinkTier};

/// Drops links until none lies on a loop: of a loop the lowest tier goes first, among equals those that run against time.
/// Invocations are sorted by start, so a loop needs at least one link from a later to an earlier one.
pub(super) fn remove(links: &mut Vec<Link>, invocations: usize) {
    if links.iter().all(|link| link.parent < link.child) {
        return;
    }
    loop {
        let looping = on_loops(links, invocations);
        let tiers = || {
            let tier = |(link, &looping): (&Link, &bool)| looping.then_some(link.tier);
            links.iter().zip(&looping).filter_map(tier)
        };
        let Some(lowest) = tiers().max() else {
            return;
        };
        let one_tier = tiers().all(|tier| tier == lowest);
        let goes = |link: &Link, lowest: LinkTier| {
            link.tier == lowest && (!one_tier || link.parent > link.child)
        };
        let mut looping = looping.into_iter();
        links.retain(|link| !(looping.next() == Some(true) && goes(link, lowest)));
    }
}

/// Which links lie on a loop or between loops: peels off whoever has no parent left, then whoever has no child left.
fn on_loops(links: &[Link], invocations: usize) -> Vec<bool> {
    let mut alive = vec![true; links.len()];
    for upwards in [false, true] {
        let ends = |link: &Link| {
            let (parent, child) = (link.parent as usize, link.child as usize);
            if upwards {
                (child, parent)
            } else {
                (parent, child)
            }
        };
        let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); invocations];
        let mut incoming = vec![0usize; invocations];
        for (at, link) in links.iter().enumerate().filter(|&(at, _)| alive[at]) {
            let (from, to) = ends(link);
            outgoing[from].push(at);
            incoming[to] += 1;
        }
        let mut free: Vec<usize> = (0..invocations).filter(|&at| incoming[at] == 0).collect();
        while let Some(from) = free.pop() {
            for &at in &outgoing[from] {
                alive[at] = false;
                let to = ends(&links[at]).1;
                incoming[to] -= 1;
                if incoming[to] == 0 {
                    free.push(to);
                }
            }
        }
    }
    alive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(parent: u32, child: u32, tier: LinkTier) -> Link {
        Link {
            parent,
            child,
            tier,
            confidence: 1.0,
            synchronous: false,
        }
    }

    fn left(mut links: Vec<Link>) -> Vec<(u32, u32)> {
        remove(&mut links, 6);
        links.iter().map(|link| (link.parent, link.child)).collect()
    }

    #[test]
    fn of_a_loop_the_lowest_tier_goes() {
        let links = vec![
            link(0, 1, LinkTier::Inferred),
            link(1, 2, LinkTier::TraceParent),
            link(2, 0, LinkTier::TraceParent),
        ];
        assert_eq!(left(links), [(1, 2), (2, 0)]);
    }

    #[test]
    fn among_equal_tiers_the_link_against_time_goes() {
        let links = vec![
            link(0, 1, LinkTier::ProducedId),
            link(1, 2, LinkTier::ProducedId),
            link(2, 0, LinkTier::ProducedId),
            link(2, 3, LinkTier::ProducedId),
        ];
        assert_eq!(left(links), [(0, 1), (1, 2), (2, 3)]);
    }

    #[test]
    fn a_link_against_time_without_a_loop_stays() {
        // Clocks of two hosts differ: the child seems to start first.
        let links = vec![
            link(1, 0, LinkTier::TraceParent),
            link(1, 2, LinkTier::TraceParent),
        ];
        assert_eq!(left(links), [(1, 0), (1, 2)]);
    }
}
