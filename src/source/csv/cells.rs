//! Takes a record of CSV apart.
//!
//! RFC 4180 as most programs bend it: a line ends with LF, CRLF or CR, empty lines are passed over, a quote opens a cell
//! only at its start, two quotes within stand for one, and what follows the closing quote belongs to the cell.

use memchr::{memchr, memchr_iter, memchr3};

/// The cells of one record after the other, in memory that is used again.
#[derive(Default)]
pub(super) struct Cells {
    /// Where each cell ends; the next begins one byte later.
    ends: Vec<usize>,
    /// The record without its quotes, when it has any.
    unquoted: Vec<u8>,
    is_quoted: bool,
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
    /// Finds the next record and its cells; `None` when only empty lines are left.
    pub(super) fn find(&mut self, bytes: &[u8], delimiter: u8) -> Option<Found> {
        let skipped = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let (blank, record) = bytes.split_at_checked(skipped)?;
        let skipped_lines = if skipped == 0 { 0 } else { lines(blank) };
        self.ends.clear();
        self.is_quoted = false;
        let (len, lines) = match self.plain(record, delimiter) {
            Some(len) => (len, u64::from(record.get(len - 1) == Some(&b'\n'))),
            None => {
                self.ends.clear();
                self.is_quoted = true;
                let len = self.unquote(record, delimiter);
                (len, lines(record.get(..len)?))
            }
        };
        Some(Found { skipped, skipped_lines, len, lines })
    }

    /// Finds the cells of a record without quotes, and says how many bytes it has; `None` when it has some.
    ///
    /// Cells are short: looking at each byte is faster than searching for one.
    fn plain(&mut self, record: &[u8], delimiter: u8) -> Option<usize> {
        for (at, &byte) in record.iter().enumerate() {
            if byte == delimiter {
                self.ends.push(at);
            } else if byte <= b'"' {
                match byte {
                    b'\n' | b'\r' => {
                        self.ends.push(at);
                        return Some(at + 1);
                    }
                    b'"' => return None,
                    _ => {}
                }
            }
        }
        self.ends.push(record.len());
        Some(record.len())
    }

    /// How many cells the record has.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// The bytes in which the cells stand, of the record that was found.
    pub(super) fn text<'a>(&'a self, record: &'a [u8]) -> &'a [u8] {
        if self.is_quoted { &self.unquoted } else { record.get(..self.last_end()).unwrap_or_default() }
    }

    /// Where each cell stands in its text.
    pub(super) fn spans(&self) -> impl Iterator<Item = (usize, usize)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| end + 1));
        starts.zip(self.ends.iter().copied())
    }

    fn last_end(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Copies the cells of the first record without their quotes, and says how many bytes it has.
    fn unquote(&mut self, bytes: &[u8], delimiter: u8) -> usize {
        self.unquoted.clear();
        let mut at = 0;
        loop {
            if bytes.get(at) == Some(&b'"') {
                at = self.quoted(bytes, at + 1);
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let plain = memchr3(delimiter, b'\n', b'\r', rest);
            self.unquoted.extend_from_slice(rest.get(..plain.unwrap_or(rest.len())).unwrap_or_default());
            self.ends.push(self.unquoted.len());
            let Some(plain) = plain else { return bytes.len() };
            at += plain + 1;
            if rest.get(plain) != Some(&delimiter) {
                return at;
            }
            self.unquoted.push(delimiter);
        }
    }

    /// Copies what stands in quotes, and says where it ends.
    fn quoted(&mut self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(quote) = memchr(b'"', rest) else {
                self.unquoted.extend_from_slice(rest);
                return bytes.len();
            };
            self.unquoted.extend_from_slice(rest.get(..quote).unwrap_or_default());
            at += quote + 1;
            if bytes.get(at) != Some(&b'"') {
                return at;
            }
            self.unquoted.push(b'"');
            at += 1;
        }
    }
}

fn lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
