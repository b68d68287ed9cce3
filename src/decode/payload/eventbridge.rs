//! EventBridge: identity is the event's `id`, the same on retries and replays.

use super::{Digest, rfc3339};
use crate::decode::place::resource_name;
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads one event. `replay-name` marks one that an operator replayed from an archive; events of a schedule are
/// identical by nature.
pub(super) fn item(event: &Json<'_>, digest: Digest<'_>, symbols: &mut Symbols) -> Option<Item> {
    let kind = event.first_of(&["detail-type", "detailType"])?.text()?;
    let source = event.text_at("source")?;
    let id = event.text_at("id")?;
    let scheduled = kind == "Scheduled Event" || source == "aws.scheduler";
    let rule = event.get("resources").and_then(|list| list.items().first());
    let rule = rule
        .and_then(Json::text)
        .filter(|arn| arn.contains(":rule/"));
    Some(Item {
        resource: rule.map(|arn| symbols.intern(resource_name(arn))),
        sent_at: event.get("time").and_then(rfc3339),
        body: event.get("detail").and_then(|detail| digest.json(detail)),
        replay: event.first_of(&["replay-name", "replayName"]).is_some(),
        scheduled,
        ..Item::new(EventSource::Eventbridge, symbols.intern(id), 0)
    })
}
