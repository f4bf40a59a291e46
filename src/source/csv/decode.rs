//! From a row of CSV to a contact.

use super::cells::{Cells, Parsers};
use super::columns::{Reading, Target};
use crate::contact::{Contact, Schema};
use crate::error::{Error, ErrorKind, Result};
use crate::source::batch::Batch;
use crate::source::chunk::{Chunk, Decoder};
use crate::source::read_errors::placed;
use crate::source::read_errors::{OnBadCell, OnBadRow};

/// Reads rows under a header that is known.
#[derive(Debug)]
pub(super) struct RowDecoder {
    pub(super) schema: Schema,
    pub(super) targets: Vec<Target>,
    pub(super) parsers: Parsers,
    pub(super) reading: Reading,
    pub(super) bad_row: OnBadRow,
    pub(super) bad_cell: OnBadCell,
}

/// One row, and where it stands.
struct Row<'a> {
    line: u64,
    cells: &'a Cells,
}

impl Decoder for RowDecoder {
    fn decode(&self, chunk: &mut Chunk, batch: &mut Batch) -> Result<()> {
        self.parsers.lend(|cells| self.read(chunk, batch, cells))
    }
}

impl RowDecoder {
    fn read(&self, chunk: &mut Chunk, batch: &mut Batch, cells: &mut Cells) -> Result<()> {
        // Cells that a row has lost, by column.
        let mut dropped: Vec<(usize, Error)> = Vec::new();
        while !batch.is_full() {
            let Some(found) = cells.find(chunk.rest()) else {
                chunk.advance(usize::MAX, 0);
                return Ok(());
            };
            chunk.advance(found.skipped, found.skipped_lines);
            let row = Row { line: chunk.line(), cells };
            let filled = batch.push(|contact| self.fill(contact, &row, &mut dropped));
            chunk.advance(found.len, found.lines);
            match filled {
                Ok(()) => {
                    for (column, error) in dropped.drain(..) {
                        let field = self.targets.get(column).map_or("", |target| target.name(&self.schema));
                        batch.read_errors_mut().cell(field, || error.to_string());
                    }
                }
                Err(error) => {
                    dropped.clear();
                    self.bad_row.settle(error, batch.read_errors_mut())?;
                }
            }
        }
        Ok(())
    }

    fn fill(&self, contact: &mut Contact, row: &Row<'_>, dropped: &mut Vec<(usize, Error)>) -> Result<()> {
        self.check_width(row)?;
        // Checked once for all cells; a character across two cells is none in either.
        let text = row.cells.text();
        let whole = std::str::from_utf8(text).ok();
        for (column, (target, (start, end))) in self.targets.iter().zip(row.cells.spans()).enumerate() {
            if start == end || *target == Target::Ignored {
                continue;
            }
            let cell = match whole {
                Some(whole) => whole.get(start..end),
                None => text.get(start..end).and_then(|cell| std::str::from_utf8(cell).ok()),
            };
            let place =
                || format!("line {}, column {} ({})", row.line, column + 1, target.name(&self.schema));
            let cell = cell.ok_or_else(|| Error::new(ErrorKind::Source, place(), "not UTF-8"))?;
            if let Err(error) = target.write(contact, cell, &self.reading) {
                let error = placed(place(), error);
                let refused = self.bad_cell == OnBadCell::FailRow || target.guards(&self.schema);
                if refused || error.kind() == ErrorKind::Limit {
                    return Err(error);
                }
                dropped.push((column, error));
            }
        }
        Ok(())
    }

    fn check_width(&self, row: &Row<'_>) -> Result<()> {
        let (have, need) = (row.cells.count(), self.targets.len());
        if have == need {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Source,
            format!("line {}", row.line),
            format!("{have} cells under {need} columns"),
        )
        .with_expected(format!("{need} cells; a cell that holds the delimiter stands in quotes")))
    }
}
