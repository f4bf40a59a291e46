//! Maps one contact to its rows.

use std::fmt;

use super::column_value::{ColumnValue, LazyRegion, each_value, hash, only_text, read};
use super::coverage::Coverage;
use super::explain::NormalizationTrace;
use super::hashed::{Hashed, fill_block};
use super::key::MatchKey;
use super::keymap::KeyMap;
use super::reject::Reject;
use super::rows::{Cell, MatchRows, Stored};
use super::steps::{NormalizationSteps, Step};
use super::trail::Trail;
use crate::contact::Contact;

/// Maps contacts to rows. It holds buffers, so use one per thread for all contacts.
///
/// `Debug` shows the columns.
pub struct RowMapper<'a> {
    map: &'a KeyMap,
    scratch: Scratch,
}

/// Buffers that live as long as the mapper.
struct Scratch {
    /// The normalized value.
    text: String,
    /// Second and further values: column, which one, cell.
    further: Vec<(usize, usize, Stored)>,
    /// Values of the row that are still to be hashed, as blocks, and their columns. Hashing them one after the other,
    /// when all are written, lets the processor work on several at once.
    blocks: [[u8; 64]; MatchKey::COUNT],
    waiting: [u8; MatchKey::COUNT],
    count: usize,
}

impl Scratch {
    /// Keeps the normalized value for hashing; false when it is longer than a block.
    #[inline]
    fn wait(&mut self, column: usize) -> bool {
        // A map has a key once, so there is room for each.
        let (Some(block), Some(waiting)) =
            (self.blocks.get_mut(self.count), self.waiting.get_mut(self.count))
        else {
            return false;
        };
        *waiting = column as u8;
        let fits = fill_block(self.text.as_bytes(), block);
        self.count += usize::from(fits);
        fits
    }
}

impl KeyMap {
    /// Returns a mapper with its own buffers. Use one per thread.
    #[must_use]
    pub fn mapper(&self) -> RowMapper<'_> {
        RowMapper::new(self)
    }

    /// Returns `true` if the contact has a value, good or bad, in a column of `key`.
    pub(crate) fn has_value(&self, key: MatchKey, contact: &Contact) -> bool {
        let mut found = false;
        for column in self.columns.iter().filter(|column| column.key == key) {
            each_value(column, contact, |_| found = true);
        }
        found
    }

    /// Normalizes each value of a contact and returns the traces, in the order of the columns.
    ///
    /// It allocates; use it for single contacts.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, Schema};
    ///
    /// let schema = Schema::standard();
    /// let ada = Contact::builder(&schema).email(" Ada@Example.com").build()?;
    /// let traces = KeyMap::standard(&schema).explain(&ada);
    /// assert_eq!(traces[0].to_string(), "EMAIL: trimmed, lowercased, sent as SHA-256");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn explain(&self, contact: &Contact) -> Vec<NormalizationTrace> {
        let region = LazyRegion::new(self, contact);
        let mut traces = Vec::new();
        for column in &self.columns {
            each_value(column, contact, |value| {
                let input = match &value {
                    ColumnValue::Text(text) => (*text).to_owned(),
                    ColumnValue::Birthday(day) => {
                        let year = day.year().map(|year| format!("{year:04}")).unwrap_or_default();
                        format!("{year}-{:02}-{:02}", day.month(), day.day())
                    }
                };
                let mut out = String::new();
                let mut trail = Trail::with_values();
                let outcome = read(column, value, &region, &mut out, &mut trail).map(|()| {
                    let hashed = if column.key.is_hashed() { hash(trail.steps(), &out) } else { None };
                    if trail.steps().contains(Step::PassedAsDigest) {
                        out.clear();
                    }
                    (out, hashed)
                });
                traces.push(NormalizationTrace::new(column.key, input, trail, outcome));
            });
        }
        traces
    }
}

impl<'a> RowMapper<'a> {
    /// The maximum number of rows of one contact: 100. Further values are rejected as [`Reject::Surplus`].
    pub const MAX_ROWS_PER_CONTACT: usize = 100;

    fn new(map: &'a KeyMap) -> Self {
        let scratch = Scratch {
            text: String::new(),
            further: Vec::new(),
            blocks: [[0; 64]; MatchKey::COUNT],
            waiting: [0; MatchKey::COUNT],
            count: 0,
        };
        Self { map, scratch }
    }

    /// Appends the rows of one contact and returns their number: 0 if it has no valid identifier.
    ///
    /// A contact with several email addresses or phone numbers gives several rows: the second row has the second address and
    /// the second number, or the first where there is no second. Rejected values are counted in `coverage`.
    ///
    /// # Panics
    /// Panics if the columns of `rows` are not those of the map.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, Schema, identity::{Coverage, MatchRows}};
    ///
    /// let schema = Schema::standard();
    /// let map = KeyMap::standard(&schema);
    /// let (mut rows, mut coverage) = (MatchRows::new(map.keys().clone()), Coverage::default());
    /// let ada = Contact::builder(&schema).email("ada@example.com").email("ada@example.org").build()?;
    /// assert_eq!(map.mapper().append(&ada, &mut rows, &mut coverage), 2);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn append(&mut self, contact: &Contact, rows: &mut MatchRows, coverage: &mut Coverage) -> usize {
        self.append_without(None, contact, rows, coverage)
    }

    /// As [`append`](Self::append), but leaves the values of a key out, which are counted as [`Reject::OptedOut`].
    pub(crate) fn append_without(
        &mut self,
        withheld: Option<MatchKey>,
        contact: &Contact,
        rows: &mut MatchRows,
        coverage: &mut Coverage,
    ) -> usize {
        assert!(rows.keys() == &self.map.keys, "rows of {:?} for a map of {:?}", rows.keys(), self.map.keys);
        let mark = rows.mark();
        coverage.contacts += 1;
        self.scratch.further.clear();
        self.scratch.count = 0;
        let region = LazyRegion::new(self.map, contact);
        let mut identifies = false;
        let mut count = 1;
        for (at, column) in self.map.columns.iter().enumerate() {
            let values = match only_text(column, contact) {
                _ if withheld == Some(column.key) => {
                    each_value(column, contact, |_| coverage.rejected(column.key, Reject::OptedOut));
                    let absent = absent(column.key, rows);
                    rows.push_stored(absent);
                    0
                }
                Some(text) => self.append_one(at, text, &region, rows, coverage),
                None => self.append_each(at, &region, rows, coverage),
            };
            identifies |= values > 0 && column.key.is_identifier();
            count = count.max(values);
        }
        if !identifies {
            rows.reset(mark);
            coverage.without_rows += 1;
            return 0;
        }
        let Scratch { blocks, waiting, count: hashes, .. } = &self.scratch;
        for (block, &column) in blocks.iter().zip(waiting).take(*hashes) {
            rows.replace(usize::from(column), Stored::Hash(Hashed::of_block(block)));
        }
        for nth in 1..count {
            rows.repeat_row(mark);
            for &(at, _, stored) in self.scratch.further.iter().filter(|further| further.1 == nth) {
                rows.replace(at, stored);
            }
        }
        coverage.rows += count as u64;
        count
    }

    /// Appends the cell of a column with one value; says whether there is one.
    #[inline]
    fn append_one(
        &mut self,
        at: usize,
        text: &str,
        region: &LazyRegion<'_>,
        rows: &mut MatchRows,
        coverage: &mut Coverage,
    ) -> usize {
        let column = &self.map.columns[at];
        let mut trail = Trail::default();
        let (stored, values) =
            match read(column, ColumnValue::Text(text), region, &mut self.scratch.text, &mut trail) {
                Ok(()) => {
                    let steps = trail.steps();
                    coverage.sent(column.key, steps);
                    let waits = column.key.is_hashed()
                        && !steps.contains(Step::PassedAsDigest)
                        && self.scratch.wait(at);
                    let stored = if waits {
                        Stored::Empty
                    } else {
                        store(column.key, steps, &self.scratch.text, rows)
                    };
                    (stored, 1)
                }
                Err(reason) => {
                    coverage.rejected(column.key, reason);
                    (absent(column.key, rows), 0)
                }
            };
        rows.push_stored(stored);
        values
    }

    /// Appends the first value's cell, keeps those of the further ones, and says how many different there are.
    fn append_each(
        &mut self,
        at: usize,
        region: &LazyRegion<'_>,
        rows: &mut MatchRows,
        coverage: &mut Coverage,
    ) -> usize {
        let column = &self.map.columns[at];
        let mut values = 0;
        let mut first = Stored::Empty;
        each_value(column, region.contact, |value| {
            if values >= Self::MAX_ROWS_PER_CONTACT || (values > 0 && !column.key.allows_multiple()) {
                coverage.rejected(column.key, Reject::Surplus);
                return;
            }
            let text = &mut self.scratch.text;
            let mut trail = Trail::default();
            match read(column, value, region, text, &mut trail) {
                Err(reason) => coverage.rejected(column.key, reason),
                Ok(()) => {
                    let steps = trail.steps();
                    coverage.sent(column.key, steps);
                    let stored = store(column.key, steps, text, rows);
                    let known = values > 0
                        && (rows.same(stored, first)
                            || self.scratch.further.iter().any(|f| f.0 == at && rows.same(f.2, stored)));
                    if values == 0 {
                        first = stored;
                    } else if !known {
                        self.scratch.further.push((at, values, stored));
                    }
                    values += usize::from(!known);
                }
            }
        });
        let base = if values == 0 { absent(column.key, rows) } else { first };
        rows.push_stored(base);
        values
    }
}

impl fmt::Debug for RowMapper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowMapper({:?})", self.map.keys)
    }
}

/// The cell of a key without a value. The columns of data processing options are a list and two numbers, which have
/// an empty form of their own.
fn absent(key: MatchKey, rows: &mut MatchRows) -> Stored {
    match key {
        MatchKey::DataProcessingOptions => rows.store(Cell::Json("[]")),
        MatchKey::DataProcessingOptionsCountry | MatchKey::DataProcessingOptionsState => {
            rows.store(Cell::Json("0"))
        }
        _ => Stored::Empty,
    }
}

#[inline]
fn store(key: MatchKey, steps: NormalizationSteps, text: &str, rows: &mut MatchRows) -> Stored {
    if key.is_hashed() {
        hash(steps, text).map_or(Stored::Empty, Stored::Hash)
    } else if key.is_json() {
        rows.store(Cell::Json(text))
    } else {
        rows.store(Cell::Plain(text))
    }
}
