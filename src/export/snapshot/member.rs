//! One file of a snapshot, being written: by a thread of its own, so that hashing and compressing hold nobody up.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use super::LEVEL;
use super::folder::go_on;
use crate::sources::snapshot::{FileEntry, hex};

/// Bytes that are handed over at once. They are cut at the same places whoever writes, so that the same file is compressed to
/// the same bytes; and there are so many that a piece compressed by itself is hardly larger.
const PIECE: usize = 1 << 19;
/// Pieces that may wait.
const AHEAD: usize = 4;

/// How a file stands on the disk.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// As it is.
    Plain,
    /// It is a compressed file by itself: so it is listed.
    Compressed,
    /// Compressed for the archive, which it goes into as it stands, a frame a piece; listed as it is when unpacked.
    Frames,
}

/// The file.
pub(super) struct Member {
    name: String,
    piece: Vec<u8>,
    cancel: Arc<AtomicBool>,
    /// `None` once the thread has ended.
    to: Option<SyncSender<Vec<u8>>>,
    /// Pieces that are written, to be filled again: fresh ones must be cleared by the system.
    spare: Receiver<Vec<u8>>,
    writer: Option<JoinHandle<io::Result<Listed>>>,
}

/// What the list says of a file.
struct Listed {
    bytes: u64,
    sha256: String,
}

/// A writer whose hash is known at its end.
struct Hashed<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl Member {
    pub(super) fn begin(
        name: &str,
        file: File,
        kind: Kind,
        cancel: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let (to, pieces) = sync_channel(AHEAD);
        // There are never more pieces than that.
        let (done, spare) = sync_channel(AHEAD + 2);
        let pieces = Pieces { pieces, done };
        let writer = thread::Builder::new().spawn(move || write(file, kind, &pieces))?;
        Ok(Self {
            name: name.to_owned(),
            cancel,
            piece: Vec::with_capacity(PIECE),
            to: Some(to),
            spare,
            writer: Some(writer),
        })
    }

    /// Ends the file, and lists it.
    pub(super) fn end(mut self, rows: Option<u64>) -> io::Result<FileEntry> {
        self.hand_over()?;
        let Listed { bytes, sha256 } = self.listed()?;
        Ok(FileEntry {
            name: self.name,
            rows,
            bytes,
            sha256,
        })
    }

    fn hand_over(&mut self) -> io::Result<()> {
        go_on(&self.cancel)?;
        let spare = self.spare.try_recv();
        let empty = spare.unwrap_or_else(|_| Vec::with_capacity(PIECE));
        let piece = std::mem::replace(&mut self.piece, empty);
        let sent = self.to.as_ref().map(|to| to.send(piece));
        match sent {
            Some(Ok(())) => Ok(()),
            // The thread ends early only where it cannot write; it says why.
            _ => self.listed().map(drop),
        }
    }

    fn listed(&mut self) -> io::Result<Listed> {
        self.to = None;
        let writer = self.writer.take().map(JoinHandle::join);
        match writer {
            Some(Ok(listed)) => listed,
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Write for Member {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE {
            self.hand_over()?;
        }
        Ok(taken)
    }

    /// Most of what is written is a few bytes: it goes into the piece without more ado.
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while self.piece.len() + bytes.len() >= PIECE {
            let taken = self.write(bytes)?;
            bytes = &bytes[taken..];
        }
        self.piece.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(file: File, kind: Kind, pieces: &Pieces) -> io::Result<Listed> {
    match kind {
        Kind::Plain => {
            let mut out = Hashed::new(file);
            pieces.pour(&mut out)?;
            let (file, listed) = out.listed();
            file.sync_all()?;
            Ok(listed)
        }
        Kind::Compressed => {
            let mut out = zstd::Encoder::new(Hashed::new(file), LEVEL)?;
            pieces.pour(&mut out)?;
            let (file, listed) = out.finish()?.listed();
            file.sync_all()?;
            Ok(listed)
        }
        Kind::Frames => {
            let mut out = Hashed::new(Frames::new(file)?);
            pieces.pour(&mut out)?;
            Ok(out.listed().1)
        }
    }
}

/// Compresses what each call brings as a frame: all of it lies side by side, which zstd is faster with than with a stream.
struct Frames {
    file: File,
    compressor: zstd::bulk::Compressor<'static>,
    frame: Vec<u8>,
}

impl Frames {
    fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            file,
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
            frame: Vec::with_capacity(zstd::zstd_safe::compress_bound(PIECE)),
        })
    }
}

impl Write for Frames {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.frame.clear();
        self.compressor.compress_to_buffer(piece, &mut self.frame)?;
        self.file.write_all(&self.frame)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What a file is made of, on its way.
struct Pieces {
    pieces: Receiver<Vec<u8>>,
    done: SyncSender<Vec<u8>>,
}

impl Pieces {
    fn pour(&self, out: &mut impl Write) -> io::Result<()> {
        self.pieces.iter().try_for_each(|mut piece| {
            out.write_all(&piece)?;
            piece.clear();
            // Nobody fills it again at the end of the file.
            drop(self.done.try_send(piece));
            Ok(())
        })
    }
}

impl<W> Hashed<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    fn listed(self) -> (W, Listed) {
        let listed = Listed {
            bytes: self.bytes,
            sha256: hex(&self.hash.finalize()),
        };
        (self.out, listed)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
