//! The critical path in one line: what the request's time went to.

use crate::correlate::tree::{Kind, RowKind, Tree};
use crate::model::time::Timestamp;
use crate::ui::figures;
use crate::ui::glyphs;
use crate::ui::page::Part;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Shares below this are not worth a word.
const WORTH: f64 = 0.01;

/// One thing that the path's time went to.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ui) struct Share {
    label: String,
    /// What it is drawn as, beside its label.
    glyph: Option<(&'static str, Role)>,
    pub ms: i64,
    /// Nothing ran: it waited in a queue or to try again.
    idle: bool,
}

impl Share {
    /// `wait ╳`, `payment`.
    pub(in crate::ui) fn name(&self) -> Text {
        let label = Text::new(&self.label);
        match self.glyph {
            Some((glyph, role)) => label.and(role, &format!(" {glyph}")),
            None => label,
        }
    }
}

/// What the critical path's time went to, most first.
pub(in crate::ui) fn shares(tree: &Tree) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for part in &tree.path {
        let row = &tree.rows[part.row];
        let of_run = row.kind == RowKind::Run;
        let (label, glyph) = match part.stretch.kind {
            Kind::Waits if of_run => (format!("{} waits for calls", row.name), None),
            Kind::Runs | Kind::Waits => (row.name.clone(), None),
            Kind::Cold => ("init".to_owned(), Some((glyphs::COLD, Role::Cold))),
            Kind::Refused | Kind::WaitsToRetry => {
                ("wait".to_owned(), Some((glyphs::THROTTLE, Role::Throttle)))
            }
            Kind::Queued => ("queue".to_owned(), Some(("┄", Role::Dim))),
        };
        let ms = part.stretch.to.since(part.stretch.from);
        match shares.iter_mut().find(|share| share.label == label) {
            Some(known) => known.ms += ms,
            None => shares.push(Share {
                label,
                glyph,
                ms,
                idle: matches!(
                    part.stretch.kind,
                    Kind::Queued | Kind::WaitsToRetry | Kind::Refused
                ),
            }),
        }
    }
    shares.sort_by(|one, other| {
        other
            .ms
            .cmp(&one.ms)
            .then_with(|| one.label.cmp(&other.label))
    });
    shares
}

/// From the first to the last moment of the path.
pub(in crate::ui) fn length_ms(tree: &Tree) -> i64 {
    let first = tree.path.first().map(|part| part.stretch.from);
    let last = tree.path.last().map(|part| part.stretch.to);
    let ends: Option<(Timestamp, Timestamp)> = first.zip(last);
    ends.map_or(0, |(from, to)| to.since(from))
}

/// The path's shares as a rule of their own.
pub(super) fn part(tree: &Tree) -> Part {
    let shares = shares(tree);
    let whole = length_ms(tree);
    let mut title = Text::new("Critical path ")
        .and(Role::Strong, &figures::duration(whole as f64))
        .and(Role::Text, ":");
    let worth = |share: &&Share| share.ms as f64 >= whole as f64 * WORTH;
    for (at, share) in shares.iter().filter(worth).enumerate() {
        title = title
            .and(Role::Dim, if at == 0 { " " } else { " · " })
            .then(share.name())
            .and(
                Role::Text,
                &format!(" {}", figures::duration(share.ms as f64)),
            );
    }
    let idle: i64 = shares
        .iter()
        .filter(|share| share.idle)
        .map(|share| share.ms)
        .sum();
    let aside = format!(
        "{} waits",
        figures::percent(idle as f64 / whole.max(1) as f64)
    );
    Part::lines("path", title, Vec::new()).aside(Text::of(Role::Dim, &aside))
}
