//! Rows ready to send: digests, and the few keys that leave in clear.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::hashed::Hashed;
use super::key::MatchKey;
use crate::error::{Error, ErrorKind, Result};

/// One cell of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing known.
    Empty,
    /// A digest.
    Hash(Hashed),
    /// A key that is sent in clear, such as `EXTERN_ID`: written as a JSON string.
    Plain(&'a str),
    /// A number or list, such as `LOOKALIKE_VALUE`: JSON text, written as it is.
    Json(&'a str),
}

impl fmt::Debug for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Hash(_) => "Hash(_)",
            Self::Plain(_) => "Plain(_)",
            Self::Json(_) => "Json(_)",
        })
    }
}

#[derive(Clone, Copy)]
enum Stored {
    Empty,
    Hash(Hashed),
    Plain { start: u32, len: u32 },
    Json { start: u32, len: u32 },
}

/// Rows of one column list, flat in memory. There is no way to put a raw value in one from outside this module:
/// they come from [`KeyMap`](super::KeyMap), from [`Hashed`], or out of a store.
///
/// `Debug` counts them.
#[derive(Clone)]
pub struct MatchRows {
    keys: Arc<[MatchKey]>,
    cells: Vec<Stored>,
    text: String,
}

/// One row of [`MatchRows`].
#[derive(Clone, Copy)]
pub struct MatchRow<'a> {
    rows: &'a MatchRows,
    index: usize,
}

impl MatchRows {
    /// No rows yet, of these columns.
    #[must_use]
    pub fn new(keys: Arc<[MatchKey]>) -> Self {
        Self { keys, cells: Vec::new(), text: String::new() }
    }

    /// The columns.
    #[must_use]
    pub fn keys(&self) -> &Arc<[MatchKey]> {
        &self.keys
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.keys.len()).unwrap_or(0)
    }

    /// True without rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Forgets the rows and keeps their memory.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
    }

    /// A row by index.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, index: usize) -> MatchRow<'_> {
        assert!(index < self.len(), "row {index} of {}", self.len());
        MatchRow { rows: self, index }
    }

    /// All rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = MatchRow<'_>> {
        (0..self.len()).map(|index| MatchRow { rows: self, index })
    }

    /// Copies a row of the same columns.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the columns differ.
    pub fn push_row(&mut self, row: MatchRow<'_>) -> Result<()> {
        if row.rows.keys != self.keys {
            return Err(Error::new(ErrorKind::Invalid, "rows", "the columns of the row differ"));
        }
        for cell in row.cells() {
            self.push_cell(cell);
        }
        Ok(())
    }

    /// Appends one cell; a row is whole once it has as many as there are columns.
    pub(super) fn push_cell(&mut self, cell: Cell<'_>) {
        let stored = match cell {
            Cell::Empty => Stored::Empty,
            Cell::Hash(hash) => Stored::Hash(hash),
            Cell::Plain(text) => {
                let start = self.text.len() as u32;
                self.text.push_str(text);
                Stored::Plain { start, len: text.len() as u32 }
            }
            Cell::Json(text) => {
                let start = self.text.len() as u32;
                self.text.push_str(text);
                Stored::Json { start, len: text.len() as u32 }
            }
        };
        self.cells.push(stored);
    }

    /// Drops the last row.
    #[expect(dead_code, reason = "the mapper takes a row back when it has no cell")]
    pub(super) fn pop_row(&mut self) {
        let keep = self.cells.len().saturating_sub(self.keys.len());
        self.cells.truncate(keep);
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let text = |start: u32, len: u32| &self.text[start as usize..(start + len) as usize];
        match self.cells[row * self.keys.len() + column] {
            Stored::Empty => Cell::Empty,
            Stored::Hash(hash) => Cell::Hash(hash),
            Stored::Plain { start, len } => Cell::Plain(text(start, len)),
            Stored::Json { start, len } => Cell::Json(text(start, len)),
        }
    }

    /// Appends the rows of `range` as a JSON list of lists, the `data` of an upload.
    pub(crate) fn write_json(&self, range: std::ops::Range<usize>, out: &mut Vec<u8>) {
        out.push(b'[');
        for index in range.clone() {
            if index > range.start {
                out.push(b',');
            }
            self.row(index).write_json(out);
        }
        out.push(b']');
    }

    /// Reads a row that [`MatchRow::to_bytes`] wrote and appends it.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] when the bytes are not such a row of these columns.
    pub fn push_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let corrupt = || Error::new(ErrorKind::Corrupt, "stored row", "not a row of these columns");
        let (cells, text) = (self.cells.len(), self.text.len());
        let mut rest = bytes;
        for _ in 0..self.keys.len() {
            let read = read_cell(rest);
            let Some((cell, after)) = read else {
                self.cells.truncate(cells);
                self.text.truncate(text);
                return Err(corrupt());
            };
            rest = after;
            self.push_cell(cell);
        }
        if !rest.is_empty() {
            self.cells.truncate(cells);
            self.text.truncate(text);
            return Err(corrupt());
        }
        Ok(())
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

impl<'a> MatchRow<'a> {
    /// The cells, one per column.
    pub fn cells(self) -> impl ExactSizeIterator<Item = Cell<'a>> {
        (0..self.rows.keys.len()).map(move |column| self.rows.cell(self.index, column))
    }

    /// The columns.
    #[must_use]
    pub fn keys(self) -> &'a Arc<[MatchKey]> {
        &self.rows.keys
    }

    /// SHA-256 over the columns and cells: equal rows, equal fingerprints.
    #[must_use]
    pub fn fingerprint(self) -> Hashed {
        let mut hasher = Sha256::new();
        for (key, cell) in self.rows.keys.iter().zip(self.cells()) {
            if cell != Cell::Empty {
                hasher.update([*key as u8]);
                write_cell(cell, &mut |bytes| hasher.update(bytes));
            }
        }
        Hashed::from_bytes(hasher.finalize().into())
    }

    /// The row for a store: it holds digests, so it is personal data.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.rows.keys.len() * 33);
        for cell in self.cells() {
            write_cell(cell, &mut |bytes| out.extend_from_slice(bytes));
        }
        out
    }

    /// Appends the row as a JSON list, as it is sent.
    pub(crate) fn write_json(self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (column, cell) in self.cells().enumerate() {
            if column > 0 {
                out.push(b',');
            }
            match cell {
                Cell::Empty => out.extend_from_slice(b"\"\""),
                Cell::Hash(hash) => {
                    out.push(b'"');
                    out.extend_from_slice(&hash.hex());
                    out.push(b'"');
                }
                Cell::Plain(text) => {
                    // Writing a string to a Vec cannot fail.
                    let _ = serde_json::to_writer(&mut *out, text);
                }
                Cell::Json(text) => out.extend_from_slice(text.as_bytes()),
            }
        }
        out.push(b']');
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

impl fmt::Debug for MatchRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatchRows({} of {:?})", self.len(), self.keys)
    }
}

impl fmt::Debug for MatchRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.cells()).finish()
    }
}
