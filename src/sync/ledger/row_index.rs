//! An index of rows by digest and by person.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hasher, RandomState};

use super::record::RowRecord;
use crate::sync::digest::{PersonId, RowDigest};

/// The first half of a digest or of a person: what is found by it must be held against the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct IndexKey(pub(super) u64);

/// Keys and the slots of the rows they lead to, about 30 bytes each.
///
/// Nearly every key leads to one row. Where there are more, the first slot has a mark and the others are in order.
#[derive(Debug, Default)]
pub(super) struct RowIndex {
    first: HashMap<IndexKey, u64, DigestHasher>,
    more: BTreeSet<(IndexKey, u64)>,
}

/// Marks a slot whose key leads to others too. Slots are assigned from 0, so they never reach it.
const AND_MORE: u64 = 1 << 63;

impl From<RowDigest> for IndexKey {
    fn from(digest: RowDigest) -> Self {
        Self::of(digest.as_bytes())
    }
}

impl From<PersonId> for IndexKey {
    fn from(person: PersonId) -> Self {
        Self::of(person.as_bytes())
    }
}

impl IndexKey {
    fn of(digest: &[u8; 16]) -> Self {
        Self(digest.first_chunk::<8>().map_or(0, |half| u64::from_be_bytes(*half)))
    }

    /// Everything that leads to a row. A contact without an id is known by its row, once.
    pub(super) fn all(digest: RowDigest, row: &RowRecord) -> impl Iterator<Item = Self> + '_ {
        let own = Self::from(digest);
        let persons = row.owners.iter().map(|owner| Self::from(owner.person));
        std::iter::once(own).chain(persons.filter(move |key| *key != own))
    }
}

impl RowIndex {
    pub(super) fn insert(&mut self, key: IndexKey, slot: u64) {
        match self.first.entry(key) {
            Entry::Vacant(free) => {
                free.insert(slot);
            }
            Entry::Occupied(mut first) if *first.get() & !AND_MORE != slot => {
                *first.get_mut() |= AND_MORE;
                self.more.insert((key, slot));
            }
            Entry::Occupied(_) => {}
        }
    }

    pub(super) fn remove(&mut self, key: IndexKey, slot: u64) {
        let Entry::Occupied(mut first) = self.first.entry(key) else { return };
        let second = others(&self.more, key).next();
        if *first.get() & !AND_MORE != slot {
            self.more.remove(&(key, slot));
        } else if let Some(next) = second {
            self.more.remove(&(key, next));
            first.insert(next | AND_MORE);
        } else {
            first.remove();
            return;
        }
        if others(&self.more, key).next().is_none() {
            *first.get_mut() &= !AND_MORE;
        }
    }

    pub(super) fn find(&self, key: impl Into<IndexKey>) -> impl Iterator<Item = u64> + '_ {
        let key = key.into();
        let first = self.first.get(&key).copied();
        let more = first.filter(|first| first & AND_MORE != 0).map(|_| others(&self.more, key));
        first.map(|first| first & !AND_MORE).into_iter().chain(more.into_iter().flatten())
    }

    /// All of them, by key.
    #[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
    pub(super) fn sorted(&self) -> Vec<(IndexKey, u64)> {
        let first = self.first.iter().map(|(key, slot)| (*key, slot & !AND_MORE));
        let mut all: Vec<_> = first.chain(self.more.iter().copied()).collect();
        all.sort_unstable();
        all
    }

    #[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
    pub(super) fn len(&self) -> usize {
        self.first.len() + self.more.len()
    }
}

fn others(more: &BTreeSet<(IndexKey, u64)>, key: IndexKey) -> impl Iterator<Item = u64> + '_ {
    more.range((key, 0)..=(key, u64::MAX)).map(|(_, slot)| *slot)
}

/// Hashes keys by one multiplication with a factor of its own: digests are spread already, and an adversary who chooses
/// contacts does not know the factor.
#[derive(Debug, Clone)]
pub(in crate::sync) struct DigestHasher(u64);

impl Default for DigestHasher {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }
}

impl BuildHasher for DigestHasher {
    type Hasher = Spread;

    fn build_hasher(&self) -> Spread {
        Spread { factor: self.0, hash: 0 }
    }
}

/// See [`DigestHasher`].
#[derive(Debug)]
pub(in crate::sync) struct Spread {
    factor: u64,
    hash: u64,
}

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        let (head, _) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        self.write_u64(u64::from_le_bytes(*head));
    }

    fn write_u64(&mut self, number: u64) {
        // Both halves of the product: the table takes some bits from the top and some from the bottom.
        let product = u128::from(number ^ self.hash) * u128::from(self.factor);
        self.hash = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_are_a_set_of_keys_and_slots(
            steps in proptest::collection::vec((any::<bool>(), 0_u64..5, 0_u64..5), 0..60),
        ) {
            let (mut places, mut model) = (RowIndex::default(), BTreeSet::new());
            for (insert, key, slot) in steps {
                if insert {
                    places.insert(IndexKey(key), slot);
                    model.insert((IndexKey(key), slot));
                } else {
                    places.remove(IndexKey(key), slot);
                    model.remove(&(IndexKey(key), slot));
                }
                for key in (0..5).map(IndexKey) {
                    let found: BTreeSet<u64> = places.find(key).collect();
                    prop_assert_eq!(places.find(key).count(), found.len());
                    prop_assert!(found.into_iter().eq(others(&model, key)));
                }
                #[cfg(any(feature = "sqlite", feature = "sqlite-unbundled"))]
                prop_assert!(places.sorted().into_iter().eq(model.iter().copied()) && places.len() == model.len());
            }
        }
    }
}
