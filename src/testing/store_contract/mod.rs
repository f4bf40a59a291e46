//! What every [`Store`](crate::store::Store) must do, as checks that run on memory, SQLite, Postgres and your own.
//!
//! ```
//! use audiencekit::store::{MemoryStore, Store};
//! use audiencekit::testing::store_contract::StoreContract;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let store = MemoryStore::new();
//! // Called again for a restart: it opens what the last one left.
//! let contract = StoreContract::new(async || Ok(Arc::new(store.clone()) as Arc<dyn Store>));
//! contract.run().await.unwrap();
//! # }
//! ```
//!
//! For several processes, let each of them call [`increment`] on its own opening of one store, and expect the sum of all
//! in [`count`].

mod bench;
mod commits;
mod concurrency;
mod contract;
mod reads;
mod restarts;

pub use bench::Failure;
pub use concurrency::{count, increment};
pub use contract::StoreContract;
