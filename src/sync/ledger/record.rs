//! What a ledger keeps: runs, calls and rows.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use time::OffsetDateTime;

use super::checksum::Checksum;
use crate::facebook::{AccountId, AudienceId, Session};
use crate::identity::MatchKey;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::target::SyncMode;

/// What a call does to the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Adds its rows.
    Add,
    /// Removes its rows.
    Remove,
    /// Is part of a session that replaces all members.
    Replace,
}

/// Where the runs of one audience stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// The audience.
    pub audience: AudienceId,
    /// The number of the last run; a run that finds a higher one stops, for another has taken over.
    pub run: u64,
    /// The first run of the chain of unfinished runs that this one continues.
    #[serde(rename = "chain")]
    pub resumed_from: u64,
    /// The mode of the last run.
    pub mode: SyncMode,
    /// The time at which the chain's contacts are judged.
    #[serde(with = "time::serde::timestamp::microseconds")]
    pub now: OffsetDateTime,
    /// False while a run is under way or was cut short.
    pub finished: bool,
    /// True when Facebook left rows in place that nobody wants: the next run removes them again.
    #[serde(default)]
    pub leftovers: bool,
    /// True once every contact of the chain was read.
    pub read: bool,
    /// True once a frozen snapshot is whole.
    pub frozen: bool,
    /// The highest number given to a call.
    pub last_call: u64,
    /// Calls before this one no longer confirm a row: a replacement has wiped it.
    #[serde(rename = "floor")]
    pub replaced_at: u64,
    /// Calls up to this one have all been answered.
    #[serde(rename = "settled")]
    pub acknowledged: u64,
    /// Slots given to rows so far.
    pub slots: u64,
    /// Rows remembered.
    pub rows: u64,
    /// Sum of the rows' checks: a row that is lost or altered shows here.
    pub sum: u64,
    /// Sum of the rows' fingerprints.
    #[serde(rename = "prints", with = "as_text")]
    pub digest_sum: u128,
    /// Names the secret that persons are digested with.
    pub secret: Option<PersonId>,
    /// The lists of columns that rows of this audience have or had.
    pub columns: Vec<Arc<[MatchKey]>>,
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
    /// An audience without a run.
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

    /// True when the row is at Facebook for certain; `answered` are calls above `acknowledged` that left their rows there.
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
    /// What it does.
    pub operation: Operation,
    /// Its place in the upload session.
    pub session: Session,
    /// When the session was opened.
    #[serde(with = "time::serde::timestamp::microseconds")]
    pub opened: OffsetDateTime,
    /// Which list of columns it has.
    pub columns: u16,
    /// How many rows it carries.
    pub rows: u64,
    /// Digest of the rows, to know them again.
    pub digest: u64,
    /// How many contacts were read when it was filled.
    pub read: u64,
    /// Rows that Facebook refused, once it has answered; `None` while the outcome is unknown.
    #[serde(rename = "invalid")]
    pub rejected: Option<u64>,
}

/// A person whom an account is being asked to forget: kept from before the first call until all was done.
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
    pub columns: Arc<[MatchKey]>,
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

/// A contact that wants a row to be a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// Who.
    pub person: PersonId,
    /// The generation of the change that says so; 0 for runs over all contacts.
    pub generation: u64,
}

impl Owner {
    /// An owner.
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
    /// A small number of its own within the audience.
    pub slot: u64,
    /// The run that met it first.
    pub run: u64,
    /// The call that carried it last; 0 when it must be sent.
    pub call: u64,
    /// Which list of columns its bytes have.
    pub columns: u16,
    /// Who wants it. Without owners it is to be removed.
    pub owners: SmallVec<[Owner; 1]>,
    /// [`MatchRow::to_bytes`](crate::identity::MatchRow::to_bytes): digests, so personal data.
    pub bytes: Box<[u8]>,
}

impl RowRecord {
    /// A row as a store gives it back.
    #[must_use]
    pub fn new(
        slot: u64,
        run: u64,
        call: u64,
        columns: u16,
        owners: SmallVec<[Owner; 1]>,
        bytes: Box<[u8]>,
    ) -> Self {
        Self { slot, run, call, columns, owners, bytes }
    }

    /// A check over everything in the row and its place, for a store to keep beside it.
    #[must_use]
    pub fn check(&self, fingerprint: RowDigest) -> u64 {
        let mut sum = Checksum::default();
        sum.bytes(fingerprint.as_bytes());
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
