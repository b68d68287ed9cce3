//! The file in which the screen is kept from one run to the next, in the user's folder for state.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, choose_base_strategy};

use crate::ui::kept::Kept;

/// A file larger than this was not written by nepho.
const MOST_BYTES: u64 = 256 * 1024;

/// Where the screen is kept, and what was.
#[derive(Clone, Debug)]
pub struct Keeper {
    path: PathBuf,
    /// What was there at the start; `None` where nothing could be used.
    before: Option<Kept>,
    /// Nothing was ever kept here: this is a first run.
    pub first: bool,
    /// Why what was there is not used.
    pub problem: Option<String>,
}

impl Keeper {
    /// The file of that name in the user's folder for state; `None` where there is no such folder.
    pub fn find(name: &str) -> Option<Self> {
        let base = choose_base_strategy().ok()?;
        let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
        Some(Self::at(folder.join("nepho").join(name)))
    }

    /// The same by its path.
    pub fn at(path: PathBuf) -> Self {
        let (before, first, problem) = match read(&path) {
            Ok(text) => match Kept::parse(&text) {
                Ok(kept) => (Some(kept), false, None),
                Err(why) => (None, false, Some(why)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, true, None),
            Err(error) => (None, false, Some(error.to_string())),
        };
        let problem = problem.map(|why| {
            let path = path.display();
            format!("{path}: {why} · the last layout is not put back")
        });
        Self {
            path,
            before,
            first,
            problem,
        }
    }

    /// Does not put back what was kept.
    #[must_use]
    pub fn fresh(self) -> Self {
        Self {
            before: None,
            problem: None,
            ..self
        }
    }

    /// What was kept.
    pub fn kept(&self) -> Option<&Kept> {
        self.before.as_ref()
    }

    /// Keeps the screen as it is left, unless nothing changed. The file is whole at every moment: it is written beside its place and
    /// then put there.
    pub fn keep(&self, kept: &Kept) -> Result<(), String> {
        if self.before.as_ref() == Some(kept) {
            return Ok(());
        }
        let said = |error: io::Error| {
            let path = self.path.display();
            format!("{path}: the layout is not kept: {error} · keep = false in nepho.toml")
        };
        self.write(&kept.text()?).map_err(said)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // Two that end at once do not write into each other's file.
        let beside = self
            .path
            .with_extension(format!("{}.part", std::process::id()));
        let done = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.path));
        done.inspect_err(|_| drop(fs::remove_file(&beside)))
    }
}

fn read(path: &Path) -> io::Result<String> {
    let file = fs::File::open(path)?;
    let mut text = String::new();
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MOST_BYTES {
        return Err(io::Error::other("too large"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::kept::VERSION;

    fn of_pane(pane: &str) -> Kept {
        Kept {
            version: VERSION,
            pane: pane.to_owned(),
            ..Kept::default()
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_nothing_else_is_left_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nepho").join("layout.toml");
        let first = Keeper::at(path.clone());
        assert!(first.first && first.kept().is_none() && first.problem.is_none());
        first.keep(&of_pane("Tail")).unwrap();
        let again = Keeper::at(path.clone());
        assert_eq!((again.first, again.kept()), (false, Some(&of_pane("Tail"))));
        assert_eq!(again.fresh().kept(), None);
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1);
    }

    #[test]
    fn a_damaged_file_is_said_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.toml");
        for damaged in [
            b"version = 1\npane = ".to_vec(),
            vec![0xff; 10],
            vec![b'#'; 300_000],
        ] {
            fs::write(&path, damaged).unwrap();
            let keeper = Keeper::at(path.clone());
            let problem = keeper.problem.clone().unwrap();
            assert!(
                problem.ends_with("· the last layout is not put back"),
                "{problem}"
            );
            keeper.keep(&of_pane("Tail")).unwrap();
            assert_eq!(Keeper::at(path.clone()).kept(), Some(&of_pane("Tail")));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let problem = Keeper::at(file.join("layout.toml")).keep(&of_pane("Tail"));
        assert!(problem.unwrap_err().contains("the layout is not kept"));
    }

    #[test]
    fn what_did_not_change_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layout.toml");
        Keeper::at(path.clone()).keep(&of_pane("Tail")).unwrap();
        let keeper = Keeper::at(path.clone());
        fs::remove_file(&path).unwrap();
        keeper.keep(&of_pane("Tail")).unwrap();
        assert!(!path.exists());
    }
}
