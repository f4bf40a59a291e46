//! Events that were handled, so that none is handled twice.

use std::collections::HashSet;

use super::restore;
use super::store::{Store, Table, Write};
use crate::error::Result;

/// The store knows them all; memory holds those of the step in hand. A hand goes round the store's entries, some steps
/// for each event that comes in, and takes away those that are old: there are never much more than are remembered.
#[derive(Debug, Default)]
pub(super) struct Seen {
    fresh: HashSet<u128>,
    hand: u128,
    /// Entries that the hand has still to look at.
    owed: usize,
}

/// Entries for the hand to look at, for each event.
const PACE: usize = 3;
/// It sets out for so many at least.
const STRIDE: usize = 512;

impl Seen {
    /// Whether an event was handled at `since` or after it.
    pub(super) fn has<S: Store + ?Sized>(&self, store: &S, key: u128, since: i64) -> Result<bool> {
        if self.fresh.contains(&key) {
            return Ok(true);
        }
        match store.get(Table::Seen, &key.to_be_bytes())? {
            Some(value) => Ok(instant(&value)? >= since),
            None => Ok(false),
        }
    }

    pub(super) fn add(&mut self, key: u128, now: i64, writes: &mut Vec<Write>) {
        self.fresh.insert(key);
        self.owed += PACE;
        let value = Some(now.to_be_bytes().to_vec());
        writes.push(Write { table: Table::Seen, key: key.to_be_bytes().to_vec(), value });
    }

    /// With the commit of a step: takes away some of what was handled before `since`.
    pub(super) fn sweep<S: Store + ?Sized>(
        &mut self,
        store: &S,
        since: i64,
        writes: &mut Vec<Write>,
    ) -> Result<()> {
        let fresh = std::mem::take(&mut self.fresh);
        if self.owed < STRIDE {
            return Ok(());
        }
        let mut left = std::mem::take(&mut self.owed);
        let from = self.hand.to_be_bytes();
        self.hand = 0;
        store.scan(Table::Seen, &from, &mut |key, value| {
            let number = key.first_chunk::<16>().filter(|_| key.len() == 16);
            let number = u128::from_be_bytes(*number.ok_or_else(|| restore::corrupt(Table::Seen))?);
            if left == 0 {
                self.hand = number;
                return Ok(false);
            }
            left -= 1;
            if instant(value)? < since && !fresh.contains(&number) {
                writes.push(Write { table: Table::Seen, key: key.to_vec(), value: None });
            }
            Ok(true)
        })
    }
}

fn instant(value: &[u8]) -> Result<i64> {
    let bytes = value.first_chunk::<8>().filter(|_| value.len() == 8);
    bytes.map(|bytes| i64::from_be_bytes(*bytes)).ok_or_else(|| restore::corrupt(Table::Seen))
}
