//! Objectives that a team has set, and how fast their error budgets are spent.

mod burn;
mod tally;

use hashbrown::HashMap;

use crate::detect::Detector;
use crate::model::analysis::Analysis;
use crate::model::finding::{Alarm, Candidate, FindingKind};
use crate::model::settings::{BadRequest, Settings, Slo};
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::words::{count, time_of_day};

use burn::{Burn, Pace, worst};
use tally::{Bad, Tally, most};

/// So many examples are kept: the newest.
const SHOWN: usize = 50;
/// Harm of one felt start that an objective speaks of, and of one refusal, against a lost request.
const COLD: f64 = 0.3;
const REFUSED: f64 = 0.5;

/// Third part of the ids of these findings.
pub(super) const BURN: &str = "slo_burn";
/// A function that met this share of what an objective counts is what it waits for.
const MOST: f64 = 0.7;

/// Budgets that burn: a candidate for each `[[slo]]` of the settings.
pub struct Objectives;

impl Detector for Objectives {
    fn kind(&self) -> FindingKind {
        FindingKind::Error
    }

    fn candidates(&self, analysis: &Analysis, settings: &Settings) -> Vec<Candidate> {
        let objectives = settings.slo.iter();
        objectives
            .filter_map(|slo| candidate(analysis, slo))
            .collect()
    }
}

fn candidate(analysis: &Analysis, slo: &Slo) -> Option<Candidate> {
    let tally = Tally::of(analysis, slo)?;
    let burn = worst(&tally.bad, &tally.all, slo.budget())?;
    let (kind, weight, how) = match slo.bad {
        BadRequest::Error => (FindingKind::Error, 1.0, "failed"),
        BadRequest::ColdStart => (FindingKind::ColdStart, COLD, "waited for a start"),
        BadRequest::Throttled => (FindingKind::Throttling, REFUSED, "were refused"),
        BadRequest::Disordered => (FindingKind::Reordering, 1.0, "were overtaken"),
    };
    let events = tally.between(burn.from, burn.to);
    let mut found = Candidate::new(kind, plain(&slo.name).into_owned(), BURN);
    found.claim = claim(slo, &tally, &burn, how);
    found.cause = most(analysis, events);
    found.next = String::from(
        "look at the findings on these functions first: this one counts what they cost",
    );
    found.alarm = match (burn.pace, burn.short_history) {
        (Pace::Page, false) => Alarm::Raised,
        _ => Alarm::Never,
    };
    found.weight = weight;
    found.events = events.iter().map(|event| event.event).collect();
    found.requests = events.iter().filter_map(|event| event.run).collect();
    if slo.bad == BadRequest::Throttled {
        // Refused calls ran nowhere: what refused them is known all the same.
        found.waits_for = refusing(events);
    }
    let newest = events.iter().rev().take(SHOWN);
    found.evidence = newest.map(|event| event.evidence.clone()).collect();
    Some(found)
}

/// The function that refused most of the calls, if one did.
fn refusing(events: &[Bad]) -> Vec<Sym> {
    let mut refused: HashMap<Sym, u64> = HashMap::new();
    for bad in events {
        *refused.entry(bad.function).or_default() += u64::from(bad.event.count);
    }
    let all: u64 = refused.values().sum();
    let most =
        |(function, count): (Sym, u64)| (count as f64 >= MOST * all as f64).then_some(function);
    refused.into_iter().filter_map(most).collect()
}

/// `checkout burns its budget 18 times too fast: 41 of 310 failed since 10:02, target 99.9 %`.
fn claim(slo: &Slo, tally: &Tally, burn: &Burn, how: &str) -> String {
    let sum = |counts: &[u64]| counts[burn.from..burn.to].iter().sum::<u64>();
    let history = if burn.short_history {
        " (short history)"
    } else {
        ""
    };
    format!(
        "{} burns its budget {:.1} times too fast{history}: {} of {} {how} since {}, target {} %",
        plain(&slo.name),
        burn.times,
        count(sum(&tally.bad)),
        count(sum(&tally.all)),
        time_of_day(tally.minute(burn.from)),
        (slo.target * 1e6).round() / 1e4,
    )
}
