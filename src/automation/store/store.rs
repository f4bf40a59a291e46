//! Where the engine's state is kept: a map of bytes whose writes commit together.

use std::fmt;

use crate::error::Result;

/// A part of the state. The numbers are stable: stores keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Keyspace {
    /// Counters.
    Meta = 0,
    /// Versions of workflows that contacts are on.
    Definition = 1,
    /// Numbers that stand for the ids of rules, workflows and audiences.
    Name = 2,
    /// Of each contact: runs of rules, places in workflows, what may have to be taken back. The key is the host's id.
    Contact = 3,
    /// Things to do later, by their instants.
    Timer = 4,
    /// Membership operations that were not sent, by audience, the oldest first.
    Outbox = 5,
    /// Events that were handled: 16 bytes of identity, 8 of time.
    Seen = 6,
    /// Changes of contacts that were not carried out.
    Effect = 7,
    /// The audit log, by the numbers of its entries.
    Audit = 8,
    /// The numbers of the entries about each contact, the newest first. The key is the contact and the number.
    AuditOf = 9,
}

/// One write: a value to set, or `None` to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOp {
    /// Where.
    pub table: Keyspace,
    /// The key.
    pub key: Vec<u8>,
    /// The new value.
    pub value: Option<Vec<u8>>,
}

/// What [`Store::scan`] calls with key and value; false ends the scan.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool> + 'a;

/// Keeps the engine's state. The engine reads what a step needs and writes what came of it.
pub trait Store: fmt::Debug + Send {
    /// Writes all of `writes`, in order, or nothing. Returns when they are as durable as the store makes them.
    ///
    /// # Errors
    /// When they could not be written. The engine then stops, for its memory is ahead, and must be opened again.
    fn commit(&mut self, writes: Vec<WriteOp>) -> Result<()>;

    /// The value of a key.
    ///
    /// # Errors
    /// When the store cannot be read or does not hold what was written.
    fn get(&self, table: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Visits the entries of a table in the order of their keys, from `from` on, until `visit` says false.
    ///
    /// # Errors
    /// When the store cannot be read or does not hold what was written, and what `visit` returns.
    fn scan(&self, table: Keyspace, from: &[u8], visit: &mut Visit<'_>) -> Result<()>;
}
