//! The terminal while the dashboard is open, and as it was when it closes: also after a panic or a signal.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal as RatatuiTerminal};

use crate::model::text::plain;
use crate::ui::screen::Effect;

/// Buttons, the wheel and drags, in the SGR form, but not every motion: over ssh each would be a packet for nothing.
const ENABLE_MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";

/// Whether the terminal is ours, so that it is given back once.
static OURS: AtomicBool = AtomicBool::new(false);

/// The terminal, taken over; dropping it gives it back.
pub(crate) struct Terminal {
    inner: RatatuiTerminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
    /// What the last frame showed.
    shown: Buffer,
}

impl Terminal {
    /// Takes the terminal over.
    pub(crate) fn open(mouse: bool) -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::other(
                "no terminal: use nepho report or nepho tail",
            ));
        }
        restore_on_panic();
        take(mouse)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout()));
        let terminal = RatatuiTerminal::new(backend).inspect_err(|_| give_back())?;
        let shown = Buffer::default();
        Ok(Self {
            inner: terminal,
            mouse,
            shown,
        })
    }

    /// Draws one frame, whole or not at all, and flushes once. Where no cell changed nothing is written.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.inner.autoresize()?;
        render(&mut self.inner.get_frame());
        let drawn = self.inner.current_buffer_mut();
        if *drawn == self.shown {
            drawn.reset();
            return Ok(());
        }
        self.shown.clone_from(drawn);
        queue!(self.inner.backend_mut(), BeginSynchronizedUpdate)?;
        self.inner.flush()?;
        self.inner.swap_buffers();
        queue!(self.inner.backend_mut(), EndSynchronizedUpdate)?;
        self.inner.backend_mut().flush()
    }

    /// Does what the screen asked for beside drawing.
    pub(crate) fn perform(&mut self, effect: &Effect) -> io::Result<()> {
        let out = self.inner.backend_mut();
        match effect {
            Effect::Copy(text) => queue!(out, CopyToClipboard::to_clipboard_from(text))?,
            Effect::Bell => out.write_all(b"\x07")?,
            // OSC 9, which terminals show as a notification; the text can hold no control bytes.
            Effect::Notify(text) => write!(out, "\x1b]9;{}\x07", plain(text))?,
        }
        out.flush()
    }

    /// Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal over again when it goes on.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take(self.mouse)?;
        // Nothing of the screen can be relied on: everything is drawn again.
        self.shown = Buffer::default();
        let size = self.inner.size()?;
        self.inner.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(mouse: bool) -> io::Result<()> {
    OURS.store(true, Ordering::SeqCst);
    let taken = enable_raw_mode().and_then(|()| {
        let mut out = io::stdout();
        execute!(
            out,
            EnterAlternateScreen,
            cursor::Hide,
            EnableBracketedPaste,
            EnableFocusChange
        )?;
        if mouse {
            out.write_all(ENABLE_MOUSE)?;
            out.flush()?;
        }
        Ok(())
    });
    taken.inspect_err(|_| give_back())
}

/// Puts everything back. Errors are dropped: a terminal that is gone needs nothing.
fn give_back() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    drop(execute!(
        out,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        cursor::Show,
        LeaveAlternateScreen
    ));
    drop(disable_raw_mode());
}

/// The panic's own message must be readable, so the terminal goes back before it is printed.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            print(info);
        }));
    });
}
