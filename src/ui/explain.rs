//! In plain words: what a row or a figure means, how it was computed, on which evidence, what to do next.

use crate::model::finding::{Finding, FindingKind};
use crate::store::scene::Scene;

use super::figures;
use super::page::{Part, Row};
use super::step::Step;
use super::text::Text;
use super::theme::Role;

mod columns;
mod kinds;
mod lines;

/// One explanation. What is empty is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What it is about: a column, a kind, or what stands in a line.
    pub name: &'static str,
    pub means: &'static str,
    /// How it is computed, and from what.
    pub from: &'static str,
    pub next: &'static str,
}

/// The meaning of a column: as the list writes it, else as every list does.
pub fn column(part: &str, name: &str) -> Option<&'static Meaning> {
    let own = |known: &&Meaning| {
        let (list, column) = known.name.split_once('.').unwrap_or(("", ""));
        list == part && column == name
    };
    let known = columns::COLUMNS;
    known
        .iter()
        .find(own)
        .or_else(|| known.iter().find(|known| known.name == name))
}

/// The meaning of a kind of finding.
pub fn kind(kind: FindingKind) -> Meaning {
    kinds::of(kind)
}

/// The meaning of a raw log line, if it is one that many have seen.
pub fn line(text: &str) -> Option<&'static Meaning> {
    lines::of(text)
}

/// What a box says about a row of a part, or about one column of it.
/// `raw` is the log line as it was written, where the row is one.
pub fn row(
    scene: &Scene,
    part: &Part,
    row: &Row,
    raw: Option<&str>,
    column_name: Option<&str>,
) -> Vec<Text> {
    if let Some(name) = column_name {
        return of_column(part, row, name);
    }
    let mut said = Vec::new();
    if let Some(Step::Finding(id)) = &row.open
        && let Some(finding) = scene.analysis.findings.iter().find(|one| one.id == *id)
    {
        said.extend(of_finding(finding));
        said.push(Text::default());
    }
    let words: Vec<String> = row
        .cells
        .iter()
        .map(|cell| cell.characters().into_owned())
        .chain(row.unfold.iter().map(Text::characters))
        .collect();
    let mut words = raw.into_iter().chain(words.iter().map(String::as_str));
    if let Some(meaning) = words.find_map(line) {
        said.extend(of_meaning(meaning.name, "", meaning));
        said.push(Text::default());
    }
    for (column, cell) in part.table.columns.iter().zip(&row.cells) {
        let shown = cell.characters();
        if let Some(meaning) = self::column(part.id, &column.name) {
            let name = format!("{:14} ", column.name);
            let value = if shown.trim().is_empty() {
                String::new()
            } else {
                format!("{} · ", shown.trim())
            };
            said.push(
                Text::of(Role::Dim, &name)
                    .and(Role::Strong, &value)
                    .and(Role::Text, meaning.means),
            );
        }
    }
    if said.is_empty() {
        said.push(Text::new("There is nothing more to say about this row."));
    } else {
        said.push(Text::default());
        said.push(Text::of(
            Role::Dim,
            "h and l choose a column: x then says how it is computed",
        ));
    }
    said
}

fn of_column(part: &Part, row: &Row, name: &str) -> Vec<Text> {
    let at = part
        .table
        .columns
        .iter()
        .position(|column| &*column.name == name);
    let cell = at.and_then(|at| row.cells.get(at));
    let shown = cell.map_or_else(String::new, |cell| cell.characters().trim().to_owned());
    let mut said = match column(part.id, name) {
        Some(meaning) => of_meaning(name, &shown, meaning),
        None => vec![Text::of(Role::Strong, name)],
    };
    let sign = match shown.as_str() {
        figures::UNKNOWN => "? It cannot be known: no source says it. It is not 0.",
        figures::NONE => "– It does not apply here.",
        _ if shown.starts_with('≤') => {
            "≤ At most so much: metrics know the longest run, no percentile."
        }
        _ if shown.starts_with('≥') => "≥ At least so many: no metric gives the whole.",
        _ if shown.starts_with(['~', '≈']) => "~ About: it is estimated.",
        _ => "",
    };
    if !sign.is_empty() {
        said.push(Text::default());
        said.push(Text::new(sign));
    }
    said
}

fn of_meaning(name: &str, shown: &str, meaning: &Meaning) -> Vec<Text> {
    let mut title = Text::of(Role::Strong, name);
    if !shown.is_empty() {
        title = title.and(Role::Text, "  ").and(Role::Focus, shown);
    }
    let mut said = vec![title];
    for (label, words) in [
        ("means", meaning.means),
        ("from", meaning.from),
        ("next", meaning.next),
    ] {
        if !words.is_empty() {
            said.push(labelled(label, words));
        }
    }
    said
}

fn of_finding(finding: &Finding) -> Vec<Text> {
    let meaning = kind(finding.kind);
    let mut said = vec![
        Text::of(Role::Strong, &finding.claim),
        labelled("means", meaning.means),
        labelled("from", meaning.from),
    ];
    if !finding.cause.is_empty() {
        said.push(labelled("cause", &finding.cause));
    }
    let rank = match (finding.harm_per_min, finding.harm_per_min_low) {
        (Some(harm), Some(low)) => format!(
            "{}: {} harmed requests a minute over its last 5 minutes, at least {} (95 %), by which it ranks.",
            finding.severity,
            figures::per_minute(harm),
            figures::per_minute(low)
        ),
        _ => format!("{}: its harm cannot be told.", finding.severity),
    };
    said.push(labelled("rank", &rank));
    if let Some(parent) = &finding.parent {
        let parent = Step::Finding(parent.clone()).crumb();
        said.push(labelled("part of", &format!("{parent}: mend that first.")));
    }
    let count = finding.evidence.len();
    let proofs = match count {
        1 => "1 line, point or span: Enter lists it, and it opens.".to_owned(),
        _ => format!("{count} lines, points or spans: Enter lists them, each opens."),
    };
    said.push(labelled("rests on", &proofs));
    let next = if finding.next.is_empty() {
        meaning.next
    } else {
        &finding.next
    };
    said.push(labelled("next", next));
    said
}

fn labelled(label: &str, words: &str) -> Text {
    Text::of(Role::Dim, &format!("{label:9} ")).and(Role::Text, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator as _;

    #[test]
    fn a_list_may_mean_something_of_its_own_by_a_column() {
        let own = column("repeats", "harm").map(|meaning| meaning.means);
        let all = column("findings", "harm").map(|meaning| meaning.means);
        assert!(own.is_some() && all.is_some() && own != all);
    }

    #[test]
    fn every_kind_says_what_it_means_how_and_what_next() {
        for one in FindingKind::iter() {
            let meaning = kind(one);
            for words in [meaning.means, meaning.from, meaning.next] {
                assert!(words.len() > 10 && words.ends_with('.'), "{one}: {words}");
            }
        }
    }

    #[test]
    fn lines_that_end_a_run_are_known() {
        for text in [
            "2026-03-03T14:10:21Z 8d1e Task timed out after 3.00 seconds",
            "REPORT RequestId: 8d1e\tDuration: 4.1 ms",
            "{\"type\":\"platform.logsDropped\"}",
        ] {
            assert!(line(text).is_some(), "{text}");
        }
        assert_eq!(line("order accepted"), None);
    }

    #[test]
    fn no_column_is_explained_twice() {
        let mut names: Vec<&str> = columns::COLUMNS.iter().map(|known| known.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
