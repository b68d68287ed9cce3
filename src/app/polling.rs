//! The runtime of every command that polls, and sources polled without a screen.

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::clock;
use super::pump::{Patience, Pumps, QUEUE};
use crate::model::batch::Batch;
use crate::model::health::Board;
use crate::sources::Source;
use crate::sources::pace::Terms;

/// What running pumps give.
pub(super) struct Polling {
    /// Ends once every source has ended.
    pub(super) batches: mpsc::Receiver<Batch>,
    pub(super) board: watch::Receiver<Board>,
    /// Stops the pumps.
    pub(super) cancel: CancellationToken,
}

impl Polling {
    /// Starts a pump for each source. Must be called within a runtime.
    pub(super) fn start(sources: Vec<Box<dyn Source>>, terms: Terms, patience: Patience) -> Self {
        let (sender, batches) = mpsc::channel(QUEUE);
        let cancel = CancellationToken::new();
        let pumps = Pumps::new(sender, clock::system(), patience, terms, cancel.clone());
        let board = pumps.board();
        for source in sources {
            pumps.start(source);
        }
        Self {
            batches,
            board,
            cancel,
        }
    }
}

/// Its tasks wait for the network: one thread is plenty, and a second would be woken for each answer only to find nothing to do.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the runtime")
}
