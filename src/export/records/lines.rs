//! Records as lines, counted by kind, and the accounts and regions that they name.

use std::collections::BTreeSet;

use crate::decode::DecodeError;
use crate::export::recording::{
    write_complete, write_document, write_function, write_gap, write_log,
};
use crate::model::document::Document;
use crate::model::odd::{Odd, Oddities};
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;
use crate::sources::files::Sink;
use crate::sources::snapshot::Records;

/// Room for what a block of records becomes: grown from nothing, it is copied several times over.
const ROOM: usize = 160 * 1024;

/// A sink that writes.
#[derive(Default)]
pub(in crate::export) struct Lines {
    bytes: Vec<u8>,
    records: Records,
    /// Lines of every kind.
    rows: u64,
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
    /// Why the first document that is no record is none.
    failure: Option<String>,
}

impl Lines {
    pub(in crate::export) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(in crate::export) fn rows(&self) -> u64 {
        self.rows
    }

    pub(in crate::export) fn records(&self) -> Records {
        self.records
    }

    /// Numbers of accounts, and regions, in order.
    pub(in crate::export) fn places(&self) -> (&BTreeSet<String>, &BTreeSet<String>) {
        (&self.accounts, &self.regions)
    }

    /// The region, where all of it names one.
    pub(in crate::export) fn region(&self) -> Option<&str> {
        let only = self.regions.first().filter(|_| self.regions.len() == 1);
        only.map(String::as_str)
    }

    /// Adds what another stretch of the same records counted.
    pub(in crate::export) fn count(&mut self, more: &Self) {
        self.records.log_events += more.records.log_events;
        self.records.segments += more.records.segments;
        self.records.metrics += more.records.metrics;
        self.records.functions += more.records.functions;
        self.records.unparsed += more.records.unparsed;
        self.records.raw_bytes += more.bytes.len() as u64;
        self.rows += more.rows;
        self.accounts.extend(more.accounts.iter().cloned());
        self.regions.extend(more.regions.iter().cloned());
    }

    pub(in crate::export) fn add_bytes(&mut self, more: usize) {
        self.records.raw_bytes += more as u64;
    }

    /// The line by which a reader learns how many documents were no records; empty if all were.
    pub(in crate::export) fn unparsed_line(&mut self) -> String {
        if self.records.unparsed == 0 {
            return String::new();
        }
        self.rows += 1;
        format!("{{\"unparsed_lines\":{}}}\n", self.records.unparsed)
    }

    fn wrote(&mut self, written: std::io::Result<()>) {
        // Writing to memory cannot fail.
        debug_assert!(written.is_ok());
        self.rows += 1;
    }

    /// Account and region of the first ARN in a document.
    fn place(&mut self, json: &str) {
        let Some(arn) = memchr::memmem::find(json.as_bytes(), b"arn:aws") else {
            return;
        };
        let mut parts = json[arn..].split(':').skip(3);
        if let (Some(region), Some(account)) = (parts.next(), parts.next()) {
            let is_region = region.bytes().filter(|byte| *byte == b'-').count() >= 2;
            if is_region && !self.regions.contains(region) && region.len() < 30 {
                self.regions.insert(region.to_owned());
            }
            let is_account =
                account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if (is_account || account.starts_with("[account#")) && !self.accounts.contains(account)
            {
                self.accounts.insert(account.to_owned());
            }
        }
    }
}

impl Sink for Lines {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        if self.bytes.is_empty() {
            self.bytes.reserve(ROOM);
        }
        write_log(line, &mut self.bytes);
        self.rows += 1;
        self.records.log_events += 1;
        None
    }

    fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.place(document.text());
        let written = write_document(document.text(), &mut self.bytes);
        self.wrote(written);
        self.records.segments += 1;
        Ok(())
    }

    fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        let written = write_document(document.text(), &mut self.bytes);
        self.wrote(written);
        self.records.metrics += 1;
        Ok(())
    }

    fn function(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.place(document.text());
        let written = write_function(document.text(), &mut self.bytes);
        self.wrote(written);
        self.records.functions += 1;
        Ok(())
    }

    fn gap(&mut self, gap: Gap) {
        let written = write_gap(&gap, &mut self.bytes);
        self.wrote(written);
    }

    fn complete(&mut self, group: &str, until: Timestamp) {
        let written = write_complete(group, until, &mut self.bytes);
        self.wrote(written);
    }

    fn unparsed(&mut self, why: impl FnOnce() -> String) {
        self.records.unparsed += 1;
        self.failure.get_or_insert_with(why);
    }

    fn unparsed_before(&mut self, lines: u64) {
        self.records.unparsed += lines;
    }

    fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

/// Two sinks: what the first refuses the second does not get.
pub(in crate::export) struct Both<A, B>(pub(in crate::export) A, pub(in crate::export) B);

impl<A: Sink, B: Sink> Sink for Both<A, B> {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        let odd = self.0.log(line);
        self.1.log(line);
        odd
    }

    fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.0.segment(document)?;
        self.1.segment(document)
    }

    fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.0.metric(document)?;
        self.1.metric(document)
    }

    fn function(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.0.function(document)?;
        self.1.function(document)
    }

    fn gap(&mut self, gap: Gap) {
        self.0.gap(gap.clone());
        self.1.gap(gap);
    }

    fn complete(&mut self, group: &str, until: Timestamp) {
        self.0.complete(group, until);
        self.1.complete(group, until);
    }

    fn unparsed(&mut self, why: impl FnOnce() -> String) {
        self.0.unparsed(why);
        self.1.unparsed(String::new);
    }

    fn unparsed_before(&mut self, lines: u64) {
        self.0.unparsed_before(lines);
        self.1.unparsed_before(lines);
    }

    fn odd(&mut self, odd: &Odd, place: impl FnOnce() -> String) {
        self.0.odd(odd, place);
    }

    fn failure(&self) -> Option<&str> {
        self.0.failure().or_else(|| self.1.failure())
    }

    fn oddities(&self) -> Option<&Oddities> {
        self.0.oddities()
    }
}
