//! Files that records are written to: plain, gzip or zstd by their name, or standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use flate2::write::GzEncoder;

use crate::app::Recorder;
use crate::export::recording::write_batch;
use crate::model::batch::Batch;

/// An open recording. It must be finished: a compressed file ends with its own mark.
pub(crate) enum Recording {
    Plain(BufWriter<Box<dyn Write + Send>>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Recording {
    /// Makes the file, or opens standard output for `-`.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            let out: Box<dyn Write + Send> = Box::new(io::stdout());
            return Ok(Self::Plain(BufWriter::with_capacity(BUFFER, out)));
        }
        Self::of_file(path).with_context(|| {
            let path = path.display();
            format!("{path}: cannot write the recording · check the folder and its rights")
        })
    }

    fn of_file(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        let extension = path.extension().and_then(|extension| extension.to_str());
        Ok(match extension {
            Some("gz") => {
                let file = BufWriter::with_capacity(BUFFER, file);
                Self::Gzip(GzEncoder::new(file, flate2::Compression::fast()))
            }
            Some("zst") => {
                let file = BufWriter::with_capacity(BUFFER, file);
                Self::Zstd(zstd::Encoder::new(file, 3)?)
            }
            _ => Self::Plain(BufWriter::with_capacity(BUFFER, Box::new(file))),
        })
    }

    /// Writes what is left, and the end of a compressed file.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => {}
            Self::Gzip(out) => out.try_finish()?,
            Self::Zstd(out) => out.do_finish()?,
        }
        self.flush_file()
    }

    fn flush_file(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.get_mut().flush(),
            Self::Zstd(out) => out.get_mut().flush(),
        }
    }
}

const BUFFER: usize = 1 << 18;

impl Write for Recording {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}

/// A recording of what a dashboard polls.
pub(crate) struct BatchRecorder {
    name: String,
    out: Recording,
}

impl BatchRecorder {
    /// Makes the file.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            name: format!("recording {}", path.display()),
            out: Recording::create(path)?,
        })
    }
}

impl Recorder for BatchRecorder {
    fn name(&self) -> &str {
        &self.name
    }

    fn record(&mut self, batch: &Batch) -> io::Result<()> {
        write_batch(batch, &mut self.out)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.finish()
    }
}
