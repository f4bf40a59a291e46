//! Reading contacts: from memory, CSV, JSON Lines, or your own records.
//!
//! A [`ContactSource`] can be read from the start any number of times, in batches, with the memory of one batch. A run
//! reads no further ahead than it can upload.
//!
//! | source | contacts from |
//! |---|---|
//! | [`MemorySource`] | a `Vec` |
//! | `CsvSource` (feature `csv`) | a CSV file with a header |
//! | [`JsonLinesSource`] | a file with one JSON object per line |
//! | [`RecordSource`] | an iterator or stream of a type of your own, by [`ToContact`](crate::contact::ToContact) |
//! | your own [`ContactSource`] | anything else |
//!
//! ```
//! use audiencekit::{EvaluationTime, JsonLinesSource, Schema, Segment, Selector};
//! use time::macros::datetime;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let schema = Schema::standard();
//! let lines = "{\"id\": \"1\", \"score\": 70}\n{\"id\": \"2\", \"score\": 20}\n";
//! let people = JsonLinesSource::from_bytes(lines, &schema);
//! let fans = Segment::builder("fans").include(Selector::all()).filter("score >= 50").build(&schema)?;
//! let count = fans.count(&people, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))).await?;
//! assert_eq!((count.contacts, count.selected), (2, 1));
//! # Ok(())
//! # }
//! ```
//!
//! A row that cannot be read is an error with its line and column, unless you choose to skip and count such rows. See
//! the [tutorial](crate::_documentation::tutorial) and the [cookbook](crate::_documentation::cookbook).

mod batch;
mod chunk;
mod chunk_reader;
mod count;
#[cfg(feature = "csv")]
mod csv;
mod input;
mod json_lines;
mod memory;
mod pass;
mod read_errors;
mod records;
mod survey;

pub use batch::Batch;
pub use chunk::{Chunk, ChunkReader, Decoder};
#[cfg(feature = "csv")]
pub use csv::{CsvSource, CsvSourceBuilder};
pub use json_lines::JsonLinesSource;
pub use memory::MemorySource;
pub use read_errors::{OnBadCell, OnBadRow, ReadErrors};
pub use records::RecordSource;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::contact::Schema;
use crate::error::Result;
use crate::segment::ContactTable;

/// Contacts that can be read from the start, any number of times.
///
/// A run opens a reader and pulls batch after batch. Nothing is read ahead of what the run can take, so memory is
/// bounded by one batch.
///
/// ```
/// use audiencekit::source::Batch;
/// use audiencekit::{ContactSource, JsonLinesSource, Schema};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let people = JsonLinesSource::from_bytes(r#"{"id": "1"}"#, &Schema::standard());
/// let mut batch = Batch::with_capacity(people.schema(), 100);
/// people.open().await?.next_batch(&mut batch).await?;
/// assert_eq!(batch.contacts().len(), 1);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ContactSource: Send + Sync + fmt::Debug {
    /// Returns the schema of the contacts.
    fn schema(&self) -> &Schema;

    /// Returns the number of contacts, if it is known without reading them.
    fn len_hint(&self) -> Option<u64>;

    /// Returns the contacts as a table, if the source keeps one. [`Segment::count`](crate::Segment::count) then counts the
    /// table instead of reading. Defaults to `None`; a table must hold the same contacts as a reader yields.
    fn table(&self) -> Option<&ContactTable> {
        None
    }

    /// Opens a reader at the first contact.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when it cannot be opened.
    async fn open(&self) -> Result<Box<dyn ContactReader>>;
}

/// One pass over the contacts of a [`ContactSource`].
#[async_trait]
pub trait ContactReader: Send {
    /// Fills `batch` with the next contacts. Returns `false` if no more follow after these.
    ///
    /// An empty batch does not end the source.
    ///
    /// Cancel safety: a dropped call may lose the batch that it was filling; open a new reader.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source) for a row that cannot be read, with its line and column. The
    /// batch then holds the contacts before it.
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool>;

    /// Returns this reader as one that leaves decoding to other threads, or `None` if the source cannot.
    ///
    /// The caller then reads everything that is left from there: batches and chunks of one reader do not mix.
    fn chunk_reader(&mut self) -> Option<&mut dyn ChunkReader> {
        None
    }
}

#[async_trait]
impl<S: ContactSource + ?Sized> ContactSource for Arc<S> {
    fn schema(&self) -> &Schema {
        (**self).schema()
    }

    fn len_hint(&self) -> Option<u64> {
        (**self).len_hint()
    }

    fn table(&self) -> Option<&ContactTable> {
        (**self).table()
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        (**self).open().await
    }
}
