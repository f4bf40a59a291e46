//! Where rows are found: by fingerprint and by person.

use std::collections::BTreeSet;

use super::person::{Fingerprint, PersonKey};
use super::record::RowRecord;

/// The first half of a fingerprint or of a person: what is found by it must be held against the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PlaceKey(pub(super) u64);

/// Keys and the slots of the rows they lead to, about 25 bytes each.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeSet<(PlaceKey, u64)>);

impl From<Fingerprint> for PlaceKey {
    fn from(print: Fingerprint) -> Self {
        Self::of(print.as_bytes())
    }
}

impl From<PersonKey> for PlaceKey {
    fn from(person: PersonKey) -> Self {
        Self::of(person.as_bytes())
    }
}

impl PlaceKey {
    fn of(digest: &[u8; 16]) -> Self {
        Self(digest.first_chunk::<8>().map_or(0, |half| u64::from_be_bytes(*half)))
    }

    /// Everything that leads to a row. A contact without an id is known by its row, once.
    pub(super) fn all(print: Fingerprint, row: &RowRecord) -> impl Iterator<Item = Self> + '_ {
        let own = Self::from(print);
        let persons = row.owners.iter().map(|owner| Self::from(owner.person));
        std::iter::once(own).chain(persons.filter(move |key| *key != own))
    }
}

impl Places {
    pub(super) fn insert(&mut self, key: PlaceKey, slot: u64) {
        self.0.insert((key, slot));
    }

    pub(super) fn remove(&mut self, key: PlaceKey, slot: u64) {
        self.0.remove(&(key, slot));
    }

    pub(super) fn find(&self, key: impl Into<PlaceKey>) -> impl Iterator<Item = u64> + '_ {
        let key = key.into();
        self.0.range((key, 0)..=(key, u64::MAX)).map(|(_, slot)| *slot)
    }

    /// All of them, by key.
    #[cfg(feature = "sqlite")]
    pub(super) fn iter(&self) -> impl Iterator<Item = (PlaceKey, u64)> + '_ {
        self.0.iter().copied()
    }

    #[cfg(feature = "sqlite")]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
