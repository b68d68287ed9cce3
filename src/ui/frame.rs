//! One frame: header, tabs, breadcrumb, the page, message row, footer, and what floats above them.

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::time::Timestamp;
use crate::store::scene::Scene;

use super::action::Action;
use super::arrange::Sort;
use super::figures;
use super::float::Float;
use super::glyphs;
use super::keys::{Context, KeyTable};
use super::page::Key;
use super::place::Place;
use super::prompt::Prompt;
use super::screen::Asks;
use super::text::Text;
use super::theme::{Look, Role};
use super::widgets::help::Help;
use super::widgets::part::View;
use super::widgets::popup::Popup;
use super::widgets::{columns, crumb, footer, header, help, palette, part, prompt, tabs};

/// Below this the frame is one line, below the other it is header, first part and footer.
const LEAST: (u16, u16) = (20, 5);
const WHOLE: (u16, u16) = (60, 16);
/// From this width on, what is about one row stands beside the list.
const SPLIT: u16 = 200;
const LIST: u16 = 120;

/// What a frame shows beside its page.
pub struct Parts<'a> {
    pub look: Look,
    pub scene: Arc<Scene>,
    /// Log events since the picture was held.
    pub unseen: Option<u64>,
    /// From and until, where the present is not looked at.
    pub away: Option<(Timestamp, Timestamp)>,
    pub pane: usize,
    pub crumbs: Vec<String>,
    pub message: Option<Text>,
    /// Rows that are marked, and rows of findings that somebody acknowledged.
    pub marks: BTreeSet<Key>,
    pub acknowledged: BTreeSet<Key>,
    /// One line a mark, while they are listed.
    pub mark_lines: Vec<Text>,
    /// The topmost last.
    pub floats: &'a mut [Float],
    pub prompt: Option<&'a Prompt<Asks>>,
    pub context: Context,
    pub keys: &'a KeyTable,
}

/// Draws a frame.
pub fn place(parts: &mut Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let words = format!(
            "nepho needs {}×{}, this is {}×{}",
            LEAST.0, LEAST.1, area.width, area.height
        );
        Text::from(words).place(buffer, (area.x, area.y), area.width, &parts.look);
    } else if area.width < WHOLE.0 || area.height < WHOLE.1 {
        small(parts, place, area, buffer);
    } else {
        whole(parts, place, area, buffer);
    }
    if parts.look.ascii {
        glyphs::to_ascii(buffer);
    }
}

fn row(area: Rect, y: u16) -> Rect {
    Rect::new(area.x, area.y + y, area.width, 1)
}

fn small(parts: &Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) {
    let state = (parts.unseen, parts.away);
    header::place(&parts.scene, state, row(area, 0), buffer, &parts.look);
    let body = Rect::new(area.x, area.y + 1, area.width, area.height - 2);
    let first = 0..place.parts().count().min(1);
    page(parts, place, first, body, buffer);
    bottom(parts, place, area, buffer);
}

fn whole(parts: &mut Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) {
    let state = (parts.unseen, parts.away);
    header::place(&parts.scene, state, row(area, 0), buffer, &parts.look);
    tabs::place(&parts.scene, parts.pane, row(area, 1), buffer, &parts.look);
    let note = note(place);
    crumb::place(&parts.crumbs, note, row(area, 2), buffer, &parts.look);
    let message = u16::from(said(parts, place).is_some());
    let body = Rect::new(area.x, area.y + 3, area.width, area.height - 4 - message);
    let listed = place.page().map_or(0, |page| page.parts.len());
    let all = place.parts().count();
    if area.width >= SPLIT && all > listed {
        let left = Rect {
            width: LIST,
            ..body
        };
        let right = Rect {
            x: body.x + LIST + 1,
            width: body.width - LIST - 1,
            ..body
        };
        for y in body.y..body.bottom() {
            buffer.set_string(left.right(), y, "│", parts.look.style(Role::Dim));
        }
        page(parts, place, 0..listed, left, buffer);
        page(parts, place, listed..all, right, buffer);
    } else {
        page(parts, place, 0..all, body, buffer);
    }
    bottom(parts, place, area, buffer);
    if let Some(Asks::Command {
        choices,
        found,
        chosen,
    }) = parts.prompt.map(|prompt| &prompt.asks)
    {
        palette::place(choices, found, *chosen, body, buffer, &parts.look);
    }
    let title = place.step.crumb();
    for float in parts.floats.iter_mut() {
        match float {
            Float::Help { top } => {
                let help = Help {
                    keys: parts.keys,
                    context: place.step.context(),
                    title: &title,
                    top: *top,
                };
                let most = help::place(&help, body, buffer, &parts.look);
                float.clamp(most);
            }
            Float::Said { title, lines, top } => {
                let width = SAID.min(body.width.saturating_sub(4));
                let lines = lines.iter().flat_map(|line| line.wrap(usize::from(width)));
                let close = parts.keys.keys(Context::Popup, Action::Back).join(" ");
                let close = Text::of(Role::Strong, &close).and(Role::Dim, " closes");
                let popup = Popup {
                    title,
                    lines: lines.collect(),
                    chosen: None,
                    top: *top,
                    foot: vec![close],
                    width,
                };
                let most = popup.place(body, buffer, &parts.look);
                float.clamp(most);
            }
            Float::Marks { chosen } => {
                let lines = parts.mark_lines.clone();
                let last = lines.len().saturating_sub(1);
                let popup = Popup {
                    title: "Marks",
                    lines,
                    chosen: Some((*chosen).min(last)),
                    top: 0,
                    foot: vec![Text::of(Role::Dim, "Enter goes there · Esc closes")],
                    width: SAID,
                };
                popup.place(body, buffer, &parts.look);
                float.clamp(last);
            }
            Float::Columns { part, chosen } => {
                let chosen = *chosen;
                let Some(part) = place.parts().find(|one| one.id == *part) else {
                    continue;
                };
                let most = columns::place(part, chosen, parts.keys, body, buffer, &parts.look);
                float.clamp(most);
            }
        }
    }
}

/// Cells of a line of sentences that float.
const SAID: u16 = 92;

/// Right of the breadcrumb: how the list under the cursor is sorted, what its filter hides, what other lists hide.
fn note(place: &Place) -> Text {
    let Some(page) = place.page() else {
        return Text::default();
    };
    let here = place.cursor_part().map_or("", |part| part.id);
    let view = place.view_of(here);
    let mut note = match &view.sort {
        Some(Sort { column, descending }) => {
            let arrow = if *descending { "↓" } else { "↑" };
            Text::of(Role::Dim, &format!("sort {column} {arrow}"))
        }
        None => page.note.clone(),
    };
    let mut add = |role: Role, words: &str| {
        let before = std::mem::take(&mut note);
        let apart = if before.is_empty() { "" } else { " · " };
        note = before.and(Role::Dim, apart).and(role, words);
    };
    for part in place.parts() {
        let (hidden, of) = (
            part.arranged.hidden,
            part.table.rows.len() + part.arranged.hidden,
        );
        let filter = place.view_of(part.id).filter;
        if filter.is_empty() {
            continue;
        }
        let hides = format!(
            "hides {} of {}",
            figures::count(hidden as u64),
            figures::count(of as u64)
        );
        if part.id == here {
            add(Role::Focus, &format!("filter {filter} {hides}"));
        } else {
            add(Role::Focus, &format!("{} {hides}", part.id));
        }
    }
    let muted: usize = place.parts().map(|part| part.arranged.muted).sum();
    if muted > 0 {
        add(Role::Focus, &format!("{muted} muted"));
    }
    if !view.search.is_empty() {
        let hits = place
            .cursor_part()
            .map_or(0, |part| part.arranged.hits.len());
        add(
            Role::Focus,
            &format!("{} hits of {}", figures::count(hits as u64), view.search),
        );
    }
    note
}

/// What stands over the footer: what is wrong with the prompt, a message, else that the order of rows is held.
fn said(parts: &Parts<'_>, place: &Place) -> Option<Text> {
    if let Some(problem) = parts.prompt.and_then(|prompt| prompt.problem.as_deref()) {
        return Some(Text::of(Role::Error, problem));
    }
    if let Some(message) = &parts.message {
        return Some(message.clone());
    }
    let (since, moved, above) = place.held()?;
    let mut text = Text::of(Role::Dim, &format!("order held {}", figures::clock(since)));
    if moved > 0 {
        text = text.and(Role::Text, &format!(" · {moved} would move"));
    }
    if above > 0 {
        text = text.and(Role::Text, &format!(" · ▲ {above} new above"));
    }
    let renew = parts.keys.keys(parts.context, Action::SortNow);
    let key = renew.first().map_or("", String::as_str);
    Some(
        text.and(Role::Dim, " · ")
            .and(Role::Strong, key)
            .and(Role::Dim, " re-sort"),
    )
}

fn bottom(parts: &Parts<'_>, place: &Place, area: Rect, buffer: &mut Buffer) {
    let look = &parts.look;
    if let Some(said) = said(parts, place) {
        let line = row(area, area.height - 2);
        let text = Text::new(" ").then(said);
        buffer.set_style(line, ratatui::style::Style::reset());
        for x in line.x..line.right() {
            buffer[(x, line.y)].set_symbol(" ");
        }
        text.place(buffer, (line.x, line.y), line.width, look);
    }
    let last = row(area, area.height - 1);
    match parts.prompt {
        Some(typed) => prompt::place(typed, parts.keys, last, buffer, look),
        None => footer::place(parts.keys, &place.step, last, buffer, look),
    }
}

/// Draws some of a place's parts, one under the other.
fn page(
    parts: &Parts<'_>,
    place: &mut Place,
    range: std::ops::Range<usize>,
    area: Rect,
    buffer: &mut Buffer,
) {
    if place.page().is_none() {
        let words = Text::of(Role::Dim, "reading …");
        words.place(
            buffer,
            (area.x + 2, area.y + 1),
            area.width.saturating_sub(2),
            &parts.look,
        );
        return;
    }
    let range = match place.only_part() {
        Some(only) if range.contains(&only) => only..only + 1,
        _ => range,
    };
    let lines = place.lay_out(range.clone(), (area.width, area.height));
    let column = place.column().map(str::to_owned);
    let (at, row) = place.cursor();
    let has_detail = place.page().is_some_and(|page| page.detail.is_some());
    let mut y = area.y;
    let shown = place.parts().enumerate().skip(range.start);
    for ((index, shown), lines) in shown.zip(lines) {
        let left = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
        let view = View {
            top: place
                .top(shown.id)
                .min(shown.table.rows.len().saturating_sub(1)),
            lines,
            cursor: (index == at && shown.table.rows.selectable()).then_some(row),
            chosen: (index == 0 && at != 0 && has_detail).then(|| place.chosen()),
            column: (index == at)
                .then_some(column.as_deref())
                .flatten()
                .and_then(|name| {
                    let columns = shown.table.columns.iter();
                    columns.into_iter().position(|column| &*column.name == name)
                }),
        };
        let noted = part::Noted {
            marks: &parts.marks,
            acknowledged: &parts.acknowledged,
        };
        y += part::place(shown, view, noted, left, buffer, &parts.look);
    }
}
