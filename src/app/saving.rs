//! Snapshots from the dashboard: written on a thread of their own while the screen goes on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::mpsc;

use super::clock;
use super::records::Records;
use crate::export::records::Progress;
use crate::export::snapshot::{self, Form, Options, Picture, Scope, Written};
use crate::model::mark::Noted;
use crate::model::settings::Settings;
use crate::model::words::number_of;
use crate::ui::keys::KeyTable;
use crate::ui::svg;
use crate::ui::theme::Look;

/// What the writing says.
pub(super) enum Said {
    Goes(Progress),
    Ended(String),
}

/// Writes snapshots, one at a time.
pub(super) struct Saver {
    records: Records,
    settings: Settings,
    look: Look,
    keys: KeyTable,
    busy: Option<Busy>,
}

struct Busy {
    said: mpsc::Receiver<Said>,
    cancel: Arc<AtomicBool>,
}

impl Saver {
    pub(super) fn new(records: Records, settings: Settings, look: Look, keys: KeyTable) -> Self {
        Self {
            records,
            settings,
            look,
            keys,
            busy: None,
        }
    }

    /// Begins to write into the working directory; while one is being written, cancels that instead.
    pub(super) fn start(&mut self, scope: Scope, noted: Noted) -> io::Result<()> {
        if let Some(busy) = &self.busy {
            busy.cancel.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let (sender, said) = mpsc::channel(4);
        let cancel = Arc::new(AtomicBool::new(false));
        let (look, keys) = (self.look.clone(), self.keys.clone());
        let picture: Picture = Box::new(move |scene| svg::panes(&scene, &look, &keys));
        let options = Options {
            settings: self.settings.clone(),
            scope,
            redact: true,
            keep_accounts: false,
            form: Form::Tar,
            local: clock::local,
            picture: Some(picture),
            noted: Some(noted),
            cancel: Arc::clone(&cancel),
        };
        let records = self.records.clone();
        thread::Builder::new()
            .name("snapshot".to_owned())
            .spawn(move || {
                let ended = write(records, &options, &mut |progress| {
                    // The screen may be behind: it will see a later one.
                    drop(sender.try_send(Said::Goes(progress)));
                });
                // Nobody is left to tell if the screen was closed.
                drop(sender.blocking_send(Said::Ended(ended)));
            })?;
        self.busy = Some(Busy { said, cancel });
        Ok(())
    }

    /// What is said next; never, while nothing is being written.
    pub(super) async fn said(&mut self) -> String {
        let Some(busy) = &mut self.busy else {
            return std::future::pending().await;
        };
        match busy.said.recv().await {
            Some(Said::Goes(progress)) => words(progress),
            Some(Said::Ended(how)) => {
                self.busy = None;
                how
            }
            None => {
                self.busy = None;
                "the snapshot was not finished".to_owned()
            }
        }
    }
}

/// A half-written snapshot takes itself away once it hears that nobody waits for it.
impl Drop for Saver {
    fn drop(&mut self) {
        if let Some(busy) = &self.busy {
            busy.cancel.store(true, Ordering::Relaxed);
        }
    }
}

fn words(progress: Progress) -> String {
    let done = progress.done / 1_000_000;
    match progress.total {
        Some(total) => format!(
            "snapshot: {} {done} of {} MB · s cancels",
            progress.step,
            total / 1_000_000
        ),
        None => format!("snapshot: {} {done} MB · s cancels", progress.step),
    }
}

/// Writes it; in words how that ended.
fn write(records: Records, options: &Options, progress: &mut dyn FnMut(Progress)) -> String {
    let written = match records.origin() {
        Ok(mut origin) => snapshot::write(&mut origin, options, Path::new("."), progress),
        Err(error) => return format!("no snapshot: {error}"),
    };
    match written {
        Ok(written) => saved(&written),
        Err(error) => format!("no snapshot: {error}"),
    }
}

fn saved(written: &Written) -> String {
    let values = written.manifest.redaction.values.values().sum();
    format!(
        "saved {} · {:.1} MB, {} replaced",
        written.path.display(),
        written.bytes as f64 / 1e6,
        number_of(values, "values")
    )
}
