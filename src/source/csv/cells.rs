//! Takes a record of CSV apart.
//!
//! RFC 4180 as `csv-core` bends it: a line ends with LF, CRLF or CR, empty lines are passed over, a quote opens a cell
//! only at its start, two quotes within stand for one, and what follows the closing quote belongs to the cell.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::memchr_iter;

/// The cells of one record after the other, in memory that is used again.
pub(super) struct Cells {
    parser: Reader,
    /// The cells without their quotes, one behind the other; what is behind `ends` is room.
    text: Vec<u8>,
    /// Where each cell ends and the next begins; what is behind `count` is room.
    ends: Vec<usize>,
    count: usize,
}

/// Where a record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Bytes of empty lines before it.
    pub(super) skipped: usize,
    /// Lines that end in those.
    pub(super) skipped_lines: u64,
    /// Its bytes, with the end of its line.
    pub(super) len: usize,
    /// Lines that end in those.
    pub(super) lines: u64,
}

impl Cells {
    pub(super) fn new(delimiter: u8) -> Self {
        let parser = ReaderBuilder::new().delimiter(delimiter).build();
        let mut cells = Self { parser, text: vec![0; 1_024], ends: vec![0; 64], count: 0 };
        cells.restart();
        cells
    }

    /// Makes ready for the first record of a lot.
    fn restart(&mut self) {
        self.parser.reset();
        // It takes a byte order mark off the first bytes it is given, which need not be the file's first.
        self.parser.read_record(b"\n", &mut [], &mut []);
    }

    /// Finds the next record and its cells; `None` when only empty lines are left.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<Found> {
        let skipped = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let (blank, record) = bytes.split_at_checked(skipped)?;
        let before = self.parser.line();
        let len = self.take_apart(record);
        let skipped_lines = memchr_iter(b'\n', blank).count() as u64;
        Some(Found { skipped, skipped_lines, len, lines: self.parser.line() - before })
    }

    /// Finds the cells of the record with which `bytes` begin, and says how many bytes it has.
    fn take_apart(&mut self, bytes: &[u8]) -> usize {
        let (mut read, mut written) = (0, 0);
        self.count = 0;
        loop {
            let rest = bytes.get(read..).unwrap_or_default();
            let text = self.text.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(self.count..).unwrap_or_default();
            let (state, bytes_read, bytes_written, cells) = self.parser.read_record(rest, text, ends);
            read += bytes_read;
            written += bytes_written;
            self.count += cells;
            match state {
                // Called again without bytes, it ends the last record of a file that does not end its last line.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => return read,
            }
        }
    }

    /// How many cells the record has.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The cells of the record, one behind the other.
    pub(super) fn text(&self) -> &[u8] {
        let end = self.count.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        self.text.get(..end.unwrap_or(0)).unwrap_or_default()
    }

    /// Where each cell stands in the text.
    pub(super) fn spans(&self) -> impl Iterator<Item = (usize, usize)> {
        let ends = self.ends.iter().copied().take(self.count);
        std::iter::once(0).chain(ends.clone()).zip(ends)
    }
}

/// Parsers that wait for their next lot: making one takes as long as reading a hundred records.
pub(super) struct Parsers {
    delimiter: u8,
    waiting: Mutex<Vec<Cells>>,
}

impl Parsers {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, waiting: Mutex::default() }
    }

    /// Lends one to `work`, ready for the first record of a lot.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Cells) -> T) -> T {
        let waiting = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let known = waiting().pop();
        let mut cells = known.unwrap_or_else(|| Cells::new(self.delimiter));
        cells.restart();
        let done = work(&mut cells);
        waiting().push(cells);
        done
    }
}

/// Never what is in them.
impl fmt::Debug for Parsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parsers({:?})", char::from(self.delimiter))
    }
}
