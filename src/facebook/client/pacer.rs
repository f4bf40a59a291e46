//! Pacing: how fast Facebook lets an app call, shared by every client that spends the same quota.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use super::quota::{AD_ACCOUNT, APP, CUSTOM_AUDIENCE, Gauge, PacerState, Quota, QuotaKey, Scope, add, until};
use super::usage_headers::{AccessTier, UsageHeaders};
use crate::facebook::ids::AccountId;

/// Paces calls by the quotas that Facebook's answers report. Clones share their state.
///
/// Quotas belong to an app, an ad account and a use case, so give clones of one pacer to all clients of an app. The
/// use-case header decides: from 75 % on, calls are spread out, and while Facebook names a time to regain access, none
/// is made. The account and app headers only advise, because calls succeed while they report 100 %. Waiting calls get
/// one place each in the order in which they came, so an audience with a thousand batches does not hold up one with a
/// single batch.
///
/// ```
/// # #[cfg(feature = "http")] {
/// use audiencekit::facebook::{GraphClient, Pacer};
///
/// let pacer = Pacer::new();
/// let brand = GraphClient::builder("a token").pacer(pacer.clone()).build()?;
/// let shop = GraphClient::builder("another token of the same app").pacer(pacer).build()?;
/// # }
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Pacer(Arc<Mutex<BTreeMap<QuotaKey, Gauge>>>);

/// First wait after a throttle that names no time; it doubles.
const BLOCK: Duration = Duration::from_secs(60);
/// Longest such wait.
const LONGEST_BLOCK: Duration = Duration::from_secs(16 * 60);

/// Most quotas that are remembered: headers name them, and may name anything.
const MOST_GAUGES: usize = 10_000;

impl Pacer {
    /// Creates a pacer that knows no quota and holds no call back.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a pacer from a saved state.
    ///
    /// ```
    /// use audiencekit::facebook::Pacer;
    ///
    /// let saved = serde_json::to_string(&Pacer::new().save()).unwrap();
    /// let pacer = Pacer::restore(serde_json::from_str(&saved).unwrap());
    /// assert!(pacer.quotas(time::macros::datetime!(2026-11-23 12:00 UTC)).is_empty());
    /// ```
    #[must_use]
    pub fn restore(state: PacerState) -> Self {
        Self(Arc::new(Mutex::new(state.into_gauges())))
    }

    /// Returns the state to save across restarts.
    #[must_use]
    pub fn save(&self) -> PacerState {
        PacerState::new(&self.gauges())
    }

    /// Returns every known quota.
    ///
    /// ```
    /// use audiencekit::facebook::Pacer;
    /// use time::macros::datetime;
    ///
    /// assert!(Pacer::new().quotas(datetime!(2026-11-23 12:00 UTC)).is_empty());
    /// ```
    #[must_use]
    pub fn quotas(&self, now: OffsetDateTime) -> Vec<Quota> {
        self.gauges().iter().map(|(key, gauge)| Quota::of(key, gauge, now)).collect()
    }

    /// Returns the quota for audience calls on one ad account, if an answer has named it.
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
    pub(super) fn reserve(
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
    pub(super) fn throttled(&self, scope: &Scope, usage: &UsageHeaders, now: OffsetDateTime) -> Duration {
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
    pub(super) fn passed(&self, scope: &Scope) {
        if let Some(gauge) = self.gauges().get_mut(&scope.own()) {
            gauge.strikes = 0;
        }
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
