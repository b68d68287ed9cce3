//! Cuts a stream of bytes into blocks that end at line ends, or, for pretty-printed JSON, at the ends of documents.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};
use serde::de::IgnoredAny;

/// Bytes of a block: large enough that handing it over costs nothing, small enough that the first comes soon, and that what is made
/// of it comes out of a heap instead of pages that the system maps and clears each time (`src/malloc.c`).
const BLOCK: usize = 128 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A stretch of an input.
pub(super) struct Chunk {
    /// Never shortened, so that it need not be cleared to be read into again.
    buffer: Vec<u8>,
    end: usize,
    /// Number of its first line, from 1.
    pub(super) first_line: u64,
    /// The whole chunk is one run of documents that span lines.
    pub(super) spans_lines: bool,
}

impl Chunk {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.end]
    }
}

/// Reads an input chunk by chunk.
pub(super) struct Chunks<'a> {
    reader: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read.
    held: usize,
    /// Buffers to read into again: fresh ones must be cleared.
    spare: Vec<Vec<u8>>,
    line: u64,
    started: bool,
    ended: bool,
    broken: Option<io::Error>,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(reader: &'a mut dyn Read) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            held: 0,
            spare: Vec::new(),
            line: 1,
            started: false,
            ended: false,
            broken: None,
        }
    }

    /// Lines handed out so far.
    pub(super) fn lines(&self) -> u64 {
        self.line - 1
    }

    /// Takes the buffer of a chunk back that is done with.
    pub(super) fn reuse(&mut self, chunk: Chunk) {
        // One that held a long line would keep its room for ever.
        if chunk.buffer.capacity() <= 2 * BLOCK {
            self.spare.push(chunk.buffer);
        }
    }

    /// The next chunk; `None` at the end. Where the input breaks off, what was read of it comes first, then the error.
    pub(super) fn next(&mut self) -> io::Result<Option<Chunk>> {
        self.fill(BLOCK);
        if !self.started {
            self.started = true;
            self.skip_mark();
            if self.broken.is_none() && spans_lines(&self.buffer[..self.held]) {
                return Ok(self.whole());
            }
        }
        // A line longer than a block is read to its end.
        let mut searched = 0;
        let cut = loop {
            if self.ended {
                break self.held;
            }
            if let Some(end) = memrchr(b'\n', &self.buffer[searched..self.held]) {
                break searched + end + 1;
            }
            searched = self.held;
            self.fill(searched + BLOCK);
        };
        if cut > 0 {
            return Ok(Some(self.cut(cut)));
        }
        self.broken.take().map_or(Ok(None), Err)
    }

    /// Some editors and shells begin a file with a byte order mark.
    fn skip_mark(&mut self) {
        if self.buffer[..self.held].starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
            self.held -= BYTE_ORDER_MARK.len();
        }
    }

    fn cut(&mut self, at: usize) -> Chunk {
        let chunk = Chunk {
            buffer: std::mem::replace(&mut self.buffer, self.spare.pop().unwrap_or_default()),
            end: at,
            first_line: self.line,
            spans_lines: false,
        };
        let rest = &chunk.buffer[at..self.held];
        self.held = rest.len();
        self.make_room(self.held);
        self.buffer[..self.held].copy_from_slice(rest);
        let bytes = chunk.bytes();
        self.line += memchr_iter(b'\n', bytes).count() as u64;
        self.line += u64::from(bytes.last().is_some_and(|last| *last != b'\n'));
        chunk
    }

    /// Reads on until `target` bytes are held or the input ends or breaks off.
    fn fill(&mut self, target: usize) {
        self.make_room(target);
        while self.held < target && !self.ended {
            match self.reader.read(&mut self.buffer[self.held..target]) {
                Ok(0) => self.ended = true,
                Ok(got) => self.held += got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.broken = Some(error);
                }
            }
        }
    }

    fn make_room(&mut self, bytes: usize) {
        if self.buffer.len() < bytes {
            self.buffer.resize(bytes, 0);
        }
    }

    fn whole(&mut self) -> Option<Chunk> {
        while !self.ended {
            self.fill(self.held + BLOCK);
        }
        let end = self.held;
        let mut chunk = self.cut(end);
        chunk.spans_lines = true;
        (end > 0).then_some(chunk)
    }
}

/// Whether the input begins with a document that goes on over its first line: pretty-printed JSON. A first line that is
/// merely broken does not: the next line then begins a document of its own.
fn spans_lines(bytes: &[u8]) -> bool {
    let start = bytes
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let Some(end) = memchr(b'\n', bytes) else {
        return false;
    };
    let line = bytes[..end].trim_ascii_end();
    let next = bytes[end..].trim_ascii_start().first();
    let opens = matches!(line.last(), Some(b'{' | b'[' | b',' | b':'));
    opens
        && next != Some(&b'{')
        && serde_json::from_slice::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(text: &str) -> Vec<(String, u64, bool)> {
        read(&mut text.as_bytes())
    }

    fn read(reader: &mut dyn Read) -> Vec<(String, u64, bool)> {
        let mut chunks = Chunks::new(reader);
        let mut all = Vec::new();
        while let Some(chunk) = chunks.next().unwrap() {
            let text = String::from_utf8(chunk.bytes().to_vec()).unwrap();
            all.push((text, chunk.first_line, chunk.spans_lines));
            chunks.reuse(chunk);
        }
        all
    }

    #[test]
    fn blocks_end_at_line_ends_and_nothing_is_lost() {
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1000));
        let text = line.repeat(5000);
        let all = chunks(&text);
        assert!(all.len() > 1, "more than one block");
        assert!(all.iter().all(|(text, ..)| text.ends_with('\n')));
        assert_eq!(
            all.iter()
                .map(|(text, ..)| text.as_str())
                .collect::<String>(),
            text
        );
        let mut line_number = 1;
        for (text, first_line, _) in &all {
            assert_eq!(*first_line, line_number);
            line_number += text.lines().count() as u64;
        }
    }

    /// Gives a little at a time, and is interrupted before each time.
    struct Pipe<'a> {
        text: &'a [u8],
        interrupted: bool,
    }

    impl Read for Pipe<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let most = into.len().min(1_000);
            self.text.read(&mut into[..most])
        }
    }

    #[test]
    fn what_comes_in_pieces_is_cut_as_what_comes_at_once() {
        let text = format!("{}\n", "x".repeat(700)).repeat(500) + "the end";
        let mut pipe = Pipe {
            text: text.as_bytes(),
            interrupted: false,
        };
        assert_eq!(read(&mut pipe), chunks(&text));
        let pretty = format!("{{\n{}\n}}", " \"a\": 1,\n".repeat(50_000));
        let [(whole, 1, true)] = &chunks(&pretty)[..] else {
            panic!("one run of documents");
        };
        assert_eq!(*whole, pretty);
    }

    #[test]
    fn pretty_printed_json_is_one_chunk_and_a_broken_first_line_is_not() {
        assert!(chunks("{\n \"Functions\": [\n {}\n ]\n}\n")[0].2);
        assert!(!chunks("{\"a\":1}\n{\"b\":2}\n")[0].2);
        assert!(
            !chunks("{\"a\": {\n{\"b\":2}\n")[0].2,
            "the next line begins a document"
        );
        assert!(!chunks("{\"message\":\"cut off\n{\"b\":2}\n")[0].2);
    }

    #[test]
    fn the_last_line_needs_no_end() {
        assert_eq!(chunks("a\nb"), [("a\nb".to_owned(), 1, false)]);
        assert_eq!(chunks(""), []);
    }
}
