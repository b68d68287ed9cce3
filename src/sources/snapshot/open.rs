//! The three forms of a snapshot: tar in zstd, zip, a folder.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use super::{Refused, Trust};

/// In which form a snapshot stands on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tar,
    Zip,
    Folder,
}

const TAR_BLOCK: u64 = 512;

/// The form of a snapshot; `None` if it is something else.
pub fn kind(path: &Path) -> io::Result<Option<Kind>> {
    let meta = fs::metadata(path)?;
    if meta.is_dir() {
        return Ok(super::is_folder(path).then_some(Kind::Folder));
    }
    // What is read of a pipe is gone.
    if !meta.is_file() {
        return Ok(None);
    }
    let mut head = [0; 4];
    let got = File::open(path)?.read(&mut head)?;
    if head[..got] == *b"PK\x03\x04" {
        return Ok(Some(Kind::Zip));
    }
    if head[..got] != [0x28, 0xb5, 0x2f, 0xfd] {
        return Ok(None);
    }
    let mut block = Vec::new();
    // A damaged archive is no archive that could be told: its name decides then.
    let read = tar(path)?.take(TAR_BLOCK).read_to_end(&mut block);
    let is_tar = read.is_ok() && block.get(257..262) == Some(b"ustar");
    let named = path.to_string_lossy().ends_with(".tar.zst");
    Ok((is_tar || read.is_err() && named).then_some(Kind::Tar))
}

/// The tar stream in an archive.
pub(super) fn tar(path: &Path) -> io::Result<impl Read + Send + use<>> {
    zstd::Decoder::with_buffer(BufReader::with_capacity(1 << 18, File::open(path)?))
}

/// Bytes on disk, for the bound on what they may unpack to.
pub(super) fn packed_bytes(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.len())
}

/// One file of a snapshot. `Trust::Salvage` takes it also where it is cut off.
pub(super) fn member(
    path: &Path,
    name: &str,
    trust: Trust,
) -> Result<Box<dyn Read + Send>, Refused> {
    let missing = || Refused(format!("there is no {name} in it"));
    let kind = kind(path)?.ok_or_else(|| Refused("it is no snapshot".into()))?;
    match kind {
        Kind::Folder => {
            let file = File::open(path.join(name)).map_err(|_| missing())?;
            Ok(Box::new(BufReader::new(file)))
        }
        Kind::Tar => {
            let (offset, size) = tar_place(path, name, trust)?.ok_or_else(missing)?;
            let mut stream = tar(path)?;
            io::copy(&mut (&mut stream).take(offset), &mut io::sink())?;
            Ok(Box::new(stream.take(size)))
        }
        Kind::Zip => {
            let mut archive = zip::ZipArchive::new(File::open(path)?).map_err(zip_refused)?;
            let entry = archive.by_name(name).map_err(|_| missing())?;
            let start = entry.data_start().ok_or_else(missing)?;
            let (size, stored) = (entry.compressed_size(), entry.compression());
            drop(entry);
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(start))?;
            let packed = BufReader::new(file).take(size);
            match stored {
                zip::CompressionMethod::Stored => Ok(Box::new(packed)),
                zip::CompressionMethod::Deflated => {
                    Ok(Box::new(flate2::read::DeflateDecoder::new(packed)))
                }
                other => Err(Refused(format!(
                    "{name} is packed by {other}, which is not read"
                ))),
            }
        }
    }
}

/// Where the bytes of a file begin in the tar stream, and how many they are.
fn tar_place(path: &Path, name: &str, trust: Trust) -> Result<Option<(u64, u64)>, Refused> {
    let mut archive = tar::Archive::new(tar(path)?);
    for entry in archive.entries()? {
        let entry = match entry {
            Ok(entry) => entry,
            Err(_) if trust == Trust::Salvage => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if entry.path_bytes().as_ref() == name.as_bytes() && entry.header().entry_type().is_file() {
            return Ok(Some((entry.raw_file_position(), entry.size())));
        }
    }
    Ok(None)
}

pub(super) fn zip_refused(error: zip::result::ZipError) -> Refused {
    Refused(format!("its table cannot be read: {error}"))
}
