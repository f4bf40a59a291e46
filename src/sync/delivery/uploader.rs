//! Sends rows in batches: the intent durable before each call, the outcome after it.

use std::collections::HashSet;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;

use super::audience_ledger::{AudienceLedger, damaged};
use super::batch::UploadBatch;
use super::send::{BatchRejections, Search, send};
use super::session_ids::SessionIds;
use super::sessions::UploadSessions;
use super::staging::{Staged, stage};
use super::stored_rows::load;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::facebook::{AudienceId, FacebookClient};
use crate::identity::KeyList;
use crate::sync::cancel::CancelToken;
use crate::sync::digest::RowDigest;
use crate::sync::ledger::record::{CallRecord, Operation, RowRecord};
use crate::sync::ledger::run_gate::RunGate;
use crate::sync::ledger::traits::Durability;
use crate::sync::pipeline::prepare::Prepared;
use crate::sync::report::counts::{CallCounts, RejectedRow, RowCounts};
use crate::sync::report::progress::StageMeter;
use crate::sync::report::sync_report::SyncReport;
use crate::sync::target::SyncMode;

/// The client, clock and limits of uploads to one audience.
pub(in crate::sync) struct UploadContext<'a> {
    pub(in crate::sync) client: &'a dyn FacebookClient,
    pub(in crate::sync) clock: &'a dyn Clock,
    pub(in crate::sync) audience: &'a AudienceId,
    pub(in crate::sync) session_ids: &'a SessionIds,
    /// Concurrent sessions.
    pub(in crate::sync) sessions: usize,
    /// Rows of a call, at most.
    pub(in crate::sync) rows_per_call: usize,
    pub(in crate::sync) search_calls: Option<u32>,
    pub(in crate::sync) cancel: Option<CancelToken<'a>>,
    /// Where answers are shown.
    pub(in crate::sync) meter: Option<&'a StageMeter>,
}

/// Uploads rows with one operation. After an error, [`abandon`](Self::abandon) notes what is still under way.
pub(in crate::sync) struct Uploader<'a> {
    context: &'a UploadContext<'a>,
    pub(in crate::sync) ledger: &'a mut AudienceLedger,
    operation: Operation,
    sessions: UploadSessions<'a>,
    /// The batch that takes the next rows of contacts.
    filling: Option<UploadBatch<'a>>,
    /// Batches whose calls were answered, for their memory: fresh pages for each call cost as much as hashing a row.
    spare: Vec<UploadBatch<'a>>,
    /// The contents of answered batches of the interrupted run, where only a journal knows them.
    sent_before: HashSet<(u64, u64)>,
    /// Counts of the calls, and of the rows in them.
    pub(in crate::sync) calls: CallCounts,
    /// Counts of the rows of contacts.
    pub(in crate::sync) rows: RowCounts,
    pub(in crate::sync) rejected: Vec<RejectedRow>,
    failed: Option<Error>,
    /// True if the contacts need not be read again once their last batch is on its way.
    reads_contacts_once: bool,
    /// True if the first call replaces all members.
    pub(in crate::sync) wipes_members: bool,
    /// True once the first call of a replacement is on its way or was answered.
    replacing: bool,
}

impl<'a> Uploader<'a> {
    pub(in crate::sync) fn new(
        context: &'a UploadContext<'a>,
        ledger: &'a mut AudienceLedger,
        operation: Operation,
    ) -> Self {
        let sessions = if operation == Operation::Replace { 1 } else { context.sessions };
        Self {
            context,
            ledger,
            operation,
            sessions: UploadSessions::new(sessions),
            filling: None,
            spare: Vec::new(),
            sent_before: HashSet::new(),
            calls: CallCounts::default(),
            rows: RowCounts::default(),
            rejected: Vec::new(),
            failed: None,
            reads_contacts_once: false,
            wipes_members: false,
            replacing: false,
        }
    }

    /// Uploads the contacts of a run, in the sessions of the run that it continues.
    pub(in crate::sync) fn of_contacts(
        context: &'a UploadContext<'a>,
        ledger: &'a mut AudienceLedger,
        mode: SyncMode,
        keys: &KeyList,
    ) -> Result<Self> {
        let replaces = mode == SyncMode::Replace;
        let columns = ledger.columns(keys)?;
        let operation = if replaces { Operation::Replace } else { Operation::Add };
        let mut uploader = Self::new(context, ledger, operation);
        let ledger = &mut *uploader.ledger;
        let remembers_rows = ledger.backend.ledger().is_some();
        let continued = || ledger.calls.iter().filter(|call| call.run >= ledger.record.resumed_from);
        // A replacement goes on with its columns only, and only where members that left meanwhile can be found.
        let resumes = |call: &&CallRecord| !replaces || (remembers_rows && call.columns == columns);
        // Once its first call was answered the others are wiped: what is left fits its session, or is added.
        let begun = continued()
            .filter(resumes)
            .any(|call| call.operation == Operation::Replace && call.rejected.is_some());
        uploader.sessions.resume(continued().filter(resumes), operation, context.clock.now());
        uploader.wipes_members = replaces && !begun;
        uploader.replacing = replaces && begun;
        // A replacement that is not over goes on in its session, and so it reads the contacts again.
        uploader.reads_contacts_once = !replaces;
        if uploader.wipes_members {
            // No earlier call confirms a row any more.
            ledger.record.replaced_at = ledger.record.last_call + 1;
        } else if !remembers_rows {
            let answered = continued().filter(|call| call.rejected.is_some());
            uploader.sent_before = answered.map(|call| (call.rows, call.digest)).collect();
        }
        Ok(uploader)
    }

    pub(in crate::sync) fn rows_per_call(&self) -> usize {
        self.context.rows_per_call
    }

    fn removes(&self) -> bool {
        self.operation == Operation::Remove
    }

    /// Returns an empty batch with room for a full call.
    fn batch(&mut self, columns: u16, keys: &KeyList) -> UploadBatch<'a> {
        let call = self.ledger.next_call();
        let spare = self.spare.iter().position(|batch| batch.rows().keys() == keys);
        match spare.map(|index| self.spare.swap_remove(index)) {
            Some(mut batch) => {
                batch.renew(call, columns);
                batch
            }
            None => UploadBatch::new(call, columns, keys),
        }
    }

    /// Stages the rows of contacts, and sends each batch that they fill.
    pub(in crate::sync) async fn push(&mut self, prepared: &Prepared) -> Result<()> {
        let mut from = 0;
        while from < prepared.rows.len() {
            let mut batch = match self.filling.take() {
                Some(batch) => batch,
                None => {
                    let columns = self.ledger.columns(prepared.rows.keys())?;
                    self.batch(columns, prepared.rows.keys())
                }
            };
            let room = self.context.rows_per_call - batch.len();
            let range = from..prepared.rows.len().min(from + room);
            from = range.end;
            let staged = stage(self.ledger, prepared, range.clone(), batch.call()).await?;
            let mut at = range.start;
            for run in staged.chunk_by(|one, next| one == next) {
                let rows = at..at + run.len();
                at = rows.end;
                match run.first() {
                    Some(Staged::Duplicate) => self.rows.duplicates += run.len() as u64,
                    Some(Staged::Unchanged) => self.rows.unchanged += run.len() as u64,
                    Some(Staged::Fresh) => batch.take(prepared, rows)?,
                    None => {}
                }
            }
            batch.set_read(prepared.read());
            if batch.len() < self.context.rows_per_call {
                self.filling = Some(batch);
            } else {
                self.queue_once(batch).await?;
            }
        }
        // The calls under way go on, without waiting for any.
        self.drive_while(ready(())).await?;
        self.note_landed().await
    }

    /// Sends rows of the ledger, at most as many as a call takes: one batch for each list of columns.
    pub(in crate::sync) async fn push_stored(&mut self, digests: &[RowDigest]) -> Result<()> {
        for (records, rows, columns) in load(self.ledger, digests).await? {
            if self.removes() && records.iter().any(|(_, row)| !row.owners.is_empty()) {
                // Found by its slot as unwanted, and by its digest as wanted: two rows where one should be.
                return Err(damaged());
            }
            let mut batch = self.batch(columns, rows.keys());
            for (row, (digest, _)) in rows.iter().zip(&records) {
                batch.take_stored(row, *digest)?;
            }
            let changed = records.into_iter().map(|(digest, row)| {
                let next = RowRecord { call: batch.call(), ..row.clone() };
                (digest, Some(row), Some(next))
            });
            let changed = changed.collect();
            self.ledger.write(changed, Durability::Deferred).await?;
            self.queue(batch).await?;
        }
        Ok(())
    }

    /// Sends what is filled or held, each as the last call of its session, and waits for every outcome.
    pub(in crate::sync) async fn finish(&mut self) -> Result<()> {
        if let Some(batch) = self.filling.take()
            && let Err(error) = self.queue_once(batch).await
        {
            self.abandon().await;
            return Err(error);
        }
        self.ledger.record.read |= self.reads_contacts_once;
        while self.sessions.holds_any() || self.sessions.any_in_flight() {
            self.note_landed().await?;
            match self.sessions.take_held() {
                Some((slot, batch)) => self.start(slot, batch, true).await?,
                None => self.wait().await?,
            }
        }
        Ok(())
    }

    /// Waits for the calls under way and notes their outcomes as far as the store takes them. Sends no more.
    pub(in crate::sync) async fn abandon(&mut self) {
        // The error that came before is the one to return.
        let _ = self.drain().await;
    }

    /// Waits for `other` while calls go on and their outcomes are noted.
    pub(in crate::sync) async fn drive_while<T>(&mut self, other: impl Future<Output = T>) -> Result<T> {
        let mut other = pin!(other);
        loop {
            if let Some(done) = self.sessions.drive_while(other.as_mut()).await {
                return Ok(done);
            }
            self.note_landed().await?;
        }
    }

    /// Sends a batch of contacts, unless a journal knows that it was sent before.
    async fn queue_once(&mut self, batch: UploadBatch<'a>) -> Result<()> {
        let content = batch.content();
        if self.sent_before.contains(&content) {
            self.rows.sent_before += content.0;
            self.spare.push(batch);
            return Ok(());
        }
        self.rows.fresh += content.0;
        self.queue(batch).await
    }

    /// Waits until a session takes the batch, and sends the one that session has held so far.
    async fn queue(&mut self, batch: UploadBatch<'a>) -> Result<()> {
        if batch.len() == 0 {
            return Ok(());
        }
        if let Some(Err(cancelled)) = self.context.cancel.map(CancelToken::check) {
            self.drain().await?;
            return Err(cancelled);
        }
        let slot = loop {
            self.note_landed().await?;
            match self.sessions.free_slot() {
                Some(slot) => break slot,
                None => self.wait().await?,
            }
        };
        match self.sessions.hold(slot, batch) {
            Some(held) => self.start(slot, held, false).await,
            None => Ok(()),
        }
    }

    /// Makes the intent of a batch durable and starts its call.
    async fn start(&mut self, slot: usize, mut batch: UploadBatch<'a>, last: bool) -> Result<()> {
        let context = self.context;
        let now = context.clock.now();
        let id = context.session_ids.next(now)?;
        // The first call of another session would wipe what this one has sent, so what does not fit is added.
        // Source: customer-file guide, "Replace users", developers.facebook.com (read 2026-09-12).
        if self.replacing && self.sessions.is_over(slot, now) {
            self.operation = Operation::Add;
        }
        let operation = self.operation;
        let closes = operation == Operation::Replace && self.sessions.is_late(slot, now);
        let (session, opened) = self.sessions.place(slot, batch.columns(), last || closes, now, id);
        self.replacing |= operation == Operation::Replace;
        let (rows, digest) = batch.content();
        let intent = CallRecord {
            audience: context.audience.clone(),
            call: batch.call(),
            run: self.ledger.record.run,
            operation,
            session,
            opened,
            columns: batch.columns(),
            rows,
            digest,
            read: batch.read(),
            rejected: None,
        };
        self.ledger.intend(&intent).await?;
        if closes {
            self.operation = Operation::Add;
        }
        let (rows, gate) =
            (Arc::clone(batch.rows()), RunGate::new(self.ledger.backend.clone(), &self.ledger.record));
        let answer = async move {
            let search =
                context.search_calls.map(|most_calls| Search { ids: context.session_ids, most_calls, now });
            send(context.client, context.audience, operation, &rows, session, search, &gate).await
        };
        batch.launch(intent, Box::pin(answer));
        self.sessions.start(slot, batch);
        Ok(())
    }

    async fn drain(&mut self) -> Result<()> {
        loop {
            while let Some((batch, call, result)) = self.sessions.take_landed() {
                self.complete(batch, call, result).await?;
            }
            if !self.sessions.landed().await {
                return Ok(());
            }
        }
    }

    async fn wait(&mut self) -> Result<()> {
        self.sessions.landed().await;
        self.note_landed().await
    }

    /// Notes the outcomes of batches that have landed.
    async fn note_landed(&mut self) -> Result<()> {
        while let Some((batch, call, result)) = self.sessions.take_landed() {
            self.complete(batch, call, result).await?;
        }
        let Some(error) = self.failed.take() else { return Ok(()) };
        // The other calls are under way already: their outcomes are worth knowing.
        self.drain().await?;
        Err(error)
    }

    /// Makes the outcome of a batch durable.
    async fn complete(
        &mut self,
        batch: UploadBatch<'a>,
        mut call: CallRecord,
        result: Result<BatchRejections>,
    ) -> Result<()> {
        let answer = match result {
            Ok(answer) => answer,
            Err(error) => {
                self.failed.get_or_insert(error);
                return Ok(());
            }
        };
        self.calls.calls += answer.calls;
        self.calls.sent += call.rows;
        if let Some(meter) = self.context.meter {
            meter.answered(call.rows, self.removes(), self.context.clock.now());
        }
        let rejected = answer.count.min(call.rows);
        self.calls.rejected += rejected;
        self.calls.accepted += call.rows - rejected;
        call.rejected = Some(rejected);
        match answer.next_seq.checked_sub(1) {
            // The number from which a later run goes on.
            Some(last @ 1..) => call.session.batch_seq = last,
            // Facebook took nothing, so there is no session to go on with.
            _ => call.session.last_batch = true,
        }
        for (row, reason) in &answer.rows {
            if self.rejected.len() < SyncReport::MAX_REJECTED_ROWS {
                self.rejected.push(RejectedRow { record: batch.record_of(*row), reason: reason.clone() });
            }
        }
        let gone: Vec<_> = if self.removes() {
            // A row that no call took may still be in the audience: the next run removes it again.
            self.ledger.leftovers |= !answer.untaken.is_empty();
            let taken = |(index, digest)| (!answer.untaken.contains(&index)).then_some(digest);
            batch.digests().iter().copied().enumerate().filter_map(taken).collect()
        } else {
            answer.rows.iter().filter_map(|(row, _)| batch.digests().get(*row).copied()).collect()
        };
        self.spare.push(batch);
        self.ledger.settle(call, &gone).await
    }
}
