//! Where the bytes of a file come from, and how many at most.

use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

#[derive(Clone)]
pub(super) enum Origin {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

pub(super) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

impl Origin {
    pub(super) fn open(&self) -> Result<Box<dyn ReadSeek>> {
        match self {
            Self::File(path) => {
                File::open(path).map(|file| Box::new(file) as Box<dyn ReadSeek>).map_err(|error| {
                    Error::new(ErrorKind::Io, format!("open {}", path.display()), error.to_string())
                })
            }
            Self::Bytes(bytes) => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
        }
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

/// Gives no more than is left, so that a quote that is never closed cannot pull the whole file into one record.
#[cfg(feature = "csv")]
pub(super) struct Metered {
    pub(super) input: Box<dyn ReadSeek>,
    pub(super) left: usize,
}

#[cfg(feature = "csv")]
impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        let most = buffer.len().min(self.left);
        let read = self.input.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}
