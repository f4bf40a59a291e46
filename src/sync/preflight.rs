//! Checks of the contacts before anything is sent.

use time::OffsetDateTime;

use super::context::Context;
use super::plan::{SyncPlan, plan_at};
use super::target::{SyncMode, SyncTarget};
use crate::error::{Error, ErrorKind, Result};

/// Checks the contacts before anything is sent, where the mode, the target or an approved plan asks for it.
pub(super) async fn preflight(
    context: &Context,
    target: &SyncTarget,
    now: OffsetDateTime,
    approved: Option<&SyncPlan>,
) -> Result<()> {
    approved.map_or(Ok(()), |plan| plan.is_of(target))?;
    let may_be_too_few = may_be_too_few(context, target).await?;
    if approved.is_none() && target.mode != SyncMode::Replace && !may_be_too_few {
        return Ok(());
    }
    let plan = plan_at(context, target, now).await?;
    if approved.is_some_and(|approved| !approved.same_changes(&plan)) {
        return Err(Error::new(
            ErrorKind::Guard,
            "apply plan",
            "contacts or members have changed since the plan was made; nothing was sent",
        )
        .with_help("make a new plan"));
    }
    if may_be_too_few {
        target.minimum_size.check(plan.reachable())?;
    }
    if target.mode == SyncMode::Replace {
        reject_partial_source(plan.losses.rows)?;
        if plan.rows_wanted == 0 {
            return Err(Error::new(ErrorKind::Guard, "sync", "would replace all members with an empty set")
                .with_help("add a reachable contact or delete the audience"));
        }
        context.removal_guard.check(plan.members, plan.remove, plan.rows_wanted)?;
    }
    Ok(())
}

/// Returns `true` if the target rejects a small size and this run could add contacts.
async fn may_be_too_few(context: &Context, target: &SyncTarget) -> Result<bool> {
    if target.mode == SyncMode::Remove || target.minimum_size.check(0).is_ok() {
        return Ok(false);
    }
    let record = context.backend.journal().run(&target.audience).await?;
    Ok(target.mode != SyncMode::Snapshot || !record.is_some_and(|record| record.frozen))
}

/// Refuses to remove members while rows of the source cannot be read.
pub(super) fn reject_partial_source(rows: u64) -> Result<()> {
    if rows == 0 {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Guard, "sync", format!("{rows} rows of the source cannot be read"))
        .with_help("repair them; a missing contact may only be unreadable, so no member was removed"))
}
