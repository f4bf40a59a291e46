//! Changes of contacts that are still to be carried out.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use crate::automation::contact_store::store::ContactUpdate;

/// Few, since each step carries out its own.
#[derive(Debug, Default)]
pub(in crate::automation) struct EffectQueue {
    all: BTreeMap<u64, ContactUpdate>,
    by_contact: HashMap<String, Vec<u64>>,
    /// The update at which the contact store was given up last; the next round begins after it.
    pub(in crate::automation) next_start: u64,
}

impl EffectQueue {
    pub(in crate::automation) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The next change after `number` whose contact has none before it: changes of a contact keep their order.
    pub(in crate::automation) fn next_after(&self, number: u64) -> Option<(u64, &ContactUpdate)> {
        let later = self.all.range((Bound::Excluded(number), Bound::Unbounded));
        let is_first = |number: &u64, effect: &ContactUpdate| {
            self.by_contact.get(&effect.contact).and_then(|numbers| numbers.first()) == Some(number)
        };
        later.map(|(number, effect)| (*number, effect)).find(|(number, effect)| is_first(number, effect))
    }

    /// Those of a contact, in order.
    pub(in crate::automation) fn of(&self, contact: &str) -> impl Iterator<Item = &ContactUpdate> {
        let numbers = self.by_contact.get(contact).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.all.get(number))
    }

    pub(super) fn insert(&mut self, number: u64, effect: ContactUpdate) {
        self.by_contact.entry(effect.contact.clone()).or_default().push(number);
        self.all.insert(number, effect);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<ContactUpdate> {
        let effect = self.all.remove(&number)?;
        if let Some(numbers) = self.by_contact.get_mut(&effect.contact) {
            numbers.retain(|&other| other != number);
            if numbers.is_empty() {
                self.by_contact.remove(&effect.contact);
            }
        }
        Some(effect)
    }
}
