//! Which rows of contacts are new, and which rows lose an owner.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use smallvec::smallvec;

use super::audience_ledger::AudienceLedger;
use super::scan::RowScan;
use crate::error::Result;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::backend::Backend;
use crate::sync::ledger::record::{Owner, RowRecord};
use crate::sync::ledger::row_index::DigestHasher;
use crate::sync::ledger::traits::Durability;
use crate::sync::pipeline::prepare::Prepared;
use crate::sync::target::SyncMode;

/// How a row of a contact relates to what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Staged {
    Fresh,
    Unchanged,
    Duplicate,
}

/// Writes rows of contacts to the ledger; those that must be sent get the number of the call being filled.
pub(super) async fn stage(
    ledger: &mut AudienceLedger,
    prepared: &Prepared,
    range: Range<usize>,
    call: u64,
) -> Result<Vec<Staged>> {
    let store = match &ledger.backend {
        Backend::Ledger(store) => Arc::clone(store),
        Backend::Journal(..) => return Ok(vec![Staged::Fresh; range.len()]),
    };
    let digests = prepared.digests.get(range.clone()).unwrap_or_default();
    let persons = prepared.persons.get(range.clone()).unwrap_or_default();
    let columns = ledger.columns(prepared.rows.keys())?;
    let before = store.rows(&ledger.record.audience, digests).await?;
    let mut changed: Vec<(RowDigest, Option<RowRecord>, Option<RowRecord>)> =
        Vec::with_capacity(digests.len());
    // Where in `changed` a row is, as it may come again.
    let mut positions: HashMap<RowDigest, usize, DigestHasher> = HashMap::default();
    positions.reserve(digests.len());
    let mut staged = Vec::with_capacity(digests.len());
    let rows = range.map(|index| prepared.rows.row(index));
    let rows = digests.iter().zip(persons).zip(rows).zip(before);
    for (((&digest, &person), row), before) in rows {
        let position = positions.get(&digest).copied();
        let entered =
            position.and_then(|position| changed.get(position)).and_then(|(_, _, row)| row.as_ref());
        let Some(current) = entered.or(before.as_ref()) else {
            let slot = ledger.record.slots;
            ledger.record.slots += 1;
            ledger.seen.insert(slot);
            let owners = smallvec![Owner::new(person, 0)];
            let bytes = row.to_bytes().into_boxed_slice();
            let next = RowRecord { slot, run: ledger.record.run, call, columns, owners, bytes };
            positions.insert(digest, changed.len());
            changed.push((digest, None, Some(next)));
            staged.push(Staged::Fresh);
            continue;
        };
        let first_time = ledger.seen.insert(current.slot);
        if matches!(ledger.record.mode, SyncMode::Mirror | SyncMode::Replace) {
            ledger.owners.meet(digest, person, current, first_time);
        }
        let known = current.owners.iter().any(|owner| owner.person == person);
        let send = first_time && !ledger.is_confirmed(current);
        if !known || send {
            let mut next = current.clone();
            if !known {
                next.owners.push(Owner::new(person, 0));
            }
            if send {
                next.call = call;
            }
            match position.and_then(|position| changed.get_mut(position)) {
                Some((_, _, row)) => *row = Some(next),
                None => {
                    positions.insert(digest, changed.len());
                    changed.push((digest, before, Some(next)));
                }
            }
        }
        staged.push(match (first_time, send) {
            (false, _) => Staged::Duplicate,
            (true, true) => Staged::Fresh,
            (true, false) => Staged::Unchanged,
        });
    }
    ledger.write(changed, Durability::Deferred).await?;
    Ok(staged)
}

/// Removes a person from the owners of their rows and of the row `also`; returns how many rows have no owner now.
pub(in crate::sync) async fn withdraw(
    ledger: &mut AudienceLedger,
    person: PersonId,
    also: Option<RowDigest>,
) -> Result<u64> {
    let Backend::Ledger(store) = &ledger.backend else { return Ok(0) };
    let store = Arc::clone(store);
    let mut digests = store.rows_of(&ledger.record.audience, person).await?;
    digests.extend(also);
    digests.sort_unstable();
    digests.dedup();
    let rows = store.rows(&ledger.record.audience, &digests).await?;
    let mut changed = Vec::new();
    let mut unwanted = 0;
    for (digest, row) in digests.into_iter().zip(rows) {
        let Some(row) = row else { continue };
        let mut next = row.clone();
        next.owners.retain(|owner| owner.person != person);
        if next.owners.len() < row.owners.len() {
            unwanted += u64::from(next.owners.is_empty());
            changed.push((digest, Some(row), Some(next)));
        }
    }
    ledger.write(changed, Durability::Deferred).await?;
    Ok(unwanted)
}

/// Removes owners that have other rows by now: a mirror or replacement has met every owner of a row.
pub(in crate::sync) async fn release_missing_owners(ledger: &mut AudienceLedger) -> Result<()> {
    let met = std::mem::take(&mut ledger.owners);
    let Some(store) = ledger.backend.ledger() else { return Ok(()) };
    let digests: Vec<RowDigest> = met.rows().collect();
    let mut changed = Vec::new();
    for page in digests.chunks(1_024) {
        for (&digest, row) in page.iter().zip(store.rows(&ledger.record.audience, page).await?) {
            let (Some(row), Some(met)) = (row, met.of(digest)) else { continue };
            let mut next = row.clone();
            next.owners.retain(|owner| met.contains(&owner.person));
            if next.owners.len() < row.owners.len() {
                changed.push((digest, Some(row), Some(next)));
            }
        }
    }
    ledger.write(changed, Durability::Deferred).await
}

/// Deletes rows that are not at Facebook any more.
pub(in crate::sync) async fn forget(
    ledger: &mut AudienceLedger,
    gone: impl Fn(&RowRecord) -> bool,
) -> Result<()> {
    let mut pages = RowScan::default();
    while let Some(page) = pages.next(&ledger.backend, &ledger.record.audience).await? {
        let gone =
            page.into_iter().filter(|(_, row)| gone(row)).map(|(digest, row)| (digest, Some(row), None));
        ledger.write(gone.collect(), Durability::Deferred).await?;
    }
    Ok(())
}
