//! A frame as a picture: SVG straight from the buffer, the same bytes for the same frame.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::keys::KeyTable;
use super::screen::Screen;
use super::theme::{Ground, Look, rgb_of_index};
use crate::store::scene::Scene;

/// Size of one cell and of its letters, in pixels.
const CELL: (u32, u32) = (9, 19);
const FONT: u32 = 15;
/// Where letters stand in a cell, from its top.
const BASELINE: u32 = 15;
/// Blank pixels around the frame.
const MARGIN: u32 = 12;

/// What the terminal's 16 colours look like where it does not say: xterm's.
const ANSI: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// Draws a frame on the ground that its theme takes the terminal to have.
pub fn svg(buffer: &Buffer, ground: Ground) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" \
         font-size=\"{FONT}\" xml:space=\"preserve\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{}\"/>\n",
        hex(ground.background)
    );
    for (row, cells) in buffer.content.chunks(columns.max(1) as usize).enumerate() {
        line(cells, row as u32, ground, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Columns and rows of each pane of [`panes`].
const PANE: (u16, u16) = (140, 45);

/// Every pane on a scene, one under the other.
pub fn panes(scene: &Scene, look: &Look, keys: &KeyTable) -> String {
    let area = Rect::new(0, 0, PANE.0, PANE.1);
    let mut screen = Screen::new(look.clone(), keys.clone(), scene.clone());
    let height = u32::from(PANE.1) * CELL.1 + 2 * MARGIN;
    let width = u32::from(PANE.0) * CELL.0 + 2 * MARGIN;
    let count = super::panes::all().len() as u32;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{0}\" viewBox=\"0 0 {width} {0}\">\n",
        height * count
    );
    for pane in 0..count {
        screen.settle();
        let mut buffer = Buffer::empty(area);
        screen.render(area, &mut buffer);
        let picture = svg(&buffer, look.ground);
        let place = format!("<svg y=\"{}\" ", pane * height);
        out.push_str(&picture.replacen("<svg ", &place, 1));
        screen.next_pane();
    }
    out.push_str("</svg>\n");
    out
}

/// Cells of one look, side by side.
struct Stretch {
    from: usize,
    look: CellLook,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct CellLook {
    text: (u8, u8, u8),
    ground: (u8, u8, u8),
    bold: bool,
    italic: bool,
    underlined: bool,
}

fn line(cells: &[Cell], row: u32, ground: Ground, out: &mut String) {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let look = look(cell, ground);
        match stretches.last_mut() {
            Some(last) if last.look == look => last.text.push_str(cell.symbol()),
            _ => stretches.push(Stretch {
                from: at,
                look,
                text: cell.symbol().to_owned(),
            }),
        }
    }
    let top = MARGIN + row * CELL.1;
    for (index, stretch) in stretches.iter().enumerate() {
        let end = stretches
            .get(index + 1)
            .map_or(cells.len(), |next| next.from);
        let (x, width) = (
            MARGIN + stretch.from as u32 * CELL.0,
            (end - stretch.from) as u32 * CELL.0,
        );
        if stretch.look.ground != ground.background {
            let (height, fill) = (CELL.1, hex(stretch.look.ground));
            let rect = format!(
                "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>\n"
            );
            out.push_str(&rect);
        }
        if !stretch.text.trim().is_empty() {
            out.push_str(&text(stretch, x, top + BASELINE, width));
        }
    }
}

/// One run of letters, stretched to exactly its cells whatever the font.
fn text(stretch: &Stretch, x: u32, y: u32, width: u32) -> String {
    let look = stretch.look;
    let mut style = String::new();
    for (set, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.italic, " font-style=\"italic\""),
        (look.underlined, " text-decoration=\"underline\""),
    ] {
        if set {
            style.push_str(attribute);
        }
    }
    let mut line = format!(
        "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style}>",
        hex(look.text)
    );
    for letter in stretch.text.chars() {
        match letter {
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            '&' => line.push_str("&amp;"),
            // Blanks that XML would fold.
            ' ' => line.push('\u{a0}'),
            letter => line.push(letter),
        }
    }
    line.push_str("</text>\n");
    line
}

fn look(cell: &Cell, ground: Ground) -> CellLook {
    let text = rgb(cell.fg, ground.text);
    let behind = rgb(cell.bg, ground.background);
    let has = |modifier: Modifier| cell.modifier.contains(modifier);
    let (text, behind) = if has(Modifier::REVERSED) {
        (behind, text)
    } else {
        (text, behind)
    };
    CellLook {
        text,
        ground: behind,
        bold: has(Modifier::BOLD),
        italic: has(Modifier::ITALIC),
        underlined: has(Modifier::UNDERLINED),
    }
}

fn rgb(colour: Color, default: (u8, u8, u8)) -> (u8, u8, u8) {
    let ansi = |index: usize| ANSI[index];
    match colour {
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Indexed(index @ 16..) => rgb_of_index(index),
        Color::Indexed(index) => ansi(usize::from(index)),
        Color::Reset => default,
        Color::Black => ansi(0),
        Color::Red => ansi(1),
        Color::Green => ansi(2),
        Color::Yellow => ansi(3),
        Color::Blue => ansi(4),
        Color::Magenta => ansi(5),
        Color::Cyan => ansi(6),
        Color::Gray => ansi(7),
        Color::DarkGray => ansi(8),
        Color::LightRed => ansi(9),
        Color::LightGreen => ansi(10),
        Color::LightYellow => ansi(11),
        Color::LightBlue => ansi(12),
        Color::LightMagenta => ansi(13),
        Color::LightCyan => ansi(14),
        Color::White => ansi(15),
    }
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    let mut text = String::from("#");
    // Writing to a string cannot fail.
    write!(text, "{red:02x}{green:02x}{blue:02x}").ok();
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn letters_are_escaped_and_colours_kept() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "a<b", Style::new().fg(Color::Rgb(255, 0, 16)));
        let ground = Ground {
            background: (0, 0, 0),
            text: (255, 255, 255),
        };
        let picture = svg(&buffer, ground);
        assert!(
            picture.contains("fill=\"#ff0010\">a&lt;b</text>"),
            "{picture}"
        );
        assert_eq!(picture.matches("<text").count(), 1, "blanks draw nothing");
        assert_eq!(picture, svg(&buffer, ground));
    }

    #[test]
    fn reversed_cells_swap_their_colours() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
        buffer.set_string(0, 0, "x", Style::new().add_modifier(Modifier::REVERSED));
        let ground = Ground {
            background: (1, 2, 3),
            text: (4, 5, 6),
        };
        let picture = svg(&buffer, ground);
        assert!(
            picture.contains("height=\"19\" fill=\"#040506\"/>"),
            "{picture}"
        );
        assert!(picture.contains("fill=\"#010203\">x"), "{picture}");
    }
}
