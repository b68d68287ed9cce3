//! Raw records as they came, kept for a snapshot: compressed, bounded by bytes, the oldest go first.
//!
//! A copy shares every block, so a picture of it costs a list of pointers.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use crate::model::time::Timestamp;

/// Bytes of lines after which a block is compressed.
const BLOCK_BYTES: usize = 1024 * 1024;
/// zstd's fastest ordinary level: logs still shrink to a tenth.
const LEVEL: i32 = 1;

/// Lines of records, in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    sealed: VecDeque<Arc<Block>>,
    open: Vec<u8>,
    open_span: Option<Span>,
    limit: Option<usize>,
    bytes: usize,
    raw_bytes: u64,
    dropped: Option<Span>,
}

/// Times of the oldest and the newest event of some lines.
type Span = (Timestamp, Timestamp);

/// A compressed stretch of lines.
#[derive(Debug)]
struct Block {
    compressed: Box<[u8]>,
    raw: usize,
    span: Option<Span>,
}

impl Journal {
    /// An empty journal that holds at most so many compressed bytes; `None` is no bound.
    pub fn new(limit: Option<usize>) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Takes whole lines; `span` are the times of the oldest and the newest event among them.
    pub fn push(&mut self, lines: &[u8], span: Option<Span>) -> io::Result<()> {
        self.open.extend_from_slice(lines);
        self.open_span = joined(self.open_span, span);
        self.raw_bytes += lines.len() as u64;
        if self.open.len() >= BLOCK_BYTES {
            let block = Block {
                // It comes in the room of the worst case, which is more than the lines themselves take.
                compressed: zstd::bulk::compress(&self.open, LEVEL)?.into_boxed_slice(),
                raw: self.open.len(),
                span: self.open_span.take(),
            };
            self.open.clear();
            self.bytes += block.compressed.len();
            self.sealed.push_back(Arc::new(block));
        }
        while self.limit.is_some_and(|limit| self.bytes > limit) {
            let Some(oldest) = self.sealed.pop_front() else {
                break;
            };
            self.bytes -= oldest.compressed.len();
            self.raw_bytes -= oldest.raw as u64;
            self.dropped = joined(self.dropped, oldest.span);
        }
        Ok(())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Times of the oldest and the newest event that were dropped for want of room.
    pub fn dropped(&self) -> Option<Span> {
        self.dropped
    }

    /// Bytes of the lines that are held.
    pub fn raw_bytes(&self) -> u64 {
        self.raw_bytes
    }

    /// The lines, decompressed while they are read.
    pub fn reader(&self) -> Box<dyn Read + Send> {
        let blocks = self.sealed.clone().into_iter();
        Box::new(Reader {
            blocks,
            now: Cursor::new(Vec::new()),
            open: Some(self.open.clone()),
        })
    }
}

fn joined(one: Option<Span>, other: Option<Span>) -> Option<Span> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

struct Reader<B> {
    blocks: B,
    now: Cursor<Vec<u8>>,
    open: Option<Vec<u8>>,
}

impl<B: Iterator<Item = Arc<Block>>> Read for Reader<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = self.now.read(out)?;
            if got > 0 || out.is_empty() {
                return Ok(got);
            }
            let next = match self.blocks.next() {
                Some(block) => zstd::bulk::decompress(&block.compressed, block.raw)?,
                None => match self.open.take() {
                    Some(open) => open,
                    None => return Ok(0),
                },
            };
            self.now = Cursor::new(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: u64) -> Vec<u8> {
        format!("{of:01023}\n").into_bytes()
    }

    #[test]
    fn what_was_pushed_is_read_in_order() {
        let mut journal = Journal::new(None);
        let mut all = Vec::new();
        for number in 0..2_500 {
            journal.push(&lines(number), None).unwrap();
            all.extend(lines(number));
        }
        let mut read = Vec::new();
        journal.reader().read_to_end(&mut read).unwrap();
        assert_eq!(
            (journal.sealed.len(), journal.raw_bytes()),
            (2, 2_500 * 1024)
        );
        assert!(read == all, "every line, in order");
    }

    #[test]
    fn beyond_the_bound_the_oldest_go_and_it_is_known_until_when() {
        let mut journal = Journal::new(Some(0));
        for number in 0..1_500 {
            let at = Timestamp(number as i64);
            journal.push(&lines(number), Some((at, at))).unwrap();
        }
        let mut read = String::new();
        journal.reader().read_to_string(&mut read).unwrap();
        assert_eq!(read.lines().count(), 1_500 - 1_024);
        assert_eq!(journal.dropped(), Some((Timestamp(0), Timestamp(1_023))));
    }
}
