//! The init lines of one environment, each put to the start or restart that it tells of.

use crate::model::fact::{Phase, Status, What};
use crate::model::facts::{FactRef, Facts};
use crate::model::invocation::{Assembled, Environment};
use crate::model::time::Timestamp;

/// What the lines say of the first start, and of restarts later.
#[derive(Debug, Default)]
pub(super) struct InitLines {
    /// INIT_START or RESTORE_START.
    pub(super) begun: Option<Timestamp>,
    /// INIT_REPORT of the init phase: moment, status, milliseconds.
    pub(super) report: Option<(Timestamp, Status, f32)>,
    /// `platform.initRuntimeDone` of the init phase.
    pub(super) done: Option<(Timestamp, Status)>,
    /// Restored from a snapshot: a RESTORE line stands there.
    pub(super) restored: bool,
    /// RESTORE_REPORT: moment, milliseconds where it says.
    pub(super) restore: Option<(Timestamp, Option<f32>)>,
    /// Published a snapshot (phase `snap-start`): no start that serves requests.
    pub(super) published: bool,
    /// The init report names its type: JSON logs.
    pub(super) typed: bool,
    /// A Web Function's requests reached it: when it said so first, and whether that was as it began to serve them.
    pub(super) serves: Option<(Timestamp, bool)>,
    /// The first line of the start.
    pub(super) line: Option<FactRef>,
    /// Lines of a start after the first invocation began: (moment, milliseconds where the line says).
    pub(super) later: Vec<(Timestamp, Option<f32>)>,
    /// Inits inside an invocation (phase `invoke`): moment, milliseconds.
    pub(super) inside: Vec<(Timestamp, f32)>,
}

impl InitLines {
    pub(super) fn of(facts: &Facts, assembled: &Assembled, home: &Environment) -> Self {
        let first = home.invocations.first();
        let first = first.map(|&at| assembled.invocations[at as usize].start);
        let mut lines = Self::default();
        for (place, fact) in home.init_lines(facts) {
            let later = first.is_some_and(|first| fact.at > first);
            let line = FactRef {
                stream: home.stream,
                fact: place,
            };
            lines.take(fact.at, &fact.what, later, line);
        }
        lines
    }

    /// When and how the init phase ended.
    pub(super) fn ended(&self) -> Option<(Timestamp, Status)> {
        let report = self.report.map(|(at, status, _)| (at, status));
        report.or(self.done)
    }

    fn take(&mut self, at: Timestamp, what: &What, later: bool, line: FactRef) {
        match *what {
            What::InitReport {
                phase: Phase::Invoke,
                duration_ms,
                ..
            } => self.inside.push((at, duration_ms)),
            What::InitStart { .. } | What::RestoreStart { .. } if later => {
                self.later.push((at, None));
            }
            What::InitReport { duration_ms, .. } if later => {
                self.later.push((at, Some(duration_ms)));
            }
            What::RestoreReport { duration_ms, .. } if later => {
                self.later.push((at, duration_ms));
            }
            What::Serves { begins } => self.serves = self.serves.or(Some((at, begins))),
            What::InitDone { .. } if later => {}
            What::InitStart { phase, .. } => {
                self.published |= phase == Phase::SnapStart;
                self.begun = self.begun.or(Some(at));
                self.line = self.line.or(Some(line));
            }
            What::RestoreStart { .. } => {
                self.restored = true;
                self.begun = self.begun.or(Some(at));
                self.line = self.line.or(Some(line));
            }
            What::InitReport {
                phase,
                status,
                init_type,
                duration_ms,
                ..
            } => {
                self.published |= phase == Phase::SnapStart;
                self.typed |= init_type.is_some();
                self.report = self.report.or(Some((at, status, duration_ms)));
                self.line = self.line.or(Some(line));
            }
            What::InitDone { status, phase, .. } if phase != Phase::Invoke => {
                self.done = self.done.or(Some((at, status)));
                self.line = self.line.or(Some(line));
            }
            What::RestoreReport { duration_ms, .. } => {
                self.restored = true;
                self.restore = self.restore.or(Some((at, duration_ms)));
                self.line = self.line.or(Some(line));
            }
            _ => {}
        }
    }
}
