//! A store in a Postgres schema.

mod error;
mod outbox;
mod schema;
mod session;
mod statements;
mod store;

pub use store::{PostgresSettings, PostgresStore};
