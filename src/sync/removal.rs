//! Taking members out, and settling what is open.
//!
//! Facebook removes a person by any one of the keys that were sent, so removing a row can take out a member whose row
//! shares an e-mail address or a phone with it. Such rows are marked to be sent again, durably, before the removal.
//!
//! Source: customer-file guide, "Remove audience members", developers.facebook.com (read 2026-09-12).

use std::collections::HashSet;

use super::book::{Book, damaged};
use super::call::Parcel;
use super::ledger::Durability;
use super::person::{Fingerprint, names_a_person};
use super::record::{Mix, Operation, RowRecord, RunRecord};
use super::report::{CallCounts, RejectedRow};
use super::upload::{Sender, Uploader};
use crate::error::Result;
use crate::identity::{Cell, MatchRow, MatchRows};

/// Rows read from the ledger at a time.
const PAGE: usize = 4_096;
/// Rows removed between two looks for members that share a key with them.
const GROUP: usize = 250_000;
/// The call of a row that must be sent again although it may be at Facebook.
const AGAIN: u64 = u64::MAX;

/// What a look at all rows of an audience found.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Survey {
    /// Rows with an owner.
    pub(super) wanted: u64,
    /// Those of them that are to lose theirs.
    pub(super) swept: u64,
}

/// Reads every row, and holds them against the sums kept beside them.
///
/// # Errors
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) when a row was lost, added or altered.
pub(super) async fn survey(book: &Book, sweep: impl Fn(&RowRecord) -> bool) -> Result<Survey> {
    let Some(ledger) = book.store.ledger() else { return Ok(Survey::default()) };
    let mut found = Survey::default();
    let (mut rows, mut sum, mut prints) = (0_u64, 0_u64, 0_u128);
    let mut after = None;
    loop {
        let page = ledger.scan(&book.record.audience, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (print, row) in &page {
            rows += 1;
            sum = sum.wrapping_add(row.check(*print));
            prints = prints.wrapping_add(print.number());
            if !row.owners.is_empty() {
                found.wanted += 1;
                found.swept += u64::from(sweep(row));
            }
        }
    }
    if (rows, sum, prints) != (book.record.rows, book.record.sum, book.record.prints) {
        return Err(damaged());
    }
    Ok(found)
}

/// What settling sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) added: CallCounts,
    pub(super) removed: CallCounts,
    pub(super) rejected: Vec<RejectedRow>,
}

/// Removes the rows that nobody wants, those that `sweep` takes from their owners among them, and sends again those
/// that must be. The ledger must have been surveyed in this run.
pub(super) async fn settle(
    book: &mut Book,
    sender: &Sender<'_>,
    sweep: impl Fn(&RowRecord) -> bool,
    swept: u64,
) -> Result<Sent> {
    let mut sent = Sent::default();
    let mut removals = Uploader::new(sender, Operation::Remove);
    let mut after = None;
    let mut reasserted = 0;
    let mut over = false;
    while !over {
        let group;
        (group, over) = disown(book, &sweep, &mut after).await?;
        if group.is_empty() {
            continue;
        }
        reasserted += reassert(book, &group).await?;
        for prints in group.chunks(sender.rows) {
            give(book, &mut removals, prints).await?;
        }
    }
    removals.close(book).await?;
    sent.removed = removals.counts.clone();
    sent.removed.carried = sent.removed.sent.saturating_sub(swept);
    sent.rejected.append(&mut removals.rejected);

    let mut adds = Uploader::new(sender, Operation::Add);
    add_open(book, &mut adds).await?;
    adds.close(book).await?;
    sent.added = adds.counts.clone();
    sent.added.reasserted = reasserted.min(sent.added.sent);
    sent.added.carried = sent.added.sent - sent.added.reasserted;
    sent.rejected.append(&mut adds.rejected);
    Ok(sent)
}

/// Takes the owners of swept rows and collects the rows without one; true when there are no more.
async fn disown(
    book: &mut Book,
    sweep: impl Fn(&RowRecord) -> bool,
    after: &mut Option<Fingerprint>,
) -> Result<(Vec<Fingerprint>, bool)> {
    let mut group = Vec::new();
    while group.len() < GROUP {
        let page = match book.store.ledger() {
            Some(ledger) => ledger.scan(&book.record.audience, *after, PAGE).await?,
            None => Vec::new(),
        };
        let Some((last, _)) = page.last() else { return Ok((group, true)) };
        *after = Some(*last);
        let mut changed = Vec::new();
        for (print, row) in page {
            if row.owners.is_empty() {
                group.push(print);
            } else if sweep(&row) {
                group.push(print);
                let mut next = row.clone();
                next.owners.clear();
                changed.push((print, Some(row), Some(next)));
            }
        }
        book.write(changed, Durability::Later).await?;
    }
    Ok((group, false))
}

/// Marks every wanted row that shares an identifying cell with a row of `group`, and says how many.
async fn reassert(book: &mut Book, group: &[Fingerprint]) -> Result<u64> {
    let mut cells = HashSet::new();
    for prints in group.chunks(PAGE) {
        for (_, rows, _) in load(book, prints).await? {
            rows.iter().for_each(|row| cells.extend(identifying(row)));
        }
    }
    let mut marked = 0;
    let mut after = None;
    loop {
        let page = match book.store.ledger() {
            Some(ledger) => ledger.scan(&book.record.audience, after, PAGE).await?,
            None => Vec::new(),
        };
        let Some((last, _)) = page.last() else { return Ok(marked) };
        after = Some(*last);
        let mut changed = Vec::new();
        for (print, row) in page {
            if row.owners.is_empty() || row.call == AGAIN {
                continue;
            }
            let rows = rows_of_record(&book.record, &row)?;
            if rows.iter().flat_map(identifying).any(|cell| cells.contains(&cell)) {
                marked += u64::from(book.vouched(&row));
                let mut next = row.clone();
                next.call = AGAIN;
                changed.push((print, Some(row), Some(next)));
            }
        }
        book.write(changed, Durability::Later).await?;
    }
}

/// A remembered row as it was sent.
pub(super) fn rows_of_record(record: &RunRecord, row: &RowRecord) -> Result<MatchRows> {
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

type Loaded = (Vec<(Fingerprint, RowRecord)>, MatchRows, u16);

/// Rows out of the ledger, by their columns, each held against its fingerprint.
async fn load(book: &Book, prints: &[Fingerprint]) -> Result<Vec<Loaded>> {
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
        if Fingerprint::of(rows.row(rows.len() - 1)) != print {
            return Err(damaged());
        }
        records.push((print, row));
    }
    Ok(loaded)
}

/// Sends rows of the ledger, at most a call's worth, one call for each list of columns.
pub(super) async fn give(book: &mut Book, uploader: &mut Uploader<'_>, prints: &[Fingerprint]) -> Result<()> {
    for (records, rows, columns) in load(book, prints).await? {
        let call = book.next_call();
        let mut parcel = Parcel::new(call, columns, rows.keys());
        for (row, (print, _)) in rows.iter().zip(&records) {
            parcel.push(row, 0, Some(*print))?;
        }
        let changed = records.into_iter().map(|(print, row)| {
            let next = RowRecord { call, ..row.clone() };
            (print, Some(row), Some(next))
        });
        book.write(changed.collect(), Durability::Later).await?;
        uploader.give(book, parcel).await?;
    }
    Ok(())
}

/// Sends every wanted row that is not at Facebook for certain.
async fn add_open(book: &mut Book, uploader: &mut Uploader<'_>) -> Result<()> {
    let mut after = None;
    let mut open = Vec::new();
    loop {
        let page = match book.store.ledger() {
            Some(ledger) => ledger.scan(&book.record.audience, after, PAGE).await?,
            None => Vec::new(),
        };
        let last = page.last().map(|(print, _)| *print);
        let waiting = page.iter().filter(|(_, row)| !row.owners.is_empty() && !book.vouched(row));
        open.extend(waiting.map(|(print, _)| *print));
        while open.len() >= uploader.sender.rows || (last.is_none() && !open.is_empty()) {
            let rest = open.split_off(open.len().min(uploader.sender.rows));
            give(book, uploader, &open).await?;
            open = rest;
        }
        match last {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}
