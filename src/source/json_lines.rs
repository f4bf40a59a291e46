//! Contacts in a file of JSON objects, one a line.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use memchr::{memchr, memchr_iter};

use super::batch::Batch;
use super::chunk::{Chunk, Decoder};
use super::chunk_reader::{BlockReader, Blocks, Ends, MAX_RECORD};
use super::input::Origin;
use super::read_errors::{OnBadCell, OnBadRow, guards, placed};
use crate::contact::{Contact, JsonReading, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{ContactReader, ContactSource};

/// A source over JSON Lines: one object per line, read as [`JsonReading`] says. Blank lines are skipped.
///
/// ```
/// use audiencekit::{JsonLinesSource, Schema};
///
/// let schema = Schema::standard();
/// let people = JsonLinesSource::from_bytes("{\"email\": \"ada@example.com\", \"tags\": [\"vip\"]}\n", &schema);
/// ```
#[derive(Clone)]
pub struct JsonLinesSource {
    schema: Schema,
    origin: Origin,
    decoder: LineDecoder,
}

impl JsonLinesSource {
    /// The maximum length of a line, in bytes.
    pub const MAX_LINE: u64 = MAX_RECORD as u64;

    /// Opens a JSON Lines file. Pipes and devices are rejected because they cannot be read twice.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the file cannot be opened or is no file.
    ///
    /// ```
    /// use audiencekit::{ErrorKind, JsonLinesSource, Schema};
    ///
    /// let missing = JsonLinesSource::open("no/such/file.jsonl", &Schema::standard()).unwrap_err();
    /// assert_eq!(missing.kind(), ErrorKind::Io);
    /// ```
    pub fn open(path: impl Into<PathBuf>, schema: &Schema) -> Result<Self> {
        let source = Self::over(Origin::File(path.into()), schema);
        source.origin.open().map(|_| source)
    }

    /// Reads a JSON Lines file that is in memory.
    #[must_use]
    pub fn from_bytes(bytes: impl AsRef<[u8]>, schema: &Schema) -> Self {
        Self::over(Origin::Bytes(bytes.as_ref().into()), schema)
    }

    fn over(origin: Origin, schema: &Schema) -> Self {
        Self { schema: schema.clone(), origin, decoder: LineDecoder::default() }
    }

    /// Sets how objects are read: date order, time zone, unknown members.
    ///
    /// ```
    /// use audiencekit::contact::{DateOrder, JsonReading};
    /// use audiencekit::{JsonLinesSource, Schema};
    ///
    /// let mut reading = JsonReading::default();
    /// reading.date_order = DateOrder::DayMonthYear;
    /// let people = JsonLinesSource::from_bytes(r#"{"birth_date": "16.02.1990"}"#, &Schema::standard()).reading(reading);
    /// ```
    #[must_use]
    pub fn reading(mut self, reading: JsonReading) -> Self {
        self.decoder.reading = reading;
        self
    }

    /// Sets what happens to a line that is not such an object. Defaults to [`OnBadRow::Fail`].
    #[must_use]
    pub fn bad_row(mut self, bad_row: OnBadRow) -> Self {
        self.decoder.bad_row = bad_row;
        self
    }

    /// Sets what happens to a member that does not have the type of its field. Defaults to [`OnBadCell::SetMissing`].
    #[must_use]
    pub fn bad_cell(mut self, bad_cell: OnBadCell) -> Self {
        self.decoder.bad_cell = bad_cell;
        self
    }
}

impl fmt::Debug for JsonLinesSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonLinesSource({:?})", self.origin)
    }
}

#[async_trait]
impl ContactSource for JsonLinesSource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        None
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        let blocks = Blocks::new(self.origin.open()?, Lines)?;
        Ok(Box::new(BlockReader::new(blocks, Arc::new(self.decoder.clone()))))
    }
}

/// Records that end with the line.
struct Lines;

impl Ends for Lines {
    fn last_within(&self, bytes: &[u8], most: usize) -> Option<usize> {
        memchr_iter(b'\n', bytes).take(most).last().map(|at| at + 1)
    }

    fn is_open(&self, _: &[u8]) -> bool {
        false
    }

    fn too_long(&self, place: String) -> Error {
        Error::new(ErrorKind::Limit, place, "longer than 16 MiB")
    }
}

/// Reads lines of JSON.
#[derive(Debug, Clone, Default)]
struct LineDecoder {
    reading: JsonReading,
    bad_row: OnBadRow,
    bad_cell: OnBadCell,
}

impl Decoder for LineDecoder {
    fn decode(&self, chunk: &mut Chunk, batch: &mut Batch) -> Result<()> {
        // Members that a contact has lost.
        let mut dropped: Vec<(String, Error)> = Vec::new();
        while !batch.is_full() && !chunk.is_read() {
            let (number, rest) = (chunk.line(), chunk.rest());
            let line = rest.get(..=memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or(rest);
            let len = line.len();
            if line.iter().all(u8::is_ascii_whitespace) {
                chunk.advance(len, 1);
                continue;
            }
            let filled = batch.push(|contact| self.fill(contact, line, &mut dropped));
            chunk.advance(len, 1);
            match filled {
                Ok(()) => {
                    for (field, error) in dropped.drain(..) {
                        batch.read_errors_mut().cell(&field, || format!("line {number}: {error}"));
                    }
                }
                Err(error) => {
                    dropped.clear();
                    self.bad_row.settle(placed(format!("line {number}"), error), batch.read_errors_mut())?;
                }
            }
        }
        Ok(())
    }
}

impl LineDecoder {
    fn fill(&self, contact: &mut Contact, line: &[u8], dropped: &mut Vec<(String, Error)>) -> Result<()> {
        let json =
            std::str::from_utf8(line).map_err(|_| Error::new(ErrorKind::Source, "text", "not UTF-8"))?;
        self.reading.read_lenient(json, contact, &mut |field, error| {
            if self.bad_cell == OnBadCell::FailRow || guards(field) {
                return Err(error);
            }
            dropped.push((field.to_owned(), error));
            Ok(())
        })
    }
}
