//! The ledger of one audience during a run, and every change of it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use time::OffsetDateTime;

use super::owner_tracker::OwnerTracker;
use super::row_set::RowSet;
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;
use crate::identity::KeyList;
use crate::sync::digest::{PersonId, RowDigest};
use crate::sync::ledger::backend::Backend;
use crate::sync::ledger::record::{CallRecord, Operation, RowRecord, RunRecord};
use crate::sync::ledger::traits::{Durability, LedgerCommit};
use crate::sync::target::SyncMode;

/// The ledger of one audience, during one run.
#[derive(Debug)]
pub(in crate::sync) struct AudienceLedger {
    pub(in crate::sync) backend: Backend,
    pub(in crate::sync) record: RunRecord,
    pub(in crate::sync) seen: RowSet,
    pub(super) owners: OwnerTracker,
    /// True if an earlier run was interrupted.
    pub(in crate::sync) resumed: bool,
    /// True if rows may wait to be sent or removed.
    pub(in crate::sync) open_ends: bool,
    /// True if Facebook left rows in place that are to be removed, for which the next run asks again.
    pub(in crate::sync) leftovers: bool,
    /// Calls above `acknowledged` that were answered and left their rows at Facebook.
    answered: HashSet<u64>,
    /// The calls that were found in the journal.
    pub(in crate::sync) calls: Vec<CallRecord>,
    /// When the end of the run must be on disk.
    pub(in crate::sync) end: Durability,
    whole: bool,
    freezes: bool,
    /// True once a commit has failed: whether it was written is unknown, and with it what the sums should be.
    failed: AtomicBool,
}

impl AudienceLedger {
    /// Begins the next run of an audience: from now on a run with a lower number cannot write.
    pub(in crate::sync) async fn open(
        backend: Backend,
        audience: &AudienceId,
        mode: Option<SyncMode>,
        now: OffsetDateTime,
        secret: PersonId,
    ) -> Result<Self> {
        let journal = backend.journal();
        let before = journal.run(audience).await?;
        let calls = journal.calls(audience).await?;
        let mut record = before.unwrap_or_else(|| RunRecord::new(audience.clone()));
        if record.secret.is_some_and(|known| known != secret) {
            return Err(Error::new(
                ErrorKind::Invalid,
                "sync",
                "the ledger was created with another pseudonym key",
            )
            .with_help("open it with the original key"));
        }
        let resumed = !record.finished;
        // Without a mode of its own a run sends what is open and leaves an unread snapshot unread.
        let whole = mode.is_some() || record.finished || record.read;
        record.secret = Some(secret);
        record.run += 1;
        if let Some(mode) = mode {
            // An interrupted snapshot resumes as of its own time; a mirror always reads again.
            let continues = resumed
                && record.mode == mode
                && mode != SyncMode::Mirror
                && record.resumed_from > 0
                && (mode == SyncMode::Snapshot || !record.read);
            if !continues {
                record.resumed_from = record.run;
                record.now = now;
                record.read = false;
            }
            record.mode = mode;
        }
        record.finished = false;
        let answered = calls
            .iter()
            .filter(|call| call.rejected.is_some() && call.operation != Operation::Remove)
            .map(|call| call.call)
            .collect();
        let forget = (!resumed).then_some(record.acknowledged);
        // A snapshot that was read to its end is complete once any other operation has settled it.
        let settles_snapshot = mode.is_none()
            && resumed
            && record.resumed_from > 0
            && record.mode == SyncMode::Snapshot
            && record.read;
        let freezes = mode == Some(SyncMode::Snapshot) || settles_snapshot;
        let open_ends = resumed || record.leftovers;
        let ledger = Self {
            backend,
            record,
            seen: RowSet::default(),
            owners: OwnerTracker::default(),
            resumed,
            open_ends,
            leftovers: false,
            answered,
            calls,
            end: Durability::Immediate,
            whole,
            freezes,
            failed: AtomicBool::new(false),
        };
        let mut changes = ledger.changes();
        changes.forget_calls = forget;
        changes.after_run = Some(ledger.record.run - 1);
        ledger.commit(changes, Durability::Immediate).await?;
        Ok(ledger)
    }

    pub(in crate::sync) fn changes(&self) -> LedgerCommit {
        LedgerCommit {
            audience: Some(self.record.audience.clone()),
            run: Some(self.record.clone()),
            ..LedgerCommit::default()
        }
    }

    /// Writes all of `changes` or nothing. After a failure nothing more is written: the next run begins with what the
    /// store has.
    pub(in crate::sync) async fn commit(&self, changes: LedgerCommit, durability: Durability) -> Result<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Io, "sync", "a commit of this run has failed before"));
        }
        let done = self.backend.journal().commit(changes, durability).await;
        self.failed.store(done.is_err(), Ordering::Relaxed);
        done
    }

    pub(super) fn next_call(&mut self) -> u64 {
        self.record.last_call += 1;
        self.record.last_call
    }

    /// The number of a list of columns.
    pub(in crate::sync) fn columns(&mut self, keys: &KeyList) -> Result<u16> {
        let known = self.record.columns.iter().position(|known| known == keys);
        let index = known.unwrap_or_else(|| {
            self.record.columns.push(keys.clone());
            self.record.columns.len() - 1
        });
        u16::try_from(index).map_err(|_| Error::new(ErrorKind::Limit, "sync", "too many lists of columns"))
    }

    pub(in crate::sync) fn keys(&self, columns: u16) -> Result<&KeyList> {
        self.record.columns.get(usize::from(columns)).ok_or_else(damaged)
    }

    /// Returns `true` if the row is at Facebook for certain.
    pub(in crate::sync) fn is_confirmed(&self, row: &RowRecord) -> bool {
        self.record.confirms(row, &self.answered)
    }

    /// Overwrites rows, keeping the sums over all of them.
    pub(in crate::sync) async fn write(
        &mut self,
        rows: Vec<(RowDigest, Option<RowRecord>, Option<RowRecord>)>,
        durability: Durability,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let changes = self.enter(rows);
        self.commit(changes, durability).await
    }

    /// The changes that overwrite rows, before and after.
    pub(in crate::sync) fn enter(
        &mut self,
        rows: Vec<(RowDigest, Option<RowRecord>, Option<RowRecord>)>,
    ) -> LedgerCommit {
        let record = &mut self.record;
        let mut written = Vec::with_capacity(rows.len());
        for (digest, before, after) in rows {
            if let Some(before) = before {
                record.rows = record.rows.wrapping_sub(1);
                record.sum = record.sum.wrapping_sub(before.check(digest));
                record.digest_sum = record.digest_sum.wrapping_sub(digest.number());
            }
            if let Some(after) = &after {
                record.rows = record.rows.wrapping_add(1);
                record.sum = record.sum.wrapping_add(after.check(digest));
                record.digest_sum = record.digest_sum.wrapping_add(digest.number());
            }
            written.push((digest, after));
        }
        let mut changes = self.changes();
        changes.rows = written;
        changes
    }

    /// Makes the intent of a call durable, with everything staged before it.
    pub(super) async fn intend(&self, call: &CallRecord) -> Result<()> {
        let mut changes = self.changes();
        changes.calls.push(call.clone());
        self.commit(changes, Durability::Immediate).await
    }

    /// Notes the answer to a call, and forgets the rows that are not members after it.
    pub(in crate::sync) async fn settle(&mut self, call: CallRecord, gone: &[RowDigest]) -> Result<()> {
        let mut forgotten = Vec::with_capacity(gone.len());
        if let Some(ledger) = self.backend.ledger() {
            for chunk in gone.chunks(4_096) {
                let rows = ledger.rows(&self.record.audience, chunk).await?;
                for (&digest, row) in chunk.iter().zip(rows) {
                    // A row that was taken up again meanwhile belongs to a later call.
                    if row.as_ref().is_some_and(|row| row.call == call.call) {
                        // Its slot counts no more among those met, as the row counts no more.
                        row.iter().for_each(|row| self.seen.remove(row.slot));
                        forgotten.push((digest, row, None));
                    }
                }
            }
        }
        if call.operation != Operation::Remove {
            self.answered.insert(call.call);
        }
        let mut changes = self.enter(forgotten);
        changes.calls.push(call);
        // If the outcome is lost in a crash, the call is made again.
        let durability =
            if self.end == Durability::Immediate { Durability::Immediate } else { Durability::Deferred };
        self.commit(changes, durability).await
    }

    /// Ends the run: nothing is open, but for rows that Facebook did not remove.
    pub(in crate::sync) async fn finish(&mut self) -> Result<()> {
        self.record.finished = self.whole;
        self.record.leftovers = self.leftovers;
        if self.whole {
            self.record.read = true;
        }
        self.record.frozen |= self.freezes;
        self.record.acknowledged = self.record.last_call;
        self.commit(self.changes(), self.end).await
    }
}

/// The ledger holds something that this crate did not write.
pub(in crate::sync) fn damaged() -> Error {
    Error::new(ErrorKind::Corrupt, "ledger", "rows are damaged or missing; no member was removed")
        .with_help("restore a copy, or run with SyncMode::Replace and a new ledger")
}
