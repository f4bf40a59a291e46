//! Limits of runs per period.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::automation::timestamp::micros;
use crate::clock::TimeZone;

/// Limits the runs of one rule, or the contacts that enter one workflow, per period, over all contacts.
///
/// Runs above the limit are skipped, not deferred. They are counted in [`StepReport::dropped`], recorded in the audit log,
/// and do not count as runs of the contact. A late event counts to the current period.
///
/// [`StepReport::dropped`]: crate::automation::StepReport::dropped
///
/// ```
/// use audiencekit::automation::{Period, RateLimit, Rule};
///
/// let rule = Rule::new("coupon").rate_limit(RateLimit::new(500, Period::Day));
/// assert_eq!(rule.rate_limit, Some(RateLimit::new(500, Period::Day)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RateLimit {
    /// The maximum number of runs, at least 1.
    pub runs: u32,
    /// The period.
    pub per: Period,
}

impl RateLimit {
    /// Creates a limit of `runs` runs per period.
    #[must_use]
    pub fn new(runs: u32, per: Period) -> Self {
        Self { runs, per }
    }
}

/// Limits the runs for one contact per period, over all rules and workflows or over those of a group.
///
/// Runs above the limit are skipped as with a [`RateLimit`].
///
/// ```
/// use audiencekit::automation::{Definitions, FrequencyCap, Period};
///
/// let cap = FrequencyCap::new("ads", 3, Period::Week).group("Marketing");
/// let definitions = Definitions::new().frequency_cap(cap);
/// assert_eq!(definitions.frequency_caps[0].runs, 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FrequencyCap {
    /// The id, unique among the frequency caps. Counts refer to it.
    pub id: String,
    /// The group of rules and workflows. Defaults to all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The maximum number of runs, at least 1.
    pub runs: u32,
    /// The period.
    pub per: Period,
}

/// A calendar period in the engine's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Period {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// From the first of the month to its last day.
    Month,
}

impl FrequencyCap {
    /// Creates a cap over all rules and workflows.
    #[must_use]
    pub fn new(id: impl Into<String>, runs: u32, per: Period) -> Self {
        Self { id: id.into(), group: None, runs, per }
    }

    /// Restricts the cap to the rules and workflows of a group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    pub(in crate::automation) fn is_over(&self, group: Option<&str>) -> bool {
        self.group.is_none() || self.group.as_deref() == group
    }
}

impl Period {
    /// Returns the beginning of the period of an instant.
    pub(super) fn start(self, at: OffsetDateTime, zone: &TimeZone) -> OffsetDateTime {
        let day = zone.date(at);
        match self {
            Self::Hour => {
                let wall = at.checked_to_offset(zone.offset(at)).unwrap_or(at);
                let into = Duration::minutes(wall.minute().into()) + Duration::seconds(wall.second().into());
                at.saturating_sub(into + Duration::nanoseconds(wall.nanosecond().into()))
            }
            Self::Day => zone.start_of_day(day),
            Self::Week => {
                let monday = Duration::days(day.weekday().number_days_from_monday().into());
                zone.start_of_day(day.saturating_sub(monday))
            }
            Self::Month => zone.start_of_day(day.replace_day(1).unwrap_or(day)),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        })
    }
}

/// The runs of the current period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::automation) struct PeriodCount {
    /// When the period began, in microseconds since 1970.
    pub(in crate::automation) since: i64,
    pub(in crate::automation) runs: u32,
}

impl PeriodCount {
    /// Returns the count with one run more at `at`, or `None` if the period has had all.
    pub(in crate::automation) fn one_more(
        known: Option<Self>,
        most: u32,
        per: Period,
        at: OffsetDateTime,
        zone: &TimeZone,
    ) -> Option<Self> {
        let since = micros(per.start(at, zone));
        let current = known.filter(|known| known.since >= since).unwrap_or(Self { since, runs: 0 });
        (current.runs < most).then_some(Self { runs: current.runs + 1, ..current })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn periods_begin_by_the_calendar_of_the_zone_also_where_the_clocks_change() {
        let zone = TimeZone::named("Europe/Warsaw").unwrap();
        // The hour from two to three comes twice on 2026-10-25, a Sunday.
        let first = datetime!(2026-10-25 00:30:05.5 UTC);
        let second = datetime!(2026-10-25 01:30 UTC);
        assert_eq!(Period::Hour.start(first, &zone), datetime!(2026-10-25 00:00 UTC));
        assert_eq!(Period::Hour.start(second, &zone), datetime!(2026-10-25 01:00 UTC));
        assert_eq!(Period::Day.start(second, &zone), datetime!(2026-10-24 22:00 UTC));
        assert_eq!(
            Period::Day.start(datetime!(2026-10-25 22:59 UTC), &zone),
            datetime!(2026-10-24 22:00 UTC)
        );
        assert_eq!(Period::Week.start(second, &zone), datetime!(2026-10-18 22:00 UTC));
        assert_eq!(Period::Month.start(second, &zone), datetime!(2026-09-30 22:00 UTC));
    }

    #[test]
    fn what_comes_late_counts_to_the_period_in_hand() {
        let zone = TimeZone::utc();
        let (today, yesterday) = (datetime!(2026-11-23 1:00 UTC), datetime!(2026-11-22 23:00 UTC));
        let more = |known, at| PeriodCount::one_more(known, 2, Period::Day, at, &zone);
        let one = more(None, today);
        assert_eq!(one.map(|count| count.runs), Some(1));
        let two = more(one, yesterday);
        assert_eq!(two.map(|count| count.runs), Some(2));
        assert_eq!(more(two, today), None);
        assert_eq!(more(two, today + Duration::days(1)).map(|count| count.runs), Some(1));
    }
}
