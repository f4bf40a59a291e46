//! Which rows a run has met, a bit for each.

/// A set of row slots.
#[derive(Debug, Default)]
pub(in crate::sync) struct RowSet(Vec<u64>);

impl RowSet {
    /// Returns `true` if the slot was not in the set.
    pub(in crate::sync) fn insert(&mut self, slot: u64) -> bool {
        let (word, bit) = ((slot / 64) as usize, 1 << (slot % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1 + self.0.len() / 8, 0);
        }
        match self.0.get_mut(word) {
            Some(bits) if *bits & bit == 0 => {
                *bits |= bit;
                true
            }
            _ => false,
        }
    }

    pub(in crate::sync) fn remove(&mut self, slot: u64) {
        if let Some(bits) = self.0.get_mut((slot / 64) as usize) {
            *bits &= !(1 << (slot % 64));
        }
    }

    pub(in crate::sync) fn contains(&self, slot: u64) -> bool {
        self.0.get((slot / 64) as usize).is_some_and(|bits| bits & (1 << (slot % 64)) != 0)
    }

    pub(in crate::sync) fn len(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}
