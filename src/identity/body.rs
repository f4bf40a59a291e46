//! Rows as the JSON of an upload, written straight into the body.

use super::rows::{MatchRow, MatchRows, Stored};

/// `"`, 64 hex digits, `"`, and the comma or bracket after it.
const HASH_CELL: usize = 67;

impl MatchRows {
    /// Appends the rows in `range` to `out` as a JSON array of arrays, the `data` of an upload.
    ///
    /// # Panics
    /// Panics if the range ends beyond the rows.
    ///
    /// ```
    /// use audiencekit::{Contact, KeyMap, Schema, identity::{Coverage, MatchRows}};
    ///
    /// # let schema = Schema::standard();
    /// # let map = KeyMap::standard(&schema);
    /// # let ada = Contact::builder(&schema).email("ada@example.com").build()?;
    /// # let mut rows = MatchRows::new(map.keys().clone());
    /// # map.mapper().append(&ada, &mut rows, &mut Coverage::default());
    /// let mut body = Vec::new();
    /// rows.write_json(0..rows.len(), &mut body);
    /// assert!(body.starts_with(b"[[\"b5fc85e5") && body.ends_with(b"\"\"]]")); // an email, no phone
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn write_json(&self, range: std::ops::Range<usize>, out: &mut Vec<u8>) {
        out.reserve(range.len() * (self.keys().len() * HASH_CELL + 2) + 2);
        out.push(b'[');
        for index in range.clone() {
            if index > range.start {
                out.push(b',');
            }
            self.write_row(self.stored_row(index), out);
        }
        out.push(b']');
    }

    fn write_row(&self, cells: &[Stored], out: &mut Vec<u8>) {
        out.push(b'[');
        if !write_digests(cells, out) {
            for &cell in cells {
                self.write_cell(cell, out);
                out.push(b',');
            }
        }
        // The comma after the last cell.
        match out.last_mut() {
            Some(last) if *last == b',' => *last = b']',
            _ => out.push(b']'),
        }
    }

    fn write_cell(&self, cell: Stored, out: &mut Vec<u8>) {
        match cell {
            Stored::Empty => out.extend_from_slice(b"\"\""),
            Stored::Hash(hash) => {
                out.push(b'"');
                out.extend_from_slice(&hash.hex());
                out.push(b'"');
            }
            Stored::Plain { start, len } => {
                // Writing a string to a Vec cannot fail.
                let _ = serde_json::to_writer(&mut *out, self.text(start, len));
            }
            Stored::Json { start, len } => out.extend_from_slice(self.text(start, len).as_bytes()),
        }
    }
}

impl MatchRow<'_> {
    /// Appends the row as a JSON list, as it is sent.
    pub(crate) fn write_json(self, out: &mut Vec<u8>) {
        let (rows, index) = self.place();
        rows.write_row(rows.stored_row(index), out);
    }
}

/// Writes a row of nothing but digests, each with a comma after it: their places are known, so the hex goes straight
/// there. False, and nothing written, for any other row.
fn write_digests(cells: &[Stored], out: &mut Vec<u8>) -> bool {
    if !cells.iter().all(|cell| matches!(cell, Stored::Hash(_))) {
        return false;
    }
    let start = out.len();
    out.resize(start + cells.len() * HASH_CELL, b'"');
    for (cell, place) in cells.iter().zip(out[start..].chunks_exact_mut(HASH_CELL)) {
        if let Stored::Hash(hash) = cell {
            // 64 bytes for 32: this cannot fail.
            let _ = const_hex::encode_to_slice(hash.as_bytes(), &mut place[1..65]);
            place[66] = b',';
        }
    }
    true
}
