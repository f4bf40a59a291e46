//! Looking into the fake: what it truly holds, and what came.

use std::collections::BTreeSet;

use super::handle::Fake;
use super::log::{Call, Edge};
use super::model::members::{Fingerprint, MembershipEvent};
use super::policy::lifecycle;
use super::privacy_alarm::PrivacyViolation;
use crate::facebook::AudienceId;
use crate::identity::Hashed;

impl Fake {
    /// The ids of all audiences, oldest first.
    #[must_use]
    pub fn audiences(&self) -> Vec<AudienceId> {
        self.lock().audiences.keys().filter_map(|id| id.parse().ok()).collect()
    }

    /// Who is in an audience, truly and now: the fingerprints of the rows, as
    /// [`MatchRow::fingerprint`](crate::identity::MatchRow::fingerprint) gives them. Columns that identify nobody,
    /// such as `LOOKALIKE_VALUE`, are left out of it.
    #[must_use]
    pub fn members(&self, audience: &AudienceId) -> BTreeSet<Hashed> {
        let mut state = self.lock();
        lifecycle::settle(&mut state, audience.as_str());
        let audience = state.audiences.get(audience.as_str());
        let keys = audience.into_iter().flat_map(|audience| audience.members.rows.keys());
        keys.map(|fingerprint| Hashed::from_bytes(fingerprint.0)).collect()
    }

    /// How many members an audience has; where members are discarded, rows added less rows removed.
    #[must_use]
    pub fn member_count(&self, audience: &AudienceId) -> u64 {
        let mut state = self.lock();
        lifecycle::settle(&mut state, audience.as_str());
        state.audiences.get(audience.as_str()).map_or(0, |audience| audience.members.len())
    }

    /// How many people of the population, or without one, how many rows, the members match.
    #[must_use]
    pub fn matched(&self, audience: &AudienceId) -> u64 {
        let state = self.lock();
        state.audiences.get(audience.as_str()).map_or(0, |audience| lifecycle::matched(&state, audience))
    }

    /// When a row came into an audience and left it.
    #[must_use]
    pub fn history(&self, audience: &AudienceId, row: &Hashed) -> Vec<MembershipEvent> {
        let state = self.lock();
        let audience = state.audiences.get(audience.as_str());
        let row = Fingerprint(*row.as_bytes());
        audience.and_then(|audience| audience.members.history.get(&row)).cloned().unwrap_or_default()
    }

    /// The calls so far, oldest first; the oldest leave once there are more than
    /// [`FakeSettings::log_calls`](super::settings::FakeSettings::log_calls).
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().log.iter().cloned().collect()
    }

    /// How many calls an edge got, also those that left the log.
    #[must_use]
    pub fn count(&self, edge: Edge) -> u64 {
        self.lock().counts.get(&edge).copied().unwrap_or(0)
    }

    /// What was seen that must never arrive at Facebook.
    #[must_use]
    pub fn alarms(&self) -> Vec<PrivacyViolation> {
        self.lock().alarms.clone()
    }

    /// # Panics
    /// When plain personal data, a digest of nothing, a hashed device id or a token in a URL was ever seen.
    #[track_caller]
    pub fn assert_clean(&self) {
        let alarms = self.alarms();
        assert!(alarms.is_empty(), "the fake saw what must never leave: {alarms:?}");
    }

    /// # Panics
    /// When the members of an audience are not these. The message counts and names the seed; it shows no member.
    #[track_caller]
    pub fn assert_members(&self, audience: &AudienceId, expected: &BTreeSet<Hashed>) {
        let members = self.members(audience);
        let missing = expected.difference(&members).count();
        let extra = members.difference(expected).count();
        assert!(
            missing + extra == 0,
            "audience {audience} has {} members, {missing} are missing and {extra} are too many (seed {})",
            members.len(),
            self.seed()
        );
    }

    /// # Panics
    /// When a call carried too many rows, had too long a URL, or hit a quota.
    #[track_caller]
    pub fn assert_within_limits(&self) {
        let settings = self.settings();
        let over = |call: &Call| {
            call.rows > settings.max_rows as u64
                || call.url_bytes >= settings.max_url_bytes
                || matches!(call.code, 4 | 17 | 32 | 613 | 80000..=80014)
        };
        let over: Vec<u64> = self.calls().iter().filter(|call| over(call)).map(|call| call.number).collect();
        assert!(over.is_empty(), "calls {over:?} went over a limit (seed {})", self.seed());
    }
}
