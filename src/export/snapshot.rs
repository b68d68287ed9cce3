//! The incident snapshot: what was seen, in one file that opens anywhere.
//!
//! The raw records are read once to find what belongs to the scope (if there is one), and once more to be written: on the way
//! secrets are taken out, and what is left goes both into `records.ndjson.zst` and into an engine of its own. Every other
//! file is made from what that engine concludes, so nothing in a snapshot can say what its records do not. Memory holds what
//! the engine remembers, never the records.

mod describe;
mod folder;
mod keep;
mod member;
mod name;
mod pack;
mod renderings;
mod scope;
mod ticket;

use std::io::{self, Write as _};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::engine::{Block, Engine, Limits};
use crate::model::analysis::Analysis;
use crate::model::cores;
use crate::model::mark::Noted;
use crate::model::settings::{Settings, SettingsError};
use crate::model::time::Timestamp;
use crate::redact::{Counts, Key, Redactor};
use crate::sources::files::{self, ReadError, Redacting};
use crate::sources::snapshot::{Manifest, RECORDS, Trust};
use crate::store::log_text::LogText;
use crate::store::scene::{Mode, Scene};

use folder::Folder;
use keep::Keeping;
use member::Member;
use renderings::{Matter, RENDERINGS};

pub use keep::Keep;
pub use pack::Form;
pub use scope::{Scope, ScopeError};

use super::examples::examples;
use super::otlp_json;
use super::records::{Both, Lines, Logs, OnProgress, Origin, Progress, Step, each, measure};
use super::telemetry::Telemetry;

/// Bytes of log text that are kept for the picture, which shows the last screenful of it.
const PICTURE_TEXT: usize = 2 << 20;
const LOGS: &str = "logs.otlp.jsonl";
/// How often it is looked whether the work was cancelled.
const LOOK: Duration = Duration::from_millis(50);
/// zstd's level. Higher ones take longer and make logs, and JSON that is made of them, no smaller.
const LEVEL: i32 = 1;

/// What is written, and how.
pub struct Options {
    pub settings: Settings,
    pub scope: Scope,
    /// `false` leaves secrets in, and says so.
    pub redact: bool,
    /// Leaves the numbers of AWS accounts in.
    pub keep_accounts: bool,
    pub form: Form,
    /// How a moment reads in the time zone of whoever writes it.
    pub local: fn(Timestamp) -> String,
    /// Draws `screen.svg` of what is written.
    pub picture: Option<Picture>,
    /// Set, it ends the work within moments: there is no snapshot then.
    pub cancel: Arc<AtomicBool>,
    /// What was left on the screen; `None` takes what a snapshot that is snapshot again has.
    pub noted: Option<Noted>,
}

/// Draws a scene as SVG.
pub type Picture = Box<dyn Fn(Scene) -> String + Send + Sync>;

/// What was written.
#[derive(Debug)]
pub struct Written {
    pub path: PathBuf,
    pub bytes: u64,
    pub manifest: Manifest,
    /// What was wrong with the inputs, one line each.
    pub warnings: Vec<String>,
}

/// Why there is no snapshot. The old file, if there was one, is untouched.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Scope(#[from] ScopeError),
    #[error("{path}: cannot be written: {cause} · check the folder, its rights and the room on it")]
    Write { path: PathBuf, cause: io::Error },
    #[error("{path}: exists already · name another, or take it away first")]
    Exists { path: PathBuf },
    #[error("cancelled: nothing was written")]
    Cancelled,
}

/// Writes a snapshot to `to`: a file, or a folder to put it in under its own name.
pub fn write(
    origin: &mut Origin,
    options: &Options,
    to: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, SnapshotError> {
    let mut progress = |done| {
        progress(done);
        !options.is_cancelled()
    };
    // Whatever fails for that reason.
    let written = begin(origin, options, to, &mut progress);
    written.map_err(|error| match error {
        SnapshotError::Write { .. } if options.is_cancelled() => SnapshotError::Cancelled,
        error => error,
    })
}

impl Options {
    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

fn begin(
    origin: &mut Origin,
    options: &Options,
    to: &Path,
    progress: &mut OnProgress<'_>,
) -> Result<Written, SnapshotError> {
    let (digest, total) = measure(origin, progress)?.ok_or(SnapshotError::Cancelled)?;
    // What was checked while it was measured need not be checked again.
    if let Origin::Files { options, .. } = origin
        && options.trust == Trust::Check
    {
        options.trust = Trust::Checked;
    }
    let (keep, newest) = if options.scope.is_all() {
        (Keep::everything(), None)
    } else {
        let (analysis, warnings) = search(origin, options, total, progress)?;
        drop(warnings);
        (options.scope.keep(&analysis)?, analysis.facts.newest)
    };
    let redactor = if options.redact {
        let (rules, key) = (&options.settings.redact, Key::of_content(digest));
        Some(Arc::new(Redactor::with_accounts(
            rules,
            key,
            options.keep_accounts,
        )?))
    } else {
        None
    };
    let work = Work {
        options,
        redactor,
        total,
    };
    let place = |analysis: &Analysis| {
        let end = analysis.window.map(|(_, to)| to).or(analysis.facts.newest);
        let name = name::name(end.or(newest), &options.scope, options.form);
        if to.is_dir() && !crate::sources::snapshot::is_folder(to) {
            to.join(name)
        } else {
            to.to_owned()
        }
    };
    work.write(origin, Arc::new(keep), to, &place, progress)
}

/// Concludes from everything, as it is, what belongs to the scope.
fn search(
    origin: &Origin,
    options: &Options,
    total: u64,
    progress: &mut OnProgress<'_>,
) -> Result<(Analysis, Vec<String>), SnapshotError> {
    let limits = Limits::of(&options.settings.memory, false);
    let mut engine = Engine::new(options.settings.clone(), limits)?;
    let (decoder, mut going) = (engine.decoder(), true);
    let empty = || Block::new(Arc::clone(&decoder), false);
    let read = each(origin, &empty, &mut |block, first, read| {
        if first {
            engine.begin_read();
        }
        engine.take(block);
        going = progress(Progress {
            step: Step::Searching,
            done: read.bytes,
            total: Some(total),
        });
        going
    })?;
    if !going {
        return Err(SnapshotError::Cancelled);
    }
    let (analysis, _) = concluded(engine, options)?;
    Ok((analysis, read.warnings))
}

/// Concludes on a thread of its own: once nobody waits for it any more it is left to itself.
fn concluded(engine: Engine, options: &Options) -> Result<(Analysis, LogText), SnapshotError> {
    let (sender, concluded) = sync_channel(1);
    let work = thread::spawn(move || {
        let text = engine.text();
        // Nobody waits where it was cancelled.
        drop(sender.send((engine.conclude(), text)));
    });
    loop {
        match concluded.recv_timeout(LOOK) {
            Ok(concluded) => return Ok(concluded),
            Err(RecvTimeoutError::Timeout) if options.is_cancelled() => {
                return Err(SnapshotError::Cancelled);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if let Err(panic) = work.join() {
                    resume_unwind(panic);
                }
                return Err(SnapshotError::Cancelled);
            }
        }
    }
}

/// The writing itself.
struct Work<'a> {
    options: &'a Options,
    redactor: Option<Arc<Redactor>>,
    total: u64,
}

/// Records on their way: what is kept, without secrets, as lines and decoded.
type Chain = Keeping<Redacting<Both<Block, Lines>>>;

impl Work<'_> {
    fn write(
        &self,
        origin: &Origin,
        keep: Arc<Keep>,
        to: &Path,
        place: &dyn Fn(&Analysis) -> PathBuf,
        progress: &mut OnProgress<'_>,
    ) -> Result<Written, SnapshotError> {
        let unwritten = |cause| SnapshotError::Write {
            path: to.to_owned(),
            cause,
        };
        let cancel = Arc::clone(&self.options.cancel);
        let mut folder = Folder::beside(to, self.options.form, cancel).map_err(unwritten)?;
        let memory = &self.options.settings.memory;
        let mut limits = Limits::of(memory, self.options.picture.is_some());
        limits.log_text_bytes = limits.log_text_bytes.min(PICTURE_TEXT);
        let mut engine = Engine::new(self.options.settings.clone(), limits)?;
        let (counts, lines, read) =
            self.records(origin, keep, &mut engine, &mut folder, progress)?;
        self.at(Step::Concluding, progress)?;
        let (analysis, text) = concluded(engine, self.options)?;
        let analysis = Arc::new(analysis);
        let path = place(&analysis);
        let mut manifest = self.manifest(origin, &analysis, &counts, &lines);
        let telemetry = Telemetry::new(&analysis, lines.region());
        let records = folder.path().join(RECORDS);
        let mut logs = folder.create(LOGS).map_err(unwritten)?;
        // The lines are worked on by all cores, what is made of the analysis by one: both at once.
        let (others, rows) = cores::both(
            || {
                self.picture(&analysis, text, &mut folder)?;
                made_of(&analysis, &manifest, &telemetry, &mut folder)
            },
            || self.logs(&telemetry, &records, &mut logs, progress),
        );
        let rows = rows?;
        others.map_err(unwritten)?;
        folder.close(logs, Some(rows)).map_err(unwritten)?;
        manifest.files = folder.files().to_vec();
        folder.manifest(&manifest).map_err(unwritten)?;
        self.at(Step::Packing, progress)?;
        let end = analysis.window.map_or(Timestamp(0), |(_, to)| to);
        let bytes = pack::pack(folder, self.options.form, end, &path).map_err(|cause| {
            if cause.kind() == io::ErrorKind::AlreadyExists {
                SnapshotError::Exists { path: path.clone() }
            } else {
                unwritten(cause)
            }
        })?;
        Ok(Written {
            path,
            bytes,
            manifest,
            warnings: read.warnings,
        })
    }

    /// Says where the work is when everything has been read.
    fn at(&self, step: Step, progress: &mut OnProgress<'_>) -> Result<(), SnapshotError> {
        let (done, total) = (self.total, Some(self.total));
        let going = progress(Progress { step, done, total });
        going.then_some(()).ok_or(SnapshotError::Cancelled)
    }

    /// Writes the records that are kept, and lets the engine have them.
    fn records(
        &self,
        origin: &Origin,
        keep: Arc<Keep>,
        engine: &mut Engine,
        folder: &mut Folder,
        progress: &mut OnProgress<'_>,
    ) -> Result<(Counts, Lines, files::Read), SnapshotError> {
        let unwritten = |cause| SnapshotError::Write {
            path: folder::shown(RECORDS),
            cause,
        };
        let (decoder, keep_text) = (engine.decoder(), engine.keeps_text());
        let empty = || -> Chain {
            let block = Block::new(Arc::clone(&decoder), keep_text);
            let both = Both(block, Lines::default());
            Keeping::new(
                Arc::clone(&keep),
                Redacting::new(both, self.redactor.clone()),
            )
        };
        let mut counts = Counts::default();
        let mut all = Lines::default();
        let mut out = folder.create(RECORDS).map_err(unwritten)?;
        let (mut going, mut failed) = (true, None);
        let read = each(origin, &empty, &mut |chain: Chain, first, read| {
            let Redacting {
                to, counts: more, ..
            } = chain.to;
            let Both(block, lines) = to;
            if first {
                engine.begin_read();
            }
            engine.take(block);
            counts.merge(&more);
            all.count(&lines);
            failed = out.write_all(lines.bytes()).err();
            going = progress(Progress {
                step: Step::Writing,
                done: read.bytes,
                total: Some(self.total),
            });
            going && failed.is_none()
        })?;
        if let Some(cause) = failed {
            return Err(unwritten(cause));
        }
        if !going {
            return Err(SnapshotError::Cancelled);
        }
        let unparsed = all.unparsed_line();
        out.write_all(unparsed.as_bytes()).map_err(unwritten)?;
        all.add_bytes(unparsed.len());
        folder.close(out, Some(all.rows())).map_err(unwritten)?;
        Ok((counts, all, read))
    }

    /// `screen.svg`: every pane on what is written, so without what was taken out. It names no file: the same records give the
    /// same picture.
    fn picture(
        &self,
        analysis: &Arc<Analysis>,
        text: LogText,
        folder: &mut Folder,
    ) -> io::Result<()> {
        let Some(picture) = &self.options.picture else {
            return Ok(());
        };
        let now = analysis.facts.newest.unwrap_or_default();
        let scene = Scene {
            analysis: Arc::clone(analysis),
            text: Arc::new(text),
            ..Scene::empty(Mode::File, "snapshot", now)
        };
        let mut member = folder.create("screen.svg")?;
        member.write_all(picture(scene).as_bytes())?;
        folder.close(member, None)
    }

    /// Reads the records that were written once more. Says how many lines of log there were.
    fn logs(
        &self,
        telemetry: &Telemetry<'_>,
        records: &Path,
        member: &mut Member,
        progress: &mut OnProgress<'_>,
    ) -> Result<u64, SnapshotError> {
        let mut batches = otlp_json::logs(telemetry);
        let (mut going, mut failed) = (true, None);
        files::each(
            &[records.to_owned()],
            &files::Options::default(),
            &|| Logs::new(telemetry),
            &mut |logs, _, read| {
                let records = logs.records.into_iter();
                let mut full = records.filter_map(|(place, record)| batches.push(place, record));
                failed = full.try_for_each(|line| line.write(member)).err();
                going = progress(Progress {
                    step: Step::Concluding,
                    done: read.bytes,
                    total: Some(self.total),
                });
                going && failed.is_none()
            },
        )?;
        if !going && failed.is_none() {
            return Err(SnapshotError::Cancelled);
        }
        let rest = || batches.rest().map_or(Ok(()), |line| line.write(member));
        match failed.map_or_else(rest, Err) {
            Ok(()) => Ok(batches.records()),
            Err(cause) => Err(SnapshotError::Write {
                path: folder::shown(LOGS),
                cause,
            }),
        }
    }
}

/// Writes all files that are made from the analysis alone.
fn made_of(
    analysis: &Analysis,
    manifest: &Manifest,
    telemetry: &Telemetry<'_>,
    folder: &mut Folder,
) -> io::Result<()> {
    let matter = Matter {
        analysis,
        manifest,
        examples: examples(analysis, telemetry.requests()),
    };
    for rendering in RENDERINGS {
        rendering(&matter, folder)?;
    }
    let mut member = folder.create("traces.otlp.jsonl")?;
    let spans = otlp_json::traces(telemetry, &mut member)?;
    folder.close(member, Some(spans))
}
