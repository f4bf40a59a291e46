//! The connection of a store: reads and commits in transactions.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::failed;
use super::open::LockFile;
use super::{outbox, tables};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Commit, CommitOutcome, Durability, KeyRange, Page, PageBuilder, PageLimit, Space, Write};

/// Bytes of deferred writes after which they are committed, so that a transaction does not grow without end.
const MOST_DEFERRED: usize = 16 << 20;

/// The connection of a store.
///
/// A file of its own has no other reader, so deferred commits stay in an open transaction, each a savepoint: the next
/// immediate one makes all of them durable at the price of one. In your application's database, each commit is a
/// transaction: other connections see it, and none waits for it longer.
pub(super) struct StoreConnection {
    /// Closed before the lock is released: fields are dropped in their order.
    connection: Connection,
    /// The lock of a file of its own; `None` in your application's database.
    lock: Option<LockFile>,
    /// Bytes that deferred commits wrote in the open transaction; `None` while there is none.
    deferred: Option<usize>,
    /// True once deferred commits were lost that had succeeded.
    lost: bool,
    /// True if the journal of your application's database is a write-ahead log.
    logs_ahead: bool,
}

impl StoreConnection {
    pub(super) fn own(connection: Connection, lock: LockFile) -> Self {
        Self { connection, lock: Some(lock), deferred: None, lost: false, logs_ahead: false }
    }

    pub(super) fn shared(connection: Connection) -> Result<Self> {
        let journal: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
        let logs_ahead = journal.eq_ignore_ascii_case("wal");
        Ok(Self { connection, lock: None, deferred: None, lost: false, logs_ahead })
    }

    pub(super) fn get(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>> {
        let transaction = self.consistent()?;
        let values = keys.iter().map(|key| value(&self.connection, space, key)).collect();
        transaction.map_or(Ok(()), |transaction| transaction.finish().map_err(failed))?;
        values
    }

    pub(super) fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page> {
        if range.is_empty() {
            return Ok(Page::default());
        }
        if space == Space::OUTBOX {
            return outbox::scan(&self.connection, range, limit);
        }
        let sql = match range.end() {
            None => "SELECT key, value FROM audiencekit_store WHERE space = ?1 AND key >= ?2 ORDER BY key",
            Some(_) => {
                "SELECT key, value FROM audiencekit_store WHERE space = ?1 AND key >= ?2 AND key < ?3 ORDER BY key"
            }
        };
        let mut select = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = match range.end() {
            None => select.query(params![space.as_str(), range.start()]),
            Some(end) => select.query(params![space.as_str(), range.start(), end]),
        }
        .map_err(failed)?;
        let mut page = PageBuilder::new(limit);
        while let Some(row) = rows.next().map_err(failed)? {
            let key = row.get_ref(0).and_then(|key| Ok(key.as_blob()?)).map_err(failed)?;
            let value = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(failed)?;
            if !page.push(key, value) {
                break;
            }
        }
        Ok(page.finish())
    }

    pub(super) fn commit(&mut self, commit: &Commit, durability: Durability) -> Result<CommitOutcome> {
        if self.lost {
            return Err(Error::new(ErrorKind::Io, "store", "earlier writes were undone")
                .with_help("open the file again, because a commit failed that they belonged to"));
        }
        let carries = self.deferred.is_some();
        if !carries {
            self.set_synchronous(durability)?;
            self.connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        }
        let outcome = self.savepoint(commit).and_then(|outcome| {
            let written = self.deferred.unwrap_or(0) + size(commit);
            if self.lock.is_some() && durability == Durability::Deferred && written < MOST_DEFERRED {
                self.deferred = Some(written);
            } else {
                self.end()?;
            }
            Ok(outcome)
        });
        if outcome.is_err() {
            // The first error is the one to tell; SQLite may have undone all by itself.
            let _ = self.connection.execute_batch("ROLLBACK");
            self.deferred = None;
            self.lost = carries;
        }
        outcome
    }

    /// Makes deferred commits durable.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.deferred.is_some() && !self.lost { self.end() } else { Ok(()) }
    }

    /// Applies a commit as a part of the transaction, or leaves the transaction as it was.
    fn savepoint(&self, commit: &Commit) -> Result<CommitOutcome> {
        self.connection.execute_batch("SAVEPOINT one").map_err(failed)?;
        for (expectation, expected) in commit.expectations().iter().enumerate() {
            if value(&self.connection, expected.space, &expected.key)? != expected.value {
                self.connection.execute_batch("ROLLBACK TO one; RELEASE one").map_err(failed)?;
                return Ok(CommitOutcome::Conflict { expectation });
            }
        }
        commit.writes().iter().try_for_each(|write| self.write(write))?;
        self.connection.execute_batch("RELEASE one").map_err(failed)?;
        Ok(CommitOutcome::Applied)
    }

    fn write(&self, write: &Write) -> Result<()> {
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            self.connection
                .prepare_cached(sql)
                .and_then(|mut run| run.execute(values))
                .map(drop)
                .map_err(failed)
        };
        match write {
            Write::Put { space: Space::OUTBOX, key, value } => outbox::put(&self.connection, key, value),
            Write::Delete { space: Space::OUTBOX, key } => outbox::delete(&self.connection, key),
            Write::DeleteRange { space: Space::OUTBOX, range } => {
                outbox::delete_range(&self.connection, range)
            }
            Write::Put { space, key, value } => run(
                "INSERT OR REPLACE INTO audiencekit_store (space, key, value) VALUES (?1, ?2, ?3)",
                params![space.as_str(), key, value],
            ),
            Write::Delete { space, key } => run(
                "DELETE FROM audiencekit_store WHERE space = ?1 AND key = ?2",
                params![space.as_str(), key],
            ),
            Write::DeleteRange { space, range } => match range.end() {
                None => run(
                    "DELETE FROM audiencekit_store WHERE space = ?1 AND key >= ?2",
                    params![space.as_str(), range.start()],
                ),
                Some(end) => run(
                    "DELETE FROM audiencekit_store WHERE space = ?1 AND key >= ?2 AND key < ?3",
                    params![space.as_str(), range.start(), end],
                ),
            },
        }
    }

    /// Commits the transaction, which counts itself in a file of its own.
    fn end(&mut self) -> Result<()> {
        if let Some(lock) = &mut self.lock {
            let sql = "UPDATE audiencekit_store_meta SET value = value + 1 WHERE name = 'transactions'";
            self.connection.prepare_cached(sql).and_then(|mut run| run.execute([])).map_err(failed)?;
            let transactions = tables::meta(&self.connection, "transactions")?;
            self.connection.execute_batch("COMMIT").map_err(failed)?;
            lock.note(transactions);
        } else {
            self.connection.execute_batch("COMMIT").map_err(failed)?;
        }
        self.deferred = None;
        Ok(())
    }

    /// In a write-ahead log, what is deferred need not wait for the disk. Without one it must, or the file may be damaged.
    fn set_synchronous(&self, durability: Durability) -> Result<()> {
        if !self.logs_ahead {
            return Ok(());
        }
        let sql = match durability {
            Durability::Deferred => "PRAGMA synchronous = NORMAL",
            Durability::Immediate => "PRAGMA synchronous = FULL",
        };
        self.connection.execute_batch(sql).map_err(failed)
    }

    /// A transaction in which others change nothing, where there are others.
    fn consistent(&self) -> Result<Option<rusqlite::Transaction<'_>>> {
        if self.lock.is_some() {
            return Ok(None);
        }
        self.connection.unchecked_transaction().map(Some).map_err(failed)
    }
}

fn value(connection: &Connection, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>> {
    if space == Space::OUTBOX {
        return outbox::get(connection, key);
    }
    let sql = "SELECT value FROM audiencekit_store WHERE space = ?1 AND key = ?2";
    connection
        .prepare_cached(sql)
        .and_then(|mut read| read.query_row(params![space.as_str(), key], |row| row.get(0)).optional())
        .map_err(failed)
}

fn size(commit: &Commit) -> usize {
    commit
        .writes()
        .iter()
        .map(|write| match write {
            Write::Put { key, value, .. } => 64 + key.len() + value.len(),
            Write::Delete { .. } | Write::DeleteRange { .. } => 64,
        })
        .sum()
}
