//! Hours in which the actions of a rule or workflow may run.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, Time, Weekday};

use crate::clock::TimeZone;
use crate::error::Result;

/// The hours in which the actions of a rule or workflow may run, in local time.
///
/// An action that is due outside of them waits until the schedule opens, or is skipped and recorded. Checks, waits and
/// paths are not bound to the schedule, and neither is the removal of a contact whose conditions no longer hold. What
/// counts is the instant at which an action is due, not the instant at which your application calls the engine.
///
/// When clocks go forward, hours that do not exist on that day do not open. When they go back, an hour that occurs twice
/// is open twice.
///
/// ```
/// use audiencekit::automation::{OpenHours, Rule, Schedule};
/// use time::Weekday;
///
/// let office = Schedule::new(OpenHours::daily("08:00", "18:00")?.on([Weekday::Monday, Weekday::Friday]))
///     .zone("Europe/Warsaw");
/// let rule = Rule::new("welcome").schedule(office.or_skip());
/// # let json = serde_json::to_string(&rule)?;
/// # assert_eq!(serde_json::from_str::<Rule>(&json)?, rule);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Schedule {
    /// The open hours. The schedule is open while any of them is.
    pub open: Vec<OpenHours>,
    /// The time zone, a name of the IANA database. Defaults to the engine's time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What happens to an action that is due outside. Defaults to [`OutsideHours::Defer`].
    #[serde(default)]
    pub outside: OutsideHours,
}

/// What happens to an action that is due outside its schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutsideHours {
    /// It waits until the schedule opens. In JSON this is `wait`.
    #[default]
    #[serde(rename = "wait")]
    Defer,
    /// It is skipped, counted in the report and recorded in the audit log. In JSON this is `drop`.
    #[serde(rename = "drop")]
    Skip,
}

/// Open hours on some days of the week.
///
/// ```
/// use audiencekit::automation::OpenHours;
/// use time::Weekday;
///
/// let weekend = OpenHours::daily("10:00", "16:00")?.on([Weekday::Saturday, Weekday::Sunday]);
/// assert_eq!(weekend.to_string(), "10:00 to 16:00");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenHours {
    /// The days on which the hours begin. Defaults to every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "days")]
    pub days: Vec<Weekday>,
    /// The first open minute.
    #[serde(with = "wall")]
    pub from: Time,
    /// The minute at which the hours end. A time up to `from` is on the next day; the same as `from` is 24 hours.
    #[serde(with = "wall")]
    pub until: Time,
}

impl OpenHours {
    /// Creates hours of every day from times such as `"08:00"`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if a time is not `HH:MM`.
    ///
    /// ```
    /// use audiencekit::automation::OpenHours;
    ///
    /// assert!(OpenHours::daily("22:00", "06:00").is_ok());
    /// assert!(OpenHours::daily("8", "18").is_err());
    /// ```
    pub fn daily(from: &str, until: &str) -> Result<Self> {
        Ok(Self { days: Vec::new(), from: wall::read(from)?, until: wall::read(until)? })
    }

    /// Restricts the hours to these days. Defaults to every day.
    #[must_use]
    pub fn on(mut self, days: impl IntoIterator<Item = Weekday>) -> Self {
        self.days.extend(days);
        self
    }

    fn begins_on(&self, day: Weekday) -> bool {
        self.days.is_empty() || self.days.contains(&day)
    }

    fn holds(&self, day: Weekday, at: Time) -> bool {
        if self.from < self.until {
            return self.begins_on(day) && self.from <= at && at < self.until;
        }
        self.begins_on(day) && self.from <= at || self.begins_on(day.previous()) && at < self.until
    }
}

impl Schedule {
    /// Creates a schedule of these hours in the engine's time zone that defers what is due outside.
    #[must_use]
    pub fn new(hours: OpenHours) -> Self {
        Self { open: vec![hours], zone: None, outside: OutsideHours::Defer }
    }

    /// Adds open hours, in which the schedule is open as well.
    ///
    /// ```
    /// use audiencekit::automation::{OpenHours, Schedule};
    ///
    /// let schedule = Schedule::new(OpenHours::daily("08:00", "12:00")?).and(OpenHours::daily("14:00", "18:00")?);
    /// assert_eq!(schedule.open.len(), 2);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn and(mut self, hours: OpenHours) -> Self {
        self.open.push(hours);
        self
    }

    /// Sets the time zone, a name of the IANA database. Defaults to the engine's time zone.
    #[must_use]
    pub fn zone(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// Skips actions that are due outside. Defaults to deferring them.
    ///
    /// ```
    /// use audiencekit::automation::{OpenHours, OutsideHours, Schedule};
    ///
    /// let schedule = Schedule::new(OpenHours::daily("08:00", "18:00")?).or_skip();
    /// assert_eq!(schedule.outside, OutsideHours::Skip);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn or_skip(mut self) -> Self {
        self.outside = OutsideHours::Skip;
        self
    }

    pub(in crate::automation) fn is_open(&self, at: OffsetDateTime, zone: &TimeZone) -> bool {
        let wall = at.checked_to_offset(zone.offset(at)).unwrap_or(at);
        self.open.iter().any(|hours| hours.holds(wall.weekday(), wall.time()))
    }

    /// Returns the first open instant after `at`, or `None` if it does not open within two weeks.
    pub(in crate::automation) fn opens_after(
        &self,
        at: OffsetDateTime,
        zone: &TimeZone,
    ) -> Option<OffsetDateTime> {
        let mut found: Option<OffsetDateTime> = None;
        let mut look = |instant: OffsetDateTime| {
            if instant > at && found.is_none_or(|found| instant < found) && self.is_open(instant, zone) {
                found = Some(instant);
            }
        };
        // It opens where hours begin, or where the clocks are moved into them.
        let today = zone.date(at);
        for ahead in -1..=LOOK_AHEAD {
            let Some(day) = today.checked_add(Duration::days(ahead)) else { break };
            for hours in self.open.iter().filter(|hours| hours.begins_on(day.weekday())) {
                readings(day, hours.from, zone).into_iter().flatten().for_each(&mut look);
            }
        }
        let end = at.saturating_add(Duration::days(LOOK_AHEAD));
        let mut moved = zone.next_change(at);
        while let Some(change) = moved.filter(|&change| change <= end) {
            look(change);
            moved = zone.next_change(change);
        }
        found
    }
}

/// Days within which any hours of the week begin, even if the clocks skip them once.
const LOOK_AHEAD: i64 = 15;

/// Returns the instants at which a local clock may read this: two where clocks go back. A time that does not exist gives
/// instants near it.
fn readings(day: Date, time: Time, zone: &TimeZone) -> [Option<OffsetDateTime>; 2] {
    let as_utc = day.with_time(time).assume_utc();
    let one = |apart: Duration| {
        let offset = zone.offset(as_utc.saturating_add(apart));
        as_utc.checked_sub(Duration::seconds(offset.whole_seconds().into()))
    };
    [one(Duration::days(-1)), one(Duration::days(1))]
}

impl fmt::Display for OpenHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", wall::write(self.from), wall::write(self.until))
    }
}

/// Times of day as `08:00`.
mod wall {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use time::Time;

    use crate::error::{Error, ErrorKind, Result};

    pub(super) fn write(time: Time) -> String {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    pub(super) fn read(text: &str) -> Result<Time> {
        parse(text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "time of day", "not a time of day")
                .with_expected("HH:MM, such as 08:30")
        })
    }

    fn parse(text: &str) -> Option<Time> {
        let (hour, minute) = text.split_once(':')?;
        let number = |part: &str| {
            let is_two_digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            is_two_digits.then(|| part.parse::<u8>().ok()).flatten()
        };
        Time::from_hms(number(hour)?, number(minute)?, 0).ok()
    }

    pub(super) fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| de::Error::custom("not a time of day; expected HH:MM, such as 08:30"))
    }
}

/// Days of the week as `monday`.
mod days {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use time::Weekday;

    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];

    pub(super) fn serialize<S: Serializer>(days: &[Weekday], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            days.iter().filter_map(|day| NAMES.iter().find(|known| known.1 == *day)).map(|known| known.0),
        )
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Weekday>, D::Error> {
        let read = |name: String| {
            NAMES.iter().find(|known| known.0 == name).map(|known| known.1).ok_or_else(|| {
                de::Error::custom("not a day of the week; expected monday to sunday in lower case")
            })
        };
        Vec::<String>::deserialize(deserializer)?.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{datetime, time};

    use super::*;

    fn hours(from: Time, until: Time, days: &[Weekday]) -> OpenHours {
        OpenHours { days: days.to_vec(), from, until }
    }

    /// Steps through the minutes and reads the wall.
    fn slowly(schedule: &Schedule, at: OffsetDateTime, zone: &TimeZone) -> Option<OffsetDateTime> {
        let minutes = (1..=15 * 24 * 60).map(|minutes| at + Duration::minutes(minutes));
        minutes.into_iter().find(|&instant| schedule.is_open(instant, zone))
    }

    #[test]
    fn it_opens_at_the_first_minute_that_the_wall_shows_over_changes_of_the_clocks() {
        let sunday = [Weekday::Sunday];
        let schedules = [
            vec![hours(time!(8:00), time!(18:00), &[])],
            vec![hours(time!(22:00), time!(6:00), &[])],
            vec![hours(time!(2:15), time!(2:45), &[])],
            vec![hours(time!(2:30), time!(3:15), &sunday)],
            vec![hours(time!(1:30), time!(2:30), &sunday)],
            vec![hours(time!(0:00), time!(0:00), &sunday)],
            vec![hours(time!(2:00), time!(3:00), &sunday)],
            vec![
                hours(time!(23:30), time!(0:15), &[Weekday::Saturday]),
                hours(time!(2:10), time!(2:20), &sunday),
            ],
        ];
        // Forward, back, by half an hour in the south, and at midnight.
        for (zone, from) in [
            ("Europe/Warsaw", datetime!(2026-03-27 00:07 UTC)),
            ("Europe/Warsaw", datetime!(2026-10-23 00:07 UTC)),
            ("Australia/Lord_Howe", datetime!(2026-04-03 00:07 UTC)),
            ("Australia/Lord_Howe", datetime!(2026-10-02 00:07 UTC)),
            ("America/Santiago", datetime!(2026-09-04 00:07 UTC)),
            ("UTC", datetime!(2026-12-30 00:07 UTC)),
        ] {
            let zone = TimeZone::named(zone).unwrap();
            for open in &schedules {
                let schedule = Schedule { open: open.clone(), zone: None, outside: OutsideHours::Defer };
                for step in 0..30 {
                    let at = from + Duration::minutes(step * 173);
                    assert_eq!(
                        schedule.opens_after(at, &zone).filter(|_| !schedule.is_open(at, &zone)),
                        slowly(&schedule, at, &zone).filter(|_| !schedule.is_open(at, &zone)),
                        "{open:?} after {at} in {zone:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_they_begin_on() {
        let night = Schedule::new(hours(time!(22:00), time!(6:00), &[Weekday::Friday]));
        let zone = TimeZone::utc();
        // 2026-11-27 is a Friday.
        assert!(night.is_open(datetime!(2026-11-27 22:00 UTC), &zone));
        assert!(night.is_open(datetime!(2026-11-28 5:59 UTC), &zone));
        assert!(!night.is_open(datetime!(2026-11-28 6:00 UTC), &zone));
        assert!(!night.is_open(datetime!(2026-11-27 5:59 UTC), &zone));
        let never = Schedule { open: Vec::new(), ..night };
        assert_eq!(never.opens_after(datetime!(2026-11-27 0:00 UTC), &zone), None);
    }
}
