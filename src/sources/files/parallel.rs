//! Decodes the chunks of one input on all cores and takes them in in the order of the input.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::chunks::{Chunk, Chunks};
use super::{Options, shapes};
use crate::engine::{Block, Engine};

/// Chunks that may wait before and after each worker.
const AHEAD: usize = 2;

/// The input broke off.
pub(super) struct Broken {
    pub(super) cause: io::Error,
    pub(super) lines: u64,
}

/// Called with (engine, bytes of the chunk, its first failure) after each chunk was taken in; `false` stops.
type OnBlock<'a> = dyn FnMut(&mut Engine, u64, Option<String>) -> bool + 'a;

/// Decodes an input to its end. `Ok(false)` if it was stopped.
pub(super) fn decode(
    reader: &mut (dyn Read + Send),
    name: &Path,
    options: &Options,
    engine: &mut Engine,
    on_block: &mut OnBlock<'_>,
) -> Result<bool, Broken> {
    let mut chunks = Chunks::new(reader);
    let first = chunks.next().map_err(|cause| Broken { cause, lines: 0 })?;
    let Some(first) = first else {
        return Ok(true);
    };
    let threads = match options.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    thread::scope(|scope| {
        let mut workers: Vec<(SyncSender<Chunk>, Receiver<Decoded>)> = Vec::new();
        for _ in 0..threads {
            let (to_worker, chunks) = sync_channel::<Chunk>(AHEAD);
            let (decoded, from_worker) = sync_channel(AHEAD);
            let empty = {
                let decoder = engine.decoder();
                let keep_text = engine.keeps_text();
                move || Block::new(Arc::clone(&decoder), keep_text)
            };
            scope.spawn(move || {
                for chunk in chunks {
                    let mut block = empty();
                    shapes::take(&mut block, &chunk, name, options.log_group.as_deref());
                    let failure = block.failures().1.map(str::to_owned);
                    let bytes = chunk.bytes.len() as u64;
                    if decoded
                        .send(Decoded {
                            block,
                            bytes,
                            failure,
                        })
                        .is_err()
                    {
                        break;
                    }
                }
            });
            workers.push((to_worker, from_worker));
        }
        // The reader hands chunks out in turn and the engine takes blocks back in the same turn: order is kept, and no
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
                let Ok(decoded) = workers[taken % threads].1.recv() else {
                    break;
                };
                taken += 1;
                engine.take(decoded.block);
                if !on_block(engine, decoded.bytes, decoded.failure) {
                    return Ok(false);
                }
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

struct Decoded {
    block: Block,
    bytes: u64,
    failure: Option<String>,
}
