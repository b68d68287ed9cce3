//! What floats above the page.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Parts;
use crate::ui::action::Action;
use crate::ui::float::Float;
use crate::ui::keys::Context;
use crate::ui::place::Place;
use crate::ui::spots::Spots;
use crate::ui::text::Text;
use crate::ui::theme::Role;
use crate::ui::widgets::help::Help;
use crate::ui::widgets::popup::Popup;
use crate::ui::widgets::{columns, help};

/// Cells of a line of sentences that float.
const SAID: u16 = 92;

/// Draws it over the body, the topmost last.
pub(super) fn place(
    parts: &mut Parts<'_>,
    place: &Place,
    body: Rect,
    buffer: &mut Buffer,
    spots: &mut Spots,
) {
    let title = place.step.crumb();
    for float in parts.floats.iter_mut() {
        match float {
            Float::Help { top } => {
                let help = Help {
                    keys: parts.keys,
                    context: place.step.context(),
                    title: &title,
                    top: *top,
                };
                let most = help::place(&help, body, buffer, &parts.look, spots);
                float.clamp(most);
            }
            Float::Said { title, lines, top } => {
                let width = SAID.min(body.width.saturating_sub(4));
                let lines = lines.iter().flat_map(|line| line.wrap(usize::from(width)));
                let close = parts.keys.keys(Context::Popup, Action::Back).join(" ");
                let close = Text::of(Role::Strong, &close).and(Role::Dim, " closes");
                let popup = Popup {
                    title,
                    lines: lines.collect(),
                    chosen: None,
                    before: 0,
                    top: *top,
                    foot: vec![close],
                    width,
                };
                let most = popup.place(body, buffer, &parts.look, spots);
                float.clamp(most);
            }
            Float::Marks { chosen } => {
                let lines = parts.mark_lines.clone();
                let last = lines.len().saturating_sub(1);
                let popup = Popup {
                    title: "Marks",
                    lines,
                    chosen: Some((*chosen).min(last)),
                    before: 0,
                    top: 0,
                    foot: vec![Text::of(Role::Dim, "Enter goes there · Esc closes")],
                    width: SAID,
                };
                popup.place(body, buffer, &parts.look, spots);
                float.clamp(last);
            }
            Float::Columns { part, chosen } => {
                let chosen = *chosen;
                let Some(part) = place.parts().find(|one| one.id == *part) else {
                    continue;
                };
                let columns = columns::Columns {
                    part,
                    chosen,
                    keys: parts.keys,
                };
                let most = columns::place(&columns, body, buffer, &parts.look, spots);
                float.clamp(most);
            }
        }
    }
}
