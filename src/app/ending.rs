//! The signals that tell a program to end that goes on by itself, so that it ends in order: the terminal as it was, a recording whole.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for any of them. From when it is made on none of them ends the process by itself.
pub(crate) struct Ending([Signal; 4]);

impl Ending {
    /// Listens from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::quit())?,
        ]))
    }

    /// Returns when one has come. Dropping it before loses none.
    pub(crate) async fn told(&mut self) {
        let [terminate, hang_up, interrupt, quit] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
        }
    }
}
