//! Contacts in a file of JSON objects, one a line.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::input::{Origin, ReadSeek};
use super::losses::{BadCell, BadRow, guards, placed};
use super::{Batch, ContactReader, ContactSource};
use crate::contact::{JsonReading, Schema};
use crate::error::{Error, ErrorKind, Result};

/// A source over JSON lines: one object a line, read as [`JsonReading`] says. Blank lines are passed over.
///
/// ```
/// use audiencekit::{JsonLinesSource, Schema};
///
/// let schema = Schema::standard();
/// let people = JsonLinesSource::from_bytes("{\"email\": \"ada@example.com\", \"tags\": [\"vip\"]}\n", &schema);
/// ```
#[derive(Clone)]
pub struct JsonLinesSource {
    schema: Arc<Schema>,
    origin: Origin,
    reading: JsonReading,
    bad_row: BadRow,
    bad_cell: BadCell,
}

impl JsonLinesSource {
    /// Longest line.
    pub const MAX_LINE: u64 = 16 << 20;

    /// A source over a file.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the file cannot be opened.
    pub fn open(path: impl Into<PathBuf>, schema: &Arc<Schema>) -> Result<Self> {
        let source = Self::over(Origin::File(path.into()), schema);
        source.input().map(|_| source)
    }

    /// A source over a file that is in memory.
    #[must_use]
    pub fn from_bytes(bytes: impl AsRef<[u8]>, schema: &Arc<Schema>) -> Self {
        Self::over(Origin::Bytes(bytes.as_ref().into()), schema)
    }

    fn over(origin: Origin, schema: &Arc<Schema>) -> Self {
        Self {
            schema: Arc::clone(schema),
            origin,
            reading: JsonReading::default(),
            bad_row: BadRow::default(),
            bad_cell: BadCell::default(),
        }
    }

    /// How objects are read: order of dates, zone, unknown members.
    #[must_use]
    pub fn reading(mut self, reading: JsonReading) -> Self {
        self.reading = reading;
        self
    }

    /// What to do with a line that is not such an object.
    #[must_use]
    pub fn bad_row(mut self, bad_row: BadRow) -> Self {
        self.bad_row = bad_row;
        self
    }

    /// What to do with a member that is not of its field's type.
    #[must_use]
    pub fn bad_cell(mut self, bad_cell: BadCell) -> Self {
        self.bad_cell = bad_cell;
        self
    }

    fn input(&self) -> Result<BufReader<Box<dyn ReadSeek>>> {
        Ok(BufReader::with_capacity(256 << 10, self.origin.open()?))
    }
}

impl fmt::Debug for JsonLinesSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonLinesSource({:?})", self.origin)
    }
}

#[async_trait]
impl ContactSource for JsonLinesSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        None
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        Ok(Box::new(JsonLinesReader {
            input: self.input()?,
            source: self.clone(),
            bytes: Vec::new(),
            line: 0,
        }))
    }
}

struct JsonLinesReader {
    source: JsonLinesSource,
    input: BufReader<Box<dyn ReadSeek>>,
    bytes: Vec<u8>,
    line: u64,
}

#[async_trait]
impl ContactReader for JsonLinesReader {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while !batch.is_full() && self.next_line()? {
            if !self.bytes.iter().all(u8::is_ascii_whitespace) {
                self.push(batch)?;
            }
        }
        Ok(!batch.contacts().is_empty())
    }
}

impl JsonLinesReader {
    /// Reads a line into `bytes`; false at the end.
    fn next_line(&mut self) -> Result<bool> {
        self.bytes.clear();
        self.line += 1;
        let mut limited = (&mut self.input).take(JsonLinesSource::MAX_LINE + 1);
        let read = limited
            .read_until(b'\n', &mut self.bytes)
            .map_err(|error| Error::new(ErrorKind::Io, format!("line {}", self.line), error.to_string()))?;
        if read as u64 > JsonLinesSource::MAX_LINE {
            return Err(Error::new(ErrorKind::Limit, format!("line {}", self.line), "longer than 16 MiB"));
        }
        if self.line == 1 && self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.bytes.drain(..3);
        }
        Ok(read > 0)
    }

    fn push(&self, batch: &mut Batch) -> Result<()> {
        let source = &self.source;
        let line = self.line;
        let mut dropped: Vec<(String, Error)> = Vec::new();
        let filled = batch.push(|contact| {
            let json = std::str::from_utf8(&self.bytes)
                .map_err(|_| Error::new(ErrorKind::Source, "text", "not UTF-8"))?;
            source.reading.read_lenient(json, contact, &mut |field, error| {
                if source.bad_cell == BadCell::Refuse || guards(field) {
                    return Err(error);
                }
                dropped.push((field.to_owned(), error));
                Ok(())
            })
        });
        match filled {
            Ok(()) => {
                for (field, error) in dropped {
                    batch.losses_mut().cell(&field, || format!("line {line}: {error}"));
                }
                Ok(())
            }
            Err(error) => source.bad_row.settle(placed(format!("line {line}"), error), batch.losses_mut()),
        }
    }
}
