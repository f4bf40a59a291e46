//! What a rule or workflow did, on record: in the audit log and in the report of the call.

use time::OffsetDateTime;

use super::audit_log;
use super::context::{RunContext, Step};
use crate::automation::definition::action::Action;
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::interner::NameId;
use crate::error::Error;

/// Records an event about a contact.
pub(super) fn record_about<S, C>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
    at: OffsetDateTime,
    event: impl FnOnce() -> AuditEvent,
) {
    if step.options.audit {
        let id = step.state.id(contact);
        audit_log::write(step, &id, at, event);
    }
}

/// Records an event of a rule or workflow.
pub(super) fn record<S, C>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    event: impl FnOnce(String) -> AuditEvent,
) {
    record_about(step, run.contact, run.at, || event(run.origin.to_string()));
}

pub(super) fn record_action<S, C>(step: &mut Step<'_, S, C>, run: RunContext<'_>, action: &str) {
    record(step, run, |source| AuditEvent::ActionRun { source, action: action.to_owned() });
}

/// Records what cannot be done, which is a problem of the report.
pub(in crate::automation) fn record_error<S, C>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    error: Error,
) {
    record(step, run, |source| AuditEvent::Dropped { source, reason: error.to_string() });
    step.report.problems.push(error);
}

/// Records what may not be done: a schedule, a rate limit or a frequency cap is in the way.
pub(super) fn record_skip<S, C>(step: &mut Step<'_, S, C>, run: RunContext<'_>, reason: String) {
    step.report.dropped += 1;
    record(step, run, |source| AuditEvent::Dropped { source, reason });
}

pub(super) fn record_skipped_action<S, C>(step: &mut Step<'_, S, C>, run: RunContext<'_>, action: &Action) {
    record_skip(step, run, format!("{} is outside the schedule", action.kind()));
}

pub(super) fn record_deferral<S, C>(step: &mut Step<'_, S, C>, run: RunContext<'_>, until: OffsetDateTime) {
    step.report.postponed += 1;
    record(step, run, |source| AuditEvent::Postponed { source, until });
}

/// Records why a rule was not run, once until it runs for the contact.
pub(super) fn record_rule_skip<S, C>(
    step: &mut Step<'_, S, C>,
    rule: NameId,
    contact: ContactSlot,
    at: OffsetDateTime,
    reason: SkipReason,
) {
    if step.options.audit && step.state.report_once(rule, contact, reason) {
        let rule = step.state.names.text(rule).to_string();
        record_about(step, contact, at, || AuditEvent::Skipped { rule, reason });
    }
}
