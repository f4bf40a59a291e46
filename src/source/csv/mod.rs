//! Contacts in a CSV file with a header.

pub(super) mod cells;
pub(super) mod columns;
pub(super) mod decode;
pub(super) mod rows;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::TimeZone;
use crate::contact::{DateOrder, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::source::chunk::Chunk;
use crate::source::chunk_reader::{BlockReader, Blocks, MAX_RECORD};
use crate::source::input::Origin;
use crate::source::read_errors::{OnBadCell, OnBadRow};
use crate::source::{ContactReader, ContactSource};
use cells::{Cells, Parsers};
use columns::{ColumnRules, Reading};
use decode::RowDecoder;
use rows::Rows;

/// A source over a CSV file: RFC 4180, UTF-8, with a header.
///
/// The header names fields of the schema. Beside them, `tags` holds tags apart by commas (`VIP, GOLD (3)`),
/// `consent.NAME` a consent and `stage.FUNNEL` a funnel stage. A column that is none of these is an error when the
/// file is opened, unless it is mapped or ignored. Blank cells are missing values.
///
/// The file is read while batches are asked for; reading blocks for the time of one batch.
///
/// ```
/// use audiencekit::{CsvSource, Schema};
///
/// let schema = Schema::standard();
/// let people = CsvSource::builder(&schema).from_bytes("email,score\nada@example.com,70\n")?;
/// let error = CsvSource::builder(&schema).from_bytes("email,scoer\n").unwrap_err();
/// assert_eq!(error.to_string(), "header column 2: unknown field \"scoer\"; did you mean \"score\"?");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct CsvSource {
    schema: Schema,
    origin: Origin,
    header: Arc<[String]>,
    delimiter: u8,
    decoder: Arc<RowDecoder>,
}

/// Builds a [`CsvSource`].
///
/// ```
/// use audiencekit::{CsvSource, Schema};
/// use audiencekit::source::OnBadRow;
///
/// let schema = Schema::standard();
/// let people = CsvSource::builder(&schema)
///     .delimiter(b';')
///     .column("E-mail", "email")
///     .bad_row(OnBadRow::Skip)
///     .from_bytes("id;E-mail\n7;ada@example.com\n")?;
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct CsvSourceBuilder {
    schema: Schema,
    delimiter: u8,
    columns: ColumnRules,
    reading: Reading,
    bad_row: OnBadRow,
    bad_cell: OnBadCell,
}

impl CsvSource {
    /// The maximum size of one record, in bytes: 16 MiB, plus what is read ahead.
    pub const MAX_RECORD: usize = MAX_RECORD;

    /// Opens a CSV file in which every column is a field of `schema`.
    ///
    /// The other settings are the defaults of [`CsvSourceBuilder`]. Pipes and devices are rejected because they cannot be
    /// read twice.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the path cannot be read or is not a file, [`ErrorKind::Schema`] for a column that the schema
    /// does not have.
    ///
    /// ```
    /// use audiencekit::{CsvSource, Schema};
    ///
    /// let missing = CsvSource::open("no/such/file.csv", &Schema::standard()).unwrap_err();
    /// assert_eq!(missing.kind(), audiencekit::ErrorKind::Io);
    /// ```
    pub fn open(path: impl Into<PathBuf>, schema: &Schema) -> Result<Self> {
        Self::builder(schema).open(path)
    }

    /// Returns a builder with the defaults: comma, year-first dates, UTC, and `;` between the values of a list.
    #[must_use]
    pub fn builder(schema: &Schema) -> CsvSourceBuilder {
        CsvSourceBuilder {
            schema: schema.clone(),
            delimiter: b',',
            columns: ColumnRules::default(),
            reading: Reading { order: DateOrder::default(), zone: TimeZone::utc(), list_separator: ';' },
            bad_row: OnBadRow::default(),
            bad_cell: OnBadCell::default(),
        }
    }
}

impl CsvSourceBuilder {
    /// Sets the field delimiter. Defaults to `,`. With `;`, the list separator defaults to `|`.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        if delimiter == b';' && self.reading.list_separator == ';' {
            self.reading.list_separator = '|';
        }
        self
    }

    /// Maps the column named `header` to `field`.
    ///
    /// ```
    /// use audiencekit::{CsvSource, Schema};
    ///
    /// let schema = Schema::standard();
    /// let file = "Customer,Mail\n7,ada@example.com\n";
    /// assert!(CsvSource::builder(&schema).from_bytes(file).is_err());
    /// assert!(CsvSource::builder(&schema).column("Customer", "id").column("Mail", "email").from_bytes(file).is_ok());
    /// ```
    #[must_use]
    pub fn column(mut self, header: impl Into<String>, field: impl Into<String>) -> Self {
        self.columns.renamed.push((header.into(), field.into()));
        self
    }

    /// Ignores the column named `header`.
    #[must_use]
    pub fn ignore(mut self, header: impl Into<String>) -> Self {
        self.columns.ignored.push(header.into());
        self
    }

    /// Ignores columns that are neither fields nor mapped.
    #[must_use]
    pub fn ignore_unknown(mut self) -> Self {
        self.columns.ignore_unknown = true;
        self
    }

    /// Sets the order of day, month and year in dates. Defaults to year first.
    #[must_use]
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.reading.order = order;
        self
    }

    /// Sets the time zone of instants that are written without an offset. Defaults to UTC.
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.reading.zone = zone;
        self
    }

    /// Sets the separator between the values of a list, such as several e-mail addresses. Defaults to `;`.
    #[must_use]
    pub fn list_separator(mut self, separator: char) -> Self {
        self.reading.list_separator = separator;
        self
    }

    /// Sets what happens to a row that cannot be read. Defaults to [`OnBadRow::Fail`].
    #[must_use]
    pub fn bad_row(mut self, bad_row: OnBadRow) -> Self {
        self.bad_row = bad_row;
        self
    }

    /// Sets what happens to a cell that does not have the type of its field. Defaults to [`OnBadCell::SetMissing`].
    #[must_use]
    pub fn bad_cell(mut self, bad_cell: OnBadCell) -> Self {
        self.bad_cell = bad_cell;
        self
    }

    /// Opens a CSV file with these settings.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn open(self, path: impl Into<PathBuf>) -> Result<CsvSource> {
        self.over(Origin::File(path.into()))
    }

    /// Reads a CSV file that is in memory.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn from_bytes(self, bytes: impl AsRef<[u8]>) -> Result<CsvSource> {
        self.over(Origin::Bytes(bytes.as_ref().into()))
    }

    fn over(self, origin: Origin) -> Result<CsvSource> {
        let (header, ..) = begin(&origin, self.delimiter)?;
        if header.is_empty() {
            return Err(Error::new(ErrorKind::Source, "line 1", "there is no header")
                .with_expected("the names of the columns in the first line"));
        }
        let names: Vec<&str> = header.iter().map(String::as_str).collect();
        let targets = self.columns.targets(&names, &self.schema)?;
        let (schema, delimiter) = (self.schema.clone(), self.delimiter);
        let decoder = RowDecoder {
            schema: self.schema,
            targets,
            parsers: Parsers::new(delimiter),
            reading: self.reading,
            bad_row: self.bad_row,
            bad_cell: self.bad_cell,
        };
        Ok(CsvSource { schema, origin, header: header.into(), delimiter, decoder: Arc::new(decoder) })
    }
}

/// Opens a file: the cells of its header, and what follows.
fn begin(origin: &Origin, delimiter: u8) -> Result<(Vec<String>, Blocks<Rows>, Chunk)> {
    let mut blocks = Blocks::new(origin.open()?, Rows { delimiter })?;
    let (mut chunk, mut cells, mut header) = (Chunk::with_capacity(1), Cells::new(delimiter), Vec::new());
    while header.is_empty() && blocks.next_chunk(&mut chunk)? {
        let Some(found) = cells.find(chunk.rest()) else { continue };
        let text = std::str::from_utf8(cells.text())
            .map_err(|_| Error::new(ErrorKind::Source, "line 1", "the header is not UTF-8"))?;
        header.extend(cells.spans().map(|(start, end)| text.get(start..end).unwrap_or_default().to_owned()));
        chunk.advance(found.skipped + found.len, found.skipped_lines + found.lines);
    }
    Ok((header, blocks, chunk))
}

impl fmt::Debug for CsvSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsvSource({:?})", self.origin)
    }
}

impl fmt::Debug for CsvSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsvSourceBuilder({:?})", char::from(self.delimiter))
    }
}

#[async_trait]
impl ContactSource for CsvSource {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        None
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        let (header, blocks, chunk) = begin(&self.origin, self.delimiter)?;
        if header[..] != self.header[..] {
            return Err(Error::new(
                ErrorKind::Schema,
                "line 1",
                "the header is not what it was when the file was opened",
            )
            .with_expected("the same columns in the same order, or a new CsvSource"));
        }
        Ok(Box::new(BlockReader::new(blocks, Arc::clone(&self.decoder) as _).after(&chunk)))
    }
}
