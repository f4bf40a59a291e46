//! Automation: rules and workflows that add and remove people as things happen.
//!
//! An [`Engine`] takes [`ContactEvent`]s and time, follows [`Rule`]s and [`Workflow`]s, and gathers membership
//! operations in a durable outbox, the last one per person, which [`Engine::flush`] sends in few full calls. The
//! host owns loop, threads and clock:
//!
//! 1. `engine.handle(&event, now)` for each event, or `handle_all` for many with one commit;
//! 2. `engine.tick(now)` when `engine.next_due()` has come;
//! 3. `engine.flush(&sync).await` when `engine.flush_is_due(..)`.
//!
//! State is behind a [`Store`], which may be the ledger's SQLite file; contacts are behind a [`ContactStore`].
//! Definitions are data: see [`Definitions`].

mod action;
mod audit;
mod audit_log;
mod bounds;
mod by_hand;
mod cap;
mod check;
mod codec;
mod commit;
mod condition;
mod contacts;
mod counters;
mod definitions;
mod delay;
mod edit;
mod effects;
mod engine;
mod event;
mod explain;
mod flow;
mod flush;
mod graph;
mod instant;
mod key;
mod memory_contacts;
mod memory_store;
mod older;
mod once;
mod options;
mod outbox;
mod people;
mod perform;
mod person;
mod program;
mod property;
mod restore;
mod rule;
mod run;
mod runs;
mod schedule;
mod seen;
mod simulate;
#[cfg(feature = "sqlite")]
mod sqlite;
mod state;
mod step;
mod store;
mod template;
mod timers;
mod touch;
mod trigger;
mod work;
mod workflow;

pub use action::{Action, ActionStep, SavedAudience};
pub use audit::{AuditEntry, AuditEvent, SkipReason};
pub use by_hand::ManualRun;
pub use cap::{Cap, Limit, Period};
pub use contacts::{ContactChange, ContactStore, Effect};
pub use definitions::Definitions;
pub use delay::Delay;
pub use edit::Migration;
pub use engine::Engine;
pub use event::{Channel, ContactEvent, Happening};
pub use explain::{Explanation, RuleStanding, WorkflowStanding};
pub use flush::{FlushPolicy, FlushReport, HeldBack, MemberSink, Membership};
pub use memory_contacts::MemoryContacts;
pub use memory_store::MemoryStore;
pub use options::{Options, Outcome};
pub use property::{PropertyFilter, PropertyTest};
pub use rule::Rule;
pub use schedule::{OpenHours, Outside, Schedule};
pub use simulate::{SimulatedChange, Simulation};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use store::{Store, Table, Visit, Write};
pub use template::Template;
pub use trigger::Trigger;
pub use workflow::{CheckPath, Exit, Node, Reentry, SplitPath, Start, Workflow};
