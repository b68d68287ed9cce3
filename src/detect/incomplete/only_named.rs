//! Functions whose runs only their application lines tell of.

use crate::model::analysis::Analysis;
use crate::model::finding::Candidate;
use crate::model::invocation::Invocation;
use crate::model::rows::{Evidence, FunctionFigures};
use crate::model::text::plain;
use crate::model::words::{count, number_of};

use super::{APART, event, remark};

/// So many of the runs are evidence, the newest first.
const NEWEST: usize = 40;

/// A remark each, or one for all where they are many.
pub(super) fn candidates(analysis: &Analysis) -> Vec<Candidate> {
    let functions = analysis.functions.iter();
    let hidden: Vec<&FunctionFigures> = functions.filter(|figures| figures.is_hidden()).collect();
    if hidden.len() > APART {
        let subject = format!("{} functions", hidden.len());
        return vec![candidate(analysis, "all", subject, &hidden)];
    }
    let one = |figures: &&FunctionFigures| {
        let name = plain(analysis.text(figures.function)).into_owned();
        candidate(analysis, "only-named", name, &[*figures])
    };
    hidden.iter().map(one).collect()
}

fn candidate(
    analysis: &Analysis,
    key: &str,
    subject: String,
    hidden: &[&FunctionFigures],
) -> Candidate {
    let sum = |of: fn(&FunctionFigures) -> u64| hidden.iter().map(|figures| of(figures)).sum();
    let (named, all): (u64, u64) = (sum(|it| it.only_named), sum(|it| it.invocations));
    let mut found = remark(subject.clone(), key);
    found.claim = format!(
        "{} of {} of {subject} are known by application lines alone, and more may have run: how long they took, how they ended and whether they \
         started cold is unknown",
        count(named),
        number_of(all, "runs"),
    );
    found.cause = "no START, REPORT or init line in their log streams: a system log level of WARN hides them, or they were lost".into();
    found.next = format!("set the system log level of {subject} to INFO");
    let of_them = |run: &&Invocation| {
        run.is_only_named() && hidden.iter().any(|it| it.function == run.function)
    };
    let runs = analysis.assembled.invocations.iter().rev().filter(of_them);
    found.events = runs.clone().map(|run| event(run.start)).collect();
    found.events.reverse();
    let proof = |run: &Invocation| Evidence::Line {
        request_id: Some(run.request_id),
        line: run.first_line,
    };
    found.evidence = runs.take(NEWEST).map(proof).collect();
    found
}
