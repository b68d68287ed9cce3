//! Every drawn character, and its stand-in where only ASCII may be used. Both are one cell wide, so no layout changes.

use ratatui::buffer::Buffer;

pub const COLD: &str = "▒";
pub const THROTTLE: &str = "╳";
pub const DUPLICATE: &str = "═";
pub const DISORDER: &str = "↕";
pub const ERROR: &str = "!";
pub const UNKNOWN: &str = "?";
pub const CURSOR: &str = "▌";
pub const CRITICAL: &str = "┃";
pub const DEPLOY: &str = "◊";
pub const POINT: &str = "●";
pub const MARK: &str = "•";
/// A finding that somebody acknowledged.
pub const KNOWN: &str = "a";
pub const RULE: &str = "─";
pub const CUT: &str = "…";
/// A row whose children are hidden.
pub const FOLDED: &str = "►";

/// Levels of a sparkline, lowest first.
pub const SPARK: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Eighths of a bar's last cell, one eighth first.
pub const EIGHTHS: [&str; 8] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// Stand-ins cell for cell; what is not listed becomes `?`.
const ASCII: &[(char, char)] = &[
    ('▒', '%'),
    ('╳', 'x'),
    ('═', '='),
    ('↕', '^'),
    ('▲', 'A'),
    ('△', 'a'),
    ('○', 'o'),
    ('·', '.'),
    ('█', '#'),
    ('░', ':'),
    ('┄', ','),
    ('─', '-'),
    ('▁', '1'),
    ('▂', '2'),
    ('▃', '3'),
    ('▄', '4'),
    ('▅', '5'),
    ('▆', '6'),
    ('▇', '7'),
    ('▏', ' '),
    ('▎', ' '),
    ('▍', ' '),
    ('▋', '#'),
    ('▊', '#'),
    ('▉', '#'),
    ('┃', '|'),
    ('▌', '>'),
    ('├', '+'),
    ('└', '+'),
    ('┌', '+'),
    ('┐', '+'),
    ('┘', '+'),
    ('┤', '+'),
    ('┬', '+'),
    ('╡', '+'),
    ('│', '|'),
    ('┊', '|'),
    ('►', '>'),
    ('▼', 'v'),
    ('◄', '<'),
    ('■', '#'),
    ('‖', '"'),
    ('◊', 'D'),
    ('•', '*'),
    ('●', 'o'),
    ('›', '>'),
    ('←', '<'),
    ('→', '>'),
    ('↑', '^'),
    ('↓', 'v'),
    ('…', '_'),
    ('–', '-'),
    ('≥', '>'),
    ('≤', '<'),
    ('≈', '~'),
    ('×', 'x'),
];

/// Replaces every cell that is not ASCII by its stand-in.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if symbol.is_ascii() {
            continue;
        }
        let mut letters = symbol.chars();
        let stand_in = match (letters.next(), letters.next()) {
            (Some(letter), None) => ASCII
                .iter()
                .find(|(from, _)| *from == letter)
                .map_or('?', |(_, to)| *to),
            _ => '?',
        };
        cell.set_char(stand_in);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;
    use unicode_width::UnicodeWidthChar as _;

    #[test]
    fn every_glyph_is_one_cell_wide_and_has_an_ascii_stand_in() {
        for (from, to) in ASCII {
            assert_eq!(from.width(), Some(1), "{from}");
            assert!(to.is_ascii_graphic() || *to == ' ', "{from} becomes {to}");
        }
        let drawn = SPARK.iter().chain(&EIGHTHS).chain(&[
            COLD, THROTTLE, DUPLICATE, DISORDER, CURSOR, CRITICAL, DEPLOY, POINT, RULE, CUT,
        ]);
        for glyph in drawn {
            assert!(
                ASCII.iter().any(|(from, _)| glyph.chars().eq([*from])),
                "{glyph}"
            );
        }
    }

    #[test]
    fn ascii_keeps_every_column() {
        let mut buffer = Buffer::with_lines(["a日本▒é│b"]);
        buffer.set_string(0, 0, "a日本▒é│b", Style::new());
        let width = buffer.area.width;
        to_ascii(&mut buffer);
        let line: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(line, "a? ? %?|b");
        assert_eq!(line.len(), usize::from(width));
    }
}
