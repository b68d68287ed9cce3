//! What happened when: strips of bars over the window, one a kind of event.

use std::io::{self, Write};

use super::text;
use crate::model::analysis::Analysis;
use crate::model::rows::{FunctionFigures, Harm};
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::model::words::{count, number_of, time_of_day};

/// Bars at most; each stands for whole seconds or minutes.
const BARS: i64 = 90;
const BAR: usize = 8;
const HEIGHT: f64 = 44.0;

/// Events of one kind over the window.
struct Strip {
    name: &'static str,
    class: &'static str,
    /// Where the first bar begins.
    from: Timestamp,
    /// Milliseconds of a bar.
    cell: i64,
    bars: Vec<u64>,
    /// So many runs were looked at, where not all say whether it happened to them; `Some(0)`: it cannot be known.
    of_runs: Option<u64>,
}

impl Strip {
    fn new(
        name: &'static str,
        class: &'static str,
        (from, to): (Timestamp, Timestamp),
        cell: i64,
    ) -> Self {
        let bars = vec![0; (to.since(from) / cell + 1) as usize];
        Self {
            name,
            class,
            from,
            cell,
            bars,
            of_runs: None,
        }
    }

    /// Counts what happened in the window.
    fn add(&mut self, at: Timestamp, n: u64) {
        let place = usize::try_from(at.since(self.from).div_euclid(self.cell));
        if let Some(bar) = place.ok().and_then(|place| self.bars.get_mut(place)) {
            *bar += n;
        }
    }
}

/// Writes the strips.
pub(super) fn write(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let Some((from, to)) = analysis.window else {
        return writeln!(out, "<p>There is no invocation in these records.</p>");
    };
    let cells_of = |unit: i64| (to.since(from) / BARS / unit + 1) * unit;
    let exact = |name, class| Strip::new(name, class, (from, to), cells_of(1_000));
    let mut runs = exact("Invocations", "runs");
    let mut failed = exact("Failed", "failed");
    for one in &analysis.assembled.invocations {
        if one.counted {
            runs.add(one.start, 1);
        }
        if one.counted && one.status.failed() {
            failed.add(one.end, 1);
        }
    }
    let mut cold = exact("Felt cold starts", "cold");
    let felt = analysis.inits.iter();
    felt.filter(|init| init.felt_ms.is_some_and(|felt| felt > 0.0))
        .for_each(|init| cold.add(init.at, 1));
    let told = FunctionFigures::felt_of(&analysis.functions).map_or(0, |(_, told)| told);
    let all: u64 = analysis.functions.iter().map(|row| row.invocations).sum();
    cold.of_runs = Some(told).filter(|told| *told < all);
    // Counted by the minute: no bar is narrower, and each begins with one.
    let minutes = (from.minute(), to);
    let mut refused = Strip::new("Refused", "refused", minutes, cells_of(MINUTE_MS));
    for row in &analysis.throttles {
        refused.add(row.minute, row.count);
    }
    let mut double = exact("Double runs", "double");
    let repeats = analysis.duplicates.iter();
    repeats
        .filter(|row| row.harm == Harm::Double)
        .for_each(|row| double.add(row.repeat.at, 1));
    let mut order = exact("Overtaken", "order");
    for row in &analysis.reordered {
        order.add(row.at, 1);
    }
    let strips = [runs, failed, cold, refused, double, order];
    strips.iter().try_for_each(|strip| draw(strip, to, out))
}

fn draw(strip: &Strip, to: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let Strip {
        name,
        class,
        from,
        cell,
        ref bars,
        of_runs,
    } = *strip;
    let most = bars.iter().copied().max().unwrap_or(0);
    let all: u64 = bars.iter().sum();
    let width = bars.len() * BAR;
    let label = match of_runs {
        Some(0) => format!("{name}: unknown, no run says how it started"),
        _ => format!(
            "{name}: {}{} in all, at most {} in {} s",
            count(all),
            of_runs.map_or_else(String::new, |runs| format!(
                " of {} that tell",
                number_of(runs, "runs")
            )),
            count(most),
            cell / 1_000
        ),
    };
    write!(
        out,
        "<figure class=\"strip\"><figcaption>{}</figcaption>\
         <svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\">",
        text(&label),
        text(&label)
    )?;
    for (at, n) in bars.iter().enumerate().filter(|(_, n)| **n > 0) {
        let height = (*n as f64 / most as f64 * HEIGHT).max(1.5);
        let begins = time_of_day(from.plus_ms(cell * at as i64));
        write!(
            out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{:.1}\" width=\"{}\" height=\"{height:.1}\"><title>{begins}: {n}</title></rect>",
            at * BAR,
            HEIGHT - height,
            BAR - 1
        )?;
    }
    writeln!(
        out,
        "</svg><p class=\"axis\"><span>{}</span><span>{}</span></p></figure>",
        time_of_day(from),
        time_of_day(to)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::testing::at;
    use crate::model::rows::{Throttle, ThrottleClass};

    #[test]
    fn refusals_of_minutes_before_the_window_are_in_no_bar_and_a_bar_is_a_minute() {
        let throttle = |ms, count| Throttle {
            minute: at(ms),
            resource: "lambda:payment".to_owned(),
            class: ThrottleClass::ReservedLimit,
            count,
            lower_bound: false,
            callers: Vec::new(),
            evidence: Vec::new(),
        };
        let analysis = Analysis {
            throttles: vec![throttle(-60_000, 500), throttle(0, 7), throttle(60_000, 5)],
            window: Some((at(39_000), at(100_000))),
            ..Analysis::default()
        };
        let mut out = Vec::new();
        write(&analysis, &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(
            page.contains("Refused: 12 in all, at most 7 in 60 s"),
            "{page}"
        );
    }
}
