//! `nepho report --every`: sources are polled without a screen, and concluded from every so often.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use globset::GlobSet;
use tokio::time::{Instant, sleep_until};

use super::clock;
use super::ending::Ending;
use super::pipe::Pipe;
use super::polling::{self, Polling};
use super::pump::Patience;
use super::troubles::{self, Troubles};
use crate::engine::{Engine, Scope};
use crate::model::analysis::Analysis;
use crate::model::health::Board;
use crate::sources::Source;
use crate::sources::pace::Terms;

/// What is watched, and how.
pub struct Rounds {
    pub sources: Vec<Box<dyn Source>>,
    pub terms: Terms,
    pub engine: Engine,
    /// From one conclusion to the next.
    pub every: Duration,
    /// Each conclusion is about so much time before it.
    pub back: Duration,
    /// Functions that are reported; all if `None`.
    pub functions: Option<GlobSet>,
}

/// Writes what `tell` makes of each conclusion until Ctrl-C, SIGTERM or SIGHUP, the first once the past was read. Fails where there is
/// nothing to watch, and where telling or writing does. `notice` is told what goes wrong meanwhile.
pub fn run(
    rounds: Rounds,
    out: impl Write + Send + 'static,
    tell: &mut dyn FnMut(&Analysis) -> anyhow::Result<Vec<u8>>,
    notice: &dyn Fn(&str),
) -> anyhow::Result<()> {
    let runtime = polling::runtime()?;
    let ended = runtime.block_on(watch(rounds, Pipe::to(out), tell, notice));
    // A call that hangs must not keep the prompt waiting.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended
}

async fn watch(
    rounds: Rounds,
    pipe: Pipe,
    tell: &mut dyn FnMut(&Analysis) -> anyhow::Result<Vec<u8>>,
    notice: &dyn Fn(&str),
) -> anyhow::Result<()> {
    let mut ending = Ending::listen()?;
    let Polling {
        mut batches,
        mut board,
        cancel,
    } = Polling::start(rounds.sources, rounds.terms, Patience::AfterStart);
    let _stop = cancel.drop_guard();
    let mut engine = rounds.engine;
    let mut troubles = Troubles::default();
    let mut next = Instant::now() + rounds.every;
    let mut begun = false;
    // A report that waits to be written; until it is, no other is made.
    let mut told = None;
    let ended = loop {
        tokio::select! {
            () = ending.told() => break Ok(()),
            () = pipe.closed() => break Ok(()),
            permit = pipe.ready(), if told.is_some() => match (permit, told.take()) {
                (Some(permit), Some(report)) => permit.send(report),
                _ => break Ok(()),
            },
            batch = batches.recv() => match batch {
                Some(batch) => engine.apply(&batch),
                None => break Err(anyhow!(troubles::nothing_left(&board.borrow()))),
            },
            Ok(()) = board.changed() => {
                let board = board.borrow_and_update();
                if let Some(nothing) = troubles::nothing_to_follow(&board) {
                    break Err(anyhow!(nothing));
                }
                troubles.tell(&board, notice);
                if !begun && past_was_read(&board) {
                    next = Instant::now();
                }
            }
            () = sleep_until(next), if told.is_none() => {
                begun = true;
                engine.not_seen_yet(board.borrow().open_gaps());
                engine.restrict(&Scope {
                    from: Some(clock::now().before(rounds.back)),
                    until: None,
                    functions: rounds.functions.clone(),
                });
                match tell(&engine.analyse()) {
                    Ok(report) => told = Some(report),
                    Err(error) => break Err(error),
                }
                // What took longer than a round leaves rounds out.
                next = Instant::now().max(next + rounds.every);
            }
        }
    };
    pipe.end(told).await.context("writing the report")?;
    ended
}

/// Whether every log group that was found has been read up to now.
fn past_was_read(board: &Board) -> bool {
    let mut logs = board
        .sources
        .values()
        .filter(|source| source.is_log())
        .peekable();
    let mut finders = (board.sources.values()).filter(|source| source.finds_logs());
    logs.peek().is_some()
        && finders.all(|finder| {
            finder.note.is_some() || finder.trouble.is_some() || finder.elsewhere.is_some()
        })
        && logs.all(|source| source.complete_until.is_some() || source.trouble.is_some())
}
