//! The timers that are due next. Those that are due later stay in the store.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::contact_record::Timer;
use super::job::Job;
use crate::automation::store::read;
use crate::automation::store::store::{Keyspace, Store};
use crate::error::Result;

/// Timers that are read at once; it must be above twice the timers that run between two commits.
const LOADED: usize = 4_096;

/// A beginning of all timers, in their order.
#[derive(Debug, Default)]
pub(in crate::automation) struct TimerQueue {
    loaded: BTreeMap<Timer, Job>,
    /// True while the store has timers after the last loaded one.
    has_more: bool,
}

impl TimerQueue {
    pub(in crate::automation) fn next(&self) -> Option<Timer> {
        self.loaded.first_key_value().map(|(&key, _)| key)
    }

    pub(super) fn insert(&mut self, key: Timer, job: Job) {
        let is_loaded = !self.has_more || self.loaded.last_key_value().is_some_and(|(&last, _)| key < last);
        if is_loaded {
            self.loaded.insert(key, job);
        }
    }

    pub(super) fn remove(&mut self, key: Timer) -> Option<Job> {
        self.loaded.remove(&key)
    }

    /// Between steps: reads on when few are left, and drops the last ones when there are many.
    pub(super) fn fill<S: Store + ?Sized>(&mut self, store: &S) -> Result<()> {
        if self.loaded.len() > 2 * LOADED {
            while self.loaded.len() > LOADED {
                self.loaded.pop_last();
            }
            self.has_more = true;
        }
        if self.loaded.len() > LOADED / 2 || !self.has_more {
            return Ok(());
        }
        let after = self.loaded.last_key_value().map(|(&key, _)| timer_key(key)).unwrap_or_default();
        let mut count = 0;
        self.has_more = false;
        store.scan(Keyspace::Timer, &after, &mut |key, value| {
            if key == after {
                return Ok(ControlFlow::Continue(()));
            }
            if count == LOADED {
                self.has_more = true;
                return Ok(ControlFlow::Break(()));
            }
            let key = read_timer_key(key).ok_or_else(|| read::corrupt(Keyspace::Timer))?;
            self.loaded.insert(key, read::value(Keyspace::Timer, value)?);
            count += 1;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Reads the first timers of a store.
    pub(super) fn open<S: Store + ?Sized>(store: &S) -> Result<Self> {
        let mut timers = Self { loaded: BTreeMap::new(), has_more: true };
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
            let job = Job::ResumeWorkflow { workflow: "w".into(), contact: key.1.to_string() };
            is_set.then(|| serde_json::to_vec(&job).unwrap())
        };
        let write = |key: &Timer| match value(key) {
            Some(value) => WriteOp::put(Keyspace::Timer, timer_key(*key), value),
            None => WriteOp::delete(Keyspace::Timer, timer_key(*key)),
        };
        store.commit(keys.iter().map(write).collect()).unwrap();
        timers.fill(store).unwrap();
    }

    #[test]
    fn many_timers_come_in_their_order_and_few_are_in_memory() {
        let mut store = MemoryStore::new();
        let mut timers = TimerQueue::open(&store).unwrap();
        // Due at instants all over, before 1970 too, set in chunks of a thousand.
        let all: Vec<Timer> =
            (0..30_000_u64).map(|n| ((n.wrapping_mul(7_919) % 10_007) as i64 - 5_000, n)).collect();
        for chunk in all.chunks(1_000) {
            for &key in chunk {
                timers.insert(key, Job::ResumeWorkflow { workflow: "w".into(), contact: key.1.to_string() });
            }
            commit(&mut store, &mut timers, chunk, true);
            assert!(timers.loaded.len() <= 2 * LOADED);
        }
        let mut reopened = TimerQueue::open(&store).unwrap();
        assert_eq!(reopened.next(), timers.next());
        let mut expected = all;
        expected.sort_unstable();
        for chunk in expected.chunks(1_000) {
            for &key in chunk {
                assert_eq!(timers.next(), Some(key));
                assert_eq!(timers.remove(key).unwrap().contact(), key.1.to_string());
            }
            commit(&mut store, &mut timers, chunk, false);
        }
        assert_eq!(timers.next(), None);
        reopened.loaded.clear();
        reopened.fill(&store).unwrap();
        assert_eq!(reopened.next(), None);
    }
}
