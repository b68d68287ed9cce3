//! The dossier for people.

use std::io::{self, Write};

use super::{Dossier, waterfall};
use crate::correlate::tree::Index;
use crate::model::analysis::Analysis;
use crate::model::facts::FactRef;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Evidence;
use crate::model::text::plain;
use crate::model::time::Timestamp;
use crate::model::words::{count, duration, time_of_day};
use crate::store::lookup::lines;

/// Writes the request tree, what was found on it, and the raw lines of what the id names.
pub fn text(dossier: &Dossier<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Dossier {
        id,
        analysis,
        found,
        ..
    } = *dossier;
    writeln!(
        out,
        "{} {}",
        found.kind.to_string().replace('_', " "),
        plain(id)
    )?;
    let index = Index::new(analysis);
    let requests = index.requests(analysis);
    let mut roots: Vec<_> = found.named.iter().map(|at| requests.root(*at)).collect();
    roots.sort_unstable();
    roots.dedup();
    for root in roots {
        waterfall::write(dossier, &requests.tree(root), out)?;
    }
    if found.cut {
        writeln!(out, "  more are linked to it than are followed")?;
    }
    found_on_it(dossier, out)?;
    for at in &found.named {
        raw_lines(dossier, *at, out)?;
    }
    Ok(())
}

fn found_on_it(dossier: &Dossier<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Dossier {
        analysis, found, ..
    } = *dossier;
    let holds = |at: InvocationIndex| found.tree.binary_search(&at).is_ok();
    let mut said = Vec::new();
    for init in analysis
        .inits
        .iter()
        .filter(|init| init.invocation.is_some_and(holds))
    {
        let cause = init
            .cause
            .map_or(String::new(), |cause| format!(", cause {cause}"));
        said.push((
            init.at,
            format!("{} of {}{cause}", init.kind, analysis.text(init.function)),
        ));
    }
    for row in &analysis.duplicates {
        if holds(row.first.invocation) || holds(row.repeat.invocation) {
            let (first, repeat) = (row.first.request_id, row.repeat.request_id);
            let what = format!(
                "{} · harm {} · {first} again as {repeat}",
                row.class, row.harm
            );
            said.push((row.repeat.at, what));
        }
    }
    for row in analysis
        .reordered
        .iter()
        .filter(|row| holds(row.invocation))
    {
        let key = plain(analysis.text(row.key));
        let late = duration(row.late_ms);
        said.push((
            row.at,
            format!("overtaken on {key} by {late}: {}", row.verdict),
        ));
    }
    for finding in &analysis.findings {
        let shows = |evidence: &Evidence| match evidence {
            Evidence::Line { line, .. } => found.tree.iter().any(|at| owns(analysis, *at, *line)),
            _ => false,
        };
        if finding.evidence.iter().any(shows) {
            said.push((
                finding.since,
                format!(
                    "{} {}: {}",
                    finding.severity, finding.subject, finding.claim
                ),
            ));
        }
    }
    said.sort();
    writeln!(
        out,
        "\nfound on it: {}",
        if said.is_empty() { "nothing" } else { "" }
    )?;
    for (at, what) in said {
        writeln!(out, "  {} {}", time_of_day(at), plain(&what))?;
    }
    Ok(())
}

fn owns(analysis: &Analysis, at: InvocationIndex, line: FactRef) -> bool {
    let invocation = analysis.invocation(at);
    invocation.first_line == line
        || invocation.report_line() == Some(line)
        || analysis
            .assembled
            .app_lines(invocation)
            .any(|own| own == line)
}

fn raw_lines(dossier: &Dossier<'_>, at: InvocationIndex, out: &mut dyn Write) -> io::Result<()> {
    let Dossier { analysis, text, .. } = *dossier;
    let invocation = analysis.invocation(at);
    let function = plain(analysis.text(invocation.function));
    let found = lines(analysis, text, at);
    writeln!(
        out,
        "\nlog lines of {function} {}: {}",
        invocation.request_id,
        count(found.len() as u64)
    )?;
    for line in &found {
        writeln!(
            out,
            "  {} {}",
            time_of_day(line.at),
            plain(line.text.trim_end())
        )?;
    }
    let dropped: Option<Timestamp> = text.dropped().1;
    if found.is_empty() && dropped.is_some_and(|before| before >= invocation.start) {
        writeln!(
            out,
            "  forgotten for want of memory · raise memory.log_text_mb"
        )?;
    }
    Ok(())
}
