//! Stores keep their contract: order, pages, expectations, restarts, processes.
#![cfg(feature = "testing")]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod child;
mod memory;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
#[cfg(all(unix, feature = "postgres"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
