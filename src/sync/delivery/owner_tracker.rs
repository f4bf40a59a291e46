//! The people met in a run for rows that several people share, or whose owner has changed.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::record::RowRecord;
use crate::sync::ledger::row_index::DigestHasher;

/// People met, by the rows they share. A row that only its one owner was met for is not in it.
#[derive(Debug, Default)]
pub(super) struct OwnerTracker(HashMap<RowDigest, SmallVec<[PersonId; 2]>, DigestHasher>);

impl OwnerTracker {
    /// Notes that `person` was met for a row, as it was before that.
    pub(in crate::sync) fn meet(
        &mut self,
        digest: RowDigest,
        person: PersonId,
        row: &RowRecord,
        first_time: bool,
    ) {
        if row.owners.iter().all(|owner| owner.person == person) && !row.owners.is_empty() {
            return;
        }
        let met = self.0.entry(digest).or_insert_with(|| match first_time {
            true => SmallVec::new(),
            // Met before and not noted here: its owners are those who were met.
            false => row.owners.iter().map(|owner| owner.person).collect(),
        });
        if !met.contains(&person) {
            met.push(person);
        }
    }

    /// The rows in it.
    pub(super) fn rows(&self) -> impl Iterator<Item = RowDigest> + '_ {
        self.0.keys().copied()
    }

    /// The people met for a row.
    pub(super) fn of(&self, digest: RowDigest) -> Option<&[PersonId]> {
        self.0.get(&digest).map(SmallVec::as_slice)
    }
}
