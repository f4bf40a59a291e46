//! How an engine behaves, and what a call to it did.

use time::Duration;

use crate::clock::TimeZone;
use crate::error::Error;

/// How an engine behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// The zone of days, dates and calendar months. After a change of it, dates must be planned anew:
    /// [`AutomationEngine::plan_dates`](super::engine::AutomationEngine::plan_dates).
    pub zone: TimeZone,
    /// How long handled events are remembered; older events are refused, for they could be repetitions.
    pub memory: Duration,
    /// How far in the future an event may be, for clocks that differ.
    pub tolerance: Duration,
    /// Most rules that may start one another in a row.
    pub depth: u8,
    /// Whether the store keeps an audit log.
    pub audit: bool,
    /// Most entries that the audit log keeps, and those of one step more: the oldest are forgotten, some 300 bytes each.
    /// Without a number it is the host who forgets, with [`AutomationEngine::forget_audit`](super::engine::AutomationEngine::forget_audit).
    pub audit_entries: Option<u64>,
    /// Contacts whose state stays in memory between two calls; all others are read from the store when they come.
    pub room: usize,
}

impl Default for EngineOptions {
    /// UTC, 30 days of memory, 5 minutes of tolerance, 8 rules in a row, with an audit log without an end, 10,000 contacts in memory.
    fn default() -> Self {
        Self {
            zone: TimeZone::utc(),
            memory: Duration::days(30),
            tolerance: Duration::minutes(5),
            depth: 8,
            audit: true,
            audit_entries: None,
            room: 10_000,
        }
    }
}

impl EngineOptions {
    /// Sets the zone.
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Sets how long handled events are remembered.
    #[must_use]
    pub fn memory(mut self, memory: Duration) -> Self {
        self.memory = memory;
        self
    }

    /// Sets how many contacts stay in memory.
    #[must_use]
    pub fn room(mut self, contacts: usize) -> Self {
        self.room = contacts;
        self
    }

    /// Sets how many entries the audit log keeps.
    #[must_use]
    pub fn audit_entries(mut self, most: u64) -> Self {
        self.audit_entries = Some(most);
        self
    }

    /// Switches the audit log.
    #[must_use]
    pub fn audit(mut self, audit: bool) -> Self {
        self.audit = audit;
        self
    }
}

/// What a call did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct StepReport {
    /// True when the event was handled before: nothing was done.
    pub repeated: bool,
    /// Rules started and workflows entered, left or gone on in.
    pub matched: u64,
    /// Rules whose conditions were checked.
    pub checked: u64,
    /// Actions done.
    pub actions: u64,
    /// Membership operations put in the outbox.
    pub members: u64,
    /// Runs that a cap or a limit dropped, and actions that a schedule dropped. The audit log names each.
    pub dropped: u64,
    /// Actions of rules, and contacts in workflows, that wait until a schedule opens.
    pub postponed: u64,
    /// What could not be done; everything else was.
    pub problems: Vec<Error>,
}

impl StepReport {
    pub(super) fn add(&mut self, other: Self) {
        self.matched += other.matched;
        self.checked += other.checked;
        self.actions += other.actions;
        self.members += other.members;
        self.dropped += other.dropped;
        self.postponed += other.postponed;
        self.problems.extend(other.problems);
    }
}
