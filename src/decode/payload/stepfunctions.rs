//! Step Functions: identity is the execution with the state that it entered; a retry enters it again.

use super::{count, rfc3339};
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads the context object (`$$`), which a state machine passes whole or as a field of its input.
pub(super) fn item(input: &Json<'_>, symbols: &mut Symbols) -> Option<Item> {
    let context = [input]
        .into_iter()
        .chain(input.first_of(&["context", "Context", "$$"]))
        .find(|context| context.get("Execution").is_some() && context.get("State").is_some())?;
    let execution = context.path(&["Execution", "Id"])?.text()?;
    let state = context.get("State")?;
    let name = state.text_at("Name")?;
    // A loop enters a state again, a Map runs it many times: neither is a repeat.
    let entered = state.text_at("EnteredTime").unwrap_or("");
    let index = context
        .path(&["Map", "Item", "Index"])
        .and_then(Json::digits_or_text)
        .unwrap_or_default();
    let identity =
        symbols.intern(format!("{execution}/{name}/{entered}/{index}").trim_end_matches('/'));
    Some(Item {
        resource: context
            .path(&["StateMachine", "Name"])
            .and_then(Json::text)
            .map(|name| symbols.intern(name)),
        receive_count: state
            .get("RetryCount")
            .and_then(count)
            .map(|retries| retries.saturating_add(1)),
        sent_at: state.get("EnteredTime").and_then(rfc3339),
        ..Item::new(EventSource::Stepfunctions, identity, 0)
    })
}
