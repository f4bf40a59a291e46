//! What a commit writes, and what must hold for it.

use std::fmt;

use super::range::KeyRange;
use super::space::Space;
use crate::error::{Error, ErrorKind, Result};

/// How durable a commit is when it returns.
///
/// Either way it is visible at once to every reader of the store, those in other processes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// The commit may be lost when the process or the machine fails, until a later `Immediate` one of the same store returns.
    /// Of several, the later ones are lost first.
    Deferred,
    /// The commit, and every one before it, survives a failure of the machine.
    Immediate,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a conflict has written nothing"]
pub enum CommitOutcome {
    /// Everything was written.
    Applied,
    /// Nothing was written, because an expectation does not hold.
    Conflict {
        /// The position of an expectation that does not hold, the first of them if the store can tell.
        expectation: usize,
    },
}

impl CommitOutcome {
    /// Returns `true` if everything was written.
    #[must_use]
    pub fn is_applied(self) -> bool {
        self == Self::Applied
    }
}

/// A key that must have a value, or be absent, for a commit to be applied.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The space of the key.
    pub space: Space,
    /// The key.
    pub key: Vec<u8>,
    /// The value that it must have, or `None` if it must be absent.
    pub value: Option<Vec<u8>>,
}

impl fmt::Debug for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.value.is_some() { "a value" } else { "absence" };
        write!(f, "Expectation({what} in {})", self.space.as_str())
    }
}

/// One write of a commit.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// Sets the value of a key.
    Put {
        /// The space of the key.
        space: Space,
        /// The key.
        key: Vec<u8>,
        /// The new value.
        value: Vec<u8>,
    },
    /// Deletes a key, if it is there.
    Delete {
        /// The space of the key.
        space: Space,
        /// The key.
        key: Vec<u8>,
    },
    /// Deletes every key of a range.
    DeleteRange {
        /// The space of the keys.
        space: Space,
        /// The keys.
        range: KeyRange,
    },
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { space, value, .. } => write!(f, "Put({} bytes in {})", value.len(), space.as_str()),
            Self::Delete { space, .. } => write!(f, "Delete({})", space.as_str()),
            Self::DeleteRange { space, .. } => write!(f, "DeleteRange({})", space.as_str()),
        }
    }
}

/// Writes that are applied together, in order, if all expectations hold before the first of them.
///
/// ```
/// use audiencekit::store::{Commit, KeyRange, Space};
///
/// const RUNS: Space = Space::new("runs");
///
/// let commit = Commit::new()
///     .expect(RUNS, b"last", b"6")
///     .put(RUNS, b"last", b"7")
///     .delete_range(RUNS, KeyRange::prefix(b"6/"));
/// assert_eq!((commit.expectations().len(), commit.writes().len()), (1, 2));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a commit does nothing until a store applies it"]
pub struct Commit {
    expectations: Vec<Expectation>,
    writes: Vec<Write>,
}

impl Commit {
    /// Bytes that a key has at most.
    pub const MAX_KEY_LEN: usize = 2_048;
    /// Bytes that a value has at most: 64 MiB.
    pub const MAX_VALUE_LEN: usize = 64 << 20;

    /// Creates a commit that expects nothing and writes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the expectation that a key has this value.
    pub fn expect(mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.expectations.push(Expectation { space, key: key.into(), value: Some(value.into()) });
        self
    }

    /// Adds the expectation that a key is absent.
    pub fn expect_absent(mut self, space: Space, key: impl Into<Vec<u8>>) -> Self {
        self.expectations.push(Expectation { space, key: key.into(), value: None });
        self
    }

    /// Adds the expectation that a key is as a read returned it: a value, or absent.
    ///
    /// ```
    /// use audiencekit::store::{Commit, Space};
    ///
    /// const RUNS: Space = Space::new("runs");
    /// let read = None;
    /// assert_eq!(Commit::new().expect_same(RUNS, b"last", read), Commit::new().expect_absent(RUNS, b"last"));
    /// ```
    pub fn expect_same(self, space: Space, key: impl Into<Vec<u8>>, read: Option<Vec<u8>>) -> Self {
        match read {
            Some(value) => self.expect(space, key, value),
            None => self.expect_absent(space, key),
        }
    }

    /// Adds a write that sets the value of a key.
    pub fn put(mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write::Put { space, key: key.into(), value: value.into() });
        self
    }

    /// Adds a write that deletes a key. Deleting an absent key does nothing.
    pub fn delete(mut self, space: Space, key: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write::Delete { space, key: key.into() });
        self
    }

    /// Adds a write that deletes every key of a range.
    pub fn delete_range(mut self, space: Space, range: KeyRange) -> Self {
        self.writes.push(Write::DeleteRange { space, range });
        self
    }

    /// Returns what must hold.
    #[must_use]
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// Returns the writes, in the order in which they are applied.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Takes the commit apart: what must hold, and the writes.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Expectation>, Vec<Write>) {
        (self.expectations, self.writes)
    }

    /// Returns `true` if there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Checks the sizes of keys and values. Every store refuses a commit with this error, whatever its own limits are.
    ///
    /// ```
    /// use audiencekit::store::{Commit, Space};
    ///
    /// const RUNS: Space = Space::new("runs");
    /// assert!(Commit::new().put(RUNS, [0; Commit::MAX_KEY_LEN], b"").check_sizes().is_ok());
    /// assert!(Commit::new().put(RUNS, [0; Commit::MAX_KEY_LEN + 1], b"").check_sizes().is_err());
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if one is too large.
    pub fn check_sizes(&self) -> Result<()> {
        self.writes.iter().try_for_each(|write| match write {
            Write::Put { space, key, value } => {
                check(*space, "key", key.len(), Self::MAX_KEY_LEN)?;
                check(*space, "value", value.len(), Self::MAX_VALUE_LEN)
            }
            Write::Delete { .. } | Write::DeleteRange { .. } => Ok(()),
        })
    }
}

fn check(space: Space, what: &str, length: usize, most: usize) -> Result<()> {
    if length <= most {
        return Ok(());
    }
    let message = format!("a {what} of the space {} has {length} bytes", space.as_str());
    Err(Error::new(ErrorKind::Limit, "store", message).with_expected(format!("at most {most}")))
}
