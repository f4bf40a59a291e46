//! Keeping audiences in step with contacts: plan, run, resume, and remember.
//!
//! A [`SyncEngine`] reads contacts from a source, selects, hashes and uploads them. Facebook has no idempotency key and
//! does not list members, but membership is a set. So a run makes its intent durable before each call and the outcome
//! after it, repeats calls of unknown outcome, and removes exactly the rows that were added. After any crash, retry or
//! repetition, the next [`SyncEngine::run`] ends with the members that were asked for.
//!
//! ```
//! use audiencekit::facebook::{FacebookClient, NewAudience};
//! use audiencekit::{Contact, MemorySource, MockClient, Schema, SyncEngine, SyncMode, SyncTarget};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let schema = Schema::standard();
//! let ada = Contact::builder(&schema).email("ada@example.com").build()?;
//! let facebook = MockClient::new();
//! let account = facebook.fake().account();
//! let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold card")).await?;
//!
//! let people = MemorySource::new(&schema, vec![ada]);
//! let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
//! let target = SyncTarget::new(account, id).mode(SyncMode::Mirror);
//! assert_eq!(engine.plan(&target).await?.add, 1); // sends nothing
//! assert_eq!(engine.run(&target).await?.added.accepted, 1);
//! assert_eq!(engine.run(&target).await?.added.sent, 0); // nothing has changed
//! # Ok(())
//! # }
//! ```
//!
//! - With a [`Ledger`], every member is remembered (in memory by default, or in a file with `SqliteLedger`): mirrors,
//!   removals, single changes ([`SyncEngine::apply_changes`]) and erasure ([`SyncEngine::erase`]) work.
//! - With a [`Journal`] alone ([`SyncEngineBuilder::journal`]), only calls are remembered: uploads of any size in
//!   bounded memory.
//!
//! The [delivery](crate::_documentation::delivery) guide says what is promised and what is not;
//! [privacy](crate::_documentation::privacy) says what a ledger contains.

mod builder;
mod cancel;
mod context;
mod delivery;
mod digest;
mod engine;
mod erasure;
mod ledger;
mod member_change;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
mod outbox;
mod pipeline;
mod plan;
mod policy;
mod preflight;
mod report;
mod run;
mod target;

pub use builder::SyncEngineBuilder;
#[doc(hidden)]
pub use digest::RowDigest;
pub use digest::{PersonId, PseudonymKey};
pub use engine::SyncEngine;
pub use erasure::{ErasureReceipt, PersonRef};
#[doc(hidden)]
pub use ledger::lease::AudienceLocks;
pub use ledger::memory::MemoryLedger;
pub use ledger::record::Operation;
#[doc(hidden)]
pub use ledger::record::{CallRecord, ErasureRecord, ErasureRows, Owner, RowRecord, RunRecord};
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub(crate) use ledger::sqlite::error::failed as wrong_in_sqlite;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub use ledger::sqlite::file::{SqliteFile, SqliteSettings};
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub use ledger::sqlite::ledger::SqliteLedger;
#[doc(hidden)]
pub use ledger::traits::{Durability, LedgerCommit, Sealed as __Sealed};
pub use ledger::traits::{Journal, Ledger};
pub use member_change::{ChangeReport, MemberChange};
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub use outbox::SqliteOutbox;
pub use pipeline::workers::{Executor, Task};
pub use plan::{PlanWarning, SyncPlan};
pub use policy::{ConsentPolicy, ExclusionReason, RemovalGuard};
pub use report::counts::{CallCounts, ContactCounts, RejectedRow, RowCounts};
pub use report::progress::{Progress, ProgressStream, RunStage};
pub use report::sync_report::SyncReport;
pub use target::{IntoSyncTarget, SyncMode, SyncTarget};
