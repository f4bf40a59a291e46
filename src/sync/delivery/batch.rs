//! One call: its rows, its session, its answer.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;

use crate::error::Result;
use crate::facebook::{
    AudienceId, BisectedUpload, FacebookClient, MemberOperation, Session, SessionId, Upload, upload_bisecting,
};
use crate::identity::{Cell, MatchKey, MatchRow, MatchRows};
use crate::sync::digest::RowDigest;
use crate::sync::ledger::record::{CallRecord, Mix, Operation};
use crate::sync::pipeline::prepare::Prepared;

/// The rows of one call, and where they came from.
#[derive(Debug)]
pub(in crate::sync) struct UploadBatch {
    pub(in crate::sync) call: u64,
    pub(in crate::sync) columns: u16,
    pub(in crate::sync) rows: MatchRows,
    /// For each row the contact it came from, counted from 1; empty when they come out of the ledger.
    pub(in crate::sync) records: Vec<u64>,
    pub(in crate::sync) prints: Vec<RowDigest>,
    /// Contacts read when it was filled.
    pub(in crate::sync) read: u64,
    digest: Mix,
}

impl UploadBatch {
    pub(in crate::sync) fn new(call: u64, columns: u16, keys: &Arc<[MatchKey]>) -> Self {
        Self {
            call,
            columns,
            rows: MatchRows::new(Arc::clone(keys)),
            records: Vec::new(),
            prints: Vec::new(),
            read: 0,
            digest: Mix::default(),
        }
    }

    /// Forgets its rows and keeps their memory, for another call of the same columns.
    pub(super) fn renew(&mut self, call: u64, columns: u16) {
        self.rows.clear();
        self.records.clear();
        self.prints.clear();
        (self.call, self.columns, self.read, self.digest) = (call, columns, 0, Mix::default());
    }

    /// Takes rows of a batch.
    pub(in crate::sync) fn take(&mut self, batch: &Prepared, range: Range<usize>) -> Result<()> {
        self.rows.push_rows(&batch.rows, range.clone())?;
        range.clone().for_each(|index| self.mix(batch.rows.row(index)));
        let records = batch.records.get(range.clone()).unwrap_or_default();
        self.records.extend(records.iter().map(|record| batch.before + record));
        self.prints.extend(batch.prints.get(range).unwrap_or_default());
        Ok(())
    }

    pub(in crate::sync) fn push(
        &mut self,
        row: MatchRow<'_>,
        record: u64,
        print: Option<RowDigest>,
    ) -> Result<()> {
        self.rows.push_row(row)?;
        self.mix(row);
        self.records.push(record);
        self.prints.extend(print);
        Ok(())
    }

    /// Digests are random, so the head of each, turned by its column, is as good as the whole row.
    fn mix(&mut self, row: MatchRow<'_>) {
        let mut heads = 0_u64;
        for cell in row.cells() {
            let head = match cell {
                Cell::Empty => 1,
                Cell::Hash(hash) => {
                    let (head, _) = hash.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                    u64::from_le_bytes(*head)
                }
                Cell::Plain(text) | Cell::Json(text) => {
                    self.digest.bytes(text.as_bytes());
                    2
                }
            };
            heads = heads.rotate_left(11) ^ head;
        }
        self.digest.number(heads);
    }

    pub(in crate::sync) fn digest(&self) -> u64 {
        self.digest.finish()
    }
}

/// Gives session ids that no other run gives: positive 63-bit numbers, unique within an ad account as Facebook asks.
#[derive(Debug)]
pub(in crate::sync) struct SessionIds {
    seed: RandomState,
    given: AtomicU64,
}

impl SessionIds {
    pub(in crate::sync) fn new() -> Self {
        Self { seed: RandomState::new(), given: AtomicU64::new(0) }
    }

    pub(in crate::sync) fn next(&self, now: OffsetDateTime) -> Result<SessionId> {
        let count = self.given.fetch_add(1, Ordering::Relaxed);
        let id = self.seed.hash_one((now.unix_timestamp_nanos(), count)) & (i64::MAX as u64);
        SessionId::new(id.max(1))
    }
}

/// What came of a call.
#[derive(Debug)]
pub(in crate::sync) struct CompletedBatch {
    pub(super) lane: usize,
    pub(in crate::sync) record: CallRecord,
    pub(in crate::sync) parcel: UploadBatch,
    pub(in crate::sync) result: Result<BatchRejections>,
}

/// The rows of a parcel that Facebook refused.
#[derive(Debug, Default)]
pub(in crate::sync) struct BatchRejections {
    pub(in crate::sync) count: u64,
    /// Index and reason, of those that are known.
    pub(in crate::sync) rows: Vec<(usize, String)>,
    /// Indices of the rows that Facebook took in no call at all: it does with them what it did before.
    pub(super) untaken: Vec<usize>,
    /// Calls made in all.
    pub(in crate::sync) calls: u64,
    /// The number of the next call of the session.
    pub(super) next_seq: u64,
}

/// Sends a parcel, in one call or, where that is too much or refused as a whole, in several of the same session; and
/// looks for refused rows that the answers leave out if `search` allows.
pub(in crate::sync) async fn send(
    client: &dyn FacebookClient,
    audience: &AudienceId,
    operation: Operation,
    parcel: &UploadBatch,
    session: Session,
    search: Option<Search<'_>>,
) -> Result<BatchRejections> {
    let whole = 0..parcel.rows.len();
    let upload = Upload::new(&parcel.rows, whole.clone(), session);
    let sent = upload_bisecting(client, operation.into(), audience, &upload).await?;
    let mut refused = BatchRejections {
        count: sent.num_invalid_entries + sent.refused.len() as u64,
        rows: joined(&sent),
        untaken: sent.refused.iter().filter_map(|entry| entry.row).collect(),
        calls: u64::from(sent.calls),
        next_seq: sent.next_batch_seq,
    };
    let Some(search) = search.filter(|_| operation == Operation::Add) else {
        return Ok(refused);
    };
    if refused.rows.len() as u64 >= refused.count {
        return Ok(refused);
    }
    refused.rows.clear();
    let most_calls = refused.calls + u64::from(search.most_calls);
    let mut open = vec![whole];
    while let Some(range) = open.pop() {
        let middle = range.start + range.len() / 2;
        for half in [range.start..middle, middle..range.end] {
            if half.is_empty() || refused.calls >= most_calls {
                continue;
            }
            let session = Session {
                id: search.ids.next(search.now)?,
                batch_seq: 1,
                last_batch: true,
                estimated_total: Some(half.len() as u64),
            };
            let upload = Upload::new(&parcel.rows, half.clone(), session);
            // Adding again is harmless, so is a search that is cut short: what it found stays found.
            let found = upload_bisecting(client, operation.into(), audience, &upload).await;
            refused.calls += found.as_ref().map_or(1, |found| u64::from(found.calls));
            let Ok(found) = found else { continue };
            let known = joined(&found);
            let count = found.num_invalid_entries + found.refused.len() as u64;
            if (known.len() as u64) < count && half.len() > 1 {
                open.push(half);
            } else {
                refused.rows.extend(known);
            }
        }
    }
    refused.rows.sort_unstable();
    refused.rows.dedup();
    Ok(refused)
}

/// How far to search for refused rows.
#[derive(Debug, Clone, Copy)]
pub(in crate::sync) struct Search<'a> {
    pub(in crate::sync) ids: &'a SessionIds,
    pub(in crate::sync) most_calls: u32,
    pub(in crate::sync) now: OffsetDateTime,
}

fn joined(sent: &BisectedUpload) -> Vec<(usize, String)> {
    let named = sent.refused.iter().chain(&sent.invalid_entry_samples);
    named.filter_map(|entry| entry.row.map(|row| (row, entry.reason.clone()))).collect()
}

impl From<Operation> for MemberOperation {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Add => Self::Add,
            Operation::Remove => Self::Remove,
            Operation::Replace => Self::Replace,
        }
    }
}
