//! Removing members, and sending what is open.
//!
//! Facebook removes a person by any one of the keys that were sent, so removing a row can take out a member whose row
//! shares an e-mail address or a phone with it. Such rows are marked to be sent again, durably, before the removal.
//!
//! Source: customer-file guide, "Remove audience members", developers.facebook.com (read 2026-09-12).

use std::collections::HashSet;

use super::audience_ledger::{AudienceLedger, damaged};
use super::scan::{PAGE, RowScan};
use super::stored_rows::{RowDecoder, load};
use super::survey::{Survey, next_group};
use super::uploader::{UploadContext, Uploader};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{Cell, MatchRow};
use crate::store::checksum::Checksum;
use crate::sync::digest::{RowDigest, identifies_a_person};
use crate::sync::ledger::record::{Operation, RowRecord};
use crate::sync::ledger::traits::Durability;
use crate::sync::report::counts::{CallCounts, RejectedRow};

/// The call of a row that must be sent again although it may be at Facebook.
const AGAIN: u64 = u64::MAX;

/// The result of settling an audience.
#[derive(Debug, Default)]
pub(in crate::sync) struct Sent {
    pub(in crate::sync) added: CallCounts,
    pub(in crate::sync) removed: CallCounts,
    pub(in crate::sync) rejected: Vec<RejectedRow>,
    /// Why Facebook removes no members yet: too few would be left. Everything else was sent.
    pub(in crate::sync) refused: Option<Error>,
    /// Rows that wait for that.
    pub(in crate::sync) waiting: u64,
}

/// Removes the rows without an owner, those that lose theirs by `sweep` among them, and sends again those that must be.
///
/// `found` is what a survey of this run found with the same `sweep`.
pub(in crate::sync) async fn settle(
    ledger: &mut AudienceLedger,
    uploads: &UploadContext<'_>,
    sweep: impl Fn(&RowRecord) -> bool,
    found: Survey,
    swept: u64,
) -> Result<Sent> {
    let mut sent = Sent::default();
    let unwanted = found.unwanted;
    let mut removals = Uploader::new(uploads, ledger, Operation::Remove);
    let removed = remove(&mut removals, sweep, found).await;
    sent.removed = std::mem::take(&mut removals.calls);
    sent.waiting = unwanted.saturating_sub(sent.removed.sent);
    sent.removed.carried = sent.removed.sent.saturating_sub(swept);
    sent.rejected.append(&mut removals.rejected);
    drop(removals);
    let marked = match removed {
        Ok(marked) => marked,
        // Additions need not wait, and may be what makes the audience large enough.
        Err(error) if error.kind() == ErrorKind::TooSmall => {
            sent.refused = Some(error);
            (ledger.open_ends, ledger.leftovers) = (true, true);
            0
        }
        Err(error) => return Err(error),
    };
    if ledger.open_ends || marked > 0 {
        let mut adds = Uploader::new(uploads, ledger, Operation::Add);
        add_open(&mut adds).await?;
        adds.finish().await?;
        sent.added = std::mem::take(&mut adds.calls);
        sent.added.reasserted = marked.min(sent.added.sent);
        sent.added.carried = sent.added.sent - sent.added.reasserted;
        sent.rejected.append(&mut adds.rejected);
    }
    Ok(sent)
}

/// Removes group after group, and returns how many rows must be sent again for it.
async fn remove(
    removals: &mut Uploader<'_>,
    sweep: impl Fn(&RowRecord) -> bool,
    found: Survey,
) -> Result<u64> {
    let Survey { gone: mut group, mut more_after, .. } = found;
    let mut marked = 0;
    while !group.is_empty() {
        release_owners(removals.ledger, &group).await?;
        let digests: Vec<RowDigest> = group.iter().map(|(digest, _)| *digest).collect();
        marked += readd_sharing_rows(removals.ledger, &digests).await?;
        for digests in digests.chunks(removals.rows_per_call()) {
            removals.push_stored(digests).await?;
        }
        (group, more_after) = match more_after {
            Some(after) => next_group(removals.ledger, &sweep, after).await?,
            None => break,
        };
    }
    removals.finish().await?;
    Ok(marked)
}

/// Takes the owners of rows that are to be removed.
///
/// # Errors
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if a row that was found by its slot is not found by its digest, or
/// another one is, which may be wanted.
async fn release_owners(ledger: &mut AudienceLedger, group: &[(RowDigest, u64)]) -> Result<()> {
    for page in group.chunks(PAGE) {
        let digests: Vec<RowDigest> = page.iter().map(|(digest, _)| *digest).collect();
        let rows = match ledger.backend.ledger() {
            Some(store) => store.rows(&ledger.record.audience, &digests).await?,
            None => Vec::new(),
        };
        let mut changed = Vec::new();
        for (&(digest, slot), row) in page.iter().zip(rows) {
            let row = row.filter(|row| row.slot == slot).ok_or_else(damaged)?;
            if !row.owners.is_empty() {
                let mut next = row.clone();
                next.owners.clear();
                changed.push((digest, Some(row), Some(next)));
            }
        }
        ledger.write(changed, Durability::Deferred).await?;
    }
    Ok(())
}

/// Marks every wanted row that shares an identifying cell with a row of `group`, and returns how many.
async fn readd_sharing_rows(ledger: &mut AudienceLedger, group: &[RowDigest]) -> Result<u64> {
    let mut cells = HashSet::new();
    for digests in group.chunks(PAGE) {
        for (_, rows, _) in load(ledger, digests).await? {
            rows.iter().for_each(|row| cells.extend(identifying(row)));
        }
    }
    let mut marked = 0;
    let mut decoder = RowDecoder::default();
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&ledger.backend, &ledger.record.audience).await? {
        let mut changed = Vec::new();
        for (digest, row) in page {
            if row.owners.is_empty() || row.call == AGAIN {
                continue;
            }
            let rows = decoder.read(&ledger.record, &row)?;
            if rows.iter().flat_map(identifying).any(|cell| cells.contains(&cell)) {
                marked += u64::from(ledger.is_confirmed(&row));
                let mut next = row.clone();
                next.call = AGAIN;
                changed.push((digest, Some(row), Some(next)));
            }
        }
        ledger.write(changed, Durability::Deferred).await?;
    }
    Ok(marked)
}

/// Returns checksums of the cells by which Facebook may find a person.
fn identifying(row: MatchRow<'_>) -> impl Iterator<Item = u64> + '_ {
    row.keys().iter().zip(row.cells()).filter(|(key, _)| identifies_a_person(**key)).filter_map(
        |(key, cell)| {
            let mut sum = Checksum::default();
            sum.number(*key as u64);
            match &cell {
                Cell::Hash(hash) => sum.bytes(hash.as_bytes()),
                Cell::Plain(text) => sum.bytes(text.as_bytes()),
                Cell::Json(_) | Cell::Empty => return None,
            }
            Some(sum.finish())
        },
    )
}

/// Sends every row with an owner that is not at Facebook for certain.
async fn add_open(adds: &mut Uploader<'_>) -> Result<()> {
    let rows_per_call = adds.rows_per_call();
    let mut open = Vec::new();
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&adds.ledger.backend, &adds.ledger.record.audience).await? {
        let waiting = page.iter().filter(|(_, row)| !row.owners.is_empty() && !adds.ledger.is_confirmed(row));
        open.extend(waiting.map(|(digest, _)| *digest));
        while open.len() >= rows_per_call {
            let rest = open.split_off(rows_per_call);
            adds.push_stored(&open).await?;
            open = rest;
        }
    }
    adds.push_stored(&open).await
}
