//! Checks of an SQLite file before SQLite opens it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// Creates a file that its owner alone may read, if there is none.
pub(crate) fn create_for_owner(path: &Path, operation: &'static str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(Error::new(ErrorKind::Io, operation, "the file cannot be created").with_source(error))
        }
    }
}

/// Returns `true` if a write-ahead log lies beside a file that has none: SQLite would write it over the file.
///
/// Source: SQLite database file format, "The Database Header", sqlite.org (read 2026-11-23).
pub(crate) fn has_foreign_log(path: &Path) -> bool {
    let mut header = [0; 20];
    read_head(path, &mut header)
        && header.ends_with(&[1, 1])
        && std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// The path of a file beside another, by its ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn read_head(path: &Path, bytes: &mut [u8]) -> bool {
    std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, bytes)).is_ok()
}

/// Returns `true` if the rollback journal says that a file had no page before: SQLite would take it at its word, and an empty
/// file for a new one. A file in the making has no application id yet.
///
/// Source: SQLite database file format, "The Rollback Journal", sqlite.org (read 2026-11-23).
pub(crate) fn would_be_emptied(path: &Path, application: i64) -> bool {
    let (mut file, mut log) = ([0; 72], [0; 20]);
    read_head(path, &mut file)
        && read_head(&beside(path, "-journal"), &mut log)
        && file.ends_with(&(application as u32).to_be_bytes())
        && log.ends_with(&[0; 4])
        && log.starts_with(&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
}
