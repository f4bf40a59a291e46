//! The tables of a file, and their creation.

use rusqlite::Connection;

use super::error::{corrupt, failed};
use crate::error::{Error, ErrorKind, Result};

/// `PRAGMA application_id` of a ledger file: "AUDK".
pub(super) const APPLICATION_ID: i64 = 0x4155_444b;
/// `PRAGMA user_version`: raised when a table changes.
const VERSION: i64 = 1;

/// The SQL that creates the tables.
pub(super) const TABLES: &str = include_str!("schema.sql");

/// Creates the tables of a new file, or checks that a file has them.
///
/// A new file gets its tables first and its name as a ledger after them, each in one transaction. A rollback journal
/// that empties a file without the name is that of a file in the making; with the name it is a damaged one.
pub(super) fn prepare(connection: &Connection) -> Result<()> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).map_err(failed);
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    match (number("PRAGMA application_id")?, number("PRAGMA user_version")?, tables) {
        (0, 0, 0) => {
            make_tables(connection)?;
            name(connection)
        }
        // Its maker was killed before it had its name.
        (0, 0, 1..) if is_unnamed(connection)? => name(connection),
        (APPLICATION_ID, VERSION, 1..) => Ok(()),
        (APPLICATION_ID, other, _) if other > VERSION => Err(newer(other)),
        _ => Err(corrupt("not a ledger")),
    }
}

/// Creates the tables in your application's database, or checks them, and returns the number of this opening.
pub(super) fn prepare_for_host(connection: &Connection) -> Result<i64> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let opening = open_for_host(connection);
    connection.execute_batch(if opening.is_ok() { "COMMIT" } else { "ROLLBACK" }).map_err(failed)?;
    opening
}

fn open_for_host(connection: &Connection) -> Result<i64> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'audiencekit_writer'";
    if connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(failed)? == 0 {
        connection.execute_batch(TABLES).map_err(failed)?;
    }
    let (version, opening) = writer(connection)?;
    match version {
        VERSION => {}
        other if other > VERSION => return Err(newer(other)),
        _ => return Err(corrupt("not a ledger")),
    }
    connection.execute("UPDATE audiencekit_writer SET opening = opening + 1", []).map_err(failed)?;
    Ok(opening + 1)
}

fn writer(connection: &Connection) -> Result<(i64, i64)> {
    connection
        .prepare_cached("SELECT version, opening FROM audiencekit_writer")
        .and_then(|mut read| read.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(failed)
}

/// # Errors
/// [`ErrorKind::Busy`] when the database was opened again since: what is remembered of it may not hold any more.
pub(super) fn is_last(connection: &Connection, opening: i64) -> Result<()> {
    if writer(connection)?.1 == opening {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Busy, "ledger", "the database was opened again since").with_retryable(false))
}

fn newer(version: i64) -> Error {
    Error::new(ErrorKind::Invalid, "ledger", format!("the file has version {version}"))
        .with_expected(format!("at most version {VERSION}"))
        .with_help("use a newer release of this crate")
}

fn make_tables(connection: &Connection) -> Result<()> {
    connection.execute_batch(&format!("BEGIN EXCLUSIVE; {TABLES} COMMIT;")).map_err(failed)
}

fn name(connection: &Connection) -> Result<()> {
    connection
        .execute_batch(&format!(
            "BEGIN EXCLUSIVE; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))
        .map_err(failed)
}

/// Returns `true` if the file has the tables of a new ledger and no others.
fn is_unnamed(connection: &Connection) -> Result<bool> {
    let tables = |of: &Connection| {
        let sql = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
        of.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).map_err(failed)
    };
    let new = Connection::open_in_memory().map_err(failed)?;
    make_tables(&new)?;
    Ok(tables(connection)? == tables(&new)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::ledger::sqlite::file::SqliteFile;

    /// The journal of a transaction on a file that had no page before it.
    ///
    /// Source: SQLite database file format, "The Rollback Journal", sqlite.org (read 2026-11-23).
    fn journal_of_a_new_file() -> Vec<u8> {
        let mut header = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
        for number in [0_u32, 0, 0, 512, 4_096] {
            header.extend(number.to_be_bytes());
        }
        header.resize(512, 0);
        header
    }

    type Step = fn(&Connection) -> Result<()>;

    #[test]
    fn a_file_whose_making_was_cut_short_is_made_when_opened_again() {
        let (no_step, tables): (&[Step], &[Step]) = (&[], &[make_tables]);
        // Before a step's commit its journal is still there.
        for (done, journal) in
            [(no_step, false), (tables, true), (tables, false), (&[make_tables, name], false)]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("new.db");
            let connection = Connection::open(&path).unwrap();
            done.iter().for_each(|step| step(&connection).unwrap());
            drop(connection);
            if journal {
                std::fs::write(folder.path().join("new.db-journal"), journal_of_a_new_file()).unwrap();
            }
            let file = SqliteFile::open(&path)
                .unwrap_or_else(|error| panic!("after {} steps, {journal}: {error}", done.len()));
            file.verify().unwrap();
            drop(file);
            SqliteFile::open(&path).unwrap();
        }
    }

    #[test]
    fn a_database_of_others_is_no_ledger_in_the_making() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let connection = Connection::open(&path).unwrap();
        make_tables(&connection).unwrap();
        connection.execute_batch("CREATE TABLE customer (email TEXT)").unwrap();
        drop(connection);
        let error = SqliteFile::open(&path).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}
