//! The last row: the keys of this page, from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::action::Action;
use crate::ui::keys::{Context, KeyTable};
use crate::ui::place::Place;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// Draws it: the page's own keys from the left while they fit, help and quit always at the right. Enter is offered where the row
/// under the cursor leads on.
pub fn place(keys: &KeyTable, at: &Place, area: Rect, buffer: &mut Buffer, look: &Look) {
    let context = at.step.context();
    let leads_on = at.leads_to().is_some();
    let mut right = Text::default();
    for action in [Action::Help, Action::Quit] {
        right = join(right, hint(keys, context, action));
    }
    let room = usize::from(area.width).saturating_sub(right.width() + 4);
    let mut left = Text::default();
    for action in offered(at.step.actions()) {
        if action == Action::Open && !leads_on {
            continue;
        }
        let longer = join(left.clone(), hint(keys, context, action));
        if longer.width() > room {
            break;
        }
        left = longer;
    }
    left.place(
        buffer,
        (area.x + 1, area.y),
        area.width.saturating_sub(1),
        look,
    );
    let width = right.width() as u16;
    let x = area.right().saturating_sub(width + 1).max(area.x);
    right.place(buffer, (x, area.y), area.right() - x, look);
}

/// The page's own actions, with those that every page has after opening and going back.
fn offered(own: &[Action]) -> Vec<Action> {
    let first = own
        .iter()
        .position(|action| !matches!(action, Action::Open | Action::Back))
        .unwrap_or(own.len());
    let mut all = own[..first].to_vec();
    all.extend([Action::Filter, Action::Explain]);
    all.extend(&own[first..]);
    all.push(Action::Command);
    all
}

fn join(before: Text, after: Text) -> Text {
    if before.is_empty() || after.is_empty() {
        return before.then(after);
    }
    before.and(Role::Text, "  ").then(after)
}

/// `Enter open`; nothing for an action that has no key.
fn hint(keys: &KeyTable, context: Context, action: Action) -> Text {
    let Some(mut key) = keys.keys(context, action).into_iter().next() else {
        return Text::default();
    };
    let partner = match action {
        Action::NextOfRequest => Some(Action::PreviousOfRequest),
        Action::NextError => Some(Action::PreviousError),
        Action::NextPart => Some(Action::PreviousPart),
        Action::Left => Some(Action::Right),
        _ => None,
    };
    let partner = partner.and_then(|partner| keys.keys(context, partner).into_iter().next());
    if let Some(partner) = partner {
        // As on the keyboard: `{ }`, `o O`.
        key = match action {
            Action::NextPart => format!("{partner} {key}"),
            _ => format!("{key} {partner}"),
        };
    }
    Text::of(Role::Strong, &key).and(Role::Dim, &format!(" {}", action.label()))
}
