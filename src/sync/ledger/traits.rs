//! The seams for a host's own store: [`Journal`] for calls, [`Ledger`] for members too.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::lease::AudienceLocks;
use super::record::{CallRecord, ErasureRecord, RowRecord, RunRecord};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AccountId, AudienceId};
use crate::sync::digest::{PersonId, RowDigest};

/// When a commit must be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// With the next commit that is `Immediate`: nothing outside depends on it yet. Reads must see it at once.
    Deferred,
    /// In one transaction with the next commit, which follows at once and may be that of another store in the same
    /// database. Elsewhere it is as good as `Deferred`.
    Grouped,
    /// Before the call returns, with everything before it: a request to Facebook follows.
    Immediate,
}

/// What one commit writes, all of it or nothing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LedgerCommit {
    /// The audience whose run writes this.
    pub audience: Option<AudienceId>,
    /// The run: a store that holds a record of a later run refuses with
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy).
    pub run: Option<RunRecord>,
    /// The run begins: a store whose last run is not this one, 0 without any, refuses with
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy), so that two runs never share a number.
    pub after_run: Option<u64>,
    /// Calls to add, or to overwrite by their number.
    pub calls: Vec<CallRecord>,
    /// Calls up to this number may be forgotten.
    pub forget_calls: Option<u64>,
    /// Rows to overwrite, or to forget where there is none. A row keeps its slot until it is forgotten.
    pub rows: Vec<(RowDigest, Option<RowRecord>)>,
    /// The generation of the last change of a person.
    pub generations: Vec<(PersonId, u64)>,
    /// Keys of people who must not be added to any audience.
    pub block: Vec<PersonId>,
    /// Keys of people who may be added again.
    pub unblock: Vec<PersonId>,
    /// An erasure that begins; it overwrites the one of the same account and person.
    pub erase: Option<ErasureRecord>,
    /// An erasure that is done: there is nothing left to remember.
    pub erased: Option<(AccountId, PersonId)>,
}

/// Remembers runs and calls: intents before them, outcomes after them.
///
/// Errors of a store stop the run before anything is sent on a wrong footing;
/// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) says that it does not hold what was written to it.
#[async_trait]
pub trait Journal: Send + Sync + fmt::Debug {
    /// The run record of an audience, if it had a run.
    async fn run(&self, audience: &AudienceId) -> Result<Option<RunRecord>>;

    /// The calls of an audience that were not forgotten, by number.
    async fn calls(&self, audience: &AudienceId) -> Result<Vec<CallRecord>>;

    /// Every blocked key.
    async fn blocked(&self) -> Result<Vec<PersonId>>;

    /// Erasures that were begun and are not done.
    async fn erasures(&self) -> Result<Vec<ErasureRecord>>;

    /// Writes all of `changes` or nothing.
    ///
    /// Cancel safety: a dropped call has written all or nothing.
    async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()>;

    /// The audiences in hand: the same [`AudienceLocks`] for everyone in the process who writes to this store, or two engines
    /// could run one audience at the same time.
    fn audience_locks(&self) -> &AudienceLocks;
}

/// Remembers, beside the calls, every row of every audience.
#[async_trait]
pub trait Ledger: Journal {
    /// The rows of these fingerprints, in their order.
    async fn rows(&self, audience: &AudienceId, digests: &[RowDigest]) -> Result<Vec<Option<RowRecord>>>;

    /// At most `limit` rows in the order of their slots, after the slot `after`.
    async fn scan(
        &self,
        audience: &AudienceId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(RowDigest, RowRecord)>>;

    /// The rows of an audience that a person owns.
    async fn rows_of(&self, audience: &AudienceId, person: PersonId) -> Result<Vec<RowDigest>>;

    /// The generation of the last change of a person in an audience; 0 without one.
    async fn generation(&self, audience: &AudienceId, person: PersonId) -> Result<u64>;

    /// The audiences that had a run.
    async fn audiences(&self) -> Result<Vec<AudienceId>>;
}

/// Another run has begun since.
pub(in crate::sync) fn taken_over() -> Error {
    Error::new(ErrorKind::Busy, "ledger", "another run of this audience has taken over").retryable(false)
}

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
