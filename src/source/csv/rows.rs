//! Where rows of CSV end: with the line, unless that is inside quotes.

use memchr::{memchr, memchr_iter, memchr2_iter};

use crate::error::{Error, ErrorKind};
use crate::source::chunk_reader::Ends;

/// Rows whose cells are apart by `delimiter`.
pub(super) struct Rows {
    pub(super) delimiter: u8,
}

impl Ends for Rows {
    fn last_within(&self, bytes: &[u8], most: usize) -> Option<usize> {
        // Old files have lines that end with a carriage return alone.
        self.last_line(bytes, b'\n', most).or_else(|| self.last_line(bytes, b'\r', most))
    }

    fn is_open(&self, bytes: &[u8]) -> bool {
        let mut quotes = Quotes::new(self.delimiter);
        memchr_iter(b'"', bytes).for_each(|at| quotes.meet(bytes, at));
        quotes.open
    }

    fn too_long(&self, place: String) -> Error {
        Error::new(ErrorKind::Limit, place, "a record of more than 16 MiB")
            .with_expected("shorter cells, or the quote that closes one")
    }
}

impl Rows {
    fn last_line(&self, bytes: &[u8], terminator: u8, most: usize) -> Option<usize> {
        let last = memchr_iter(terminator, bytes).take(most).last()?;
        let lines = bytes.get(..=last)?;
        if memchr(b'"', lines).is_none() {
            return Some(lines.len());
        }
        let mut quotes = Quotes::new(self.delimiter);
        let outside = memchr2_iter(b'"', terminator, bytes).filter(|&at| {
            if bytes.get(at) == Some(&terminator) {
                return !quotes.open;
            }
            quotes.meet(bytes, at);
            false
        });
        outside.take(most).last().map(|at| at + 1)
    }
}

/// Whether a place in a record is inside quotes: one opens a cell only at its start, and two within it stand for one.
struct Quotes {
    delimiter: u8,
    open: bool,
    closed_at: Option<usize>,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, open: false, closed_at: None }
    }

    /// Passes the quote at `at`.
    fn meet(&mut self, bytes: &[u8], at: usize) {
        if self.open {
            (self.open, self.closed_at) = (false, Some(at));
            return;
        }
        self.open = match at.checked_sub(1) {
            None => true,
            before if before == self.closed_at => true,
            Some(before) => bytes
                .get(before)
                .is_some_and(|&byte| byte == self.delimiter || byte == b'\n' || byte == b'\r'),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::source::chunk::Chunk;
    use crate::source::chunk_reader::Blocks;
    use crate::source::csv::cells::Cells;

    /// The line on which a record begins, its cells, and where each of them stands.
    type Record = (u64, Vec<u8>, Vec<(usize, usize)>);

    /// The records, and the error at the end.
    fn records(file: &[u8], block: usize) -> (Vec<Record>, Option<String>) {
        let (mut cells, mut chunk, mut found) = (Cells::new(b','), Chunk::with_capacity(3), Vec::new());
        let rows = Rows { delimiter: b',' };
        let mut blocks = Blocks::with_block(Box::new(Cursor::new(file.to_vec())), rows, block).unwrap();
        loop {
            match blocks.next_chunk(&mut chunk) {
                Ok(true) => {}
                Ok(false) => return (found, None),
                Err(error) => return (found, Some(error.to_string())),
            }
            while let Some(at) = cells.find(chunk.rest()) {
                chunk.advance(at.skipped, at.skipped_lines);
                found.push((chunk.line(), cells.text().to_vec(), cells.spans().collect()));
                chunk.advance(at.len, at.lines);
            }
        }
    }

    proptest! {
        #[test]
        fn where_a_file_was_read_up_to_does_not_change_its_records(
            pieces in prop::collection::vec(
                prop::sample::select(&["a", "\"", "\"\"", ",", "\n", "\r\n", "\r", "\"b\n\"", "\u{feff}"][..]),
                0..30,
            ),
            block in 1_usize..9,
        ) {
            let file = pieces.concat();
            prop_assert_eq!(records(file.as_bytes(), block), records(file.as_bytes(), 1_000));
        }
    }
}
