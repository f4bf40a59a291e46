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

mod beforehand;
mod book;
mod call;
mod changes;
mod engine;
mod erase;
mod intake;
mod lanes;
mod lease;
mod ledger;
mod memory;
mod owners;
mod pages;
mod person;
mod places;
mod plan;
mod policy;
mod prepare;
mod progress;
mod record;
mod removal;
mod report;
mod run;
mod select;
mod slots;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod stored;
mod table;
mod target;
mod upload;
mod withdrawal;
mod workers;

pub use changes::{ChangeReport, MemberChange};
pub use engine::{SyncEngine, SyncEngineBuilder};
pub use erase::{ErasureReceipt, Person};
pub use lease::Leases;
pub use ledger::{Changes, Durability, Journal, Ledger};
pub use memory::MemoryLedger;
pub use person::{Fingerprint, PersonKey, PersonSecret};
pub use plan::{Plan, PlanWarning};
pub use policy::{ConsentPolicy, Guards, HeldBack};
pub use progress::{Progress, ProgressStream, Stage};
pub use record::{CallRecord, ErasureRecord, ErasureRows, Operation, Owner, RowRecord, RunRecord};
pub use report::{CallCounts, ContactCounts, RejectedRow, Report, RowCounts};
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::failed as wrong_in_sqlite;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteFile, SqliteLedger, SqliteOutbox, SqliteSettings};
pub use target::{Mode, SyncTarget};
pub use workers::{Job, Workers};
