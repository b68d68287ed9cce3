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
use std::iter;
use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::time::{MissedTickBehavior, interval};

pub use print::Style;

use self::gaps::Gaps;
use self::reader::Reader;
use self::show::Show;
use self::spending::Spending;
use super::clock;
use super::ending::Ending;
use super::pipe::Pipe;
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

/// Follows until Ctrl-C, until nobody reads any more, or until there is nothing to follow or no room to write: then the error says why.
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
    let pipe = Pipe::to(out);
    let mut show = Show::new(tail.decoder, tail.function, tail.filter, tail.style);
    let (mut troubles, mut gaps) = (Troubles::default(), Gaps::default());
    let mut spending = Spending::default();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ending = Ending::listen()?;
    let ended = loop {
        tokio::select! {
            () = ending.told() => break Ok(()),
            permit = pipe.ready(), if show.unwritten() > 0 => match permit {
                Some(permit) => permit.send(show.piece(PIECE).into_bytes()),
                None => break Ok(()),
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
    let last = iter::from_fn(|| (show.unwritten() > 0).then(|| show.piece(PIECE).into_bytes()));
    pipe.end(last).await.context("writing the lines")?;
    ended
}
