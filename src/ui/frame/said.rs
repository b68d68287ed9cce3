//! What the frame says in words: beside the breadcrumb, over the footer, and to whom sees it for the first time.

use super::Parts;
use crate::ui::action::Action;
use crate::ui::arrange::Sort;
use crate::ui::figures;
use crate::ui::page::Cell;
use crate::ui::place::Place;
use crate::ui::text::Text;
use crate::ui::theme::Role;
use crate::ui::widgets::crumb::Note;

/// Right of the breadcrumb: how the list under the cursor is sorted, what its filter hides, what other lists hide.
pub(super) fn notes(place: &Place) -> Vec<Note> {
    let Some(page) = place.page() else {
        return Vec::new();
    };
    let here = place.cursor_part().map_or("", |part| part.id);
    let view = place.view_of(here);
    let mut notes = match &view.sort {
        Some(Sort { column, descending }) => {
            let arrow = if *descending { "↓" } else { "↑" };
            let sort = format!("sort {column} {arrow}");
            vec![Note::whole(Text::of(Role::Dim, &sort))]
        }
        None => vec![
            Note::whole(page.note.clone()),
            Note {
                words: page.hint.clone(),
                short: Text::default(),
            },
        ],
    };
    let focus = |words: &str| Text::of(Role::Focus, words);
    for part in place.parts() {
        let filter = place.view_of(part.id).filter;
        if filter.is_empty() {
            continue;
        }
        let hidden = part.arranged.hidden;
        let of = part.table.rows.len() + hidden;
        let hides = format!(
            "hides {} of {}",
            figures::count(hidden as u64),
            figures::count(of as u64)
        );
        notes.push(if part.id == here {
            Note {
                words: focus(&format!("filter {filter} {hides}")),
                short: focus(&format!("filter {filter}")),
            }
        } else {
            Note::whole(focus(&format!("{} {hides}", part.id)))
        });
    }
    let muted: usize = place.parts().map(|part| part.arranged.muted).sum();
    if muted > 0 {
        notes.push(Note::whole(focus(&format!("{muted} muted"))));
    }
    let folded: usize = place.parts().map(|part| part.arranged.folded).sum();
    if folded > 0 {
        let rows = figures::number_of(folded as u64, "rows");
        notes.push(Note::whole(focus(&format!("{rows} folded"))));
    }
    if !view.search.is_empty() {
        let part = place.cursor_part();
        let hits = part.map_or(0, |part| part.arranged.hits.len());
        let hits = figures::number_of(hits as u64, "hits");
        notes.push(Note::whole(focus(&format!("{hits} of {}", view.search))));
    }
    notes
}

/// What stands over the footer: what is wrong with the prompt, a message, else that the order of rows is held.
pub(super) fn said(parts: &Parts<'_>, place: &Place) -> Option<Text> {
    if let Some(problem) = parts.prompt.and_then(|prompt| prompt.problem.as_deref()) {
        return Some(Text::of(Role::Error, problem));
    }
    if let Some(message) = &parts.message {
        return Some(message.clone());
    }
    if let Some(said) = minute_said(place) {
        return Some(said);
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

/// What the minute of a strip under the cursor counts.
fn minute_said(place: &Place) -> Option<Text> {
    let at = place.minute()?;
    let row = place.row()?;
    let strip = row.strip.as_ref()?;
    let index = strip.minutes.index(at)?;
    let Some(Cell::Spark(levels, _)) = row.cells.get(strip.column) else {
        return None;
    };
    let count = levels.get(index).copied().flatten();
    let count = figures::count_or_unknown(count.map(u64::from));
    let words = format!(" {count} {}", strip.counted);
    Some(
        Text::of(Role::Strong, &figures::clock_minute(at))
            .and(Role::Text, &words)
            .and(Role::Dim, " · Enter opens them"),
    )
}

/// For somebody who sees it for the first time: what is enough to find a cause, one sentence a line.
pub(super) fn hint(parts: &Parts<'_>) -> [Text; 3] {
    let say = |sentence: &[(Action, &str)]| {
        sentence
            .iter()
            .fold(Text::default(), |text, (action, words)| {
                let keys = parts.keys.keys(parts.context, *action);
                // A pane is known by its digit.
                let digit = |key: &&String| key.parse::<u8>().is_ok();
                let key = keys.iter().find(digit).or_else(|| keys.first());
                text.and(Role::Strong, key.map_or("", String::as_str))
                    .and(Role::Text, words)
            })
    };
    [
        say(&[
            (Action::Open, " opens what you point at, "),
            (Action::Back, " goes back; that is enough to find a cause."),
        ]),
        say(&[
            (Action::Explain, " explains any figure, "),
            (Action::Help, " shows the keys, "),
            (Action::Filter, " filters, "),
            (Action::Pause, " holds the picture."),
        ]),
        Text::new("nepho only reads. What AWS calls cost, and what it cannot see, is on ")
            .then(say(&[(Action::Pane8, ".")])),
    ]
}
