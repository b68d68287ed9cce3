//! Standard output that keeps nobody waiting: it is written on a thread of its own, so that a pipe that is not read holds up neither
//! what is polled nor Ctrl-C.

use std::io::{self, Write};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::{self, Permit, Receiver, Sender};
use tokio::time::timeout;

/// How long the last pieces may take once it is over.
const LAST: Duration = Duration::from_millis(500);

/// What is written piece by piece.
pub(super) struct Pipe {
    pieces: Sender<Vec<u8>>,
    writer: JoinHandle<io::Result<()>>,
}

impl Pipe {
    pub(super) fn to(out: impl Write + Send + 'static) -> Self {
        let (pieces, waiting) = mpsc::channel(1);
        let writer = thread::spawn(move || write(out, waiting));
        Self { pieces, writer }
    }

    /// Waits until it takes one more piece; `None` if it never will again.
    pub(super) async fn ready(&self) -> Option<Permit<'_, Vec<u8>>> {
        self.pieces.reserve().await.ok()
    }

    /// Waits until it takes no more.
    pub(super) async fn closed(&self) {
        self.pieces.closed().await;
    }

    /// Writes the last pieces. Fails where writing did; what a pipe does not take in time is lost with whoever does not read it.
    pub(super) async fn end(self, last: impl IntoIterator<Item = Vec<u8>>) -> io::Result<()> {
        let Self { pieces, writer } = self;
        let written = async {
            for piece in last {
                if pieces.send(piece).await.is_err() {
                    break;
                }
            }
            drop(pieces);
            let ended = tokio::task::spawn_blocking(move || writer.join()).await;
            ended.map_or(Ok(()), |ended| ended.unwrap_or(Ok(())))
        };
        timeout(LAST, written).await.unwrap_or(Ok(()))
    }
}

fn write(mut out: impl Write, mut pieces: Receiver<Vec<u8>>) -> io::Result<()> {
    while let Some(piece) = pieces.blocking_recv() {
        out.write_all(&piece)?;
        out.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    const MUCH: usize = 1 << 20;

    #[tokio::test]
    async fn the_last_pieces_are_written_before_it_ends() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let pipe = Pipe::to(file.reopen().unwrap());
        pipe.ready().await.unwrap().send(b"first ".to_vec());
        pipe.end(["second ", "last"].map(Vec::from)).await.unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "first second last");
    }

    #[test]
    fn a_pipe_that_nobody_reads_holds_nothing_up() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let (reads, writes) = io::pipe().unwrap();
        let ended = runtime.block_on(async {
            let pipe = Pipe::to(writes);
            pipe.ready().await.unwrap().send(vec![b'x'; MUCH]);
            pipe.end([vec![b'x'; MUCH]]).await
        });
        assert!(ended.is_ok());
        drop(reads);
    }

    #[tokio::test]
    async fn a_disk_that_is_full_is_told() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let pipe = Pipe::to(full);
        pipe.ready().await.unwrap().send(b"a".to_vec());
        pipe.closed().await;
        assert!(pipe.ready().await.is_none());
        let error = pipe.end([b"b".to_vec()]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
