//! Errors of the ledger file.

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind};

/// The file holds something that this crate did not write.
pub(super) fn corrupt(what: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "ledger", what)
        .with_help("restore a copy, or run with SyncMode::Replace and a new ledger")
}

/// Converts an error of SQLite, without the statement and its values.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt("the file is damaged"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::new(ErrorKind::Busy, "ledger", "another process has it open or holds its lock")
                .with_retryable(false)
        }
        Some(code) => Error::new(ErrorKind::Io, "ledger", format!("SQLite returned {code:?}")),
        None => corrupt("a value has the wrong type"),
    }
}
