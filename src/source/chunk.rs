//! Records that were cut out of a source and not yet read: reading them is work for any thread.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::batch::Batch;
use crate::error::Result;

/// The bytes of whole records, and the line where they begin. Its memory serves one chunk after another.
///
///
pub struct Chunk {
    bytes: Vec<u8>,
    at: usize,
    line: u64,
    capacity: usize,
}

/// A reader that finds where records end without decoding them.
///
/// Cutting costs little, reading costs much: so a run with workers lets one thread cut and the others read, select and
/// hash. `CsvSource` and [`JsonLinesSource`](super::json_lines::JsonLinesSource) do.
///
/// ```
/// use audiencekit::source::{Batch, Chunk};
/// use audiencekit::{ContactSource, JsonLinesSource, Schema};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let schema = Schema::standard();
/// let people = JsonLinesSource::from_bytes("{\"id\": \"1\"}\n{\"id\": \"2\"}\n{\"id\": \"3\"}\n", &schema);
/// let mut reader = people.open().await?;
/// let chunk_reader = reader.chunk_reader().expect("lines can be cut apart");
/// let (decoder, mut chunk) = (chunk_reader.decoder(), Chunk::with_capacity(2));
/// let mut batch = Batch::with_capacity(&schema, 1_000);
/// while chunk_reader.next_chunk(&mut chunk).await? {
///     decoder.decode(&mut chunk, &mut batch)?; // on any thread
/// }
/// assert_eq!(batch.contacts().len(), 3);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ChunkReader: Send {
    /// Returns the decoder of the records.
    fn decoder(&self) -> Arc<dyn Decoder>;

    /// Fills `chunk` with the next records, at most about `chunk.capacity()` of them; false when there are no more.
    ///
    /// Cancel safety: a dropped call may lose the chunk it was filling; open a new reader.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source) where no record ends, with its line. Records before it have been
    /// given.
    async fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<bool>;
}

/// Reads the contacts of a [`Chunk`].
pub trait Decoder: Send + Sync + fmt::Debug {
    /// Adds contacts of `chunk` to `batch`, from where the last call stopped, until either of them ends.
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source) for a row that cannot be read, with its line and column. The
    /// contacts before it have been added.
    fn decode(&self, chunk: &mut Chunk, batch: &mut Batch) -> Result<()>;
}

impl Chunk {
    /// Creates an empty chunk for about `records` records.
    #[must_use]
    pub fn with_capacity(records: usize) -> Self {
        Self { bytes: Vec::new(), at: 0, line: 1, capacity: records.max(1) }
    }

    /// Returns about how many records the chunk holds. A reader that counts lines may find fewer records in them.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the bytes that have not been decoded yet.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Returns `true` if everything has been decoded.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Returns the line at which [`rest`](Self::rest) begins, counted from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Replaces the content with other records, which begin at `line`.
    ///
    /// ```
    /// use audiencekit::source::Chunk;
    ///
    /// let mut chunk = Chunk::with_capacity(2);
    /// chunk.fill(b"1,ada\n2,grace\n", 2);
    /// chunk.advance(6, 1);
    /// assert_eq!((chunk.rest(), chunk.line()), (&b"2,grace\n"[..], 3));
    /// ```
    pub fn fill(&mut self, records: &[u8], line: u64) {
        self.bytes.clear();
        self.bytes.extend_from_slice(records);
        (self.at, self.line) = (0, line);
    }

    /// Advances over the next bytes, which have been decoded, and the lines that end in them.
    pub fn advance(&mut self, bytes: usize, lines: u64) {
        self.at = self.at.saturating_add(bytes).min(self.bytes.len());
        self.line += lines;
    }
}

/// How many bytes, and from which line: never what is in them.
impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({} bytes from line {})", self.rest().len(), self.line)
    }
}
