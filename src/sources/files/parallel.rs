//! Works on the chunks of one input on all cores and hands on what comes of them in the order of the input.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::chunks::{Chunk, Chunks};

/// Chunks that are under way: so many that the workers go on while the system lets the reader wait, and each has some.
const AHEAD: usize = 32;
const AHEAD_EACH: usize = 4;

/// The input broke off.
pub(super) struct Broken {
    pub(super) cause: io::Error,
    pub(super) lines: u64,
}

/// Called with what came of a chunk, and the bytes of the chunk; `false` stops.
type Take<'a, T> = dyn FnMut(T, u64) -> bool + 'a;

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
    let ahead = AHEAD.max(threads * AHEAD_EACH);
    thread::scope(|scope| {
        // Whoever is free takes the next chunk, and answers where it is waited for: order is kept.
        let (to_workers, waiting) = sync_channel::<(Chunk, SyncSender<_>)>(ahead);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let waiting = Arc::clone(&waiting);
            scope.spawn(move || {
                let next = || waiting.lock().ok()?.recv().ok();
                while let Some((chunk, answer)) = next() {
                    if answer.send((work(&chunk), chunk)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(waiting);
        let mut under_way = VecDeque::new();
        let mut next = Some(first);
        let mut failure = None;
        loop {
            if let Some(chunk) = next.take_if(|_| under_way.len() < ahead) {
                let (answer, made) = sync_channel(1);
                if to_workers.send((chunk, answer)).is_err() {
                    break;
                }
                under_way.push_back(made);
                match chunks.next() {
                    Ok(chunk) => next = chunk,
                    Err(cause) => failure = Some(cause),
                }
                continue;
            }
            let Some(Ok((made, chunk))) = under_way.pop_front().map(|made| made.recv()) else {
                break;
            };
            if !take(made, chunk.bytes().len() as u64) {
                return Ok(false);
            }
            chunks.reuse(chunk);
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
