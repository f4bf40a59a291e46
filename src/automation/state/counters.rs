//! Numbers of the whole engine that the store has beside its tables.

use serde::{Deserialize, Serialize};

use super::interner::NameId;
use super::outbox::AudienceQueue;
use crate::automation::definition::frequency::PeriodCount;

/// Numbers that are kept with each step.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(in crate::automation) struct Counters {
    pub(in crate::automation) timer: u64,
    pub(in crate::automation) generation: u64,
    pub(super) effect: u64,
    pub(in crate::automation) audit: u64,
    /// The first entry of the audit log that may be there.
    #[serde(default)]
    pub(in crate::automation) audit_from: u64,
    /// The latest instant that the engine was given, in microseconds since 1970.
    pub(in crate::automation) now: i64,
    /// The instant up to which everything that was due is done.
    #[serde(default)]
    pub(in crate::automation) passed: i64,
    /// How many timers wait.
    pub(in crate::automation) waiting: u64,
    #[serde(rename = "lines")]
    pub(super) queues: Vec<(NameId, AudienceQueue)>,
    /// How many contacts are on a version of a workflow.
    #[serde(rename = "walking")]
    pub(in crate::automation) version_counts: Vec<(NameId, u32, u64)>,
    /// Runs under rate limits.
    #[serde(default, rename = "caps")]
    pub(super) rate_counts: Vec<(NameId, PeriodCount)>,
}
