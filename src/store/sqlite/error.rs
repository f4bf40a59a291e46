//! Errors of SQLite.

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind};

/// The file holds something that this crate did not write.
pub(super) fn corrupt(what: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "store", what)
        .with_help("restore a copy and run with SyncMode::Replace, or begin with a new file")
}

/// Converts an error of SQLite, without the statement and its values.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
pub(super) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt("the file is damaged"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::new(ErrorKind::Busy, "store", "another connection holds the lock of the database")
                .with_help("end its transaction")
        }
        Some(code) => Error::new(ErrorKind::Io, "store", format!("SQLite returned {code:?}")),
        None => corrupt("a value has the wrong type"),
    }
}
