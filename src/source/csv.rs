//! Contacts in a CSV file with a header.

use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use ::csv::{ByteRecord, Reader, ReaderBuilder};
use async_trait::async_trait;

use super::columns::{ColumnRules, Reading, Target};
use super::input::{Metered, Origin, ReadSeek};
use super::losses::{BadCell, BadRow, placed};
use super::{Batch, ContactReader, ContactSource};
use crate::clock::Zone;
use crate::contact::{DateOrder, Schema};
use crate::error::{Error, ErrorKind, Result};

/// A source over a CSV file, RFC 4180, UTF-8, with a header.
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
/// assert_eq!(error.to_string(), "header column 2: unknown field \"scoer\": did you mean \"score\"?");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct CsvSource {
    schema: Arc<Schema>,
    origin: Origin,
    header: ByteRecord,
    targets: Arc<[Target]>,
    options: CsvSourceBuilder,
}

/// Settings of a [`CsvSource`].
#[derive(Clone)]
pub struct CsvSourceBuilder {
    schema: Arc<Schema>,
    delimiter: u8,
    columns: ColumnRules,
    reading: Reading,
    bad_row: BadRow,
    bad_cell: BadCell,
}

impl CsvSource {
    /// Most bytes of one record, give or take what is read ahead.
    pub const MAX_RECORD: usize = 16 << 20;

    /// Opens a file whose columns are all fields of `schema`, with the settings of [`CsvSourceBuilder`] as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read, [`ErrorKind::Schema`] for a column that the schema does not have.
    pub fn open(path: impl Into<PathBuf>, schema: &Arc<Schema>) -> Result<Self> {
        Self::builder(schema).open(path)
    }

    /// Starts the settings: comma, dates year first, days in UTC, `;` between values of a list.
    #[must_use]
    pub fn builder(schema: &Arc<Schema>) -> CsvSourceBuilder {
        CsvSourceBuilder {
            schema: Arc::clone(schema),
            delimiter: b',',
            columns: ColumnRules::default(),
            reading: Reading { order: DateOrder::default(), zone: Zone::utc(), list_separator: ';' },
            bad_row: BadRow::default(),
            bad_cell: BadCell::default(),
        }
    }
}

impl CsvSourceBuilder {
    /// The byte between cells. With `;`, values of a list are apart by `|` unless told otherwise.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        if delimiter == b';' && self.reading.list_separator == ';' {
            self.reading.list_separator = '|';
        }
        self
    }

    /// Reads the column named `header` into `field`.
    #[must_use]
    pub fn column(mut self, header: impl Into<String>, field: impl Into<String>) -> Self {
        self.columns.renamed.push((header.into(), field.into()));
        self
    }

    /// Does not read the column named `header`.
    #[must_use]
    pub fn ignore(mut self, header: impl Into<String>) -> Self {
        self.columns.ignored.push(header.into());
        self
    }

    /// Does not read columns that are neither fields nor mapped.
    #[must_use]
    pub fn ignore_unknown(mut self) -> Self {
        self.columns.ignore_unknown = true;
        self
    }

    /// The order of day, month and year in dates.
    #[must_use]
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.reading.order = order;
        self
    }

    /// The zone of instants that are written without an offset.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> Self {
        self.reading.zone = zone;
        self
    }

    /// What stands between the values of a list, such as several e-mail addresses.
    #[must_use]
    pub fn list_separator(mut self, separator: char) -> Self {
        self.reading.list_separator = separator;
        self
    }

    /// What to do with a row that cannot be read.
    #[must_use]
    pub fn bad_row(mut self, bad_row: BadRow) -> Self {
        self.bad_row = bad_row;
        self
    }

    /// What to do with a cell that is not of its field's type.
    #[must_use]
    pub fn bad_cell(mut self, bad_cell: BadCell) -> Self {
        self.bad_cell = bad_cell;
        self
    }

    /// Opens a file.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn open(self, path: impl Into<PathBuf>) -> Result<CsvSource> {
        self.over(Origin::File(path.into()))
    }

    /// Reads a file that is in memory.
    ///
    /// # Errors
    /// As [`CsvSource::open`].
    pub fn from_bytes(self, bytes: impl AsRef<[u8]>) -> Result<CsvSource> {
        self.over(Origin::Bytes(bytes.as_ref().into()))
    }

    fn over(self, origin: Origin) -> Result<CsvSource> {
        let mut reader = self.reader(origin.open()?);
        let headers = reader.byte_headers().map_err(|error| unreadable(&error, 1))?;
        let headers: Vec<&str> = headers
            .iter()
            .map(std::str::from_utf8)
            .collect::<Result<_, _>>()
            .map_err(|_| Error::new(ErrorKind::Source, "line 1", "the header is not UTF-8"))?;
        if headers.is_empty() {
            return Err(Error::new(ErrorKind::Source, "line 1", "there is no header")
                .expected("the names of the columns in the first line"));
        }
        let targets = self.columns.targets(&headers, &self.schema)?.into();
        let header = headers.iter().collect();
        Ok(CsvSource { schema: Arc::clone(&self.schema), origin, header, targets, options: self })
    }

    fn reader(&self, input: Box<dyn ReadSeek>) -> Reader<Metered> {
        let input = Metered { input, left: CsvSource::MAX_RECORD };
        ReaderBuilder::new()
            .delimiter(self.delimiter)
            .buffer_capacity(256 << 10)
            .flexible(true)
            .from_reader(input)
    }
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
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn len_hint(&self) -> Option<u64> {
        None
    }

    async fn open(&self) -> Result<Box<dyn ContactReader>> {
        let mut input = self.origin.open()?;
        let io = |error: std::io::Error| Error::new(ErrorKind::Io, "read contacts", error.to_string());
        let len = input.seek(SeekFrom::End(0)).map_err(io)?;
        input.rewind().map_err(io)?;
        let mut reader = self.options.reader(input);
        let header = reader.byte_headers().map_err(|error| unreadable(&error, 1))?;
        if *header != self.header {
            return Err(Error::new(
                ErrorKind::Schema,
                "line 1",
                "the header is not what it was when the file was opened",
            )
            .expected("the same columns in the same order, or a new CsvSource"));
        }
        Ok(Box::new(CsvReader { source: self.clone(), reader, record: ByteRecord::new(), len }))
    }
}

struct CsvReader {
    source: CsvSource,
    reader: Reader<Metered>,
    record: ByteRecord,
    /// Bytes of the file when it was opened.
    len: u64,
}

#[async_trait]
impl ContactReader for CsvReader {
    async fn next_batch(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.clear();
        while !batch.is_full() {
            let line = self.reader.position().line();
            self.reader.get_mut().left = CsvSource::MAX_RECORD;
            let more =
                self.reader.read_byte_record(&mut self.record).map_err(|error| unreadable(&error, line))?;
            if !more {
                break;
            }
            let (byte, line) = self.record.position().map_or((0, line), |at| (at.byte(), at.line()));
            if self.reader.position().byte() >= self.len {
                self.check_end(byte, line)?;
            }
            self.push(batch, line)?;
        }
        Ok(!batch.contacts().is_empty())
    }
}

impl CsvReader {
    fn push(&self, batch: &mut Batch, line: u64) -> Result<()> {
        let options = &self.source.options;
        let mut dropped: Vec<(usize, Error)> = Vec::new();
        let filled = batch.push(|contact| {
            self.check_width(line)?;
            // Checked once for all cells; a character across two cells is none in either.
            let whole = std::str::from_utf8(self.record.as_slice()).ok();
            let mut end = 0;
            for (column, (target, cell)) in self.source.targets.iter().zip(&self.record).enumerate() {
                let start = end;
                end += cell.len();
                if *target == Target::Ignored || cell.is_empty() {
                    continue;
                }
                let text = match whole {
                    Some(whole) => whole.get(start..end),
                    None => std::str::from_utf8(cell).ok(),
                };
                let name = || target.name(&self.source.schema);
                let text = text.ok_or_else(|| place(line, column, name(), "not UTF-8"))?;
                if let Err(error) = target.write(contact, text, &options.reading) {
                    let error = placed(format!("line {line}, column {} ({})", column + 1, name()), error);
                    let refused = options.bad_cell == BadCell::Refuse || target.guards(&self.source.schema);
                    if refused || error.kind() == ErrorKind::Limit {
                        return Err(error);
                    }
                    dropped.push((column, error));
                }
            }
            Ok(())
        });
        match filled {
            Ok(()) => {
                for (column, error) in dropped {
                    let field = self.source.targets[column].name(&self.source.schema);
                    batch.losses_mut().cell(field, || error.to_string());
                }
                Ok(())
            }
            Err(error) => options.bad_row.settle(error, batch.losses_mut()),
        }
    }

    fn check_width(&self, line: u64) -> Result<()> {
        let (have, need) = (self.record.len(), self.source.targets.len());
        if have == need {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Source,
            format!("line {line}"),
            format!("{have} cells under {need} columns"),
        )
        .expected(format!("{need} cells; a cell that holds the delimiter stands in quotes")))
    }

    /// A quoted cell that the end of the file cuts off swallows the lines before it: refuse rather than lose them.
    fn check_end(&self, byte: u64, line: u64) -> Result<()> {
        let mut tail = Vec::new();
        let mut input = self.source.origin.open()?;
        let own = self.reader.position().byte().saturating_sub(byte);
        let read = input.seek(SeekFrom::Start(byte)).and_then(|_| input.take(own).read_to_end(&mut tail));
        read.map_err(|error| Error::new(ErrorKind::Io, format!("line {line}"), error.to_string()))?;
        if ends_in_quotes(&tail, self.source.options.delimiter) {
            return Err(Error::new(ErrorKind::Source, format!("line {line}"), "a quoted cell is not closed")
                .expected("a second quote before the end of the file"));
        }
        Ok(())
    }
}

/// Reads a record as the parser does: a quote opens a cell only at its start, and two within it stand for one.
fn ends_in_quotes(record: &[u8], delimiter: u8) -> bool {
    let (mut quoted, mut may_open) = (false, true);
    for &byte in record {
        if quoted {
            quoted = byte != b'"';
            may_open = !quoted;
        } else {
            quoted = byte == b'"' && may_open;
            may_open = byte == delimiter || byte == b'\n' || byte == b'\r';
        }
    }
    quoted
}

fn place(line: u64, column: usize, field: &str, what: &'static str) -> Error {
    Error::new(ErrorKind::Source, format!("line {line}, column {} ({field})", column + 1), what)
}

fn unreadable(error: &::csv::Error, line: u64) -> Error {
    match error.kind() {
        ::csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            Error::new(ErrorKind::Limit, format!("line {line}"), "a record of more than 16 MiB")
                .expected("shorter cells, or the quote that closes one")
        }
        ::csv::ErrorKind::Io(error) => Error::new(ErrorKind::Io, format!("line {line}"), error.to_string()),
        _ => Error::new(ErrorKind::Source, format!("line {line}"), "not a row of CSV"),
    }
}
