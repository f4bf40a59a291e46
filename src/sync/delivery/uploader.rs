//! Sends parcels: intent before, outcome after, and counts.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use super::audience_ledger::AudienceLedger;
use super::batch::{CompletedBatch, Search, SessionIds, UploadBatch, send};
use super::sessions::UploadSessions;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::facebook::{AudienceId, FacebookClient};
use crate::identity::MatchKey;
use crate::sync::engine::CancelToken;
use crate::sync::ledger::record::{CallRecord, Operation};
use crate::sync::progress::StageMeter;
use crate::sync::report::{CallCounts, RejectedRow, SyncReport};

/// What every upload of an engine needs.
pub(in crate::sync) struct Sender<'a> {
    pub(in crate::sync) client: &'a dyn FacebookClient,
    pub(in crate::sync) clock: &'a dyn Clock,
    pub(in crate::sync) audience: &'a AudienceId,
    pub(in crate::sync) ids: &'a Arc<SessionIds>,
    pub(in crate::sync) lanes: usize,
    /// Most rows of a call.
    pub(in crate::sync) rows: usize,
    pub(in crate::sync) search_calls: Option<u32>,
    pub(in crate::sync) stop: Option<CancelToken<'a>>,
    /// Where answers are told.
    pub(in crate::sync) meter: Option<&'a StageMeter>,
}

/// Uploads of one operation.
pub(in crate::sync) struct Uploader<'a> {
    pub(in crate::sync) sender: &'a Sender<'a>,
    operation: Operation,
    pub(in crate::sync) lanes: UploadSessions<'a>,
    pub(in crate::sync) counts: CallCounts,
    pub(in crate::sync) rejected: Vec<RejectedRow>,
    failed: Option<Error>,
    /// Parcels of calls that were answered, for their memory: fresh pages for each call cost as much as hashing a row.
    spare: Vec<UploadBatch>,
    /// True once the first call of a replacement is on its way or was answered.
    pub(in crate::sync) replacing: bool,
}

impl<'a> Uploader<'a> {
    pub(in crate::sync) fn new(sender: &'a Sender<'a>, operation: Operation) -> Self {
        let lanes = if operation == Operation::Replace { 1 } else { sender.lanes };
        Self {
            sender,
            operation,
            lanes: UploadSessions::new(lanes),
            counts: CallCounts::default(),
            rejected: Vec::new(),
            failed: None,
            spare: Vec::new(),
            replacing: false,
        }
    }

    /// True when it takes members out.
    pub(in crate::sync) fn removes(&self) -> bool {
        self.operation == Operation::Remove
    }

    /// An empty parcel with room for a full call.
    pub(in crate::sync) fn parcel(&mut self, call: u64, columns: u16, keys: &Arc<[MatchKey]>) -> UploadBatch {
        let spare = self.spare.iter().position(|parcel| parcel.rows.keys() == keys);
        match spare.map(|at| self.spare.swap_remove(at)) {
            Some(mut parcel) => {
                parcel.renew(call, columns);
                parcel
            }
            None => UploadBatch::new(call, columns, keys),
        }
    }

    /// Takes a parcel, and waits until there is room for it.
    pub(in crate::sync) async fn give(
        &mut self,
        book: &mut AudienceLedger,
        parcel: UploadBatch,
    ) -> Result<()> {
        if parcel.rows.is_empty() {
            return Ok(());
        }
        if let Some(Err(stopped)) = self.sender.stop.map(CancelToken::check) {
            self.drain(book).await?;
            return Err(stopped);
        }
        let lane = loop {
            self.collect(book).await?;
            match self.lanes.ready() {
                Some(lane) => break lane,
                None => self.wait(book).await?,
            }
        };
        match self.lanes.put(lane, parcel) {
            Some(held) => self.launch(book, lane, held, false).await,
            None => Ok(()),
        }
    }

    /// Sends what is held back, each as the last call of its session, and waits for every answer.
    pub(in crate::sync) async fn close(&mut self, book: &mut AudienceLedger) -> Result<()> {
        while self.lanes.holds_any() || self.lanes.under_way() {
            self.collect(book).await?;
            match self.lanes.take_held() {
                Some((lane, parcel)) => self.launch(book, lane, parcel, true).await?,
                None => self.wait(book).await?,
            }
        }
        Ok(())
    }

    /// Waits for the calls under way and notes their outcomes, and sends no more.
    pub(in crate::sync) async fn drain(&mut self, book: &mut AudienceLedger) -> Result<()> {
        while let Some(landed) = self.lanes.next().await {
            self.land(book, landed).await?;
        }
        Ok(())
    }

    /// Notes the calls that have landed.
    pub(in crate::sync) async fn collect(&mut self, book: &mut AudienceLedger) -> Result<()> {
        while let Some(landed) = self.lanes.landed() {
            self.land(book, landed).await?;
        }
        self.stop_if_failed(book).await
    }

    async fn wait(&mut self, book: &mut AudienceLedger) -> Result<()> {
        if let Some(landed) = self.lanes.next().await {
            self.land(book, landed).await?;
        }
        self.stop_if_failed(book).await
    }

    async fn stop_if_failed(&mut self, book: &mut AudienceLedger) -> Result<()> {
        match self.failed.take() {
            None => Ok(()),
            Some(error) => {
                // The other calls are under way already: their outcomes are worth knowing.
                while let Some(landed) = self.lanes.next().await {
                    self.land(book, landed).await?;
                }
                Err(error)
            }
        }
    }

    async fn launch(
        &mut self,
        book: &mut AudienceLedger,
        lane: usize,
        parcel: UploadBatch,
        last: bool,
    ) -> Result<()> {
        let now = self.sender.clock.now();
        let id = self.sender.ids.next(now)?;
        // The first call of another session would wipe what this one has sent, so what does not fit is added.
        // Source: customer-file guide, "Replace users", developers.facebook.com (read 2026-09-12).
        if self.replacing && self.lanes.is_over(lane, now) {
            self.operation = Operation::Add;
        }
        let closes = self.operation == Operation::Replace && self.lanes.is_late(lane, now);
        let (session, opened) = self.lanes.place(lane, parcel.columns, last || closes, now, id);
        self.replacing |= self.operation == Operation::Replace;
        let record = CallRecord {
            audience: self.sender.audience.clone(),
            call: parcel.call,
            run: book.record.run,
            operation: self.operation,
            session,
            opened,
            columns: parcel.columns,
            rows: parcel.rows.len() as u64,
            digest: parcel.digest(),
            read: parcel.read,
            rejected: None,
        };
        book.intend(&record).await?;
        let (sender, operation) = (self.sender, record.operation);
        if closes {
            self.operation = Operation::Add;
        }
        self.lanes.start(
            lane,
            Box::pin(async move {
                let search =
                    sender.search_calls.map(|most_calls| Search { ids: sender.ids, most_calls, now });
                let result = send(sender.client, sender.audience, operation, &parcel, session, search).await;
                CompletedBatch { lane, record, parcel, result }
            }),
        );
        Ok(())
    }

    async fn land(&mut self, book: &mut AudienceLedger, landed: CompletedBatch) -> Result<()> {
        let CompletedBatch { mut record, parcel, result, .. } = landed;
        let refused = match result {
            Ok(refused) => refused,
            Err(error) => {
                self.failed.get_or_insert(error);
                return Ok(());
            }
        };
        self.counts.calls += refused.calls;
        self.counts.sent += record.rows;
        if let Some(meter) = self.sender.meter {
            meter.answered(record.rows, self.removes(), self.sender.clock.now());
        }
        let rejected = refused.count.min(record.rows);
        self.counts.rejected += rejected;
        self.counts.accepted += record.rows - rejected;
        record.rejected = Some(rejected);
        match refused.next_seq.checked_sub(1) {
            // The number from which a later run goes on.
            Some(last @ 1..) => record.session.batch_seq = last,
            // Facebook took nothing, so there is no session to go on with.
            _ => record.session.last_batch = true,
        }
        for (row, reason) in &refused.rows {
            if self.rejected.len() < SyncReport::MAX_REJECTED_ROWS {
                let known = parcel.records.get(*row).copied().filter(|&record| record > 0);
                self.rejected.push(RejectedRow { record: known, reason: reason.clone() });
            }
        }
        let gone: Vec<_> = if self.removes() {
            // A row that no call took may still be in the audience: the next run removes it again.
            book.leftovers |= !refused.untaken.is_empty();
            let taken = |(index, print)| (!refused.untaken.contains(&index)).then_some(print);
            parcel.prints.iter().copied().enumerate().filter_map(taken).collect()
        } else {
            refused.rows.iter().filter_map(|(row, _)| parcel.prints.get(*row).copied()).collect()
        };
        self.spare.push(parcel);
        book.settle(record, &gone).await
    }

    /// Waits for `other`, while calls go on and their outcomes are noted.
    pub(in crate::sync) async fn alongside<T>(
        &mut self,
        book: &mut AudienceLedger,
        other: impl Future<Output = T>,
    ) -> Result<T> {
        let mut other = pin!(other);
        loop {
            if let Some(done) = self.lanes.alongside(other.as_mut()).await {
                return Ok(done);
            }
            self.collect(book).await?;
        }
    }

    /// Lets the calls under way go on, without waiting for any.
    pub(in crate::sync) async fn nudge(&mut self, book: &mut AudienceLedger) -> Result<()> {
        self.alongside(book, std::future::ready(())).await?;
        self.collect(book).await
    }
}
