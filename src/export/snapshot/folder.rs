//! The files of a snapshot while they are made: a folder beside the place they go to, gone unless it is finished.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::member::{Kind, Member};
use super::pack::Form;
use crate::sources::snapshot::{FileEntry, Manifest, RECORDS};

pub(super) const MANIFEST: &str = "manifest.json";
/// How the name of a folder that is being made begins and ends.
const BEGINS: &str = ".nepho-snapshot-";
const ENDS: &str = ".part";

/// The folder. Dropped, it takes itself away.
pub(super) struct Folder {
    path: PathBuf,
    form: Form,
    files: Vec<FileEntry>,
    manifest: u64,
    cancel: Arc<AtomicBool>,
    /// Locked while it is written: nobody else takes it for what a kill has left.
    _held: File,
}

/// How messages call a file that is not there yet.
pub(super) fn shown(name: &str) -> PathBuf {
    PathBuf::from(name)
}

/// Makes a folder of its own, and holds it.
fn make(beside: &Path) -> io::Result<(PathBuf, File)> {
    let id = std::process::id();
    for number in 0..100 {
        let path = beside.join(format!("{BEGINS}{id}-{number}{ENDS}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        let held = File::open(&path)?;
        // Between making and locking somebody may have swept it away.
        if held.try_lock().is_ok() && path.exists() {
            return Ok((path, held));
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Takes away what a kill has left: the folders of snapshots that nobody writes.
fn sweep(beside: &Path) {
    let entries = fs::read_dir(beside).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_part = name
            .to_str()
            .is_some_and(|name| name.starts_with(BEGINS) && name.ends_with(ENDS));
        if !is_part || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let left = File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
        if left {
            // What belongs to somebody else stays.
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

impl Folder {
    /// Makes the folder beside `to`, or in it where that is a folder.
    /// Once `cancel` is set nothing more is written.
    pub(super) fn beside(to: &Path, form: Form, cancel: Arc<AtomicBool>) -> io::Result<Self> {
        let beside = if to.is_dir() {
            to
        } else {
            to.parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
        };
        sweep(beside);
        let (path, held) = make(beside)?;
        Ok(Self {
            path,
            form,
            _held: held,
            files: Vec::new(),
            manifest: 0,
            cancel,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The files so far, in order, without the manifest.
    pub(super) fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// Names and sizes of everything, the manifest first.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        let files = self
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.bytes));
        [(MANIFEST, self.manifest)].into_iter().chain(files)
    }

    /// Begins a file that the manifest will list. What goes into a tar is packed while it is written, but for the records: they
    /// are compressed in any form, and read again.
    pub(super) fn create(&self, name: &str) -> io::Result<Member> {
        let kind = match self.form {
            _ if name == RECORDS => Kind::Compressed,
            Form::Tar => Kind::Frames,
            Form::Zip | Form::Folder => Kind::Plain,
        };
        let file = new_file(&self.path.join(name))?;
        Member::begin(name, file, kind, Arc::clone(&self.cancel))
    }

    /// One of its files, to be read until it is cancelled.
    pub(super) fn open(&self, name: &str) -> io::Result<Cancellable<'_>> {
        Ok(Cancellable {
            file: File::open(self.path.join(name))?,
            cancel: &self.cancel,
        })
    }

    /// Ends a file.
    pub(super) fn close(&mut self, member: Member, rows: Option<u64>) -> io::Result<()> {
        self.files.push(member.end(rows)?);
        Ok(())
    }

    /// Writes the manifest.
    pub(super) fn manifest(&mut self, manifest: &Manifest) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(manifest)?;
        text.push(b'\n');
        new_file(&self.path.join(MANIFEST))?.write_all(&text)?;
        self.manifest = text.len() as u64;
        Ok(())
    }
}

/// A file that cannot be read any more once the work was cancelled.
pub(super) struct Cancellable<'a> {
    file: File,
    cancel: &'a AtomicBool,
}

impl Read for Cancellable<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        go_on(self.cancel)?;
        self.file.read(bytes)
    }
}

/// Fails once the work was cancelled.
pub(super) fn go_on(cancel: &AtomicBool) -> io::Result<()> {
    if cancel.load(Ordering::Relaxed) {
        return Err(io::Error::other("cancelled"));
    }
    Ok(())
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Where it was renamed to its place there is nothing left to take away.
        fs::remove_dir_all(&self.path).ok();
    }
}

/// A file that only its owner may read.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}
