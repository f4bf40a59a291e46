//! Rows of the ledger, decoded as they were sent.

use std::collections::HashMap;

use super::audience_ledger::{AudienceLedger, damaged};
use crate::error::Result;
use crate::identity::MatchRows;
use crate::sync::digest::RowDigest;
use crate::sync::ledger::record::{RowRecord, RunRecord};

/// Decodes stored rows one at a time, without a new table for each.
#[derive(Debug, Default)]
pub(in crate::sync) struct RowDecoder(HashMap<u16, MatchRows>);

impl RowDecoder {
    pub(in crate::sync) fn read(&mut self, record: &RunRecord, row: &RowRecord) -> Result<&MatchRows> {
        let keys = record.columns.get(usize::from(row.columns)).ok_or_else(damaged)?;
        let rows = self.0.entry(row.columns).or_insert_with(|| MatchRows::new(keys.clone()));
        rows.clear();
        rows.push_bytes(&row.bytes).map_err(|_| damaged())?;
        Ok(rows)
    }
}

/// Decodes a stored row.
pub(in crate::sync) fn rows_of_record(record: &RunRecord, row: &RowRecord) -> Result<MatchRows> {
    let keys = record.columns.get(usize::from(row.columns)).ok_or_else(damaged)?;
    let mut rows = MatchRows::new(keys.clone());
    rows.push_bytes(&row.bytes).map_err(|_| damaged())?;
    Ok(rows)
}

type Loaded = (Vec<(RowDigest, RowRecord)>, MatchRows, u16);

/// Reads rows of the ledger, grouped by their columns, and verifies each against its digest.
pub(super) async fn load(ledger: &AudienceLedger, digests: &[RowDigest]) -> Result<Vec<Loaded>> {
    let rows = match ledger.backend.ledger() {
        Some(store) => store.rows(&ledger.record.audience, digests).await?,
        None => Vec::new(),
    };
    let mut loaded: Vec<Loaded> = Vec::new();
    for (&digest, row) in digests.iter().zip(rows) {
        let row = row.ok_or_else(damaged)?;
        let index = match loaded.iter().position(|(_, _, columns)| *columns == row.columns) {
            Some(index) => index,
            None => {
                let keys = ledger.keys(row.columns)?.clone();
                loaded.push((Vec::new(), MatchRows::new(keys), row.columns));
                loaded.len() - 1
            }
        };
        let Some((records, rows, _)) = loaded.get_mut(index) else { continue };
        rows.push_bytes(&row.bytes).map_err(|_| damaged())?;
        if RowDigest::of(rows.row(rows.len() - 1)) != digest {
            return Err(damaged());
        }
        records.push((digest, row));
    }
    Ok(loaded)
}
