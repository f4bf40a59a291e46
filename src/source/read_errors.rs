//! What a source could not read, counted.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contact::SymbolsFull;
use crate::error::{Error, Result};

/// What happens to a row that cannot be read: too few cells, not UTF-8, not JSON, more than a contact holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBadRow {
    /// Stops with an error that names line and column. This is the default.
    #[default]
    Fail,
    /// Skips the row and counts it. If the schema's symbols are full, the source stops all the same: that is not the
    /// fault of a row.
    Skip,
}

impl OnBadRow {
    /// Counts the row that `error` is about, or stops with it.
    pub(super) fn settle(self, error: Error, losses: &mut ReadErrors) -> Result<()> {
        if self == Self::Fail || SymbolsFull::is_under(&error) {
            return Err(error);
        }
        losses.row(|| error.to_string());
        Ok(())
    }
}

/// The error of a contact, with its place in the source.
pub(super) fn placed(place: String, error: Error) -> Error {
    Error::new(error.kind(), place, error.to_string()).with_source(error)
}

/// What happens to a cell that does not have the type of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBadCell {
    /// Leaves the field missing and counts the cell. This is the default. A cell that says whether the contact may be
    /// contacted is never dropped: it makes the row bad.
    #[default]
    SetMissing,
    /// Treats the whole row as bad.
    FailRow,
}

/// Rows and cells that could not be read, with the first few places.
///
/// It names lines, columns and fields, never their content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReadErrors {
    /// Rows that were skipped.
    pub rows: u64,
    /// Cells that were dropped, by field.
    pub cells: BTreeMap<String, u64>,
    /// The first places, as `line 17, column 4 (score): ...`; at most [`ReadErrors::MAX_PLACES`].
    pub places: Vec<String>,
}

impl ReadErrors {
    /// The maximum number of places that are kept: 20.
    pub const MAX_PLACES: usize = 20;

    /// Counts one skipped row, and keeps its place while there is room.
    ///
    /// ```
    /// use audiencekit::source::ReadErrors;
    ///
    /// let mut errors = ReadErrors::default();
    /// errors.row(|| "line 17: 2 cells under 3 columns".to_owned());
    /// assert_eq!((errors.rows, errors.places.len()), (1, 1));
    /// ```
    pub fn row(&mut self, place: impl FnOnce() -> String) {
        self.rows += 1;
        self.place(place);
    }

    /// Counts one dropped cell of `field`, and keeps its place while there is room.
    pub fn cell(&mut self, field: &str, place: impl FnOnce() -> String) {
        match self.cells.get_mut(field) {
            Some(count) => *count += 1,
            None => {
                self.cells.insert(field.to_owned(), 1);
            }
        }
        self.place(place);
    }

    /// Adds the counts and places of another part of the same source.
    ///
    /// ```
    /// use audiencekit::source::ReadErrors;
    ///
    /// let mut all = ReadErrors::default();
    /// let mut part = ReadErrors::default();
    /// part.cell("score", || "line 3, column 2".to_owned());
    /// all.merge(&part);
    /// assert_eq!(all.cells["score"], 1);
    /// ```
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (field, count) in &other.cells {
            *self.cells.entry(field.clone()).or_default() += count;
        }
        let room = Self::MAX_PLACES.saturating_sub(self.places.len());
        self.places.extend(other.places.iter().take(room).cloned());
    }

    /// Returns `true` if everything could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.cells.is_empty()
    }

    fn place(&mut self, place: impl FnOnce() -> String) {
        if self.places.len() < Self::MAX_PLACES {
            self.places.push(place());
        }
    }
}

/// True for fields that hold back a person: what cannot be read there may be a refusal.
pub(super) fn guards(field: &str) -> bool {
    matches!(field, "opted_out" | "phone_opted_out" | "one_message" | "deleted" | "invalid" | "consents")
}

impl fmt::Display for ReadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: u64 = self.cells.values().sum();
        write!(f, "{} rows skipped, {cells} cells dropped", self.rows)?;
        for (field, count) in &self.cells {
            write!(f, ", {field} {count}")?;
        }
        Ok(())
    }
}
