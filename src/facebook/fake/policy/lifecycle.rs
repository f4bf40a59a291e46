//! An audience's life: what its last operation did, whether it can be delivered, how large it looks.

use crate::facebook::fake::model::audience::Audience;
use crate::facebook::fake::model::operation::Pending;
use crate::facebook::fake::model::session::OPEN_SECONDS;
use crate::facebook::fake::settings::{FakeSettings, SizeModel};
use crate::facebook::fake::state::State;

/// A code and Facebook's words for it.
pub(in crate::facebook::fake) type Words = (u32, &'static str);

/// An audience unused for two years is flagged, and goes 90 days later.
///
/// Source: audiences overview (read 2026-09-12).
const UNUSED_SECONDS: i64 = 730 * 86_400;
const GRACE_SECONDS: i64 = 90 * 86_400;

/// Lets time have its effect on one audience.
pub(in crate::facebook::fake) fn settle(state: &mut State, id: &str) {
    let now = state.now;
    let Some(audience) = state.audiences.get_mut(id) else { return };
    if audience.retention_days > 0 {
        let before = now - audience.retention_days * 86_400;
        audience.members.expire(before, now);
    }
    if let Some((session, began)) = audience.work.replacing
        && now - began >= OPEN_SECONDS
    {
        audience.work.replacing = None;
        audience.work.replace_failed = true;
        audience.work.populating(now, state.settings.ready);
        let sessions = state.sessions.get_mut(&audience.account);
        if let Some(session) = sessions.and_then(|all| all.get_mut(&session)) {
            session.ended = Some(began + OPEN_SECONDS);
        }
    }
    let used = audience.content_updated.unwrap_or(audience.created);
    if audience.delete_time.is_none() && now - used >= UNUSED_SECONDS {
        audience.delete_time = Some(used + UNUSED_SECONDS + GRACE_SECONDS);
    }
    if audience.delete_time.is_some_and(|time| time <= now) {
        delete(state, id);
        return;
    }
    let due = match audience.work.pending {
        Some(Pending::At(time)) => time <= now,
        Some(Pending::Polls(polls)) => polls == 0,
        None => false,
    };
    if due {
        let matched = state.audiences.get(id).map(|audience| matched(state, audience));
        if let Some(audience) = state.audiences.get_mut(id) {
            audience.work.pending = None;
            audience.work.shown = matched;
        }
    }
}

/// Counts a read of the audience, for transitions by reads.
pub(in crate::facebook::fake) fn count_read(state: &mut State, id: &str) {
    if let Some(audience) = state.audiences.get_mut(id)
        && let Some(Pending::Polls(polls)) = &mut audience.work.pending
    {
        *polls = polls.saturating_sub(1);
    }
    settle(state, id);
}

/// People behind the members.
pub(in crate::facebook::fake) fn matched(state: &State, audience: &Audience) -> u64 {
    if let Some(people) = &state.people {
        return people.among(audience.members.rows.values().filter_map(|member| member.person));
    }
    audience.members.len() * u64::from(state.settings.match_percent) / 100
}

/// Delivery and operation.
///
/// Source: Custom Audience reference (read 2026-09-12); the words may change, the codes not.
pub(in crate::facebook::fake) fn status(state: &State, audience: &Audience) -> (Words, Words) {
    let work = &audience.work;
    let shown = work.shown.unwrap_or(0);
    let usable = work.shown.is_some() && shown >= state.settings.too_small_below;
    let matched = state.people.is_some() && audience.members.len() > 0;
    let operation = if let Some(code) = work.forced {
        (code, "Set by the test.")
    } else if !audience.flagged.is_empty() {
        (471, "This audience was flagged because it may violate our terms.")
    } else if audience.delete_time.is_some() {
        (100, "This audience has not been used in active ad sets for two years and will be deleted.")
    } else if work.replacing.is_some() {
        (414, "Users of this audience are being replaced.")
    } else if work.replace_failed {
        (415, "The replacement of the users of this audience failed.")
    } else if work.pending.is_some() {
        (441, "We are still populating this audience. You can use it now, its size will increase.")
    } else if work.shown.is_none() {
        (410, "No upload to this audience yet.")
    } else if work.last_invalid * 2 > work.last_received {
        (412, "Many entries of the last upload were invalid.")
    } else if matched && shown * 10 < audience.members.len() {
        (411, "Few of the people of this list were matched.")
    } else {
        (200, "Normal")
    };
    let delivery = if !audience.flagged.is_empty() {
        (400, "This audience cannot be used because it was flagged.")
    } else if usable {
        (200, "This audience is ready for use.")
    } else {
        (300, "This audience is too small to be used.")
    };
    (delivery, operation)
}

/// Lower and upper bound of the size: a band, never the number itself.
pub(in crate::facebook::fake) fn size_bounds(state: &State, audience: &Audience) -> (i64, i64) {
    band(audience.work.shown, &state.settings)
}

fn band(shown: Option<u64>, settings: &FakeSettings) -> (i64, i64) {
    let Some(count) = shown.and_then(|count| i64::try_from(count).ok()) else { return (-1, -1) };
    match settings.sizes {
        SizeModel::Unknown => (-1, -1),
        SizeModel::UnknownBelowMinimum if count < 1000 => (-1, -1),
        _ if count < 1000 => (1000, 1000),
        _ => {
            let step = 10_i64.pow(count.ilog10().saturating_sub(1));
            let middle = count / step * step;
            let width = (middle / 50).max(1);
            (middle - width, middle + step + width)
        }
    }
}

/// Deletes an audience, and remembers that there was one.
pub(in crate::facebook::fake) fn delete(state: &mut State, id: &str) {
    if state.audiences.remove(id).is_some() {
        state.deleted.insert(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_holds_the_count_and_is_never_exact() {
        let settings = FakeSettings::default();
        for count in [1000, 1001, 4_999, 5_000, 123_456, 99_999_999] {
            let (lower, upper) = band(Some(count), &settings);
            assert!(lower < count as i64 && (count as i64) < upper, "{count}: {lower}..{upper}");
        }
        assert_eq!(band(Some(12), &settings), (1000, 1000));
        assert_eq!(band(None, &settings), (-1, -1));
    }
}
