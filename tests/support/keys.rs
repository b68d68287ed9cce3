//! Keys in one line, as tests write them: `j<enter>/timeout<enter><esc>`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nepho::ui::screen::{Outcome, Screen};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Presses keys, each after everything that was due is on the screen: `<enter>`, `<esc>`, `<ctrl-u>`, …, else characters.
pub fn press(screen: &mut Screen, keys: &str) -> Outcome {
    let mut last = Outcome::Ignored;
    let mut rest = keys;
    while let Some(letter) = rest.chars().next() {
        let named = rest
            .strip_prefix('<')
            .and_then(|named| named.split_once('>'))
            .and_then(|(name, after)| Some((key(name)?, after)));
        let (event, after) = named.unwrap_or_else(|| {
            let event = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
            (event, &rest[letter.len_utf8()..])
        });
        settle(screen);
        last = screen.on_key(event);
        rest = after;
    }
    settle(screen);
    last
}

fn settle(screen: &mut Screen) {
    let area = Rect::new(0, 0, 120, 40);
    screen.settle();
    screen.render(area, &mut Buffer::empty(area));
}

/// A key by its name; `None` where `<` is meant as it stands.
fn key(name: &str) -> Option<KeyEvent> {
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "backspace" => KeyCode::Backspace,
        _ => {
            let letter = name.strip_prefix("ctrl-")?.chars().next()?;
            return Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL));
        }
    };
    Some(KeyEvent::new(code, KeyModifiers::NONE))
}
