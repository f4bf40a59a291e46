//! What a look at the contacts refuses before anything is sent.

use time::OffsetDateTime;

use super::engine::SyncEngine;
use super::plan::SyncPlan;
use super::target::{SyncMode, SyncTarget};
use crate::error::{Error, ErrorKind, Result};

impl SyncEngine {
    /// Everything that a look at the contacts can refuse before anything is sent.
    pub(super) async fn refuse_beforehand(
        &self,
        target: &SyncTarget,
        now: OffsetDateTime,
        approved: Option<&SyncPlan>,
    ) -> Result<()> {
        approved.map_or(Ok(()), |plan| plan.is_of(target))?;
        let too_few = self.may_be_too_few(target).await?;
        if approved.is_none() && target.mode != SyncMode::Replace && !too_few {
            return Ok(());
        }
        let plan = self.plan_at(target, now).await?;
        if approved.is_some_and(|approved| !approved.same_changes(&plan)) {
            return Err(Error::new(
                ErrorKind::Guard,
                "apply plan",
                "contacts or members have changed since the plan was made; nothing was sent",
            )
            .expected("a new plan"));
        }
        if too_few {
            target.minimum_size.check(plan.reachable())?;
        }
        if target.mode == SyncMode::Replace {
            refuse_unread(plan.losses.rows)?;
            if plan.rows_wanted == 0 {
                return Err(Error::new(ErrorKind::Guard, "sync", "would replace all members by nobody")
                    .expected("at least one reachable person, or delete the audience"));
            }
            self.guards.check(plan.members, plan.remove, plan.rows_wanted)?;
        }
        Ok(())
    }

    /// True when the target refuses few people and this run could add some.
    async fn may_be_too_few(&self, target: &SyncTarget) -> Result<bool> {
        if target.mode == SyncMode::Remove || target.minimum_size.check(0).is_ok() {
            return Ok(false);
        }
        let record = self.store.journal().run(&target.audience).await?;
        Ok(target.mode != SyncMode::Snapshot || !record.is_some_and(|record| record.frozen))
    }
}

/// Refuses to take people out for want of rows that cannot be read.
pub(super) fn refuse_unread(rows: u64) -> Result<()> {
    if rows == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Guard, "sync", format!("{rows} rows of the source cannot be read"))
        .expected("a source without bad rows: who is missing may only be unreadable, so nobody is removed"))
}
