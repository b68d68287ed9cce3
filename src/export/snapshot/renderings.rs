//! The files of a snapshot that are made from the analysis of its records.

use std::io;

use super::folder::Folder;
use super::{Manifest, ticket};
use crate::export::examples::Example;
use crate::export::{csv, html, report, trace_events};
use crate::model::analysis::Analysis;

/// What the files are made from.
pub(super) struct Matter<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) manifest: &'a Manifest,
    pub(super) examples: Vec<Example<'a>>,
}

/// Writes one file.
pub(super) type Rendering = fn(&Matter<'_>, &mut Folder) -> io::Result<()>;

/// Those files, in the order of the archive.
pub(super) const RENDERINGS: [Rendering; 6] = [
    |matter, folder| {
        let mut member = folder.create("report.json")?;
        report::json(matter.analysis, true, &mut member)?;
        folder.close(member, None)
    },
    |matter, folder| {
        let mut member = folder.create("report.md")?;
        ticket::write(
            matter.analysis,
            matter.manifest,
            &matter.examples,
            &mut member,
        )?;
        folder.close(member, None)
    },
    |matter, folder| {
        let manifest = matter.manifest;
        let window = &manifest.window;
        let about = html::About {
            redacted: manifest.redaction.on,
            replaced: manifest.redaction.values.values().sum(),
            local: window.from_local.clone().zip(window.to_local.clone()),
            noted: manifest.noted.clone(),
        };
        let mut member = folder.create("report.html")?;
        html::write(matter.analysis, &about, &matter.examples, &mut member)?;
        folder.close(member, None)
    },
    |matter, folder| {
        let mut member = folder.create("invocations.csv")?;
        let rows = csv::invocations(matter.analysis, &mut member)?;
        folder.close(member, Some(rows))
    },
    |matter, folder| {
        let mut member = folder.create("findings.csv")?;
        let rows = csv::findings(matter.analysis, &mut member)?;
        folder.close(member, Some(rows))
    },
    |matter, folder| {
        let mut member = folder.create("trace-events.json")?;
        let events = trace_events::write(matter.analysis, &mut member)?;
        folder.close(member, Some(events))
    },
];
