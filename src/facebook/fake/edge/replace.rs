//! Replacing all members of an audience, over the batches of one session.

use super::sessions;
use crate::facebook::fake::log::Edge;
use crate::facebook::fake::model::session::{BatchPosition, OPEN_SECONDS};
use crate::facebook::fake::policy::lifecycle;
use crate::facebook::fake::state::State;
use crate::facebook::fake::wire::refusal::Refusal;

/// Members at which an audience can no longer be replaced.
const TOO_MANY_TO_REPLACE: u64 = 100_000_000;

/// Checks a batch of a replacement, and opens its session with the first.
///
/// Source: replace section of the customer-file guide (read 2026-09-12).
pub(super) fn begin(
    state: &mut State,
    id: &str,
    account: &str,
    place: Option<BatchPosition>,
    names: &[String],
) -> Result<(), Refusal> {
    let Some(place) = place else { return Ok(()) };
    let refuse = |subcode, why: &str| {
        Err(Refusal::new(2650, format!("(#2650) Failed to update the custom audience: {why}")).sub(subcode))
    };
    let now = state.now;
    let known = state.sessions.get(account).and_then(|all| all.get(&place.id)).cloned();
    if let Some(session) = &known {
        if session.audience != id || session.edge != Edge::ReplaceUsers {
            return Err(Refusal::parameter("Param session: session_id is not unique within the ad account"));
        }
        if session.failed {
            return refuse(1870148, "something went wrong and the list is not fully updated");
        }
        if now - session.first >= OPEN_SECONDS {
            return refuse(1870158, "the replace session timed out after 90 minutes");
        }
        if session.ended.is_some() && session.last_seq != place.seq {
            return refuse(1870159, "the replace session is already finished");
        }
        if session.schema != names {
            return Err(Refusal::parameter("All batches of a session must have the schema of the first"));
        }
        // The first batch, sent again because its reply was lost, must not wipe what came after it.
        if place.seq == 1 && session.last_seq > 1 {
            return refuse(1870145, "an update is in progress");
        }
        return Ok(());
    }
    let Some(audience) = state.audiences.get_mut(id) else { return Ok(()) };
    if audience.work.replacing.is_some() || audience.work.pending.is_some() {
        return refuse(1870145, "an update is in progress");
    }
    if place.seq != 1 {
        return refuse(1870147, "the first batch is missing, batch_seq must begin at 1");
    }
    if audience.members.len() >= TOO_MANY_TO_REPLACE {
        return refuse(1870144, "the audience has 100 million members or more");
    }
    audience.work.replacing = Some((place.id, now));
    audience.work.replace_failed = false;
    sessions::enter(state, account, id, Edge::ReplaceUsers, place, names)
}

/// Lets a running replacement fail.
pub(in crate::facebook::fake) fn interrupt(state: &mut State, id: &str) {
    let Some(audience) = state.audiences.get_mut(id) else { return };
    let Some((session, _)) = audience.work.replacing.take() else { return };
    audience.work.replace_failed = true;
    let sessions = state.sessions.get_mut(&audience.account);
    if let Some(session) = sessions.and_then(|all| all.get_mut(&session)) {
        session.failed = true;
    }
}

pub(super) fn end(state: &mut State, id: &str) {
    let (now, ready) = (state.now, state.settings.ready);
    if let Some(audience) = state.audiences.get_mut(id) {
        audience.work.replacing = None;
        audience.work.populating(now, ready);
    }
    lifecycle::settle(state, id);
}
