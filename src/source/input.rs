//! Where the bytes of a file come from.

use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::PathBuf;
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
            Self::File(path) => {
                File::open(path).map(|file| Box::new(file) as Box<dyn Read + Send>).map_err(|error| {
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
