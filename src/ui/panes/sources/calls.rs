//! What it costs: calls by place and action, beside their quotas, and the money they take.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::health::Calls;
use crate::model::placed;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// A row a call and place.
pub(super) fn part(scene: &Scene) -> Part {
    let calls = &scene.board.calls;
    let places: BTreeSet<&Arc<str>> = calls.keys().map(|(place, _)| place).collect();
    let rows: Vec<Row> = calls
        .iter()
        .map(|((place, action), calls)| {
            let name = if places.len() > 1 {
                placed::join(action, Some(place))
            } else {
                format!("{action} {place}").into()
            };
            call(name.trim_end(), calls)
        })
        .collect();
    let columns = vec![
        Column::name("call", 24, 46),
        Column::figure("now", 9),
        Column::figure("quota", 8),
        Column::text("used", 8, 20).drop(1),
        Column::figure("", 6),
        Column::figure("refused", 8).drop(2),
        Column::figure("denied", 7).drop(4),
        Column::figure("made", 8),
        Column::figure("bytes", 9).drop(5),
        Column::figure("money", 9).drop(3),
    ];
    let lines = rows.len() as u16;
    let money = &scene.board.money;
    let mut aside = format!(
        "{} of {} an hour at most · quotas are shared with your team",
        dollars(money.spent_usd),
        dollars(money.limit_usd_an_hour)
    );
    if let Some(until) = money.waits_until {
        aside = format!(
            "billed calls wait for --max-cost until {} · {aside}",
            figures::clock(until)
        );
    }
    let part = Part::new(
        "calls",
        "What it costs, per region and account",
        Table::new(columns, Rows::fixed(rows)),
    )
    .aside(Text::of(Role::Dim, &aside))
    .between(lines.min(3), lines);
    if places.len() < 2 {
        return part;
    }
    places
        .into_iter()
        .fold(part, |part, place| part.foot(of_place(scene, place)))
}

/// What all calls to one place were, where there are several.
fn of_place(scene: &Scene, place: &Arc<str>) -> Text {
    let calls = scene.board.calls.iter();
    let mut sum = Calls::default();
    for (_, calls) in calls.filter(|((at, _), _)| at == place) {
        sum.per_second += calls.per_second;
        sum.bytes += calls.bytes;
        sum.usd = Some(sum.usd.unwrap_or(0.0) + calls.usd.unwrap_or(0.0));
    }
    let words = format!(
        "{:.2} calls/s · {} · {}",
        sum.per_second,
        figures::bytes(sum.bytes),
        sum.usd.map_or_else(|| "free".to_owned(), dollars)
    );
    Text::of(Role::Dim, &format!("{place}  ")).and(Role::Text, &words)
}

fn call(name: &str, calls: &Calls) -> Row {
    let share = calls
        .quota_per_second
        .filter(|quota| *quota > 0.0)
        .map(|quota| calls.per_second / quota);
    let quota = calls.quota_per_second;
    Row {
        cells: vec![
            Cell::text(name),
            Cell::text(&format!("{:.2}/s", calls.per_second)),
            Cell::text(
                &quota.map_or_else(|| figures::UNKNOWN.to_owned(), |quota| format!("{quota}/s")),
            ),
            Cell::Bar(share.unwrap_or(0.0), Role::Text),
            Cell::text(&share.map_or_else(String::new, figures::percent)),
            Cell::count(Some(calls.refused), Role::P2),
            Cell::count(Some(calls.denied), Role::Error),
            Cell::text(&figures::count(calls.made)),
            Cell::text(&figures::bytes(calls.bytes)),
            Cell::text(&calls.usd.map_or_else(|| "free".to_owned(), dollars)),
        ],
        ..Row::default()
    }
}

/// US dollars by list price.
fn dollars(usd: f64) -> String {
    if usd > 0.0 && usd < 0.01 {
        "<$0.01".to_owned()
    } else {
        format!("${usd:.2}")
    }
}
