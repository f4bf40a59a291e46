//! The contacts in memory: those of the current step, and others up to a capacity.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::contact_record::ContactRecord;
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::{Error, ErrorKind, Result};

/// A contact in memory. It holds until the step is committed; then the slot may go to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::automation) struct ContactSlot(u32);

#[derive(Debug)]
pub(in crate::automation) struct ContactCache {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_id: HashMap<Arc<str>, u32>,
    changed: Vec<u32>,
    /// Where the search for slots to free goes on.
    clock_hand: usize,
    capacity: usize,
}

#[derive(Debug)]
struct Slot {
    record: ContactRecord,
    is_changed: bool,
    /// Used since the search last came by.
    is_fresh: bool,
    is_taken: bool,
}

impl ContactCache {
    /// Keeps at most `capacity` contacts between two steps.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            changed: Vec::new(),
            clock_hand: 0,
            capacity: capacity.max(1),
        }
    }

    /// Reads a contact into memory. One that the store does not know is blank.
    pub(super) fn fetch<S: Store + ?Sized>(&mut self, store: &S, id: &str) -> Result<ContactSlot> {
        if let Some(&at) = self.by_id.get(id) {
            if let Some(slot) = self.slots.get_mut(at as usize) {
                slot.is_fresh = true;
            }
            return Ok(ContactSlot(at));
        }
        let record = read(store, id)?;
        let id = Arc::clone(&record.id);
        let slot = Slot { record, is_changed: false, is_fresh: false, is_taken: true };
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(known) = self.slots.get_mut(at as usize) {
                    *known = slot;
                }
                at
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        self.by_id.insert(id, at);
        Ok(ContactSlot(at))
    }

    pub(in crate::automation) fn get(&self, contact: ContactSlot) -> &ContactRecord {
        &self.slots[contact.0 as usize].record
    }

    /// The contact to change: it is written with the step.
    pub(super) fn change(&mut self, contact: ContactSlot) -> &mut ContactRecord {
        let slot = &mut self.slots[contact.0 as usize];
        if !slot.is_changed {
            slot.is_changed = true;
            self.changed.push(contact.0);
        }
        &mut slot.record
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Puts what was changed with the writes of a step.
    pub(super) fn write(&mut self, writes: &mut Vec<WriteOp>) {
        for at in self.changed.drain(..) {
            let Some(slot) = self.slots.get_mut(at as usize) else { continue };
            slot.is_changed = false;
            let record = &slot.record;
            let value = (!record.is_blank()).then(|| record.write());
            writes.push(WriteOp { keyspace: Keyspace::Contact, key: record.id.as_bytes().to_vec(), value });
        }
    }

    /// Frees slots, those first that were not used a second time. Only between steps.
    pub(super) fn shrink(&mut self) {
        while self.by_id.len() > self.capacity && self.changed.is_empty() {
            self.clock_hand = if self.clock_hand + 1 < self.slots.len() { self.clock_hand + 1 } else { 0 };
            let Some(slot) = self.slots.get_mut(self.clock_hand) else { return };
            if slot.is_taken && !std::mem::take(&mut slot.is_fresh) {
                slot.is_taken = false;
                self.by_id.remove(&slot.record.id);
                slot.record = ContactRecord::new("".into());
                self.free.push(self.clock_hand as u32);
            }
        }
    }
}

/// What the store holds of a contact.
pub(in crate::automation) fn read<S: Store + ?Sized>(store: &S, id: &str) -> Result<ContactRecord> {
    match store.get(Keyspace::Contact, id.as_bytes())? {
        Some(bytes) => decode(id, &bytes),
        None => Ok(ContactRecord::new(id.into())),
    }
}

pub(super) fn decode(id: &str, bytes: &[u8]) -> Result<ContactRecord> {
    ContactRecord::read(id.into(), bytes).ok_or_else(|| {
        Error::new(ErrorKind::Corrupt, "automation state", "the record of a contact cannot be read")
            .with_expected("state that this version or an older one wrote")
    })
}

/// Visits all contacts that the store knows, from the first id after `after` on, until `visit` breaks.
pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    after: &[u8],
    visit: &mut dyn FnMut(ContactRecord) -> Result<ControlFlow<()>>,
) -> Result<()> {
    store.scan(Keyspace::Contact, after, &mut |key, value| {
        if key == after {
            return Ok(ControlFlow::Continue(()));
        }
        let id = std::str::from_utf8(key).map_err(|_| {
            Error::new(ErrorKind::Corrupt, "automation state", "the id of a contact cannot be read")
                .with_expected("UTF-8")
        })?;
        visit(decode(id, value)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::store::memory::MemoryStore;

    #[test]
    fn memory_keeps_to_its_room_and_the_store_keeps_what_was_changed() {
        let mut store = MemoryStore::new();
        let mut cache = ContactCache::new(3);
        for round in 0..5 {
            for n in 0..20 {
                let who = cache.fetch(&store, &format!("c{n}")).unwrap();
                assert_eq!(cache.get(who).held.len(), round);
                cache.change(who).held.push(round as u32);
            }
            let mut writes = Vec::new();
            cache.write(&mut writes);
            store.commit(writes).unwrap();
            cache.shrink();
            assert!(cache.by_id.len() <= 3 && cache.slots.len() <= 23);
        }
    }
}
