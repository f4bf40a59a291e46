//! State in an SQLite file, which may be the one of the ledger.

use std::fmt;
use std::path::Path;

use rusqlite::{OptionalExtension, params};

use super::store::{Keyspace, Store, Visit, WriteOp};
use crate::error::Result;
use crate::sync::{Durability, SqliteFile, wrong_in_sqlite as wrong};

/// State in an SQLite file: the table `audiencekit_automation (part, key, value)`, beside the ledger's tables.
///
/// Each commit is one transaction, together with what a ledger in the same file has written and not committed yet, and
/// is on disk before it returns. The file holds contact ids and no other personal data of the automation's.
///
/// Put it in the ledger's file: then a flush leaves the outbox in the very transaction in which the ledger notes what
/// came of it, so what was decided, what was sent and what is a member stand or fall together, and a copy of that one
/// file is a whole backup. In a file of its own the outbox comes first, and what a kill keeps from the ledger is sent
/// again by the next run of the audience.
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
    /// Opens a file of its own, or makes one where there is none.
    ///
    /// # Errors
    /// As [`SqliteFile::open`], and when the table cannot be made.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::in_file(&SqliteFile::open(path)?)
    }

    /// The state in a file that others write to as well.
    ///
    /// # Errors
    /// When the table cannot be made.
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
                let part = write.table as u8;
                match &write.value {
                    Some(value) => put.execute(params![part, write.key, value]),
                    None => delete.execute(params![part, write.key]),
                }
                .map_err(wrong)?;
            }
            Ok(())
        })
    }

    fn get(&self, table: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.0.read(|connection| {
            let mut select = connection
                .prepare_cached("SELECT value FROM audiencekit_automation WHERE part = ?1 AND key = ?2")
                .map_err(wrong)?;
            select.query_row(params![table as u8, key], |row| row.get(0)).optional().map_err(wrong)
        })
    }

    fn scan(&self, table: Keyspace, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        self.0.read(|connection| {
            let mut select = connection
                .prepare_cached(
                    "SELECT key, value FROM audiencekit_automation WHERE part = ?1 AND key >= ?2 ORDER BY key",
                )
                .map_err(wrong)?;
            let mut rows = select.query(params![table as u8, from]).map_err(wrong)?;
            while let Some(row) = rows.next().map_err(wrong)? {
                let key = row.get_ref(0).and_then(|key| Ok(key.as_blob()?)).map_err(wrong)?;
                let value = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(wrong)?;
                if !visit(key, value)? {
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
