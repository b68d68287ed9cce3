//! One line of text in roles. Whatever goes in is made plain, so nothing that a log wrote reaches the terminal raw.

use std::iter;

use ratatui::buffer::Buffer;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::text::plain;

use super::glyphs::CUT;
use super::theme::{Look, Role};

/// One line: stretches of text, each in one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    runs: Vec<(Role, String)>,
}

impl Text {
    /// A line in the body's role.
    pub fn new(text: &str) -> Self {
        Self::of(Role::Text, text)
    }

    /// A line in one role.
    pub fn of(role: Role, text: &str) -> Self {
        Self::default().and(role, text)
    }

    /// This line with `text` after it.
    #[must_use]
    pub fn and(mut self, role: Role, text: &str) -> Self {
        if !text.is_empty() {
            self.runs.push((role, plain(text).into_owned()));
        }
        self
    }

    /// This line with another after it.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.runs.extend(other.runs);
        self
    }

    /// Takes the place away that a name in it carries, and gives it.
    pub fn take_place(&mut self) -> String {
        for (_, text) in &mut self.runs {
            let Some(at) = text.find('@') else {
                continue;
            };
            let end = text[at..].find(' ').map_or(text.len(), |end| at + end);
            let place = text[at + 1..end].to_owned();
            text.replace_range(at..end, "");
            return place;
        }
        String::new()
    }

    /// Cells it takes.
    pub fn width(&self) -> usize {
        self.runs.iter().map(|(_, text)| text.width()).sum()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The characters alone.
    pub fn characters(&self) -> String {
        self.runs.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// At most `width` cells of it, the end replaced by `…` where it was cut.
    #[must_use]
    pub fn cut(self, width: usize) -> Self {
        if self.width() <= width {
            return self;
        }
        let mut left = width;
        let mut kept = Vec::new();
        for (role, text) in self.runs {
            let wide = text.width();
            if wide < left {
                left -= wide;
                kept.push((role, text));
                continue;
            }
            kept.push((role, cut_end(&text, left)));
            break;
        }
        Self { runs: kept }
    }

    /// The same cut in the middle of its last stretch: names differ in their suffix.
    #[must_use]
    pub fn cut_middle(mut self, width: usize) -> Self {
        let whole = self.width();
        if whole <= width {
            return self;
        }
        if let Some((_, text)) = self.runs.last_mut() {
            let room = (text.width() + width).saturating_sub(whole);
            *text = cut_middle(text, room);
        }
        self
    }

    /// The last `width` cells of it. A word that is cut is left out: the end of a time reads as another one.
    #[must_use]
    pub fn cut_start(mut self, width: usize) -> Self {
        let mut over = self.width().saturating_sub(width);
        let mut in_cut_word = false;
        for (_, text) in &mut self.runs {
            let mut kept = String::with_capacity(text.len());
            for letter in text.chars() {
                let cells = letter.width().unwrap_or(0);
                if over > 0 {
                    over = over.saturating_sub(cells);
                    in_cut_word = letter != ' ';
                    continue;
                }
                in_cut_word &= letter != ' ';
                if in_cut_word {
                    kept.extend(iter::repeat_n(' ', cells));
                } else {
                    kept.push(letter);
                }
            }
            *text = kept;
        }
        self
    }

    /// It over several lines of at most `width` cells, broken at blanks. What follows a leading label (dim, with a blank at
    /// its end) stays right of it.
    pub fn wrap(&self, width: usize) -> Vec<Self> {
        if self.width() <= width || width == 0 {
            return vec![self.clone()];
        }
        let hang = match &self.runs[..] {
            [(Role::Dim, label), _, ..] if label.ends_with(' ') && label.width() * 2 < width => {
                label.width()
            }
            _ => 0,
        };
        let letters: Vec<(Role, char)> = self
            .runs
            .iter()
            .flat_map(|(role, text)| text.chars().map(|letter| (*role, letter)))
            .collect();
        let mut lines = Vec::new();
        let mut rest = &letters[..];
        while !rest.is_empty() {
            let indent = if lines.is_empty() { 0 } else { hang };
            let end = break_at(
                rest,
                width - indent,
                if lines.is_empty() { hang } else { 0 },
            );
            let blank = Self::default().and(Role::Text, &" ".repeat(indent));
            lines.push(
                rest[..end]
                    .iter()
                    .fold(blank, |line, (role, letter)| line.push(*role, *letter)),
            );
            rest = &rest[end..];
            while let [(_, ' '), after @ ..] = rest {
                rest = after;
            }
        }
        lines
    }

    fn push(mut self, role: Role, letter: char) -> Self {
        match self.runs.last_mut() {
            Some((last, text)) if *last == role => text.push(letter),
            _ => self.runs.push((role, letter.to_string())),
        }
        self
    }

    /// Places it at (x, y), cut to `width` cells; gives the cells it took.
    pub fn place(self, buffer: &mut Buffer, (x, y): (u16, u16), width: u16, look: &Look) -> u16 {
        let mut at = x;
        for (role, text) in self.cut(usize::from(width)).runs {
            let room = usize::from((x + width).saturating_sub(at));
            let (after, _) = buffer.set_stringn(at, y, text, room, look.style(role));
            at = after;
        }
        at - x
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

/// How many letters fit into `width` cells, up to the last blank after the first `label` of them.
fn break_at(letters: &[(Role, char)], width: usize, label: usize) -> usize {
    let mut used = 0;
    let mut blank = None;
    for (at, (_, letter)) in letters.iter().enumerate() {
        used += letter.width().unwrap_or(0);
        if used > width {
            return blank.unwrap_or(at.max(1));
        }
        if *letter == ' ' && at > label {
            blank = Some(at);
        }
    }
    letters.len()
}

/// The head of `text` and `…`, in at most `width` cells.
fn cut_end(text: &str, width: usize) -> String {
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let mut kept = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let wide = letter.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        used += wide;
        kept.push(letter);
    }
    kept.push_str(CUT);
    kept
}

/// `text` in at most `width` cells, with `…` in the middle: two thirds of the room go to its head.
pub fn cut_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let tail_room = room / 3;
    let mut tail: Vec<char> = Vec::new();
    let mut used = 0;
    for letter in text.chars().rev() {
        let wide = letter.width().unwrap_or(0);
        if used + wide > tail_room {
            break;
        }
        used += wide;
        tail.push(letter);
    }
    let mut kept = cut_end(text, width - used.min(width));
    kept.extend(tail.iter().rev());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_its_end_with_a_mark() {
        let line = Text::new("refused ").and(Role::Strong, "399/min");
        assert_eq!(line.clone().cut(15), line);
        assert_eq!(line.clone().cut(12).characters(), "refused 399…");
        assert_eq!(line.clone().cut(8).characters(), "refused…");
        assert_eq!(line.cut(0).characters(), "");
    }

    #[test]
    fn a_name_is_cut_in_the_middle_and_keeps_its_suffix() {
        assert_eq!(cut_middle("orders-worker-2nd", 13), "orders-w…-2nd");
        assert_eq!(cut_middle("payment", 7), "payment");
        assert_eq!(cut_middle("payment", 1), "…");
    }

    #[test]
    fn of_times_over_cells_those_that_fit_whole_are_left() {
        let times = Text::new("  16:10               ").and(Role::Dim, "16:30  ◊");
        let shown = |width: usize| times.clone().cut_start(width).characters();
        assert_eq!(shown(30), times.characters());
        assert_eq!(shown(28), "16:10               16:30  ◊");
        for width in 23..28 {
            assert_eq!(shown(width).trim_start(), "16:30  ◊", "not half of 16:10");
            assert_eq!(shown(width).chars().count(), width);
        }
        assert_eq!(shown(4), "   ◊");
    }

    #[test]
    fn a_wide_letter_that_does_not_fit_whole_goes() {
        assert_eq!(Text::new("日本語").cut(4).characters(), "日…");
    }

    #[test]
    fn sentences_wrap_at_blanks_and_stay_right_of_their_label() {
        let lines = |text: Text, width: usize| -> Vec<String> {
            text.wrap(width).iter().map(Text::characters).collect()
        };
        let next = Text::of(Role::Dim, "next  ").and(Role::Text, "roll payment back to v41");
        assert_eq!(lines(next.clone(), 80), ["next  roll payment back to v41"]);
        assert_eq!(lines(next, 20), ["next  roll payment", "      back to v41"]);
        assert_eq!(
            lines(Text::new("0123456789abcdef"), 6),
            ["012345", "6789ab", "cdef"]
        );
        assert_eq!(
            lines(Text::new("日本語"), 1),
            ["日", "本", "語"],
            "never without end"
        );
    }

    #[test]
    fn escapes_in_a_log_line_do_not_survive() {
        assert_eq!(Text::new("a\u{1b}[2Jb").characters(), "ab");
    }
}
