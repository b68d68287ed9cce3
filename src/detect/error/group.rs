//! Errors grouped by fingerprint: type, normalised message and own frames.

use std::cmp::Reverse;

use hashbrown::HashMap;

use crate::model::fact::{Exception, Kinds};
use crate::model::facts::{FactRef, Facts};
use crate::model::invocation::{Assembled, Invocation, InvocationIndex, InvocationStatus};
use crate::model::rows::ErrorGroup;
use crate::model::symbols::Sym;

/// What failures of one group share.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fingerprint {
    function: Sym,
    status: InvocationStatus,
    error_type: Option<Sym>,
    message: Option<Sym>,
    frames: Option<Sym>,
    /// A line of the exception itself was there.
    told: bool,
}

/// Groups of failed invocations of one function that failed alike: by count, most first, then function, then text.
pub fn errors(facts: &Facts, assembled: &Assembled) -> Vec<ErrorGroup> {
    let mut groups: Vec<ErrorGroup> = Vec::new();
    let mut index: HashMap<Fingerprint, usize> = HashMap::new();
    let told = told(facts, assembled);
    for (at, invocation) in assembled.invocations.iter().enumerate() {
        if !invocation.counted || !invocation.status.failed() {
            continue;
        }
        let (print, line) = fingerprint(facts, assembled, invocation);
        let print = home(print, &told);
        let group = *index.entry(print).or_insert_with(|| {
            groups.push(empty(print, invocation));
            groups.len() - 1
        });
        let group = &mut groups[group];
        group.count += 1;
        group.first_seen = group.first_seen.min(invocation.end);
        // Invocations come by start, so a later one may have ended before.
        if invocation.end >= group.last_seen {
            group.last_seen = invocation.end;
            group.line = Some(line);
        }
        group.invocations.push(at as InvocationIndex);
    }
    groups.sort_by_cached_key(|group| {
        let text = |sym: Option<Sym>| facts.text_of(sym).unwrap_or_default().to_owned();
        (
            Reverse(group.count),
            text(Some(group.function)),
            group.status,
            text(group.error_type),
            text(group.message),
            text(group.frames),
        )
    });
    groups
}

/// What a function raised with a type; `None` where it raised several that are not alike.
type Told = HashMap<(Sym, Option<Sym>), Option<Fingerprint>>;

/// The fingerprints that lines tell, by function and type.
fn told(facts: &Facts, assembled: &Assembled) -> Told {
    let mut told = Told::new();
    let failed = assembled.invocations.iter();
    for run in failed.filter(|run| run.counted && run.status == InvocationStatus::Error) {
        let (print, _) = fingerprint(facts, assembled, run);
        if print.told {
            let same = told
                .entry((print.function, print.error_type))
                .or_insert(Some(print));
            *same = same.filter(|same| *same == print);
        }
    }
    told
}

/// A run of which only Lambda's own line names the type (the exception's line is lost) failed like the others of its type, where those are
/// all alike: one cause is one group.
fn home(print: Fingerprint, told: &Told) -> Fingerprint {
    if print.told || print.error_type.is_none() {
        return print;
    }
    let alike = told.get(&(print.function, print.error_type));
    alike.copied().flatten().unwrap_or(print)
}

/// A timeout or a run out of memory is the platform's verdict: what the code logged before says no more about it.
fn fingerprint(
    facts: &Facts,
    assembled: &Assembled,
    invocation: &Invocation,
) -> (Fingerprint, FactRef) {
    let platform = invocation.report_line().unwrap_or(invocation.first_line);
    let mut print = Fingerprint {
        function: invocation.function,
        status: invocation.status,
        error_type: None,
        message: None,
        frames: None,
        told: false,
    };
    if invocation.status != InvocationStatus::Error {
        return (print, platform);
    }
    print.error_type = invocation.error_type;
    let Some((line, exception)) = exception(facts, assembled, invocation) else {
        return (print, platform);
    };
    print.told = true;
    let known = |sym: Sym| (!facts.text(sym).is_empty()).then_some(sym);
    print.error_type = known(exception.error_type).or(print.error_type);
    print.message = known(exception.message);
    print.frames = known(exception.frames);
    (print, line)
}

/// The exception that ended the run: the last that nobody caught, else the last that was logged.
fn exception(
    facts: &Facts,
    assembled: &Assembled,
    invocation: &Invocation,
) -> Option<(FactRef, Exception)> {
    let logged = |at: FactRef| Some((at, facts.app(at, Kinds::RAISED)?.exception?));
    let all = || {
        let lines = assembled.app_lines_of(invocation, Kinds::RAISED);
        lines.filter_map(logged)
    };
    all()
        .rfind(|(_, exception)| exception.unhandled)
        .or_else(|| all().next_back())
}

fn empty(print: Fingerprint, invocation: &Invocation) -> ErrorGroup {
    ErrorGroup {
        function: print.function,
        status: print.status,
        error_type: print.error_type,
        message: print.message,
        frames: print.frames,
        count: 0,
        first_seen: invocation.end,
        last_seen: invocation.end,
        invocations: Vec::new(),
        line: None,
    }
}
