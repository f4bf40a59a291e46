//! The traits of a store: [`Journal`] for calls, [`Ledger`] for members too.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::lease::AudienceLocks;
use super::record::{CallRecord, ErasureRecord, RowRecord, RunRecord};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AccountId, AudienceId};
use crate::sync::digest::{PersonId, RowDigest};

/// Seals [`Journal`] and [`Ledger`]. Only this crate's own tests may implement it.
#[doc(hidden)]
pub trait Sealed {}

/// When a commit must be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// With the next commit that is `Immediate`, because nothing outside the store depends on it yet. Reads see it at
    /// once.
    Deferred,
    /// In one transaction with the next commit, which follows at once and may be that of another store in the same
    /// database. Other stores treat it as `Deferred`.
    Grouped,
    /// Before the call returns, with everything before it, because a request to Facebook follows.
    Immediate,
}

/// The changes of one commit, which are written atomically.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LedgerCommit {
    /// The audience whose run writes this.
    pub audience: Option<AudienceId>,
    /// The run. A store with a record of a later run returns [`ErrorKind::Busy`].
    pub run: Option<RunRecord>,
    /// For a run that begins: a store whose last run is not this one, 0 without any, returns [`ErrorKind::Busy`], so that
    /// two runs never share a number.
    pub after_run: Option<u64>,
    /// Calls to add, or to overwrite by their number.
    pub calls: Vec<CallRecord>,
    /// Calls up to this number may be forgotten.
    pub forget_calls: Option<u64>,
    /// Rows to overwrite, or to delete where there is `None`. A row keeps its slot until it is deleted.
    pub rows: Vec<(RowDigest, Option<RowRecord>)>,
    /// The generation of the last change of a person.
    pub generations: Vec<(PersonId, u64)>,
    /// Keys of people to block from every audience.
    pub block: Vec<PersonId>,
    /// Keys of people to unblock.
    pub unblock: Vec<PersonId>,
    /// An erasure that begins; it overwrites the one of the same account and person.
    pub erase: Option<ErasureRecord>,
    /// An erasure that is complete and may be forgotten.
    pub erased: Option<(AccountId, PersonId)>,
}

/// A store that remembers runs and calls: intents before them, outcomes after them.
///
/// This trait is sealed: [`MemoryLedger`](crate::MemoryLedger) and `SqliteLedger` implement it.
#[async_trait]
pub trait Journal: Sealed + Send + Sync + fmt::Debug {
    /// Returns the run record of an audience, or `None` if it never had a run.
    #[doc(hidden)]
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>>;

    /// Returns the calls of an audience that were not forgotten, by number.
    #[doc(hidden)]
    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>>;

    /// Returns every blocked key.
    #[doc(hidden)]
    async fn blocked(&self) -> Result<Vec<PersonId>>;

    /// Returns the erasures that have begun and are not complete.
    #[doc(hidden)]
    async fn erasures(&self) -> Result<Vec<ErasureRecord>>;

    /// Writes all of `changes` or nothing.
    ///
    /// Cancel safety: a dropped call has written all or nothing.
    #[doc(hidden)]
    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()>;

    /// Returns the locks of everyone in the process who writes to this store, so that two engines cannot run one
    /// audience at the same time.
    #[doc(hidden)]
    fn audience_locks(&self) -> &AudienceLocks;
}

/// A [`Journal`] that also remembers every row of every audience.
///
/// This trait is sealed: [`MemoryLedger`](crate::MemoryLedger) and `SqliteLedger` implement it.
#[async_trait]
pub trait Ledger: Journal {
    /// Returns the rows with these digests, in the order of the digests.
    #[doc(hidden)]
    async fn rows(&self, audience: &AudienceId, digests: &[RowDigest]) -> Result<Vec<Option<RowRecord>>>;

    /// Returns at most `limit` rows in the order of their slots, after the slot `after`.
    #[doc(hidden)]
    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>>;

    /// Returns the rows of an audience that a person owns.
    #[doc(hidden)]
    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>>;

    /// Returns the generation of the last change of a person in an audience, or 0.
    #[doc(hidden)]
    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64>;

    /// Returns the audiences that had a run.
    #[doc(hidden)]
    async fn audiences(&self) -> Result<Vec<AudienceId>>;
}

/// Another run has begun since.
pub(in crate::sync) fn taken_over() -> Error {
    Error::new(ErrorKind::Busy, "ledger", "another run of this audience has taken over").with_retryable(false)
}

impl<J: Sealed + ?Sized> Sealed for Arc<J> {}

#[async_trait]
impl<J: Journal + ?Sized> Journal for Arc<J> {
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>> {
        (**self).run(audience).await
    }

    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>> {
        (**self).calls(audience).await
    }

    async fn blocked(&self) -> Result<Vec<PersonId>> {
        (**self).blocked().await
    }

    async fn erasures(&self) -> Result<Vec<ErasureRecord>> {
        (**self).erasures().await
    }

    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()> {
        (**self).commit(changes, durability).await
    }

    fn audience_locks(&self) -> &AudienceLocks {
        (**self).audience_locks()
    }
}

#[async_trait]
impl<L: Ledger + ?Sized> Ledger for Arc<L> {
    async fn rows(&self, audience: &AudienceId, digests: &[RowDigest]) -> Result<Vec<Option<RowRecord>>> {
        (**self).rows(audience, digests).await
    }

    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>> {
        (**self).scan(audience, after, limit).await
    }

    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>> {
        (**self).rows_of(audience, person).await
    }

    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64> {
        (**self).generation(audience, person).await
    }

    async fn audiences(&self) -> Result<Vec<AudienceId>> {
        (**self).audiences().await
    }
}
