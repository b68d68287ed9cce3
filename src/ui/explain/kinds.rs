//! What each kind of finding means.

use super::Meaning;
use crate::model::finding::FindingKind;

/// The meaning of a kind.
pub(super) fn of(kind: FindingKind) -> Meaning {
    let (name, means, from, next) = match kind {
        FindingKind::ColdStart => (
            "cold start",
            "Requests wait because an environment has to start first.",
            "Counted are inits that a request waited for; the share is raised when its 95 % lower bound exceeds thresholds.cold_rate.",
            "Keep some warm, start less at init, or leave it where no user waits.",
        ),
        FindingKind::Throttling => (
            "throttling",
            "Tries are refused: more are wanted at once than a limit allows.",
            "From the metric Throttles, from callers' lines and from traces. The limit follows from the reason in the refusal, what is configured and what was busy.",
            "Find out whether demand rose or runs became longer: needed slots are calls a second times seconds a run.",
        ),
        FindingKind::Duplicate => (
            "duplicate",
            "Events ran more than once. Only those whose first run had succeeded did harm for certain.",
            "The same id at the same consumer inside the horizon; the class says why it came again.",
            "Make the consumer idempotent by this id; where runs outlast the visibility timeout, raise that.",
        ),
        FindingKind::Reordering => (
            "reordering",
            "Events were handled after newer ones of the same key.",
            "RFC 4737 over arrivals on each key. It is a violation only where the source promises order.",
            "Write only if newer: a condition on the sequence makes order not matter.",
        ),
        FindingKind::Error => (
            "error",
            "Invocations end with an error.",
            "Grouped by a fingerprint: type and message with ids and numbers masked. New ones and rising ones are raised.",
            "Open the newest example; its trace shows what it waited for.",
        ),
        FindingKind::Timeout => (
            "timeout",
            "Invocations were ended by their time limit.",
            "REPORT's Status timeout, or the line Task timed out. What they waited for is what their last lines name.",
            "Fix what they wait for; a longer limit only makes callers wait too.",
        ),
        FindingKind::OutOfMemory => (
            "out of memory",
            "Invocations were killed for want of memory.",
            "Runtime.ExitError with signal: killed, or Max Memory Used that reaches what is configured.",
            "Raise the memory now; then look for what grew with the version that began it.",
        ),
        FindingKind::Cost => (
            "cost",
            "Money is spent for nothing.",
            "From billed time, memory and counts at list prices.",
            "Nothing is urgent about it.",
        ),
        FindingKind::Security => (
            "security",
            "Something looks unsafe.",
            "From what logs and configuration show.",
            "Tell whoever owns the function.",
        ),
        FindingKind::Governance => (
            "governance",
            "A setting is not as it should be.",
            "From the configuration.",
            "Nothing is urgent about it.",
        ),
        FindingKind::Coupling => (
            "coupling",
            "Functions depend on each other more closely than their links say.",
            "From requests that wait for each other.",
            "Consider a queue between them.",
        ),
        FindingKind::IncompleteData => (
            "incomplete data",
            "Part of the picture is missing, so figures of it are unknown or too small.",
            "A source is denied, broken or behind, or coverage of the Invocations metric is low.",
            "Pane 8 names the source and the right that it lacks.",
        ),
    };
    Meaning {
        name,
        means,
        from,
        next,
    }
}
