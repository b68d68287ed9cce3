//! What the palette offers for what was typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::palette::Choice;
use crate::ui::spots::Spots;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

use super::popup::Popup;

/// Cells of a line, of its name, of its words.
const WIDTH: u16 = 76;
const NAME: usize = 28;
const WORDS: usize = 34;

/// What can be chosen.
pub struct Offer<'a> {
    pub choices: &'a [Choice],
    /// Those that match what was typed, the best first.
    pub found: &'a [u32],
    pub chosen: usize,
}

/// Draws the choices over `area`, the chosen one marked.
pub fn place(offer: &Offer<'_>, area: Rect, buffer: &mut Buffer, look: &Look, spots: &mut Spots) {
    let Offer {
        choices,
        found,
        chosen,
    } = *offer;
    // Only what may come into view is made: there may be thousands of functions.
    let room = usize::from(area.height);
    let from = (chosen + 1).saturating_sub(room);
    let shown = found.iter().skip(from).take(room * 2);
    let lines = shown.filter_map(|at| choices.get(*at as usize)).map(line);
    let popup = Popup {
        title: "Command",
        lines: lines.collect(),
        chosen: (!found.is_empty()).then_some(chosen - from),
        before: from,
        top: 0,
        foot: if found.is_empty() {
            vec![Text::of(Role::Unknown, "nothing is called like that")]
        } else {
            Vec::new()
        },
        width: WIDTH,
    };
    popup.place(area, buffer, look, spots);
}

fn line(choice: &Choice) -> Text {
    let pad = |text: Text, width: usize| {
        let blank = width.saturating_sub(text.width());
        text.and(Role::Text, &" ".repeat(blank))
    };
    let name = Text::of(Role::Strong, &choice.name).cut_middle(NAME - 1);
    let words = Text::of(Role::Dim, &choice.words).cut(WORDS - 1);
    pad(name, NAME)
        .then(pad(words, WORDS))
        .and(Role::Text, &choice.keys)
}
