//! Raw log lines that can be looked at again: append-only, bounded by bytes, the oldest segment goes first.
//!
//! A copy shares every segment but the open one, so publishing a picture costs one segment at most.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::record::LogLine;
use crate::model::time::Timestamp;

/// Bytes of text after which a segment is closed.
const SEGMENT_BYTES: usize = 256 * 1024;

/// Running number of a line, in order of arrival. It stays the line's name for the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(pub u64);

/// Number of a log stream in one [`LogText`], in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamNo(pub u32);

/// One remembered line, as CloudWatch gave it: sanitise `text` before it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub id: LineId,
    pub stream: StreamNo,
    pub at: Timestamp,
    /// Order among events of one millisecond.
    pub order: u64,
    /// Ingestion − timestamp in milliseconds, where the ingestion time is known.
    pub lag_ms: Option<i64>,
    pub text: &'a str,
}

impl Line<'_> {
    /// What lines are sorted by: time, then the order that their ids give, then START first and END and REPORT last, then
    /// arrival.
    pub fn place(&self) -> (Timestamp, StreamNo, u64, u8, LineId) {
        (self.at, self.stream, self.order, phase(self.text), self.id)
    }
}

/// Where a line stands among lines of its millisecond whose ids say nothing.
fn phase(text: &str) -> u8 {
    // The type of a platform line stands near its beginning, before its record.
    let head = if text.starts_with('{') {
        text.get(..100).unwrap_or(text)
    } else {
        ""
    };
    let is = |word: &str, kind: &str| text.starts_with(word) || head.contains(kind);
    if is("INIT_START ", "\"platform.initStart\"") {
        0
    } else if is("START ", "\"platform.start\"") {
        1
    } else if is("END ", "\"platform.runtimeDone\"") {
        3
    } else if is("REPORT ", "\"platform.report\"") {
        4
    } else {
        2
    }
}

/// The lines that are remembered.
#[derive(Clone, Debug)]
pub struct LogText {
    streams: Arc<Streams>,
    sealed: VecDeque<Arc<Segment>>,
    open: Arc<Segment>,
    limit: usize,
    bytes: usize,
    dropped: u64,
    dropped_before: Option<Timestamp>,
    /// Only lines in `[from, until)` are told.
    window: Option<(Timestamp, Timestamp)>,
}

#[derive(Clone, Debug, Default)]
struct Streams {
    /// (group, stream), by number.
    names: Vec<(Box<str>, Box<str>)>,
    numbers: HashMap<(Box<str>, Box<str>), StreamNo>,
}

#[derive(Clone, Debug, Default)]
struct Segment {
    /// Number of its first line.
    first: u64,
    text: String,
    rows: Vec<Row>,
    /// Times of its lines: from, to. Meaningless while it is empty.
    span: (Timestamp, Timestamp),
}

#[derive(Clone, Copy, Debug)]
struct Row {
    at: Timestamp,
    order: u64,
    stream: StreamNo,
    /// End of its text; it starts where the one before ends.
    end: u32,
    lag_ms: Option<i32>,
}

impl LogText {
    /// An empty store that holds at most `limit` bytes of text and rows.
    pub fn new(limit: usize) -> Self {
        Self {
            streams: Arc::default(),
            sealed: VecDeque::new(),
            open: Arc::default(),
            limit,
            bytes: 0,
            dropped: 0,
            dropped_before: None,
            window: None,
        }
    }

    /// The same with lines numbered from `first` on.
    pub fn from(first: LineId, limit: usize) -> Self {
        let open = Segment {
            first: first.0,
            ..Segment::default()
        };
        Self {
            open: Arc::new(open),
            ..Self::new(limit)
        }
    }

    /// The same text, of which only lines in `[from, until)` are told. Shares all of it.
    #[must_use]
    pub fn within(&self, from: Timestamp, until: Timestamp) -> Self {
        Self {
            window: Some((from, until)),
            ..self.clone()
        }
    }

    fn tells(&self, line: &Line<'_>) -> bool {
        self.window
            .is_none_or(|(from, until)| line.at >= from && line.at < until)
    }

    /// Remembers one line. `order` tells apart lines of one millisecond; re-reads must not come here.
    pub fn push(&mut self, line: &LogLine<'_>, order: u64) {
        let stream = self.number(line.group, line.stream);
        let open = Arc::make_mut(&mut self.open);
        open.span = if open.rows.is_empty() {
            (line.timestamp, line.timestamp)
        } else {
            (
                open.span.0.min(line.timestamp),
                open.span.1.max(line.timestamp),
            )
        };
        open.text.push_str(line.message.text());
        open.rows.push(Row {
            at: line.timestamp,
            order,
            stream,
            end: open.text.len() as u32,
            lag_ms: line
                .ingestion
                .and_then(|at| i32::try_from(at.since(line.timestamp)).ok()),
        });
        self.bytes += line.message.text().len() + size_of::<Row>();
        if open.text.len() >= SEGMENT_BYTES {
            self.seal();
        }
        self.evict();
    }

    fn number(&mut self, group: &str, stream: &str) -> StreamNo {
        if let Some(known) = self.stream(group, stream) {
            return known;
        }
        let streams = Arc::make_mut(&mut self.streams);
        let number = StreamNo(streams.names.len() as u32);
        let name: (Box<str>, Box<str>) = (group.into(), stream.into());
        streams.names.push(name.clone());
        streams.numbers.insert(name, number);
        number
    }

    fn seal(&mut self) {
        // What is bounded is what it holds: it must not keep the room that it grew into.
        let open = Arc::make_mut(&mut self.open);
        open.text.shrink_to_fit();
        open.rows.shrink_to_fit();
        let next = open.first + open.rows.len() as u64;
        let fresh = Segment {
            first: next,
            ..Segment::default()
        };
        self.sealed
            .push_back(std::mem::replace(&mut self.open, Arc::new(fresh)));
    }

    fn evict(&mut self) {
        while self.bytes > self.limit {
            let Some(oldest) = self.sealed.pop_front() else {
                return;
            };
            self.bytes -= oldest.text.len() + oldest.rows.len() * size_of::<Row>();
            self.dropped += oldest.rows.len() as u64;
            self.dropped_before = self.dropped_before.max(Some(oldest.span.1));
        }
    }

    /// The number of a log stream that has lines here.
    pub fn stream(&self, group: &str, stream: &str) -> Option<StreamNo> {
        self.streams.numbers.get(&Name(group, stream)).copied()
    }

    /// Group and name of a log stream.
    pub fn stream_name(&self, stream: StreamNo) -> (&str, &str) {
        self.streams
            .names
            .get(stream.0 as usize)
            .map_or(("", ""), |(group, name)| (group, name))
    }

    /// The line of a number, if it is still remembered.
    pub fn line(&self, id: LineId) -> Option<Line<'_>> {
        let segment = if id.0 >= self.open.first {
            &self.open
        } else {
            let at = self.sealed.partition_point(|segment| segment.first <= id.0);
            self.sealed.get(at.checked_sub(1)?)?
        };
        segment.line(id.0.checked_sub(segment.first)? as usize)
    }

    /// Every line, in order of arrival.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let lines = self.segments().flat_map(Segment::lines);
        lines.filter(|line| self.tells(line))
    }

    /// The lines in `[from, to]`, in order of arrival.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Line<'_>> {
        self.segments()
            .filter(move |segment| segment.span.0 <= to && segment.span.1 >= from)
            .flat_map(Segment::lines)
            .filter(move |line| line.at >= from && line.at <= to)
            .filter(|line| self.tells(line))
    }

    /// The lines of one stream in `[from, to]`, in their order.
    pub fn of_stream(&self, stream: StreamNo, from: Timestamp, to: Timestamp) -> Vec<Line<'_>> {
        let of_stream = |line: &Line<'_>| line.stream == stream;
        let mut found: Vec<_> = self.between(from, to).filter(of_stream).collect();
        found.sort_by_key(Line::place);
        found
    }

    fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.sealed
            .iter()
            .map(Arc::as_ref)
            .chain([self.open.as_ref()])
    }

    /// How many lines are remembered.
    pub fn len(&self) -> usize {
        match self.window {
            None => self.segments().map(|segment| segment.rows.len()).sum(),
            Some(_) => self.lines().count(),
        }
    }

    /// Whether no line is remembered.
    pub fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    /// Bytes held and the most that may be held.
    pub fn bytes(&self) -> (usize, usize) {
        (self.bytes, self.limit)
    }

    /// How many lines were dropped for want of room, and the time of the newest of them.
    pub fn dropped(&self) -> (u64, Option<Timestamp>) {
        (self.dropped, self.dropped_before)
    }
}

impl Segment {
    fn line(&self, index: usize) -> Option<Line<'_>> {
        let row = self.rows.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.rows[before].end as usize,
            None => 0,
        };
        Some(Line {
            id: LineId(self.first + index as u64),
            stream: row.stream,
            at: row.at,
            order: row.order,
            lag_ms: row.lag_ms.map(i64::from),
            text: &self.text[start..row.end as usize],
        })
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        (0..self.rows.len()).filter_map(|index| self.line(index))
    }
}

/// A borrowed (group, stream), equal to and hashed like the owned pair.
#[derive(Hash)]
struct Name<'a>(&'a str, &'a str);

impl hashbrown::Equivalent<(Box<str>, Box<str>)> for Name<'_> {
    fn equivalent(&self, name: &(Box<str>, Box<str>)) -> bool {
        (self.0, self.1) == (&*name.0, &*name.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(text: &mut LogText, stream: &str, at: i64, message: &str) {
        let line = LogLine {
            group: "/aws/lambda/orders",
            stream,
            timestamp: Timestamp(at),
            ingestion: Some(Timestamp(at + 2_000)),
            event_id: None,
            message: message.into(),
        };
        text.push(&line, 0);
    }

    #[test]
    fn lines_of_a_stream_come_in_order_of_time_whatever_the_arrival() {
        let mut text = LogText::new(1 << 20);
        push(&mut text, "a", 30, "third");
        push(&mut text, "b", 15, "of another");
        push(&mut text, "a", 10, "first");
        push(&mut text, "a", 20, "second");
        let stream = text.stream("/aws/lambda/orders", "a").expect("known");
        let lines = text.of_stream(stream, Timestamp(10), Timestamp(20));
        let shown: Vec<_> = lines.iter().map(|line| (line.text, line.lag_ms)).collect();
        assert_eq!(shown, [("first", Some(2_000)), ("second", Some(2_000))]);
        assert_eq!(text.stream("/aws/lambda/orders", "c"), None);
    }

    #[test]
    fn platform_lines_enclose_what_was_written_in_the_same_millisecond() {
        let mut text = LogText::new(1 << 20);
        for message in [
            "REPORT RequestId: 1",
            r#"{"level":"INFO","message":"platform.report was END"}"#,
            "START RequestId: 1",
            r#"{"time":"2026-03-03T14:04:58.950Z","type":"platform.initStart","record":{}}"#,
            "END RequestId: 1",
        ] {
            push(&mut text, "a", 10, message);
        }
        let stream = text.stream("/aws/lambda/orders", "a").expect("known");
        let ids: Vec<_> = text
            .of_stream(stream, Timestamp(10), Timestamp(10))
            .iter()
            .map(|line| line.id.0)
            .collect();
        assert_eq!(ids, [3, 2, 1, 4, 0]);
    }

    #[test]
    fn the_oldest_segment_goes_first_and_is_counted() {
        let mut text = LogText::new(3 * SEGMENT_BYTES);
        let message = "x".repeat(1024);
        // 4 segments of 256 lines do not fit into the room of 3: rows count too.
        for at in 0..1024 {
            push(&mut text, "a", at, &message);
        }
        let (bytes, limit) = text.bytes();
        assert!(bytes <= limit, "{bytes} of {limit}");
        let sealed = text.sealed.iter();
        let room = sealed.map(|one| one.text.capacity() + one.rows.capacity() * size_of::<Row>());
        let room: usize = room.sum();
        assert!(room <= limit, "{room} bytes are taken of {limit}");
        assert_eq!(text.dropped(), (512, Some(Timestamp(511))));
        assert_eq!(text.len(), 512);
        assert_eq!(text.line(LineId(511)), None);
        assert_eq!(
            text.line(LineId(512)).map(|line| line.at),
            Some(Timestamp(512))
        );
        assert_eq!(
            text.line(LineId(1023)).map(|line| line.at),
            Some(Timestamp(1023))
        );
        assert_eq!(text.line(LineId(1024)), None);
    }

    #[test]
    fn a_picture_keeps_what_it_saw() {
        let mut text = LogText::new(1 << 20);
        push(&mut text, "a", 1, "seen");
        let picture = text.clone();
        push(&mut text, "a", 2, "later");
        assert_eq!((picture.len(), text.len()), (1, 2));
    }
}
