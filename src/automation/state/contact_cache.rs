//! The contacts in memory: those that a step works on, and as many others as there is room for.

use std::collections::HashMap;
use std::sync::Arc;

use super::contact_record::ContactRecord;
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::{Error, ErrorKind, Result};

/// A contact in memory. It holds until the step is committed; then the place may go to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::automation) struct ContactSlot(u32);

#[derive(Debug)]
pub(in crate::automation) struct ContactCache {
    places: Vec<Slot>,
    free: Vec<u32>,
    by_id: HashMap<Arc<str>, u32>,
    changed: Vec<u32>,
    /// Where the search for places to give away goes on.
    hand: usize,
    room: usize,
}

#[derive(Debug)]
struct Slot {
    person: ContactRecord,
    is_changed: bool,
    /// Asked for since the hand last came by.
    is_fresh: bool,
    is_taken: bool,
}

impl ContactCache {
    /// Room for so many contacts between two steps.
    pub(in crate::automation) fn new(room: usize) -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            changed: Vec::new(),
            hand: 0,
            room: room.max(1),
        }
    }

    /// Reads a contact into memory. One that the store does not know is blank.
    pub(in crate::automation) fn fetch<S: Store + ?Sized>(
        &mut self,
        store: &S,
        id: &str,
    ) -> Result<ContactSlot> {
        if let Some(&at) = self.by_id.get(id) {
            if let Some(place) = self.places.get_mut(at as usize) {
                place.is_fresh = true;
            }
            return Ok(ContactSlot(at));
        }
        let person = read(store, id)?;
        let id = Arc::clone(&person.id);
        let place = Slot { person, is_changed: false, is_fresh: false, is_taken: true };
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(known) = self.places.get_mut(at as usize) {
                    *known = place;
                }
                at
            }
            None => {
                self.places.push(place);
                (self.places.len() - 1) as u32
            }
        };
        self.by_id.insert(id, at);
        Ok(ContactSlot(at))
    }

    pub(in crate::automation) fn get(&self, who: ContactSlot) -> &ContactRecord {
        &self.places[who.0 as usize].person
    }

    /// The contact to change: it is written with the step.
    pub(in crate::automation) fn change(&mut self, who: ContactSlot) -> &mut ContactRecord {
        let place = &mut self.places[who.0 as usize];
        if !place.is_changed {
            place.is_changed = true;
            self.changed.push(who.0);
        }
        &mut place.person
    }

    pub(in crate::automation) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Puts what was changed with the writes of a step.
    pub(in crate::automation) fn write(&mut self, writes: &mut Vec<WriteOp>) {
        for at in self.changed.drain(..) {
            let Some(place) = self.places.get_mut(at as usize) else { continue };
            place.is_changed = false;
            let person = &place.person;
            let value = (!person.is_blank()).then(|| person.write());
            writes.push(WriteOp { table: Keyspace::Contact, key: person.id.as_bytes().to_vec(), value });
        }
    }

    /// Gives away places, those first that were not asked for a second time. Only between steps.
    pub(super) fn shrink(&mut self) {
        while self.by_id.len() > self.room && self.changed.is_empty() {
            self.hand = if self.hand + 1 < self.places.len() { self.hand + 1 } else { 0 };
            let Some(place) = self.places.get_mut(self.hand) else { return };
            if place.is_taken && !std::mem::take(&mut place.is_fresh) {
                place.is_taken = false;
                self.by_id.remove(&place.person.id);
                place.person = ContactRecord::new("".into());
                self.free.push(self.hand as u32);
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
            .expected("the state that this version or an older one wrote")
    })
}

/// Visits all contacts that the store knows, from the first id after `after` on, until `visit` says false.
pub(in crate::automation) fn each<S: Store + ?Sized>(
    store: &S,
    after: &[u8],
    visit: &mut dyn FnMut(ContactRecord) -> Result<bool>,
) -> Result<()> {
    store.scan(Keyspace::Contact, after, &mut |key, value| {
        if key == after {
            return Ok(true);
        }
        let id = std::str::from_utf8(key).map_err(|_| {
            Error::new(ErrorKind::Corrupt, "automation state", "the id of a contact cannot be read")
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
        let mut people = ContactCache::new(3);
        for round in 0..5 {
            for n in 0..20 {
                let who = people.fetch(&store, &format!("c{n}")).unwrap();
                assert_eq!(people.get(who).held.len(), round);
                people.change(who).held.push(round as u32);
            }
            let mut writes = Vec::new();
            people.write(&mut writes);
            store.commit(writes).unwrap();
            people.shrink();
            assert!(people.by_id.len() <= 3 && people.places.len() <= 23);
        }
    }
}
