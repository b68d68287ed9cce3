//! One incident, one line: which finding explains which.

mod calls;
mod touched;

use crate::detect::slo;
use crate::model::analysis::Analysis;
use crate::model::fact::name_in;
use crate::model::finding::{Alarm, FindingKind, Severity};
use crate::model::invocation::InvocationIndex;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

use super::severity::Judged;
use calls::Calls;
use touched::Touched;

/// A cause may be seen so much later than its symptom.
const LATE_MS: i64 = 2 * MINUTE_MS;
/// Share of the symptom's requests that met the cause; of those that an objective counts, which come from many.
const INSIDE: f64 = 0.7;
const INSIDE_BURN: f64 = 0.5;
/// Subjects that change alike within three minutes share a cause.
const SHARED: usize = 3;
const TOGETHER_MS: i64 = 3 * MINUTE_MS;

/// The index of the finding that explains each of `judged`, if one does. No chains: a symptom's parent has none itself.
pub(super) fn parents(analysis: &Analysis, judged: &[Judged]) -> Vec<Option<usize>> {
    let calls = Calls::of(analysis, judged);
    let touched = Touched::of(analysis);
    let mut causes: Vec<Vec<usize>> = vec![Vec::new(); judged.len()];
    for (at, cause) in judged.iter().enumerate() {
        let mut reach = None;
        for (of, symptom) in judged.iter().enumerate() {
            let explains = match (is_burn(cause), is_burn(symptom)) {
                (false, true) => may_burn(cause, symptom),
                (true, _) => false,
                (false, false) => {
                    comes_first(cause, symptom) && may_explain(cause, symptom, &calls)
                }
            };
            if at == of || !explains {
                continue;
            }
            let reach = reach.get_or_insert_with(|| touched.by(&cause.candidate.requests));
            if waits_for(analysis, symptom, cause) || meets(analysis, symptom, reach) {
                causes[of].push(at);
            }
        }
    }
    let mut parents: Vec<Option<usize>> = (0..judged.len()).map(|at| root(at, &causes)).collect();
    // Chains longer than calls are followed could close a circle: one of it must stay a root.
    for at in 0..parents.len() {
        if parents[at].is_some_and(|parent| parents[parent].is_some()) {
            parents[at] = None;
        }
    }
    share_causes(judged, &mut parents);
    parents
}

/// Follows causes of causes to one that nothing explains; among several the worse. Each step visits a finding once.
fn root(at: usize, causes: &[Vec<usize>]) -> Option<usize> {
    let mut seen = vec![at];
    let mut here = at;
    loop {
        // Findings are sorted worst first, so the smallest index is the worst cause.
        match causes[here]
            .iter()
            .copied()
            .filter(|cause| !seen.contains(cause))
            .min()
        {
            Some(cause) => {
                seen.push(cause);
                here = cause;
            }
            None => return (here != at).then_some(here),
        }
    }
}

fn comes_first(cause: &Judged, symptom: &Judged) -> bool {
    cause.since <= symptom.since.plus_ms(LATE_MS)
        && symptom.since <= cause.last_seen.plus_ms(30 * MINUTE_MS)
}

/// Whether it counts what an objective loses: it is what others cost, and explains nothing itself.
fn is_burn(judged: &Judged) -> bool {
    judged.candidate.key == slo::BURN
}

/// Whether trouble of this kind can be what an objective counts. A budget is spent over hours: when it began to burn says nothing of
/// what burns it, and what is too much for it need not be more than usual.
fn may_burn(cause: &Judged, burn: &Judged) -> bool {
    let (cause, burn) = (cause.candidate.kind, burn.candidate.kind);
    match burn {
        // Failures, of which throttling and bad starts may be the cause.
        FindingKind::Error => depth(cause).is_some_and(|depth| depth <= 2),
        other => cause == other,
    }
}

/// How close to the root a kind stands where both are about one function: what cannot start or is refused waits, what waits
/// times out, what timed out is repeated, and a repeat overtakes.
fn depth(kind: FindingKind) -> Option<u8> {
    match kind {
        FindingKind::ColdStart | FindingKind::OutOfMemory | FindingKind::Throttling => Some(0),
        FindingKind::Timeout => Some(1),
        FindingKind::Error => Some(2),
        FindingKind::Duplicate => Some(3),
        FindingKind::Reordering => Some(4),
        _ => None,
    }
}

/// Whether trouble of this kind there can be why there is trouble of that kind here.
fn may_explain(cause: &Judged, symptom: &Judged, calls: &Calls<'_>) -> bool {
    // What always was so does not explain what is new or wrong.
    if symptom.loud && !cause.loud {
        return false;
    }
    let (cause, symptom) = (&cause.candidate, &symptom.candidate);
    let (Some(above), Some(below)) = (depth(cause.kind), depth(symptom.kind)) else {
        return false;
    };
    let explains = match cause.kind {
        FindingKind::Reordering => false,
        // An environment that cannot start fails its request; one that starts late only delays it.
        FindingKind::ColdStart => matches!(cause.alarm, Alarm::Certain | Alarm::Raised),
        _ => cause.alarm != Alarm::Never,
    };
    if !explains {
        return false;
    }
    if cause.function.is_some() && cause.function == symptom.function {
        // A refused call never ran: it cannot have failed in the function that refused it.
        return above < below && !(cause.kind == FindingKind::Throttling && below <= 2);
    }
    let (waits, feeds) = (calls.reaches(symptom, cause), calls.reaches(cause, symptom));
    if cause.kind == FindingKind::Duplicate {
        // What ran twice sends twice, and late: only those that it feeds see that.
        return feeds && !waits && below >= above;
    }
    match (waits, feeds) {
        (true, false) => true,
        (true, true) => above < below,
        // What was repeated or overtaken may stand behind a queue, out of the caller's sight.
        (false, _) => below >= 3,
    }
}

/// Whether the symptom's own lines say that it waited for the cause's subject.
fn waits_for(analysis: &Analysis, symptom: &Judged, cause: &Judged) -> bool {
    let subject = name_in(&cause.candidate.subject);
    let awaited = |callee: &Sym| name_in(analysis.text(*callee)) == subject;
    symptom.candidate.waits_for.iter().any(awaited)
}

/// Whether most requests of the symptom, since it began, met the cause.
fn meets(analysis: &Analysis, symptom: &Judged, reach: &[bool]) -> bool {
    let (since, inside) = if is_burn(symptom) {
        (Timestamp(i64::MIN), INSIDE_BURN)
    } else {
        (symptom.since.plus_ms(-MINUTE_MS), INSIDE)
    };
    let current = |at: &&InvocationIndex| analysis.invocation(**at).end >= since;
    let (mut met, mut all) = (0u32, 0u32);
    for at in symptom.candidate.requests.iter().filter(current) {
        all += 1;
        met += u32::from(reach[*at as usize]);
    }
    all > 0 && f64::from(met) >= inside * f64::from(all)
}

/// Three or more subjects that alarm alike for one cause within three minutes are one incident, told by the worst of them.
fn share_causes(judged: &[Judged], parents: &mut [Option<usize>]) {
    let loud = |at: usize| judged[at].severity <= Severity::P2;
    for at in 0..judged.len() {
        if parents[at].is_some() || !loud(at) {
            continue;
        }
        let alike = |other: &usize| {
            let (a, b) = (&judged[at], &judged[*other]);
            parents[*other].is_none()
                && loud(*other)
                && a.candidate.kind == b.candidate.kind
                && a.candidate.key == b.candidate.key
                && a.since.since(b.since).abs() <= TOGETHER_MS
        };
        let group: Vec<usize> = (at + 1..judged.len()).filter(alike).collect();
        if group.len() + 1 >= SHARED {
            for other in group {
                parents[other] = Some(at);
                // What was explained by a symptom is explained by the cause.
                for parent in parents.iter_mut().filter(|parent| **parent == Some(other)) {
                    *parent = Some(at);
                }
            }
        }
    }
}
