//! Rows as bytes for storage, and their fingerprints.

use sha2::{Digest, Sha256};

use super::hashed::Hashed;
use super::rows::{Cell, MatchRow, MatchRows};
use crate::error::{Error, ErrorKind, Result};

impl MatchRows {
    /// Appends a row from the bytes that [`MatchRow::to_bytes`] returned.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if the bytes are not a row of these columns. No row is appended then.
    pub fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let mark = self.mark();
        let mut rest = bytes;
        for _ in 0..self.keys().len() {
            let Some((cell, after)) = read_cell(rest) else { break };
            rest = after;
            self.push_cell(cell);
        }
        let whole = self.mark().cells_since(mark) == self.keys().len();
        if whole && rest.is_empty() {
            return Ok(());
        }
        self.reset(mark);
        Err(Error::new(ErrorKind::Corrupt, "read stored row", "the bytes are not a row of these columns"))
    }
}

impl MatchRow<'_> {
    /// Returns a SHA-256 over columns and cells. Equal rows have equal fingerprints, whatever the order of the columns.
    #[must_use]
    pub fn fingerprint(self) -> Hashed {
        let mut hasher = Sha256::new();
        let mut add = |column: usize| {
            if let (Some(key), Some(cell)) = (self.keys().get(column), self.cells().nth(column))
                && cell != Cell::Empty
            {
                hasher.update([*key as u8]);
                write_cell(cell, &mut |bytes| hasher.update(bytes));
            }
        };
        let keys = self.keys();
        if keys.is_sorted() {
            (0..keys.len()).for_each(&mut add);
        } else {
            let mut order: Vec<usize> = (0..keys.len()).collect();
            order.sort_by_key(|&column| keys[column]);
            order.into_iter().for_each(&mut add);
        }
        Hashed::from_bytes(hasher.finalize().into())
    }

    /// Returns the row as bytes, for storage. The bytes contain digests, so they are personal data.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, Schema, identity::{Coverage, MatchRows}};
    ///
    /// # let schema = Schema::standard();
    /// # let map = KeyMap::standard(&schema);
    /// # let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// # let mut rows = MatchRows::new(map.keys().clone());
    /// # map.mapper().append(&ada, &mut rows, &mut Coverage::default());
    /// let bytes = rows.row(0).to_bytes();
    /// let mut restored = MatchRows::new(map.keys().clone());
    /// restored.push_bytes(&bytes)?;
    /// assert_eq!(restored.row(0).fingerprint(), rows.row(0).fingerprint());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.keys().len() * 33);
        for cell in self.cells() {
            write_cell(cell, &mut |bytes| out.extend_from_slice(bytes));
        }
        out
    }
}

fn read_cell(bytes: &[u8]) -> Option<(Cell<'_>, &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    match kind {
        0 => Some((Cell::Empty, rest)),
        1 => {
            let (digest, rest) = rest.split_first_chunk::<32>()?;
            Some((Cell::Hash(Hashed::from_bytes(*digest)), rest))
        }
        2 | 3 => {
            let (len, rest) = rest.split_first_chunk::<4>()?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
            let text = std::str::from_utf8(text).ok()?;
            Some((if kind == 2 { Cell::Plain(text) } else { Cell::Json(text) }, rest))
        }
        _ => None,
    }
}

fn write_cell(cell: Cell<'_>, out: &mut impl FnMut(&[u8])) {
    let mut text = |kind: u8, text: &str| {
        out(&[kind]);
        out(&(text.len() as u32).to_le_bytes());
        out(text.as_bytes());
    };
    match cell {
        Cell::Empty => out(&[0]),
        Cell::Hash(hash) => {
            out(&[1]);
            out(hash.as_bytes());
        }
        Cell::Plain(value) => text(2, value),
        Cell::Json(value) => text(3, value),
    }
}
