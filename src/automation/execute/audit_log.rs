//! The audit log in the store: written with each step, read by number or by contact, deleted from the oldest entry on.

use std::ops::ControlFlow;

use time::OffsetDateTime;

use super::context::Step;
use crate::automation::state::audit::{AuditEntry, AuditEvent};
use crate::automation::state::engine_state::EngineState;
use crate::automation::store::read::{self, Pages};
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::Result;
use crate::store::codec::put_text;

/// Entries that are deleted between two commits.
const PRUNED_AT_ONCE: usize = 10_000;
/// Entries above the most that are kept which a commit deletes at least, if there are so many.
const TRIMMED_AT_ONCE: u64 = 1_000;

/// Writes an entry, if the engine keeps an audit log.
pub(super) fn write<S, C>(
    step: &mut Step<'_, S, C>,
    contact: &str,
    at: OffsetDateTime,
    event: impl FnOnce() -> AuditEvent,
) {
    if step.options.audit {
        let state = &mut *step.state;
        let number = state.next_audit_number();
        let entry = AuditEntry { number, at, contact: contact.to_owned(), event: event() };
        state.put(Keyspace::Audit, number.to_be_bytes().to_vec(), &entry);
        state.writes.push(WriteOp::put(Keyspace::AuditOf, contact_key(contact, number), Vec::new()));
    }
}

/// Returns the entries after entry number `after`, oldest first.
pub(in crate::automation) fn entries<S: Store>(store: &S, after: u64) -> Pages<'_, S, AuditEntry> {
    let first = after.saturating_add(1).to_be_bytes().to_vec();
    Pages::new(store, Keyspace::Audit, first, |_, _| true, |_, value| read::value(Keyspace::Audit, value))
}

/// Deletes the oldest entries up to `until`, as many as go into one commit. Returns `false` if there are none.
pub(in crate::automation) fn prune<S: Store, C>(step: &mut Step<'_, S, C>, until: u64) -> Result<bool> {
    let mut old = Vec::new();
    for entry in entries(step.store, 0).take(PRUNED_AT_ONCE) {
        let entry = entry?;
        if entry.number > until {
            break;
        }
        old.push(entry);
    }
    old.iter().for_each(|entry| delete(step.state, entry));
    Ok(!old.is_empty())
}

/// With the commit of a step: deletes the oldest entries above the most that are to be kept.
pub(super) fn trim<S: Store, C>(step: &mut Step<'_, S, C>) -> Result<()> {
    let Some(most) = step.options.audit_entries else { return Ok(()) };
    let (written, durable) = (step.state.counters.audit, step.state.durable_audit);
    let from = step.state.counters.audit_from;
    let pace = TRIMMED_AT_ONCE + 2 * (written - durable);
    let until = written.saturating_sub(most).min(durable).min(from.saturating_add(pace));
    for number in from..=until {
        if let Some(value) = step.store.get(Keyspace::Audit, &number.to_be_bytes())? {
            delete(step.state, &read::value(Keyspace::Audit, &value)?);
        }
    }
    step.state.counters.audit_from = from.max(until + 1);
    Ok(())
}

fn delete(state: &mut EngineState, entry: &AuditEntry) {
    state.delete(Keyspace::Audit, entry.number.to_be_bytes().to_vec());
    state.delete(Keyspace::AuditOf, contact_key(&entry.contact, entry.number));
    state.counters.audit_from = state.counters.audit_from.max(entry.number + 1);
}

/// Visits the entries about a contact, newest first, at most `most`. Returns `true` if there are more.
pub(super) fn newest_about<S: Store>(
    store: &S,
    contact: &str,
    most: usize,
    visit: &mut dyn FnMut(AuditEntry) -> ControlFlow<()>,
) -> Result<bool> {
    let (mut numbers, mut has_more) = (Vec::new(), false);
    let first = contact_key(contact, u64::MAX);
    let about = first.len() - size_of::<u64>();
    store.scan(Keyspace::AuditOf, &first, &mut |key, _| {
        let Some((contact, Some(number))) = key.split_at_checked(about).map(|(contact, number)| {
            (contact, number.first_chunk().map(|number| u64::MAX - u64::from_be_bytes(*number)))
        }) else {
            return Ok(ControlFlow::Break(()));
        };
        if !first.starts_with(contact) {
            return Ok(ControlFlow::Break(()));
        }
        has_more = numbers.len() == most;
        if has_more {
            return Ok(ControlFlow::Break(()));
        }
        numbers.push(number);
        Ok(ControlFlow::Continue(()))
    })?;
    for number in numbers {
        if let Some(value) = store.get(Keyspace::Audit, &number.to_be_bytes())?
            && visit(read::value(Keyspace::Audit, &value)?).is_break()
        {
            return Ok(true);
        }
    }
    Ok(has_more)
}

/// Returns a key whose bytes sort by contact, and there the newest first.
fn contact_key(contact: &str, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(contact.len() + 10);
    put_text(&mut key, contact);
    key.extend_from_slice(&(u64::MAX - number).to_be_bytes());
    key
}
