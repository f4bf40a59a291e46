//! Whom a run has met for rows that several people want, or others than before.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::audience_ledger::AudienceLedger;
use crate::error::Result;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::record::RowRecord;
use crate::sync::ledger::row_index::DigestHasher;
use crate::sync::ledger::traits::Durability;

/// People met, by the rows they share. A row that only its one owner was met for is not in it.
#[derive(Debug, Default)]
pub(in crate::sync) struct OwnerTracker(HashMap<RowDigest, SmallVec<[PersonId; 2]>, DigestHasher>);

impl OwnerTracker {
    /// Notes that `person` was met for a row, as it was before that.
    pub(in crate::sync) fn meet(
        &mut self,
        print: RowDigest,
        person: PersonId,
        row: &RowRecord,
        first_time: bool,
    ) {
        if row.owners.iter().all(|owner| owner.person == person) && !row.owners.is_empty() {
            return;
        }
        let met = self.0.entry(print).or_insert_with(|| match first_time {
            true => SmallVec::new(),
            // Met before and not noted here: its owners are those who were met.
            false => row.owners.iter().map(|owner| owner.person).collect(),
        });
        if !met.contains(&person) {
            met.push(person);
        }
    }
}

impl AudienceLedger {
    /// Takes rows from owners who have other rows by now: a mirror or replacement has met everyone who wants a row.
    pub(in crate::sync) async fn take_from_owners_not_met(&mut self) -> Result<()> {
        let met = std::mem::take(&mut self.owners);
        let Some(ledger) = self.store.ledger() else { return Ok(()) };
        let prints: Vec<RowDigest> = met.0.keys().copied().collect();
        let mut changed = Vec::new();
        for page in prints.chunks(1_024) {
            for (&print, row) in page.iter().zip(ledger.rows(&self.record.audience, page).await?) {
                let (Some(row), Some(met)) = (row, met.0.get(&print)) else { continue };
                let mut next = row.clone();
                next.owners.retain(|owner| met.contains(&owner.person));
                if next.owners.len() < row.owners.len() {
                    changed.push((print, Some(row), Some(next)));
                }
            }
        }
        self.write(changed, Durability::Deferred).await
    }
}
