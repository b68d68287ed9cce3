//! Tables: columns that go in a fixed order where there is no room, rows formatted as they are placed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::page::{Align, Cell, Column, Cut, Row, Width};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

use super::{bar, spark, track};

/// Blank cells between two columns.
const GAP: u16 = 1;

/// Where each column that stays lies: its index, offset and width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(Vec<(usize, u16, u16)>);

impl Layout {
    /// Fits columns into `width` cells. Columns that may go do so, the highest `drop` first, until the others have what they
    /// want; then the elastic columns shrink, then the last goes.
    pub fn fit(columns: &[Column], width: u16) -> Self {
        let mut kept: Vec<usize> = (0..columns.len())
            .filter(|at| !columns[*at].hidden)
            .collect();
        while wanted(columns, &kept) > u32::from(width) {
            let may_go = kept.iter().copied().filter(|at| columns[*at].drop > 0);
            let Some(first) = may_go.max_by_key(|at| (columns[*at].drop, *at)) else {
                break;
            };
            kept.retain(|at| *at != first);
        }
        while least(columns, &kept) > u32::from(width) {
            let Some(first) = kept
                .iter()
                .copied()
                .max_by_key(|at| (columns[*at].drop, *at))
            else {
                break;
            };
            if kept.len() == 1 {
                break;
            }
            kept.retain(|at| *at != first);
        }
        let satisfied = wanted(columns, &kept) <= u32::from(width);
        let mut widths: Vec<u16> = kept
            .iter()
            .map(|at| {
                let least = least_of(&columns[*at]);
                if satisfied {
                    least.max(columns[*at].wants)
                } else {
                    least
                }
            })
            .collect();
        grow(columns, &kept, &mut widths, width);
        let mut x = 0;
        let mut places = Vec::with_capacity(kept.len());
        for (at, cells) in kept.into_iter().zip(widths) {
            places.push((at, x, cells.min(width.saturating_sub(x))));
            x += cells + GAP;
        }
        Self(places)
    }

    /// Draws the titles, the one that rows are sorted by with an arrow.
    pub fn titles(
        &self,
        columns: &[Column],
        sorted: Option<(usize, bool)>,
        area: Rect,
        buffer: &mut Buffer,
        look: &Look,
    ) {
        for &(at, x, width) in &self.0 {
            let column = &columns[at];
            if let Some(milliseconds) = column.axis {
                let place = Rect::new(area.x + x, area.y, width, 1);
                track::axis(milliseconds, column.window, place, buffer, look);
                continue;
            }
            let title = column.title.clone();
            let taken = (title.width() as u16).min(width);
            place_text(title, column, (area.x + x, area.y), width, buffer, look);
            if let Some((_, descending)) = sorted.filter(|(sorted, _)| *sorted == at) {
                buffer.set_style(
                    Rect::new(area.x + x, area.y, width, 1),
                    look.style(Role::Focus),
                );
                // The arrow stands in the gap beside the title, where there is always a cell.
                let beside = match column.align {
                    Align::Left => area.x + x + taken,
                    Align::Right => (area.x + x + width - taken).saturating_sub(1),
                };
                let arrow = if descending { "↓" } else { "↑" };
                if beside < buffer.area.right() {
                    buffer.set_string(beside, area.y, arrow, look.style(Role::Focus));
                }
            }
        }
    }

    /// Where a column lies, if it is shown: offset and width.
    pub fn place_of(&self, column: usize) -> Option<(u16, u16)> {
        let found = self.0.iter().find(|(at, _, _)| *at == column);
        found.map(|(_, x, width)| (*x, *width))
    }

    /// The column of texts that takes what is left, if one does: its index, offset and width.
    pub fn widest(&self, columns: &[Column]) -> Option<(usize, u16, u16)> {
        let endless = |at: usize| matches!(columns[at].width, Width::Between(_, u16::MAX));
        self.places()
            .find(|(at, _, width)| endless(*at) && columns[*at].axis.is_none() && *width > 0)
    }

    /// Every column that is shown: its index, offset and width.
    pub fn places(&self) -> impl Iterator<Item = (usize, u16, u16)> + '_ {
        self.0.iter().copied()
    }

    /// Draws one row.
    pub fn row(&self, columns: &[Column], row: Row, area: Rect, buffer: &mut Buffer, look: &Look) {
        for (at, cell) in row.cells.into_iter().enumerate() {
            let Some(&(_, x, width)) = self.0.iter().find(|(kept, _, _)| *kept == at) else {
                continue;
            };
            let place = Rect::new(area.x + x, area.y, width, 1);
            match cell {
                Cell::Text(text) => {
                    place_text(text, &columns[at], (place.x, place.y), width, buffer, look);
                }
                Cell::Spark(levels, role) => spark::place(&levels, role, place, buffer, look),
                Cell::Bar(share, role) => bar::place(share, place, buffer, look.style(role)),
                Cell::Track(strokes) => {
                    track::place(&strokes, columns[at].window, place, buffer, look);
                }
            }
        }
    }
}

/// Cells that the columns need at least, with the gaps between them.
fn least(columns: &[Column], kept: &[usize]) -> u32 {
    with_gaps(kept.iter().map(|at| least_of(&columns[*at])))
}

/// Cells that the columns want, with the gaps between them.
fn wanted(columns: &[Column], kept: &[usize]) -> u32 {
    with_gaps(kept.iter().map(|at| {
        let column = &columns[*at];
        least_of(column).max(column.wants)
    }))
}

fn least_of(column: &Column) -> u16 {
    let (Width::Cells(cells) | Width::Between(cells, _)) = column.width;
    cells
}

fn with_gaps(cells: impl ExactSizeIterator<Item = u16>) -> u32 {
    let gaps = u32::from(GAP) * (cells.len().saturating_sub(1) as u32);
    cells.map(u32::from).sum::<u32>() + gaps
}

/// Gives elastic columns what is left: they take turns until one by one they have their most.
fn grow(columns: &[Column], kept: &[usize], widths: &mut [u16], room: u16) {
    let taken = with_gaps(widths.iter().copied());
    let mut spare = u32::from(room).saturating_sub(taken);
    while spare > 0 {
        let mut hungry = false;
        for (cells, at) in widths.iter_mut().zip(kept) {
            if let Width::Between(_, most) = columns[*at].width
                && *cells < most
                && spare > 0
            {
                *cells += 1;
                spare -= 1;
                hungry = true;
            }
        }
        if !hungry {
            break;
        }
    }
}

fn place_text(
    text: Text,
    column: &Column,
    (x, y): (u16, u16),
    width: u16,
    buffer: &mut Buffer,
    look: &Look,
) {
    let text = match column.cut {
        Cut::End => text.cut(usize::from(width)),
        Cut::Middle => text.cut_middle(usize::from(width)),
        Cut::Start => text.cut_start(usize::from(width)),
    };
    let blank = match column.align {
        Align::Left => 0,
        Align::Right => width.saturating_sub(text.width() as u16),
    };
    text.place(buffer, (x + blank, y), width - blank, look);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_in_their_order_and_the_elastic_one_takes_what_is_left() {
        let columns = [
            Column::name("function", 12, 20),
            Column::figure("p50", 7).drop(2),
            Column::figure("p99", 7).drop(1),
            Column::figure("errors", 6),
        ];
        let wide = Layout::fit(&columns, 80);
        assert_eq!(wide.0, [(0, 0, 20), (1, 21, 7), (2, 29, 7), (3, 37, 6)]);
        // 12+7+7+6 and three gaps are 35: at 34 the p50 goes, and the name grows into its room.
        let narrow = Layout::fit(&columns, 34);
        assert_eq!(narrow.0, [(0, 0, 19), (2, 20, 7), (3, 28, 6)]);
        let texts = [Column::text("claim", 5, 100), Column::name("who", 5, 8)];
        assert_eq!(
            Layout::fit(&texts, 21).0,
            [(0, 0, 12), (1, 13, 8)],
            "in turns, up to its most"
        );
        let tiny = Layout::fit(&columns, 10);
        assert_eq!(tiny.0, [(0, 0, 10)]);
    }

    #[test]
    fn what_may_go_goes_before_the_claim_has_less_than_it_wants() {
        let columns = [
            Column::name("who", 10, 10),
            Column::text("claim", 12, 100).wants(40),
            Column::figure("harm", 5).drop(1),
            Column::word("spark", 15).drop(2),
        ];
        // 10+40+5+15 and three gaps are 73.
        assert_eq!(Layout::fit(&columns, 73).0.len(), 4);
        assert_eq!(
            Layout::fit(&columns, 72).0,
            [(0, 0, 10), (1, 11, 55), (2, 67, 5)]
        );
        assert_eq!(
            Layout::fit(&columns, 30).0,
            [(0, 0, 10), (1, 11, 19)],
            "what stays always shrinks"
        );
    }
}
