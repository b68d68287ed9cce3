//! Reads what sources have, once, into the engine: for commands that answer and end.

use anyhow::bail;

use super::polling::{self, Polling};
use super::pump::Patience;
use crate::engine::Engine;
use crate::model::batch::Batch;
use crate::model::health::{Board, Health, SourceState};
use crate::sources::Source;
use crate::sources::pace::Terms;

/// Reads every source to its end. Returns what went wrong where the rest went on; fails where there is nothing to go on.
pub fn fetch(
    sources: Vec<Box<dyn Source>>,
    terms: Terms,
    engine: &mut Engine,
) -> anyhow::Result<Vec<String>> {
    each(sources, terms, &mut |batch| engine.apply(&batch))
}

/// The same with each batch handed to `take`.
pub fn each(
    sources: Vec<Box<dyn Source>>,
    terms: Terms,
    take: &mut dyn FnMut(Batch),
) -> anyhow::Result<Vec<String>> {
    let runtime = polling::runtime()?;
    let board = runtime.block_on(read(sources, terms, take));
    verdict(&board)
}

async fn read(sources: Vec<Box<dyn Source>>, terms: Terms, take: &mut dyn FnMut(Batch)) -> Board {
    let Polling {
        mut batches, board, ..
    } = Polling::start(sources, terms, Patience::Little);
    while let Some(batch) = batches.recv().await {
        take(batch);
    }
    let board = board.borrow();
    board.clone()
}

/// Without log lines there is nothing to conclude from: then what kept them away is the failure.
fn verdict(board: &Board) -> anyhow::Result<Vec<String>> {
    let sources = board.sources.values();
    let logs_read = sources
        .clone()
        .any(|source| source.is_log() && source.state == SourceState::Ended);
    let finds_logs = |source: &&Health| source.is_log() || source.finds_logs();
    let kept_away = sources.clone().filter(finds_logs).find_map(trouble);
    if let Some(trouble) = kept_away.filter(|_| !logs_read) {
        bail!("{trouble}");
    }
    let places = sources
        .clone()
        .flat_map(|source| [&source.elsewhere, &source.lent]);
    let mut words: Vec<_> = places.flatten().map(ToString::to_string).collect();
    words.extend(sources.clone().filter_map(trouble));
    if !logs_read {
        words.extend(sources.filter_map(nothing_found));
    }
    words.dedup();
    Ok(words)
}

fn trouble(source: &Health) -> Option<String> {
    let text = source.trouble.as_deref()?;
    Some(text.trim_end_matches("; trying again").to_owned())
}

/// What a source that found nothing says of it.
fn nothing_found(source: &Health) -> Option<String> {
    let note = source.note.as_deref()?;
    note.starts_with("no ").then(|| note.to_owned())
}
