//! The contacts of a table: added, changed, removed, counted.

use std::collections::HashSet;
use std::fmt;

use super::row::Row;
use super::select::each_row;
use super::store::Columns;
use crate::contact::{Contact, Schema, Symbol};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::compiled_filter::CompiledFilter;
use crate::segment::tag_dictionary::TagDictionary;

/// With fewer bytes left behind by updates, a table is not written anew.
const LEAST_STALE: usize = 1 << 16;

/// Contacts in columns: dictionary-coded keywords, bitmaps for tags and booleans, lists for events.
///
/// The same [`CompiledFilter`] that matches one contact selects here, with the same result, in a fraction of the time,
/// because the columns that a filter does not read are not touched. A row keeps its number when others are updated or
/// removed.
///
/// ```
/// use audiencekit::{Contact, Schema};
/// use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
/// use time::macros::datetime;
///
/// let schema = Schema::standard();
/// let score = schema.require("score")?;
/// let mut table = ContactTable::new(&schema);
/// let mut contact = Contact::new(&schema);
/// for points in 0..100 {
///     contact.clear();
///     contact.set(score, points)?;
///     table.push(&contact)?;
/// }
/// let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
/// let filter = Filter::parse("score >= 90", &schema)?.compile(&schema, &time)?;
/// assert_eq!(table.count(&filter), 10);
/// assert_eq!(table.rows(&filter).first(), Some(&90));
/// # Ok::<(), audiencekit::Error>(())
/// ```
pub struct ContactTable(Columns);

impl ContactTable {
    /// Creates a table without contacts.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// assert!(ContactTable::new(&schema).is_empty());
    /// ```
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self(Columns::new(schema))
    }

    /// Returns the number of contacts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Returns `true` if there are no contacts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Returns the names of the tags of all contacts.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let mut table = ContactTable::new(&schema);
    /// table.push(&Contact::builder(&schema).tag("vip").build()?)?;
    /// assert!(table.tag_names().contains("vip"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn tag_names(&self) -> TagDictionary {
        let rows = (0..self.0.rows).filter(|row| self.0.live.get(*row));
        let tags: HashSet<Symbol> = rows.flat_map(|row| self.0.tags.of(row)).map(|tag| tag.name).collect();
        tags.into_iter().map(|tag| self.0.schema.symbols().lend(tag)).collect()
    }

    /// Adds a contact as the last row and returns the number of the row.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let mut table = ContactTable::new(&schema);
    /// assert_eq!(table.push(&Contact::new(&schema))?, 0);
    /// assert_eq!(table.push(&Contact::new(&schema))?, 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] for a contact of another schema; [`ErrorKind::Limit`] beyond 4 GiB of text, or
    /// 4 billion contacts, tags or events. Nothing is added then.
    pub fn push(&mut self, contact: &Contact) -> Result<u32> {
        self.check(contact)?;
        let row = self.0.rows;
        self.0.put(row, contact)?;
        Ok(row as u32)
    }

    /// Replaces the contact of a row. A row whose contact was removed takes the new one.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let mut table = ContactTable::new(&schema);
    /// let row = table.push(&Contact::builder(&schema).score(20).build()?)?;
    /// table.update(row, &Contact::builder(&schema).score(70).build()?)?;
    /// let filter = Filter::parse("score >= 50", &schema)?.compile(&schema, &time)?;
    /// assert_eq!(table.rows(&filter), [row]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// Replaced values stay in memory until they are about half of the table, which is then compacted: the update that
    /// does so takes as long as building the table.
    ///
    /// # Errors
    /// As [`push`](Self::push); [`ErrorKind::NotFound`] for a row beyond the last. Nothing changes then.
    pub fn update(&mut self, row: u32, contact: &Contact) -> Result<()> {
        self.check(contact)?;
        if row as usize >= self.0.rows {
            let message = format!("no row {row}");
            let error = Error::new(ErrorKind::NotFound, "contact table", message);
            return Err(error.with_expected(format!("a row below {}", self.0.rows)));
        }
        self.0.put(row as usize, contact)?;
        self.compact();
        Ok(())
    }

    /// Removes the contact of a row and returns `true` if there was one. The other rows keep their numbers.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let mut table = ContactTable::new(&schema);
    /// let row = table.push(&Contact::new(&schema))?;
    /// assert!(table.remove(row) && !table.remove(row));
    /// assert!(table.is_empty());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn remove(&mut self, row: u32) -> bool {
        let removed = self.0.clear_row(row as usize);
        self.compact();
        removed
    }

    fn check(&self, contact: &Contact) -> Result<()> {
        if contact.schema().is_same(&self.0.schema) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Schema, "contact table", "a contact of another schema")
            .with_expected("contacts of the schema that the table was made with"))
    }

    /// Returns the number of contacts that a filter selects; 0 if it was compiled for another schema.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema};
    /// # use audiencekit::segment::{ContactTable, EvaluationTime, Filter};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// # let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// let mut table = ContactTable::new(&schema);
    /// table.push(&Contact::builder(&schema).score(70).build()?)?;
    /// let filter = Filter::parse("score >= 50", &schema)?.compile(&schema, &time)?;
    /// assert_eq!(table.count(&filter), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn count(&self, filter: &CompiledFilter) -> u64 {
        let mut count = 0;
        if filter.schema != self.0.schema.symbols().id() {
            return count;
        }
        self.0.select(&filter.node, |_, words| {
            count += words.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        });
        count
    }

    /// Returns the rows that a filter selects, in order; none if it was compiled for another schema.
    #[must_use]
    pub fn rows(&self, filter: &CompiledFilter) -> Vec<u32> {
        let mut rows = Vec::new();
        if filter.schema == self.0.schema.symbols().id() {
            self.0.select(&filter.node, |base, words| each_row(base, words, |row| rows.push(row as u32)));
        }
        rows
    }

    /// Estimates the bytes that the table holds: columns, texts, lists and bitmaps, without spare capacity.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    pub(in crate::segment) fn columns(&self) -> &Columns {
        &self.0
    }

    /// Writes the table anew once most of it is what updates left behind. Every row keeps its number.
    fn compact(&mut self) {
        let Self(old) = self;
        if old.stale < LEAST_STALE || old.stale * 2 < old.bytes() {
            return;
        }
        let mut fresh = Columns::new(&old.schema);
        for row in (0..old.rows).filter(|row| old.live.get(*row)) {
            // What is less than what was there has room.
            if fresh.put(row, &Row { table: old, at: row }).is_err() {
                return;
            }
        }
        fresh.rows = old.rows;
        *old = fresh;
    }
}

impl fmt::Debug for ContactTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactTable({} contacts)", self.0.len)
    }
}
