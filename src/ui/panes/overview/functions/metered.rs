//! A function of which metrics alone tell, in the table of functions.

use crate::model::analysis::Analysis;
use crate::model::rows::Metered;
use crate::ui::figures;
use crate::ui::page::{Cell, Level, Row};
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{Drawn, pairs, per_minute, slots};

/// Its runs, errors, refusals, slots and longest run as CloudWatch counted them; all else is unknown.
pub(super) fn row(analysis: &Analysis, metered: &Metered, drawn: Option<&Drawn>) -> Row {
    let name = analysis.text(metered.function);
    let nothing = Drawn::default();
    let drawn = drawn.unwrap_or(&nothing);
    let unknown = || Cell::of(Role::Unknown, figures::UNKNOWN);
    let untold = |like: &[Level]| Cell::Spark(vec![None; like.len()], Role::Dim);
    let course = |levels: &[Level], told: bool, role| {
        if told {
            Cell::Spark(levels.to_vec(), role)
        } else {
            untold(levels)
        }
    };
    // No percentile is above the longest.
    let p99 = metered.max_ms.map_or_else(unknown, |longest| {
        Cell::text(&format!("≤{}", figures::duration(longest)))
    });
    Row {
        cells: vec![
            Cell::Text(Text::of(Role::Strong, name).and(Role::Unknown, " (CW)")),
            Cell::Spark(pairs(&drawn.runs), Role::Dim),
            Cell::Text(per_minute(drawn, metered.invocations, analysis)),
            Cell::count(metered.errors, Role::Error),
            course(&drawn.errors, metered.errors.is_some(), Role::Error),
            unknown(),
            p99,
            untold(&drawn.p99),
            Cell::of(Role::Unknown, "?/?"),
            untold(&drawn.cold),
            Cell::count(metered.throttled, Role::Throttle),
            course(&drawn.refused, metered.throttled.is_some(), Role::Throttle),
            unknown(),
            untold(&drawn.doubled),
            unknown(),
            untold(&drawn.overtaken),
            slots(analysis, metered.function, metered.peak_concurrency),
            unknown(),
        ],
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}
