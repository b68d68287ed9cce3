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
    pub title: &'a str,
    pub choices: &'a [Choice],
    /// Those that match what was typed, the best first.
    pub found: &'a [u32],
    pub chosen: usize,
    /// Under them; without any it is said where nothing matches.
    pub foot: &'a [Text],
}

/// Draws the choices over `area`, the chosen one marked.
pub fn place(offer: &Offer<'_>, area: Rect, buffer: &mut Buffer, look: &Look, spots: &mut Spots) {
    let Offer {
        title,
        choices,
        found,
        chosen,
        foot,
    } = *offer;
    // Only what may come into view is made: there may be thousands of functions.
    let room = usize::from(area.height);
    let from = (chosen + 1).saturating_sub(room);
    let shown = found.iter().skip(from).take(room * 2);
    let lines = shown.filter_map(|at| choices.get(*at as usize)).map(line);
    let foot = foot.iter();
    let mut foot: Vec<Text> = foot
        .flat_map(|line| line.wrap(usize::from(WIDTH)))
        .collect();
    if found.is_empty() && foot.is_empty() {
        foot.push(Text::of(Role::Unknown, "nothing is called like that"));
    }
    let popup = Popup {
        title,
        lines: lines.collect(),
        chosen: (!found.is_empty()).then_some(chosen - from),
        before: from,
        top: 0,
        foot,
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
