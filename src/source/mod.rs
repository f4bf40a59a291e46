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
mod losses;
mod memory;
mod pass;
mod records;
mod survey;

pub use batch::Batch;
pub use chunk::{Chunk, ChunkReader, Decoder};
#[cfg(feature = "csv")]
pub use csv::{CsvSource, CsvSourceBuilder};
pub use json_lines::JsonLinesSource;
pub use losses::{OnBadCell, OnBadRow, ReadErrors};
pub use memory::MemorySource;
pub use records::RecordSource;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::contact::Schema;
use crate::error::Result;
use crate::segment::ContactTable;

/// Contacts that can be read from the start, any number of times.
///
/// A run opens a reader and pulls batch after batch: nothing is read ahead of what the run can take, so memory is
/// bounded by one batch.
#[async_trait]
pub trait ContactSource: Send + Sync + fmt::Debug {
    /// The fields that the contacts have.
    fn schema(&self) -> &Schema;

    /// How many contacts there are, if that is known without reading them.
    fn len_hint(&self) -> Option<u64>;

    /// Returns the contacts as a table, if the source keeps one. [`Segment::count`](crate::Segment::count) then counts the
    /// table instead of reading. Defaults to `None`; a table must hold the same contacts as a reader yields.
    fn table(&self) -> Option<&ContactTable> {
        None
    }

    /// Starts to read from the first contact.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when it cannot be opened.
    async fn open(&self) -> Result<Box<dyn ContactReader>>;
}

/// One pass over the contacts of a [`ContactSource`].
#[async_trait]
pub trait ContactReader: Send {
    /// Fills `batch` with the next contacts, at most `batch.capacity()` of them; false when there are no more
    /// after these. A batch without contacts ends nothing.
    ///
    /// Cancel safety: a dropped call may lose the batch it was filling; open a new reader.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source) for a row that cannot be read, with its line and column. The
    /// batch then has the contacts before it.
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool>;

    /// The same reader as one that leaves the reading to other threads; `None` for a source that cannot.
    ///
    /// Whoever asks takes all that is left from there: batches and lots of one reader do not mix.
    fn cutter(&mut self) -> Option<&mut dyn ChunkReader> {
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
