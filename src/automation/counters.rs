//! Numbers of the whole engine that the store has beside its tables.

use serde::{Deserialize, Serialize};

use super::cap::Count;
use super::outbox::Line;
use super::state::Name;

/// Numbers that are kept with each step.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Counters {
    pub(super) timer: u64,
    pub(super) generation: u64,
    pub(super) effect: u64,
    pub(super) audit: u64,
    /// The first entry of the audit log that may be there.
    #[serde(default)]
    pub(super) audit_from: u64,
    /// The latest instant that the engine was told, in microseconds since 1970.
    pub(super) now: i64,
    /// The instant up to which everything that was due is done.
    #[serde(default)]
    pub(super) passed: i64,
    /// How many timers wait.
    pub(super) waiting: u64,
    pub(super) lines: Vec<(Name, Line)>,
    pub(super) walking: Vec<(Name, u32, u64)>,
    /// Runs under caps.
    #[serde(default)]
    pub(super) caps: Vec<(Name, Count)>,
}
