//! State in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;

use super::store::{Keyspace, Store, WriteOp};
use crate::error::Result;

/// State in memory, for tests, simulations and applications that can replay their events. Clones share the state, so a
/// test can open a second engine on what the first one left.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    /// Handled events are by far the most entries, all of one length: in place, without an allocation of their own.
    seen: BTreeMap<[u8; 16], [u8; 8]>,
    keyspaces: HashMap<Keyspace, BTreeMap<Key, Box<[u8]>>>,
}

/// Short keys lie in the nodes of the tree, where they are compared.
type Key = SmallVec<[u8; 24]>;

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Entries {
    fn write(&mut self, write: WriteOp) {
        let WriteOp { keyspace, key, value } = write;
        if let (Keyspace::Seen, Ok(key)) = (keyspace, <[u8; 16]>::try_from(&key[..])) {
            match value.as_deref().map(<[u8; 8]>::try_from) {
                Some(Ok(value)) => self.seen.insert(key, value),
                _ => self.seen.remove(&key),
            };
            return;
        }
        let entries = self.keyspaces.entry(keyspace).or_default();
        match value {
            Some(value) => entries.insert(Key::from_slice(&key), value.into_boxed_slice()),
            None => entries.remove(&key[..]),
        };
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = entries.seen.len() + entries.keyspaces.values().map(BTreeMap::len).sum::<usize>();
        write!(f, "MemoryStore({count} entries)")
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.into_iter().for_each(|write| entries.write(write));
        Ok(())
    }

    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Keyspace::Seen, Ok(key)) = (keyspace, <[u8; 16]>::try_from(key)) {
            return Ok(entries.seen.get(&key).map(|value| value.to_vec()));
        }
        Ok(entries.keyspaces.get(&keyspace).and_then(|entries| entries.get(key)).map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keyspace == Keyspace::Seen {
            let mut first = [0; 16];
            first.iter_mut().zip(from).for_each(|(to, &byte)| *to = byte);
            for (key, value) in entries.seen.range(first..) {
                if visit(key, value)?.is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let Some(entries) = entries.keyspaces.get(&keyspace) else { return Ok(()) };
        for (key, value) in entries.range(Key::from_slice(from)..) {
            if visit(key, value)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
