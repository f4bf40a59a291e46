//! Rows as bytes: what a store keeps and what tells rows apart.

use sha2::{Digest, Sha256};

use super::hashed::Hashed;
use super::rows::{Cell, MatchRow, MatchRows};
use crate::error::{Error, ErrorKind, Result};

impl MatchRows {
    /// Reads a row that [`MatchRow::to_bytes`] wrote and appends it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when the bytes are not such a row of these columns.
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
        Err(Error::new(ErrorKind::Corrupt, "stored row", "not a row of these columns"))
    }
}

impl MatchRow<'_> {
    /// SHA-256 over the columns and cells: equal rows, equal fingerprints, whatever the order of the columns.
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

    /// The row for a store: it holds digests, so it is personal data.
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
