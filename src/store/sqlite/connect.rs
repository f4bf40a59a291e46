//! The settings of every connection to SQLite.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// Statements that a connection keeps prepared.
const PREPARED: usize = 48;

/// Opens a file that exists; the calls of a connection come from one thread at a time.
pub(crate) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )?;
    Ok(connection)
}
