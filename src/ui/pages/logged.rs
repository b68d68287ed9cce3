//! What several runs wrote, in one order of time: two runs of one event, or an event and the one that overtook it.

use std::sync::Arc;

use crate::model::invocation::InvocationIndex;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::Part;
use crate::ui::rows;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Log lines of runs, each run under the name that the rows above give it; `None` if no text of theirs is held.
pub(super) fn part(scene: &Arc<Scene>, runs: &[(InvocationIndex, String)]) -> Option<Part> {
    let analysis = &scene.analysis;
    let mut lines = Vec::new();
    for (at, name) in runs {
        let run = find::run_at(analysis, *at);
        let of_run = find::lines(scene, *at).into_iter();
        lines.extend(of_run.filter_map(|id| {
            let line = scene.line(id)?;
            Some((line.place(), id, run, name.clone()))
        }));
    }
    if lines.is_empty() {
        return None;
    }
    lines.sort_unstable_by_key(|(place, ..)| *place);
    let count = figures::number_of(lines.len() as u64, "lines");
    let title = format!("What they wrote, {count} in order of time");
    let of = lines.into_iter().map(|(_, id, run, name)| (id, run, name));
    let table = rows::lines_of(scene, of.collect());
    let aside = Text::of(Role::Dim, "the line under the cursor unfolds");
    Some(
        Part::new("lines", title, table)
            .aside(aside)
            .between(3, u16::MAX),
    )
}
