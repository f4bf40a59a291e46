//! The usage headers of an answer.
//!
//! Source: rate limiting overview of the Graph and Marketing API (read 2026-09-12). Values are per cent of the quota
//! of a rolling hour; throttling begins at 100. The headers come once there was enough traffic, not on every answer.

use std::time::Duration;

use serde::Deserialize;

use crate::facebook::wire::response::GraphResponse;
use crate::facebook::wire::scalars::{Entries, Loose};

/// The access tier of the app, which decides the size of its quotas.
///
/// ```
/// use audiencekit::facebook::AccessTier;
///
/// assert_eq!(AccessTier::DevelopmentAccess.calls_per_hour(), 5_000);
/// assert_eq!(AccessTier::StandardAccess.calls_per_hour(), 190_000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessTier {
    /// Limited access (`development_access`), the tier that every app begins with.
    DevelopmentAccess,
    /// Full access (`standard_access`).
    StandardAccess,
}

impl AccessTier {
    /// Returns the calls per hour on one ad account. Each of its audiences adds 40, which are not counted.
    #[must_use]
    pub fn calls_per_hour(self) -> u32 {
        match self {
            Self::DevelopmentAccess => 5_000,
            Self::StandardAccess => 190_000,
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "development_access" => Some(Self::DevelopmentAccess),
            "standard_access" => Some(Self::StandardAccess),
            _ => None,
        }
    }
}

/// The usage of one use case of one account, from `X-Business-Use-Case-Usage`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UseCaseUsage {
    /// The digits of the ad account, or the business, that the quota belongs to.
    pub object: String,
    /// `type`, such as `custom_audience`.
    pub use_case: String,
    /// The highest of calls, CPU time and time, in per cent.
    pub percent: f64,
    /// How long calls are refused. Zero if they are not.
    pub regain: Duration,
    /// The tier, if the header names it.
    pub tier: Option<AccessTier>,
}

/// The usage headers of one answer. Headers of an undocumented form are ignored.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct UsageHeaders {
    /// `X-Business-Use-Case-Usage`.
    pub use_cases: Vec<UseCaseUsage>,
    /// The highest value of `X-App-Usage`, in per cent.
    pub app: Option<f64>,
    /// `acc_id_util_pct` of `X-Ad-Account-Usage`, and the time until it is reset.
    pub account: Option<(f64, Duration)>,
    /// The tier in `X-Ad-Account-Usage`.
    pub tier: Option<AccessTier>,
    /// `Retry-After` in seconds. Facebook is not known to send it; something in between may.
    pub retry_after: Option<Duration>,
}

/// Longest header that is read.
const HEADER_BYTES: usize = 64 * 1024;
/// Longest wait that a header can ask for: what is longer is a mistake.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Most use cases that are read; Facebook documents 32.
const USE_CASES: usize = 64;

impl UsageHeaders {
    /// Reads the usage headers of an answer.
    ///
    /// ```
    /// use audiencekit::facebook::{GraphResponse, UsageHeaders};
    ///
    /// let mut response = GraphResponse::new(200, "{}");
    /// response.headers.push(("x-app-usage".into(), r#"{"call_count":5,"total_cputime":0,"total_time":1}"#.into()));
    /// assert_eq!(UsageHeaders::read(&response).app, Some(5.0));
    /// ```
    #[must_use]
    pub fn read(response: &GraphResponse) -> Self {
        let header =
            |name| response.header(name).filter(|value| value.len() <= HEADER_BYTES).unwrap_or_default();
        let mut usage = Self {
            retry_after: header("retry-after")
                .trim()
                .parse()
                .ok()
                .map(|secs| Duration::from_secs(secs).min(LONGEST)),
            ..Self::default()
        };
        if let Ok(Entries(objects)) =
            serde_json::from_str::<Entries<Vec<UseCaseWire>>>(header("x-business-use-case-usage"))
        {
            for (object, cases) in objects {
                usage.use_cases.extend(cases.into_iter().filter_map(|case| case.read(&object)));
            }
            usage.use_cases.truncate(USE_CASES);
        }
        if let Ok(counts) = serde_json::from_str::<Counts>(header("x-app-usage")) {
            usage.app = counts.percent();
        }
        if let Ok(account) = serde_json::from_str::<AccountWire>(header("x-ad-account-usage")) {
            usage.tier = account.ads_api_access_tier.text().and_then(|tier| AccessTier::of(&tier));
            usage.account = account
                .acc_id_util_pct
                .percent()
                .map(|percent| (percent, seconds(account.reset_time_duration.percent().unwrap_or_default())));
        }
        usage
    }

    /// The account or business of the use-case header, if it names one only.
    pub(super) fn only_object(&self) -> Option<&str> {
        let first = self.use_cases.first()?.object.as_str();
        self.use_cases.iter().all(|case| case.object == first).then_some(first)
    }

    /// Returns `true` if the answer had no usage header.
    ///
    /// ```
    /// use audiencekit::facebook::{GraphResponse, UsageHeaders};
    ///
    /// assert!(UsageHeaders::read(&GraphResponse::new(200, "{}")).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST)
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    call_count: Loose,
    #[serde(default)]
    total_cputime: Loose,
    #[serde(default)]
    total_time: Loose,
}

impl Counts {
    fn percent(&self) -> Option<f64> {
        let values = [&self.call_count, &self.total_cputime, &self.total_time];
        values.into_iter().filter_map(Loose::percent).reduce(f64::max)
    }
}

#[derive(Deserialize)]
struct UseCaseWire {
    #[serde(default, rename = "type")]
    kind: Loose,
    #[serde(flatten)]
    counts: Counts,
    #[serde(default)]
    estimated_time_to_regain_access: Loose,
    #[serde(default)]
    ads_api_access_tier: Loose,
}

impl UseCaseWire {
    fn read(self, object: &str) -> Option<UseCaseUsage> {
        // The documents call this minutes, and the reset of an ad account seconds.
        let minutes = self.estimated_time_to_regain_access.percent().unwrap_or_default();
        Some(UseCaseUsage {
            object: object.strip_prefix("act_").unwrap_or(object).to_owned(),
            use_case: self.kind.text()?,
            percent: self.counts.percent()?,
            regain: seconds(minutes * 60.0),
            tier: self.ads_api_access_tier.text().and_then(|tier| AccessTier::of(&tier)),
        })
    }
}

#[derive(Deserialize)]
struct AccountWire {
    #[serde(default)]
    acc_id_util_pct: Loose,
    #[serde(default)]
    reset_time_duration: Loose,
    #[serde(default)]
    ads_api_access_tier: Loose,
}
