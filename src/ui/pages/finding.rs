//! One finding: why, what to do now, what explains it, what proves it.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::finding::{Finding, FindingKind};
use crate::model::time::MINUTE_MS;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::kinds;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::series::{self, Deploy};
use crate::ui::step::{Step, Which};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

/// A deploy is told where what is found began no longer after it, and so many of them.
const DEPLOYED_MS: i64 = 20 * MINUTE_MS;
const DEPLOYS: usize = 3;

pub(super) fn page(scene: &Arc<Scene>, id: &str) -> Page {
    let analysis = &scene.analysis;
    let Some(finding) = analysis.findings.iter().find(|finding| finding.id == id) else {
        return gone("Finding", "this finding closed: it");
    };
    let mut parts = vec![summary(finding, scene)];
    parts.push(further(analysis, finding));
    parts.push(proof(scene, finding));
    Page {
        parts,
        ..Page::default()
    }
}

fn summary(finding: &Finding, scene: &Scene) -> Part {
    let (badge, colour) = kinds::severity(finding.severity);
    let title = Text::of(colour, badge)
        .and(Role::Text, " ")
        .and(kinds::role(finding.kind), kinds::glyph(finding.kind))
        .and(Role::Strong, &format!(" {}", finding.subject));
    let since = format!(
        "since {}, {} ago · last {}",
        figures::clock_or_day(finding.since, scene.now),
        figures::age(scene.now.since(finding.since)),
        figures::clock_or_day(finding.last_seen, scene.now)
    );
    let label = |label: &str, words: &str| {
        Text::of(Role::Dim, &format!("{label:6} ")).and(Role::Text, words)
    };
    let mut lines = vec![label("claim", &finding.claim)];
    if !finding.cause.is_empty() {
        lines.push(label("cause", &finding.cause));
    }
    if !finding.next.is_empty() {
        lines.push(label("next", &finding.next));
    }
    if let Some(harm) = finding.harm_per_min {
        let low = finding.harm_per_min_low.unwrap_or(0.0);
        let words = format!(
            "{} requests/min, at least {}",
            figures::per_minute(harm),
            figures::per_minute(low)
        );
        lines.push(label("harm", &words));
    }
    let trend: Vec<Row> = if finding.trend.is_empty() {
        Vec::new()
    } else {
        let levels = finding.trend.iter().map(|cell| Some(*cell)).collect();
        let cell = Cell::Spark(levels, kinds::role(finding.kind));
        vec![Row {
            cells: vec![cell],
            ..Row::default()
        }]
    };
    let rows = trend.len() as u16;
    let columns = vec![Column::text("", 20, u16::MAX)];
    let mut part = Part::new("summary", title, Table::bare(columns, Rows::fixed(trend)))
        .aside(Text::of(Role::Dim, &since))
        .between(rows, rows);
    part.prose = lines;
    part
}

/// What explains it, where its subject can be looked at, and what it explains: Enter alone leads down to the cause.
fn further(analysis: &Analysis, finding: &Finding) -> Part {
    let mut found: Vec<(Key, Row)> = Vec::new();
    let related = |other: &Finding, word: &str| {
        let (badge, colour) = kinds::severity(other.severity);
        let what = Text::of(colour, badge)
            .and(Role::Text, " ")
            .and(kinds::role(other.kind), kinds::glyph(other.kind))
            .and(Role::Strong, &format!(" {} ", other.subject))
            .and(Role::Text, &other.claim);
        (
            Key::text(&other.id),
            link(word, what, Step::Finding(other.id.clone())),
        )
    };
    let is_parent = |other: &&Finding| finding.parent.as_deref() == Some(other.id.as_str());
    let is_child = |other: &&Finding| other.parent.as_deref() == Some(finding.id.as_str());
    found.extend(
        analysis
            .findings
            .iter()
            .filter(is_parent)
            .map(|other| related(other, "cause")),
    );
    for (word, words, step) in places(analysis, finding) {
        found.push((Key::text(&words), link(word, Text::new(&words), step)));
    }
    found.extend(deployed(analysis, finding));
    found.extend(
        analysis
            .findings
            .iter()
            .filter(is_child)
            .map(|other| related(other, "symptom")),
    );
    let columns = vec![Column::word("", 9), Column::text("", 20, u16::MAX)];
    let title = "What explains it, where it shows, what it explains";
    Part::new("further", title, Table::bare(columns, Rows::few(found)))
        .aside(Text::of(Role::Dim, "Enter opens"))
        .between(2, 10)
}

/// Deploys shortly before it began, the nearest first: what changed is what is looked for.
fn deployed(analysis: &Analysis, finding: &Finding) -> impl Iterator<Item = (Key, Row)> {
    let mut near: Vec<(i64, Deploy)> = series::deploys(analysis)
        .into_iter()
        .map(|deploy| (finding.since.since(deploy.at), deploy))
        .filter(|(before, _)| (-MINUTE_MS..=DEPLOYED_MS).contains(before))
        .collect();
    near.sort_by_key(|(before, _)| before.abs());
    near.into_iter().take(DEPLOYS).map(|(before, deploy)| {
        let when = match before {
            0.. => format!("{} before it began", figures::duration(before as f64)),
            _ => "as it began".to_owned(),
        };
        let (at, words) = (figures::clock(deploy.at), deploy.words(analysis));
        let what = Text::of(Role::Focus, glyphs::DEPLOY)
            .and(Role::Strong, &format!(" {words}"))
            .and(Role::Text, &format!(" at {at}, {when}"));
        let step = Step::Function(analysis.text(deploy.function).to_owned());
        (Key::text(&words), link("deploy", what, step))
    })
}

fn link(word: &str, what: Text, step: Step) -> Row {
    Row {
        cells: vec![Cell::of(Role::Dim, word), Cell::Text(what)],
        open: Some(step),
        ..Row::default()
    }
}

/// Pages about its subject, the one of its own kind first.
fn places(analysis: &Analysis, finding: &Finding) -> Vec<(&'static str, String, Step)> {
    let subject = &finding.subject;
    let mut places = Vec::new();
    let resource = [subject.clone(), format!("lambda:{subject}")]
        .into_iter()
        .find(|name| {
            analysis
                .throttles
                .iter()
                .any(|throttle| throttle.resource == *name)
        });
    if let Some(resource) = resource {
        let words = format!("refusals of {resource} by minute and caller");
        places.push(("throttled", words, Step::Resource(resource)));
    }
    let repeats = analysis.duplicates.iter();
    let of_subject = |sym| analysis.text(sym) == subject;
    let (word, words, step) = match finding.kind {
        FindingKind::Duplicate => (
            "repeat",
            "the newest repeat: every delivery of that event",
            find::worst_repeat(analysis, repeats.filter(|one| of_subject(one.consumer))),
        ),
        FindingKind::Reordering => {
            let late = analysis.reordered.iter();
            let late = late.filter(|one| of_subject(one.consumer));
            let step = find::worst_overtaken(analysis, late);
            ("pair", "the newest overtaken pair: what came when", step)
        }
        _ => ("", "", None),
    };
    if let Some(step) = step {
        places.push((word, words.to_owned(), step));
    }
    let is_function = analysis
        .functions
        .iter()
        .any(|function| analysis.text(function.function) == subject.as_str());
    if is_function {
        let which = match finding.kind {
            FindingKind::Error | FindingKind::Timeout | FindingKind::OutOfMemory => {
                Some((Which::Failed, "failed runs"))
            }
            FindingKind::ColdStart => Some((Which::Cold, "cold starts")),
            _ => None,
        };
        if let Some((which, words)) = which {
            let step = Step::Invocations {
                function: subject.clone(),
                which,
            };
            places.push(("runs", format!("{words} of {subject}, newest first"), step));
        }
        let words = format!("{subject}: figures, versions, invocations");
        places.push(("function", words, Step::Function(subject.clone())));
    }
    places
}

/// The lines, spans and metric points that prove it.
pub(in crate::ui) fn proof(scene: &Scene, finding: &Finding) -> Part {
    let title = format!("Evidence, {}", finding.evidence.len());
    Part::new("evidence", title, rows::evidence(scene, &finding.evidence))
        .aside(Text::of(
            Role::Dim,
            "Enter opens the invocation · v its trace",
        ))
        .between(3, u16::MAX)
}
