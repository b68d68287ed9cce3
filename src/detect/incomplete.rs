//! What the figures could not see: missing lines, gaps and denied log groups. A remark on the data, never an alarm.

mod metered;
mod only_named;

use crate::detect::Detector;
use crate::model::analysis::Analysis;
use crate::model::facts::{FactRef, SeenGap};
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::record::GapReason;
use crate::model::rows::{Evidence, FunctionFigures};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::Timestamp;
use crate::model::words::{percent, time_of_day};

/// Below this share of the runs that the metric counts, figures are partial.
const WHOLE: f64 = 0.98;
/// More functions than these are said in one line.
const APART: usize = 3;

/// Partial figures and stretches that were not read.
pub struct Incomplete;

impl Detector for Incomplete {
    fn kind(&self) -> FindingKind {
        FindingKind::IncompleteData
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let mut found = coverage(analysis);
        found.extend(only_named::candidates(analysis));
        found.extend(metered::candidates(analysis));
        let mut groups: Vec<Sym> = analysis.facts.gaps.iter().map(|gap| gap.group).collect();
        groups.sort_unstable();
        groups.dedup();
        found.extend(groups.into_iter().filter_map(|group| gaps(analysis, group)));
        found
    }
}

fn coverage(analysis: &Analysis) -> Vec<Candidate> {
    let share = |figures: &FunctionFigures| figures.coverage.filter(|share| *share < WHOLE);
    let mut partial: Vec<(f64, Sym)> = analysis
        .functions
        .iter()
        .filter(|figures| !figures.is_hidden())
        .filter_map(|figures| Some((share(figures)?, figures.function)))
        .collect();
    partial.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then_with(|| analysis.text(a.1).cmp(analysis.text(b.1)))
    });
    let Some((lowest, worst)) = partial.first().copied() else {
        return Vec::new();
    };
    if partial.len() > APART {
        let subject = format!("{} functions", partial.len());
        let claim = format!(
            "figures of {subject} rest on a part of their runs: {} % at {}",
            percent(lowest),
            plain(analysis.text(worst))
        );
        let functions: Vec<Sym> = partial.iter().map(|(_, function)| *function).collect();
        return partial_figures(analysis, "all", subject, claim, &functions)
            .into_iter()
            .collect();
    }
    let one = |(share, function): &(f64, Sym)| {
        let name = plain(analysis.text(*function)).into_owned();
        let claim = format!(
            "figures of {name} rest on {} % of its runs",
            percent(*share)
        );
        partial_figures(analysis, "coverage", name, claim, &[*function])
    };
    partial.iter().filter_map(one).collect()
}

/// The claim with the Invocations points that prove it.
fn partial_figures(
    analysis: &Analysis,
    key: &str,
    subject: String,
    claim: String,
    functions: &[Sym],
) -> Option<Candidate> {
    let points = invocation_points(analysis, functions);
    let mut found = remark(subject, key);
    found.claim = claim;
    found.cause = "fewer REPORT lines were read than the Invocations metric counts".into();
    found.next = "read the log groups again over this window; check the system log level".into();
    found.events = points
        .iter()
        .map(|point| event(analysis.facts.metrics[*point as usize].at))
        .collect();
    found.evidence = points
        .into_iter()
        .rev()
        .map(|point| Evidence::Metric { point })
        .collect();
    (!found.evidence.is_empty()).then_some(found)
}

/// What was not read of one log group. Without a line or a metric of its function there is nothing to open, and nothing is
/// said here: the list of gaps has it.
fn gaps(analysis: &Analysis, group: Sym) -> Option<Candidate> {
    let facts = &analysis.facts;
    let mut gaps: Vec<SeenGap> = facts
        .gaps
        .iter()
        .copied()
        .filter(|gap| gap.group == group)
        .collect();
    gaps.sort_by_key(|gap| (gap.from, gap.to));
    let (first, last) = (gaps.first()?, gaps.last()?);
    let name = plain(analysis.text(group)).into_owned();
    let subject = name
        .strip_prefix("/aws/lambda/")
        .unwrap_or(&name)
        .to_owned();
    let mut found = remark(subject.clone(), last.why.to_string());
    let span = format!(
        "from {} to {}",
        time_of_day(first.from),
        time_of_day(last.to)
    );
    (found.claim, found.next) = match last.why {
        GapReason::Denied => (
            format!("cannot see {subject}: logs:FilterLogEvents denied on {name}"),
            "add logs:FilterLogEvents on that log group to the policy".to_owned(),
        ),
        why => (
            format!(
                "{} of {subject} not seen {span}: {why}",
                if gaps.len() == 1 {
                    "a stretch"
                } else {
                    "stretches"
                }
            ),
            format!("read {name} again {span}"),
        ),
    };
    found.events = gaps.iter().map(|gap| event(gap.from)).collect();
    found.evidence = lines_beside(analysis, group, first.from);
    if found.evidence.is_empty() {
        let function = facts.symbols.lookup(&subject);
        let points = invocation_points(analysis, function.as_slice());
        found.evidence = points
            .into_iter()
            .map(|point| Evidence::Metric { point })
            .collect();
    }
    (!found.evidence.is_empty()).then_some(found)
}

fn remark(subject: String, key: impl Into<String>) -> Candidate {
    let mut found = Candidate::new(FindingKind::IncompleteData, subject, key);
    found.alarm = Alarm::Never;
    found.weight = 0.0;
    found
}

fn event(at: Timestamp) -> BadEvent {
    BadEvent { at, count: 1 }
}

/// The last line before `from` and the first after it in any stream of the group.
fn lines_beside(analysis: &Analysis, group: Sym, from: Timestamp) -> Vec<Evidence> {
    let mut beside = Vec::new();
    for (at, stream) in analysis.facts.streams.iter().enumerate() {
        if stream.group != group {
            continue;
        }
        let mut before = None;
        let mut after = None;
        for (fact, said) in stream.facts.iter() {
            let line = FactRef {
                stream: at as u32,
                fact,
            };
            let place = Some((said.at.since(from).abs(), line));
            if said.at >= from {
                after = place;
                break;
            }
            before = place;
        }
        beside.extend(before.into_iter().chain(after));
    }
    beside.sort_unstable();
    let proof = |(_, line)| Evidence::Line {
        request_id: None,
        line,
    };
    beside.into_iter().take(2).map(proof).collect()
}

/// Points of the Invocations metric of `functions`, under their name alone.
fn invocation_points(analysis: &Analysis, functions: &[Sym]) -> Vec<u32> {
    let symbols = &analysis.facts.symbols;
    let (Some(name), Some(dimension)) = (
        symbols.lookup("Invocations"),
        symbols.lookup("FunctionName"),
    ) else {
        return Vec::new();
    };
    let points = analysis.facts.metrics.iter().enumerate();
    points
        .filter(|(_, point)| {
            point.name == name
                && matches!(point.dimensions[..], [(known, function)] if known == dimension && functions.contains(&function))
        })
        .map(|(at, _)| at as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testing::{World, at};
    use crate::model::invocation::InvocationStatus::Ok as Fine;

    fn gap(world: &mut World, group: &str, why: GapReason) {
        let group = world.sym(group);
        let (from, to) = (at(1.5), at(4.0));
        world.facts.gaps.push(SeenGap {
            group,
            from,
            to,
            why,
        });
    }

    /// The hand-made world keeps its lines in `/aws/lambda/all`: runs end just after minutes 0, 1, 2, … 9.
    #[test]
    fn a_gap_is_proven_by_the_lines_beside_it() {
        let mut world = World::default();
        world.runs("all", 0.0, 10.0, 10, Fine);
        let (before, after) = (world.proof(1), world.proof(2));
        gap(&mut world, "/aws/lambda/all", GapReason::Throttled);
        let found = Incomplete.candidates(&world.analysis(), &Settings::default());
        assert_eq!(
            found[0].claim,
            "a stretch of all not seen from 10:01:30 to 10:04:00: throttled"
        );
        let line = |evidence: &Evidence| match evidence {
            Evidence::Line { line, .. } => Some(*line),
            _ => None,
        };
        let mut lines: Vec<_> = found[0].evidence.iter().map(line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [line(&before), line(&after)]);
        assert_eq!(found[0].alarm, Alarm::Never);
    }

    #[test]
    fn a_denied_group_without_lines_or_metrics_is_no_finding() {
        let mut world = World::default();
        world.runs("all", 0.0, 10.0, 10, Fine);
        gap(&mut world, "/aws/lambda/nightly-report", GapReason::Denied);
        let found = Incomplete.candidates(&world.analysis(), &Settings::default());
        assert!(found.is_empty(), "{found:?}");
    }
}
