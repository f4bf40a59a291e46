//! A rule or workflow at work for a contact, and what is told of it.

use time::OffsetDateTime;

use super::action::Action;
use super::audit::AuditEvent;
use super::contacts::ContactStore;
use super::engine::Engine;
use super::people::Who;
use super::store::Store;
use super::work::Origin;
use crate::error::Error;

/// A rule or workflow at work for a contact, with `at` as now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) origin: &'a Origin,
    pub(super) contact: Who,
    pub(super) at: OffsetDateTime,
}

impl<S: Store, C: ContactStore> Engine<S, C> {
    pub(super) fn tell(&mut self, run: Run<'_>, what: impl FnOnce(String) -> AuditEvent) {
        self.audit(run.contact, run.at, || what(run.origin.to_string()));
    }

    pub(super) fn acted(&mut self, run: Run<'_>, action: &str) {
        self.tell(run, |source| AuditEvent::Acted { source, action: action.to_owned() });
    }

    /// Something cannot be done: a problem of the outcome.
    pub(super) fn give_up(&mut self, run: Run<'_>, error: Error) {
        self.tell(run, |source| AuditEvent::Dropped { source, reason: error.to_string() });
        self.problem(error);
    }

    /// Something may not be done: a schedule, a cap or a limit is in the way.
    pub(super) fn dropped(&mut self, run: Run<'_>, reason: String) {
        self.outcome.dropped += 1;
        self.tell(run, |source| AuditEvent::Dropped { source, reason });
    }

    pub(super) fn drop_action(&mut self, run: Run<'_>, action: &Action) {
        self.dropped(run, format!("{} is outside the schedule", action.kind()));
    }

    pub(super) fn postponed(&mut self, run: Run<'_>, until: OffsetDateTime) {
        self.outcome.postponed += 1;
        self.tell(run, |source| AuditEvent::Postponed { source, until });
    }
}
