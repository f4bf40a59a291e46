//! The file: made for its owner alone, locked for one process, checked when opened.

use std::fmt;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{APPLICATION_ID, TABLES, VERSION};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::lease::Leases;

/// A [`Ledger`](crate::sync::Ledger) and [`Journal`](crate::sync::Journal) in one SQLite file.
///
/// Every commit is one transaction, so calls and members never disagree. The file is created readable and writable by
/// its owner only, and locked: a second process gets [`ErrorKind::Busy`]. Rows carry checksums, and each audience the
/// sum of its rows': damage is an [`ErrorKind::Corrupt`] before anybody is removed, never a wrong removal. A file of up
/// to 64 MiB is checked whole when it is opened, a larger one by [`verify`](Self::verify).
///
/// It blocks the calling thread while it reads and writes; a commit of 10,000 rows takes some tens of milliseconds.
///
/// It holds digests of what was sent (needed for removal), keyed digests of contact ids, and in clear only keys that
/// are sent in clear, such as `EXTERN_ID`. Digests of e-mail addresses and phones can be guessed back: treat the file as
/// personal data.
///
/// Tables: `audience` (a number for each id), `run` and `call` (a [`RunRecord`](crate::sync::RunRecord) or
/// [`CallRecord`](crate::sync::CallRecord) as JSON), `member` (one line for each row and owner; `person` is empty when
/// nobody wants the row any more), `generation` and `blocked`.
///
/// ```
/// use audiencekit::sync::SqliteLedger;
///
/// let folder = tempfile::tempdir().unwrap();
/// let ledger = SqliteLedger::open(folder.path().join("audiences.db"))?;
/// ledger.verify()?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct SqliteLedger(Arc<Mutex<Inner>>, Leases);

pub(super) struct Inner {
    pub(super) connection: Connection,
    /// True while a transaction holds writes that may wait.
    pub(super) open: bool,
}

/// Files up to this size are checked whole when opened.
const CHECKED_AT_OPEN: u64 = 64 << 20;

impl SqliteLedger {
    /// Opens a ledger, or makes one where there is no file.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while another process has it open; [`ErrorKind::Corrupt`] when it is damaged or not a ledger;
    /// [`ErrorKind::Io`] when it cannot be read or written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        create_for_owner(path)?;
        // SQLite takes a file without a whole header for an empty one.
        if std::fs::metadata(path).is_ok_and(|file| (1..512).contains(&file.len())) {
            return Err(corrupt("the file is cut short"));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        // One process at a time; pages of an interrupted transaction are rolled back from the journal beside the file.
        // A rollback journal leaves one file behind, and no commit can be lost with a damaged log.
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;
                 PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
                 BEGIN EXCLUSIVE; COMMIT;",
            )
            .map_err(failed)?;
        let number =
            |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).map_err(failed);
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        match (number("PRAGMA application_id")?, number("PRAGMA user_version")?, tables) {
            (0, 0, 0) => connection
                .execute_batch(&format!(
                    "BEGIN EXCLUSIVE; {TABLES} PRAGMA application_id = {APPLICATION_ID};
                     PRAGMA user_version = {VERSION}; COMMIT;"
                ))
                .map_err(failed)?,
            (APPLICATION_ID, VERSION, 1..) => {}
            (APPLICATION_ID, other, _) if other > VERSION => {
                return Err(Error::new(ErrorKind::Invalid, "ledger", format!("a file of version {other}"))
                    .expected(format!("at most version {VERSION}, or a newer release of this library")));
            }
            _ => return Err(corrupt("not a ledger")),
        }
        let ledger = Self(Arc::new(Mutex::new(Inner { connection, open: false })), Leases::new());
        if std::fs::metadata(path).is_ok_and(|file| file.len() <= CHECKED_AT_OPEN) {
            ledger.verify()?;
        }
        Ok(ledger)
    }

    /// Checks the structure of the whole file, its index included; it reads all of it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when it is damaged.
    pub fn verify(&self) -> Result<()> {
        let inner = self.lock();
        let answer: String =
            inner.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if answer == "ok" { Ok(()) } else { Err(corrupt("the file is damaged")) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn leases_of_file(&self) -> &Leases {
        &self.1
    }
}

impl Inner {
    pub(super) fn begin(&mut self) -> Result<()> {
        if !self.open {
            self.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
            self.open = true;
        }
        // What others staged in the same transaction outlives a refusal of this write.
        self.connection.execute_batch("SAVEPOINT work").map_err(failed)
    }

    /// Commits when asked to. A failed write is undone; a failed commit undoes everything since the last one.
    pub(super) fn end<T>(&mut self, done: Result<T>, commit: bool) -> Result<T> {
        let last = match &done {
            Ok(_) if commit => "RELEASE work; COMMIT",
            Ok(_) => "RELEASE work",
            Err(_) => "ROLLBACK TO work; RELEASE work",
        };
        let ended = self.connection.execute_batch(last);
        if ended.is_err() {
            // The first error is the one to tell.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.open = !self.connection.is_autocommit();
        done.and_then(|value| ended.map(|()| value).map_err(failed))
    }
}

fn create_for_owner(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::new(ErrorKind::Io, "ledger", "cannot be created").with_source(error)),
    }
}

pub(super) fn corrupt(what: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "ledger", what).expected(
        "a copy of the ledger from before, or a new ledger and a run with Mode::Replace, which needs no memory",
    )
}

/// SQLite's refusal, without the statement and its values.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
pub(super) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt("the file is damaged"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::new(ErrorKind::Busy, "ledger", "another process has it open").retryable(false)
        }
        Some(code) => Error::new(ErrorKind::Io, "ledger", format!("SQLite says {code:?}")),
        None => corrupt("a value is not of its column's type"),
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteLedger")
    }
}
