//! Opening a file: one of the ledger's own, locked for one process, or your application's database.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::error::{corrupt, failed};
use super::schema::{self, APPLICATION_ID};
use crate::error::{Error, ErrorKind, Result};
use crate::store::sqlite::{connect, create_for_owner, has_foreign_log, would_be_emptied};

/// How long a connection to your application's database waits for other transactions.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a file of its own for this process alone, or creates it.
pub(super) fn own(path: &Path) -> Result<Connection> {
    create_for_owner(path, "ledger")?;
    // SQLite takes a file without a whole header for an empty one.
    if std::fs::metadata(path).is_ok_and(|file| (1..512).contains(&file.len())) {
        return Err(corrupt("the file is cut short"));
    }
    if would_be_emptied(path, APPLICATION_ID) {
        return Err(corrupt("the log beside the file is damaged"));
    }
    if has_foreign_log(path) {
        return Err(Error::new(
            ErrorKind::Corrupt,
            "ledger",
            "a write-ahead log of another program is beside the file",
        )
        .with_help("move the file ending in -wal away; the ledger was not touched"));
    }
    let connection = connect(path).map_err(failed)?;
    // One process at a time; pages of an interrupted transaction are rolled back from the journal beside the file.
    // A rollback journal leaves one file behind, and no commit can be lost with a damaged log.
    connection
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; BEGIN EXCLUSIVE; COMMIT;",
        )
        .map_err(failed)?;
    schema::prepare(&connection)?;
    Ok(connection)
}

/// Opens your application's database, and returns the number by which this opening writes.
pub(super) fn of_host(path: &Path) -> Result<(Connection, i64)> {
    let connection = connect(path).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    let opening = schema::prepare_for_host(&connection)?;
    Ok((connection, opening))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::beside;
    use crate::sync::ledger::sqlite::file::{SqliteFile, SqliteSettings};
    use crate::sync::ledger::traits::Durability;

    #[test]
    fn a_write_ahead_log_of_another_program_is_refused_and_the_ledger_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("ledger.db"), folder.path().join("other.db"));
        drop(SqliteFile::open(&path).unwrap());
        let before = std::fs::read(&path).unwrap();
        let program = Connection::open(&other).unwrap();
        program
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (b); INSERT INTO a VALUES (1)")
            .unwrap();
        std::fs::copy(beside(&other, "-wal"), beside(&path, "-wal")).unwrap();
        let error = SqliteFile::open(&path).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::remove_file(beside(&path, "-wal")).unwrap();
        SqliteFile::open(&path).unwrap().verify().unwrap();
    }

    #[test]
    fn in_a_hosts_database_both_sides_write_and_the_last_to_open_it_keeps_the_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.db");
        let missing = SqliteFile::in_database(&path, SqliteSettings::default()).map(drop).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Io, "{missing}");
        let host = Connection::open(&path).unwrap();
        host.execute_batch("PRAGMA user_version = 7; CREATE TABLE member (name TEXT); CREATE TABLE run (x)")
            .unwrap();
        host.busy_timeout(Duration::ZERO).unwrap();
        let open = || SqliteFile::in_database(&path, SqliteSettings::default()).unwrap();
        let first = open();
        let write = |file: &SqliteFile, durability| {
            file.write(durability, |connection| {
                let sql = "INSERT INTO audiencekit_outbox (audience, change) VALUES ('1', '')";
                connection.execute(sql, []).map(drop).map_err(failed)
            })
        };
        let host_writes = || host.execute("INSERT INTO member VALUES ('Ada')", []).is_ok();
        write(&first, Durability::Deferred).unwrap();
        assert!(host_writes(), "what may wait blocks no other writer");
        write(&first, Durability::Grouped).unwrap();
        assert!(!host_writes(), "the other half is to follow at once");
        write(&first, Durability::Immediate).unwrap();
        assert!(host_writes());
        let second = open();
        let error = write(&first, Durability::Immediate).unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Busy, false), "{error}");
        write(&second, Durability::Immediate).unwrap();
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            host.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!((count("member"), count("audiencekit_outbox")), (2, 4));
        // The version of the database itself is not touched.
        assert_eq!(host.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap(), 7);
        // A newer release was here.
        host.execute_batch("UPDATE audiencekit_writer SET version = 99").unwrap();
        let error = SqliteFile::in_database(&path, SqliteSettings::default()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
}
