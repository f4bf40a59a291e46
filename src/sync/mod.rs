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
//!   duplicates are found, [`Mode::Mirror`], erasure and automation work;
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

pub use digest::{Fingerprint, PersonKey, PersonSecret};
pub use engine::{SyncEngine, SyncEngineBuilder};
pub use erasure::{ErasureReceipt, Person};
pub use ledger::lease::Leases;
pub use ledger::memory::MemoryLedger;
pub use ledger::record::{CallRecord, ErasureRecord, ErasureRows, Operation, Owner, RowRecord, RunRecord};
#[cfg(feature = "sqlite")]
pub(crate) use ledger::sqlite::file::failed as wrong_in_sqlite;
#[cfg(feature = "sqlite")]
pub use ledger::sqlite::file::{SqliteFile, SqliteSettings};
#[cfg(feature = "sqlite")]
pub use ledger::sqlite::ledger::SqliteLedger;
pub use ledger::traits::{Changes, Durability, Journal, Ledger};
pub use member_change::{ChangeReport, MemberChange};
#[cfg(feature = "sqlite")]
pub use outbox::SqliteOutbox;
pub use pipeline::workers::{Job, Workers};
pub use plan::{Plan, PlanWarning};
pub use policy::{ConsentPolicy, Guards, HeldBack};
pub use progress::{Progress, ProgressStream, Stage};
pub use report::{CallCounts, ContactCounts, RejectedRow, Report, RowCounts};
pub use target::{Mode, SyncTarget};
