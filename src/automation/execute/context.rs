//! A rule or workflow at work for a contact, and what is told of it.

use time::OffsetDateTime;

use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::action::Action;
use crate::automation::engine::AutomationEngine;
use crate::automation::state::audit::AuditEvent;
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::job::Origin;
use crate::automation::store::store::Store;
use crate::error::Error;

/// A rule or workflow at work for a contact, with `at` as now.
#[derive(Debug, Clone, Copy)]
pub(in crate::automation) struct RunContext<'a> {
    pub(in crate::automation) origin: &'a Origin,
    pub(in crate::automation) contact: ContactSlot,
    pub(in crate::automation) at: OffsetDateTime,
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    pub(in crate::automation) fn tell(
        &mut self,
        run: RunContext<'_>,
        what: impl FnOnce(String) -> AuditEvent,
    ) {
        self.audit(run.contact, run.at, || what(run.origin.to_string()));
    }

    pub(super) fn acted(&mut self, run: RunContext<'_>, action: &str) {
        self.tell(run, |source| AuditEvent::Acted { source, action: action.to_owned() });
    }

    /// Something cannot be done: a problem of the outcome.
    pub(in crate::automation) fn give_up(&mut self, run: RunContext<'_>, error: Error) {
        self.tell(run, |source| AuditEvent::Dropped { source, reason: error.to_string() });
        self.problem(error);
    }

    /// Something may not be done: a schedule, a cap or a limit is in the way.
    pub(in crate::automation) fn dropped(&mut self, run: RunContext<'_>, reason: String) {
        self.outcome.dropped += 1;
        self.tell(run, |source| AuditEvent::Dropped { source, reason });
    }

    pub(super) fn drop_action(&mut self, run: RunContext<'_>, action: &Action) {
        self.dropped(run, format!("{} is outside the schedule", action.kind()));
    }

    pub(in crate::automation) fn postponed(&mut self, run: RunContext<'_>, until: OffsetDateTime) {
        self.outcome.postponed += 1;
        self.tell(run, |source| AuditEvent::Postponed { source, until });
    }
}
