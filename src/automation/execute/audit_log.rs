//! The audit log in the store: written with each step, read from a number on or about one contact, forgotten from the
//! oldest entry on.

use time::OffsetDateTime;

use crate::automation::contact_store::store::ContactStore;
use crate::automation::engine::AutomationEngine;
use crate::automation::state::audit::{AuditEntry, AuditEvent};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::load;
use crate::automation::store::codec::put_text;
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::Result;

/// Entries that are forgotten between two commits.
const FORGOTTEN_AT_ONCE: usize = 10_000;
/// Entries above the most that are kept which a commit forgets at least, if there are so many.
const TRIMMED_AT_ONCE: u64 = 1_000;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    pub(in crate::automation) fn audit(
        &mut self,
        contact: ContactSlot,
        at: OffsetDateTime,
        what: impl FnOnce() -> AuditEvent,
    ) {
        if self.options.audit {
            let id = self.state.id(contact);
            self.audit_of(&id, at, what);
        }
    }

    pub(super) fn audit_of(&mut self, contact: &str, at: OffsetDateTime, what: impl FnOnce() -> AuditEvent) {
        if self.options.audit {
            let number = self.state.next_audit_number();
            let entry = AuditEntry { number, at, contact: contact.to_owned(), what: what() };
            self.state.put(Keyspace::Audit, number.to_be_bytes().to_vec(), &entry);
            let key = place(contact, number);
            self.state.writes.push(WriteOp { table: Keyspace::AuditOf, key, value: Some(Vec::new()) });
        }
    }

    /// Visits the audit log after entry number `after`, until `visit` says false. It is append-only: a host that
    /// copies it elsewhere goes on after the last number it has.
    ///
    /// # Errors
    /// What the store and `visit` return.
    pub fn audit_log(&self, after: u64, visit: &mut dyn FnMut(AuditEntry) -> Result<bool>) -> Result<()> {
        let from = after.saturating_add(1).to_be_bytes();
        self.store.scan(Keyspace::Audit, &from, &mut |_, value| visit(load::read(Keyspace::Audit, value)?))
    }

    /// Forgets the audit log up to and with entry number `until`, once the host has copied it.
    ///
    /// # Errors
    /// What the store returns.
    pub fn forget_audit(&mut self, until: u64) -> Result<()> {
        self.ready()?;
        loop {
            let mut old = Vec::new();
            self.store.scan(Keyspace::Audit, &[], &mut |_, value| {
                let entry: AuditEntry = load::read(Keyspace::Audit, value)?;
                let is_old = entry.number <= until && old.len() < FORGOTTEN_AT_ONCE;
                if is_old {
                    old.push(entry);
                }
                Ok(is_old)
            })?;
            if old.is_empty() {
                return Ok(());
            }
            old.iter().for_each(|entry| self.forget(entry));
            self.commit()?;
        }
    }

    fn forget(&mut self, entry: &AuditEntry) {
        self.state.delete(Keyspace::Audit, entry.number.to_be_bytes().to_vec());
        self.state.delete(Keyspace::AuditOf, place(&entry.contact, entry.number));
        self.state.counters.audit_from = self.state.counters.audit_from.max(entry.number + 1);
    }

    /// With the commit of a step: forgets the oldest entries above the most that are to be kept.
    pub(super) fn trim_audit(&mut self) -> Result<()> {
        let Some(most) = self.options.audit_entries else { return Ok(()) };
        let (written, in_store) = (self.state.counters.audit, self.state.audit_in_store);
        let from = self.state.counters.audit_from;
        let pace = TRIMMED_AT_ONCE + 2 * (written - in_store);
        let until = written.saturating_sub(most).min(in_store).min(from.saturating_add(pace));
        for number in from..=until {
            if let Some(value) = self.store.get(Keyspace::Audit, &number.to_be_bytes())? {
                self.forget(&load::read(Keyspace::Audit, &value)?);
            }
        }
        self.state.counters.audit_from = from.max(until + 1);
        Ok(())
    }

    /// Visits the entries about a contact, the newest first, at most `most`; true when there are more.
    pub(super) fn newest_about(
        &self,
        contact: &str,
        most: usize,
        visit: &mut dyn FnMut(AuditEntry) -> bool,
    ) -> Result<bool> {
        let (mut numbers, mut has_more) = (Vec::new(), false);
        let first = place(contact, u64::MAX);
        let about = first.len() - size_of::<u64>();
        self.store.scan(Keyspace::AuditOf, &first, &mut |key, _| {
            let Some((contact, Some(number))) = key.split_at_checked(about).map(|(contact, number)| {
                (contact, number.first_chunk().map(|number| u64::MAX - u64::from_be_bytes(*number)))
            }) else {
                return Ok(false);
            };
            if !first.starts_with(contact) {
                return Ok(false);
            }
            has_more = numbers.len() == most;
            if !has_more {
                numbers.push(number);
            }
            Ok(!has_more)
        })?;
        for number in numbers {
            if let Some(value) = self.store.get(Keyspace::Audit, &number.to_be_bytes())?
                && !visit(load::read(Keyspace::Audit, &value)?)
            {
                return Ok(true);
            }
        }
        Ok(has_more)
    }
}

/// A key whose bytes sort by contact, and there the newest first.
fn place(contact: &str, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(contact.len() + 10);
    put_text(&mut key, contact);
    key.extend_from_slice(&(u64::MAX - number).to_be_bytes());
    key
}
