//! Works on the chunks of one input on all cores and hands on what comes of them in the order of the input.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::chunks::{Chunk, Chunks};

/// Chunks that may wait before and after each worker.
const AHEAD: usize = 4;

/// The input broke off.
pub(super) struct Broken {
    pub(super) cause: io::Error,
    pub(super) lines: u64,
}

/// Called with what came of a chunk, and the bytes of the chunk; `false` stops.
type Take<'a, T> = dyn FnMut(T, u64) -> bool + 'a;

/// The two ends of one worker.
type Worker<T> = (SyncSender<Chunk>, Receiver<(T, Chunk)>);

/// Works on an input to its end; 0 threads are one a core. `Ok(false)` if it was stopped.
pub(super) fn map<T: Send>(
    reader: &mut (dyn Read + Send),
    threads: usize,
    work: &(dyn Fn(&Chunk) -> T + Sync),
    take: &mut Take<'_, T>,
) -> Result<bool, Broken> {
    let mut chunks = Chunks::new(reader);
    let first = chunks.next().map_err(|cause| Broken { cause, lines: 0 })?;
    let Some(first) = first else {
        return Ok(true);
    };
    let threads = match threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    thread::scope(|scope| {
        let mut workers: Vec<Worker<T>> = Vec::new();
        for _ in 0..threads {
            let (to_worker, chunks) = sync_channel::<Chunk>(AHEAD);
            let (done, from_worker) = sync_channel(AHEAD);
            scope.spawn(move || {
                for chunk in chunks {
                    if done.send((work(&chunk), chunk)).is_err() {
                        break;
                    }
                }
            });
            workers.push((to_worker, from_worker));
        }
        // The reader hands chunks out in turn and takes what came of them back in the same turn: order is kept, and no
        // more than `threads * (2 * AHEAD + 1)` chunks are under way.
        let mut sent = 0usize;
        let mut taken = 0usize;
        let mut next = Some(first);
        let mut failure = None;
        loop {
            if let Some(chunk) = next.take() {
                if workers[sent % threads].0.send(chunk).is_err() {
                    break;
                }
                sent += 1;
                match chunks.next() {
                    Ok(chunk) => next = chunk,
                    Err(cause) => failure = Some(cause),
                }
            }
            let full = sent - taken >= threads * AHEAD;
            if (full || next.is_none()) && taken < sent {
                let Ok((made, chunk)) = workers[taken % threads].1.recv() else {
                    break;
                };
                taken += 1;
                if !take(made, chunk.bytes().len() as u64) {
                    return Ok(false);
                }
                chunks.reuse(chunk);
            }
            if next.is_none() && taken == sent {
                break;
            }
        }
        match failure {
            None => Ok(true),
            Some(cause) => Err(Broken {
                cause,
                lines: chunks.lines(),
            }),
        }
    })
}
