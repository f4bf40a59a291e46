//! The timers that are due next. Those that are due later stay in the store.

use std::collections::BTreeMap;

use super::contact_record::Timer;
use super::job::Job;
use super::load;
use crate::automation::store::store::{Keyspace, Store};
use crate::error::Result;

/// Timers that are read at once; it must be above twice the timers that run between two commits.
const NEAR: usize = 4_096;

/// A beginning of all timers, in their order.
#[derive(Debug, Default)]
pub(in crate::automation) struct TimerQueue {
    near: BTreeMap<Timer, Job>,
    /// True while the store has timers after the last near one.
    has_more: bool,
}

impl TimerQueue {
    pub(in crate::automation) fn next(&self) -> Option<Timer> {
        self.near.first_key_value().map(|(&key, _)| key)
    }

    pub(in crate::automation) fn insert(&mut self, key: Timer, work: Job) {
        let is_near = !self.has_more || self.near.last_key_value().is_some_and(|(&last, _)| key < last);
        if is_near {
            self.near.insert(key, work);
        }
    }

    pub(in crate::automation) fn remove(&mut self, key: Timer) -> Option<Job> {
        self.near.remove(&key)
    }

    /// Between steps: reads on when few are left, and lets go of those that are far when there are many.
    pub(super) fn fill<S: Store + ?Sized>(&mut self, store: &S) -> Result<()> {
        if self.near.len() > 2 * NEAR {
            while self.near.len() > NEAR {
                self.near.pop_last();
            }
            self.has_more = true;
        }
        if self.near.len() > NEAR / 2 || !self.has_more {
            return Ok(());
        }
        let after = self.near.last_key_value().map(|(&key, _)| timer_key(key)).unwrap_or_default();
        let mut read = 0;
        self.has_more = false;
        store.scan(Keyspace::Timer, &after, &mut |key, value| {
            if key == after {
                return Ok(true);
            }
            if read == NEAR {
                self.has_more = true;
                return Ok(false);
            }
            let key = read_timer_key(key).ok_or_else(|| load::corrupt(Keyspace::Timer))?;
            self.near.insert(key, load::read(Keyspace::Timer, value)?);
            read += 1;
            Ok(true)
        })
    }

    /// Reads the first timers of a store.
    pub(in crate::automation) fn open<S: Store + ?Sized>(store: &S) -> Result<Self> {
        let mut timers = Self { near: BTreeMap::new(), has_more: true };
        timers.fill(store)?;
        Ok(timers)
    }
}

/// A key whose bytes sort as the instants do.
pub(super) fn timer_key((due, number): Timer) -> Vec<u8> {
    let mut key = Vec::with_capacity(16);
    key.extend_from_slice(&((due as u64) ^ (1 << 63)).to_be_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn read_timer_key(key: &[u8]) -> Option<Timer> {
    let (due, rest) = key.split_first_chunk::<8>()?;
    let number = rest.first_chunk::<8>().filter(|_| rest.len() == 8)?;
    Some(((u64::from_be_bytes(*due) ^ (1 << 63)) as i64, u64::from_be_bytes(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::store::memory::MemoryStore;
    use crate::automation::store::store::WriteOp;

    fn commit(store: &mut MemoryStore, timers: &mut TimerQueue, keys: &[Timer], is_set: bool) {
        let value = |key: &Timer| {
            let work = Job::Walk { workflow: "w".into(), contact: key.1.to_string() };
            is_set.then(|| serde_json::to_vec(&work).unwrap())
        };
        let write = |key: &Timer| WriteOp { table: Keyspace::Timer, key: timer_key(*key), value: value(key) };
        store.commit(keys.iter().map(write).collect()).unwrap();
        timers.fill(store).unwrap();
    }

    #[test]
    fn many_timers_come_in_their_order_and_few_are_in_memory() {
        let mut store = MemoryStore::new();
        let mut timers = TimerQueue::open(&store).unwrap();
        // Due at instants all over, before 1970 too, set in lots of a thousand.
        let all: Vec<Timer> =
            (0..30_000_u64).map(|n| ((n.wrapping_mul(7_919) % 10_007) as i64 - 5_000, n)).collect();
        for lot in all.chunks(1_000) {
            for &key in lot {
                timers.insert(key, Job::Walk { workflow: "w".into(), contact: key.1.to_string() });
            }
            commit(&mut store, &mut timers, lot, true);
            assert!(timers.near.len() <= 2 * NEAR);
        }
        let mut reopened = TimerQueue::open(&store).unwrap();
        assert_eq!(reopened.next(), timers.next());
        let mut expected = all;
        expected.sort_unstable();
        for lot in expected.chunks(1_000) {
            for &key in lot {
                assert_eq!(timers.next(), Some(key));
                assert_eq!(timers.remove(key).unwrap().contact(), key.1.to_string());
            }
            commit(&mut store, &mut timers, lot, false);
        }
        assert_eq!(timers.next(), None);
        reopened.near.clear();
        reopened.fill(&store).unwrap();
        assert_eq!(reopened.next(), None);
    }
}
