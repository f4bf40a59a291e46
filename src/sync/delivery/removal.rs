//! Taking members out, and settling what is open.
//!
//! Facebook removes a person by any one of the keys that were sent, so removing a row can take out a member whose row
//! shares an e-mail address or a phone with it. Such rows are marked to be sent again, durably, before the removal.
//!
//! Source: customer-file guide, "Remove audience members", developers.facebook.com (read 2026-09-12).

use std::collections::{HashMap, HashSet};

use super::audience_ledger::{AudienceLedger, damaged};
use super::batch::UploadBatch;
use super::scan::{PAGE, RowScan};
use super::uploader::{Sender, Uploader};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::{Cell, MatchRow, MatchRows};
use crate::sync::digest::{RowDigest, names_a_person};
use crate::sync::ledger::record::{Mix, Operation, RowRecord, RunRecord};
use crate::sync::ledger::traits::Durability;
use crate::sync::report::{CallCounts, RejectedRow};

/// Rows removed between two looks for members that share a key with them.
const GROUP: usize = 250_000;
/// The call of a row that must be sent again although it may be at Facebook.
const AGAIN: u64 = u64::MAX;

/// How many of the rows that were wanted at some moment are to lose their owners.
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

/// What a look at all rows of an audience found.
#[derive(Debug, Default)]
pub(in crate::sync) struct Survey {
    /// Rows with an owner.
    pub(in crate::sync) wanted: u64,
    /// Those of them that are to lose theirs.
    pub(in crate::sync) swept: u64,
    /// Of the rows with an owner those that were there before this run.
    pub(in crate::sync) before_run: Share,
    /// Of the rows with an owner those that were there before the runs that did not end: whom a refused run added does
    /// not make the share of those who leave smaller.
    pub(in crate::sync) before_refused: Share,
    /// Rows to remove: those, and rows without an owner.
    pub(in crate::sync) unwanted: u64,
    /// The first rows to remove, each with its slot.
    gone: Vec<(RowDigest, u64)>,
    /// Where to look for more: after this slot, if they were too many for one group.
    more_after: Option<u64>,
}

/// Reads every row, and holds them against the sums kept beside them.
///
/// # Errors
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) when a row was lost, added or altered.
pub(in crate::sync) async fn survey(
    book: &AudienceLedger,
    sweep: impl Fn(&RowRecord) -> bool,
) -> Result<Survey> {
    let mut found = Survey::default();
    let (mut rows, mut sum, mut prints) = (0_u64, 0_u64, 0_u128);
    let refused = first_open(book);
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&book.store, &book.record.audience).await? {
        for (print, row) in &page {
            rows += 1;
            sum = sum.wrapping_add(row.check(*print));
            prints = prints.wrapping_add(print.number());
            let swept = !row.owners.is_empty() && sweep(row);
            if !row.owners.is_empty() {
                found.wanted += 1;
                found.swept += u64::from(swept);
                if row.run < book.record.run {
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
                found.gone.push((*print, row.slot));
                found.more_after = (found.gone.len() == GROUP).then_some(row.slot);
            }
        }
    }
    if book.store.ledger().is_some()
        && (rows, sum, prints) != (book.record.rows, book.record.sum, book.record.digest_sum)
    {
        return Err(damaged());
    }
    Ok(found)
}

/// The first of the runs since the last that came to its end: calls are kept until then.
fn first_open(book: &AudienceLedger) -> u64 {
    let runs = book.found.iter().filter(|_| book.resumed).map(|call| call.run);
    runs.min().unwrap_or(book.record.run)
}

/// What settling sent.
#[derive(Debug, Default)]
pub(in crate::sync) struct Sent {
    pub(in crate::sync) added: CallCounts,
    pub(in crate::sync) removed: CallCounts,
    pub(in crate::sync) rejected: Vec<RejectedRow>,
    /// Why Facebook removes nobody for now: too few people would be left. Everything else was sent.
    pub(in crate::sync) refused: Option<Error>,
    /// Rows that wait for that.
    pub(in crate::sync) waiting: u64,
}

/// Removes the rows that nobody wants, those that `sweep` takes from their owners among them, and sends again those
/// that must be. `found` is what a survey in this run has found with the same `sweep`.
pub(in crate::sync) async fn settle(
    book: &mut AudienceLedger,
    sender: &Sender<'_>,
    sweep: impl Fn(&RowRecord) -> bool,
    found: Survey,
    swept: u64,
) -> Result<Sent> {
    let mut sent = Sent::default();
    let mut removals = Uploader::new(sender, Operation::Remove);
    let unwanted = found.unwanted;
    let removed = remove(book, &mut removals, sweep, found).await;
    sent.removed = std::mem::take(&mut removals.counts);
    sent.waiting = unwanted.saturating_sub(sent.removed.sent);
    sent.removed.carried = sent.removed.sent.saturating_sub(swept);
    sent.rejected.append(&mut removals.rejected);
    let reasserted = match removed {
        Ok(reasserted) => reasserted,
        // Additions wait for nobody, and may be what makes the audience large enough.
        Err(error) if error.kind() == ErrorKind::TooSmall => {
            sent.refused = Some(error);
            (book.open_ends, book.leftovers) = (true, true);
            0
        }
        Err(error) => return Err(error),
    };
    if book.open_ends || reasserted > 0 {
        let mut adds = Uploader::new(sender, Operation::Add);
        add_open(book, &mut adds).await?;
        adds.close(book).await?;
        sent.added = adds.counts.clone();
        sent.added.reasserted = reasserted.min(sent.added.sent);
        sent.added.carried = sent.added.sent - sent.added.reasserted;
        sent.rejected.append(&mut adds.rejected);
    }
    Ok(sent)
}

/// Removes group after group, and says how many rows must be sent again for it.
async fn remove(
    book: &mut AudienceLedger,
    removals: &mut Uploader<'_>,
    sweep: impl Fn(&RowRecord) -> bool,
    found: Survey,
) -> Result<u64> {
    let Survey { gone: mut group, mut more_after, .. } = found;
    let mut reasserted = 0;
    while !group.is_empty() {
        disown(book, &group).await?;
        let prints: Vec<RowDigest> = group.iter().map(|(print, _)| *print).collect();
        reasserted += reassert(book, &prints).await?;
        for prints in prints.chunks(removals.sender.rows) {
            give(book, removals, prints).await?;
        }
        (group, more_after) = match more_after {
            Some(after) => next_group(book, &sweep, after).await?,
            None => break,
        };
    }
    removals.close(book).await?;
    Ok(reasserted)
}

/// Takes the owners of rows that are to be removed.
///
/// # Errors
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) when a row that was met by its slot is not found by its fingerprint,
/// or another one is: somebody may want that.
async fn disown(book: &mut AudienceLedger, group: &[(RowDigest, u64)]) -> Result<()> {
    for page in group.chunks(PAGE) {
        let prints: Vec<RowDigest> = page.iter().map(|(print, _)| *print).collect();
        let rows = match book.store.ledger() {
            Some(ledger) => ledger.rows(&book.record.audience, &prints).await?,
            None => Vec::new(),
        };
        let mut changed = Vec::new();
        for (&(print, slot), row) in page.iter().zip(rows) {
            let row = row.filter(|row| row.slot == slot).ok_or_else(damaged)?;
            if !row.owners.is_empty() {
                let mut next = row.clone();
                next.owners.clear();
                changed.push((print, Some(row), Some(next)));
            }
        }
        book.write(changed, Durability::Deferred).await?;
    }
    Ok(())
}

/// The rows to remove after a slot, and where to look for more.
async fn next_group(
    book: &AudienceLedger,
    sweep: impl Fn(&RowRecord) -> bool,
    after: u64,
) -> Result<(Vec<(RowDigest, u64)>, Option<u64>)> {
    let mut group = Vec::new();
    let mut pages = RowScan::after(after);
    while let Some(page) = pages.next(&book.store, &book.record.audience).await? {
        for (print, row) in page {
            if row.owners.is_empty() || sweep(&row) {
                group.push((print, row.slot));
                if group.len() == GROUP {
                    return Ok((group, Some(row.slot)));
                }
            }
        }
    }
    Ok((group, None))
}

/// Marks every wanted row that shares an identifying cell with a row of `group`, and says how many.
async fn reassert(book: &mut AudienceLedger, group: &[RowDigest]) -> Result<u64> {
    let mut cells = HashSet::new();
    for prints in group.chunks(PAGE) {
        for (_, rows, _) in load(book, prints).await? {
            rows.iter().for_each(|row| cells.extend(identifying(row)));
        }
    }
    let mut marked = 0;
    let mut decoder = Decoder::default();
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&book.store, &book.record.audience).await? {
        let mut changed = Vec::new();
        for (print, row) in page {
            if row.owners.is_empty() || row.call == AGAIN {
                continue;
            }
            let rows = decoder.read(&book.record, &row)?;
            if rows.iter().flat_map(identifying).any(|cell| cells.contains(&cell)) {
                marked += u64::from(book.vouched(&row));
                let mut next = row.clone();
                next.call = AGAIN;
                changed.push((print, Some(row), Some(next)));
            }
        }
        book.write(changed, Durability::Deferred).await?;
    }
    Ok(marked)
}

/// Reads remembered rows, one at a time, without a new table for each.
#[derive(Debug, Default)]
pub(in crate::sync) struct Decoder(HashMap<u16, MatchRows>);

impl Decoder {
    pub(in crate::sync) fn read(&mut self, record: &RunRecord, row: &RowRecord) -> Result<&MatchRows> {
        let keys = record.columns.get(usize::from(row.columns)).ok_or_else(damaged)?;
        let rows = self.0.entry(row.columns).or_insert_with(|| MatchRows::new(keys.clone()));
        rows.clear();
        rows.push_bytes(&row.bytes).map_err(|_| damaged())?;
        Ok(rows)
    }
}

/// A remembered row as it was sent.
pub(in crate::sync) fn rows_of_record(record: &RunRecord, row: &RowRecord) -> Result<MatchRows> {
    let keys = record.columns.get(usize::from(row.columns)).ok_or_else(damaged)?;
    let mut rows = MatchRows::new(keys.clone());
    rows.push_bytes(&row.bytes).map_err(|_| damaged())?;
    Ok(rows)
}

/// The cells by which Facebook may find a person, shortened.
fn identifying(row: MatchRow<'_>) -> impl Iterator<Item = u64> + '_ {
    row.keys().iter().zip(row.cells()).filter(|(key, _)| names_a_person(**key)).filter_map(|(key, cell)| {
        let mut mix = Mix::default();
        mix.number(*key as u64);
        match &cell {
            Cell::Hash(hash) => mix.bytes(hash.as_bytes()),
            Cell::Plain(text) => mix.bytes(text.as_bytes()),
            Cell::Json(_) | Cell::Empty => return None,
        }
        Some(mix.finish())
    })
}

type Loaded = (Vec<(RowDigest, RowRecord)>, MatchRows, u16);

/// Rows out of the ledger, by their columns, each held against its fingerprint.
async fn load(book: &AudienceLedger, prints: &[RowDigest]) -> Result<Vec<Loaded>> {
    let rows = match book.store.ledger() {
        Some(ledger) => ledger.rows(&book.record.audience, prints).await?,
        None => Vec::new(),
    };
    let mut loaded: Vec<Loaded> = Vec::new();
    for (&print, row) in prints.iter().zip(rows) {
        let row = row.ok_or_else(damaged)?;
        let place = match loaded.iter().position(|(_, _, columns)| *columns == row.columns) {
            Some(place) => place,
            None => {
                let keys = book.keys(row.columns)?.clone();
                loaded.push((Vec::new(), MatchRows::new(keys), row.columns));
                loaded.len() - 1
            }
        };
        let Some((records, rows, _)) = loaded.get_mut(place) else { continue };
        rows.push_bytes(&row.bytes).map_err(|_| damaged())?;
        if RowDigest::of(rows.row(rows.len() - 1)) != print {
            return Err(damaged());
        }
        records.push((print, row));
    }
    Ok(loaded)
}

/// Sends rows of the ledger, at most a call's worth, one call for each list of columns.
pub(in crate::sync) async fn give(
    book: &mut AudienceLedger,
    uploader: &mut Uploader<'_>,
    prints: &[RowDigest],
) -> Result<()> {
    for (records, rows, columns) in load(book, prints).await? {
        if uploader.removes() && records.iter().any(|(_, row)| !row.owners.is_empty()) {
            // Found by its slot as unwanted, and by its fingerprint as somebody's: two rows where one should be.
            return Err(damaged());
        }
        let call = book.next_call();
        let mut parcel = UploadBatch::new(call, columns, rows.keys());
        for (row, (print, _)) in rows.iter().zip(&records) {
            parcel.push(row, 0, Some(*print))?;
        }
        let changed = records.into_iter().map(|(print, row)| {
            let next = RowRecord { call, ..row.clone() };
            (print, Some(row), Some(next))
        });
        book.write(changed.collect(), Durability::Deferred).await?;
        uploader.give(book, parcel).await?;
    }
    Ok(())
}

/// Sends every wanted row that is not at Facebook for certain.
async fn add_open(book: &mut AudienceLedger, uploader: &mut Uploader<'_>) -> Result<()> {
    let mut open = Vec::new();
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&book.store, &book.record.audience).await? {
        let waiting = page.iter().filter(|(_, row)| !row.owners.is_empty() && !book.vouched(row));
        open.extend(waiting.map(|(print, _)| *print));
        while open.len() >= uploader.sender.rows {
            let rest = open.split_off(uploader.sender.rows);
            give(book, uploader, &open).await?;
            open = rest;
        }
    }
    give(book, uploader, &open).await
}
