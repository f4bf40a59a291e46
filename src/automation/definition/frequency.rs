//! How often rules and workflows may run in a period.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::automation::timestamp::micros;
use crate::clock::TimeZone;

/// The most runs of one rule, or the most contacts that come into one workflow, in a period, over all contacts.
///
/// What is above is dropped, never done later, and told in the outcome and the audit log. It does not count as a run
/// of the contact. An event that comes late counts to the period in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How many.
    pub runs: u32,
    /// In which time.
    pub per: Period,
}

/// The most runs for one contact in a period, of all rules and workflows of a group together, or of all there are.
///
/// What is above is dropped as with a [`RateLimit`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrequencyCap {
    /// Unique among the limits; counts refer to it.
    pub id: String,
    /// The group; all rules and workflows if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How many.
    pub runs: u32,
    /// In which time.
    pub per: Period,
}

/// A period of the calendar in the engine's zone, which begins where the calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// A limit over all rules and workflows.
    #[must_use]
    pub fn new(id: impl Into<String>, runs: u32, per: Period) -> Self {
        Self { id: id.into(), group: None, runs, per }
    }

    /// Over those of a group only.
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
    /// When the period of an instant began.
    pub(in crate::automation) fn start(self, at: OffsetDateTime, zone: &TimeZone) -> OffsetDateTime {
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

/// How many runs the period in hand has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::automation) struct PeriodCount {
    /// When the period began, in microseconds since 1970.
    pub(in crate::automation) since: i64,
    pub(in crate::automation) runs: u32,
}

impl PeriodCount {
    /// The count with one run more at `at`; `None` when the period has had all.
    pub(in crate::automation) fn one_more(
        known: Option<Self>,
        most: u32,
        per: Period,
        at: OffsetDateTime,
        zone: &TimeZone,
    ) -> Option<Self> {
        let since = micros(per.start(at, zone));
        let in_hand = known.filter(|known| known.since >= since).unwrap_or(Self { since, runs: 0 });
        (in_hand.runs < most).then_some(Self { runs: in_hand.runs + 1, ..in_hand })
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
