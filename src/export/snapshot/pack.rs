//! Many files into one, or a folder: written aside, synced, renamed. The same files give the same bytes.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::LEVEL;
use super::folder::{Folder, MANIFEST, new_file};
use crate::model::time::Timestamp;
use crate::sources::snapshot::RECORDS;

/// The form of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// tar in zstd.
    #[default]
    Tar,
    Zip,
    /// Not packed: a folder.
    Folder,
}

impl Form {
    /// The end of its name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Tar => ".tar.zst",
            Self::Zip => ".zip",
            Self::Folder => "",
        }
    }
}

/// Packs the files and puts them in their place; `end` is the time that they are given. Returns the bytes written.
pub(super) fn pack(folder: Folder, form: Form, end: Timestamp, to: &Path) -> io::Result<u64> {
    let seconds = end.0.div_euclid(1000).max(0);
    let packed = match form {
        Form::Folder => {
            if to.exists() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let bytes = folder.all().map(|(_, bytes)| bytes).sum();
            fs::rename(folder.path(), to)?;
            sync_folder(to)?;
            return Ok(bytes);
        }
        Form::Tar => tar(&folder, seconds as u64)?,
        Form::Zip => zip(&folder, seconds)?,
    };
    let bytes = fs::metadata(&packed)?.len();
    fs::rename(&packed, to)?;
    sync_folder(to)?;
    Ok(bytes)
}

/// The name itself must reach the disk too.
fn sync_folder(to: &Path) -> io::Result<()> {
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Bytes of a header of tar, and what its files are filled up to.
const TAR_BLOCK: u64 = 512;
/// zstd's level for what is compressed already: it sees that, and copies.
const COPIED: i32 = 1;

/// A tar stream in zstd, as frames one after another, which every reader takes for one: large files were compressed while they were
/// written, and between them stand frames with the headers of tar.
fn tar(folder: &Folder, seconds: u64) -> io::Result<PathBuf> {
    let path = folder.path().join(".packed");
    let mut out = BufWriter::with_capacity(1 << 18, new_file(&path)?);
    let mut between = Vec::new();
    for (name, bytes) in folder.all() {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(seconds);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        between.extend_from_slice(header.as_bytes());
        let mut file = folder.open(name)?;
        if name == MANIFEST {
            file.read_to_end(&mut between)?;
        } else {
            out.write_all(&zstd::bulk::compress(&between, LEVEL)?)?;
            between.clear();
            if name == RECORDS {
                let mut frame = zstd::Encoder::new(out, COPIED)?;
                io::copy(&mut file, &mut frame)?;
                out = frame.finish()?;
            } else {
                io::copy(&mut file, &mut out)?;
            }
        }
        let fill = bytes.next_multiple_of(TAR_BLOCK) - bytes;
        between.resize(between.len() + fill as usize, 0);
    }
    // Two empty blocks end a tar.
    between.resize(between.len() + 2 * TAR_BLOCK as usize, 0);
    out.write_all(&zstd::bulk::compress(&between, LEVEL)?)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(path)
}

fn zip(folder: &Folder, seconds: i64) -> io::Result<PathBuf> {
    let path = folder.path().join(".packed");
    let mut archive = zip::ZipWriter::new(BufWriter::with_capacity(1 << 18, new_file(&path)?));
    for (name, bytes) in folder.all() {
        // The records are compressed already, and read in place.
        let method = if name == RECORDS {
            zip::CompressionMethod::Stored
        } else {
            zip::CompressionMethod::Deflated
        };
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(method)
            .unix_permissions(0o600)
            .large_file(bytes >= u64::from(u32::MAX))
            .last_modified_time(dos_time(seconds));
        archive
            .start_file(name, options)
            .map_err(io::Error::other)?;
        let mut file = BufReader::with_capacity(1 << 18, folder.open(name)?);
        io::copy(&mut file, &mut archive)?;
    }
    let mut out = archive.finish().map_err(io::Error::other)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(path)
}

/// The time of a zip entry, which knows the years 1980 to 2107.
fn dos_time(seconds: i64) -> zip::DateTime {
    use chrono::{Datelike as _, Timelike as _};
    let moment = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        moment.year().clamp(1980, 2107) as u16,
        moment.month() as u8,
        moment.day() as u8,
        moment.hour() as u8,
        moment.minute() as u8,
        moment.second() as u8,
    )
    .unwrap_or_default()
}
