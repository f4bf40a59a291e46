//! One quota of Facebook's: what it belongs to, how much of it is used, and how calls are spread.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::usage_headers::AccessTier;
use crate::facebook::ids::AccountId;

/// The owner of a quota: an app, an ad account, and a use case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuotaKey {
    /// The id of the app, if the client was built with it.
    pub app: Option<String>,
    /// The digits of the ad account or the business. `None` for a quota of the whole app.
    pub account: Option<String>,
    /// The use case, such as `custom_audience`; `ad_account` and `app` for the headers of those names.
    pub use_case: String,
}

/// The state of one quota, as read from a [`Pacer`](crate::facebook::Pacer).
///
/// ```
/// use audiencekit::{FacebookClient, MockClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// let account = facebook.fake().account();
/// facebook.audiences(&account, &Default::default()).await?;
/// if let Some(quota) = facebook.pacer().quota(&account, facebook.fake().now()) {
///     assert!(quota.used_percent < 100.0);
///     assert!(quota.predicted_finish(100) >= facebook.fake().now());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Quota {
    /// The owner of the quota.
    pub key: QuotaKey,
    /// The used share in per cent: the last reading, decayed over the hour since.
    pub used_percent: f64,
    /// The end of a block. `None` if calls may be made now.
    pub blocked_until: Option<OffsetDateTime>,
    /// The access tier, if an answer named it; otherwise the smaller tier is assumed.
    pub tier: Option<AccessTier>,
    now: OffsetDateTime,
}

/// The saved state of a [`Pacer`](crate::facebook::Pacer). Keep it across restarts, because a block outlives the
/// process.
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

/// The last reading of one quota, and the queue of the calls that spend it.
#[derive(Debug, Clone)]
pub(super) struct Gauge {
    pub(super) percent: f64,
    pub(super) seen_at: OffsetDateTime,
    pub(super) blocked_until: OffsetDateTime,
    pub(super) next_place: OffsetDateTime,
    pub(super) strikes: u32,
    pub(super) tier: Option<AccessTier>,
}

/// Which quotas a call spends.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) app: Option<String>,
    pub(super) account: Option<AccountId>,
    pub(super) use_case: &'static str,
}

/// The use case of audience calls.
pub(in crate::facebook) const CUSTOM_AUDIENCE: &str = "custom_audience";
/// The use case of reading accounts.
pub(in crate::facebook) const ADS_MANAGEMENT: &str = "ads_management";

/// The header of an ad account, as a use case.
pub(super) const AD_ACCOUNT: &str = "ad_account";
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

pub(super) fn add(at: OffsetDateTime, wait: Duration) -> OffsetDateTime {
    at.saturating_add(time::Duration::try_from(wait).unwrap_or(time::Duration::MAX))
}

pub(super) fn until(now: OffsetDateTime, then: OffsetDateTime) -> Duration {
    Duration::try_from(then - now).unwrap_or_default()
}

impl Gauge {
    pub(super) fn new(now: OffsetDateTime) -> Self {
        Self { percent: 0.0, seen_at: now, blocked_until: now, next_place: now, strikes: 0, tier: None }
    }

    /// What is left of the last reading once part of the hour has passed.
    pub(super) fn used(&self, now: OffsetDateTime) -> f64 {
        let age = (now - self.seen_at).as_seconds_f64().clamp(0.0, WINDOW);
        self.percent * (1.0 - age / WINDOW)
    }

    /// True while it holds a call back, or might.
    pub(super) fn tells(&self, now: OffsetDateTime) -> bool {
        self.blocked_until > now || self.used(now) > 0.0
    }

    /// Between two calls.
    pub(super) fn spacing(&self, use_case: &str, now: OffsetDateTime) -> Duration {
        let (from, slowest) = match use_case {
            AD_ACCOUNT | APP => (ADVICE_FROM, ADVISED),
            _ => (SPREAD_FROM, SLOWEST),
        };
        let over = ((self.used(now) - from) / (100.0 - from)).clamp(0.0, 1.0);
        Duration::from_secs_f64(slowest * over)
    }
}

impl Scope {
    pub(super) fn key(&self, account: Option<&str>, use_case: &str) -> QuotaKey {
        QuotaKey { app: self.app.clone(), account: account.map(str::to_owned), use_case: use_case.to_owned() }
    }

    pub(super) fn own(&self) -> QuotaKey {
        self.key(self.account.as_ref().map(AccountId::digits), self.use_case)
    }

    /// Every quota that a call spends, the deciding one first.
    pub(super) fn keys(&self) -> [QuotaKey; 3] {
        let account = self.account.as_ref().map(AccountId::digits);
        [self.own(), self.key(account, AD_ACCOUNT), self.key(None, APP)]
    }
}

impl Quota {
    pub(super) fn of(key: &QuotaKey, gauge: &Gauge, now: OffsetDateTime) -> Self {
        Self {
            key: key.clone(),
            used_percent: gauge.used(now),
            blocked_until: Some(gauge.blocked_until).filter(|until| *until > now),
            tier: gauge.tier,
            now,
        }
    }

    /// Returns the number of calls that are left in this hour, by the documented size of the tier. Each audience of the
    /// account adds 40 calls that are not counted, so the number is cautious.
    #[must_use]
    pub fn calls_left(&self) -> u64 {
        let share = (1.0 - self.used_percent / 100.0).clamp(0.0, 1.0);
        (f64::from(self.calls_per_hour()) * share) as u64
    }

    /// Returns the latest time at which `calls` more calls will be done, if no other client spends the quota.
    ///
    /// The calls that are left are made at once, the others as the rolling hour frees them.
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

impl PacerState {
    pub(super) fn new(gauges: &BTreeMap<QuotaKey, Gauge>) -> Self {
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
        Self(saved.collect())
    }

    pub(super) fn into_gauges(self) -> BTreeMap<QuotaKey, Gauge> {
        let instant =
            |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let gauges = self.0.into_iter().map(|(key, saved)| {
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
        gauges.collect()
    }
}
