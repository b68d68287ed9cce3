//! Lines that are not held, read again from the records on a thread of their own while the screen goes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::mpsc;

use super::records::Records;
use crate::export::records::recall;
use crate::model::analysis::Analysis;
use crate::model::words::number_of;
use crate::redact::Redactor;
use crate::sources::files;
use crate::store::recalled::{Answer, Asked};
use crate::ui::recall::wanted;

/// Megabytes after which the screen is told how far it is.
const STEP: u64 = 50;

/// What the reading says.
pub(super) enum Said {
    /// How far it is.
    Goes(String),
    /// How it ended: with the lines, or why without.
    Ended(Result<Answer, String>),
}

/// Reads again, one thing at a time.
pub(super) struct Recaller {
    records: Records,
    redactor: Option<Arc<Redactor>>,
    busy: Option<Busy>,
}

struct Busy {
    asked: Asked,
    said: mpsc::Receiver<Said>,
    cancel: Arc<AtomicBool>,
}

impl Recaller {
    pub(super) fn new(records: Records, redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            records,
            redactor,
            busy: None,
        }
    }

    /// Begins to read; what was being read before is given up. Asked for the same again, it only gives up.
    pub(super) fn start(&mut self, asked: Asked, analysis: &Arc<Analysis>) -> io::Result<()> {
        if let Some(busy) = self.busy.as_ref().filter(|busy| busy.asked == asked) {
            busy.cancel.store(true, Ordering::Relaxed);
            return Ok(());
        }
        self.give_up();
        let (sender, said) = mpsc::channel(4);
        let cancel = Arc::new(AtomicBool::new(false));
        let work = Work {
            records: self.records.clone(),
            redactor: self.redactor.clone(),
            asked: asked.clone(),
            analysis: Arc::clone(analysis),
            cancel: Arc::clone(&cancel),
        };
        thread::Builder::new()
            .name("recall".to_owned())
            .spawn(move || {
                let ended = work.read(&mut |words| {
                    // The screen may be behind: it will see later ones.
                    drop(sender.try_send(Said::Goes(words)));
                });
                // Nobody is left to tell if the screen was closed.
                drop(sender.blocking_send(Said::Ended(ended)));
            })?;
        self.busy = Some(Busy {
            asked,
            said,
            cancel,
        });
        Ok(())
    }

    /// Ends what is being read: nobody waits for it any more.
    pub(super) fn give_up(&mut self) {
        if let Some(busy) = self.busy.take() {
            busy.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// What is said next; never, while nothing is being read.
    pub(super) async fn said(&mut self) -> Said {
        let Some(busy) = &mut self.busy else {
            return std::future::pending().await;
        };
        let said = busy.said.recv().await;
        let said = said.unwrap_or_else(|| Said::Ended(Err("it was not finished".to_owned())));
        if matches!(said, Said::Ended(_)) {
            self.busy = None;
        }
        said
    }
}

impl Drop for Recaller {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// One thing to read.
struct Work {
    records: Records,
    redactor: Option<Arc<Redactor>>,
    asked: Asked,
    analysis: Arc<Analysis>,
    cancel: Arc<AtomicBool>,
}

impl Work {
    /// Reads to the end; in words why not.
    fn read(self, goes: &mut dyn FnMut(String)) -> Result<Answer, String> {
        let wanted = wanted(&self.asked, &self.analysis)?;
        let origin = self.records.origin().map_err(|error| error.to_string())?;
        let (cancel, mut told) = (self.cancel, 0);
        let mut progress = |found, read: &files::Read| {
            let megabytes = read.bytes / 1_000_000;
            if megabytes >= told + STEP {
                told = megabytes;
                goes(format!(
                    "reading all records again: {megabytes} MB, {} found · A cancels",
                    number_of(found, "lines")
                ));
            }
            !cancel.load(Ordering::Relaxed)
        };
        let redactor = self.redactor.as_ref();
        recall(&origin, redactor, self.asked, &wanted, &mut progress)
            .map_err(|error| error.to_string())?
            .ok_or_else(|| "cancelled".to_owned())
    }
}
