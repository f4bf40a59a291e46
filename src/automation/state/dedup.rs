//! Events that were handled, so that none is handled twice.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::automation::store::read;
use crate::automation::store::store::{Keyspace, Store, WriteOp};
use crate::error::Result;

/// The store has them all; memory holds those of the current step. A sweep goes round the entries of the store, a few
/// for each event that comes in, and deletes the old ones: there are never many more than are remembered.
#[derive(Debug, Default)]
pub(in crate::automation) struct EventDedup {
    fresh: HashSet<u128>,
    next: u128,
    /// Entries that the sweep has still to look at.
    owed: usize,
}

/// Entries to look at for each event.
const SWEEP_PER_EVENT: usize = 3;
/// Entries to look at in one sweep, at least.
const SWEEP_BATCH: usize = 512;

impl EventDedup {
    /// Returns `true` if an event was handled at `since` or after it.
    pub(in crate::automation) fn has<S: Store + ?Sized>(
        &self,
        store: &S,
        key: u128,
        since: i64,
    ) -> Result<bool> {
        if self.fresh.contains(&key) {
            return Ok(true);
        }
        match store.get(Keyspace::Seen, &key.to_be_bytes())? {
            Some(value) => Ok(instant(&value)? >= since),
            None => Ok(false),
        }
    }

    pub(super) fn add(&mut self, key: u128, now: i64, writes: &mut Vec<WriteOp>) {
        self.fresh.insert(key);
        self.owed += SWEEP_PER_EVENT;
        let (key, value) = (key.to_be_bytes().to_vec(), now.to_be_bytes().to_vec());
        writes.push(WriteOp::put(Keyspace::Seen, key, value));
    }

    /// With the commit of a step: deletes some of what was handled before `since`.
    pub(in crate::automation) fn sweep<S: Store + ?Sized>(
        &mut self,
        store: &S,
        since: i64,
        writes: &mut Vec<WriteOp>,
    ) -> Result<()> {
        let fresh = std::mem::take(&mut self.fresh);
        if self.owed < SWEEP_BATCH {
            return Ok(());
        }
        let mut left = std::mem::take(&mut self.owed);
        let from = self.next.to_be_bytes();
        self.next = 0;
        store.scan(Keyspace::Seen, &from, &mut |key, value| {
            let number = key.first_chunk::<16>().filter(|_| key.len() == 16);
            let number = u128::from_be_bytes(*number.ok_or_else(|| read::corrupt(Keyspace::Seen))?);
            if left == 0 {
                self.next = number;
                return Ok(ControlFlow::Break(()));
            }
            left -= 1;
            if instant(value)? < since && !fresh.contains(&number) {
                writes.push(WriteOp::delete(Keyspace::Seen, key.to_vec()));
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

fn instant(value: &[u8]) -> Result<i64> {
    let bytes = value.first_chunk::<8>().filter(|_| value.len() == 8);
    bytes.map(|bytes| i64::from_be_bytes(*bytes)).ok_or_else(|| read::corrupt(Keyspace::Seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::store::memory::MemoryStore;

    #[test]
    fn an_event_is_known_for_its_time_and_the_store_holds_little_more() {
        let mut store = MemoryStore::new();
        let mut seen = EventDedup::default();
        let key = |n: i64| (n as u128).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        let memory = 1_000;
        let mut most = 0;
        for now in 0..20_000 {
            assert!(!seen.has(&store, key(now), now - memory).unwrap());
            let mut writes = Vec::new();
            seen.add(key(now), now, &mut writes);
            assert!(seen.has(&store, key(now), now - memory).unwrap(), "within the step");
            seen.sweep(&store, now - memory, &mut writes).unwrap();
            store.commit(writes).unwrap();
            assert!(seen.has(&store, key(now - memory.min(now)), now - memory).unwrap());
            if now % 1_000 == 999 {
                let mut held = 0;
                read::each(&store, Keyspace::Seen, |_, _| {
                    held += 1;
                    Ok(())
                })
                .unwrap();
                most = most.max(held);
            }
        }
        assert!(most <= 2 * memory + 2 * SWEEP_BATCH as i64, "{most}");
        // One that was forgotten may come again, and is known again.
        let mut writes = Vec::new();
        assert!(!seen.has(&store, key(5), 19_000).unwrap());
        seen.add(key(5), 20_000, &mut writes);
        seen.sweep(&store, 19_000, &mut writes).unwrap();
        store.commit(writes).unwrap();
        assert!(seen.has(&store, key(5), 19_000).unwrap());
    }
}
