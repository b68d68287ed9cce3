//! What happened when: strips of bars over the window, one a kind of event.

use std::io::{self, Write};

use super::text;
use crate::model::analysis::Analysis;
use crate::model::rows::Harm;
use crate::model::time::Timestamp;
use crate::model::words::{count, time_of_day};

/// Bars at most; each stands for whole minutes, or for a share of a short window.
const BARS: usize = 90;
const BAR: usize = 8;
const HEIGHT: f64 = 44.0;

/// Writes the strips.
pub(super) fn write(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let Some((from, to)) = analysis.window else {
        return writeln!(out, "<p>There is no invocation in these records.</p>");
    };
    let cell = ((to.since(from) / BARS as i64) + 1).max(1_000);
    let bars = (to.since(from) / cell + 1) as usize;
    let mut strips: [(&str, &str, Vec<u64>); 6] = [
        ("Invocations", "runs", vec![0; bars]),
        ("Failed", "failed", vec![0; bars]),
        ("Felt cold starts", "cold", vec![0; bars]),
        ("Refused", "refused", vec![0; bars]),
        ("Double runs", "double", vec![0; bars]),
        ("Overtaken", "order", vec![0; bars]),
    ];
    let mut add = |strip: usize, at: Timestamp, n: u64| {
        let place = (at.since(from).max(0) / cell) as usize;
        if let Some(bar) = strips[strip].2.get_mut(place) {
            *bar += n;
        }
    };
    for one in analysis
        .assembled
        .invocations
        .iter()
        .filter(|one| one.counted)
    {
        add(0, one.start, 1);
        if one.status.failed() {
            add(1, one.end, 1);
        }
    }
    let felt = analysis
        .inits
        .iter()
        .filter(|init| init.felt_ms.is_some_and(|felt| felt > 0.0));
    felt.for_each(|init| add(2, init.at, 1));
    analysis
        .throttles
        .iter()
        .for_each(|row| add(3, row.minute, row.count));
    let double = analysis
        .duplicates
        .iter()
        .filter(|row| row.harm == Harm::Double);
    double.for_each(|row| add(4, row.repeat.at, 1));
    analysis.reordered.iter().for_each(|row| add(5, row.at, 1));
    for (name, class, bars) in &strips {
        strip(name, class, bars, (from, to), cell, out)?;
    }
    Ok(())
}

fn strip(
    name: &str,
    class: &str,
    bars: &[u64],
    (from, to): (Timestamp, Timestamp),
    cell: i64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let most = bars.iter().copied().max().unwrap_or(0);
    let all: u64 = bars.iter().sum();
    let width = bars.len() * BAR;
    let label = format!(
        "{name}: {} in all, at most {} in {} s",
        count(all),
        count(most),
        cell / 1_000
    );
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
