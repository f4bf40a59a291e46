//! Looks again at a contact that has changed: exit conditions and dates.

use time::OffsetDateTime;

use super::context::{self, RunContext, Step};
use super::{action, date_trigger, recorder, workflow};
use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::action::Action;
use crate::automation::definition::condition::first_failing;
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::timestamp::from_micros;
use crate::sync::Operation;

/// Looks again at a contact if an action has changed it. Of a late event's actions some lie behind what is done
/// already: a date that has fired must not be scheduled again.
pub(in crate::automation) fn reevaluate_if_changed<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
    at: OffsetDateTime,
) {
    if std::mem::take(&mut step.is_contact_changed) {
        let passed = from_micros(step.state.counters.passed);
        reevaluate(step, contact, at, at.max(passed));
    }
}

/// Looks again at everything that depends on the contact's data. Nothing of it changes the contact.
pub(super) fn reevaluate<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
    at: OffsetDateTime,
    now: OffsetDateTime,
) {
    if !step.program.has_state_triggers {
        return;
    }
    exit_if_unmatched(step, contact, at);
    for (workflow, _) in step.state.positions_of(contact) {
        if let Some(position) = step.state.position(workflow, contact)
            && let Some(compiled) = step.program.workflow(workflow, position.version)
        {
            workflow::check_exits(step, compiled, contact, at);
        }
    }
    if !step.program.dates.is_empty()
        && let Ok(true) = context::load(step, contact)
    {
        date_trigger::schedule_all(step, contact, now);
    }
}

/// Removes the contact from audiences whose rule does not match it any more.
pub(in crate::automation) fn exit_if_unmatched<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
    at: OffsetDateTime,
) {
    for rule in step.state.holding_rules(contact).to_vec() {
        let Some(compiled) = step.program.rule(rule).filter(|compiled| compiled.rule.leave) else {
            step.state.release(rule, contact);
            continue;
        };
        let run = RunContext { origin: &compiled.origin, contact, at };
        let stays = match context::load(step, contact) {
            Ok(true) => first_failing(&compiled.conditions, step.contact, at).map(|failed| failed.is_none()),
            Ok(false) => Ok(false),
            Err(error) => Err(error),
        };
        match stays {
            Ok(true) => {}
            Ok(false) => {
                step.state.release(rule, contact);
                recorder::record_action(step, run, "leave");
                for branch in &compiled.rule.if_yes {
                    if let Action::AddToAudience { audience } = &branch.action {
                        action::queue_membership(step, run, audience.as_str(), Operation::Remove);
                    }
                }
            }
            Err(error) => recorder::record_error(step, run, error),
        }
    }
}
