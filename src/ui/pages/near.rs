//! Events of nearly the same content as the one looked at: what a client sent again under another id.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::symbols::Sym;
use crate::store::near::{Comparison, NEAR_BITS, Near, compare};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

const TITLE: &str = "Near duplicates";
const NOT_COUNTED: &str = "evidence only, counted nowhere";

/// The part; `None` for events of a source without bodies.
pub(super) fn part(
    scene: &Arc<Scene>,
    consumer: Sym,
    source: EventSource,
    identity: &str,
) -> Option<Part> {
    if !has_bodies(source) {
        return None;
    }
    let analysis = &scene.analysis;
    let lines = |line: Text| Part::lines("near", TITLE, vec![line]);
    let Some(compared) = compare(analysis, &scene.text, consumer, source, identity) else {
        let why = "unknown: its body is not in the log text that is kept, or below 32 bytes";
        return Some(lines(Text::of(Role::Unknown, why)));
    };
    if compared.near.is_empty() {
        return Some(lines(Text::of(
            Role::Dim,
            &format!("none among {}", among(&compared)),
        )));
    }
    let rows = compared.near.iter();
    let rows = rows.map(|near| row(analysis, compared.own, near));
    let columns = vec![
        Column::text("event", 14, 40).named("near event"),
        Column::figure("bits apart", 10),
        Column::word("away", 14),
        Column::word("request", 11),
        Column::word("received", 12).drop(2),
        Column::figure("ran", 8).drop(1),
        Column::word("status", 9),
    ];
    let count = figures::count(compared.near.len() as u64);
    let title = format!("{TITLE}, {count} among {}", among(&compared));
    let foot = format!(
        "at most {NEAR_BITS} of 64 bits of the body differ (SimHash) · Enter opens the event"
    );
    let table = Table::new(columns, Rows::few(rows.collect()));
    Some(
        Part::new("near", title, table)
            .aside(Text::of(Role::Dim, NOT_COUNTED))
            .between(2, 8)
            .foot(Text::of(Role::Dim, &foot)),
    )
}

/// Sources whose events have a body of their own.
fn has_bodies(source: EventSource) -> bool {
    matches!(
        source,
        EventSource::Sqs
            | EventSource::SqsFifo
            | EventSource::Sns
            | EventSource::SnsFifo
            | EventSource::Eventbridge
            | EventSource::Kinesis
            | EventSource::Kafka
    )
}

/// `37 other events`, or `the 500 events nearest in time, of 8,120`.
fn among(compared: &Comparison<'_>) -> String {
    let count = compared.compared as u64;
    match compared.left {
        0 => figures::number_of(count, "other events"),
        left => format!(
            "{} nearest in time, {} not compared",
            figures::number_of(count, "other events"),
            figures::count(left as u64)
        ),
    }
}

fn row(analysis: &Analysis, own: &Delivery, near: &Near<'_>) -> (Key, Row) {
    let Near { delivery, bits } = *near;
    let at = delivery.invocation;
    let run = analysis.invocation(at);
    let (consumer, identity) = (
        analysis.text(run.function),
        analysis.text(delivery.identity),
    );
    let away = delivery.at.since(own.at);
    let when = match away {
        0 => "at once".to_owned(),
        later @ 1.. => format!("{} later", figures::duration(later as f64)),
        earlier => format!("{} before", figures::duration(-earlier as f64)),
    };
    let open = Step::Identity {
        consumer: consumer.to_owned(),
        source: delivery.source,
        identity: identity.to_owned(),
    };
    let row = Row {
        cells: vec![
            Cell::of(Role::Strong, identity),
            Cell::text(&bits.to_string()),
            Cell::text(&when),
            Cell::text(&figures::request(run.request_id)),
            Cell::of(Role::Dim, &figures::clock_ms(delivery.at)),
            Cell::text(&rows::took(analysis, at)),
            Cell::Text(rows::state(analysis, at)),
        ],
        open: Some(open),
        run: Some(find::run(run)),
        function: Some(consumer.to_owned()),
        ..Row::default()
    };
    (Key::text(identity), row)
}
