//! Changes of contacts that are still to be carried out.

use std::collections::{BTreeMap, HashMap};

use super::contacts::Effect;

/// Few, since each step carries out its own.
#[derive(Debug, Default)]
pub(super) struct Effects {
    all: BTreeMap<u64, Effect>,
    by_contact: HashMap<String, Vec<u64>>,
}

impl Effects {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.all.keys().copied().collect()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Effect> {
        self.all.get(&number)
    }

    /// Those of a contact, in order.
    pub(super) fn of(&self, contact: &str) -> impl Iterator<Item = &Effect> {
        let numbers = self.by_contact.get(contact).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.all.get(number))
    }

    pub(super) fn insert(&mut self, number: u64, effect: Effect) {
        self.by_contact.entry(effect.contact.clone()).or_default().push(number);
        self.all.insert(number, effect);
    }

    /// True when it was there.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        let Some(effect) = self.all.remove(&number) else { return false };
        if let Some(numbers) = self.by_contact.get_mut(&effect.contact) {
            numbers.retain(|&other| other != number);
            if numbers.is_empty() {
                self.by_contact.remove(&effect.contact);
            }
        }
        true
    }
}
