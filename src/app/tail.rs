//! `nepho tail`: follows one function on standard output. Every event once, none lost, late ones marked.

mod gaps;
mod line;
mod order;
mod passes;
mod price;
mod print;
mod reader;
mod seen;
mod show;
mod spending;

use std::io::Write;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

pub use print::Style;

use self::gaps::Gaps;
use self::reader::Reader;
use self::show::Show;
use self::spending::Spending;
use super::clock;
use super::ending::Ending;
use super::polling::{self, Polling};
use super::pump::Patience;
use super::troubles::{self, Troubles};
use crate::decode::Decoder;
use crate::sources::Source;
use crate::sources::pace::Terms;

/// How often lines on hold are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often it is looked whether anybody still reads.
const LOOK: Duration = Duration::from_secs(1);
/// Lines that wait to be written before no more are fetched: a slow pipe slows the polling.
const UNWRITTEN: usize = 1_000;
/// Bytes of lines that are written at once: line by line, each would cost a system call and a change of threads.
const PIECE: usize = 64 * 1024;
/// How long the last lines may take once it is over.
const LAST_LINES: Duration = Duration::from_millis(500);

/// What to follow, and how to show it.
pub struct Tail {
    pub sources: Vec<Box<dyn Source>>,
    pub terms: Terms,
    pub decoder: Decoder,
    /// The function: lines of others in a shared log group are left out.
    pub function: String,
    /// Only lines that contain it.
    pub filter: Option<String>,
    pub style: Style,
}

/// Follows until Ctrl-C, until nobody reads any more, or until there is nothing to follow: then the error says why.
/// `notice` is told what goes wrong meanwhile.
pub fn run(
    tail: Tail,
    out: impl Write + AsFd + Send + 'static,
    notice: impl Fn(&str),
) -> anyhow::Result<()> {
    let runtime = polling::runtime()?;
    let followed = runtime.block_on(follow(tail, out, &notice));
    // A call that hangs must not keep the prompt waiting.
    runtime.shutdown_timeout(Duration::from_millis(100));
    followed
}

async fn follow(
    tail: Tail,
    out: impl Write + AsFd + Send + 'static,
    notice: &impl Fn(&str),
) -> anyhow::Result<()> {
    let Polling {
        mut batches,
        mut board,
        cancel,
    } = Polling::start(tail.sources, tail.terms, Patience::AfterStart);
    let (mut looks, reader) = (interval(LOOK), Reader::of(&out));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (pipe, pieces) = mpsc::channel(1);
    let writer = thread::spawn(move || write(out, pieces));
    let mut show = Show::new(tail.decoder, tail.function, tail.filter, tail.style);
    let (mut troubles, mut gaps) = (Troubles::default(), Gaps::default());
    let mut spending = Spending::default();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ending = Ending::listen()?;
    let ended = loop {
        tokio::select! {
            () = ending.told() => break Ok(()),
            permit = pipe.reserve(), if show.unwritten() > 0 => match permit {
                Ok(permit) => permit.send(show.piece(PIECE)),
                Err(_) => break Ok(()),
            },
            () = pipe.closed() => break Ok(()),
            batch = batches.recv(), if show.unwritten() < UNWRITTEN => match batch {
                Some(batch) => show.take(batch, &board.borrow(), clock::now()),
                None => break Err(anyhow!(troubles::nothing_left(&board.borrow()))),
            },
            Ok(()) = board.changed() => {
                let board = board.borrow_and_update();
                if let Some(nothing) = troubles::nothing_to_follow(&board) {
                    break Err(anyhow!(nothing));
                }
                troubles.tell(&board, notice);
                spending.tell(&board, notice);
                show.let_go_read(&board);
                show.say(gaps.look(&board, tail.style));
            }
            _ = looks.tick() => if reader.is_gone() {
                break Ok(());
            },
            _ = ticks.tick(), if show.holds() => show.let_go_due(clock::now()),
        }
    };
    cancel.cancel();
    Spending::end(&board.borrow(), notice);
    show.let_go_all();
    show.say(gaps.end(&board.borrow(), tail.style));
    let last_lines = async {
        while show.unwritten() > 0 {
            if pipe.send(show.piece(PIECE)).await.is_err() {
                return;
            }
        }
        drop(pipe);
        tokio::task::spawn_blocking(move || writer.join())
            .await
            .ok();
    };
    // A pipe that nobody reads takes no more: the rest is lost with it.
    timeout(LAST_LINES, last_lines).await.ok();
    ended
}

/// Writes on a thread of its own, so that a pipe that is not read does not keep Ctrl-C waiting.
fn write(mut out: impl Write, mut pieces: mpsc::Receiver<String>) {
    while let Some(piece) = pieces.blocking_recv() {
        if out
            .write_all(piece.as_bytes())
            .and_then(|()| out.flush())
            .is_err()
        {
            return;
        }
    }
}
