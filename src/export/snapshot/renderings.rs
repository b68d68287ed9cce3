//! The files of a snapshot that are made from the analysis of its records.

use std::io;

use super::folder::Folder;
use super::{Manifest, ticket};
use crate::export::{csv, html, report, trace_events};
use crate::model::analysis::Analysis;

/// Writes one file that is made from the analysis.
pub(super) type Rendering = fn(&Analysis, &Manifest, &mut Folder) -> io::Result<()>;

/// Those files, in the order of the archive.
pub(super) const RENDERINGS: [Rendering; 6] = [
    |analysis, _, folder| {
        let mut member = folder.create("report.json")?;
        report::json(analysis, true, &mut member)?;
        folder.close(member, None)
    },
    |analysis, manifest, folder| {
        let mut member = folder.create("report.md")?;
        ticket::write(analysis, manifest, &mut member)?;
        folder.close(member, None)
    },
    |analysis, manifest, folder| {
        let window = &manifest.window;
        let about = html::About {
            redacted: manifest.redaction.on,
            replaced: manifest.redaction.values.values().sum(),
            local: window.from_local.clone().zip(window.to_local.clone()),
            noted: manifest.noted.clone(),
        };
        let mut member = folder.create("report.html")?;
        html::write(analysis, &about, &mut member)?;
        folder.close(member, None)
    },
    |analysis, _, folder| {
        let mut member = folder.create("invocations.csv")?;
        let rows = csv::invocations(analysis, &mut member)?;
        folder.close(member, Some(rows))
    },
    |analysis, _, folder| {
        let mut member = folder.create("findings.csv")?;
        let rows = csv::findings(analysis, &mut member)?;
        folder.close(member, Some(rows))
    },
    |analysis, _, folder| {
        let mut member = folder.create("trace-events.json")?;
        let events = trace_events::write(analysis, &mut member)?;
        folder.close(member, Some(events))
    },
];
