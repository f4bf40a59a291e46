//! Rows ready to send: digests, and the few keys that leave in clear.

use std::fmt;
use std::sync::Arc;

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

/// A cell in place: text by reference into the rows' own buffer.
#[derive(Clone, Copy)]
pub(super) enum Stored {
    Empty,
    Hash(Hashed),
    Plain { start: u32, len: u32 },
    Json { start: u32, len: u32 },
}

/// Where rows ended, to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    cells: usize,
    text: usize,
}

impl Mark {
    pub(super) fn cells_since(self, earlier: Self) -> usize {
        self.cells - earlier.cells
    }
}

/// Rows of one column list, flat in memory. There is no way to put a raw value in one from outside this module:
/// they come from [`KeyMap`](super::keymap::KeyMap), from [`Hashed`], or out of a store.
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

    /// No rows yet, and room for so many.
    pub(super) fn with_capacity(keys: Arc<[MatchKey]>, rows: usize) -> Self {
        Self { cells: Vec::with_capacity(rows * keys.len()), ..Self::new(keys) }
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

    /// Copies rows of the same columns.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the columns differ.
    ///
    /// # Panics
    /// When the range ends beyond the rows.
    pub fn push_rows(&mut self, other: &Self, range: std::ops::Range<usize>) -> Result<()> {
        if other.keys != self.keys {
            return Err(Error::new(ErrorKind::Invalid, "rows", "the columns of the rows differ"));
        }
        let width = self.keys.len();
        let cells = &other.cells[range.start * width..range.end * width];
        if other.text.is_empty() {
            self.cells.extend_from_slice(cells);
        } else {
            self.cells.reserve(cells.len());
            cells.iter().for_each(|&cell| self.push_cell(other.stored(cell)));
        }
        Ok(())
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

    /// Appends the rows of another part of the same run; the columns are the same.
    pub(super) fn absorb(&mut self, other: &Self) {
        let moved = self.text.len() as u32;
        self.text.push_str(&other.text);
        self.cells.extend(other.cells.iter().map(|&stored| match stored {
            Stored::Plain { start, len } => Stored::Plain { start: start + moved, len },
            Stored::Json { start, len } => Stored::Json { start: start + moved, len },
            other => other,
        }));
    }

    /// Puts a cell's text in the buffer.
    #[inline]
    pub(super) fn store(&mut self, cell: Cell<'_>) -> Stored {
        let (text, json) = match cell {
            Cell::Empty => return Stored::Empty,
            Cell::Hash(hash) => return Stored::Hash(hash),
            Cell::Plain(text) => (text, false),
            Cell::Json(text) => (text, true),
        };
        let (start, len) = (self.text.len() as u32, text.len() as u32);
        self.text.push_str(text);
        if json { Stored::Json { start, len } } else { Stored::Plain { start, len } }
    }

    /// Appends one cell; a row is whole once it has as many as there are columns.
    #[inline]
    pub(super) fn push_stored(&mut self, stored: Stored) {
        self.cells.push(stored);
    }

    pub(super) fn push_cell(&mut self, cell: Cell<'_>) {
        let stored = self.store(cell);
        self.cells.push(stored);
    }

    pub(super) fn same(&self, a: Stored, b: Stored) -> bool {
        self.stored(a) == self.stored(b)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { cells: self.cells.len(), text: self.text.len() }
    }

    pub(super) fn reset(&mut self, mark: Mark) {
        self.cells.truncate(mark.cells);
        self.text.truncate(mark.text);
    }

    /// The index of the row that begins at the mark.
    pub(super) fn row_of(&self, mark: Mark) -> usize {
        mark.cells.checked_div(self.keys.len()).unwrap_or(0)
    }

    /// Appends the row that begins at the mark once more.
    pub(super) fn repeat_row(&mut self, mark: Mark) {
        self.cells.extend_from_within(mark.cells..mark.cells + self.keys.len());
    }

    /// Replaces a cell of the last row.
    pub(super) fn replace(&mut self, column: usize, stored: Stored) {
        let at = self.cells.len() - self.keys.len() + column;
        self.cells[at] = stored;
    }

    /// Keeps those rows from `first` on that `keep` says, and says how many.
    pub(super) fn retain_from(&mut self, first: usize, mut keep: impl FnMut(MatchRow<'_>) -> bool) -> usize {
        let width = self.keys.len();
        let mut end = first;
        for index in first..self.len() {
            if keep(MatchRow { rows: self, index }) {
                self.cells.copy_within(index * width..(index + 1) * width, end * width);
                end += 1;
            }
        }
        self.cells.truncate(end * width);
        end - first
    }

    #[inline]
    fn stored(&self, stored: Stored) -> Cell<'_> {
        match stored {
            Stored::Empty => Cell::Empty,
            Stored::Hash(hash) => Cell::Hash(hash),
            Stored::Plain { start, len } => Cell::Plain(self.text(start, len)),
            Stored::Json { start, len } => Cell::Json(self.text(start, len)),
        }
    }

    pub(super) fn text(&self, start: u32, len: u32) -> &str {
        &self.text[start as usize..(start + len) as usize]
    }

    /// The cells of a row, in place.
    pub(super) fn stored_row(&self, row: usize) -> &[Stored] {
        let width = self.keys.len();
        &self.cells[row * width..(row + 1) * width]
    }
}

impl<'a> MatchRow<'a> {
    /// The cells, one per column.
    pub fn cells(self) -> impl ExactSizeIterator<Item = Cell<'a>> {
        self.rows.stored_row(self.index).iter().map(move |&stored| self.rows.stored(stored))
    }

    pub(super) fn place(self) -> (&'a MatchRows, usize) {
        (self.rows, self.index)
    }

    /// The columns.
    #[must_use]
    pub fn keys(self) -> &'a Arc<[MatchKey]> {
        &self.rows.keys
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
