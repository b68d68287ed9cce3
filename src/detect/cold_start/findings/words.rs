//! The words of findings on starts.

use crate::detect::provisioned::prices::Prices;
use crate::detect::provisioned::{Slots, what_if};
use crate::model::analysis::Analysis;
use crate::model::rows::{FunctionFigures, InitCause};
use crate::model::text::plain;
use crate::model::words::{duration, percent};

const HOUR_MS: f64 = 3_600_000.0;
/// Median init from which making it shorter comes first.
const LONG_INIT_MS: f64 = 1_000.0;

/// `; 76.3 s felt an hour`; empty without a window.
pub(super) fn felt_an_hour(analysis: &Analysis, felt_ms: f64) -> String {
    let Some((from, to)) = analysis.window.filter(|(from, to)| from < to) else {
        return String::new();
    };
    let hours = to.since(from) as f64 / HOUR_MS;
    format!("; {} felt an hour", duration(felt_ms / hours))
}

/// Why environments had to start, in words.
pub(super) fn reason(cause: InitCause) -> &'static str {
    match cause {
        InitCause::First => "nothing had run before",
        InitCause::Deploy => "a new version was deployed",
        InitCause::PcExhausted => "all provisioned environments were busy",
        InitCause::ErrorRecycle => "environments crashed before",
        InitCause::PlatformRecycle => "the platform took idle environments away",
        InitCause::IdleExpiry => "environments had idled for too long",
        InitCause::ScaleOut => "all environments were busy",
    }
}

/// What to do about the cause; with what warm environments would save where that can be replayed.
pub(super) fn next(analysis: &Analysis, figures: &FunctionFigures, cause: InitCause) -> String {
    let name = plain(analysis.text(figures.function));
    let init = figures.init_ms.map(|init| init.p50);
    match cause {
        InitCause::First | InitCause::Deploy => {
            "expected after a release; warm the new version before it takes traffic".to_owned()
        }
        InitCause::ErrorRecycle => format!("find what ends the environments of {name} first"),
        _ => match (keep_warm(analysis, figures), init) {
            (_, Some(init)) if init >= LONG_INIT_MS => {
                format!("trim the init of {name}, p50 {}", duration(init))
            }
            (Some(keep), _) => keep,
            (None, Some(init)) => {
                format!("keep {name} warm, or trim its init, p50 {}", duration(init))
            }
            (None, None) => format!("keep {name} warm"),
        },
    }
}

/// `keep 2 warm (−83 %, +$0.36/day)`.
fn keep_warm(analysis: &Analysis, figures: &FunctionFigures) -> Option<String> {
    let answer = what_if(analysis, figures.function, Prices::LIST)?;
    let row: Slots = *answer.rows.get(answer.recommended?)?;
    let saved = percent(row.avoided?);
    let cost = row.cost_per_day.map_or_else(String::new, |cost| {
        let sign = if cost < 0.0 { '−' } else { '+' };
        format!(", {sign}${:.2}/day", cost.abs())
    });
    Some(format!("keep {} warm (−{saved} %{cost})", row.slots))
}
