//! Stores keep their contract: order, pages, expectations, restarts, processes.
#![cfg(feature = "testing")]

#[cfg(feature = "sqlite")]
mod child;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;
