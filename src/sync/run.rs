//! A run, from the first contact to the last answer.

use std::collections::HashSet;

use super::cancel::CancelToken;
use super::context::Context;
use super::delivery::audience_ledger::AudienceLedger;
use super::delivery::removal;
use super::delivery::staging::{forget, release_missing_owners, withdraw};
use super::delivery::survey::survey;
use super::delivery::uploader::{UploadContext, Uploader};
use super::ledger::record::RowRecord;
use super::ledger::traits::Durability;
use super::pipeline::prepare::Prepared;
use super::pipeline::reader::RowReader;
use super::plan::SyncPlan;
use super::preflight::{preflight, reject_partial_source};
use super::report::progress::{Progress, RunStage, StageMeter};
use super::report::sync_report::SyncReport;
use super::target::{SyncMode, SyncTarget};
use crate::error::{Error, Result};

/// Brings an audience in step with its contacts, by a plan if there is one.
pub(super) async fn run(
    context: &Context,
    target: &SyncTarget,
    plan: Option<&SyncPlan>,
) -> Result<SyncReport> {
    let cancel = context.cancel.token();
    let _lock = context.backend.lock(&target.audience)?;
    let mut guard = context.progress.begin();
    let now = plan.map_or_else(|| context.clock.now(), |plan| plan.now);
    if matches!(target.mode, SyncMode::Mirror | SyncMode::Remove) {
        context.backend.require_ledger("sync")?;
    }
    context.check(target)?;
    preflight(context, target, now, plan).await?;
    let ledger = context.open_ledger(&target.audience, Some(target.mode), now).await?;
    let mut run = Run::new(context, target, ledger, cancel);
    let report = match run.execute().await {
        Ok(report) => report,
        Err(error) => return Err(error.with_completed_steps(run.report.sent())),
    };
    guard.finish(Progress {
        stage: RunStage::Done,
        done: report.contacts.read,
        total: Some(report.contacts.read),
        answered: report.added.sent + report.removed.sent,
        rate: None,
        predicted_end: None,
    });
    Ok(report)
}

/// Returns `true` if Facebook reports that a replacement failed and its list is not whole.
///
/// Source: customer-file guide, "Replace users, error codes", developers.facebook.com (read 2026-09-12).
fn must_begin_again(error: &Error) -> bool {
    error.api().is_some_and(|api| (api.code, api.subcode) == (2_650, Some(1_870_148)))
}

struct Run<'e> {
    context: &'e Context,
    target: &'e SyncTarget,
    ledger: AudienceLedger,
    report: SyncReport,
    cancel: CancelToken<'e>,
}

impl<'e> Run<'e> {
    fn new(
        context: &'e Context,
        target: &'e SyncTarget,
        ledger: AudienceLedger,
        cancel: CancelToken<'e>,
    ) -> Self {
        let record = &ledger.record;
        let mut report = SyncReport::new(target.audience.clone(), target.mode, record.run, record.now);
        report.resumed = ledger.resumed;
        report.waiver = context.consent.waiver().map(str::to_owned);
        Self { context, target, ledger, report, cancel }
    }

    async fn execute(&mut self) -> Result<SyncReport> {
        let mode = self.target.mode;
        let frozen = mode == SyncMode::Snapshot && self.ledger.record.frozen;
        let remembers_rows = self.context.backend.ledger().is_some();
        let was_read = mode == SyncMode::Snapshot && self.ledger.record.read && remembers_rows;
        let mut wiped = false;
        if frozen {
            self.report.frozen = true;
        } else if !was_read {
            let mut contacts = self.context.open_contacts(self.target, self.ledger.record.now).await?;
            if mode == SyncMode::Remove {
                self.withdraw(&mut contacts).await?;
            } else {
                wiped = self.add(&mut contacts).await?;
            }
            self.report.losses = contacts.read_errors().clone();
            // A contact that is missing may only be unreadable.
            if self.report.losses.rows == 0 {
                release_missing_owners(&mut self.ledger).await?;
            }
        }
        self.settle(frozen, wiped).await?;
        self.ledger.finish().await?;
        if remembers_rows {
            self.report.members = Some(self.ledger.record.rows);
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

    /// Sends the selected contacts; `true` if the first call has replaced all members.
    async fn add(&mut self, contacts: &mut RowReader) -> Result<bool> {
        let (context, mode) = (self.context, self.target.mode);
        let total = context.source.len_hint();
        let meter = StageMeter::start(&context.progress, RunStage::Reading, context.clock.now(), total);
        let uploads = self.uploads(&meter);
        let mut uploader = Uploader::of_contacts(&uploads, &mut self.ledger, mode, context.keys.keys())?;
        let pushed = async {
            while let Some(prepared) = uploader.drive_while(contacts.next()).await?? {
                count(&mut self.report, &prepared);
                uploader.push(&prepared).await?;
                contacts.reuse(prepared);
                meter.read(self.report.contacts.read, context.clock.now());
                self.cancel.check()?;
            }
            Ok(())
        };
        let ended = match pushed.await {
            Ok(()) => uploader.finish().await,
            Err(error) => {
                uploader.abandon().await;
                Err(error)
            }
        };
        self.report.rows.merge(&uploader.rows);
        self.report.added.merge(&uploader.calls);
        self.report.rejected_rows.append(&mut uploader.rejected);
        let wiped = uploader.wipes_members;
        drop(uploader);
        if mode == SyncMode::Replace && ended.as_ref().is_err_and(must_begin_again) {
            // The next run resumes none, so it begins a session of its own.
            self.ledger.record.resumed_from = 0;
            self.ledger.commit(self.ledger.changes(), Durability::Immediate).await?;
        }
        ended.map(|()| wiped)
    }

    fn uploads<'m>(&self, meter: &'m StageMeter) -> UploadContext<'m>
    where
        'e: 'm,
    {
        let uploads = self.context.uploads(&self.target.audience);
        UploadContext { cancel: Some(self.cancel), meter: Some(meter), ..uploads }
    }

    /// Releases the rows of the selected contacts.
    async fn withdraw(&mut self, contacts: &mut RowReader) -> Result<()> {
        let mut done = HashSet::new();
        while let Some(prepared) = contacts.next().await? {
            self.cancel.check()?;
            count(&mut self.report, &prepared);
            for (person, digest) in prepared.persons.iter().zip(&prepared.digests) {
                // Another person's equal row is theirs to be released.
                if !done.insert((*person, *digest)) {
                    self.report.rows.duplicates += 1;
                    continue;
                }
                let withdrawn = withdraw(&mut self.ledger, *person, Some(*digest)).await?;
                self.report.rows.unwanted += withdrawn;
                self.ledger.open_ends |= withdrawn > 0;
                if withdrawn > 0 {
                    self.report.rows.withdrawn += 1;
                } else {
                    self.report.rows.unchanged += 1;
                }
            }
            contacts.reuse(prepared);
        }
        self.ledger.record.read = true;
        Ok(())
    }

    /// Removes members that are no longer wanted, and sends again what is open.
    async fn settle(&mut self, frozen: bool, wiped: bool) -> Result<()> {
        if self.context.backend.ledger().is_none() {
            return Ok(());
        }
        let (record, snapshot) = (&self.ledger.record, self.target.mode == SyncMode::Snapshot);
        let sweeping = !frozen
            && match self.target.mode {
                SyncMode::Mirror | SyncMode::Replace => self.ledger.seen.len() < record.rows,
                // What an interrupted run of the same snapshot sent and this one did not meet again.
                SyncMode::Snapshot => self.ledger.resumed && self.report.contacts.read > 0,
                SyncMode::Add | SyncMode::Remove => false,
            };
        if !sweeping && !self.ledger.open_ends {
            return Ok(());
        }
        let since = if snapshot { record.resumed_from } else { 0 };
        let seen = std::mem::take(&mut self.ledger.seen);
        // Changes of single contacts come after those of a snapshot, and stay.
        let changed = |row: &RowRecord| row.owners.iter().any(|owner| owner.generation > 0);
        let sweep = |row: &RowRecord| {
            sweeping && row.run >= since && !seen.contains(row.slot) && !(snapshot && changed(row))
        };
        let found = survey(&self.ledger, sweep).await?;
        if wiped {
            // A row that is not in the new session was wiped by its first call.
            return forget(&mut self.ledger, |row| !seen.contains(row.slot)).await;
        }
        if sweeping && found.swept > 0 {
            reject_partial_source(self.report.losses.rows)?;
        }
        if sweeping {
            let left = found.wanted - found.swept;
            for share in [&found.before_run, &found.before_refused] {
                self.context.removal_guard.check(share.members, share.leaving, left)?;
            }
            self.report.rows.unwanted += found.swept;
        }
        let unwanted = self.report.rows.unwanted;
        let now = self.context.clock.now();
        let (stage, total) =
            if unwanted > 0 { (RunStage::Removing, Some(unwanted)) } else { (RunStage::Settling, None) };
        let meter = StageMeter::start(&self.context.progress, stage, now, total);
        let meter = meter.after(self.report.added.sent);
        meter.show(now);
        let uploads = self.uploads(&meter);
        let mut sent = removal::settle(&mut self.ledger, &uploads, sweep, found, unwanted).await?;
        self.report.added.merge(&sent.added);
        self.report.removed.merge(&sent.removed);
        self.report.rejected_rows.append(&mut sent.rejected);
        self.report.rejected_rows.truncate(SyncReport::MAX_REJECTED_ROWS);
        sent.refused.map_or(Ok(()), Err)
    }
}

fn count(report: &mut SyncReport, prepared: &Prepared) {
    report.contacts.merge(&prepared.counts);
    report.coverage.merge(&prepared.coverage);
    report.rows.made += prepared.rows.len() as u64;
}
