//! Hours in which a rule or workflow may act.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, Time, Weekday};

use crate::clock::TimeZone;
use crate::error::Result;

/// The hours in which a rule or workflow may act, by the clock on the wall of a zone.
///
/// What is due outside of them waits until they begin, or is dropped and told. Checks, waits and paths are not bound
/// to them, and neither is taking a contact out because conditions no longer hold. The instant that counts is the
/// one at which an action is due, whenever the host comes to do it.
///
/// Where the clocks go forward, hours that do not exist that day do not open; where they go back, an hour that comes
/// twice is open twice.
///
/// ```
/// use audiencekit::automation::{OpenHours, Rule, Schedule};
/// use time::Weekday;
///
/// let office = Schedule::new(OpenHours::daily("08:00", "18:00")?.on([Weekday::Monday, Weekday::Friday]))
///     .zone("Europe/Warsaw");
/// let rule = Rule::new("welcome").schedule(office.or_drop());
/// # let json = serde_json::to_string(&rule)?;
/// # assert_eq!(serde_json::from_str::<Rule>(&json)?, rule);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Schedule {
    /// Open while any of these is.
    pub open: Vec<OpenHours>,
    /// A name of the IANA database; the engine's zone if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What becomes of an action that is due outside.
    #[serde(default)]
    pub outside: OutsideHours,
}

/// What becomes of an action that is due outside its schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideHours {
    /// It waits until the schedule opens.
    #[default]
    Wait,
    /// It is dropped, and told in the outcome and the audit log.
    Drop,
}

/// Hours of some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenHours {
    /// Days on which they begin; every day if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "days")]
    pub days: Vec<Weekday>,
    /// The first minute.
    #[serde(with = "wall")]
    pub from: Time,
    /// The minute at which they end. Up to `from` it is one of the next day; the same as `from` is 24 hours.
    #[serde(with = "wall")]
    pub until: Time,
}

impl OpenHours {
    /// Hours of every day, as `"08:00"`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what is not a time of day.
    pub fn daily(from: &str, until: &str) -> Result<Self> {
        Ok(Self { days: Vec::new(), from: wall::read(from)?, until: wall::read(until)? })
    }

    /// On these days only.
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
    /// Open in these hours, in the engine's zone; what is due outside waits.
    #[must_use]
    pub fn new(hours: OpenHours) -> Self {
        Self { open: vec![hours], zone: None, outside: OutsideHours::Wait }
    }

    /// Open in these hours too.
    #[must_use]
    pub fn and(mut self, hours: OpenHours) -> Self {
        self.open.push(hours);
        self
    }

    /// By the clocks of a zone of the IANA database.
    #[must_use]
    pub fn zone(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// Drops what is due outside.
    #[must_use]
    pub fn or_drop(mut self) -> Self {
        self.outside = OutsideHours::Drop;
        self
    }

    pub(in crate::automation) fn is_open(&self, at: OffsetDateTime, zone: &TimeZone) -> bool {
        let wall = at.checked_to_offset(zone.offset(at)).unwrap_or(at);
        self.open.iter().any(|hours| hours.holds(wall.weekday(), wall.time()))
    }

    /// The first open instant after `at`; `None` when it does not open within two weeks.
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

/// The instants at which the clock on the wall may read this: two where clocks go back. One that does not exist
/// gives instants near it.
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

    pub(in crate::automation) fn write(time: Time) -> String {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    pub(in crate::automation) fn read(text: &str) -> Result<Time> {
        parse(text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "time of day", "not a time of day")
                .expected("HH:MM, such as 08:30")
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

    pub(in crate::automation) fn serialize<S: Serializer>(
        time: &Time,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(*time))
    }

    pub(in crate::automation) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| de::Error::custom("not a time of day: expected HH:MM, such as 08:30"))
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

    pub(in crate::automation) fn serialize<S: Serializer>(
        days: &[Weekday],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            days.iter().filter_map(|day| NAMES.iter().find(|known| known.1 == *day)).map(|known| known.0),
        )
    }

    pub(in crate::automation) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Weekday>, D::Error> {
        let read = |name: String| {
            NAMES.iter().find(|known| known.0 == name).map(|known| known.1).ok_or_else(|| {
                de::Error::custom("not a day of the week: expected monday to sunday, in small letters")
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
                let schedule = Schedule { open: open.clone(), zone: None, outside: OutsideHours::Wait };
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
