//! State in an SQLite file, which may be the one of the ledger.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};

use super::store::{Store, Table, Visit, Write};
use crate::error::{Error, ErrorKind, Result};

/// State in an SQLite file: the table `automation_state (part, key, value)`, which lives beside the ledger's tables
/// in the same file if the host gives the same path.
///
/// Each commit is one transaction and is on disk before it returns. The file holds contact ids and no other personal
/// data; a new one is readable by its owner only.
pub struct SqliteStore {
    connection: Connection,
}

impl SqliteStore {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be opened, [`ErrorKind::Corrupt`] when it is not a sound SQLite file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        make_private(path)?;
        let connection = Connection::open(path).map_err(wrong)?;
        connection.busy_timeout(Duration::from_secs(30)).map_err(wrong)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 CREATE TABLE IF NOT EXISTS automation_state (
                     part INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (part, key)
                 ) WITHOUT ROWID;",
            )
            .map_err(wrong)?;
        let sound: String =
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(wrong)?;
        if sound != "ok" {
            return Err(Error::new(ErrorKind::Corrupt, "automation store", "the file is damaged")
                .expected("a copy of the file from before"));
        }
        Ok(Self { connection })
    }
}

/// Makes a new file that only its owner can read; an existing one stays as it is.
fn make_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        Error::new(ErrorKind::Io, "automation store", "the file cannot be opened").with_source(error)
    })
}

fn wrong(error: rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => ErrorKind::Corrupt,
        Some(rusqlite::ErrorCode::DatabaseBusy) => ErrorKind::Busy,
        _ => ErrorKind::Io,
    };
    Error::new(kind, "automation store", "the file cannot be read or written").with_source(error)
}

impl Store for SqliteStore {
    fn commit(&mut self, writes: &[Write]) -> Result<()> {
        let transaction = self.connection.transaction().map_err(wrong)?;
        {
            let mut put = transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO automation_state (part, key, value) VALUES (?1, ?2, ?3)",
                )
                .map_err(wrong)?;
            let mut delete = transaction
                .prepare_cached("DELETE FROM automation_state WHERE part = ?1 AND key = ?2")
                .map_err(wrong)?;
            for write in writes {
                let part = write.table as u8;
                match &write.value {
                    Some(value) => put.execute(params![part, write.key, value]),
                    None => delete.execute(params![part, write.key]),
                }
                .map_err(wrong)?;
            }
        }
        transaction.commit().map_err(wrong)
    }

    fn scan(&self, table: Table, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        let mut select = self
            .connection
            .prepare_cached(
                "SELECT key, value FROM automation_state WHERE part = ?1 AND key >= ?2 ORDER BY key",
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
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
