//! Whether anybody still reads: `| head -1` has what it wanted long before a quiet function says something more.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Who reads what is written.
pub(super) struct Reader {
    /// The end that is written to; `None` where it cannot be asked.
    pipe: Option<OwnedFd>,
}

impl Reader {
    pub(super) fn of(out: &impl AsFd) -> Self {
        let pipe = out.as_fd().try_clone_to_owned();
        Self { pipe: pipe.ok() }
    }

    /// Whether the other end of the pipe was closed. What is no pipe or terminal is always read.
    pub(super) fn is_gone(&self) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        // Errors are told without being asked for.
        let mut asked = [PollFd::new(pipe, PollFlags::empty())];
        let told = poll(&mut asked, Some(&Timespec::default()));
        told.is_ok()
            && asked[0]
                .revents()
                .intersects(PollFlags::ERR | PollFlags::HUP)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;

    use super::*;

    #[test]
    fn a_pipe_is_read_until_its_other_end_is_closed() {
        let (reads, writes) = io::pipe().unwrap();
        let reader = Reader::of(&writes);
        assert!(!reader.is_gone());
        drop(reads);
        assert!(reader.is_gone());
    }

    #[test]
    fn a_file_is_always_read() {
        let file = File::open("/dev/null").unwrap();
        assert!(!Reader::of(&file).is_gone());
    }
}
