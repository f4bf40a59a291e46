//! One call: its rows, its session, its answer.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;

use super::person::Fingerprint;
use super::record::{CallRecord, Mix, Operation};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::{AudienceId, FacebookClient, Session, SessionId, Upload, UploadReceipt};
use crate::identity::{Cell, MatchKey, MatchRow, MatchRows};

/// The rows of one call, and where they came from.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) call: u64,
    pub(super) columns: u16,
    pub(super) rows: MatchRows,
    /// For each row the contact it came from, counted from 1; empty when they come out of the ledger.
    pub(super) records: Vec<u64>,
    pub(super) prints: Vec<Fingerprint>,
    /// Contacts read when it was filled.
    pub(super) read: u64,
    digest: Mix,
}

impl Parcel {
    pub(super) fn new(call: u64, columns: u16, keys: &Arc<[MatchKey]>) -> Self {
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

    pub(super) fn push(&mut self, row: MatchRow<'_>, record: u64, print: Option<Fingerprint>) -> Result<()> {
        self.rows.push_row(row)?;
        for cell in row.cells() {
            match cell {
                Cell::Empty => self.digest.number(0),
                // A digest is as good as its head here.
                Cell::Hash(hash) => {
                    let (head, _) = hash.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                    self.digest.number(u64::from_le_bytes(*head));
                }
                Cell::Plain(text) | Cell::Json(text) => self.digest.bytes(text.as_bytes()),
            }
        }
        self.records.push(record);
        self.prints.extend(print);
        Ok(())
    }

    pub(super) fn digest(&self) -> u64 {
        self.digest.finish()
    }
}

/// Gives session ids that no other run gives: positive 63-bit numbers, unique within an ad account as Facebook asks.
#[derive(Debug)]
pub(super) struct SessionIds {
    seed: RandomState,
    given: AtomicU64,
}

impl SessionIds {
    pub(super) fn new() -> Self {
        Self { seed: RandomState::new(), given: AtomicU64::new(0) }
    }

    pub(super) fn next(&self, now: OffsetDateTime) -> Result<SessionId> {
        let count = self.given.fetch_add(1, Ordering::Relaxed);
        let id = self.seed.hash_one((now.unix_timestamp_nanos(), count)) & (i64::MAX as u64);
        SessionId::new(id.max(1))
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Landed {
    pub(super) lane: usize,
    pub(super) record: CallRecord,
    pub(super) parcel: Parcel,
    pub(super) result: Result<Refused>,
}

/// The rows of a call that Facebook refused.
#[derive(Debug, Default)]
pub(super) struct Refused {
    pub(super) count: u64,
    /// Index and reason, of those that are known.
    pub(super) rows: Vec<(usize, String)>,
    /// Calls made in all.
    pub(super) calls: u64,
}

/// Sends one call, and looks for refused rows that the answer leaves out if `search` allows.
pub(super) async fn send(
    client: &dyn FacebookClient,
    audience: &AudienceId,
    operation: Operation,
    parcel: &Parcel,
    session: Session,
    search: Option<Search<'_>>,
) -> Result<Refused> {
    let whole = 0..parcel.rows.len();
    let upload = Upload { rows: &parcel.rows, range: whole.clone(), session };
    let receipt = verb(client, audience, operation, &upload).await?;
    let mut refused = Refused { count: receipt.num_invalid_entries, rows: joined(&receipt), calls: 1 };
    let Some(search) = search.filter(|_| operation == Operation::Add) else {
        return Ok(refused);
    };
    if refused.rows.len() as u64 >= refused.count {
        return Ok(refused);
    }
    refused.rows.clear();
    let mut open = vec![whole];
    while let Some(range) = open.pop() {
        let middle = range.start + range.len() / 2;
        for half in [range.start..middle, middle..range.end] {
            if half.is_empty() || refused.calls > u64::from(search.most_calls) {
                continue;
            }
            refused.calls += 1;
            let session = Session {
                id: search.ids.next(search.now)?,
                batch_seq: 1,
                last_batch: true,
                estimated_total: Some(half.len() as u64),
            };
            let upload = Upload { rows: &parcel.rows, range: half.clone(), session };
            // Adding again is harmless, so is a search that is cut short: what it found stays found.
            let Ok(receipt) = verb(client, audience, operation, &upload).await else { continue };
            let known = joined(&receipt);
            if (known.len() as u64) < receipt.num_invalid_entries && half.len() > 1 {
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
pub(super) struct Search<'a> {
    pub(super) ids: &'a SessionIds,
    pub(super) most_calls: u32,
    pub(super) now: OffsetDateTime,
}

async fn verb(
    client: &dyn FacebookClient,
    audience: &AudienceId,
    operation: Operation,
    upload: &Upload<'_>,
) -> Result<UploadReceipt> {
    let receipt = match operation {
        Operation::Add => client.add_users(audience, upload).await,
        Operation::Remove => client.remove_users(audience, upload).await,
        Operation::Replace => client.replace_users(audience, upload).await,
    }?;
    // The count is of the call or of the session so far; none at all is not an answer to these rows.
    if receipt.num_received == 0 && !upload.range.is_empty() {
        return Err(Error::new(ErrorKind::Decode, "upload", "an answer that counts no rows").retryable(true));
    }
    Ok(receipt)
}

fn joined(receipt: &UploadReceipt) -> Vec<(usize, String)> {
    receipt
        .invalid_entry_samples
        .iter()
        .filter_map(|entry| entry.row.map(|row| (row, entry.reason.clone())))
        .collect()
}
