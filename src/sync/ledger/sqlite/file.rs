//! One SQLite file: made for its owner alone, locked for one process, checked when opened, written in transactions.

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
/// Clones share the same connection, and so do the stores made with it. What one of them writes as
/// [`Durability::Deferred`] is committed in one transaction with whatever is written next as [`Durability::Immediate`], by any of
/// them. The file is created readable and writable by its owner only, and locked: a second process gets
/// [`ErrorKind::Busy`]. A file of up to 64 MiB is checked whole when it is opened; of a larger one audiences, runs, calls
/// and blocks are, and the rest by [`verify`](Self::verify). Whatever its size, the members of an audience are held
/// against their sums before any of them is removed.
///
/// Its log is SQLite's rollback journal, beside the file while a transaction is under way: a damaged write-ahead log
/// would lose commits in silence, a damaged rollback journal is noticed.
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

/// How much memory a file may take, and how much of it is checked when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteSettings {
    cache_mib: u32,
    places_in_memory: usize,
    checked_at_open_mib: u32,
}

impl Default for SqliteSettings {
    /// 16 MiB of page cache, and 400,000 places in memory, which take about 12 MB.
    fn default() -> Self {
        Self { cache_mib: 16, places_in_memory: 400_000, checked_at_open_mib: 64 }
    }
}

impl SqliteSettings {
    /// Pages of the file in memory, in MiB; 16 without it.
    #[must_use]
    pub fn cache_mib(mut self, mebibytes: u32) -> Self {
        self.cache_mib = mebibytes;
        self
    }

    /// The newest members are found by places in memory, two for each, which go into the file together once there are
    /// so many; 400,000 without it. More make first uploads of millions faster.
    #[must_use]
    pub fn places_in_memory(mut self, places: usize) -> Self {
        self.places_in_memory = places;
        self
    }

    /// Files up to this size, in MiB, are checked whole when they are opened; 64 without it. A check reads all of the file.
    #[must_use]
    pub fn checked_at_open_mib(mut self, mebibytes: u32) -> Self {
        self.checked_at_open_mib = mebibytes;
        self
    }
}

struct Inner {
    connection: Connection,
    /// In a host's database: the number by which this opening writes.
    opening: Option<i64>,
    /// True while a transaction holds writes that may wait.
    open: bool,
    /// True while the write under way stands on others that may wait.
    carries: bool,
    /// True once writes are gone whose writers were told that all is well: those that waited for a commit that failed.
    failed: bool,
    tails: Tails,
}

impl SqliteFile {
    /// The tables of a file, with what their columns hold.
    pub const SCHEMA: &str = schema::TABLES;

    /// Opens a file, or makes one where there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] while another process has it open; [`ErrorKind::Corrupt`] when it is damaged or not a
    /// file of this crate;
    /// [`ErrorKind::Io`] when it cannot be read or written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, SqliteSettings::default())
    }

    /// As [`open`](Self::open), with other settings.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, settings: SqliteSettings) -> Result<Self> {
        let path = path.as_ref();
        Self::checked(open::own(path)?, None, path, settings)
    }

    /// Keeps the tables of [`SCHEMA`](Self::SCHEMA) in a database of the host's, beside the host's tables, while the
    /// host's own connections go on reading and writing.
    ///
    /// What the host and the ledger must both know or neither, such as a contact and the change of an audience that
    /// follows from it, the host writes in one transaction of its own: see [`SqliteOutbox`](crate::sync::outbox::SqliteOutbox).
    ///
    /// The tables are made the first time. The file's mode, its log and its backups stay the host's; a write-ahead log
    /// lets both sides work at once. Each commit of the ledger is a transaction of its own and takes the host's writers
    /// some milliseconds; it waits up to 10 seconds for theirs and holds up its thread meanwhile, so a host that keeps a
    /// transaction open over an `await` keeps it on another thread. The last one to open the database writes, and
    /// whoever did so before gets [`ErrorKind::Busy`]. After the database was restored from a copy, open it again before
    /// anything is sent: what was sent since the copy is not remembered, and a run with `SyncMode::Replace` brings both in
    /// step again.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`ErrorKind::Io`] when there is no such file.
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
        let tails = Tails::new(settings.places_in_memory);
        let inner = Inner { connection, opening, open: false, carries: false, failed: false, tails };
        let file = Self(Arc::new(Mutex::new(inner)), AudienceLocks::new());
        let checked = u64::from(settings.checked_at_open_mib) << 20;
        if std::fs::metadata(path).is_ok_and(|file| file.len() <= checked) {
            file.verify()?;
        } else {
            file.read(verify::quick)?;
        }
        Ok(file)
    }

    /// Checks the structure of the whole file, and that every member is found; it reads all of it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when it is damaged.
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
        // A host's writers must not wait until there is more.
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
            return Err(Error::new(ErrorKind::Io, "ledger", "a commit failed before")
                .expected("the file opened again: its writers may believe in what was undone"));
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
