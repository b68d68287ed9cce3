//! The prompt in the last row: what is asked, what was typed, what the keys do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::ui::action::Action;
use crate::ui::keys::{Context, KeyTable};
use crate::ui::prompt::Prompt;
use crate::ui::screen::{Asks, COMMAND};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// Draws it; what was typed is cut from the left so that the cursor is in view.
pub fn place(prompt: &Prompt<Asks>, keys: &KeyTable, area: Rect, buffer: &mut Buffer, look: &Look) {
    let (sign, complete, keep, leave) = match &prompt.asks {
        Asks::Filter {
            only_find: true, ..
        } => ("find / ", "completes, or filters", "keep", "undo"),
        Asks::Filter { .. } => ("/ ", "completes, or only finds", "keep", "undo"),
        Asks::Command { title, .. } if *title != COMMAND => {
            ("watch ", "completes", "watches it (a,b: both)", "leaves")
        }
        Asks::Command { .. } => (": ", "completes", "does it", "leaves"),
        Asks::Time => (
            "time ",
            "",
            "goes there (15m, 14:05, 13:40-14:00, all)",
            "leaves",
        ),
        Asks::Note => ("note ", "", "marks the row", "leaves"),
        Asks::Silence { mute: true, .. } => ("mute because ", "", "hides it (… 2h)", "leaves"),
        Asks::Silence { .. } => ("known because ", "", "acknowledges it (… 2h)", "leaves"),
        Asks::Compare => ("compare before and after ", "", "compares", "leaves"),
    };
    let mut x =
        area.x + Text::of(Role::Focus, sign).place(buffer, (area.x, area.y), area.width, look);
    let hints = hints(
        keys,
        [
            (Action::Complete, complete),
            (Action::Open, keep),
            (Action::Back, leave),
        ],
    );
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

fn hints(keys: &KeyTable, of: [(Action, &str); 3]) -> Text {
    let mut hints = Text::default();
    for (action, words) in of {
        let Some(key) = keys.keys(Context::Prompt, action).into_iter().next() else {
            continue;
        };
        if words.is_empty() {
            continue;
        }
        let before = if hints.is_empty() { "" } else { "  " };
        hints = hints
            .and(Role::Text, before)
            .and(Role::Strong, &key)
            .and(Role::Dim, &format!(" {words}"));
    }
    hints
}
