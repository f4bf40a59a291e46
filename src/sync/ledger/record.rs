//! The records of a ledger: runs, calls and rows.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use time::OffsetDateTime;

use crate::facebook::{AccountId, AudienceId, Session};
use crate::identity::KeyList;
use crate::store::checksum::Checksum;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::target::SyncMode;

/// The operation of a call or a change on members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Adds rows.
    Add,
    /// Removes rows.
    Remove,
    /// Replaces all members, as part of a session.
    Replace,
}

/// The state of the runs of one audience.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// The audience.
    pub audience: AudienceId,
    /// The number of the last run. A run that finds a higher one stops, because another has taken over.
    pub run: u64,
    /// The first of the unfinished runs that this one resumes.
    #[serde(rename = "chain")]
    pub resumed_from: u64,
    /// The mode of the last run.
    pub mode: SyncMode,
    /// The time at which contacts are evaluated, kept by the runs that resume it.
    #[serde(with = "time::serde::timestamp::microseconds")]
    pub now: OffsetDateTime,
    /// `false` while a run is in progress or was interrupted.
    pub finished: bool,
    /// `true` if Facebook left rows in place that are to be removed; the next run asks again.
    #[serde(default)]
    pub leftovers: bool,
    /// `true` once every contact was read.
    pub read: bool,
    /// `true` once a frozen snapshot is complete.
    pub frozen: bool,
    /// The highest number given to a call.
    pub last_call: u64,
    /// Calls before this one no longer confirm a row: a replacement has wiped it.
    #[serde(rename = "floor")]
    pub replaced_at: u64,
    /// Calls up to this one have all been answered.
    #[serde(rename = "settled")]
    pub acknowledged: u64,
    /// Number of slots assigned so far.
    pub slots: u64,
    /// Rows remembered.
    pub rows: u64,
    /// Sum of the rows' checks: a row that is lost or altered shows here.
    pub sum: u64,
    /// Sum of the rows' digests.
    #[serde(rename = "prints", with = "as_text")]
    pub digest_sum: u128,
    /// Identifies the pseudonym key.
    pub secret: Option<PersonId>,
    /// The lists of columns that rows of this audience have or had.
    pub columns: Vec<KeyList>,
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl RunRecord {
    /// Creates the record of an audience without a run.
    #[must_use]
    pub fn new(audience: AudienceId) -> Self {
        Self {
            audience,
            run: 0,
            resumed_from: 0,
            mode: SyncMode::Snapshot,
            now: OffsetDateTime::UNIX_EPOCH,
            finished: true,
            leftovers: false,
            read: true,
            frozen: false,
            last_call: 0,
            replaced_at: 1,
            acknowledged: 0,
            slots: 0,
            rows: 0,
            sum: 0,
            digest_sum: 0,
            secret: None,
            columns: Vec::new(),
        }
    }

    /// Returns `true` if the row is at Facebook for certain; `answered` are calls above `acknowledged` that left their rows there.
    ///
    /// What became of a row without an owner is not certain: its removal may be under way.
    pub(in crate::sync) fn confirms(&self, row: &RowRecord, answered: &HashSet<u64>) -> bool {
        !row.owners.is_empty()
            && row.call >= self.replaced_at
            && (row.call <= self.acknowledged || answered.contains(&row.call))
    }
}

/// One call: the intent, and the outcome once it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallRecord {
    /// The audience.
    pub audience: AudienceId,
    /// The number of the call, unique within the audience.
    pub call: u64,
    /// The run that made it.
    pub run: u64,
    /// The operation.
    pub operation: Operation,
    /// Its place in the upload session.
    pub session: Session,
    /// When the session was opened.
    #[serde(with = "time::serde::timestamp::microseconds")]
    pub opened: OffsetDateTime,
    /// Which list of columns it has.
    pub columns: u16,
    /// Number of rows.
    pub rows: u64,
    /// Digest of the rows, to know them again.
    pub digest: u64,
    /// Number of contacts read when it was filled.
    pub read: u64,
    /// Rows that Facebook refused, once it has answered; `None` while the outcome is unknown.
    #[serde(rename = "invalid")]
    pub rejected: Option<u64>,
}

/// A person that an account is being asked to erase: kept from before the first call until all is done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErasureRecord {
    /// The account.
    pub account: AccountId,
    /// The person.
    pub person: PersonId,
    /// Rows that were sent for the person, by their columns.
    pub rows: Vec<ErasureRows>,
}

/// Rows of one list of columns: digests, so personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErasureRows {
    /// The columns.
    pub columns: KeyList,
    /// The rows, each as [`MatchRow::to_bytes`](crate::identity::MatchRow::to_bytes).
    pub rows: Vec<Vec<u8>>,
}

impl std::fmt::Debug for ErasureRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ErasureRows({} of {} columns)", self.rows.len(), self.columns.len())
    }
}

impl std::fmt::Debug for ErasureRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ErasureRecord({:?}, {:?})", self.account, self.person)
    }
}

/// A person whose membership requires a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The person.
    pub person: PersonId,
    /// The generation of the change that made it an owner; 0 for runs over all contacts.
    pub generation: u64,
}

impl Owner {
    /// Creates an owner of a row.
    #[must_use]
    pub fn new(person: PersonId, generation: u64) -> Self {
        Self { person, generation }
    }
}

/// One remembered row of an audience.
///
/// A row is wanted while it has an owner, and is at Facebook for certain when the call that carried it was answered.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowRecord {
    /// Its number within the audience.
    pub(in crate::sync) slot: u64,
    /// The run that added it first.
    pub(in crate::sync) run: u64,
    /// The call that carried it last; 0 when it must be sent.
    pub(in crate::sync) call: u64,
    /// Which list of columns its bytes have.
    pub(in crate::sync) columns: u16,
    /// People whose membership requires it. Without owners it is to be removed.
    pub(in crate::sync) owners: SmallVec<[Owner; 1]>,
    /// [`MatchRow::to_bytes`](crate::identity::MatchRow::to_bytes): digests, so personal data.
    pub(in crate::sync) bytes: Box<[u8]>,
}

impl RowRecord {
    /// Creates a row as a store returns it.
    pub(in crate::sync) fn new(
        slot: u64,
        run: u64,
        call: u64,
        columns: u16,
        owners: SmallVec<[Owner; 1]>,
        bytes: Box<[u8]>,
    ) -> Self {
        Self { slot, run, call, columns, owners, bytes }
    }

    /// Computes the checksum of the row and its slot, for a store to keep beside it.
    #[must_use]
    pub fn check(&self, digest: RowDigest) -> u64 {
        let mut sum = Checksum::default();
        sum.bytes(digest.as_bytes());
        sum.number(self.slot);
        sum.number(self.run);
        sum.number(self.call);
        sum.number(u64::from(self.columns));
        // A store may give owners back in another order.
        let owners = self.owners.iter().map(|owner| {
            let mut sum = Checksum::default();
            sum.bytes(owner.person.as_bytes());
            sum.number(owner.generation);
            sum.finish()
        });
        sum.number(owners.fold(0, u64::wrapping_add));
        sum.bytes(&self.bytes);
        sum.finish()
    }
}

impl std::fmt::Debug for RowRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowRecord(slot {}, call {}, {} owners)", self.slot, self.call, self.owners.len())
    }
}
