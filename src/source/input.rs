//! Where the bytes of a file come from.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

#[derive(Clone)]
pub(super) enum Origin {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

impl Origin {
    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>> {
        match self {
            Self::File(path) => Ok(Box::new(Whole::open(path)?)),
            Self::Bytes(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
        }
    }
}

/// A file that is read to the end it had when it was opened, at least: whoever stood behind an earlier end would seem to
/// be gone, and a mirror removes who is gone.
struct Whole {
    file: File,
    left: u64,
}

impl Whole {
    fn open(path: &Path) -> Result<Self> {
        let place = || format!("open {}", path.display());
        let failed = |error: io::Error| Error::new(ErrorKind::Io, place(), error.to_string());
        // Asked before it is opened, as opening a pipe waits for somebody to write to it.
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(Error::new(ErrorKind::Io, place(), "not a file, so its start cannot be read again")
                .with_expected("a file; what comes through a pipe, copied to one"));
        }
        let file = File::open(path).map_err(failed)?;
        let left = file.metadata().map_err(failed)?.len();
        Ok(Self { file, left })
    }
}

impl Read for Whole {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(room)?;
        if read == 0 && self.left > 0 && !room.is_empty() {
            return Err(io::Error::other("the file has become shorter while it was read"));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// A path, or how many bytes: never what is in them.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}
