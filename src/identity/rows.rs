//! Rows ready to be sent: digests, and the few keys that are sent in clear.

use std::fmt;

use super::hashed::Hashed;
use super::key_list::KeyList;
use crate::error::{Error, ErrorKind, Result};

/// One cell of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// No value.
    Empty,
    /// The digest of a value.
    Hash(Hashed),
    /// A value sent in clear as a JSON string, such as an `EXTERN_ID`.
    Plain(&'a str),
    /// A number or list as JSON text, such as a `LOOKALIKE_VALUE`.
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

/// A view of one row of [`MatchRows`].
#[derive(Clone)]
pub struct MatchRows {
    keys: KeyList,
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
    /// Creates an empty list of rows with these columns.
    #[must_use]
    pub fn new(keys: KeyList) -> Self {
        Self { keys, cells: Vec::new(), text: String::new() }
    }

    /// Returns the columns of the rows.
    #[must_use]
    pub fn keys(&self) -> &KeyList {
        &self.keys
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.keys.len()).unwrap_or(0)
    }

    /// Returns `true` if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Removes all rows and keeps the allocated memory.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
    }

    /// Returns the row at `index`.
    ///
    /// # Panics
    /// Panics if `index` is out of bounds.
    #[must_use]
    pub fn row(&self, index: usize) -> MatchRow<'_> {
        assert!(index < self.len(), "row {index} of {}", self.len());
        MatchRow { rows: self, index }
    }

    /// Returns an iterator over the rows.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, Schema, identity::{Cell, Coverage, MatchRows}};
    ///
    /// # let schema = Schema::standard();
    /// # let map = KeyMap::standard(&schema);
    /// # let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// # let mut rows = MatchRows::new(map.keys().clone());
    /// # map.mapper().append(&ada, &mut rows, &mut Coverage::default());
    /// for row in rows.iter() {
    ///     assert!(matches!(row.cells().next(), Some(Cell::Hash(_))));
    /// }
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = MatchRow<'_>> {
        (0..self.len()).map(|index| MatchRow { rows: self, index })
    }

    /// Appends the rows of `other` in `range`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the columns differ.
    ///
    /// # Panics
    /// Panics if the range ends beyond the rows of `other`.
    ///
    /// ```
    /// use audiencekit::{MatchKey, identity::MatchRows};
    ///
    /// let mut emails = MatchRows::new([MatchKey::Email].into());
    /// let phones = MatchRows::new([MatchKey::Phone].into());
    /// assert!(emails.push_rows(&phones, 0..0).is_err());
    /// ```
    pub fn push_rows(&mut self, other: &Self, range: std::ops::Range<usize>) -> Result<()> {
        if other.keys != self.keys {
            return Err(Error::new(ErrorKind::Invalid, "push rows", "the columns differ"));
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

    /// Appends a copy of `row`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the columns differ.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, Schema, identity::{Coverage, MatchRows}};
    ///
    /// # let schema = Schema::standard();
    /// # let map = KeyMap::standard(&schema);
    /// # let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// # let mut rows = MatchRows::new(map.keys().clone());
    /// # map.mapper().append(&ada, &mut rows, &mut Coverage::default());
    /// let mut copy = MatchRows::new(rows.keys().clone());
    /// copy.push_row(rows.row(0))?;
    /// assert_eq!(copy.len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn push_row(&mut self, row: MatchRow<'_>) -> Result<()> {
        if row.rows.keys != self.keys {
            return Err(Error::new(ErrorKind::Invalid, "push row", "the columns differ"));
        }
        for cell in row.cells() {
            self.push_cell(cell);
        }
        Ok(())
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

    /// Appends the row that begins at the mark once more.
    pub(super) fn repeat_row(&mut self, mark: Mark) {
        self.cells.extend_from_within(mark.cells..mark.cells + self.keys.len());
    }

    /// Replaces a cell of the last row.
    pub(super) fn replace(&mut self, column: usize, stored: Stored) {
        let at = self.cells.len() - self.keys.len() + column;
        self.cells[at] = stored;
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
    /// Returns the cells of the row, one per column.
    pub fn cells(self) -> impl ExactSizeIterator<Item = Cell<'a>> {
        self.rows.stored_row(self.index).iter().map(move |&stored| self.rows.stored(stored))
    }

    pub(super) fn place(self) -> (&'a MatchRows, usize) {
        (self.rows, self.index)
    }

    /// Returns the columns of the row.
    #[must_use]
    pub fn keys(self) -> &'a KeyList {
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
