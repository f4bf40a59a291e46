//! Which rows lose their last owner when people are removed.

use std::collections::{HashMap, HashSet};

use smallvec::SmallVec;

use super::stored_rows::rows_of_record;
use crate::error::Result;
use crate::identity::MatchRows;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::record::{Owner, RowRecord, RunRecord};
use crate::sync::ledger::traits::Ledger;

/// People to remove, each from all rows they own, as [`SyncMode::Remove`](crate::SyncMode::Remove) does it.
#[derive(Debug, Default)]
pub(in crate::sync) struct Withdrawals {
    done: HashSet<PersonId>,
    /// By slot, the remaining owners of rows that lost one.
    left: HashMap<u64, SmallVec<[Owner; 1]>>,
    /// Rows without an owner then.
    pub(in crate::sync) rows: u64,
    /// Sum of their fingerprints.
    pub(in crate::sync) digests: u128,
}

impl Withdrawals {
    /// Removes a person, and returns the rows that have no owner any more.
    pub(in crate::sync) async fn take(
        &mut self,
        ledger: &dyn Ledger,
        record: &RunRecord,
        person: PersonId,
    ) -> Result<Vec<MatchRows>> {
        let mut unwanted = Vec::new();
        if !self.done.insert(person) {
            return Ok(unwanted);
        }
        let digests = ledger.rows_of(&record.audience, person).await?;
        let rows = ledger.rows(&record.audience, &digests).await?;
        for (digest, row) in digests.into_iter().zip(rows) {
            let Some(row) = row else { continue };
            if self.take_off(person, digest, &row) {
                unwanted.push(rows_of_record(record, &row)?);
            }
        }
        Ok(unwanted)
    }

    /// Returns `true` if the row loses its last owner.
    fn take_off(&mut self, person: PersonId, digest: RowDigest, row: &RowRecord) -> bool {
        let left = self.left.entry(row.slot).or_insert_with(|| row.owners.clone());
        left.retain(|owner| owner.person != person);
        if !left.is_empty() {
            return false;
        }
        self.rows += 1;
        self.digests = self.digests.wrapping_add(digest.number());
        true
    }
}
