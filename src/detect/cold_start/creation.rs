//! The start of an environment: its kind, by what survives of its lines.

use crate::model::fact::{InitType, Report, Status};
use crate::model::invocation::Invocation;
use crate::model::rows::{Init, InitKind};
use crate::model::time::Timestamp;

use super::Place;
use super::lines::InitLines;

/// START this soon after the end of the init: the request waited for it.
const FELT_GAP_MS: f64 = 1_000.0;
/// Lambda ends an on-demand init here and runs it again inside the invocation.
const INIT_LIMIT_MS: f64 = 10_000.0;
/// INIT_START to START beyond the limit and a second on top, with margin: no request waited for that.
const SURELY_IDLE_MS: f64 = 15_000.0;
/// No init takes so many times as long as the longest of its function.
const MUCH_LONGER: f64 = 2.0;
/// An environment that nobody used for so long was started ahead of need.
const UNUSED_MS: i64 = 20_000;
/// What may stand between the first line of an environment and its START beside the init: stamps of whole seconds.
const STAMP_MS: f64 = 2_000.0;

/// The row of an environment's start; `None` where no line says that it started in the window, or none needs to.
pub(super) fn row(place: &Place<'_>, lines: &InitLines) -> Option<Init> {
    let first = place.runs.first();
    let run = first.map(|(_, run)| *run);
    let report = run.and_then(|run| run.report(place.facts));
    let report = report.unwrap_or_default();
    if lines.line.is_none() && report.start_ms().is_none() && place.traced.is_none() {
        return None;
    }
    let seen = Seen::new(place, lines, run, &report);
    let kind = match run {
        Some(run) => seen.kind_used(run),
        None => seen.kind_unused()?,
    };
    let init_ms = seen.init_ms.or_else(|| seen.traced_ms(kind));
    let felt_ms = match run {
        _ if matches!(kind, InitKind::Proactive | InitKind::Provisioned) => Some(0.0),
        Some(run) => seen.felt_ms(kind, run),
        // The first of the requests that have no lines.
        None if lines.serves.is_some() => seen.init_ms,
        None => Some(0.0),
    };
    let hidden = run.is_some_and(|run| seen.ran_before(run)) && kind == InitKind::OnDemand;
    Some(Init {
        init_ms,
        felt_ms,
        invocation: first.map(|(at, _)| *at).filter(|_| !hidden),
        request_id: run.map(|run| run.request_id).filter(|_| !hidden),
        line: lines.line.or_else(|| run.map(|run| run.first_line)),
        ..place.row(kind, seen.at)
    })
}

/// A longer init on demand would have been cut off: an environment that was kept ready shows the time that it stood idle.
fn in_time(length_ms: f32) -> bool {
    f64::from(length_ms) < INIT_LIMIT_MS
}

/// The evidence of one start, gathered.
struct Seen<'a> {
    place: &'a Place<'a>,
    lines: &'a InitLines,
    at: Timestamp,
    init_ms: Option<f32>,
    /// An init inside the first invocation: milliseconds.
    again_ms: Option<f32>,
    /// The first invocation's START without that init, after which it is stamped.
    taken: Option<Timestamp>,
    /// A line of its start, or the REPORT of its first invocation, tells of a restore.
    restored: bool,
}

impl<'a> Seen<'a> {
    fn new(
        place: &'a Place<'a>,
        lines: &'a InitLines,
        run: Option<&Invocation>,
        report: &Report,
    ) -> Self {
        let lengths = [
            lines.restore.and_then(|(_, length)| length),
            report.restore_ms,
            lines.report.map(|(_, _, length)| length),
            report.init_ms,
        ];
        let init_ms = lengths.into_iter().flatten().next();
        let before = |end: Timestamp| end.plus_ms(-(init_ms.unwrap_or(0.0).max(0.0) as i64));
        let ends = [
            lines.restore.map(|(at, _)| at),
            lines.ended().map(|(at, _)| at),
            run.map(|run| run.start),
        ];
        let ended = ends.into_iter().flatten().next();
        let stream = &place.facts.streams[place.home.stream as usize];
        let traced = place.traced.and_then(|traced| traced.begun());
        let at = lines.begun.or_else(|| match init_ms {
            None if traced.is_some() => traced,
            _ => ended.map(before),
        });
        let at = at.unwrap_or(stream.first);
        let next = place.runs.get(1).map(|(_, next)| next.start);
        let again = lines
            .inside
            .iter()
            .find(|(at, _)| run.is_some() && next.is_none_or(|next| *at < next));
        let taken = run.map(|run| match again {
            Some(&(at, length)) if at <= run.start => run.start.plus_ms(-(length as i64)),
            _ => run.start,
        });
        Self {
            place,
            lines,
            at,
            init_ms,
            again_ms: again.map(|(_, length)| *length),
            taken,
            restored: lines.restored || report.restore_ms.is_some(),
        }
    }

    /// The kind where lines name it: how the init ended, then what it was for.
    fn kind_said(&self) -> Option<InitKind> {
        let lines = self.lines;
        match lines.ended().map(|(_, status)| status) {
            Some(Status::Timeout) => return Some(InitKind::InitTimeout),
            Some(Status::Error | Status::Failure) => return Some(InitKind::InitFailed),
            _ => {}
        }
        if self.restored {
            return Some(InitKind::Restore);
        }
        let provided = matches!(
            self.place.home.init_type,
            Some(InitType::ProvisionedConcurrency | InitType::ManagedInstances)
        );
        // Text logs report the init of an on-demand environment only when it failed.
        let reported_success = lines.report.is_some() && !lines.typed && !self.place.restores;
        (provided || reported_success).then_some(InitKind::Provisioned)
    }

    fn kind_used(&self, run: &Invocation) -> InitKind {
        if let Some(kind) = self.kind_said() {
            return kind;
        }
        let begun = self.lines.begun.zip(self.taken);
        let since_begun = begun.map(|(begun, taken)| taken.since(begun).max(0) as f64);
        let failed = |wait: f64| {
            if wait >= INIT_LIMIT_MS - FELT_GAP_MS {
                InitKind::InitTimeout
            } else {
                InitKind::InitFailed
            }
        };
        if self.again_ms.is_some() {
            return failed(since_begun.unwrap_or(0.0));
        }
        if let Some(gap) = self.ready_gap(run.start) {
            return self.by_need(gap < FELT_GAP_MS);
        }
        let Some(wait) = since_begun else {
            return self.without_lines(run);
        };
        // REPORT of a first invocation names its init unless that ran ahead of need, or failed and ran again inside.
        if run.report_line().is_some() && wait < SURELY_IDLE_MS && !self.ran_before(run) {
            return failed(wait);
        }
        // Its REPORT is lost: an init that others show to be short explains no long wait.
        let explained = self
            .place
            .init_lengths
            .map(|(_, ms)| MUCH_LONGER * f64::from(ms) + FELT_GAP_MS);
        self.by_need(wait < explained.map_or(SURELY_IDLE_MS, |ms| ms.min(SURELY_IDLE_MS)))
    }

    /// The lines of the run that came first are lost: nothing but INIT_START tells of the init, so that it would have failed and run again
    /// inside this run, which was too short for that.
    fn ran_before(&self, run: &Invocation) -> bool {
        let lines = self.lines;
        let told = lines.ended().is_some() || self.init_ms.is_some() || self.again_ms.is_some();
        let shortest = self.place.init_lengths.map(|(shortest, _)| shortest);
        let short = shortest.zip(run.duration_ms.get());
        let short = short.is_some_and(|(init, took)| took < init);
        lines.begun.is_some() && !self.restored && !told && run.report_line().is_some() && short
    }

    /// Of an environment without invocations. `None`: a start that serves no requests, or one that may still be waited for.
    fn kind_unused(&self) -> Option<InitKind> {
        let version = self.place.home.version;
        let numbered = version.is_some_and(|version| self.place.facts.text(version) != "$LATEST");
        let kind = self.kind_said();
        let publishes = self.lines.published || self.place.restores && numbered;
        if publishes && kind != Some(InitKind::Restore) {
            return None;
        }
        if let Some((at, begins)) = self.lines.serves {
            // Without the line of its beginning it is the likelier kind.
            let gap = self.ready_gap(at).filter(|_| begins);
            return Some(
                kind.unwrap_or_else(|| self.by_need(gap.is_none_or(|gap| gap < FELT_GAP_MS))),
            );
        }
        let newest = self.place.facts.newest?;
        let idle = newest.since(self.at) > UNUSED_MS;
        kind.or_else(|| idle.then(|| self.by_need(false)))
    }

    fn by_need(&self, waited: bool) -> InitKind {
        match (waited, self.place.provisioned) {
            (true, _) => InitKind::OnDemand,
            (false, true) => InitKind::Provisioned,
            (false, false) => InitKind::Proactive,
        }
    }

    /// START − (INIT_START + Init Duration), or START − the line that ends the init; `None` where neither can be told.
    fn ready_gap(&self, start: Timestamp) -> Option<f64> {
        let begun = self.lines.begun.zip(self.init_ms).map(|(begun, length)| {
            let ready = begun.0 as f64 + f64::from(length);
            start.0 as f64 - ready
        });
        let ended = self.lines.ended();
        begun.or_else(|| ended.map(|(ended, _)| start.since(ended) as f64))
    }

    /// The kind where the first line is lost: by the length of the init, which only a request that waited for it has in its REPORT, else
    /// by its trace.
    fn without_lines(&self, run: &Invocation) -> InitKind {
        let traced = self.place.traced.filter(|_| self.init_ms.is_none());
        match traced {
            Some(traced) if traced.restored() => InitKind::Restore,
            Some(traced) => {
                let short = traced.init_ms().is_some_and(in_time);
                self.by_need(short && run.report_line().is_none())
            }
            None => self.by_need(!self.lived_before(run) && !self.began_unseen(run)),
        }
    }

    /// The init as long as X-Ray saw it, where a request waited for all of it.
    fn traced_ms(&self, kind: InitKind) -> Option<f32> {
        let waited = matches!(kind, InitKind::OnDemand | InitKind::Restore);
        let length = self.place.traced?.init_ms()?;
        (waited && in_time(length)).then_some(length)
    }

    /// INIT_START is lost, but the environment wrote something long before its first invocation.
    fn lived_before(&self, run: &Invocation) -> bool {
        let stream = &self.place.facts.streams[self.place.home.stream as usize];
        let alive = run.start.since(stream.first) as f64;
        self.init_ms
            .is_some_and(|length| alive > f64::from(length) + STAMP_MS)
    }

    /// No line is missing, and none tells of the start: it was before the window.
    fn began_unseen(&self, run: &Invocation) -> bool {
        let begun = self
            .init_ms
            .map(|length| run.start.plus_ms(-(f64::from(length) + STAMP_MS) as i64));
        self.place
            .kept_since
            .zip(begun)
            .is_some_and(|(kept, begun)| kept < begun)
    }

    fn felt_ms(&self, kind: InitKind, run: &Invocation) -> Option<f32> {
        if !matches!(kind, InitKind::InitTimeout | InitKind::InitFailed) {
            let wait = self.lines.begun.map(|begun| run.start.since(begun) as f32);
            return self.init_ms.or_else(|| self.traced_ms(kind)).or(wait);
        }
        // The first init counts if the request came with it; the second, inside the invocation, always does.
        let gap = self.taken.and_then(|taken| self.ready_gap(taken));
        let ahead = gap.is_some_and(|gap| gap >= FELT_GAP_MS);
        let first = self.init_ms.filter(|_| !ahead);
        match (first, self.again_ms) {
            (None, None) => None,
            (first, again) => Some(first.unwrap_or(0.0) + again.unwrap_or(0.0)),
        }
    }
}
