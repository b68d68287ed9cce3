//! The lines that a filter finds in all records, also in those whose text is not held.

use std::sync::Arc;

use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Key, Page, Part, Row, Rows, Table};
use crate::ui::text::Text;
use crate::ui::theme::Role;
use crate::ui::writers::{self, Writers};

pub(super) fn page(scene: &Arc<Scene>, filter: &str) -> Page {
    let Some(answer) = scene.recalled.of_filter(filter) else {
        let line = Text::of(
            Role::Unknown,
            "every record is read again for it · A begins anew, or cancels",
        );
        return Page {
            parts: vec![Part::lines("lines", "Found in all records", vec![line])],
            ..Page::default()
        };
    };
    let mut lines: Vec<_> = answer.text.lines().map(|line| line.place()).collect();
    lines.sort_unstable();
    let lines: Arc<[_]> = lines.into_iter().map(|(.., id)| id).collect();
    let writers = Arc::new(Writers::of(&scene.analysis, &answer.text));
    let keys = lines.iter().map(|id| Key(id.0)).collect();
    let (shown, of_line, of_row) = (Arc::clone(scene), Arc::clone(&lines), Arc::clone(&writers));
    let rows = Rows::new(keys, move |at| {
        let line = shown.line(lines[at]);
        line.map_or_else(Row::default, |line| of_row.row(&shown.analysis, &line))
    });
    let rows = writers::with_lines(rows, scene, &writers, move |at| of_line.get(at).copied());
    let most = if answer.exact { "" } else { "at most " };
    let of = figures::number_of(scene.analysis.facts.inputs.log_events, "lines");
    let title = format!(
        "Found in all records: {most}{} of {of}",
        figures::count(answer.found)
    );
    let aside = match answer.text.dropped() {
        (0, _) | (_, None) => Text::of(Role::Dim, "oldest first"),
        (more, Some(before)) => Text::of(
            Role::Focus,
            &format!(
                "the newest; {} before {} are only counted",
                figures::count(more),
                figures::clock_or_day(before, scene.now)
            ),
        ),
    };
    let table = Table::bare(writers::columns(), rows);
    Page {
        parts: vec![Part::new("lines", title, table).aside(aside)],
        ..Page::default()
    }
}
