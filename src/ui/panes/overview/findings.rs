//! Findings as a tree: the cause first, its symptoms under it.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::time::Timestamp;
use crate::model::words::time_of_day;
use crate::store::scene::Scene;
use crate::ui::page::{Cell, Column, Detail, Key, Part, Row, Rows, Table};
use crate::ui::pages::finding;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;
use crate::ui::{figures, kinds, state};

/// Cells of severity, age, glyph and subject.
const WHO: u16 = 26;
/// Cells that most claims say what counts in.
const CLAIM: u16 = 42;

/// A finding in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leaf {
    finding: usize,
    place: Branch,
    /// Urgent once, it and all that it explains: nothing of it goes on.
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    Root,
    Child,
    LastChild,
}

/// The part.
pub(super) fn part(scene: &Arc<Scene>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let findings = &analysis.findings;
    if findings.is_empty() {
        return Part::lines(
            "findings",
            "What is wrong now",
            vec![state::all_well(scene)],
        );
    }
    let now = scene.now;
    let leaves = tree(findings, now);
    let (over, incidents): (Vec<&Leaf>, Vec<&Leaf>) = leaves
        .iter()
        .filter(|leaf| leaf.place == Branch::Root && findings[leaf.finding].is_urgent())
        .partition(|leaf| leaf.over);
    let title = format!(
        "What is wrong now: {}{}, {}",
        match incidents.len() {
            0 if scene.is_reading_up() => "nothing urgent so far".to_owned(),
            0 => "nothing urgent".to_owned(),
            some => figures::number_of(some as u64, "incidents"),
        },
        match over.len() {
            0 => String::new(),
            some => format!(", {some} over"),
        },
        figures::number_of(findings.len() as u64, "findings")
    );
    let keys = leaves
        .iter()
        .map(|leaf| Key::text(&findings[leaf.finding].id))
        .collect();
    let rows = Rows::new(keys, move |at| row(&analysis, leaves[at], now));
    let columns = vec![
        Column::name("", 20, WHO).named("who").wants(WHO),
        Column::text("", 12, u16::MAX).named("claim").wants(CLAIM),
        Column::figure("", 5).named("harm").drop(1),
        Column::word("", 6).named("at least").drop(3),
        Column::word("", 1).named("trend").drop(2),
    ];
    Part::new("findings", Text::from(title), Table::bare(columns, rows))
        .aside(Text::of(Role::Dim, "harmed requests/min [at least]"))
        .between(4, 10)
}

/// What proves the finding under the cursor.
pub(super) fn detail(scene: &Arc<Scene>) -> Detail {
    let leaves = tree(&scene.analysis.findings, scene.now);
    let scene = Arc::clone(scene);
    let detail = move |row: usize| {
        let findings = &scene.analysis.findings;
        let finding = leaves.get(row).map(|leaf| &findings[leaf.finding]);
        finding.map_or_else(Vec::new, |finding| {
            let mut proof = finding::proof(&scene, finding);
            let title = format!(
                "What proves it at {}: {}",
                finding.subject,
                finding.evidence.len()
            );
            proof.title = Text::from(title);
            vec![proof]
        })
    };
    Box::new(detail)
}

/// Findings in their order, each with those that it explains right under it. Of what is urgent, that which goes on comes first.
fn tree(findings: &[Finding], now: Timestamp) -> Vec<Leaf> {
    let explained = |finding: &Finding| {
        finding
            .parent
            .as_ref()
            .is_some_and(|parent| findings.iter().any(|other| other.id == *parent))
    };
    let mut leaves = Vec::with_capacity(findings.len());
    for (at, root) in findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| !explained(finding))
    {
        leaves.push(Leaf {
            finding: at,
            place: Branch::Root,
            over: false,
        });
        let from = leaves.len();
        under(findings, &root.id, &mut leaves);
        if let Some(last) = leaves[from..].last_mut() {
            last.place = Branch::LastChild;
        }
        let family = &mut leaves[from - 1..];
        if root.is_urgent()
            && family
                .iter()
                .all(|leaf| findings[leaf.finding].is_over(now))
        {
            family.iter_mut().for_each(|leaf| leaf.over = true);
        }
    }
    let families = leaves.chunk_by(|_, leaf| leaf.place != Branch::Root);
    let mut families: Vec<&[Leaf]> = families.collect();
    families.sort_by_key(|family| (!findings[family[0].finding].is_urgent(), family[0].over));
    families.concat()
}

/// Everything that `id` explains, directly or through others; a circle of parents ends where it began.
fn under(findings: &[Finding], id: &str, leaves: &mut Vec<Leaf>) {
    let mut open = vec![id];
    while let Some(parent) = open.pop() {
        for (at, child) in findings.iter().enumerate() {
            let known = leaves.iter().any(|leaf| leaf.finding == at);
            if child.parent.as_deref() == Some(parent) && !known {
                leaves.push(Leaf {
                    finding: at,
                    place: Branch::Child,
                    over: false,
                });
                open.push(&child.id);
            }
        }
    }
}

fn row(analysis: &Analysis, leaf: Leaf, now: Timestamp) -> Row {
    let finding = &analysis.findings[leaf.finding];
    let (badge, colour) = kinds::severity(finding.severity);
    let colour = if leaf.over { Role::Dim } else { colour };
    let claim = if leaf.over {
        Text::of(
            Role::Dim,
            &format!("over since {}: ", time_of_day(finding.last_seen)),
        )
        .and(Role::Dim, &said(finding))
    } else {
        Text::new(&said(finding))
    };
    let age = figures::age(now.since(finding.since));
    let indent = if leaf.place == Branch::Root { "" } else { " " };
    let who = Text::new(indent)
        .and(colour, badge)
        .and(Role::Dim, &format!(" {age:>3} "))
        .and(kinds::role(finding.kind), kinds::glyph(finding.kind))
        .and(Role::Text, " ")
        .and(Role::Strong, &finding.subject);
    let mut unfold = Vec::new();
    for (label, words) in [("cause", &finding.cause), ("next", &finding.next)] {
        if !words.is_empty() {
            let label = format!("{label:5}  ");
            unfold.push(Text::of(Role::Dim, &label).and(Role::Text, words));
        }
    }
    Row {
        cells: vec![
            Cell::Text(who),
            Cell::Text(claim),
            Cell::Text(harm(finding.harm_per_min)),
            Cell::Text(at_least(finding.harm_per_min_low)),
            Cell::of(Role::Dim, trend(&finding.trend)),
        ],
        open: Some(Step::Finding(finding.id.clone())),
        function: Some(finding.subject.clone()),
        unfold,
        unfold_indent: WHO + 1,
        mark: match leaf.place {
            Branch::Root => None,
            Branch::Child => Some("├"),
            Branch::LastChild => Some("└"),
        },
        ..Row::default()
    }
}

/// The claim without its subject, which stands beside it.
fn said(finding: &Finding) -> String {
    let subject = finding.subject.as_str();
    let claim = finding.claim.strip_prefix(subject);
    let claim = claim.and_then(|rest| rest.strip_prefix(' '));
    let claim = claim.unwrap_or(&finding.claim);
    for joint in ["of", "at"] {
        let named = format!(" {joint} {subject}");
        if let Some((before, after)) = claim.split_once(&named)
            && after.starts_with([' ', ',', ':'])
        {
            return format!("{before}{after}");
        }
    }
    claim.to_owned()
}

/// `28`; `?` where no harm can be told.
fn harm(of: Option<f64>) -> Text {
    match of {
        Some(harm) => Text::new(&figures::per_minute(harm)),
        None => Text::of(Role::Unknown, figures::UNKNOWN),
    }
}

/// `[25]`.
fn at_least(low: Option<f64>) -> Text {
    low.map_or_else(Text::default, |low| {
        Text::of(Role::Dim, &format!("[{}]", figures::per_minute(low)))
    })
}

/// Whether the last five minutes had more, fewer or about as many bad events as the five before.
fn trend(cells: &[u32]) -> &'static str {
    // The last minute is still under way.
    let cells = &cells[..cells.len().saturating_sub(1)];
    let sum = |cells: &[u32]| cells.iter().map(|cell| u64::from(*cell)).sum::<u64>();
    let (before, last) = cells.split_at(cells.len().saturating_sub(5));
    let before = sum(&before[before.len().saturating_sub(5)..]);
    let last = sum(last);
    if last > before + before / 5 {
        "↑"
    } else if last + before / 5 < before {
        "↓"
    } else {
        "→"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::{FindingKind, Severity};
    use crate::model::time::MINUTE_MS;

    fn finding(id: &str, parent: Option<&str>) -> Finding {
        Finding {
            id: id.to_owned(),
            severity: Severity::P1,
            kind: FindingKind::Error,
            subject: String::new(),
            since: Timestamp(0),
            last_seen: Timestamp(0),
            claim: String::new(),
            cause: String::new(),
            next: String::new(),
            evidence: Vec::new(),
            harm_per_min: None,
            harm_per_min_low: None,
            parent: parent.map(str::to_owned),
            trend: Vec::new(),
        }
    }

    #[test]
    fn symptoms_stand_under_their_cause_wherever_they_rank() {
        let findings = [
            finding("symptom", Some("cause")),
            finding("alone", None),
            finding("cause", None),
            finding("symptom of the symptom", Some("symptom")),
            finding("orphan", Some("gone")),
        ];
        let order: Vec<_> = tree(&findings, Timestamp(0))
            .iter()
            .map(|leaf| (findings[leaf.finding].id.as_str(), leaf.place))
            .collect();
        assert_eq!(
            order,
            [
                ("alone", Branch::Root),
                ("cause", Branch::Root),
                ("symptom", Branch::Child),
                ("symptom of the symptom", Branch::LastChild),
                ("orphan", Branch::Root),
            ]
        );
    }

    #[test]
    fn what_goes_on_comes_before_what_is_over() {
        let now = Timestamp(60 * MINUTE_MS);
        let seen = |id, parent, minutes_ago: i64| Finding {
            last_seen: now.plus_ms(-minutes_ago * MINUTE_MS),
            ..finding(id, parent)
        };
        let mut findings = [
            seen("over", None, 10),
            seen("its symptom", Some("over"), 30),
            seen("goes on in a symptom", None, 11),
            seen("the symptom", Some("goes on in a symptom"), 9),
            seen("listed", None, 40),
        ];
        findings[4].severity = Severity::P3;
        let order: Vec<_> = tree(&findings, now)
            .iter()
            .map(|leaf| (findings[leaf.finding].id.as_str(), leaf.over))
            .collect();
        assert_eq!(
            order,
            [
                ("goes on in a symptom", false),
                ("the symptom", false),
                ("over", true),
                ("its symptom", true),
                ("listed", false),
            ]
        );
    }

    #[test]
    fn the_claim_does_not_say_again_what_stands_beside_it() {
        let said = |subject: &str, claim: &str| {
            said(&Finding {
                subject: subject.to_owned(),
                claim: claim.to_owned(),
                ..finding("id", None)
            })
        };
        assert_eq!(said("pay", "pay refuses 3/min"), "refuses 3/min");
        assert_eq!(
            said("pay", "3 of 9 runs of pay failed: pay me"),
            "3 of 9 runs failed: pay me"
        );
        assert_eq!(
            said("pay", "3 messages ran twice at pay, 3.4 %"),
            "3 messages ran twice, 3.4 %"
        );
        assert_eq!(
            said("pay", "2 runs of payment failed"),
            "2 runs of payment failed",
            "another one is named"
        );
    }

    #[test]
    fn the_arrow_compares_five_minutes_with_the_five_before() {
        assert_eq!(trend(&[1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 0]), "↑");
        assert_eq!(trend(&[4, 4, 4, 4, 4, 1, 1, 1, 1, 1, 9]), "↓");
        assert_eq!(trend(&[4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0]), "→");
        assert_eq!(trend(&[3, 0]), "↑");
        assert_eq!(trend(&[]), "→");
    }
}
