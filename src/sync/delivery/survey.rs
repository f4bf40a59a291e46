//! A survey of all rows of an audience: how many are wanted, and which are to be removed.

use super::audience_ledger::{AudienceLedger, damaged};
use super::scan::RowScan;
use crate::error::Result;
use crate::sync::digest::RowDigest;
use crate::sync::ledger::record::RowRecord;

/// Rows removed between two looks for members that share a key with them.
const GROUP: usize = 250_000;

/// The share of rows that are to lose their owners.
#[derive(Debug, Default)]
pub(in crate::sync) struct Share {
    pub(in crate::sync) members: u64,
    pub(in crate::sync) leaving: u64,
}

impl Share {
    fn count(&mut self, leaving: bool) {
        self.members += 1;
        self.leaving += u64::from(leaving);
    }
}

/// Counts of all rows of an audience, and the first rows to remove.
#[derive(Debug, Default)]
pub(in crate::sync) struct Survey {
    /// Rows with an owner.
    pub(in crate::sync) wanted: u64,
    /// Those of them that are to lose theirs.
    pub(in crate::sync) swept: u64,
    /// Of the rows with an owner those that were there before this run.
    pub(in crate::sync) before_run: Share,
    /// Of the rows with an owner those that were there before the runs that did not end, so that rows added by a refused
    /// run do not make the share of leaving rows smaller.
    pub(in crate::sync) before_refused: Share,
    /// Rows to remove: those, and rows without an owner.
    pub(in crate::sync) unwanted: u64,
    /// The first rows to remove, each with its slot.
    pub(super) gone: Vec<(RowDigest, u64)>,
    /// Where to look for more: after this slot, if they were too many for one group.
    pub(super) more_after: Option<u64>,
}

/// Reads every row, and verifies them against the stored sums.
///
/// # Errors
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if a row was lost, added or altered.
pub(in crate::sync) async fn survey(
    ledger: &AudienceLedger,
    sweep: impl Fn(&RowRecord) -> bool,
) -> Result<Survey> {
    let mut found = Survey::default();
    let (mut rows, mut sum, mut digests) = (0_u64, 0_u64, 0_u128);
    let refused = first_open(ledger);
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&ledger.backend, &ledger.record.audience).await? {
        for (digest, row) in &page {
            rows += 1;
            sum = sum.wrapping_add(row.check(*digest));
            digests = digests.wrapping_add(digest.number());
            let swept = !row.owners.is_empty() && sweep(row);
            if !row.owners.is_empty() {
                found.wanted += 1;
                found.swept += u64::from(swept);
                if row.run < ledger.record.run {
                    found.before_run.count(swept);
                }
                if row.run < refused {
                    found.before_refused.count(swept);
                }
            }
            if !swept && !row.owners.is_empty() {
                continue;
            }
            found.unwanted += 1;
            if found.more_after.is_none() {
                found.gone.push((*digest, row.slot));
                found.more_after = (found.gone.len() == GROUP).then_some(row.slot);
            }
        }
    }
    if ledger.backend.ledger().is_some()
        && (rows, sum, digests) != (ledger.record.rows, ledger.record.sum, ledger.record.digest_sum)
    {
        return Err(damaged());
    }
    Ok(found)
}

/// The first of the runs since the last that came to its end: calls are kept until then.
fn first_open(ledger: &AudienceLedger) -> u64 {
    let runs = ledger.calls.iter().filter(|_| ledger.resumed).map(|call| call.run);
    runs.min().unwrap_or(ledger.record.run)
}

/// The rows to remove after a slot, and where to look for more.
pub(super) async fn next_group(
    ledger: &AudienceLedger,
    sweep: impl Fn(&RowRecord) -> bool,
    after: u64,
) -> Result<(Vec<(RowDigest, u64)>, Option<u64>)> {
    let mut group = Vec::new();
    let mut pages = RowScan::after(after);
    while let Some(page) = pages.next(&ledger.backend, &ledger.record.audience).await? {
        for (digest, row) in page {
            if row.owners.is_empty() || sweep(&row) {
                group.push((digest, row.slot));
                if group.len() == GROUP {
                    return Ok((group, Some(row.slot)));
                }
            }
        }
    }
    Ok((group, None))
}
