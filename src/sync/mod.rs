//! Audiences that converge: plan, run, resume, and remember.
//!
//! Facebook has no idempotency key and does not list members, but membership is a set. So a run makes its intent
//! durable before each call and the outcome after it, sends again whatever has an unknown outcome, and removes
//! exactly the rows that were added. After any crash, retry or repetition the next [`SyncEngine::run`] ends with the
//! members that were asked for.
//!
//! What is not promised: that Facebook matches a person, when an audience becomes available, and an undo.
//!
//! Two ways to run:
//!
//! - with a [`Ledger`], which remembers every member (in memory by default, or in one file with `SqliteLedger`):
//!   duplicates are found, [`SyncMode::Mirror`], erasure and automation work;
//! - with a [`Journal`] alone ([`SyncEngineBuilder::journal`]), which remembers only the calls: uploads of any size in
//!   bounded memory. Duplicates are sent twice, which a set does not mind.

mod delivery;
mod digest;
mod engine;
mod erasure;
mod ledger;
mod member_change;
#[cfg(feature = "sqlite")]
mod outbox;
mod pipeline;
mod plan;
mod policy;
mod preflight;
mod progress;
mod report;
mod report_table;
mod run;
mod target;

pub use digest::{PersonId, PseudonymKey, RowDigest};
pub use engine::{SyncEngine, SyncEngineBuilder};
pub use erasure::{ErasureReceipt, PersonRef};
pub use ledger::lease::AudienceLocks;
pub use ledger::memory::MemoryLedger;
pub use ledger::record::{CallRecord, ErasureRecord, ErasureRows, Operation, Owner, RowRecord, RunRecord};
#[cfg(feature = "sqlite")]
pub(crate) use ledger::sqlite::file::failed as wrong_in_sqlite;
#[cfg(feature = "sqlite")]
pub use ledger::sqlite::file::{SqliteFile, SqliteSettings};
#[cfg(feature = "sqlite")]
pub use ledger::sqlite::ledger::SqliteLedger;
pub use ledger::traits::{Durability, Journal, Ledger, LedgerCommit};
pub use member_change::{ChangeReport, MemberChange};
#[cfg(feature = "sqlite")]
pub use outbox::SqliteOutbox;
pub use pipeline::workers::{Executor, Task};
pub use plan::{PlanWarning, SyncPlan};
pub use policy::{ConsentPolicy, ExclusionReason, RemovalGuard};
pub use progress::{Progress, ProgressStream, RunStage};
pub use report::{CallCounts, ContactCounts, RejectedRow, RowCounts, SyncReport};
pub use target::{SyncMode, SyncTarget};
