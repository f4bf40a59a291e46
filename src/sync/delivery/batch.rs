//! The life of one batch: the rows of one call, from the first row to the outcome.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::send::BatchRejections;
use crate::error::Result;
use crate::identity::{Cell, KeyList, MatchRow, MatchRows};
use crate::store::checksum::Checksum;
use crate::sync::digest::RowDigest;
use crate::sync::ledger::record::CallRecord;
use crate::sync::pipeline::prepare::Prepared;

/// Where a batch is in its life.
enum BatchState<'a> {
    /// Takes rows.
    Filling,
    /// Waits until its session has another batch, because the last call of a session is marked.
    Held,
    /// Its intent is durable, and its call is under way.
    InFlight(CallRecord, Answer<'a>),
    /// Its call has ended; the outcome is not durable yet.
    Landed(CallRecord, Result<BatchRejections>),
}

/// The answer to the call of a batch.
pub(super) type Answer<'a> = Pin<Box<dyn Future<Output = Result<BatchRejections>> + Send + 'a>>;

/// The rows of one call, where they came from, and how far the call is.
pub(super) struct UploadBatch<'a> {
    call: u64,
    columns: u16,
    /// Shared with the call while it is under way.
    rows: Arc<MatchRows>,
    /// For each row the contact it came from, counted from 1; 0 for a row of the ledger.
    records: Vec<u64>,
    /// For each row its digest; empty without a ledger.
    digests: Vec<RowDigest>,
    /// Contacts read when it was filled.
    read: u64,
    checksum: Checksum,
    state: BatchState<'a>,
}

impl<'a> UploadBatch<'a> {
    pub(super) fn new(call: u64, columns: u16, keys: &KeyList) -> Self {
        Self {
            call,
            columns,
            rows: Arc::new(MatchRows::new(keys.clone())),
            records: Vec::new(),
            digests: Vec::new(),
            read: 0,
            checksum: Checksum::default(),
            state: BatchState::Filling,
        }
    }

    /// Forgets its rows and keeps their memory, for another call with the same keys.
    pub(super) fn renew(&mut self, call: u64, columns: u16) {
        Arc::make_mut(&mut self.rows).clear();
        self.records.clear();
        self.digests.clear();
        (self.call, self.columns, self.read) = (call, columns, 0);
        (self.checksum, self.state) = (Checksum::default(), BatchState::Filling);
    }

    /// Takes rows of prepared contacts.
    pub(super) fn take(&mut self, prepared: &Prepared, range: Range<usize>) -> Result<()> {
        Arc::make_mut(&mut self.rows).push_rows(&prepared.rows, range.clone())?;
        range.clone().for_each(|index| self.add_to_checksum(prepared.rows.row(index)));
        let records = prepared.records.get(range.clone()).unwrap_or_default();
        self.records.extend(records.iter().map(|record| prepared.before + record));
        self.digests.extend(prepared.digests.get(range).unwrap_or_default());
        Ok(())
    }

    /// Takes a row of the ledger.
    pub(super) fn take_stored(&mut self, row: MatchRow<'_>, digest: RowDigest) -> Result<()> {
        Arc::make_mut(&mut self.rows).push_row(row)?;
        self.add_to_checksum(row);
        self.records.push(0);
        self.digests.push(digest);
        Ok(())
    }

    /// Digests are random, so the head of each, turned by its column, is as good as the whole row.
    fn add_to_checksum(&mut self, row: MatchRow<'_>) {
        let mut heads = 0_u64;
        for cell in row.cells() {
            let head = match cell {
                Cell::Empty => 1,
                Cell::Hash(hash) => {
                    let (head, _) = hash.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                    u64::from_le_bytes(*head)
                }
                Cell::Plain(text) | Cell::Json(text) => {
                    self.checksum.bytes(text.as_bytes());
                    2
                }
            };
            heads = heads.rotate_left(11) ^ head;
        }
        self.checksum.number(heads);
    }

    pub(super) fn call(&self) -> u64 {
        self.call
    }

    pub(super) fn columns(&self) -> u16 {
        self.columns
    }

    pub(super) fn rows(&self) -> &Arc<MatchRows> {
        &self.rows
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The number of rows and the checksum of all of them, by which a later run recognizes the batch.
    pub(super) fn content(&self) -> (u64, u64) {
        (self.rows.len() as u64, self.checksum.finish())
    }

    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Notes how many contacts were read when its rows were taken.
    pub(super) fn set_read(&mut self, contacts: u64) {
        self.read = contacts;
    }

    /// The contact that a row came from, counted from 1; `None` for a row of the ledger.
    pub(super) fn record_of(&self, row: usize) -> Option<u64> {
        self.records.get(row).copied().filter(|&record| record > 0)
    }

    pub(super) fn digests(&self) -> &[RowDigest] {
        &self.digests
    }

    /// From `Filling` to `Held`.
    pub(super) fn hold(&mut self) {
        self.state = BatchState::Held;
    }

    /// From `Held` to `InFlight`, once the intent is durable.
    pub(super) fn launch(&mut self, intent: CallRecord, answer: Answer<'a>) {
        self.state = BatchState::InFlight(intent, answer);
    }

    /// Lets its call go on; `true` once it has `Landed`.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> bool {
        match std::mem::replace(&mut self.state, BatchState::Held) {
            BatchState::InFlight(intent, mut answer) => match answer.as_mut().poll(context) {
                Poll::Ready(result) => self.state = BatchState::Landed(intent, result),
                Poll::Pending => self.state = BatchState::InFlight(intent, answer),
            },
            other => self.state = other,
        }
        self.has_landed()
    }

    pub(super) fn has_landed(&self) -> bool {
        matches!(self.state, BatchState::Landed(..))
    }

    /// Takes the outcome of a batch that has `Landed`: its intent, and the answer to it.
    pub(super) fn take_outcome(&mut self) -> Option<(CallRecord, Result<BatchRejections>)> {
        match std::mem::replace(&mut self.state, BatchState::Filling) {
            BatchState::Landed(intent, result) => Some((intent, result)),
            other => {
                self.state = other;
                None
            }
        }
    }
}
