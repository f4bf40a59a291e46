//! Pacing: how fast Facebook lets an app call, shared by every client that spends the same quota.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::usage_headers::{AccessTier, UsageHeaders};
use crate::facebook::ids::AccountId;

/// The quotas of an app, as its answers tell them. Clones share; give one to every client of the app.
///
/// A quota belongs to an app, an ad account and a use case. The use-case header decides: from 75 % on, calls are
/// spread, and while Facebook names a time to regain access, none is made. The account and app headers only advise, as
/// calls are known to succeed while they say 100 %. Callers are served in the order in which they ask, one place each, so an
/// audience with a thousand batches does not hold up another with one.
///
/// ```
/// use audiencekit::facebook::Pacer;
///
/// let pacer = Pacer::new();
/// let saved = serde_json::to_string(&pacer.save()).unwrap();
/// let restored = Pacer::restore(serde_json::from_str(&saved).unwrap());
/// assert!(restored.quotas(time::macros::datetime!(2026-11-23 12:00 UTC)).is_empty());
/// ```
#[derive(Clone, Default)]
pub struct Pacer(Arc<Mutex<BTreeMap<QuotaKey, Gauge>>>);

/// What a quota belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuotaKey {
    /// The app, if the client was told.
    pub app: Option<String>,
    /// The digits of the ad account, or of the business; none for a quota of the whole app.
    pub account: Option<String>,
    /// The use case, such as `custom_audience`; `ad_account` and `app` for the headers of those names.
    pub use_case: String,
}

/// The state of a [`Pacer`], to keep across restarts: a block does not end because a process did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PacerState(Vec<(QuotaKey, SavedGauge)>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SavedGauge {
    percent: f64,
    seen_at: i64,
    blocked_until: i64,
    strikes: u32,
    tier: Option<AccessTier>,
}

/// What is left of one quota.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Quota {
    /// What it belongs to.
    pub key: QuotaKey,
    /// How much of it is used, in per cent, as last told and let decay over the hour since.
    pub used_percent: f64,
    /// Until when no call is made, if that is later than now.
    pub blocked_until: Option<OffsetDateTime>,
    /// The tier, if an answer told; otherwise the smaller one is assumed.
    pub tier: Option<AccessTier>,
    now: OffsetDateTime,
}

#[derive(Debug, Clone)]
struct Gauge {
    percent: f64,
    seen_at: OffsetDateTime,
    blocked_until: OffsetDateTime,
    next_place: OffsetDateTime,
    strikes: u32,
    tier: Option<AccessTier>,
}

/// Which quotas a call spends.
#[derive(Debug, Clone)]
pub(in crate::facebook) struct Scope {
    pub(in crate::facebook) app: Option<String>,
    pub(in crate::facebook) account: Option<AccountId>,
    pub(in crate::facebook) use_case: &'static str,
}

/// The header of an ad account, as a use case.
const AD_ACCOUNT: &str = "ad_account";
/// The header of an app, as a use case.
pub(in crate::facebook) const APP: &str = "app";
/// From here the use-case header spreads calls.
const SPREAD_FROM: f64 = 75.0;
/// Between two calls at 100 % of the use case.
const SLOWEST: f64 = 3.0;
/// From here the other headers do.
const ADVICE_FROM: f64 = 90.0;
/// Between two calls at 100 % of another header.
const ADVISED: f64 = 0.5;
/// The quota is that of a rolling hour.
const WINDOW: f64 = 3600.0;
/// First wait after a throttle that names no time; it doubles.
const BLOCK: Duration = Duration::from_secs(60);
/// Longest such wait.
const LONGEST_BLOCK: Duration = Duration::from_secs(16 * 60);

/// Most quotas that are remembered: headers name them, and may name anything.
const MOST_GAUGES: usize = 10_000;

fn add(at: OffsetDateTime, wait: Duration) -> OffsetDateTime {
    at.saturating_add(time::Duration::try_from(wait).unwrap_or(time::Duration::MAX))
}

fn until(now: OffsetDateTime, then: OffsetDateTime) -> Duration {
    Duration::try_from(then - now).unwrap_or_default()
}

impl Gauge {
    fn new(now: OffsetDateTime) -> Self {
        Self { percent: 0.0, seen_at: now, blocked_until: now, next_place: now, strikes: 0, tier: None }
    }

    /// What is left of the last reading once part of the hour has passed.
    fn used(&self, now: OffsetDateTime) -> f64 {
        let age = (now - self.seen_at).as_seconds_f64().clamp(0.0, WINDOW);
        self.percent * (1.0 - age / WINDOW)
    }

    /// True while it holds a call back, or might.
    fn tells(&self, now: OffsetDateTime) -> bool {
        self.blocked_until > now || self.used(now) > 0.0
    }

    /// Between two calls.
    fn spacing(&self, use_case: &str, now: OffsetDateTime) -> Duration {
        let (from, slowest) = match use_case {
            AD_ACCOUNT | APP => (ADVICE_FROM, ADVISED),
            _ => (SPREAD_FROM, SLOWEST),
        };
        let over = ((self.used(now) - from) / (100.0 - from)).clamp(0.0, 1.0);
        Duration::from_secs_f64(slowest * over)
    }
}

impl Scope {
    fn key(&self, account: Option<&str>, use_case: &str) -> QuotaKey {
        QuotaKey { app: self.app.clone(), account: account.map(str::to_owned), use_case: use_case.to_owned() }
    }

    fn own(&self) -> QuotaKey {
        self.key(self.account.as_ref().map(AccountId::digits), self.use_case)
    }

    /// Every quota that a call spends, the deciding one first.
    fn keys(&self) -> [QuotaKey; 3] {
        let account = self.account.as_ref().map(AccountId::digits);
        [self.own(), self.key(account, AD_ACCOUNT), self.key(None, APP)]
    }
}

impl Pacer {
    /// Nothing known yet: nothing is held back.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A pacer that goes on where another stopped.
    #[must_use]
    pub fn restore(state: PacerState) -> Self {
        let instant =
            |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let gauges = state.0.into_iter().map(|(key, saved)| {
            let seen_at = instant(saved.seen_at);
            let gauge = Gauge {
                percent: saved.percent,
                seen_at,
                blocked_until: instant(saved.blocked_until),
                next_place: seen_at,
                strikes: saved.strikes,
                tier: saved.tier,
            };
            (key, gauge)
        });
        Self(Arc::new(Mutex::new(gauges.collect())))
    }

    /// The state to keep.
    #[must_use]
    pub fn save(&self) -> PacerState {
        let gauges = self.gauges();
        let saved = gauges.iter().map(|(key, gauge)| {
            let saved = SavedGauge {
                percent: gauge.percent,
                seen_at: gauge.seen_at.unix_timestamp(),
                blocked_until: gauge.blocked_until.unix_timestamp(),
                strikes: gauge.strikes,
                tier: gauge.tier,
            };
            (key.clone(), saved)
        });
        PacerState(saved.collect())
    }

    /// What is known of every quota.
    #[must_use]
    pub fn quotas(&self, now: OffsetDateTime) -> Vec<Quota> {
        self.gauges().iter().map(|(key, gauge)| Quota::of(key, gauge, now)).collect()
    }

    /// What is left for audience calls on one ad account, if an answer has told.
    #[must_use]
    pub fn quota(&self, account: &AccountId, now: OffsetDateTime) -> Option<Quota> {
        let of_account = |quota: &Quota| {
            quota.key.account.as_deref() == Some(account.digits()) && quota.key.use_case == CUSTOM_AUDIENCE
        };
        self.quotas(now).into_iter().find(of_account)
    }

    fn gauges(&self) -> MutexGuard<'_, BTreeMap<QuotaKey, Gauge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next place and says how long to wait for it; or, where that is more than `most`, only says how long:
    /// who will not wait takes no place from those who do.
    pub(in crate::facebook) fn reserve(
        &self,
        scope: &Scope,
        now: OffsetDateTime,
        most: Duration,
    ) -> Result<Duration, Duration> {
        let mut gauges = self.gauges();
        let mut start = now;
        for key in scope.keys() {
            let Some(gauge) = gauges.get(&key) else { continue };
            start = start.max(gauge.blocked_until);
            if !gauge.spacing(&key.use_case, now).is_zero() {
                start = start.max(gauge.next_place);
            }
        }
        let wait = until(now, start);
        if wait > most {
            return Err(wait);
        }
        for key in scope.keys() {
            if let Some(gauge) = gauges.get_mut(&key) {
                gauge.next_place = add(start, gauge.spacing(&key.use_case, now));
            }
        }
        Ok(wait)
    }

    /// True while no call of this scope is to be made.
    pub(super) fn is_blocked(&self, scope: &Scope, now: OffsetDateTime) -> bool {
        let gauges = self.gauges();
        scope.keys().iter().filter_map(|key| gauges.get(key)).any(|gauge| gauge.blocked_until > now)
    }

    /// Learns from the headers of an answer.
    pub(super) fn observe(&self, scope: &Scope, usage: &UsageHeaders, now: OffsetDateTime) {
        if usage.is_empty() {
            return;
        }
        let mut gauges = self.gauges();
        // Only for a quota of one's own: names in headers are not worth the search.
        if gauges.len() >= MOST_GAUGES && !gauges.contains_key(&scope.own()) {
            gauges.retain(|_, gauge| gauge.tells(now));
        }
        let mut tell = |key: QuotaKey, percent: f64, regain: Duration, tier: Option<AccessTier>| {
            if gauges.len() >= MOST_GAUGES && !gauges.contains_key(&key) {
                return;
            }
            let gauge = gauges.entry(key).or_insert_with(|| Gauge::new(now));
            gauge.percent = percent;
            gauge.seen_at = now;
            gauge.tier = tier.or(gauge.tier);
            if !regain.is_zero() {
                gauge.blocked_until = gauge.blocked_until.max(add(now, regain));
            }
        };
        let only = usage.only_object();
        for case in &usage.use_cases {
            // A header may name the business instead of the account: the quota is the one that the call spent.
            if only.is_some() && case.use_case == scope.use_case {
                tell(scope.own(), case.percent, case.regain, case.tier);
            }
            tell(scope.key(Some(&case.object), &case.use_case), case.percent, case.regain, case.tier);
        }
        // Advice: the time to reset counts only once Facebook has refused a call.
        if let Some((percent, _)) = usage.account {
            let account = scope.account.as_ref().map(AccountId::digits);
            tell(scope.key(account, AD_ACCOUNT), percent, Duration::ZERO, usage.tier);
        }
        if let Some(percent) = usage.app {
            tell(scope.key(None, APP), percent, Duration::ZERO, None);
        }
    }

    /// Learns that a call was refused for its rate, and says for how long to stay away.
    pub(in crate::facebook) fn throttled(
        &self,
        scope: &Scope,
        usage: &UsageHeaders,
        now: OffsetDateTime,
    ) -> Duration {
        let mut gauges = self.gauges();
        let gauge = gauges.entry(scope.own()).or_insert_with(|| Gauge::new(now));
        let told =
            [usage.retry_after, usage.account.map(|(_, reset)| reset), Some(until(now, gauge.blocked_until))];
        let told = told.into_iter().flatten().max().unwrap_or_default();
        let guess = BLOCK.saturating_mul(1 << gauge.strikes.min(10)).min(LONGEST_BLOCK);
        gauge.strikes = gauge.strikes.saturating_add(1);
        // All who wait come back at the same time: a full gauge spreads them.
        gauge.percent = gauge.used(now).max(100.0);
        gauge.seen_at = now;
        let wait = if told.is_zero() { guess } else { told };
        gauge.blocked_until = gauge.blocked_until.max(add(now, wait));
        until(now, gauge.blocked_until)
    }

    /// Learns that a call went through.
    pub(in crate::facebook) fn passed(&self, scope: &Scope) {
        if let Some(gauge) = self.gauges().get_mut(&scope.own()) {
            gauge.strikes = 0;
        }
    }
}

/// The use case of audience calls.
pub(in crate::facebook) const CUSTOM_AUDIENCE: &str = "custom_audience";
/// The use case of reading accounts.
pub(in crate::facebook) const ADS_MANAGEMENT: &str = "ads_management";

impl Quota {
    fn of(key: &QuotaKey, gauge: &Gauge, now: OffsetDateTime) -> Self {
        Self {
            key: key.clone(),
            used_percent: gauge.used(now),
            blocked_until: Some(gauge.blocked_until).filter(|until| *until > now),
            tier: gauge.tier,
            now,
        }
    }

    /// Calls that are left in this hour, by the documented size of the tier without its share per audience: a
    /// cautious number.
    #[must_use]
    pub fn calls_left(&self) -> u64 {
        let share = (1.0 - self.used_percent / 100.0).clamp(0.0, 1.0);
        (f64::from(self.calls_per_hour()) * share) as u64
    }

    /// When `calls` more calls will be through, at the latest, if nobody else spends the quota.
    ///
    /// The calls that are left go at once; the others as the hour gives back.
    #[must_use]
    pub fn predicted_finish(&self, calls: u64) -> OffsetDateTime {
        let start = self.blocked_until.unwrap_or(self.now);
        let over = calls.saturating_sub(self.calls_left());
        let wait = over as f64 * WINDOW / f64::from(self.calls_per_hour());
        add(start, Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX))
    }

    fn calls_per_hour(&self) -> u32 {
        self.tier.unwrap_or(AccessTier::DevelopmentAccess).calls_per_hour()
    }
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pacer({} quotas)", self.gauges().len())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::facebook::client::usage_headers::UseCaseUsage;

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

    fn scope(account: u32) -> Scope {
        let account = Some(AccountId::from_digits(&account.to_string()));
        Scope { app: Some("1".into()), account, use_case: CUSTOM_AUDIENCE }
    }

    fn usage(account: u32, percent: f64) -> UsageHeaders {
        let mut usage = UsageHeaders::default();
        usage.use_cases.push(UseCaseUsage {
            object: account.to_string(),
            use_case: CUSTOM_AUDIENCE.to_owned(),
            percent,
            regain: Duration::ZERO,
            tier: None,
        });
        usage
    }

    #[test]
    fn callers_of_many_threads_get_a_place_each() {
        let pacer = Pacer::new();
        pacer.observe(&scope(7), &usage(7, 100.0), NOW);
        let waits = Mutex::new(Vec::new());
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    for _ in 0..50 {
                        let wait = pacer.reserve(&scope(7), NOW, Duration::MAX).unwrap();
                        waits.lock().unwrap().push(wait.as_secs());
                    }
                });
            }
        });
        let mut waits = waits.into_inner().unwrap();
        waits.sort_unstable();
        // Three seconds between two calls at 100 %.
        let places: Vec<u64> = (0..400).map(|place| place * 3).collect();
        assert_eq!(waits, places);
    }

    #[test]
    fn those_who_waited_for_a_block_to_end_do_not_come_back_together() {
        let pacer = Pacer::new();
        let away = pacer.throttled(&scope(7), &UsageHeaders::default(), NOW);
        let waits: Vec<Duration> =
            (0..4).map(|_| pacer.reserve(&scope(7), NOW, Duration::MAX).unwrap()).collect();
        assert_eq!(waits[0], away);
        assert!(waits.windows(2).all(|pair| pair[1] > pair[0] + Duration::from_secs(1)), "{waits:?}");
        let other = pacer.reserve(&scope(8), NOW, Duration::ZERO);
        assert_eq!(other, Ok(Duration::ZERO), "another account is not held back");
    }

    #[test]
    fn who_will_not_wait_takes_no_place() {
        let pacer = Pacer::new();
        let away = pacer.throttled(&scope(7), &UsageHeaders::default(), NOW);
        for _ in 0..1_000 {
            assert_eq!(pacer.reserve(&scope(7), NOW, Duration::ZERO), Err(away));
        }
        assert_eq!(pacer.reserve(&scope(7), NOW + away, Duration::ZERO), Ok(Duration::ZERO));
    }

    #[test]
    fn quotas_that_tell_nothing_any_more_make_room() {
        let pacer = Pacer::new();
        for account in 1..20_000 {
            pacer.observe(&scope(1), &usage(account, 50.0), NOW);
        }
        assert_eq!(pacer.quotas(NOW).len(), MOST_GAUGES);
        pacer.throttled(&scope(1), &UsageHeaders::default(), NOW);
        let later = NOW + Duration::from_secs(2 * 3600);
        pacer.observe(&scope(77_777), &usage(77_777, 50.0), later);
        assert!(pacer.quota(&AccountId::from_digits("77777"), later).is_some());
        assert!(pacer.quotas(later).len() < 10);
    }
}
