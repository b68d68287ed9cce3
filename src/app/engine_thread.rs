//! The engine on a thread of its own: batches in, pictures out. CPU work must not sit on the runtime's workers.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::clock::{Clock, Stopwatch};
use crate::engine::Engine;
use crate::export::recording;
use crate::model::analysis::Analysis;
use crate::model::batch::Batch;
use crate::model::health::{Board, Health, SourceState};
use crate::model::record::Gap;
use crate::model::time::Timestamp;
use crate::model::words::number_of;
use crate::redact::Redactor;
use crate::sources::files;
use crate::store::journal::Journal;
use crate::store::log_text::LogText;
use crate::store::recalled::Recalled;
use crate::store::scene::{Mode, Scene};

/// The least time between two pictures.
const GAP: Duration = Duration::from_millis(500);

/// So much longer while nothing comes: what changes then is how far everything is read, which the screen says to the second.
const CALM: Duration = Duration::from_millis(500);

/// After a picture that took 100 ms the next comes so many times 100 ms later: taking records in goes first, and whoever keeps
/// the dashboard open should not hear the fan for it.
const REST: u32 = 14;

/// At the start, when the history comes in, whoever was woken waits for each picture: then it is fewer.
const EAGER_REST: u32 = 3;
const START: Duration = Duration::from_secs(30);

/// Where the engine's records come from.
pub(crate) enum Feed {
    /// Pumps, and what they say of their sources.
    Pumps {
        batches: mpsc::Receiver<Batch>,
        board: watch::Receiver<Board>,
        /// Others take their place; closed where none can.
        anew: mpsc::Receiver<Anew>,
    },
    /// Files, decoded on all cores, then nothing more.
    Files {
        paths: Vec<PathBuf>,
        options: files::Options,
    },
}

/// Another place is watched: nothing of what was before stays.
pub(crate) struct Anew {
    pub(crate) batches: mpsc::Receiver<Batch>,
    /// What the header calls it.
    pub(crate) place: Arc<str>,
}

/// What the engine thread needs beside the engine.
pub(crate) struct Surroundings {
    pub(crate) feed: Feed,
    pub(crate) scene: watch::Sender<Arc<Scene>>,
    /// The present of the data; `None` takes the newest record.
    pub(crate) clock: Option<Clock>,
    pub(crate) mode: Mode,
    pub(crate) place: Arc<str>,
    /// Is given each batch before it is decoded.
    pub(crate) record: Option<Box<dyn Recorder>>,
    /// Keeps what is polled for a snapshot.
    pub(crate) journal: Arc<Mutex<Journal>>,
    /// Masks what is polled before the screen can show it.
    pub(crate) redactor: Option<Arc<Redactor>>,
}

/// Writes batches down as they come: `--record`.
pub trait Recorder: Send {
    /// What the board calls it: `recording FILE`.
    fn name(&self) -> &str;

    /// Writes one batch.
    fn record(&mut self, batch: &Batch) -> io::Result<()>;

    /// Writes what is left: a compressed file ends with its own mark.
    fn finish(&mut self) -> io::Result<()>;
}

/// Starts the thread. It ends when all senders of batches are gone or nobody looks any more, and gives what recording
/// or reading said.
pub(crate) fn spawn(
    engine: Engine,
    around: Surroundings,
) -> io::Result<JoinHandle<anyhow::Result<()>>> {
    let Surroundings {
        feed,
        scene,
        clock,
        mode,
        place,
        record,
        journal,
        redactor,
    } = around;
    let work = Work {
        engine,
        picture: Picture {
            scene,
            clock,
            mode,
            place,
            analysis: Arc::default(),
        },
        record,
        journal,
        redactor,
        board: Board::default(),
        broken_recording: None,
        open_gaps: Vec::new(),
        meter: Stopwatch::start(),
        stale: false,
        changed: false,
        fresh: false,
        next: Duration::ZERO,
    };
    // Of its own: the thread may still wait while the runtime of the screen ends.
    let waits = Builder::new_current_thread().enable_time().build()?;
    let run = move || {
        give_way();
        match feed {
            Feed::Pumps {
                batches,
                board,
                anew,
            } => work.pumped(batches, board, anew, &waits),
            Feed::Files { paths, options } => work.files(&paths, &options),
        }
    };
    thread::Builder::new().name("engine".to_owned()).spawn(run)
}

/// Lets the thread that calls, and those that it starts, give way to the others: a key does not wait for conclusions. Other systems than
/// Linux count by the process, which would hold the screen back as well.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 10) {
        tracing::debug!(%error, "the engine does not give way");
    }
}

struct Work {
    engine: Engine,
    picture: Picture,
    record: Option<Box<dyn Recorder>>,
    journal: Arc<Mutex<Journal>>,
    redactor: Option<Arc<Redactor>>,
    board: Board,
    /// The recording that was given up: pumps know nothing of it.
    broken_recording: Option<(Box<str>, Health)>,
    /// Those that the engine knows of.
    open_gaps: Vec<Gap>,
    /// Measures how long things take, since the start or since another place is watched.
    meter: Stopwatch,
    /// Records came since the last analysis.
    stale: bool,
    /// Something came since the last picture.
    changed: bool,
    /// Records were among it.
    fresh: bool,
    /// When the next picture may be made, by the meter.
    next: Duration,
}

/// What pictures are made of beside the engine's answer.
struct Picture {
    scene: watch::Sender<Arc<Scene>>,
    clock: Option<Clock>,
    mode: Mode,
    place: Arc<str>,
    analysis: Arc<Analysis>,
}

/// What woke the engine.
enum Woke {
    Batch(Option<Batch>),
    Anew(Option<Anew>),
    Board,
    Due,
}

impl Work {
    fn pumped(
        mut self,
        mut batches: mpsc::Receiver<Batch>,
        mut board: watch::Receiver<Board>,
        mut anew: mpsc::Receiver<Anew>,
        waits: &Runtime,
    ) -> anyhow::Result<()> {
        let (mut flows, mut may_turn) = (true, true);
        // What the board says changes with each call, and is looked at for each picture.
        let mut said = false;
        while flows || may_turn {
            let left = self.due_at().saturating_sub(self.meter.elapsed());
            let changed = self.changed;
            let woke = waits.block_on(async {
                tokio::select! {
                    biased;
                    () = sleep(left), if changed => Woke::Due,
                    turned = anew.recv(), if may_turn => Woke::Anew(turned),
                    batch = batches.recv(), if flows => Woke::Batch(batch),
                    Ok(()) = board.changed(), if !said => Woke::Board,
                }
            });
            match woke {
                Woke::Batch(Some(batch)) => {
                    self.record(&batch);
                    self.keep(&batch);
                    let batch = self.masked(batch);
                    self.engine.apply(&batch);
                    self.stale |= !batch.is_empty();
                    self.changed |= !batch.is_empty();
                    self.fresh |= !batch.records.is_empty();
                }
                Woke::Batch(None) => {
                    flows = false;
                    self.changed = true;
                    self.fresh = true;
                    self.next = Duration::ZERO;
                }
                // What the pumps before had on its way is dropped with their channel.
                Woke::Anew(Some(turned)) => {
                    batches = turned.batches;
                    flows = true;
                    self.begin_anew(turned.place);
                }
                Woke::Anew(None) => may_turn = false,
                Woke::Board => {
                    said = true;
                    self.changed = true;
                }
                Woke::Due => {}
            }
            if self.changed && self.meter.elapsed() >= self.due_at() {
                // What was found must be known with what was read of it.
                if std::mem::take(&mut said) || board.has_changed().unwrap_or(false) {
                    self.board = board.borrow_and_update().clone();
                    self.board.sources.extend(self.broken_recording.clone());
                    self.note_open_gaps();
                }
                self.publish();
            }
        }
        self.end()
    }

    /// Forgets all that was taken in: figures of two places must not mix.
    fn begin_anew(&mut self, place: Arc<str>) {
        self.engine.clear();
        if let Ok(mut journal) = self.journal.lock() {
            journal.clear();
        }
        self.picture.place = place;
        self.stale = true;
        self.changed = true;
        self.fresh = true;
        self.meter = Stopwatch::start();
        self.next = Duration::ZERO;
    }

    fn files(self, paths: &[PathBuf], options: &files::Options) -> anyhow::Result<()> {
        // The engine is lent to the reading, which gives it back after each block to look at.
        let Self {
            mut engine,
            mut picture,
            meter,
            mut next,
            mut board,
            ..
        } = self;
        let name: Box<str> = Box::from(&*picture.place);
        let read = files::read(paths, options, &mut engine, &mut |engine, read| {
            if meter.elapsed() >= next {
                let health = Health {
                    name: name.clone(),
                    state: SourceState::Reading,
                    progress: Some(read.progress()),
                    note: Some(format!("{} MB read", read.bytes / 1_000_000).into()),
                    ..Health::default()
                };
                board.sources.insert(name.clone(), health);
                let before = meter.elapsed();
                picture.analysis = Arc::new(engine.analyse());
                picture.show(engine.text(), engine.newest(), &board);
                next = next_picture(before, meter.elapsed());
            }
            !picture.scene.is_closed()
        });
        let health = match &read {
            Ok(read) => {
                let files = number_of(read.files as u64, "files");
                Health {
                    name: name.clone(),
                    state: SourceState::Ended,
                    trouble: read
                        .warnings
                        .first()
                        .map(|said| at_home(said, paths).into()),
                    note: Some(format!("{files}, {} MB", read.bytes / 1_000_000).into()),
                    ..Health::default()
                }
            }
            Err(error) => Health {
                name: name.clone(),
                state: SourceState::Broken,
                trouble: Some(error.to_string().into()),
                ..Health::default()
            },
        };
        board.sources.insert(name, health);
        // Nothing more comes: what the engine holds becomes the last picture.
        let (text, newest) = (engine.text(), engine.newest());
        picture.analysis = Arc::new(engine.conclude());
        picture.show(text, newest, &board);
        read?;
        Ok(())
    }

    /// Gaps that opened, grew or were filled belong to the answer.
    fn note_open_gaps(&mut self) {
        let open: Vec<Gap> = self.board.open_gaps().cloned().collect();
        if open != self.open_gaps {
            self.engine.not_seen_yet(open.iter());
            self.open_gaps = open;
            self.stale = true;
        }
    }

    /// A recording that fails (a full disk) is given up and shown as broken; the dashboard goes on.
    fn record(&mut self, batch: &Batch) {
        let Some(recorder) = &mut self.record else {
            return;
        };
        if let Err(error) = recorder.record(batch) {
            let name: Box<str> = recorder.name().into();
            let trouble =
                format!("{name}: {error} · the recording ends here, the dashboard goes on");
            let health = Health {
                name: name.clone(),
                state: SourceState::Broken,
                trouble: Some(trouble.into()),
                ..Health::default()
            };
            self.record = None;
            self.board.sources.insert(name.clone(), health.clone());
            self.broken_recording = Some((name, health));
        }
    }

    /// A batch without what the screen must not show, where it must not.
    fn masked(&self, mut batch: Batch) -> Batch {
        if let Some(redactor) = &self.redactor {
            let mut counts = redactor.counts();
            let records = std::mem::take(&mut batch.records).into_iter();
            batch.records = records
                .map(|record| redactor.record(record, &mut counts))
                .collect();
        }
        batch
    }

    /// Keeps a batch for a snapshot. Compressing cannot fail but for want of memory.
    fn keep(&self, batch: &Batch) {
        if let Ok(mut journal) = self.journal.lock()
            && let Err(error) = recording::keep(batch, &mut journal)
        {
            tracing::warn!(%error, "records are missing from snapshots");
        }
    }

    /// Closes the recording, and says what became of it.
    fn end(&mut self) -> anyhow::Result<()> {
        if let Some((_, health)) = &self.broken_recording {
            anyhow::bail!("{}", health.trouble.as_deref().unwrap_or_default());
        }
        match &mut self.record {
            Some(recorder) => Ok(recorder.finish()?),
            None => Ok(()),
        }
    }

    /// When the next picture is due, by the meter, if something came.
    fn due_at(&self) -> Duration {
        let calm = !self.fresh && self.next > START;
        self.next + if calm { CALM } else { Duration::ZERO }
    }

    fn publish(&mut self) {
        let before = self.meter.elapsed();
        if self.stale {
            self.picture.analysis = Arc::new(self.engine.analyse());
        }
        let engine = &self.engine;
        self.picture
            .show(engine.text(), engine.newest(), &self.board);
        self.stale = false;
        self.changed = false;
        self.fresh = false;
        self.next = next_picture(before, self.meter.elapsed());
    }
}

/// What is said of an input without the folder that it lies in: the name of the source has none either.
fn at_home<'a>(said: &'a str, paths: &[PathBuf]) -> &'a str {
    let folders = paths.iter().filter_map(|path| path.parent());
    let mut folders = folders.filter(|folder| !folder.as_os_str().is_empty());
    let rest = folders.find_map(|folder| said.strip_prefix(&*folder.to_string_lossy()));
    rest.map_or(said, |rest| rest.trim_start_matches('/'))
}

/// When the next picture may be made after one that took from `before` to `after`.
fn next_picture(before: Duration, after: Duration) -> Duration {
    let rest = if after < START { EAGER_REST } else { REST };
    after + GAP.max(after.saturating_sub(before) * rest)
}

impl Picture {
    fn show(&self, text: LogText, newest: Option<Timestamp>, board: &Board) {
        let newest = newest.unwrap_or(Timestamp(0));
        self.scene.send_replace(Arc::new(Scene {
            analysis: Arc::clone(&self.analysis),
            board: Arc::new(board.clone()),
            text: Arc::new(text),
            recalled: Recalled::default(),
            mode: self.mode,
            place: Arc::clone(&self.place),
            now: self.clock.as_ref().map_or(newest, |clock| clock()),
        }));
    }
}
