//! Delays in units of the calendar.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::clock::TimeZone;

/// A length of time. A day is 24 hours and a week is 7 days. A month is a calendar month in the engine's time zone and
/// ends on the last day of the month if the day does not exist.
///
/// ```
/// use audiencekit::{TimeZone, automation::Delay};
/// use time::macros::datetime;
///
/// let zone = TimeZone::utc();
/// assert_eq!(Delay::Weeks(2).after(datetime!(2026-01-01 9:00 UTC), &zone), datetime!(2026-01-15 9:00 UTC));
/// assert_eq!(Delay::Months(1).after(datetime!(2028-01-31 9:00 UTC), &zone), datetime!(2028-02-29 9:00 UTC));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Delay {
    /// Seconds.
    Seconds(u32),
    /// Minutes.
    Minutes(u32),
    /// Hours.
    Hours(u32),
    /// Days of 24 hours.
    Days(u32),
    /// Weeks of 7 days.
    Weeks(u32),
    /// Calendar months.
    Months(u32),
}

impl Delay {
    /// No delay.
    pub const NONE: Self = Self::Seconds(0);
    /// The longest delay that definitions may have: ten years.
    pub(super) const LONGEST: Duration = Duration::days(3_660);

    /// Returns `true` if the delay is zero, in any unit.
    ///
    /// ```
    /// use audiencekit::automation::Delay;
    ///
    /// assert!(Delay::Hours(0).is_none() && !Delay::Hours(1).is_none());
    /// ```
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(
            self,
            Self::Seconds(0)
                | Self::Minutes(0)
                | Self::Hours(0)
                | Self::Days(0)
                | Self::Weeks(0)
                | Self::Months(0)
        )
    }

    /// Returns `true` if JSON may leave it out. An hour of 0 is written, so that it reads back as it was.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::NONE
    }

    /// Returns the instant that is this long after `at`. `zone` decides where months end.
    ///
    /// ```
    /// use audiencekit::{TimeZone, automation::Delay};
    /// use time::macros::datetime;
    ///
    /// let at = datetime!(2026-01-31 9:00 UTC);
    /// assert_eq!(Delay::Days(1).after(at, &TimeZone::utc()), datetime!(2026-02-01 9:00 UTC));
    /// ```
    #[must_use]
    pub fn after(self, at: OffsetDateTime, zone: &TimeZone) -> OffsetDateTime {
        match self {
            Self::Months(months) => months_after(at, months, zone),
            other => at.saturating_add(other.fixed()),
        }
    }

    /// Returns the length, with months of 31 days.
    pub(super) fn fixed(self) -> Duration {
        match self {
            Self::Seconds(n) => Duration::seconds(n.into()),
            Self::Minutes(n) => Duration::minutes(n.into()),
            Self::Hours(n) => Duration::hours(n.into()),
            Self::Days(n) => Duration::days(n.into()),
            Self::Weeks(n) => Duration::weeks(n.into()),
            Self::Months(n) => Duration::days(31 * i64::from(n)),
        }
    }
}

impl Default for Delay {
    fn default() -> Self {
        Self::NONE
    }
}

fn months_after(at: OffsetDateTime, months: u32, zone: &TimeZone) -> OffsetDateTime {
    let day = zone.date(at);
    let time_of_day = at - zone.start_of_day(day);
    let from = i64::from(day.year()) * 12 + i64::from(u8::from(day.month())) - 1 + i64::from(months);
    let year = i32::try_from(from.div_euclid(12)).unwrap_or(9_999).min(9_999);
    let month =
        u8::try_from(from.rem_euclid(12) + 1).ok().and_then(|month| time::Month::try_from(month).ok());
    let month = month.unwrap_or(time::Month::December);
    let last = month.length(year);
    match time::Date::from_calendar_date(year, month, day.day().min(last)) {
        Ok(date) => zone.start_of_day(date).saturating_add(time_of_day),
        Err(_) => at,
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, unit) = match self {
            Self::Seconds(n) => (n, "second"),
            Self::Minutes(n) => (n, "minute"),
            Self::Hours(n) => (n, "hour"),
            Self::Days(n) => (n, "day"),
            Self::Weeks(n) => (n, "week"),
            Self::Months(n) => (n, "month"),
        };
        write!(f, "{n} {unit}{}", if *n == 1 { "" } else { "s" })
    }
}
