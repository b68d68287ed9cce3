//! Functions that ran although nothing of it is in a log.

use crate::model::analysis::Analysis;
use crate::model::finding::Candidate;
use crate::model::rows::{Evidence, Metered};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::words::number_of;

use super::{APART, event, invocation_points, remark};

/// A remark each, or one for all where they are many. What is denied is said of its log group.
pub(super) fn candidates(analysis: &Analysis) -> Vec<Candidate> {
    let facts = &analysis.facts;
    let ran = |one: &&Metered| one.invocations.is_some_and(|runs| runs > 0);
    let metered = analysis.metered.iter().filter(ran);
    let silent: Vec<&Metered> = metered
        .filter(|one| !facts.is_denied(&facts.log_group(one.function)))
        .collect();
    if silent.len() > APART {
        let runs = silent.iter().filter_map(|one| one.invocations).sum();
        let subject = format!("{} functions", silent.len());
        let claim = format!(
            "no log tells of {subject}: CloudWatch counts {}",
            number_of(runs, "runs")
        );
        return vec![candidate(analysis, "all-metrics", subject, claim, &silent)];
    }
    let one = |of: &&Metered| {
        let name = plain(analysis.text(of.function)).into_owned();
        let claim = format!("no log tells of {name}: CloudWatch counts {}", of.words());
        candidate(analysis, "metrics", name, claim, &[*of])
    };
    silent.iter().map(one).collect()
}

fn candidate(
    analysis: &Analysis,
    key: &str,
    subject: String,
    claim: String,
    of: &[&Metered],
) -> Candidate {
    let mut found = remark(subject, key);
    found.claim = claim;
    found.cause =
        "nothing was read of their log groups: they are empty or absent, or not read yet".into();
    found.next = match of {
        [one] => format!(
            "see whether {} exists and the role of the function may write to it",
            plain(&analysis.facts.log_group(one.function))
        ),
        _ => "see whether their log groups exist and their roles may write to them".into(),
    };
    let functions: Vec<Sym> = of.iter().map(|one| one.function).collect();
    let points = invocation_points(analysis, &functions);
    let minutes = of.iter().flat_map(|one| &one.minutes);
    found.events = minutes.map(|minute| event(minute.at)).collect();
    let proof = |point| Evidence::Metric { point };
    found.evidence = points.into_iter().rev().map(proof).collect();
    found
}
