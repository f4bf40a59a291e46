//! One SQLite file: private to its owner, locked for one process, verified when opened, written in transactions.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::error::failed;
use super::members::Tails;
use super::{open, schema, verify};
use crate::error::{Error, ErrorKind, Result};
use crate::sync::ledger::lease::AudienceLocks;
use crate::sync::ledger::traits::Durability;

/// One SQLite file for ledger, journal and automation state, so that their writes are durable together.
///
/// Clones share the connection, and so do the stores made with it. The calling thread blocks while one of them reads or
/// writes. The file is created readable and writable by its owner only, and locked: a second process gets
/// [`ErrorKind::Busy`].
///
/// A file of up to 64 MiB is verified when it is opened. Of a larger one audiences, runs, calls and blocks are, and the
/// rest by [`verify`](Self::verify). Whatever its size, the members of an audience are verified before any of them is
/// removed.
///
/// Its log is SQLite's rollback journal, beside the file while a transaction is open: a damaged write-ahead log would
/// lose commits without notice, a damaged rollback journal is detected.
///
/// ```
/// use audiencekit::sync::{SqliteFile, SqliteLedger};
///
/// let folder = tempfile::tempdir().unwrap();
/// let file = SqliteFile::open(folder.path().join("audiences.db"))?;
/// let ledger = SqliteLedger::in_file(&file);
/// file.verify()?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct SqliteFile(Arc<Mutex<Inner>>, AudienceLocks);

/// Settings of a [`SqliteFile`]: memory, and what is verified when it is opened.
///
/// ```
/// use audiencekit::sync::{SqliteFile, SqliteSettings};
///
/// let folder = tempfile::tempdir().unwrap();
/// let settings = SqliteSettings::default().cache_mib(64).verify_on_open_mib(0);
/// let file = SqliteFile::open_with(folder.path().join("audiences.db"), settings)?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteSettings {
    cache_mib: u32,
    index_entries_in_memory: usize,
    verify_on_open_mib: u32,
}

impl Default for SqliteSettings {
    /// 16 MiB of page cache, and 400,000 index entries in memory, which take about 12 MB.
    fn default() -> Self {
        Self { cache_mib: 16, index_entries_in_memory: 400_000, verify_on_open_mib: 64 }
    }
}

impl SqliteSettings {
    /// Sets the size of the page cache, in MiB. Defaults to 16.
    #[must_use]
    pub fn cache_mib(mut self, mebibytes: u32) -> Self {
        self.cache_mib = mebibytes;
        self
    }

    /// Sets how many index entries of the newest members stay in memory, two for each. Defaults to 400,000.
    ///
    /// Then they are written together. More of them make first uploads of millions faster.
    #[must_use]
    pub fn index_entries_in_memory(mut self, places: usize) -> Self {
        self.index_entries_in_memory = places;
        self
    }

    /// Sets the size, in MiB, up to which a file is verified when it is opened. Defaults to 64.
    ///
    /// Verification reads the whole file.
    #[must_use]
    pub fn verify_on_open_mib(mut self, mebibytes: u32) -> Self {
        self.verify_on_open_mib = mebibytes;
        self
    }
}

struct Inner {
    connection: Connection,
    /// In your application's database: the number by which this opening writes.
    opening: Option<i64>,
    /// True while a transaction holds writes that may wait.
    open: bool,
    /// True while the current write follows others that are not committed yet.
    carries: bool,
    /// True once writes were lost that had succeeded: those that waited for a commit that failed.
    failed: bool,
    tails: Tails,
}

impl SqliteFile {
    /// The SQL schema of the tables, with comments on their columns.
    pub const SCHEMA: &str = schema::TABLES;

    /// Opens a file, or creates it if there is none.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("audiences.db");
    /// let file = audiencekit::sync::SqliteFile::open(&path)?;
    /// assert!(audiencekit::sync::SqliteFile::open(&path).is_err(), "one process and one opening at a time");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while another process has it open; [`ErrorKind::Corrupt`] if it is damaged or not a file of
    /// this crate; [`ErrorKind::Io`] if it cannot be read or written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, SqliteSettings::default())
    }

    /// Opens a file with settings, or creates it if there is none. See [`SqliteSettings`] for an example.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, settings: SqliteSettings) -> Result<Self> {
        let path = path.as_ref();
        Self::checked(open::own(path)?, None, path, settings)
    }

    /// Opens your application's own database, and keeps the tables of [`SCHEMA`](Self::SCHEMA) in it beside yours.
    ///
    /// The tables are created the first time. File mode, log and backups stay yours, and your own connections go on
    /// reading and writing; with a write-ahead log both sides work at once. To change a contact and an audience in one
    /// transaction of your own, use [`SqliteOutbox`](crate::sync::SqliteOutbox).
    ///
    /// Each commit of the ledger is a transaction and blocks other writers for some milliseconds. It waits up to 10 seconds
    /// for them, and blocks its thread meanwhile: if your application keeps a transaction open over an `await`, it must do
    /// so on another thread. The last opening of the database writes; earlier ones get [`ErrorKind::Busy`].
    ///
    /// After you restore the database from a backup, open it again before anything is sent. What was sent since the backup
    /// is not remembered; a run with `SyncMode::Replace` brings both in step again.
    ///
    /// ```
    /// use audiencekit::sync::{SqliteFile, SqliteLedger, SqliteSettings};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("shop.db");
    /// rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE customer (email TEXT)").unwrap();
    /// let file = SqliteFile::in_database(&path, SqliteSettings::default())?;
    /// let ledger = SqliteLedger::in_file(&file);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`ErrorKind::Io`] if there is no such file.
    pub fn in_database(path: impl AsRef<Path>, settings: SqliteSettings) -> Result<Self> {
        let path = path.as_ref();
        let (connection, opening) = open::of_host(path)?;
        Self::checked(connection, Some(opening), path, settings)
    }

    fn checked(
        connection: Connection,
        opening: Option<i64>,
        path: &Path,
        settings: SqliteSettings,
    ) -> Result<Self> {
        connection
            .pragma_update(None, "cache_size", -1_024 * i64::from(settings.cache_mib.max(1)))
            .map_err(failed)?;
        let tails = Tails::new(settings.index_entries_in_memory);
        let inner = Inner { connection, opening, open: false, carries: false, failed: false, tails };
        let file = Self(Arc::new(Mutex::new(inner)), AudienceLocks::new());
        let checked = u64::from(settings.verify_on_open_mib) << 20;
        if std::fs::metadata(path).is_ok_and(|file| file.len() <= checked) {
            file.verify()?;
        } else {
            file.read(verify::quick)?;
        }
        Ok(file)
    }

    /// Verifies the structure of the whole file and every row and index entry. Reads all of it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if it is damaged.
    pub fn verify(&self) -> Result<()> {
        verify::whole(&self.lock().connection)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what was written, also what is not committed yet.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(&self.lock().connection)
    }

    /// Reads members.
    pub(super) fn read_members<T>(
        &self,
        work: impl FnOnce(&Connection, &mut Tails) -> Result<T>,
    ) -> Result<T> {
        let inner = &mut *self.lock();
        work(&inner.connection, &mut inner.tails)
    }

    /// Writes all that `work` writes or nothing.
    ///
    /// # Errors
    /// What `work` returns. A refusal undoes nothing else. When the file cannot be written, all writes since the last
    /// commit are undone, for they belong together; if others than this one are among them, it takes no more until it is
    /// opened again.
    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        self.write_members(durability, |connection, _| work(connection))
    }

    /// Writes members too.
    pub(super) fn write_members<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection, &mut Tails) -> Result<T>,
    ) -> Result<T> {
        let inner = &mut *self.lock();
        inner.begin()?;
        let done = work(&inner.connection, &mut inner.tails);
        // Other writers of the database must not wait until there is more.
        let commit = match durability {
            Durability::Immediate => true,
            Durability::Deferred => inner.opening.is_some(),
            Durability::Grouped => false,
        };
        let ended = inner.end(done, commit);
        if ended.is_err() {
            inner.tails.clear();
        }
        ended
    }

    pub(super) fn audience_locks(&self) -> &AudienceLocks {
        &self.1
    }
}

impl Inner {
    fn begin(&mut self) -> Result<()> {
        if self.failed {
            return Err(Error::new(ErrorKind::Io, "ledger", "an earlier commit failed")
                .with_help("open the file again, because earlier writes were undone"));
        }
        self.carries = self.open;
        if !self.open {
            self.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
            if let Err(error) =
                self.opening.map_or(Ok(()), |opening| schema::is_last(&self.connection, opening))
            {
                self.connection.execute_batch("ROLLBACK").map_err(failed)?;
                return Err(error);
            }
            self.open = true;
        }
        // What others staged in the same transaction outlives a refusal of this write.
        self.connection.execute_batch("SAVEPOINT work").map_err(failed)
    }

    fn end<T>(&mut self, done: Result<T>, commit: bool) -> Result<T> {
        let last = match &done {
            Ok(_) if commit => "RELEASE work; COMMIT",
            Ok(_) => "RELEASE work",
            // What waits was to be durable together with this.
            Err(error) if matches!(error.kind(), ErrorKind::Io | ErrorKind::Corrupt) => "ROLLBACK",
            Err(_) => "ROLLBACK TO work; RELEASE work",
        };
        let ended = self.connection.execute_batch(last);
        if ended.is_err() {
            // The first error is the one to tell.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.open = !self.connection.is_autocommit();
        // SQLite undoes a whole transaction by itself after some errors. Whoever writes now is told of it; those before
        // were told that all is well.
        let committed = commit && done.is_ok() && ended.is_ok();
        self.failed |= self.carries && !self.open && !committed || self.open && ended.is_err();
        done.and_then(|value| ended.map(|()| value).map_err(failed))
    }
}

impl fmt::Debug for SqliteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteFile")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_a_reader_held_up_is_made_once_the_reader_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.db");
        let host = Connection::open(&path).unwrap();
        host.execute_batch("CREATE TABLE member (name TEXT)").unwrap();
        let file = SqliteFile::in_database(&path, SqliteSettings::default()).unwrap();
        file.read(|connection| connection.busy_timeout(std::time::Duration::ZERO).map_err(failed)).unwrap();
        let insert = || {
            file.write(Durability::Immediate, |connection| {
                connection.execute("INSERT INTO member VALUES ('Ada')", []).map(drop).map_err(failed)
            })
        };
        let count = || host.query_row("SELECT count(*) FROM member", [], |row| row.get::<_, i64>(0)).unwrap();
        // Without a write-ahead log a commit waits for readers.
        host.execute_batch("BEGIN").unwrap();
        assert_eq!(count(), 0);
        assert_eq!(insert().unwrap_err().kind(), ErrorKind::Busy);
        host.execute_batch("COMMIT").unwrap();
        insert().unwrap();
        assert_eq!(count(), 1);
    }

    #[test]
    fn after_a_commit_that_failed_nothing_is_written_on_top_of_what_was_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.db");
        let file = SqliteFile::open(&path).unwrap();
        let run =
            |sql: &'static str| move |connection: &Connection| connection.execute_batch(sql).map_err(failed);
        file.read(run("PRAGMA foreign_keys = ON;
             CREATE TABLE a (x INTEGER PRIMARY KEY);
             CREATE TABLE b (x INTEGER REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED);"))
            .unwrap();
        file.write(Durability::Deferred, run("INSERT INTO a VALUES (1)")).unwrap();
        // What refers to nothing is found out by the commit.
        file.write(Durability::Immediate, run("INSERT INTO b VALUES (9)")).unwrap_err();
        let error = file.write(Durability::Immediate, run("INSERT INTO a VALUES (2)")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        drop(file);
        let file = SqliteFile::open(&path).unwrap();
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM a", [], |row| row.get::<_, i64>(0)).map_err(failed)
        };
        assert_eq!(file.read(count).unwrap(), 0);
        file.write(Durability::Immediate, run("INSERT INTO a VALUES (2)")).unwrap();
    }
}
