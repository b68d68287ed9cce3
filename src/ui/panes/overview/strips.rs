//! The last hour: one line a kind of trouble, one cell a minute, with deploys.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::counted::Counted;
use crate::ui::figures;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Cut, Key, Level, Part, Row, Rows, Strip, Table};
use crate::ui::series::{self, Minutes};
use crate::ui::text::Text;
use crate::ui::theme::Role;

const HOUR: usize = 60;
/// The column with the cells.
const CELLS: usize = 1;
/// Minutes that are shown before there is room for the newest deploy in words.
const CELLS_WANTED: u16 = 42;
/// Minutes of the base that a change is measured against, and of the change itself.
const BASE: usize = 5;
/// Fewer in a minute are no peak, however rare they are.
const FEW: u32 = 5;
/// So many minutes below in a row do not end a rise: few events fall unevenly.
const DIP: usize = 2;
/// So many times what is usual is told as a peak.
const PEAK: f64 = 4.0;

/// The part.
pub(super) fn part(scene: &Arc<Scene>) -> Part {
    let analysis = &scene.analysis;
    let minutes = Minutes::until(scene.now, HOUR);
    let line = |label: Text, role: Role, counted: Counted, function: Option<Sym>| {
        let key = Key::text(&counted.to_string());
        let levels = counted.levels(analysis, function, minutes);
        let strip = Strip {
            column: CELLS,
            minutes,
            counted,
            function: function.map(|name| analysis.text(name).to_owned()),
        };
        (key, row(label, role, levels, strip))
    };
    let mut rows: Vec<(Key, Row)> = lines()
        .into_iter()
        .map(|(label, role, counted)| line(label, role, counted, None))
        .collect();
    let slow = in_trouble(analysis);
    let whose = slow.map_or("all", |name| analysis.text(name));
    // The name is what is cut where it is long.
    let label = Text::of(Role::Dim, "p99 ").and(Role::Text, whose);
    rows.push(line(label, Role::Text, Counted::Slowest, slow));
    let (times, deploy) = axis(analysis, minutes);
    let untold = |column: Column, title: Text| column.titled(title).named("");
    let mut cells = untold(
        Column::text("", 12, HOUR as u16),
        Text::of(Role::Dim, &times),
    )
    .wants(CELLS_WANTED);
    cells.cut = Cut::Start;
    let mut counted = Column::word("", 12).named("counted");
    counted.cut = Cut::Middle;
    let columns = vec![
        counted,
        cells,
        Column::figure("", 8),
        untold(Column::text("", 10, 44).drop(1), deploy),
    ];
    let aside = if scene.has_present() {
        let now = figures::clock_minute(minutes.start(HOUR - 2));
        format!("now ({now}) · change")
    } else {
        String::new()
    };
    let lines = rows.len() as u16;
    Part::new(
        "strips",
        "Last hour, one cell a minute",
        Table::new(columns, Rows::few(rows)),
    )
    .aside(Text::of(Role::Dim, &aside))
    .between(3, lines)
    .passed()
    .beside()
}

/// The function that the worst finding is about, if it is about one: how long that takes is what matters now.
fn in_trouble(analysis: &Analysis) -> Option<Sym> {
    let subject = &analysis.findings.first()?.subject;
    let mut functions = analysis.functions.iter().map(|of| of.function);
    functions.find(|name| analysis.text(*name) == subject)
}

/// What each strip is called and counts.
fn lines() -> [(Text, Role, Counted); 6] {
    let label =
        |glyph: &str, role: Role, word: &str| (Text::of(role, glyph).and(Role::Text, word), role);
    let line = |(text, role), counted| (text, role, counted);
    [
        (Text::new("invocations"), Role::Text, Counted::Runs),
        line(
            label(glyphs::ERROR, Role::Error, " errors"),
            Counted::Failed,
        ),
        line(
            label(glyphs::THROTTLE, Role::Throttle, " throttled"),
            Counted::Refused,
        ),
        line(
            label(glyphs::DUPLICATE, Role::Duplicate, " doubled"),
            Counted::Doubled,
        ),
        line(
            label(glyphs::DISORDER, Role::Disorder, " disorder"),
            Counted::Overtaken,
        ),
        line(label(glyphs::COLD, Role::Cold, " cold"), Counted::Cold),
    ]
}

/// Times over the cells with a mark where a version changed, and the newest of these changes in words.
fn axis(analysis: &Analysis, minutes: Minutes) -> (String, Text) {
    let mut cells: Vec<char> = vec![' '; HOUR];
    let mut at = 0;
    while at + 5 <= HOUR {
        let start = minutes.start(at);
        if start.0.div_euclid(60_000) % 20 == 10 {
            for (cell, letter) in cells[at..]
                .iter_mut()
                .zip(figures::clock_minute(start).chars())
            {
                *cell = letter;
            }
        }
        at += 1;
    }
    let deploys = series::deploys(analysis);
    let mut last = None;
    for deploy in &deploys {
        if let Some(index) = minutes.index(deploy.at) {
            // A time that it stands on is left out: half a time reads as another one.
            let touched = |cell: &char| *cell != ' ' && *cell != '◊';
            let before = cells[..index]
                .iter()
                .rev()
                .take_while(|cell| touched(cell))
                .count();
            let after = cells[index..]
                .iter()
                .take_while(|cell| touched(cell))
                .count();
            if after > 0 {
                cells[index - before..index + after].fill(' ');
            }
            cells[index] = '◊';
            last = Some(deploy);
        }
    }
    let words = last.map_or_else(Text::default, |deploy| {
        let (at, words) = (figures::clock(deploy.at), deploy.words(analysis));
        Text::of(Role::Focus, glyphs::DEPLOY).and(Role::Text, &format!(" {at} {words}"))
    });
    (cells.into_iter().collect(), words)
}

fn row(label: Text, role: Role, levels: Vec<Level>, strip: Strip) -> Row {
    let whole = whole(&levels);
    let now = whole.last().copied().flatten();
    let (now, change) = if strip.counted == Counted::Slowest {
        // A minute in which nothing ended has no percentile; it is not a fast one.
        let ended: Vec<Level> = whole
            .iter()
            .map(|level| level.filter(|ms| *ms > 0))
            .collect();
        let now = now.map(|ms| match ms {
            0 => Text::of(Role::Dim, figures::NONE),
            ms => Text::new(&figures::duration(f64::from(ms))),
        });
        (now, slower(&ended, strip.minutes))
    } else {
        let now = now.map(|now| Text::new(&figures::count(u64::from(now))).and(Role::Dim, "/m"));
        (now, change(whole, strip.minutes))
    };
    let change = unread(whole, strip.minutes).unwrap_or(change);
    let now = now.unwrap_or_else(|| Text::of(Role::Unknown, figures::UNKNOWN));
    Row {
        cells: vec![
            Cell::Text(label),
            Cell::Spark(levels, role),
            Cell::Text(now),
            Cell::Text(change),
        ],
        strip: Some(strip),
        ..Row::default()
    }
}

/// The minutes that are over.
fn whole(levels: &[Level]) -> &[Level] {
    &levels[..levels.len().saturating_sub(1)]
}

/// The place of a minute, and its level.
type Minute = (usize, u32);

/// The minutes that are known, with their places: no fewer than make up what is now.
struct Known(Vec<Minute>);

impl Known {
    fn of(levels: &[Level]) -> Option<Self> {
        let levels = levels.iter().enumerate();
        let known: Vec<Minute> = levels
            .filter_map(|(at, level)| level.map(|level| (at, level)))
            .collect();
        (known.len() >= BASE).then_some(Self(known))
    }

    /// What came before the last minutes, and those.
    fn split(&self) -> (&[Minute], &[Minute]) {
        self.0.split_at(self.0.len() - BASE)
    }

    /// What was usual: what came before the last quarter of an hour, since a rise of ten minutes must not hide itself.
    fn base(&self) -> &[Minute] {
        &self.0[..self.0.len().saturating_sub(3 * BASE)]
    }

    /// ` since 14:01`: since when it is at least that, but for a few minutes now and then.
    fn since(&self, least: f64, minutes: Minutes) -> String {
        let (mut since, mut below) = (None, 0);
        for (at, level) in self.0.iter().rev() {
            below = if f64::from(*level) >= least {
                since = Some(*at);
                0
            } else {
                below + 1
            };
            if below > DIP {
                break;
            }
        }
        since.map_or_else(String::new, |at| {
            format!(" since {}", figures::clock_minute(minutes.start(at)))
        })
    }
}

/// That nobody knows what is now, since the newest minutes are not read; the last one alone is read in a moment.
fn unread(levels: &[Level], minutes: Minutes) -> Option<Text> {
    let known = levels.iter().rposition(Option::is_some)? + 1;
    let since = figures::clock_minute(minutes.start(known));
    (known + 1 < levels.len()).then(|| Text::of(Role::Unknown, &format!("unknown from {since}")))
}

/// In words what the last minutes are against the ones before: `level`, `new at 14:02`, `×27`.
fn change(levels: &[Level], minutes: Minutes) -> Text {
    let Some(known) = Known::of(levels) else {
        return Text::default();
    };
    let (before, last) = known.split();
    let sum = |cells: &[Minute]| {
        cells
            .iter()
            .map(|(_, level)| u64::from(*level))
            .sum::<u64>()
    };
    let (total_before, total_last) = (sum(before), sum(last));
    if total_before + total_last == 0 {
        return Text::default();
    }
    let began = known.0.iter().find(|(_, level)| *level > 0);
    let mean_last = total_last as f64 / BASE as f64;
    let base = known.base();
    if base.is_empty() {
        return Text::of(
            Role::Dim,
            &format!("{} in all", figures::count(total_before + total_last)),
        );
    }
    let mean_base = sum(base) as f64 / base.len() as f64;
    let most = known.0.iter().max_by_key(|(_, level)| *level);
    let clock = |at: usize| figures::clock_minute(minutes.start(at));
    match (began, most) {
        (Some((began, _)), _) if sum(base) == 0 && total_last > 0 => {
            Text::new(&format!("new at {}", clock(*began)))
        }
        _ if total_last > 0 && mean_last >= 2.0 * mean_base => {
            let since = known.since(2.0 * mean_base, minutes);
            Text::new(&format!("×{:.0}{since}", mean_last / mean_base))
        }
        (_, Some((at, most)))
            if *most >= FEW && f64::from(*most) >= PEAK * mean_last.max(mean_base) =>
        {
            let most = figures::count(u64::from(*most));
            Text::new(&format!("peak {most} at {}", clock(*at)))
        }
        _ if total_last == 0 => Text::of(Role::Dim, "none for 5 min"),
        _ if mean_base >= 2.0 * mean_last => Text::new(&format!("÷{:.0}", mean_base / mean_last)),
        _ => Text::of(Role::Dim, "level"),
    }
}

/// The same of durations: `×20 since 14:01` against what they were, on the mean of the minutes' percentiles.
fn slower(levels: &[Level], minutes: Minutes) -> Text {
    let Some(known) = Known::of(levels).filter(|known| !known.base().is_empty()) else {
        return Text::default();
    };
    let mean = |cells: &[Minute]| {
        cells.iter().map(|(_, ms)| f64::from(*ms)).sum::<f64>() / cells.len() as f64
    };
    let (usual, now) = (mean(known.base()), mean(known.split().1));
    if now >= 2.0 * usual {
        let since = known.since(2.0 * usual, minutes);
        Text::new(&format!("×{:.0}{since}", now / usual))
    } else if usual >= 2.0 * now {
        Text::new(&format!("÷{:.0}", usual / now))
    } else {
        Text::of(Role::Dim, "level")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::{MINUTE_MS, Timestamp};

    fn said(levels: &[u32]) -> String {
        let levels: Vec<Level> = levels.iter().copied().map(Some).collect();
        let minutes = Minutes::until(
            Timestamp((levels.len() as i64 - 1) * MINUTE_MS),
            levels.len(),
        );
        change(&levels, minutes).characters()
    }

    #[test]
    fn a_change_says_how_much_and_since_when() {
        // Twenty minutes; the base is the first ten of them, the change the last five.
        let mut levels = [1; 20];
        assert_eq!(said(&levels), "level");
        levels[14..].fill(8);
        assert_eq!(said(&levels), "×8 since 00:14");
        levels[16..18].fill(1);
        assert_eq!(said(&levels), "×5 since 00:14", "a dip");
        levels[16..18].fill(8);
        levels[..10].fill(0);
        levels[10..14].fill(0);
        assert_eq!(said(&levels), "new at 00:14");
    }

    #[test]
    fn slower_minutes_are_told_against_what_they_were_and_empty_ones_left_out() {
        let minutes = Minutes::until(Timestamp(19 * MINUTE_MS), 20);
        let mut levels = vec![Some(100); 20];
        levels[2] = None;
        assert_eq!(slower(&levels, minutes).characters(), "level");
        levels[15..].fill(Some(2_000));
        assert_eq!(slower(&levels, minutes).characters(), "×20 since 00:15");
        assert_eq!(slower(&[Some(9); 5], minutes).characters(), "");
    }

    #[test]
    fn what_is_now_is_unknown_where_the_newest_minutes_were_not_read() {
        let minutes = Minutes::until(Timestamp(19 * MINUTE_MS), 20);
        let said = |known: usize| {
            let mut levels = vec![Some(1); 20];
            levels[known..].fill(None);
            unread(&levels, minutes).map(|text| text.characters())
        };
        assert_eq!(said(20), None);
        assert_eq!(said(19), None, "that minute has just ended");
        assert_eq!(said(15).as_deref(), Some("unknown from 00:15"));
        assert_eq!(said(0), None, "nothing was ever known");
    }

    #[test]
    fn a_burst_that_is_over_is_told_by_its_peak() {
        let mut levels = [2; 20];
        levels[12] = 90;
        assert_eq!(said(&levels), "peak 90 at 00:12");
        levels[15..].fill(0);
        assert_eq!(said(&levels), "peak 90 at 00:12");
        levels[12] = 2;
        assert_eq!(said(&levels), "none for 5 min");
        assert_eq!(said(&[0; 20]), "");
    }
}
