//! Opening a file: one of the store's own, locked for one opening, or your application's database.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::connect::connect;
use super::error::{corrupt, failed};
use super::file_checks::{beside, create_for_owner, has_foreign_log, would_be_emptied};
use super::tables::{APPLICATION_ID, meta, prepare_own, prepare_shared};
use crate::error::{Error, ErrorKind, Result};

/// How long a transaction waits for those of other connections.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file beside a store whose lock belongs to the opening. It holds how many transactions the store has seen, by which
/// an older copy is recognized.
///
/// SQLite's own locks belong to the process: they are gone as soon as any handle of the file is closed in it.
pub(super) struct LockFile(File);

impl LockFile {
    fn acquire(path: &Path) -> Result<Self> {
        let io =
            |error| Error::new(ErrorKind::Io, "store", "the lock file cannot be opened").with_source(error);
        create_for_owner(path, "store")?;
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::new(ErrorKind::Busy, "store", "the file is open already")
                    .with_help("close it first, in this process or another one")
                    .with_retryable(false))
            }
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// How many transactions were noted, 0 if none.
    fn transactions(&mut self) -> i64 {
        let mut bytes = [0; 8];
        let read = self.0.seek(SeekFrom::Start(0)).and_then(|_| self.0.read_exact(&mut bytes));
        read.map_or(0, |()| i64::from_be_bytes(bytes))
    }

    /// Notes how many transactions there were. After a failure of the machine it may be fewer, which harms nothing.
    pub(super) fn note(&mut self, transactions: i64) {
        let bytes = transactions.to_be_bytes();
        let _ = self.0.seek(SeekFrom::Start(0)).and_then(|_| self.0.write_all(&bytes));
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // A process that is being started has this handle until it runs its program: closing would not release the lock.
        let _ = self.0.unlock();
    }
}

/// Opens a file of the store's own for this opening alone, or creates it. Returns its lock too.
pub(super) fn own(path: &Path, accept_older: bool) -> Result<(Connection, LockFile)> {
    let path = resolved(path)?;
    let mut lock = LockFile::acquire(&beside(&path, "-lock"))?;
    create_for_owner(&path, "store")?;
    let length = for_owner_only(&path)?;
    // SQLite takes a file without a whole header for an empty one.
    if (1..512).contains(&length) {
        return Err(corrupt("the file is cut short"));
    }
    if would_be_emptied(&path, APPLICATION_ID) {
        return Err(corrupt("the log beside the file is damaged"));
    }
    if has_foreign_log(&path) {
        return Err(corrupt("a write-ahead log of another program is beside the file")
            .with_help("move the file ending in -wal away; the store was not touched"));
    }
    let connection = connect(&path).map_err(failed)?;
    // What is deleted is overwritten. Pages of an interrupted transaction are rolled back from the journal beside the file.
    connection
        .execute_batch(
            "PRAGMA secure_delete = ON; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE;
             BEGIN EXCLUSIVE; COMMIT;",
        )
        .map_err(failed)?;
    prepare_own(&connection)?;
    recognize(&connection, &mut lock, accept_older)?;
    Ok((connection, lock))
}

/// Refuses a file that has seen fewer transactions than its lock file says.
fn recognize(connection: &Connection, lock: &mut LockFile, accept_older: bool) -> Result<()> {
    let (seen, noted) = (meta(connection, "transactions")?, lock.transactions());
    if seen >= noted {
        return Ok(());
    }
    if !accept_older {
        return Err(Error::new(ErrorKind::Corrupt, "store", "the file is an older copy of itself").with_help(
            "what was sent since is unknown: open it with SqliteStore::accept_restored, then run each audience with \
             SyncMode::Replace",
        ));
    }
    let sql = "UPDATE audiencekit_store_meta SET value = ?1 WHERE name = 'transactions'";
    connection.execute(sql, [noted + 1]).map_err(failed)?;
    lock.note(noted + 1);
    Ok(())
}

/// Opens your application's database.
pub(super) fn shared(path: &Path) -> Result<Connection> {
    let connection = connect(path).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
    prepare_shared(&connection)?;
    Ok(connection)
}

/// The path without links, so that a file has one lock by whatever name it is opened.
fn resolved(path: &Path) -> Result<PathBuf> {
    let refused = |what: &str| Error::new(ErrorKind::Invalid, "store", what.to_owned());
    let name = path.file_name().ok_or_else(|| refused("the path names no file"))?;
    if path.as_os_str() == ":memory:" {
        return Err(refused("a database in memory is no file").with_help("use MemoryStore"));
    }
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(refused("the path is not that of a regular file")),
        Ok(_) => path.canonicalize().map_err(unreadable),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Ok(folder.unwrap_or(Path::new(".")).canonicalize().map_err(unreadable)?.join(name))
        }
    }
}

fn unreadable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "store", "the folder or the file cannot be read").with_source(error)
}

/// Takes from others the right to read the file, and returns its length.
fn for_owner_only(path: &Path) -> Result<u64> {
    let found = std::fs::metadata(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if found.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(unreadable)?;
        }
    }
    Ok(found.len())
}
