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

/// How much of their names the panes show.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    Long,
    Short,
    /// Of the active pane alone, the others by their digits.
    One,
}

/// Draws it: long names where they fit, short ones else, and every digit where not even those do.
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
    let text = |names: Names| -> Vec<Text> {
        panes
            .iter()
            .enumerate()
            .map(|(at, pane)| {
                let digit = (at + 1).to_string();
                let text = Text::new(&match names {
                    Names::Long => format!("{digit} {}", pane.title()),
                    Names::One if at != active => digit,
                    Names::Short | Names::One => format!("{digit} {}", pane.short()),
                });
                match marks[at] {
                    Some((glyph, role)) if names == Names::Long => {
                        text.and(role, &format!(" {glyph}"))
                    }
                    Some((glyph, role)) => text.and(role, glyph),
                    None => text,
                }
            })
            .collect()
    };
    let fits = |names: &[Text]| {
        let width: usize = names.iter().map(|name| name.width() + 2).sum();
        width <= usize::from(area.width)
    };
    let longer = [Names::Long, Names::Short]
        .map(text)
        .into_iter()
        .find(|names| fits(names));
    let names = longer.unwrap_or_else(|| text(Names::One));
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
