//! What a line in its turn says: its kind, and the invocation it belongs to.

use bumpalo::Bump;
use hashbrown::HashMap;

use super::order::InTurn;
use crate::decode::{self, Decoder, Head};
use crate::model::fact::{Level, Report, What};
use crate::model::ids::{RequestId, TraceId};
use crate::model::placed;
use crate::model::record::LogRecord;
use crate::model::symbols::Symbols;

/// A line to be shown.
#[derive(Debug)]
pub(super) struct Line {
    pub record: LogRecord,
    pub late: bool,
    pub kind: Kind,
    /// With its place, where several are watched.
    pub function: Option<String>,
    pub request_id: Option<RequestId>,
    pub trace: Option<TraceId>,
    pub level: Option<Level>,
    /// The message without what the logger put around it.
    pub text: String,
    /// The figures of a REPORT line.
    pub report: Option<Report>,
    /// How the invocation ended, on its REPORT line; `None` if nothing says that it failed.
    pub failure: Option<String>,
}

/// The kinds of line. The words are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Kind {
    App,
    Init,
    Start,
    End,
    Report,
    Platform,
}

/// Reads lines one after the other, in order of time: an application line without an id belongs to the invocation that is
/// open in its stream.
pub(super) struct Reader {
    decoder: Decoder,
    /// Room for what is read of JSON in one line.
    arena: Bump,
    symbols: Symbols,
    streams: HashMap<String, Stream>,
}

/// What is known of a stream: an execution environment.
#[derive(Debug, Default)]
struct Stream {
    function: Option<String>,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    request_id: RequestId,
    trace: Option<TraceId>,
    ended: bool,
    failure: Option<String>,
}

/// Symbols are needed for one line only: the table begins anew before it grows large.
const SYMBOLS: usize = 10_000;
/// Streams are forgotten together: only their open invocations are lost.
const STREAMS: usize = 10_000;

impl Reader {
    pub(super) fn new(decoder: Decoder) -> Self {
        Self {
            decoder,
            arena: Bump::new(),
            symbols: Symbols::default(),
            streams: HashMap::new(),
        }
    }

    /// Reads the next line.
    pub(super) fn read(&mut self, line: InTurn) -> Line {
        if self.symbols.len() > SYMBOLS {
            self.symbols = Symbols::default();
        }
        if self.streams.len() > STREAMS {
            self.streams.clear();
        }
        let InTurn { record, late } = line;
        let stream = self.streams.entry_ref(&*record.stream).or_default();
        let place = decode::place(&record.group, &record.stream);
        let named = place
            .function
            .or_else(|| decode::function_in(&record.line()));
        if let Some(named) = named {
            stream.function = Some(named.to_owned());
        }
        let function = stream.function.as_deref();
        self.arena.reset();
        let line = record.line();
        let fact = self
            .decoder
            .line(&line, function, &mut self.symbols, &self.arena);
        let function = function.map(|function| placed::join(function, place.at).into_owned());
        let what = fact.map(|fact| fact.what);
        let Head {
            request_id,
            trace,
            level,
            text,
            is_platform,
        } = decode::head(&record.message);
        let mut read = Line {
            late,
            kind: kind(what.as_ref(), is_platform),
            function,
            request_id,
            trace,
            level,
            text: text.into_owned(),
            report: None,
            failure: None,
            record,
        };
        stream.follow(&mut read, what, &self.symbols);
        read
    }
}

fn kind(what: Option<&What>, is_platform: bool) -> Kind {
    match what {
        Some(What::Start { .. }) => Kind::Start,
        Some(What::End { .. }) => Kind::End,
        Some(What::Report(_)) => Kind::Report,
        Some(
            What::InitStart { .. }
            | What::InitDone { .. }
            | What::InitReport { .. }
            | What::RestoreStart { .. }
            | What::RestoreReport { .. },
        ) => Kind::Init,
        Some(
            What::Serves { .. }
            | What::RuntimeDone { .. }
            | What::TimedOut { .. }
            | What::RuntimeExit { .. }
            | What::LogsDropped { .. },
        ) => Kind::Platform,
        None if is_platform => Kind::Platform,
        Some(What::App(_) | What::Access(_)) | None => Kind::App,
    }
}

impl Stream {
    /// Opens and closes invocations, and gives the line the one it belongs to.
    fn follow(&mut self, line: &mut Line, what: Option<What>, symbols: &Symbols) {
        match what {
            Some(What::Start {
                request_id, trace, ..
            }) => {
                line.request_id = Some(request_id);
                line.trace = trace.map(|trace| trace.trace);
                self.open
                    .retain(|open| !open.ended && open.request_id != request_id);
                self.open.push(Open {
                    request_id,
                    trace: line.trace,
                    ended: false,
                    failure: None,
                });
            }
            Some(What::End { request_id }) => {
                line.request_id = Some(request_id);
                if let Some(open) = self.of(Some(request_id)) {
                    open.ended = true;
                }
            }
            Some(What::Report(report)) => self.close(line, report, symbols),
            Some(What::RuntimeDone { request_id, .. }) => line.request_id = Some(request_id),
            Some(What::TimedOut { request_id }) => {
                line.request_id = Some(request_id);
                self.fail(line.request_id, "timeout");
            }
            Some(What::RuntimeExit { request_id, .. }) => {
                line.request_id = request_id.or(line.request_id);
                self.fail(line.request_id, "error");
            }
            Some(What::App(app)) => {
                line.request_id = line.request_id.or(app.request_id);
                line.trace = line.trace.or(app.trace);
                if app.exception.is_some_and(|exception| exception.unhandled) {
                    self.fail(line.request_id, "error");
                }
            }
            _ => {}
        }
        if line.kind == Kind::Init || line.late && line.request_id.is_none() {
            return;
        }
        if let Some(open) = self.of(line.request_id) {
            line.request_id = Some(open.request_id);
            line.trace = line.trace.or(open.trace);
        }
    }

    /// The open invocation with that id; without an id the only one that is open.
    fn of(&mut self, request_id: Option<RequestId>) -> Option<&mut Open> {
        match (request_id, &mut self.open[..]) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), open) => open.iter_mut().find(|open| open.request_id == id),
        }
    }

    fn fail(&mut self, request_id: Option<RequestId>, how: &str) {
        if let Some(open) = self.of(request_id) {
            open.failure.get_or_insert_with(|| how.to_owned());
        }
    }

    /// REPORT is the last line. In text format it does not say that the handler raised: the line before did.
    fn close(&mut self, line: &mut Line, report: Report, symbols: &Symbols) {
        line.request_id = report.request_id;
        line.trace = report.trace.map(|trace| trace.trace);
        let open = self.of(report.request_id);
        let seen = open.and_then(|open| {
            line.trace = line.trace.or(open.trace);
            open.failure.take()
        });
        let error_type = report.error_type.map(|error| symbols.get(error).to_owned());
        let said = report
            .status
            .filter(|status| *status != crate::model::fact::Status::Success);
        let said = said.map(|status| format!("{status:?}").to_lowercase());
        line.failure = error_type.or(said).or(seen);
        self.open
            .retain(|open| Some(open.request_id) != report.request_id);
        line.report = Some(report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::settings::Settings;
    use crate::model::time::Timestamp;

    const ONE: &str = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";
    const TWO: &str = "cea42185-a492-47f6-a9f2-4d7d690c43d6";

    fn read(messages: &[String]) -> Vec<Line> {
        let mut reader = Reader::new(Decoder::new(&Settings::default()).unwrap());
        let mut at = 0;
        let mut next = |message: &String| {
            at += 1;
            reader.read(InTurn {
                record: LogRecord {
                    group: "/aws/lambda/pay".into(),
                    stream: "2026/11/20/[$LATEST]aa".into(),
                    timestamp: Timestamp(at),
                    ingestion: None,
                    event_id: None,
                    message: message.as_str().into(),
                },
                late: false,
            })
        };
        messages.iter().map(&mut next).collect()
    }

    fn report(id: &str) -> String {
        format!(
            "REPORT RequestId: {id}\tDuration: 9.50 ms\tBilled Duration: 10 ms\tMemory Size: 128 MB\tMax Memory Used: 50 MB\t\n"
        )
    }

    #[test]
    fn lines_between_start_and_report_belong_to_the_invocation() {
        let lines = read(&[
            "loading".to_owned(),
            format!("START RequestId: {ONE} Version: $LATEST\n"),
            "printed without an id".to_owned(),
            format!("END RequestId: {ONE}\n"),
            report(ONE),
            "printed between invocations".to_owned(),
        ]);
        let ids: Vec<_> = lines.iter().map(|line| line.request_id.is_some()).collect();
        assert_eq!(ids, [false, true, true, true, true, false]);
        let kinds: Vec<_> = lines.iter().map(|line| line.kind.to_string()).collect();
        assert_eq!(kinds, ["app", "start", "app", "end", "report", "app"]);
        assert!(
            lines
                .iter()
                .all(|line| line.function.as_deref() == Some("pay"))
        );
        assert_eq!(lines[4].failure, None);
        let figures = lines[4].report.as_ref().unwrap();
        assert_eq!(
            (figures.billed_ms, figures.memory_mb),
            (Some(10.0), Some(128))
        );
    }

    #[test]
    fn where_two_invocations_are_open_a_line_without_an_id_belongs_to_neither() {
        let lines = read(&[
            format!("START RequestId: {ONE} Version: $LATEST\n"),
            format!("START RequestId: {TWO} Version: $LATEST\n"),
            "printed".to_owned(),
            format!("2026-11-20T10:00:05.353Z\t{TWO}\tINFO\tdone\n"),
        ]);
        assert_eq!(lines[2].request_id, None);
        assert_eq!(lines[3].request_id, RequestId::parse(TWO));
    }

    #[test]
    fn an_exception_in_text_format_fails_the_report_that_does_not_say_so() {
        let lines = read(&[
            format!("START RequestId: {ONE} Version: $LATEST\n"),
            "[ERROR] ValueError: no\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3, in handler\n    raise ValueError(\"no\")\n".to_owned(),
            format!("END RequestId: {ONE}\n"),
            report(ONE),
        ]);
        assert_eq!(lines[1].level, Some(Level::Error));
        assert_eq!(lines[3].failure.as_deref(), Some("error"));
    }
}
