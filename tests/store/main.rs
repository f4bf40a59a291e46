//! Stores keep their contract: order, pages, expectations, restarts, processes.
#![cfg(feature = "testing")]

mod memory;
