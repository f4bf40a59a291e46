//! Automation: rules and workflows that add and remove people as things happen.
//!
//! An [`AutomationEngine`] takes [`ContactEvent`]s and time, follows [`Rule`]s and [`Workflow`]s, and gathers membership
//! operations in a durable outbox, the last one per person, which [`AutomationEngine::flush`] sends in few full calls. The
//! host owns loop, threads and clock:
//!
//! 1. `engine.handle(&event, now)` for each event, or `handle_all` for many with one commit;
//! 2. `engine.tick(now)` when `engine.next_due()` has come;
//! 3. `engine.flush(&sync).await` when `engine.flush_is_due(..)`.
//!
//! State is behind a [`Store`], which may be the ledger's SQLite file; contacts are behind a [`ContactStore`].
//! Definitions are data: see [`Definitions`].

mod contact_store;
mod definition;
mod engine;
mod event;
mod execute;
mod idempotency;
mod manual_run;
mod options;
mod program;
mod state;
mod store;
mod timestamp;
mod unique_map;

pub use contact_store::memory::MemoryContacts;
pub use contact_store::store::{ContactChange, ContactStore, ContactUpdate};
pub use definition::action::{Action, ActionStep, SavedAudience};
pub use definition::definitions::Definitions;
pub use definition::delay::Delay;
pub use definition::frequency::{FrequencyCap, Period, RateLimit};
pub use definition::property::{PropertyFilter, PropertyTest};
pub use definition::rule::Rule;
pub use definition::schedule::{OpenHours, OutsideHours, Schedule};
pub use definition::template::Template;
pub use definition::trigger::Trigger;
pub use definition::workflow::{CheckPath, EntryPoint, ExitCriterion, Node, Reentry, SplitPath, Workflow};
pub use engine::AutomationEngine;
pub use event::{ConsentChannel, ContactEvent, EventKind};
pub use execute::explain::{MembershipExplanation, RuleStatus, WorkflowStatus};
pub use execute::flush::{DeferredRemovals, FlushPolicy, FlushReport, MemberSink, MembershipChange};
pub use execute::redefine::WorkflowMigration;
pub use execute::simulate::{SimulatedChange, Simulation};
pub use manual_run::ManualRun;
pub use options::{EngineOptions, StepReport};
pub use state::audit::{AuditEntry, AuditEvent, SkipReason};
pub use store::memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use store::sqlite::SqliteStore;
pub use store::store::{Keyspace, Store, Visit, WriteOp};
