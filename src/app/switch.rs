//! Watching other places: the pumps of the old ones end, those of the new ones start, and what was collected goes, since
//! figures of two places must not mix.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::engine_thread::{Anew, Feed};
use super::pump::{Attention, Patience, Pumps, QUEUE};
use super::run::MakeSources;
use crate::model::places::Watching;
use crate::sources::pace::Terms;

/// What it takes to watch other places.
pub(super) struct Switch {
    make: MakeSources,
    pumps: Pumps,
    /// Ends the pumps that run now.
    cancel: CancellationToken,
    /// Ends all.
    root: CancellationToken,
    anew: mpsc::Sender<Anew>,
    /// What the header calls what is watched.
    place: Arc<str>,
}

impl Switch {
    /// Starts the pumps of the first places; all end with `root`. What they bring goes to the engine thread.
    pub(super) fn start(
        mut make: MakeSources,
        watching: Option<&Watching>,
        (clock, terms): (Clock, Terms),
        place: &str,
        root: &CancellationToken,
    ) -> anyhow::Result<(Self, Feed)> {
        let (sender, batches) = mpsc::channel(QUEUE);
        let cancel = root.child_token();
        let pumps = Pumps::new(sender, clock, Patience::Endless, terms, cancel.clone());
        let board = pumps.board();
        for source in make(watching.unwrap_or(&Watching::default()))? {
            pumps.start(source);
        }
        let (turn, anew) = mpsc::channel(1);
        let switch = Self {
            make,
            pumps,
            cancel,
            root: root.clone(),
            anew: turn,
            place: place.into(),
        };
        let feed = Feed::Pumps {
            batches,
            board,
            anew,
        };
        Ok((switch, feed))
    }

    /// Takes what matters from now on: it is asked for first.
    pub(super) fn attendant(&self) -> impl Fn(Attention) + Send + use<> {
        self.pumps.attendant()
    }

    /// Watches these places from now on; in words why not.
    pub(super) fn watch(&mut self, watching: &Watching) -> Result<(), String> {
        let sources = (self.make)(watching).map_err(|error| format!("{error:#}"))?;
        let (sender, batches) = mpsc::channel(QUEUE);
        let place: Arc<str> = watching.words().into();
        let turned = Anew {
            batches,
            place: Arc::clone(&place),
        };
        let busy = "still busy with the place before · try again in a moment";
        self.anew.try_send(turned).map_err(|_| busy.to_owned())?;
        self.cancel.cancel();
        self.cancel = self.root.child_token();
        self.pumps = self.pumps.anew(sender, self.cancel.clone());
        for source in sources {
            self.pumps.start(source);
        }
        self.place = place;
        Ok(())
    }

    /// Everything is asked again now.
    pub(super) fn hurry(&self) {
        self.pumps.hurry();
    }

    /// What the header calls what is watched.
    pub(super) fn place(&self) -> &str {
        &self.place
    }
}
