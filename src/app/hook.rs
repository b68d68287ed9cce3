//! Runs somebody's command with each text on its standard input, one after another, beside everything else. No shell reads
//! the command: its words are its words. One that fails or hangs is said and changes nothing.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::clock::Stopwatch;

/// How long one run may take.
const WITHIN: Duration = Duration::from_secs(30);
/// How long what is still to be told may take once it is over.
const LAST: Duration = Duration::from_secs(5);
/// Texts that wait for their run; what comes on top is said and left out.
const WAITING: usize = 64;
/// How often a run is looked after.
const LOOK: Duration = Duration::from_millis(20);

/// The command, and the thread that runs it.
pub struct Hook {
    texts: Option<SyncSender<Text>>,
    thread: Option<JoinHandle<()>>,
    hurry: Arc<AtomicBool>,
    notice: fn(&str),
}

struct Text {
    /// What it is about, for messages.
    about: String,
    text: String,
}

impl Hook {
    /// A command as a shell would split it into words, quotes and backslashes included; nothing in it is expanded.
    /// `notice` is told what goes wrong.
    pub fn new(command: &str, notice: fn(&str)) -> anyhow::Result<Self> {
        let words = shell_words::split(command)
            .with_context(|| format!("--on-finding {command}: a quote that does not end"))?;
        let Some((program, arguments)) = words.split_first() else {
            bail!("--on-finding: no command · name a program and its arguments");
        };
        let run = Run {
            program: program.into(),
            arguments: arguments.iter().map(Into::into).collect(),
            hurry: Arc::default(),
        };
        let hurry = Arc::clone(&run.hurry);
        let (texts, waiting) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("on-finding".to_owned())
            .spawn(move || run.each(&waiting, notice))?;
        Ok(Self {
            texts: Some(texts),
            thread: Some(thread),
            hurry,
            notice,
        })
    }

    /// Has the command run with that text, soon.
    pub fn tell(&self, about: &str, text: String) {
        let about = about.to_owned();
        let sent = self
            .texts
            .as_ref()
            .map(|texts| texts.try_send(Text { about, text }));
        if let Some(Err(TrySendError::Full(lost) | TrySendError::Disconnected(lost))) = sent {
            (self.notice)(&format!(
                "--on-finding: {WAITING} findings wait for the command · {} is left out",
                lost.about
            ));
        }
    }
}

impl Drop for Hook {
    /// What waits is told, if that does not take long; a run that hangs is ended.
    fn drop(&mut self) {
        self.texts = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        let begun = Stopwatch::start();
        while !thread.is_finished() && begun.elapsed() < LAST {
            sleep(LOOK);
        }
        self.hurry.store(true, Ordering::Relaxed);
        // A panic in it was already printed.
        thread.join().ok();
    }
}

struct Run {
    program: OsString,
    arguments: Vec<OsString>,
    /// It is over: nothing is waited for any more.
    hurry: Arc<AtomicBool>,
}

impl Run {
    fn each(&self, texts: &Receiver<Text>, notice: fn(&str)) {
        for text in texts {
            let program = self.program.display();
            let trouble = match self.once(text.text) {
                Ok(Some(status)) if status.success() => continue,
                Ok(Some(status)) => format!("ended with {status}"),
                Ok(None) => format!("was ended: it may take {} s", WITHIN.as_secs()),
                Err(error) => format!("could not be run: {error}"),
            };
            notice(&format!(
                "--on-finding {program}: {trouble} · {} may not have arrived, the watch goes on",
                text.about
            ));
        }
    }

    /// One run; `None` if it had to be ended.
    fn once(&self, text: String) -> io::Result<Option<ExitStatus>> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            // Standard output is the report's.
            .stdout(io::stderr().as_fd().try_clone_to_owned()?)
            // Of its own: Ctrl-C is meant for nepho, and all that it started ends with it.
            .process_group(0)
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // It need not read: then writing ends with it.
            thread::spawn(move || input.write_all(text.as_bytes()).ok());
        }
        let begun = Stopwatch::start();
        while begun.elapsed() < WITHIN && !self.hurry.load(Ordering::Relaxed) {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            sleep(LOOK);
        }
        end(&mut child)?;
        Ok(None)
    }
}

/// Ends it and all that it started, and takes its status, so that nothing of it stays.
fn end(child: &mut Child) -> io::Result<()> {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        kill_process_group(group, Signal::KILL)?;
    }
    child.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Mutex;

    use super::*;

    /// What was said; tests that look at it take turns.
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static TURN: Mutex<()> = Mutex::new(());

    fn notice(text: &str) {
        SAID.lock().unwrap().push(text.to_owned());
    }

    fn said() -> Vec<String> {
        std::mem::take(&mut SAID.lock().unwrap())
    }

    #[test]
    fn each_text_is_given_once_in_order_and_no_shell_reads_the_words() {
        let _turn = TURN.lock();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a $HOME; file");
        let hook = Hook::new(&format!("tee -a '{}'", file.display()), notice).unwrap();
        for number in 0..20 {
            hook.tell("x", format!("{number}\n"));
        }
        drop(hook);
        let expected: String = (0..20).map(|number| format!("{number}\n")).collect();
        assert_eq!(fs::read_to_string(file).unwrap(), expected);
        assert!(said().is_empty());
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_said() {
        let _turn = TURN.lock();
        let hook = Hook::new("sh -c 'exit 3'", notice).unwrap();
        hook.tell("error:pay:x", "{}".to_owned());
        drop(hook);
        let hook = Hook::new("no-such-program-of-ours", notice).unwrap();
        hook.tell("error:pay:x", "{}".to_owned());
        drop(hook);
        let said = said();
        assert_eq!(
            said[0],
            "--on-finding sh: ended with exit status: 3 · error:pay:x may not have arrived, the watch goes on"
        );
        assert!(said[1].starts_with("--on-finding no-such-program-of-ours: could not be run: "));
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_that_it_started() {
        let _turn = TURN.lock();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let command = format!("sh -c 'sleep 600 & echo $! > {}; wait'", file.display());
        let hook = Hook::new(&command, notice).unwrap();
        // More than a pipe holds, and nobody reads it.
        hook.tell("error:pay:x", "x".repeat(1 << 20));
        let begun = Stopwatch::start();
        let child = loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            if let Ok(child) = text.trim().parse::<u32>() {
                break child;
            }
            assert!(begun.elapsed() < Duration::from_secs(20));
            sleep(LOOK);
        };
        drop(hook);
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "five seconds, not 600"
        );
        assert!(said()[0].contains("was ended"));
        // A signal that was sent has not arrived yet, and whoever inherits it may not have taken its status.
        let is_there = || {
            let state = fs::read_to_string(format!("/proc/{child}/stat"));
            state.is_ok_and(|state| !state.contains(") Z "))
        };
        while is_there() {
            assert!(begun.elapsed() < Duration::from_secs(20), "still there");
            sleep(LOOK);
        }
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        assert!(Hook::new("sh -c 'open", notice).is_err());
        assert!(Hook::new("  ", notice).is_err());
    }
}
