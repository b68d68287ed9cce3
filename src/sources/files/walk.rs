//! Which files a list of paths stands for.

use std::fs;
use std::path::{Path, PathBuf};

use super::ReadError;
use crate::sources::snapshot;

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    File(PathBuf),
    /// `-`
    Stdin,
    /// What `nepho snapshot` wrote: an archive or its folder.
    Snapshot(PathBuf),
}

impl Input {
    /// How messages call it.
    pub fn name(&self) -> PathBuf {
        match self {
            Self::File(path) | Self::Snapshot(path) => path.clone(),
            Self::Stdin => PathBuf::from("standard input"),
        }
    }
}

/// The inputs of `paths`: directories are read recursively in the order of names; `*.toml` and dot files in them are
/// settings, never input.
pub(super) fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>, ReadError> {
    let mut found = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            found.push(Input::Stdin);
            continue;
        }
        let kind = snapshot::kind(path).map_err(|cause| failed(path, cause))?;
        if kind.is_some() {
            found.push(Input::Snapshot(path.clone()));
            continue;
        }
        if !path.is_dir() {
            found.push(Input::File(path.clone()));
            continue;
        }
        let before = found.len();
        walk(path, &mut found)?;
        if found.len() == before {
            return Err(ReadError::Empty { path: path.clone() });
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<Input>) -> Result<(), ReadError> {
    let entries = fs::read_dir(folder).map_err(|cause| failed(folder, cause))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|cause| failed(folder, cause))?;
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        // A pipe may never end, and a socket cannot be read. What a broken link leads to is missed where it is opened.
        if fs::metadata(&path).is_ok_and(|what| !what.is_file() && !what.is_dir()) {
            continue;
        }
        // A link back up would never end, so folders are not followed through links.
        let kind = snapshot::kind(&path).map_err(|cause| failed(&path, cause))?;
        if kind.is_some() && !path.is_symlink() {
            found.push(Input::Snapshot(path));
        } else if path.is_dir() {
            if !path.is_symlink() {
                walk(&path, found)?;
            }
        } else if path.extension().is_none_or(|extension| extension != "toml") {
            found.push(Input::File(path));
        }
    }
    Ok(())
}

fn failed(path: &Path, cause: std::io::Error) -> ReadError {
    ReadError::Open {
        path: path.to_owned(),
        cause,
    }
}
