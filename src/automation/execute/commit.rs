//! Makes a step durable, then applies the updates that it asks of the contact store.

use super::audit_log;
use super::context::Step;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::state::audit::AuditEvent;
use crate::automation::store::store::Store;
use crate::automation::timestamp::{earlier, from_micros, micros};
use crate::error::{Error, Result};

/// Updates that a contact store may defer before it is left alone until the next step.
const DEFERRED_AT_ONCE: usize = 16;

/// Makes the step durable. Slots of contacts are not valid any more.
pub(in crate::automation) fn commit<S: Store, C>(step: &mut Step<'_, S, C>) -> Result<()> {
    step.loaded = None;
    if !step.state.is_changed() {
        return Ok(());
    }
    *step.failed = true;
    let since = micros(earlier(from_micros(step.state.counters.now), step.options.dedup_window));
    let state = &mut *step.state;
    state.dedup.sweep(step.store, since, &mut state.writes)?;
    audit_log::trim(step)?;
    step.store.commit(step.state.take_writes())?;
    step.state.settle(step.store)?;
    *step.failed = false;
    Ok(())
}

/// Makes the step durable, applies the updates of contacts, and makes durable what came of them.
pub(in crate::automation) fn commit_and_apply<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
) -> Result<()> {
    commit(step)?;
    if step.state.effects.is_empty() {
        return Ok(());
    }
    apply_effects(step);
    commit(step)
}

/// Applies updates of contacts that are durable by now, until the contact store has deferred too many.
pub(in crate::automation) fn apply_effects<S, C: ContactStore>(step: &mut Step<'_, S, C>) {
    let start = std::mem::take(&mut step.state.effects.next_start);
    let mut deferred = 0;
    for (after, until) in [(start, u64::MAX), (0, start)] {
        let mut last = after;
        while let Some((number, update)) = step.state.effects.next_after(last)
            && number <= until
        {
            last = number;
            match step.contacts.apply(update) {
                Ok(()) => drop(step.state.remove_effect(number)),
                Err(error) if error.is_retryable() => {
                    step.report.problems.push(error);
                    deferred += 1;
                    if deferred == DEFERRED_AT_ONCE {
                        step.state.effects.next_start = number;
                        return;
                    }
                }
                Err(error) => drop_effect(step, number, error),
            }
        }
    }
}

fn drop_effect<S, C>(step: &mut Step<'_, S, C>, number: u64, error: Error) {
    if let Some(update) = step.state.remove_effect(number) {
        let dropped = || AuditEvent::Dropped { source: "contact store".into(), reason: error.to_string() };
        audit_log::write(step, &update.contact, update.at, dropped);
    }
    step.report.problems.push(error);
}
