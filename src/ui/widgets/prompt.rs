//! The prompt in the last row: what is asked, what was typed, what the keys do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::ui::action::Action;
use crate::ui::keys::{Context, KeyTable};
use crate::ui::prompt::Prompt;
use crate::ui::screen::Asks;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// Draws it; what was typed is cut from the left so that the cursor is in view.
pub fn place(prompt: &Prompt<Asks>, keys: &KeyTable, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (sign, words) = label(&prompt.asks);
    let mut x =
        area.x + Text::of(Role::Focus, sign).place(buffer, (area.x, area.y), area.width, look);
    let hints = hints(keys, words);
    let room = area.right().saturating_sub(x + 2);
    let typed = prompt.text();
    let wide = Text::new(typed).width() as u16 + 1;
    let hints_fit = wide + hints.width() as u16 + 2 <= room;
    let room = if hints_fit { wide } else { room };
    // From the left as much goes as the cursor needs.
    let before: Vec<char> = typed.chars().take(prompt.cursor()).collect();
    let mut from = 0;
    while Text::new(&before[from..].iter().collect::<String>()).width() + 1 > usize::from(room)
        && from < before.len()
    {
        from += 1;
    }
    let shown: String = typed.chars().skip(from).collect();
    let left: String = before[from..].iter().collect();
    let cursor = x + Text::new(&left).width() as u16;
    x += Text::new(&shown).place(buffer, (x, area.y), room, look);
    if cursor < area.right() {
        let style = look.style(Role::Focus).add_modifier(Modifier::REVERSED);
        buffer[(cursor, area.y)].set_style(style);
    }
    if hints_fit {
        let at = area
            .right()
            .saturating_sub(hints.width() as u16 + 1)
            .max(x + 1);
        let width = area.right() - at;
        hints.place(buffer, (at, area.y), width, look);
    }
}

/// The sign before it, and what `Tab` does.
fn label(asks: &Asks) -> (&'static str, &'static str) {
    match asks {
        Asks::Filter {
            only_find: true, ..
        } => ("find / ", "completes, or filters"),
        Asks::Filter { .. } => ("/ ", "completes, or only finds"),
    }
}

fn hints(keys: &KeyTable, complete: &str) -> Text {
    let hint = |action: Action, words: &str| {
        let key = keys.keys(Context::Prompt, action).into_iter().next();
        let key = key.unwrap_or_default();
        Text::of(Role::Strong, &key).and(Role::Dim, &format!(" {words}"))
    };
    let apart = |text: Text| text.and(Role::Text, "  ");
    apart(hint(Action::Complete, complete))
        .then(apart(hint(Action::Open, "keep")))
        .then(hint(Action::Back, "undo"))
}
