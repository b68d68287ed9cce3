//! The engine on a thread of its own: batches in, pictures out. CPU work must not sit on the runtime's workers.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::clock::{Clock, Stopwatch};
use crate::engine::Engine;
use crate::model::analysis::Analysis;
use crate::model::batch::Batch;
use crate::model::health::Board;
use crate::store::scene::{Mode, Scene};

/// The least time between two pictures.
const GAP: Duration = Duration::from_millis(500);

/// After a picture that took 100 ms the next comes so many times 100 ms later, so that taking records in goes first.
const REST: u32 = 4;

/// What the engine thread needs beside the engine.
pub(crate) struct Surroundings {
    pub(crate) batches: mpsc::Receiver<Batch>,
    pub(crate) board: watch::Receiver<Board>,
    pub(crate) scene: watch::Sender<Arc<Scene>>,
    pub(crate) clock: Clock,
    pub(crate) mode: Mode,
    pub(crate) place: Arc<str>,
    /// Called with each batch before it is decoded: `--record`.
    pub(crate) record: Option<Recorder>,
}

/// Writes batches down as they come.
pub(crate) type Recorder = Box<dyn FnMut(&Batch) -> io::Result<()> + Send>;

/// Starts the thread. It ends when all senders of batches are gone, and gives what recording said.
pub(crate) fn spawn(
    engine: Engine,
    around: Surroundings,
    runtime: Handle,
) -> io::Result<JoinHandle<io::Result<()>>> {
    let work = Work {
        engine,
        around,
        meter: Stopwatch::start(),
        analysis: Arc::default(),
        stale: false,
        changed: false,
        next: Duration::ZERO,
    };
    thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || work.run(&runtime))
}

struct Work {
    engine: Engine,
    around: Surroundings,
    /// Measures how long things take.
    meter: Stopwatch,
    analysis: Arc<Analysis>,
    /// Records came since the last analysis.
    stale: bool,
    /// Something came since the last picture.
    changed: bool,
    /// When the next picture may be made, by the meter.
    next: Duration,
}

/// What woke the engine.
enum Woke {
    Batch(Option<Batch>),
    Board,
    Due,
}

impl Work {
    fn run(mut self, runtime: &Handle) -> io::Result<()> {
        loop {
            match runtime.block_on(self.woken()) {
                Woke::Batch(Some(batch)) => {
                    if let Some(record) = &mut self.around.record {
                        record(&batch)?;
                    }
                    self.engine.apply(&batch);
                    self.stale |= !batch.is_empty();
                    self.changed |= !batch.is_empty();
                }
                Woke::Batch(None) => {
                    if self.changed {
                        self.publish();
                    }
                    return Ok(());
                }
                Woke::Board => self.changed = true,
                Woke::Due => {}
            }
            if self.changed && self.meter.elapsed() >= self.next {
                self.publish();
            }
        }
    }

    async fn woken(&mut self) -> Woke {
        let due = sleep(self.next.saturating_sub(self.meter.elapsed()));
        tokio::select! {
            biased;
            () = due, if self.changed => Woke::Due,
            batch = self.around.batches.recv() => Woke::Batch(batch),
            Ok(()) = self.around.board.changed() => Woke::Board,
        }
    }

    fn publish(&mut self) {
        let before = self.meter.elapsed();
        if self.stale {
            self.analysis = Arc::new(self.engine.analyse());
        }
        let around = &mut self.around;
        around.scene.send_replace(Arc::new(Scene {
            analysis: Arc::clone(&self.analysis),
            board: Arc::new(around.board.borrow_and_update().clone()),
            text: Arc::new(self.engine.text()),
            mode: around.mode,
            place: Arc::clone(&around.place),
            now: (around.clock)(),
        }));
        self.stale = false;
        self.changed = false;
        let after = self.meter.elapsed();
        self.next = after + GAP.max((after - before) * REST);
    }
}
