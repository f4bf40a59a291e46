//! The words that were looked up lately, so that most of them are found without a lock and without a strong hash.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is known of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::contact) struct Entry {
    pub(in crate::contact) symbol: u32,
    /// The symbol of the folded text, once some keyword asked for it.
    pub(in crate::contact) folded: Option<u32>,
}

/// One entry for each place; a word takes that of another with the same weak hash. Who finds an entry compares the text.
pub(in crate::contact) struct Recent([AtomicU64; PLACES]);

const PLACES: usize = 256;

impl Recent {
    pub(in crate::contact) fn new() -> Self {
        Self([const { AtomicU64::new(0) }; PLACES])
    }

    /// The entry that stands where that of `text` would stand.
    #[inline]
    pub(in crate::contact) fn at(&self, text: &str) -> Option<Entry> {
        let both = self.0[place(text)].load(Ordering::Relaxed);
        let (symbol, folded) = (both as u32, (both >> 32) as u32);
        Some(Entry { symbol: symbol.checked_sub(1)?, folded: folded.checked_sub(1) })
    }

    #[inline]
    pub(in crate::contact) fn put(&self, text: &str, entry: Entry) {
        let folded = entry.folded.map_or(0, |folded| folded + 1);
        let both = u64::from(entry.symbol + 1) | u64::from(folded) << 32;
        self.0[place(text)].store(both, Ordering::Relaxed);
    }
}

/// From the length and both ends: words of one file differ there mostly.
#[inline]
fn place(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(&first), Some(&last)) => u64::from_le_bytes(first) ^ u64::from_le_bytes(last).rotate_left(29),
        _ => bytes.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)),
    };
    let mixed = (ends ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_whole() {
        let recent = Recent::new();
        for folded in [None, Some(0), Some(7)] {
            for text in ["", "PL", "newsletter", "a much longer word than the others"] {
                recent.put(text, Entry { symbol: 0, folded });
                assert_eq!(recent.at(text), Some(Entry { symbol: 0, folded }));
            }
        }
        assert_eq!(Recent::new().at("PL"), None);
    }
}
