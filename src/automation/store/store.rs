//! The storage of the engine's state: an ordered map of bytes whose writes commit together.

use std::fmt;
use std::ops::ControlFlow;

use crate::error::Result;

/// A part of the state. Stores may keep the numbers of the variants: they are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Keyspace {
    /// Counters of the engine.
    Meta = 0,
    /// Versions of workflows that contacts are on.
    Definition = 1,
    /// Numbers that stand for the ids of rules, workflows and audiences, by number.
    Name = 2,
    /// The state of each contact: runs of rules, positions in workflows, memberships. The key is the contact id.
    Contact = 3,
    /// Jobs that are due later, by instant.
    Timer = 4,
    /// Membership operations that wait to be sent, by audience, oldest first.
    Outbox = 5,
    /// Handled events: 16 bytes of identity, 8 bytes of time.
    Seen = 6,
    /// Updates of contacts that are still to be applied.
    Effect = 7,
    /// The audit log, by entry number.
    Audit = 8,
    /// The numbers of the audit entries about each contact, newest first. The key is the contact and the number.
    AuditOf = 9,
}

/// One write of a commit: a value to set, or a key to delete.
///
/// ```
/// use audiencekit::automation::{Keyspace, WriteOp};
///
/// let write = WriteOp::put(Keyspace::Meta, b"key".to_vec(), b"value".to_vec());
/// assert_eq!(write.value.as_deref(), Some(&b"value"[..]));
/// assert_eq!(WriteOp::delete(Keyspace::Meta, b"key".to_vec()).value, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOp {
    /// The part of the state that the key belongs to.
    pub keyspace: Keyspace,
    /// The key.
    pub key: Vec<u8>,
    /// The new value, or `None` to delete the key.
    pub value: Option<Vec<u8>>,
}

impl WriteOp {
    /// Creates a write that sets the value of a key.
    #[must_use]
    pub fn put(keyspace: Keyspace, key: Vec<u8>, value: Vec<u8>) -> Self {
        Self { keyspace, key, value: Some(value) }
    }

    /// Creates a write that deletes a key. Deleting an absent key does nothing.
    #[must_use]
    pub fn delete(keyspace: Keyspace, key: Vec<u8>) -> Self {
        Self { keyspace, key, value: None }
    }
}

/// Persistent storage for the state of an engine: an ordered map of bytes whose writes commit together.
///
/// Implement it over your own database; [`MemoryStore`] and `SqliteStore` are ready to use. The engine reads what a
/// step needs and commits once per step.
///
/// [`MemoryStore`]: super::memory::MemoryStore
///
/// ```
/// use std::ops::ControlFlow;
/// use audiencekit::automation::{Keyspace, MemoryStore, Store, WriteOp};
///
/// let mut store = MemoryStore::new();
/// store.commit(vec![WriteOp::put(Keyspace::Meta, b"a".to_vec(), b"1".to_vec())])?;
/// assert_eq!(store.get(Keyspace::Meta, b"a")?, Some(b"1".to_vec()));
/// store.scan(Keyspace::Meta, b"", &mut |key, _| {
///     assert_eq!(key, b"a");
///     Ok(ControlFlow::Break(()))
/// })?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub trait Store: fmt::Debug + Send {
    /// Applies all of `writes`, in order, or none of them. Returns once they are as durable as the store makes them.
    ///
    /// # Errors
    /// An error if they could not be written. The engine then refuses further calls, because its memory is ahead of
    /// the store, and must be opened again.
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()>;

    /// Returns the value of a key, or `None` if there is none.
    ///
    /// # Errors
    /// An error if the store cannot be read or does not hold what was written.
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Visits the entries of a keyspace in the order of their keys, starting at the key `from`, until `visit` breaks.
    ///
    /// # Errors
    /// An error if the store cannot be read or does not hold what was written, or the error of `visit`.
    #[expect(clippy::type_complexity, reason = "spelled out, so that an implementation needs no other name")]
    fn scan(
        &self,
        keyspace: Keyspace,
        from: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()>;
}
