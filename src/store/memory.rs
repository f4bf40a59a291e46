//! A store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use smallvec::SmallVec;
use time::OffsetDateTime;

use super::commit::{Commit, CommitOutcome, Durability, Write};
use super::page::{Page, PageBuilder, PageLimit};
use super::range::KeyRange;
use super::space::Space;
use super::store::Store;
use crate::clock::{Clock, machine_time};
use crate::error::Result;

/// A store in memory, for tests, simulations and what may be forgotten. Clones share the entries.
///
/// It lasts as long as the last clone, whatever the durability of a commit. Expectations hold between the threads of a
/// process; other processes cannot share it.
///
/// ```
/// use audiencekit::store::{Commit, Durability, MemoryStore, Space, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// const NAMES: Space = Space::new("names");
/// let store = MemoryStore::new();
/// let outcome = store.commit(Commit::new().put(NAMES, b"a", b"1"), Durability::Immediate).await?;
/// assert!(outcome.is_applied());
/// assert_eq!(store.clone().get(NAMES, &[b"a", b"b"]).await?, [Some(b"1".to_vec()), None]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    spaces: Arc<Mutex<Spaces>>,
    clock: Option<Arc<dyn Clock>>,
}

type Spaces = BTreeMap<Space, BTreeMap<Bytes, Bytes>>;

/// Short keys and values lie in the nodes of the tree, without an allocation of their own.
type Bytes = SmallVec<[u8; 24]>;

impl MemoryStore {
    /// Creates an empty store whose clock is that of the machine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock, such as a [`ManualClock`](crate::ManualClock). Defaults to that of the machine.
    ///
    /// ```
    /// use audiencekit::ManualClock;
    /// use audiencekit::store::{MemoryStore, Store};
    /// use time::macros::datetime;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let store = MemoryStore::new().with_clock(ManualClock::new(datetime!(2026-11-24 12:00 UTC)));
    /// assert_eq!(store.now().await?, datetime!(2026-11-24 12:00 UTC));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    fn lock(&self) -> MutexGuard<'_, Spaces> {
        self.spaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        let spaces = self.lock();
        let entries = spaces.get(&space);
        let value = |key: &&[u8]| entries.and_then(|entries| entries.get(*key)).map(|value| value.to_vec());
        Ok(keys.iter().map(value).collect())
    }

    async fn scan(&self, space: Space, range: &KeyRange, limit: PageLimit) -> Result<Page> {
        let mut page = PageBuilder::new(limit);
        if let Some(entries) = self.lock().get(&space).filter(|_| !range.is_empty()) {
            for (key, value) in entries.range::<[u8], _>(range.bounds()) {
                if !page.push(key, value) {
                    break;
                }
            }
        }
        Ok(page.finish())
    }

    async fn commit(&self, commit: Commit, _: Durability) -> Result<CommitOutcome> {
        commit.check_sizes()?;
        let (expectations, writes) = commit.into_parts();
        let mut spaces = self.lock();
        let failed = expectations.iter().position(|expected| {
            let value = spaces.get(&expected.space).and_then(|entries| entries.get(&*expected.key));
            value.map(|value| &value[..]) != expected.value.as_deref()
        });
        if let Some(expectation) = failed {
            return Ok(CommitOutcome::Conflict { expectation });
        }
        writes.into_iter().for_each(|write| apply(&mut spaces, write));
        Ok(CommitOutcome::Applied)
    }

    async fn now(&self) -> Result<OffsetDateTime> {
        Ok(self.clock.as_ref().map_or_else(machine_time, |clock| Clock::now(&**clock)))
    }
}

fn apply(spaces: &mut Spaces, write: Write) {
    match write {
        Write::Put { space, key, value } => {
            spaces.entry(space).or_default().insert(Bytes::from_slice(&key), compact(value));
        }
        Write::Delete { space, key } => {
            spaces.get_mut(&space).map(|entries| entries.remove(&*key));
        }
        Write::DeleteRange { space, range } => {
            let Some(entries) = spaces.get_mut(&space).filter(|_| !range.is_empty()) else { return };
            let keys: Vec<_> = entries.range::<[u8], _>(range.bounds()).map(|(key, _)| key.clone()).collect();
            for key in keys {
                entries.remove(&key);
            }
        }
    }
}

/// Keeps no more memory than the bytes need.
fn compact(mut bytes: Vec<u8>) -> Bytes {
    if bytes.len() <= 24 {
        return Bytes::from_slice(&bytes);
    }
    bytes.shrink_to_fit();
    Bytes::from_vec(bytes)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count: usize = self.lock().values().map(BTreeMap::len).sum();
        write!(f, "MemoryStore({count} entries)")
    }
}
