//! A run, from the first contact to the last answer.

use std::collections::HashSet;

use super::delivery::audience_ledger::{AudienceLedger, Staged};
use super::delivery::batch::UploadBatch;
use super::delivery::removal::{settle, survey};
use super::delivery::uploader::{Sender, Uploader};
use super::engine::{CancelToken, SyncEngine};
use super::ledger::record::{CallRecord, Operation, RowRecord};
use super::ledger::traits::Durability;
use super::pipeline::prepare::Prepared;
use super::pipeline::reader::RowReader;
use super::plan::SyncPlan;
use super::preflight::refuse_unread;
use super::progress::{Progress, RunStage, StageMeter};
use super::report::SyncReport;
use super::target::{SyncMode, SyncTarget};
use crate::error::{Error, ErrorKind, Result};

impl SyncEngine {
    /// Brings an audience in step with its contacts, continuing a run that was cut short.
    ///
    /// Cancel safety: dropped at any point, the next run goes on.
    ///
    /// # Errors
    /// [`ErrorKind::Guard`] before anybody is removed, when too many would be; [`ErrorKind::TooSmall`] before anything
    /// is sent, when the target refuses so few people; [`ErrorKind::Corrupt`] before anybody is removed, when the
    /// ledger is damaged; [`ErrorKind::Cancelled`] after [`cancel`](Self::cancel); what the source, the store and Facebook
    /// refuse. After any of them the next run goes on where this one stopped.
    pub async fn run(&self, target: impl Into<SyncTarget>) -> Result<SyncReport> {
        let target = target.into();
        self.run_expecting(&target, None).await
    }

    /// Does what a plan says, judged at the plan's time, and nothing else.
    ///
    /// It reads the contacts twice, to hold them against the plan and to send them: let nothing change them in between,
    /// such as by a file of their own or a snapshot of the database.
    ///
    /// # Errors
    /// [`ErrorKind::Guard`] before anything is sent, when contacts or members have changed since the plan was made; as
    /// [`run`](Self::run) otherwise.
    pub async fn apply(&self, target: impl Into<SyncTarget>, plan: &SyncPlan) -> Result<SyncReport> {
        let target = target.into();
        self.run_expecting(&target, Some(plan)).await
    }

    async fn run_expecting(&self, target: &SyncTarget, plan: Option<&SyncPlan>) -> Result<SyncReport> {
        let stop = self.stop_signal();
        let _lease = self.store.lease(&target.audience)?;
        let mut watched = self.watch.begin();
        let now = plan.map_or_else(|| self.clock.now(), |plan| plan.now);
        if matches!(target.mode, SyncMode::Mirror | SyncMode::Remove) {
            self.store.require_ledger("sync")?;
        }
        if target.segments.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::new(ErrorKind::Invalid, "sync", "the audience is fed by automation alone")
                .expected("a group of contacts, or SyncTarget::segment(..) with Mode::Add to fill in who matches already"));
        }
        self.refuse_beforehand(target, now, plan).await?;
        let book = AudienceLedger::open(
            self.store.clone(),
            &target.audience,
            Some(target.mode),
            now,
            self.secret.check(),
        )
        .await?;
        let mut run = Run::new(self, target, book, stop);
        let report = match run.go().await {
            Ok(report) => report,
            Err(error) => return Err(error.after(run.report.sent())),
        };
        watched.finish(Progress {
            stage: RunStage::Done,
            done: report.contacts.read,
            total: Some(report.contacts.read),
            answered: report.added.sent + report.removed.sent,
            rate: None,
            predicted_end: None,
        });
        Ok(report)
    }
}

/// True when Facebook says that a replacement went wrong and its list is not whole.
///
/// Source: customer-file guide, "Replace users, error codes", developers.facebook.com (read 2026-09-12).
fn must_begin_again(error: &Error) -> bool {
    error.api().is_some_and(|api| (api.code, api.subcode) == (2_650, Some(1_870_148)))
}

struct Run<'e> {
    engine: &'e SyncEngine,
    target: &'e SyncTarget,
    book: AudienceLedger,
    report: SyncReport,
    stop: CancelToken<'e>,
    /// Calls of the interrupted run that a journal alone knows, by rows and digest.
    sent_before: HashSet<(u64, u64)>,
}

impl<'e> Run<'e> {
    fn new(
        engine: &'e SyncEngine,
        target: &'e SyncTarget,
        book: AudienceLedger,
        stop: CancelToken<'e>,
    ) -> Self {
        let mut report =
            SyncReport::new(target.audience.clone(), target.mode, book.record.run, book.record.now);
        report.resumed = book.resumed;
        report.waiver = engine.consent.waiver().map(str::to_owned);
        let known = book.found.iter().filter(|call| {
            engine.store.ledger().is_none() && call.run >= book.record.resumed_from && call.rejected.is_some()
        });
        let sent_before = known.map(|call| (call.rows, call.digest)).collect();
        Self { engine, target, book, report, stop, sent_before }
    }

    async fn go(&mut self) -> Result<SyncReport> {
        let mode = self.target.mode;
        let frozen = mode == SyncMode::Snapshot && self.book.record.frozen;
        let mut replacing = false;
        if frozen {
            self.report.frozen = true;
        } else if !(mode == SyncMode::Snapshot
            && self.book.record.read
            && self.engine.store.ledger().is_some())
        {
            let mut intake = self.engine.intake(self.target, self.book.record.now).await?;
            if mode == SyncMode::Remove {
                self.withdraw(&mut intake).await?;
            } else {
                replacing = self.add(&mut intake, mode).await?;
            }
            self.report.losses = intake.losses().clone();
            // Whoever is missing may only be unreadable.
            if self.report.losses.rows == 0 {
                self.book.take_from_owners_not_met().await?;
            }
        }
        self.settle(frozen, replacing).await?;
        self.book.finish().await?;
        if self.engine.store.ledger().is_some() {
            self.report.members = Some(self.book.record.rows);
        }
        if !frozen
            && self.report.contacts.read > 0
            && mode != SyncMode::Remove
            && let Some(problem) = self.target.minimum_size.check(self.report.reachable())?
        {
            self.report.warnings.push(problem.to_string());
        }
        self.report.check()?;
        Ok(self.report.clone())
    }

    /// Reads, stages and sends whom the groups select. True when members were replaced from the start.
    async fn add(&mut self, intake: &mut RowReader, mode: SyncMode) -> Result<bool> {
        let engine = self.engine;
        let meter =
            StageMeter::start(&engine.watch, RunStage::Reading, engine.clock.now(), engine.source.len_hint());
        let sender =
            Sender { stop: Some(self.stop), meter: Some(&meter), ..engine.sender(&self.target.audience) };
        let operation = if mode == SyncMode::Replace { Operation::Replace } else { Operation::Add };
        let chain = self.book.record.resumed_from;
        let columns = self.book.columns(engine.keys.keys())?;
        // A replacement goes on with its columns only, and only where members that left meanwhile can be found.
        let resumes = |call: &&CallRecord| {
            mode != SyncMode::Replace || (engine.store.ledger().is_some() && call.columns == columns)
        };
        let of_chain = || self.book.found.iter().filter(|call| call.run >= chain).filter(resumes);
        // Once its first call was answered the others are wiped: what is left fits its session, or is added.
        let begun = of_chain().any(|call| call.operation == Operation::Replace && call.rejected.is_some());
        let mut uploader = Uploader::new(&sender, operation);
        uploader.lanes.resume(of_chain(), operation, engine.clock.now());
        let replacing = mode == SyncMode::Replace && !begun;
        uploader.replacing = mode == SyncMode::Replace && begun;
        if replacing {
            // The first call wipes the audience: no earlier call vouches for a row any more.
            self.book.record.replaced_at = self.book.record.last_call + 1;
            self.sent_before.clear();
        }
        let read = self.read_and_send(intake, &mut uploader, &meter).await;
        let ended = if read.is_ok() {
            // A replacement that is not over goes on in its session, and so it reads again.
            self.book.record.read = mode != SyncMode::Replace;
            uploader.close(&mut self.book).await
        } else {
            // What is under way is worth knowing; the first error is the one to tell.
            let _ = uploader.drain(&mut self.book).await;
            read
        };
        self.report.added.merge(&uploader.counts);
        self.report.rejected_rows.append(&mut uploader.rejected);
        if mode == SyncMode::Replace && ended.as_ref().is_err_and(must_begin_again) {
            // The next run belongs to no chain, so no answered call speaks for a session.
            self.book.record.resumed_from = 0;
            self.book.commit(self.book.changes(), Durability::Immediate).await?;
        }
        ended.map(|()| replacing)
    }

    async fn read_and_send(
        &mut self,
        intake: &mut RowReader,
        uploader: &mut Uploader<'_>,
        meter: &StageMeter,
    ) -> Result<()> {
        let engine = self.engine;
        let keys = engine.keys.keys();
        let columns = self.book.columns(keys)?;
        let mut parcel = uploader.parcel(self.book.next_call(), columns, keys);
        while let Some(batch) = uploader.alongside(&mut self.book, intake.next()).await?? {
            self.count(&batch);
            let mut from = 0;
            while from < batch.rows.len() {
                let room = engine.rows_per_call - parcel.rows.len();
                let range = from..batch.rows.len().min(from + room);
                from = range.end;
                let staged = self.book.stage(&batch, range.clone(), parcel.call).await?;
                let mut at = range.start;
                for run in staged.chunk_by(|one, next| one == next) {
                    let rows = at..at + run.len();
                    at = rows.end;
                    match run.first() {
                        Some(Staged::Duplicate) => self.report.rows.duplicates += run.len() as u64,
                        Some(Staged::Unchanged) => self.report.rows.unchanged += run.len() as u64,
                        Some(Staged::Fresh) => parcel.take(&batch, rows)?,
                        None => {}
                    }
                }
                parcel.read = batch.read();
                if parcel.rows.len() >= engine.rows_per_call {
                    let next = uploader.parcel(self.book.next_call(), columns, keys);
                    self.give(uploader, std::mem::replace(&mut parcel, next)).await?;
                }
            }
            intake.reuse(batch);
            uploader.nudge(&mut self.book).await?;
            meter.read(self.report.contacts.read, engine.clock.now());
            self.stop.check()?;
        }
        self.give(uploader, parcel).await
    }

    fn count(&mut self, batch: &Prepared) {
        self.report.contacts.merge(&batch.counts);
        self.report.coverage.merge(&batch.coverage);
        self.report.rows.made += batch.rows.len() as u64;
    }

    async fn give(&mut self, uploader: &mut Uploader<'_>, parcel: UploadBatch) -> Result<()> {
        let rows = parcel.rows.len() as u64;
        if self.sent_before.contains(&(rows, parcel.digest())) {
            self.report.rows.sent_before += rows;
            return Ok(());
        }
        self.report.rows.fresh += rows;
        uploader.give(&mut self.book, parcel).await
    }

    /// Takes the selected people off the list of those wanted.
    async fn withdraw(&mut self, intake: &mut RowReader) -> Result<()> {
        let mut done = HashSet::new();
        while let Some(batch) = intake.next().await? {
            self.stop.check()?;
            self.count(&batch);
            for (person, print) in batch.persons.iter().zip(&batch.prints) {
                // Another person's equal row is theirs to be taken off.
                if !done.insert((*person, *print)) {
                    self.report.rows.duplicates += 1;
                    continue;
                }
                let withdrawn = self.book.withdraw(*person, Some(*print)).await?;
                self.report.rows.unwanted += withdrawn;
                self.book.open_ends |= withdrawn > 0;
                if withdrawn > 0 {
                    self.report.rows.withdrawn += 1;
                } else {
                    self.report.rows.unchanged += 1;
                }
            }
            intake.reuse(batch);
        }
        self.book.record.read = true;
        Ok(())
    }

    /// Removes who is no longer wanted and sends again what is open.
    async fn settle(&mut self, frozen: bool, replacing: bool) -> Result<()> {
        if self.engine.store.ledger().is_none() {
            return Ok(());
        }
        let record = &self.book.record;
        let sweeping = !frozen
            && match self.target.mode {
                SyncMode::Mirror | SyncMode::Replace => self.book.seen.len() < record.rows,
                // What an interrupted run of the same snapshot sent and this one did not meet again.
                SyncMode::Snapshot => self.book.resumed && self.report.contacts.read > 0,
                SyncMode::Add | SyncMode::Remove => false,
            };
        if !sweeping && !self.book.open_ends {
            return Ok(());
        }
        let since = if self.target.mode == SyncMode::Snapshot { record.resumed_from } else { 0 };
        let seen = std::mem::take(&mut self.book.seen);
        // Changes of single people come after a snapshot's contacts, and stay.
        let snapshot = self.target.mode == SyncMode::Snapshot;
        let changed = |row: &RowRecord| row.owners.iter().any(|owner| owner.generation > 0);
        let sweep = |row: &RowRecord| {
            sweeping && row.run >= since && !seen.contains(row.slot) && !(snapshot && changed(row))
        };
        let found = survey(&self.book, sweep).await?;
        if replacing {
            // Whoever is not in the new session was wiped by its first call.
            return self.book.forget(|row| !seen.contains(row.slot)).await;
        }
        if sweeping && found.swept > 0 {
            refuse_unread(self.report.losses.rows)?;
        }
        if sweeping {
            let left = found.wanted - found.swept;
            for share in [&found.before_run, &found.before_refused] {
                self.engine.guards.check(share.members, share.leaving, left)?;
            }
            self.report.rows.unwanted += found.swept;
        }
        let engine = self.engine;
        let now = engine.clock.now();
        let unwanted = self.report.rows.unwanted;
        let (stage, total) =
            if unwanted > 0 { (RunStage::Removing, Some(unwanted)) } else { (RunStage::Settling, None) };
        let meter = StageMeter::start(&engine.watch, stage, now, total).after(self.report.added.sent);
        meter.show(now);
        let sender =
            Sender { stop: Some(self.stop), meter: Some(&meter), ..engine.sender(&self.target.audience) };
        let mut sent = settle(&mut self.book, &sender, sweep, found, self.report.rows.unwanted).await?;
        self.report.added.merge(&sent.added);
        self.report.removed.merge(&sent.removed);
        self.report.rejected_rows.append(&mut sent.rejected);
        self.report.rejected_rows.truncate(SyncReport::MAX_REJECTED_ROWS);
        sent.refused.map_or(Ok(()), Err)
    }
}
