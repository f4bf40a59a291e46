//! Errors of the ledger file.

use rusqlite::ErrorCode;

use crate::error::{Error, ErrorKind};

pub(super) fn corrupt(what: &'static str) -> Error {
    Error::new(ErrorKind::Corrupt, "ledger", what).expected(
        "a copy of the ledger from before, or a new ledger and a run with Mode::Replace, which needs no memory",
    )
}

/// SQLite's refusal, without the statement and its values.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => corrupt("the file is damaged"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::new(ErrorKind::Busy, "ledger", "another process has it open, or holds it for long")
                .retryable(false)
        }
        Some(code) => Error::new(ErrorKind::Io, "ledger", format!("SQLite says {code:?}")),
        None => corrupt("a value is not of its column's type"),
    }
}
