//! Rules and workflows that add contacts to audiences and remove them as things happen.
//!
//! An [`AutomationEngine`] takes [`ContactEvent`]s and the current time, follows [`Rule`]s and [`Workflow`]s, and
//! collects membership changes in a durable outbox, which [`AutomationEngine::flush`] uploads in few full calls. It
//! runs no thread and no timer: your application calls `handle` for each event, `tick` when `next_due` has come, and
//! `flush` when `flush_is_due`. Definitions are data and can be stored as JSON ([`Definitions`]).
//!
//! ```
//! use audiencekit::automation::{
//!     Action, AutomationEngine, ContactEvent, ContactStore, Definitions, EngineOptions, EventKind, MemoryContacts,
//!     MemoryStore, Rule, Trigger,
//! };
//! use audiencekit::Schema;
//! use time::macros::datetime;
//!
//! let mut contacts = MemoryContacts::new(&Schema::standard());
//! contacts.edit("c-1", |_| Ok(()))?;
//! let rule = Rule::new("welcome").on(Trigger::ContactAdded).then(Action::AddTag { tag: "NEW".into() });
//! let definitions = Definitions::new().rule(rule);
//! let mut engine = AutomationEngine::open(definitions, &[], MemoryStore::new(), contacts, EngineOptions::default())?;
//!
//! let now = datetime!(2026-11-23 12:00 UTC);
//! let report = engine.handle(&ContactEvent::new("c-1", now, EventKind::ContactAdded), now)?;
//! assert_eq!(report.actions, 1);
//! # Ok::<(), audiencekit::Error>(())
//! ```
//!
//! State is kept behind a [`Store`], which may share a SQLite file with the ledger, and contacts behind a
//! [`ContactStore`]. The [automation guide](crate::_documentation::automation) explains events, triggers, actions,
//! schedules, limits, versions and simulation.

mod bulk_run;
mod contact_store;
mod definition;
mod engine;
mod event;
mod event_kind;
mod execute;
mod idempotency;
mod manual_run;
mod options;
mod program;
mod results;
mod simulate;
mod state;
mod store;
mod timestamp;
mod unique_map;

pub use bulk_run::ManualRun;
pub use contact_store::memory::MemoryContacts;
pub use contact_store::store::{ContactChange, ContactStore, ContactUpdate};
pub use definition::action::{Action, ActionStep, SavedAudience};
pub use definition::definitions::Definitions;
pub use definition::delay::Delay;
pub use definition::frequency::{FrequencyCap, Period, RateLimit};
pub use definition::property::{PropertyFilter, PropertyTest, RegexText};
pub use definition::rule::Rule;
pub use definition::schedule::{OpenHours, OutsideHours, Schedule};
pub use definition::template::Template;
pub use definition::trigger::Trigger;
pub use definition::workflow::{CheckPath, EntryPoint, ExitCriterion, Node, Reentry, SplitPath, Workflow};
pub use engine::AutomationEngine;
pub use event::ContactEvent;
pub use event_kind::{ConsentChannel, EventKind};
pub use execute::explain::{MembershipExplanation, RuleStatus, WorkflowStatus};
pub use execute::flush::{FlushPolicy, FlushReport, MemberSink, MembershipChange};
pub use execute::redefine::WorkflowMigration;
pub use options::{EngineOptions, StepReport};
pub use results::PendingChange;
pub use simulate::{SimulatedChange, Simulation};
pub use state::audit::{AuditEntry, AuditEvent, SkipReason};
pub use state::outbox::DeferredRemovals;
pub use store::memory::MemoryStore;
#[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
pub use store::sqlite::SqliteStore;
pub use store::store::{Keyspace, Store, WriteOp};
