//! Rows as the JSON of an upload, written straight into the body.

use super::rows::{Cell, MatchRow, MatchRows};

/// `"`, 64 hex digits, `"`, and the comma before the next cell.
const HASH_CELL: usize = 67;

impl MatchRows {
    /// Appends the rows of `range` as a JSON list of lists, the `data` of an upload.
    ///
    /// # Panics
    /// When the range ends beyond the rows.
    pub fn write_json(&self, range: std::ops::Range<usize>, out: &mut Vec<u8>) {
        out.reserve(range.len() * (self.keys().len() * HASH_CELL + 2) + 2);
        out.push(b'[');
        for index in range.clone() {
            if index > range.start {
                out.push(b',');
            }
            self.row(index).write_json(out);
        }
        out.push(b']');
    }
}

impl MatchRow<'_> {
    /// Appends the row as a JSON list, as it is sent.
    pub(crate) fn write_json(self, out: &mut Vec<u8>) {
        out.push(b'[');
        let mut comma = false;
        for cell in self.cells() {
            if comma {
                out.push(b',');
            }
            comma = true;
            match cell {
                Cell::Empty => out.extend_from_slice(b"\"\""),
                Cell::Hash(hash) => {
                    let mut quoted = [b'"'; 66];
                    quoted[1..65].copy_from_slice(&hash.hex());
                    out.extend_from_slice(&quoted);
                }
                Cell::Plain(text) => {
                    // Writing a string to a Vec cannot fail.
                    let _ = serde_json::to_writer(&mut *out, text);
                }
                Cell::Json(text) => out.extend_from_slice(text.as_bytes()),
            }
        }
        out.push(b']');
    }
}
