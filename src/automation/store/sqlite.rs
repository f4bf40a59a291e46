//! State in an SQLite file.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{OptionalExtension, params};

use super::store::{Keyspace, Store, WriteOp};
use crate::error::Result;
use crate::sync::{Durability, SqliteFile, wrong_in_sqlite as wrong};

/// State in an SQLite file, in the table `audiencekit_automation (part, key, value)`. Calls block the thread while they
/// read and write.
///
/// Each commit is one transaction, together with uncommitted writes of a ledger in the same file, and is on disk before
/// it returns. Of personal data the table holds contact ids only.
///
/// Use the file of the ledger: a flush then removes changes from the outbox in the transaction in which the ledger records
/// their outcome, so both stay consistent, and a copy of that one file is a complete backup. With separate files, changes
/// that the ledger did not record before a crash are sent again by the next run of the audience.
///
/// ```
/// use audiencekit::automation::SqliteStore;
/// use audiencekit::sync::{SqliteFile, SqliteLedger};
///
/// let folder = tempfile::tempdir().unwrap();
/// let file = SqliteFile::open(folder.path().join("audiences.db"))?;
/// let (store, ledger) = (SqliteStore::in_file(&file)?, SqliteLedger::in_file(&file));
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct SqliteStore(SqliteFile);

impl SqliteStore {
    /// Opens a file, which is created if it does not exist.
    ///
    /// # Errors
    /// As [`SqliteFile::open`], and an error if the table cannot be created.
    ///
    /// ```
    /// use audiencekit::automation::SqliteStore;
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let store = SqliteStore::open(folder.path().join("automation.db"))?;
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::in_file(&SqliteFile::open(path)?)
    }

    /// Opens the state in a file that a ledger may share.
    ///
    /// # Errors
    /// An error if the table cannot be created.
    pub fn in_file(file: &SqliteFile) -> Result<Self> {
        file.write(Durability::Immediate, |connection| {
            connection
                .execute_batch(
                    "CREATE TABLE IF NOT EXISTS audiencekit_automation (
                         part INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (part, key)
                     ) WITHOUT ROWID;",
                )
                .map_err(wrong)
        })?;
        Ok(Self(file.clone()))
    }
}

impl Store for SqliteStore {
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()> {
        self.0.write(Durability::Immediate, |connection| {
            let mut put = connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO audiencekit_automation (part, key, value) VALUES (?1, ?2, ?3)",
                )
                .map_err(wrong)?;
            let mut delete = connection
                .prepare_cached("DELETE FROM audiencekit_automation WHERE part = ?1 AND key = ?2")
                .map_err(wrong)?;
            for write in &writes {
                let part = write.keyspace as u8;
                match &write.value {
                    Some(value) => put.execute(params![part, write.key, value]),
                    None => delete.execute(params![part, write.key]),
                }
                .map_err(wrong)?;
            }
            Ok(())
        })
    }

    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.0.read(|connection| {
            let mut select = connection
                .prepare_cached("SELECT value FROM audiencekit_automation WHERE part = ?1 AND key = ?2")
                .map_err(wrong)?;
            select.query_row(params![keyspace as u8, key], |row| row.get(0)).optional().map_err(wrong)
        })
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.0.read(|connection| {
            let mut select = connection
                .prepare_cached(
                    "SELECT key, value FROM audiencekit_automation WHERE part = ?1 AND key >= ?2 ORDER BY key",
                )
                .map_err(wrong)?;
            let mut rows = select.query(params![keyspace as u8, from]).map_err(wrong)?;
            while let Some(row) = rows.next().map_err(wrong)? {
                let key = row.get_ref(0).and_then(|key| Ok(key.as_blob()?)).map_err(wrong)?;
                let value = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(wrong)?;
                if visit(key, value)?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
