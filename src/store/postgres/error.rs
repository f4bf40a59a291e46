//! Errors of Postgres, without statements, values and server messages.

use tokio_postgres::error::SqlState;

use crate::error::{Error, ErrorKind};

/// Returns `true` if the transaction was undone for the sake of another one, and may be tried again.
pub(super) fn is_serialization(error: &tokio_postgres::Error) -> bool {
    [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED]
        .into_iter()
        .any(|state| error.code() == Some(state))
}

/// Returns `true` if the connection is of no more use: the server did not answer, or said that it ends.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.code().is_none_or(|state| state.code().starts_with("57P") || state.code().starts_with("08"))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
pub(super) fn failed(error: tokio_postgres::Error) -> Error {
    if is_lost(&error) {
        return Error::new(ErrorKind::Io, "store", "the connection to Postgres is lost").with_retryable(true);
    }
    let state = error.code().map_or("", SqlState::code);
    let told = Error::new(ErrorKind::Io, "store", format!("Postgres returned the error {state}"));
    match state {
        "42P01" | "3F000" => told.with_help("call PostgresStore::prepare, or run its migrations"),
        "42501" => told.with_help("grant the role the rights to the schema and its tables"),
        _ => told,
    }
}

/// The answer to a commit was lost.
pub(super) fn unknown() -> Error {
    Error::new(ErrorKind::Io, "store", "the answer of Postgres to a commit was lost")
        .with_help("read what it wrote before you repeat it")
        .with_retryable(true)
}
