//! The tables of a store, and their creation.

use rusqlite::Connection;

use super::error::{corrupt, failed};
use crate::error::{Error, ErrorKind, Result};

/// `PRAGMA application_id` of a store's own file: "AUDS".
pub(super) const APPLICATION_ID: i64 = 0x4155_4453;

/// Raised when a table changes.
const VERSION: i64 = 1;

/// The SQL that creates the tables. Each statement leaves a table that is there alone.
pub(super) const TABLES: &str = include_str!("schema.sql");

/// Creates the tables of a new file, or checks that a file of its own has them.
pub(super) fn prepare_own(connection: &Connection) -> Result<()> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).map_err(failed);
    // A file gets its tables first and its id after them: a journal that empties a file without the id is that of a file
    // in the making; with the id it is a damaged one.
    match number("PRAGMA application_id")? {
        APPLICATION_ID => check_version(connection),
        0 if number(FOREIGN)? == 0 => {
            connection.execute_batch(&format!("BEGIN EXCLUSIVE; {TABLES} COMMIT;")).map_err(failed)?;
            connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
            check_version(connection)
        }
        _ => Err(corrupt("the file is not a store")),
    }
}

/// Counts what another program made.
const FOREIGN: &str = "SELECT count(*) FROM sqlite_schema
    WHERE tbl_name NOT IN ('audiencekit_store', 'audiencekit_store_meta', 'audiencekit_outbox', 'sqlite_sequence')";

/// Creates the tables in your application's database, or checks them.
pub(super) fn prepare_shared(connection: &Connection) -> Result<()> {
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;")).map_err(failed)?;
    check_version(connection)
}

fn check_version(connection: &Connection) -> Result<()> {
    match meta(connection, "version")? {
        VERSION => Ok(()),
        other if other > VERSION => {
            Err(Error::new(ErrorKind::Invalid, "store", format!("the tables have version {other}"))
                .with_expected(format!("at most version {VERSION}"))
                .with_help("use a newer release of this crate"))
        }
        _ => Err(corrupt("the version of the tables is damaged")),
    }
}

/// A number of the table of numbers.
pub(super) fn meta(connection: &Connection, name: &str) -> Result<i64> {
    let sql = "SELECT value FROM audiencekit_store_meta WHERE name = ?1";
    connection
        .prepare_cached(sql)
        .and_then(|mut read| read.query_row([name], |row| row.get(0)))
        .map_err(failed)
}
