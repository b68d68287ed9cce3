//! The built program in a pseudo-terminal, with a model of its screen.

use std::io::{Read as _, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nepho::app::clock::Stopwatch;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// Longest that anything may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. Dropping it kills it.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    folder: TempDir,
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

impl Pty {
    /// Starts `nepho` under a shell that notes the terminal's settings before and after.
    pub fn start(columns: u16, rows: u16, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new("sh");
        let script = r#"stty -g >before; sh -c 'echo $$ >pid; exec "$0" "$@"' "$@"; echo $? >status; stty -g >after"#;
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_nepho")]);
        command.args(arguments);
        command.cwd(folder.path());
        for (key, value) in [
            ("TERM", "xterm-256color"),
            ("LC_ALL", "C.UTF-8"),
            ("COLORTERM", "truecolor"),
        ] {
            command.env(key, value);
        }
        command.env_remove("NO_COLOR");
        // What a test leaves behind is not the business of whoever runs it.
        command.env("XDG_STATE_HOME", folder.path().join("state"));
        for (key, value) in env {
            command.env(key, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(rows, columns, 0);
        let seen = Arc::new(Mutex::new(Seen {
            parser,
            raw: Vec::new(),
            ended: false,
        }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let sink = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(got @ 1..) = reader.read(&mut buffer) {
                let mut seen = sink.lock().unwrap();
                seen.parser.process(&buffer[..got]);
                seen.raw.extend_from_slice(&buffer[..got]);
            }
            sink.lock().unwrap().ended = true;
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            writer,
            child,
            seen,
            folder,
        }
    }

    /// Types.
    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// The screen now.
    pub fn screen(&self) -> vt100::Screen {
        self.seen.lock().unwrap().parser.screen().clone()
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> usize {
        self.seen.lock().unwrap().raw.len()
    }

    /// Whether these bytes were ever written.
    pub fn raw_contains(&self, bytes: &str) -> bool {
        memchr::memmem::find(&self.seen.lock().unwrap().raw, bytes.as_bytes()).is_some()
    }

    /// Waits until the text is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?} on the screen"), |screen| {
            screen.contents().contains(text)
        });
    }

    /// The same of what takes long: a file that is read to its end.
    pub fn wait_long_for(&self, text: &str) {
        let start = Stopwatch::start();
        while !self.screen().contents().contains(text) && start.elapsed() < 8 * PATIENCE {
            thread::sleep(Duration::from_millis(100));
        }
        self.wait_for(text);
    }

    /// Waits until the text is not on the screen.
    pub fn wait_gone(&self, text: &str) {
        self.wait(&format!("{text:?} gone"), |screen| {
            !screen.contents().contains(text)
        });
    }

    fn wait(&self, what: &str, done: impl Fn(&vt100::Screen) -> bool) {
        let start = Stopwatch::start();
        while !done(&self.screen()) {
            let ended = self.seen.lock().unwrap().ended;
            assert!(
                !ended && start.elapsed() < PATIENCE,
                "waited for {what}:\n{}",
                self.screen().contents()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until nothing has been written for a while.
    pub fn settle(&self) {
        let mut last = usize::MAX;
        while last != self.bytes() {
            last = self.bytes();
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(rows, columns);
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    /// Sends SIGTERM to the program.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal to the program.
    pub fn signal(&self, name: &str) {
        let pid = self.note("pid");
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end and checks that the terminal is as it was.
    pub fn expect_clean_end(&mut self, status: i32) {
        let start = Stopwatch::start();
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                start.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.screen().contents()
            );
            thread::sleep(Duration::from_millis(10));
        }
        while !self.seen.lock().unwrap().ended && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(
            self.note("status"),
            status.to_string(),
            "{}",
            self.screen().contents()
        );
        assert_eq!(
            self.note("before"),
            self.note("after"),
            "the settings of the terminal"
        );
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "left the alternate screen");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }

    fn note(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name))
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
    }
}
