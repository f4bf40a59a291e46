//! Plans: what a run would do.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::context::Context;
use super::delivery::audience_ledger::damaged;
use super::delivery::row_set::RowSet;
use super::delivery::withdrawal::Withdrawals;
use super::digest::RowDigest;
use super::ledger::record::{Operation, RunRecord};
use super::report::counts::ContactCounts;
use super::report::table::Table;
use super::target::{SyncMode, SyncTarget};
use crate::audience::{AudienceDraft, ContactManagement, Refresh};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::AudienceId;
use crate::identity::{Cell, Coverage, MatchRow, MatchRows};
use crate::source::ReadErrors;

/// A warning to read before a plan is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanWarning {
    /// Fewer contacts are reachable than the target asks for. Contains the message of the policy.
    TooFew(String),
    /// The removal guard will stop the run. Contains its message.
    Guard(String),
    /// An earlier run was interrupted; this one resumes it.
    Unfinished,
    /// Facebook did not remove rows that an earlier run asked to remove; this run asks again.
    Leftovers,
    /// The audience is frozen; nothing will be sent.
    Frozen,
    /// Replacing all members would take fewer calls.
    ReplaceIsCheaper,
    /// Opted-out contacts are sent, for this reason.
    OptOutsWaived(String),
    /// This many rows of the source cannot be read. A mirror removes no members, and a replacement is refused.
    RowsUnread(u64),
    /// At the Limited tier a replacement takes longer than its session stays open; the rest is added afterwards.
    ReplaceTooLong,
}

/// A plan of what a run would do.
///
/// Serde writes it as JSON, for example to be approved, and `Display` prints a table.
/// [`SyncEngine::apply`](crate::SyncEngine::apply) does exactly what it lists.
///
/// ```
/// # use audiencekit::{Contact, MemorySource, MockClient, Schema, SyncEngine, SyncTarget};
/// use audiencekit::SyncPlan;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let schema = Schema::standard();
/// # let people = MemorySource::new(&schema, vec![Contact::builder(&schema).email("ada@example.com").build()?]);
/// # let facebook = MockClient::new();
/// # let engine = SyncEngine::builder(people, facebook.clone(), facebook.fake().clone()).build();
/// # let target = SyncTarget::new("act_1".parse()?, "23850000000000001".parse()?);
///
/// let plan = engine.plan(&target).await?;
/// let json = serde_json::to_string(&plan).unwrap();
/// assert_eq!(serde_json::from_str::<SyncPlan>(&json).unwrap(), plan);
/// # Ok::<(), audiencekit::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SyncPlan {
    /// The audience, or `None` if it is not created yet; then the plan cannot be applied.
    pub audience: Option<AudienceId>,
    /// The mode.
    pub mode: SyncMode,
    /// The time at which contacts were evaluated.
    #[serde(with = "time::serde::rfc3339")]
    pub now: OffsetDateTime,
    /// Counts of contacts.
    pub contacts: ContactCounts,
    /// Rows and cells that the source could not read.
    #[serde(default)]
    pub losses: ReadErrors,
    /// Match keys made and lost.
    pub coverage: Coverage,
    /// Distinct rows of the selected contacts.
    pub rows_wanted: u64,
    /// Members that the ledger remembers.
    pub members: u64,
    /// Rows to add.
    pub add: u64,
    /// Rows to remove.
    pub remove: u64,
    /// Calls to Facebook.
    pub calls: u64,
    /// Bytes of rows in those calls.
    pub bytes: u64,
    /// Minutes of quota that the calls take at the Limited tier, which allows 20 writes in 5 minutes.
    pub quota_minutes_limited: u64,
    /// Minutes of quota that the calls take at the Full tier, which allows 3,000 writes in 5 minutes.
    pub quota_minutes_full: u64,
    /// Calls that replacing all members would take instead.
    pub calls_to_replace: u64,
    /// Warnings to read before the plan is applied.
    pub warnings: Vec<PlanWarning>,
    /// Sum of the digests of the rows to add, by which the plan is recognized.
    digest_add: String,
    digest_remove: String,
}

/// A write costs 3 points of 60 (Limited) or 9,000 (Full), which decay in 300 seconds.
///
/// Source: Marketing API rate limiting, developers.facebook.com (read 2026-09-12).
fn quota_minutes(calls: u64, writes_in_five_minutes: u64) -> u64 {
    calls.div_ceil(writes_in_five_minutes) * 5
}

impl SyncPlan {
    /// Returns an upper bound of the people that can be sent: contacts with a match key, counting equal rows once.
    ///
    /// Returns 0 for [`SyncMode::Remove`].
    #[must_use]
    pub fn reachable(&self) -> u64 {
        self.contacts.mapped.min(self.rows_wanted)
    }

    /// # Errors
    /// [`ErrorKind::Guard`] if the plan is for another audience or mode.
    pub(super) fn is_of(&self, target: &SyncTarget) -> Result<()> {
        let wrong = match &self.audience {
            None => "the plan is for an audience that was not created yet".to_owned(),
            Some(audience) if *audience != target.audience => format!("the plan is for audience {audience}"),
            Some(_) if self.mode != target.mode => {
                format!("the plan is to {}, not to {}", self.mode.as_str(), target.mode.as_str())
            }
            Some(_) => return Ok(()),
        };
        Err(Error::new(ErrorKind::Guard, "apply plan", wrong).with_expected("a plan for this target"))
    }

    pub(super) fn same_changes(&self, other: &Self) -> bool {
        (self.add, self.remove, &self.digest_add, &self.digest_remove)
            == (other.add, other.remove, &other.digest_add, &other.digest_remove)
    }
}

/// Plans the first run of an audience that is not created yet.
pub(super) async fn preview(context: &Context, draft: &AudienceDraft) -> Result<SyncPlan> {
    let target = SyncTarget::new(draft.account().clone(), unsaved()?).minimum_size(draft.minimum_size());
    first_run(context, target, draft.management(), draft.refresh()).await
}

/// Plans the first run of a group that is in no audience yet.
pub(super) async fn count(context: &Context, group: &ContactManagement) -> Result<SyncPlan> {
    let target = SyncTarget::new("act_1".parse()?, unsaved()?);
    first_run(context, target, group, Refresh::Never).await
}

/// Facebook gives no audience this id, so the store remembers nothing of it.
fn unsaved() -> Result<AudienceId> {
    "0".parse()
}

async fn first_run(
    context: &Context,
    mut target: SyncTarget,
    management: &ContactManagement,
    refresh: Refresh,
) -> Result<SyncPlan> {
    target.take_from(management, refresh);
    let mut plan = plan_at(context, &target, context.clock.now()).await?;
    plan.audience = None;
    Ok(plan)
}

/// Plans a run that judges contacts at `now`.
pub(super) async fn plan_at(context: &Context, target: &SyncTarget, now: OffsetDateTime) -> Result<SyncPlan> {
    context.check(target)?;
    let journal = context.backend.journal();
    let record = journal.run(&target.audience).await?;
    let record = record.unwrap_or_else(|| RunRecord::new(target.audience.clone()));
    let answered: HashSet<u64> = journal
        .calls(&target.audience)
        .await?
        .into_iter()
        .filter(|call| call.rejected.is_some() && call.operation != Operation::Remove)
        .map(|call| call.call)
        .collect();
    let frozen = record.frozen && target.mode == SyncMode::Snapshot;
    let mut tally = Tally::default();
    if !frozen {
        let mut contacts = context.open_contacts(target, now).await?;
        while let Some(prepared) = contacts.next().await? {
            tally.contacts.merge(&prepared.counts);
            tally.coverage.merge(&prepared.coverage);
            let Some(ledger) = context.backend.ledger() else {
                for row in prepared.rows.iter() {
                    tally.fresh_rows += 1;
                    tally.add(row, None);
                }
                contacts.reuse(prepared);
                continue;
            };
            if target.mode == SyncMode::Remove {
                for person in &prepared.persons {
                    let unwanted = tally.withdrawals.take(ledger, &record, *person).await?;
                    tally.bytes += unwanted.iter().flat_map(MatchRows::iter).map(json_len).sum::<u64>();
                }
                contacts.reuse(prepared);
                continue;
            }
            let known = ledger.rows(&target.audience, &prepared.digests).await?;
            for ((row, digest), known) in prepared.rows.iter().zip(&prepared.digests).zip(known) {
                let confirmed = known.as_ref().is_some_and(|row| record.confirms(row, &answered));
                match known {
                    None if !tally.fresh.insert(*digest) => {}
                    None => {
                        tally.fresh_rows += 1;
                        tally.add(row, Some(*digest));
                    }
                    Some(known) if !tally.seen.insert(known.slot) => {}
                    Some(_) => {
                        tally.met += 1;
                        tally.digests_met = tally.digests_met.wrapping_add(digest.number());
                        if !confirmed || target.mode == SyncMode::Replace {
                            tally.add(row, Some(*digest));
                        }
                    }
                }
            }
            contacts.reuse(prepared);
        }
        tally.losses = contacts.read_errors().clone();
    }
    finish_plan(context, target, now, &record, frozen, tally)
}

/// Adds up what the contacts of a plan come to.
fn finish_plan(
    context: &Context,
    target: &SyncTarget,
    now: OffsetDateTime,
    record: &RunRecord,
    frozen: bool,
    tally: Tally,
) -> Result<SyncPlan> {
    let unmet = record.rows.checked_sub(tally.met).ok_or_else(damaged)?;
    let (remove, digest_remove) = match target.mode {
        SyncMode::Mirror | SyncMode::Replace => (unmet, record.digest_sum.wrapping_sub(tally.digests_met)),
        SyncMode::Remove => (tally.withdrawals.rows, tally.withdrawals.digests),
        SyncMode::Snapshot | SyncMode::Add => (0, 0),
    };
    let rows_wanted = if target.mode == SyncMode::Remove { 0 } else { tally.fresh_rows + tally.met };
    let calls_of = |rows: u64| rows.div_ceil(context.rows_per_call as u64);
    let removing = if target.mode == SyncMode::Replace { 0 } else { remove };
    let calls = calls_of(tally.add) + calls_of(removing);
    let calls_to_replace = calls_of(rows_wanted);
    let mut warnings = Vec::new();
    if frozen {
        warnings.push(PlanWarning::Frozen);
    } else if target.mode != SyncMode::Remove {
        match target.minimum_size.check(tally.contacts.mapped.min(rows_wanted)) {
            Ok(None) => {}
            Ok(Some(problem)) => warnings.push(PlanWarning::TooFew(problem.to_string())),
            Err(error) => warnings.push(PlanWarning::TooFew(error.to_string())),
        }
    }
    if matches!(target.mode, SyncMode::Mirror | SyncMode::Replace)
        && let Err(error) = context.removal_guard.check(record.rows, remove, rows_wanted)
    {
        warnings.push(PlanWarning::Guard(error.to_string()));
    }
    if tally.losses.rows > 0 {
        warnings.push(PlanWarning::RowsUnread(tally.losses.rows));
    }
    if !record.finished {
        warnings.push(PlanWarning::Unfinished);
    } else if record.leftovers {
        warnings.push(PlanWarning::Leftovers);
    }
    if target.mode == SyncMode::Mirror && rows_wanted > 0 && calls_to_replace < calls {
        warnings.push(PlanWarning::ReplaceIsCheaper);
    }
    if target.mode == SyncMode::Replace && quota_minutes(calls, 20) > 90 {
        warnings.push(PlanWarning::ReplaceTooLong);
    }
    if let Some(reason) = context.consent.waiver() {
        warnings.push(PlanWarning::OptOutsWaived(reason.to_owned()));
    }
    Ok(SyncPlan {
        audience: Some(target.audience.clone()),
        mode: target.mode,
        now,
        contacts: tally.contacts,
        losses: tally.losses,
        coverage: tally.coverage,
        rows_wanted,
        members: record.rows,
        add: tally.add,
        remove,
        calls,
        bytes: tally.bytes,
        quota_minutes_limited: quota_minutes(calls, 20),
        quota_minutes_full: quota_minutes(calls, 3_000),
        calls_to_replace,
        warnings,
        digest_add: format!("{:032x}", tally.digests_add),
        digest_remove: format!("{digest_remove:032x}"),
    })
}

#[derive(Default)]
struct Tally {
    contacts: ContactCounts,
    losses: ReadErrors,
    coverage: Coverage,
    /// Rows that the ledger does not have, to find repetitions.
    fresh: HashSet<RowDigest>,
    fresh_rows: u64,
    /// Rows that it has.
    seen: RowSet,
    met: u64,
    digests_met: u128,
    withdrawals: Withdrawals,
    add: u64,
    digests_add: u128,
    bytes: u64,
}

impl Tally {
    fn add(&mut self, row: MatchRow<'_>, digest: Option<RowDigest>) {
        self.add += 1;
        self.bytes += json_len(row);
        let digest = digest.unwrap_or_else(|| RowDigest::of(row));
        self.digests_add = self.digests_add.wrapping_add(digest.number());
    }
}

/// Returns the length of a row as a JSON list, with a comma after it.
fn json_len(row: MatchRow<'_>) -> u64 {
    let cells = row.cells().map(|cell| match cell {
        Cell::Empty => 2,
        Cell::Hash(_) => 66,
        Cell::Plain(text) => text.len() as u64 + 2,
        Cell::Json(text) => text.len() as u64,
    });
    cells.map(|len| len + 1).sum::<u64>() + 2
}

impl fmt::Display for SyncPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.audience {
            Some(audience) => writeln!(f, "audience {audience}  {}  plan", self.mode.as_str())?,
            None => writeln!(f, "audience not created yet  {}  plan", self.mode.as_str())?,
        }
        let mut table = Table::default();
        table.line("contacts read", self.contacts.read);
        table.line("  selected", self.contacts.selected);
        table.line("  reachable", self.reachable());
        table.line("members remembered", self.members);
        table.line("rows to add", self.add);
        table.line("rows to remove", self.remove);
        table.line("calls", self.calls);
        table.line("bytes of rows", self.bytes);
        table.line("minutes of quota, Limited", self.quota_minutes_limited);
        table.line("minutes of quota, Full", self.quota_minutes_full);
        table.line("calls if replaced instead", self.calls_to_replace);
        table.fmt(f)?;
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlanWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew(words) | Self::Guard(words) => f.write_str(words),
            Self::Unfinished => f.write_str("an earlier run was interrupted; this one resumes it"),
            Self::Leftovers => {
                f.write_str("Facebook did not remove rows that it was asked to remove; this run asks again")
            }
            Self::Frozen => f.write_str("the audience is frozen; nothing will be sent"),
            Self::ReplaceIsCheaper => f.write_str("replacing all members would take fewer calls"),
            Self::OptOutsWaived(reason) => write!(f, "opted-out contacts are sent: {reason}"),
            Self::RowsUnread(rows) => {
                write!(f, "{rows} rows of the source cannot be read; no member would be removed because of them")
            }
            Self::ReplaceTooLong => f.write_str(
                "at the Limited tier the calls do not fit in the 90 minutes of a replacement; the rest is added afterwards",
            ),
        }
    }
}
