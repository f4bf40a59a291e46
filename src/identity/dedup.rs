//! Rows seen before, in bounded memory.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use super::rows::{Cell, MatchRow};

/// Remembers rows by 128 bits of their content, so that a row is sent once.
///
/// It keeps two sets of at most `rows` each and forgets the older when the newer is full, so the memory is bounded and
/// at least the last `rows` distinct rows are known. A row that comes again after that is new again: sending it twice
/// changes nothing at Facebook, while taking a new row for an old one would lose a person, and that does not happen:
/// digests are random, and two of 2^128 do not meet.
///
/// ```
/// use audiencekit::identity::RowDeduplicator;
///
/// let mut seen = RowDeduplicator::new(1_000_000);
/// assert_eq!(seen.len(), 0);
/// ```
pub struct RowDeduplicator {
    limit: usize,
    newer: Set,
    older: Set,
}

type Set = HashSet<u128, BuildHasherDefault<Low>>;

/// The content is a digest, so its low half is as good a hash as any.
#[derive(Default)]
struct Low(u64);

impl Hasher for Low {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
}

impl RowDeduplicator {
    /// Nothing seen yet; at least the last `rows` distinct rows will be known.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self { limit: rows.max(1), newer: Set::default(), older: Set::default() }
    }

    /// True for a row that is not remembered; from now on it is.
    pub fn is_new(&mut self, row: MatchRow<'_>) -> bool {
        let content = content(row);
        if self.newer.contains(&content) {
            return false;
        }
        let new = !self.older.contains(&content);
        if self.newer.len() >= self.limit {
            std::mem::swap(&mut self.newer, &mut self.older);
            self.newer.clear();
        }
        self.newer.insert(content);
        new
    }

    /// How many rows are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.newer.len() + self.older.len()
    }

    /// True before the first row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for RowDeduplicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeenRows({})", self.len())
    }
}

/// The cells mixed by position. Cells that are digests already are random, so multiplying by an odd number is enough;
/// text is hashed first.
fn content(row: MatchRow<'_>) -> u128 {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let first_half = |digest: &[u8; 32]| {
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        u128::from_le_bytes(half)
    };
    row.cells().fold(0, |mixed: u128, cell| {
        let cell = match cell {
            Cell::Empty => 1,
            Cell::Hash(hash) => first_half(hash.as_bytes()),
            Cell::Plain(text) | Cell::Json(text) => {
                first_half(super::hashed::Hashed::of(text.as_bytes()).as_bytes())
            }
        };
        mixed.wrapping_mul(ODD).wrapping_add(cell)
    })
}
