//! Row 2: the panes, with a kind's glyph while it has an open finding.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::model::finding::Severity;
use crate::store::scene::Scene;
use crate::ui::kinds;
use crate::ui::panes;
use crate::ui::spots::{Spot, Spots};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// Draws it: long names where they fit, short ones else.
pub fn place(
    scene: &Scene,
    active: usize,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    spots: &mut Spots,
) {
    let panes = panes::all();
    let marks: Vec<Option<(&str, Role)>> =
        panes.iter().map(|pane| mark(scene, pane.kinds())).collect();
    let names = |long: bool| -> Vec<Text> {
        panes
            .iter()
            .enumerate()
            .map(|(at, pane)| {
                let name = if long { pane.title() } else { pane.short() };
                let text = Text::new(&format!("{} {name}", at + 1));
                match marks[at] {
                    Some((glyph, role)) if long => text.and(role, &format!(" {glyph}")),
                    Some((glyph, role)) => text.and(role, glyph),
                    None => text,
                }
            })
            .collect()
    };
    let width = |names: &[Text]| names.iter().map(|name| name.width() + 2).sum::<usize>();
    let long = names(true);
    let names = if width(&long) <= usize::from(area.width) {
        long
    } else {
        names(false)
    };
    let mut x = area.x;
    for (at, name) in names.into_iter().enumerate() {
        if x >= area.right() {
            return;
        }
        let from = x;
        let (open, close) = if at == active { ("[", "]") } else { (" ", " ") };
        let text = Text::new(open).then(name).and(Role::Text, close);
        x += text.place(buffer, (x, area.y), area.right() - x, look);
        let tab = Rect::new(from, area.y, x - from, 1);
        spots.add(tab, Spot::Tab(at));
        if at == active {
            buffer.set_style(
                tab,
                look.style(Role::Focus).add_modifier(Modifier::REVERSED),
            );
        }
    }
}

/// Glyph of a pane's kinds while one has a finding, in the colour of the worst.
fn mark(scene: &Scene, of: &[crate::model::finding::FindingKind]) -> Option<(&'static str, Role)> {
    let open = scene
        .analysis
        .findings
        .iter()
        .filter(|finding| of.contains(&finding.kind));
    let worst = open.min_by_key(|finding| finding.severity)?;
    let role = match worst.severity {
        Severity::P1 => Role::Error,
        Severity::P2 => Role::P2,
        Severity::P3 | Severity::P4 => Role::Dim,
    };
    Some((kinds::glyph(worst.kind), role))
}
