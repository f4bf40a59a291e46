//! The names of the parts of a store.

use std::fmt;

/// A named part of a store, with keys of its own. At most 24 bytes of `a-z`, `0-9`, `_` and `/`.
///
/// ```
/// use audiencekit::store::Space;
///
/// const RUNS: Space = Space::new("ledger/runs");
/// assert_eq!(RUNS.as_str(), "ledger/runs");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Space(&'static str);

impl Space {
    /// The changes that your application writes in transactions of its own.
    ///
    /// A key is the audience id, a zero byte and the number of the change as eight bytes, big-endian; a value is the
    /// change as your application wrote it.
    pub const OUTBOX: Self = Self::new("outbox");

    /// Creates a space with a name.
    ///
    /// # Panics
    /// If the name is empty, longer than 24 bytes or has other characters; in a constant, compilation fails.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty() && bytes.len() <= 24, "the name of a space has 1 to 24 bytes");
        let mut at = 0;
        while at < bytes.len() {
            assert!(
                matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'/'),
                "the name of a space consists of a-z, 0-9, _ and /"
            );
            at += 1;
        }
        Self(name)
    }

    /// Returns the name of the space.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Space({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_database_might_read_differently_are_refused() {
        for name in ["", "A", "a b", "a-b", "ä", "abcdefghijklmnopqrstuvwxy"] {
            assert!(std::panic::catch_unwind(|| Space::new(name)).is_err(), "{name:?}");
        }
        assert_eq!(Space::new("abcdefghijklmnopqrstu/_9").as_str().len(), 24);
    }
}
