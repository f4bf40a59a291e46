//! Where the engine's state is kept: a map of bytes whose writes commit together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;

/// A part of the state. The numbers are stable: stores keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Table {
    /// Counters.
    Meta = 0,
    /// Versions of workflows that contacts are on.
    Definition = 1,
    /// Runs of a rule for a contact.
    Run = 2,
    /// Things to do later.
    Timer = 3,
    /// Where contacts are in workflows.
    Position = 4,
    /// Membership operations that were not sent.
    Outbox = 5,
    /// Events that were handled.
    Seen = 6,
    /// Contacts that a rule added and may have to take out.
    Held = 7,
    /// Changes of contacts that were not carried out.
    Effect = 8,
    /// The audit log.
    Audit = 9,
    /// Contacts that walked a workflow to its end.
    Ended = 10,
}

/// One write: a value to set, or `None` to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub table: Table,
    /// The key.
    pub key: Vec<u8>,
    /// The new value.
    pub value: Option<Vec<u8>>,
}

/// What [`Store::scan`] calls with key and value; false ends the scan.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool> + 'a;

/// Keeps the engine's state. The engine reads it when it opens and writes after each step.
pub trait Store: fmt::Debug + Send {
    /// Writes all of `writes`, in order, or nothing. Returns when they are as durable as the store makes them.
    ///
    /// # Errors
    /// When they could not be written. The engine then stops, for its memory is ahead, and must be opened again.
    fn commit(&mut self, writes: &[Write]) -> Result<()>;

    /// Visits the entries of a table in the order of their keys, from `from` on, until `visit` says false.
    ///
    /// # Errors
    /// When the store cannot be read or does not hold what was written, and what `visit` returns.
    fn scan(&self, table: Table, from: &[u8], visit: &mut Visit<'_>) -> Result<()>;
}

/// State in memory. Clones share it, so a test can open a second engine on what the first one left.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Entries>>);

type Entries = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} entries)", self.0.lock().unwrap_or_else(PoisonError::into_inner).len())
    }
}

impl Store for MemoryStore {
    fn commit(&mut self, writes: &[Write]) -> Result<()> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for write in writes {
            match &write.value {
                Some(value) => entries.insert((write.table, write.key.clone()), value.clone()),
                None => entries.remove(&(write.table, write.key.clone())),
            };
        }
        Ok(())
    }

    fn scan(&self, table: Table, from: &[u8], visit: &mut Visit<'_>) -> Result<()> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((found, key), value) in entries.range((table, from.to_vec())..) {
            if *found != table || !visit(key, value)? {
                break;
            }
        }
        Ok(())
    }
}
