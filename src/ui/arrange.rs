//! What a reader made of one list: filter, search, order, columns. Applied to a page off the UI thread, since it looks at
//! every row.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::figures;
use super::filter::{Filter, Seen, find_column};
use super::page::{Key, Part, Rows, Width};
use super::text::Text;
use super::theme::Role;
use super::value::Value;

/// What a reader asked of one list. Columns go by their names, so that it outlives the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Rows that it does not want are hidden, and counted.
    pub filter: String,
    /// Rows that it wants are hits of `n` and `N`.
    pub search: String,
    pub sort: Option<Sort>,
    /// Columns that were taken away.
    pub hidden: BTreeSet<Box<str>>,
    /// Widths that were chosen, in cells.
    pub widths: BTreeMap<Box<str>, u16>,
    /// Rows whose children are hidden.
    pub folded: BTreeSet<Key>,
    /// How much of an axis of time is shown.
    pub zoom: Zoom,
    /// Long texts go over several lines.
    pub wrap: bool,
    /// What a row holds is unfolded under it, not only under the cursor.
    pub unfold: bool,
}

/// A stretch of an axis, in millionths of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zoom {
    pub from: u32,
    pub to: u32,
}

/// All of an axis.
const WHOLE: u32 = 1_000_000;
/// The shortest stretch of it.
const SHORTEST: u32 = 500;

impl Default for Zoom {
    fn default() -> Self {
        Self { from: 0, to: WHOLE }
    }
}

impl Zoom {
    /// As shares of the axis.
    pub fn shares(self) -> (f64, f64) {
        let share = |at: u32| f64::from(at) / f64::from(WHOLE);
        (share(self.from), share(self.to))
    }

    /// Half of it, around a share of the axis.
    #[must_use]
    pub fn closer(self, around: f64) -> Self {
        Self::of_length(((self.to - self.from) / 2).max(SHORTEST), around)
    }

    /// Twice as much, around its middle.
    #[must_use]
    pub fn wider(self) -> Self {
        let (from, to) = self.shares();
        Self::of_length((self.to - self.from) * 2, f64::midpoint(from, to))
    }

    fn of_length(length: u32, around: f64) -> Self {
        let length = length.min(WHOLE);
        let middle = (around.clamp(0.0, 1.0) * f64::from(WHOLE)) as u32;
        let from = middle.saturating_sub(length / 2).min(WHOLE - length);
        Self {
            from,
            to: from + length,
        }
    }
}

/// An order by one column. Rows that show the same keep the order of their pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: Box<str>,
    pub descending: bool,
}

/// What became of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arranged {
    /// Rows that the filter hides.
    pub hidden: usize,
    /// Rows that are hidden because somebody muted them.
    pub muted: usize,
    /// Rows that are hidden because what they belong to is folded.
    pub folded: usize,
    /// Rows whose children are hidden.
    pub folds: BTreeSet<Key>,
    /// Long texts go over several lines, and what rows hold is unfolded.
    pub wrap: bool,
    pub unfold: bool,
    /// Where the hits of the search stand.
    pub hits: Vec<usize>,
    /// Words to highlight, in lower case.
    pub words: Vec<String>,
    /// The column that it is sorted by, and whether largest first.
    pub sorted: Option<(usize, bool)>,
    pub held: Held,
}

/// What a held order keeps from the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Rows that would stand elsewhere.
    pub moved: usize,
    /// Where rows stand that were not there when the order was made.
    pub entered: Vec<usize>,
}

/// Applies a view to a list. With `keep` its rows stay in that order, and new ones go next to their neighbours.
/// Rows in `muted` are hidden, and counted apart.
pub fn arrange(part: &mut Part, view: &View, muted: &BTreeSet<Key>, keep: Option<&[Key]>) {
    let columns = &mut part.table.columns;
    for column in columns.iter_mut() {
        column.hidden = view.hidden.contains(&column.name);
        if let Some(cells) = view.widths.get(&column.name) {
            column.width = Width::Cells(*cells);
        }
        column.window = view.zoom.shares();
    }
    if !part.table.rows.selectable() {
        return;
    }
    let rows = &part.table.rows;
    // A filter that does not fit these columns any more hides nothing.
    let filter = Filter::parse(&view.filter, columns).unwrap_or_default();
    let search = Filter::parse(&view.search, columns).unwrap_or_default();
    let mut order: Vec<u32> = (0..rows.len() as u32).collect();
    if !filter.is_empty() {
        order.retain(|at| wanted(&filter, rows, *at as usize));
    }
    let hidden = rows.len() - order.len();
    let unfiltered = order.len();
    if !muted.is_empty() {
        let heard = |at: &u32| {
            rows.key(*at as usize)
                .is_none_or(|key| !muted.contains(&key))
        };
        order.retain(heard);
    }
    let muted = unfiltered - order.len();
    let folded = fold(&mut order, rows, &view.folded);
    let sorted = view.sort.as_ref().and_then(|sort| {
        let column = find_column(&sort.column, columns).ok()?;
        sort_by(&mut order, rows, column, sort.descending);
        Some((column, sort.descending))
    });
    let held = keep.map_or_else(Held::default, |keep| hold(&mut order, rows, keep));
    let words = filter.words().chain(search.words());
    let words = words.map(str::to_owned).collect();
    let changed = hidden + muted + folded > 0 || sorted.is_some() || keep.is_some();
    if changed {
        let rows = std::mem::replace(&mut part.table.rows, Rows::fixed(Vec::new()));
        part.table.rows = rows.arranged(&order);
    }
    let rows = &part.table.rows;
    let hits = if search.is_empty() {
        Vec::new()
    } else {
        (0..rows.len())
            .filter(|at| wanted(&search, rows, *at))
            .collect()
    };
    if rows.is_empty() && hidden > 0 {
        let all = figures::count(hidden as u64);
        let words = format!("nothing here matches {}: all {all} hidden", view.filter);
        part.prose
            .push(Text::of(Role::Focus, &words).and(Role::Dim, " · Esc takes the filter off"));
    }
    part.arranged = Arranged {
        hidden,
        muted,
        folded,
        folds: view.folded.clone(),
        wrap: view.wrap,
        unfold: view.unfold,
        hits,
        words,
        sorted,
        held,
    };
}

/// Takes the rows under those that are folded out of a tree; gives how many.
fn fold(order: &mut Vec<u32>, rows: &Rows, folds: &BTreeSet<Key>) -> usize {
    if folds.is_empty() {
        return 0;
    }
    let before = order.len();
    let mut under = None;
    order.retain(|at| {
        let depth = rows.trait_of(*at as usize).depth;
        if under.is_some_and(|under| depth > under) {
            return false;
        }
        let key = rows.key(*at as usize);
        under = key.is_some_and(|key| folds.contains(&key)).then_some(depth);
        true
    });
    before - order.len()
}

fn wanted(filter: &Filter, rows: &Rows, at: usize) -> bool {
    if filter.is_of_text() {
        let row = super::page::Row::default();
        let text = rows.text(at);
        return filter.holds(&Seen {
            row: &row,
            text: &text,
        });
    }
    let (row, text) = (rows.row(at), rows.text(at));
    filter.holds(&Seen {
        row: &row,
        text: &text,
    })
}

fn sort_by(order: &mut Vec<u32>, rows: &Rows, column: usize, descending: bool) {
    let mut values: Vec<(Value, u32)> = order
        .iter()
        .map(|at| {
            let row = rows.row(*at as usize);
            let value = row.cells.get(column).map_or(Value::Absent, Value::of);
            (value, *at)
        })
        .collect();
    values.sort_by(|(one, _), (other, _)| one.order(other, descending));
    *order = values.into_iter().map(|(_, at)| at).collect();
}

/// Puts rows that `keep` names in its order, and each new row right after the one that it follows by itself.
fn hold(order: &mut Vec<u32>, rows: &Rows, keep: &[Key]) -> Held {
    let rank: HashMap<Key, usize> = keep.iter().zip(0..).map(|(key, at)| (*key, at)).collect();
    let rank_of = |at: u32| {
        rows.key(at as usize)
            .and_then(|key| rank.get(&key).copied())
    };
    let mut known: Vec<(usize, usize)> = Vec::with_capacity(order.len());
    let mut followers: HashMap<Option<usize>, Vec<u32>> = HashMap::new();
    let mut last = None;
    for (place, at) in order.iter().enumerate() {
        match rank_of(*at) {
            Some(rank) => {
                known.push((rank, place));
                last = Some(place);
            }
            None => followers.entry(last).or_default().push(*at),
        }
    }
    known.sort_unstable();
    let places: Vec<usize> = known.iter().map(|(_, place)| *place).collect();
    let moved = places.len() - longest_rise(&places);
    let mut kept = Vec::with_capacity(order.len());
    let mut entered = Vec::new();
    let mut add = |kept: &mut Vec<u32>, after: Option<usize>| {
        for at in followers.remove(&after).unwrap_or_default() {
            entered.push(kept.len());
            kept.push(at);
        }
    };
    add(&mut kept, None);
    for place in places {
        kept.push(order[place]);
        add(&mut kept, Some(place));
    }
    *order = kept;
    Held { moved, entered }
}

/// Length of the longest rising subsequence: rows that need not move for the rest to be in order.
fn longest_rise(places: &[usize]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    for place in places {
        let at = ends.partition_point(|end| end < place);
        match ends.get_mut(at) {
            Some(end) => *end = *place,
            None => ends.push(*place),
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::{Cell, Column, Row, RowTrait, Table};

    const COUNTS: [(&str, &str); 4] = [("a", "12"), ("b", "1,204"), ("c", "?"), ("d", "9")];

    fn part(rows: &[(&str, &str)]) -> Part {
        let rows = rows
            .iter()
            .map(|(name, count)| {
                let cells = vec![Cell::text(name), Cell::text(count)];
                (
                    Key::text(name),
                    Row {
                        cells,
                        ..Row::default()
                    },
                )
            })
            .collect();
        let columns = vec![Column::word("function", 9), Column::figure("count", 6)];
        Part::new("list", "", Table::new(columns, Rows::few(rows)))
    }

    fn names(part: &Part) -> String {
        let rows = &part.table.rows;
        (0..rows.len())
            .map(|at| rows.row(at).cells[0].characters().into_owned())
            .collect()
    }

    fn sorted(column: &str, descending: bool) -> View {
        View {
            sort: Some(Sort {
                column: column.into(),
                descending,
            }),
            ..View::default()
        }
    }

    #[test]
    fn figures_sort_by_what_they_say_and_the_unknown_comes_last() {
        for (descending, order) in [(true, "badc"), (false, "dabc")] {
            let mut part = part(&COUNTS);
            arrange(
                &mut part,
                &sorted("count", descending),
                &BTreeSet::new(),
                None,
            );
            assert_eq!(names(&part), order);
        }
    }

    #[test]
    fn a_filter_hides_and_counts_and_the_rest_keeps_its_identity() {
        let mut part = part(&COUNTS);
        let view = View {
            filter: "count>10".to_owned(),
            search: "b".to_owned(),
            ..View::default()
        };
        arrange(&mut part, &view, &BTreeSet::new(), None);
        assert_eq!((names(&part).as_str(), part.arranged.hidden), ("ab", 2));
        assert_eq!(part.table.rows.key(1), Some(Key::text("b")));
        assert_eq!(part.arranged.hits, [1]);
        assert_eq!(part.table.rows.made_at(1), 1);
    }

    #[test]
    fn a_filter_that_hides_all_says_so() {
        let mut part = part(&COUNTS);
        let view = View {
            filter: "nothing".to_owned(),
            ..View::default()
        };
        arrange(&mut part, &view, &BTreeSet::new(), None);
        assert_eq!(part.arranged.hidden, 4);
        assert!(part.prose[0].characters().contains("all 4 hidden"));
    }

    #[test]
    fn a_held_order_stays_and_new_rows_stand_beside_their_neighbours() {
        // d overtook everyone, and e is new right after b.
        let now = [("d", "9"), ("a", "7"), ("b", "6"), ("e", "5"), ("c", "4")];
        let mut part = part(&now);
        let keep: Vec<Key> = ["a", "b", "c", "d"].map(Key::text).to_vec();
        arrange(&mut part, &View::default(), &BTreeSet::new(), Some(&keep));
        assert_eq!(names(&part), "abecd");
        assert_eq!(
            part.arranged.held,
            Held {
                moved: 1,
                entered: vec![2]
            }
        );
    }

    #[test]
    fn taken_columns_and_widths_go_by_name() {
        let mut part = part(&COUNTS);
        let view = View {
            hidden: BTreeSet::from(["count".into()]),
            widths: BTreeMap::from([("function".into(), 20)]),
            ..View::default()
        };
        arrange(&mut part, &view, &BTreeSet::new(), None);
        assert!(part.table.columns[1].hidden);
        assert_eq!(part.table.columns[0].width, Width::Cells(20));
    }

    #[test]
    fn under_a_folded_row_its_whole_branch_is_hidden_and_counted() {
        let depths = [0_u16, 1, 2, 2, 1, 0];
        let keys = (0..depths.len() as u64).map(Key).collect();
        let rows = Rows::new(keys, |_| Row::default()).with_traits(move |at| RowTrait {
            depth: depths[at],
            ..RowTrait::default()
        });
        let mut part = Part::new("spans", "", Table::bare(Vec::new(), rows));
        let view = View {
            folded: BTreeSet::from([Key(1)]),
            ..View::default()
        };
        arrange(&mut part, &view, &BTreeSet::new(), None);
        assert_eq!(part.table.rows.keys()[..], [Key(0), Key(1), Key(4), Key(5)]);
        assert_eq!(part.arranged.folded, 2);
    }

    #[test]
    fn an_axis_is_halved_around_a_row_and_comes_back_whole() {
        let half = Zoom::default().closer(0.9);
        assert_eq!(half.shares(), (0.5, 1.0), "it never leaves the axis");
        assert_eq!(half.closer(0.75).shares(), (0.625, 0.875));
        assert_eq!(half.closer(0.75).wider().wider(), Zoom::default());
    }
}
