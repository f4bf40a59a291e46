//! Time in a filter: the meaning of "in last 90 days" for one `now` in one zone.

use std::sync::Arc;

use time::{Date, Duration, Month, OffsetDateTime, Weekday};

use crate::clock::TimeZone;
use crate::contact::{Cell, Contact, Field, FieldType, Schema, Store, micros, nearest};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::language::ast::time::{Calendar, Period, Unit, Which};
use crate::segment::language::ast::tree::Check;
use crate::segment::language::literal::Moment;

/// The instant as of which a filter is evaluated, and the zone in which its days begin.
///
/// ```
/// use audiencekit::{TimeZone, segment::EvaluationTime};
/// use time::macros::{date, datetime};
///
/// let time = EvaluationTime::new(datetime!(2026-11-23 23:30 UTC), TimeZone::named("Europe/Warsaw")?);
/// assert_eq!(time.today(), date!(2026-11-24));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationTime {
    /// The instant that counts as now.
    pub now: OffsetDateTime,
    /// The zone whose days count.
    pub zone: TimeZone,
    /// The first day of the week.
    pub week_start: Weekday,
    /// The field that names the zone of a contact, set by [`zone_of`](Self::zone_of).
    pub zone_field: Option<Arc<str>>,
}

impl EvaluationTime {
    /// Creates an evaluation time as of `now`, with the days of `zone`. Weeks begin on Monday.
    #[must_use]
    pub fn new(now: OffsetDateTime, zone: TimeZone) -> Self {
        Self { now, zone, week_start: Weekday::Monday, zone_field: None }
    }

    /// Creates an evaluation time as of `now`, with the days of UTC.
    ///
    /// ```
    /// # use audiencekit::segment::EvaluationTime;
    /// # use time::macros::{date, datetime};
    /// let time = EvaluationTime::utc(datetime!(2026-11-23 23:30 UTC));
    /// assert_eq!(time.today(), date!(2026-11-23));
    /// ```
    #[must_use]
    pub fn utc(now: OffsetDateTime) -> Self {
        Self::new(now, TimeZone::utc())
    }

    /// Sets the first day of calendar weeks. Defaults to Monday. `weekday(..)` stays 1 for Monday.
    ///
    /// ```
    /// use audiencekit::contact::{Contact, Schema};
    /// use audiencekit::segment::{EvaluationTime, Filter};
    /// use time::{Weekday, macros::datetime};
    ///
    /// let schema = Schema::standard();
    /// let filter = Filter::parse("created_on in this week", &schema)?;
    /// let mut ada = Contact::new(&schema);
    /// ada.set(schema.require("created_on")?, datetime!(2026-11-22 10:00 UTC))?;
    /// let monday = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
    /// assert!(!filter.compile(&schema, &monday)?.matches(&ada));
    /// let american = monday.week_starts_on(Weekday::Sunday);
    /// assert!(filter.compile(&schema, &american)?.matches(&ada));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn week_starts_on(self, day: Weekday) -> Self {
        Self { week_start: day, ..self }
    }

    /// Uses the days of each contact's own zone: the one that this text or keyword field names, by its name in the IANA
    /// database. The fixed zone counts where the field is missing or names no zone, so validate names on input.
    ///
    /// `SyncEngine` takes the field by [`SyncEngineBuilder::zone_of`](crate::sync::SyncEngineBuilder::zone_of); automation
    /// has one zone.
    ///
    /// A compiled filter keeps one plan for each zone that it has met and shares the plans with its clones. A
    /// [`ContactTable`](crate::segment::ContactTable) then evaluates conditions on days row by row.
    ///
    /// ```
    /// use audiencekit::contact::{Birthday, Contact, FieldType, Schema};
    /// use audiencekit::segment::{EvaluationTime, Filter};
    /// use time::macros::datetime;
    ///
    /// let schema = Schema::builder().detail("time_zone", FieldType::Keyword).build()?;
    /// let filter = Filter::parse("anniversary(birth_date) is today", &schema)?;
    /// let time = EvaluationTime::utc(datetime!(2026-11-23 20:00 UTC)).zone_of("time_zone");
    /// let birthday = filter.compile(&schema, &time)?;
    /// let ada = Contact::builder(&schema).birth_date(Birthday::new(Some(1990), 11, 24)?);
    /// assert!(!birthday.matches(&ada.clone().build()?));
    /// assert!(birthday.matches(&ada.detail("time_zone", "Asia/Tokyo").build()?));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn zone_of(self, field: impl AsRef<str>) -> Self {
        Self { zone_field: Some(field.as_ref().into()), ..self }
    }

    /// Returns the zone whose days count for a contact.
    ///
    /// ```
    /// # use audiencekit::{Contact, Schema, TimeZone, segment::EvaluationTime};
    /// # use time::macros::datetime;
    /// # let schema = Schema::standard();
    /// let time = EvaluationTime::utc(datetime!(2026-11-23 20:00 UTC)).zone_of("language");
    /// let ada = Contact::builder(&schema).language("Asia/Tokyo").build()?;
    /// assert_eq!(time.zone_for(&ada), TimeZone::named("Asia/Tokyo")?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn zone_for(&self, contact: &Contact) -> TimeZone {
        let slot = self.zone_slot(contact.schema()).ok().flatten();
        let named = slot.and_then(|at| zone_name(contact.cell(at as usize), contact.store()));
        named.and_then(|name| TimeZone::named(name).ok()).unwrap_or_else(|| self.zone.clone())
    }

    /// The slot with the name of a contact's own zone.
    pub(crate) fn zone_slot(&self, schema: &Schema) -> Result<Option<u32>> {
        let Some(name) = self.zone_field.as_deref() else { return Ok(None) };
        let refused = |what: String| Error::new(ErrorKind::Filter, "zone of a contact", what);
        let names_zones = |field: &Field| matches!(field.field_type(), FieldType::Text | FieldType::Keyword);
        let Some(id) = schema.field(name) else {
            let texts = schema.fields().filter(|(_, field)| names_zones(field));
            let near = nearest(name, texts.map(|(_, field)| field.name()));
            return Err(refused(format!("unknown field {name:?}"))
                .did_you_mean(near, "a text or keyword field with names such as \"Europe/Warsaw\""));
        };
        let field = schema.get(id);
        if !names_zones(field) {
            let what = format!("{name:?} is {}", field.field_type());
            return Err(
                refused(what).with_expected("a text or keyword field with names such as \"Europe/Warsaw\"")
            );
        }
        Ok(Some(id.index() as u32))
    }

    /// Returns the calendar day of `now` in the zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.zone.date(self.now)
    }

    fn start(&self, day: Date) -> i64 {
        micros(self.zone.start_of_day(day))
    }

    fn end(&self, day: Date) -> i64 {
        day.next_day().map_or(i64::MAX, |next| self.start(next))
    }

    /// `now` moved by a period.
    fn moved(&self, period: Period, sign: i64) -> i64 {
        moved(self.now, &self.zone, period, sign)
    }

    /// Today moved by a period; none beyond the calendar.
    fn day(&self, period: Period, sign: i64) -> Option<Date> {
        moved_day(self.today(), period, sign)
    }

    /// First and last day of a stretch of the calendar.
    fn calendar(&self, calendar: Calendar) -> Option<(Date, Date)> {
        let today = self.today();
        let step = match calendar.which {
            Which::Last => -1,
            Which::This => 0,
            Which::Next => 1,
        };
        let first_of_month = today.replace_day(1).ok()?;
        let months = |back: u8, len: i64| {
            let first = add_months(add_months(first_of_month, -i64::from(back))?, step * len)?;
            Some((first, add_months(first, len)?.previous_day()?))
        };
        match calendar.unit {
            Unit::Minute | Unit::Hour => None,
            Unit::Day => today.checked_add(Duration::days(step)).map(|day| (day, day)),
            Unit::Week => {
                let past = today.weekday().number_days_from_monday() + 7;
                let past = i64::from((past - self.week_start.number_days_from_monday()) % 7);
                let first = today.checked_add(Duration::days(7 * step - past))?;
                Some((first, first.checked_add(Duration::days(6))?))
            }
            Unit::Month => months(0, 1),
            Unit::Quarter => months((u8::from(today.month()) - 1) % 3, 3),
            Unit::Year => months(u8::from(today.month()) - 1, 12),
        }
    }

    /// The instants for which `check` holds, the end left out; none when it is not about time.
    pub(crate) fn instants(&self, check: &Check) -> Option<(i64, i64)> {
        let begin = |literal: &crate::segment::language::ast::tree::Literal| {
            Some(match literal.moment()? {
                Moment::Day(day) => self.start(day),
                Moment::Instant(at) => micros(at),
            })
        };
        let finish = |literal: &crate::segment::language::ast::tree::Literal| {
            Some(match literal.moment()? {
                Moment::Day(day) => self.end(day),
                Moment::Instant(at) => micros(at).saturating_add(1),
            })
        };
        let now = micros(self.now);
        let after_now = now.saturating_add(1);
        let stretch = |days: Option<(Date, Date)>| {
            days.map_or((0, 0), |(first, last)| (self.start(first), self.end(last)))
        };
        Some(match check {
            Check::Equal(at) => (begin(&at.node)?, finish(&at.node)?),
            Check::Less(at) => (i64::MIN, begin(&at.node)?),
            Check::LessOrEqual(at) => (i64::MIN, finish(&at.node)?),
            Check::Greater(at) => (finish(&at.node)?, i64::MAX),
            Check::GreaterOrEqual(at) => (begin(&at.node)?, i64::MAX),
            Check::Between(low, high) => (begin(&low.node)?, finish(&high.node)?),
            Check::InLast(period) => (self.moved(*period, -1), after_now),
            Check::InNext(period) => (now, self.moved(*period, 1).saturating_add(1)),
            Check::MoreThanAgo(period) => (i64::MIN, self.moved(*period, -1)),
            Check::LessThanAgo(period) => (self.moved(*period, -1).saturating_add(1), after_now),
            Check::MoreThanAhead(period) => (self.moved(*period, 1).saturating_add(1), i64::MAX),
            Check::LessThanAhead(period) => (now, self.moved(*period, 1)),
            Check::ExactlyAgo(period) => stretch(self.day(*period, -1).map(|day| (day, day))),
            Check::ExactlyAhead(period) => stretch(self.day(*period, 1).map(|day| (day, day))),
            Check::InCalendar(calendar) => stretch(self.calendar(*calendar)),
            _ => return None,
        })
    }

    /// The days for which `check` holds, both included; none when it is not about time.
    pub(crate) fn days(&self, check: &Check) -> Option<(Date, Date)> {
        const NEVER: (Date, Date) = (Date::MAX, Date::MIN);
        let today = self.today();
        let back = |period: &Period| self.day(*period, -1);
        let ahead = |period: &Period| self.day(*period, 1);
        let before =
            |day: Option<Date>| day.and_then(Date::previous_day).map_or(NEVER, |day| (Date::MIN, day));
        let after = |day: Option<Date>| day.and_then(Date::next_day).map_or(NEVER, |day| (day, Date::MAX));
        let on = |day: Option<Date>| day.map_or(NEVER, |day| (day, day));
        Some(match check {
            Check::Equal(day) => on(Some(day.node.day()?)),
            Check::Less(day) => before(Some(day.node.day()?)),
            Check::LessOrEqual(day) => (Date::MIN, day.node.day()?),
            Check::Greater(day) => after(Some(day.node.day()?)),
            Check::GreaterOrEqual(day) => (day.node.day()?, Date::MAX),
            Check::Between(low, high) => (low.node.day()?, high.node.day()?),
            Check::InLast(period) => (back(period).unwrap_or(Date::MIN), today),
            Check::InNext(period) => (today, ahead(period).unwrap_or(Date::MAX)),
            Check::MoreThanAgo(period) => before(back(period)),
            Check::LessThanAgo(period) => {
                (back(period).map_or(Date::MIN, |day| day.next_day().unwrap_or(day)), today)
            }
            Check::MoreThanAhead(period) => after(ahead(period)),
            Check::LessThanAhead(period) => {
                (today, ahead(period).map_or(Date::MAX, |day| day.previous_day().unwrap_or(day)))
            }
            Check::ExactlyAgo(period) => on(back(period)),
            Check::ExactlyAhead(period) => on(ahead(period)),
            Check::InCalendar(calendar) => self.calendar(*calendar).unwrap_or(NEVER),
            _ => return None,
        })
    }

    /// The days of a year, as [`year_day`] numbers them, on which an anniversary makes `check` hold.
    ///
    /// In a year without 29 February, the anniversary of that day is on the 28th.
    pub(crate) fn year_days(&self, check: &Check) -> Option<Box<[u64; 6]>> {
        let (first, last) = self.days(check)?;
        let mut days = Box::new([0u64; 6]);
        let mut day = first;
        // After 366 days every anniversary has been met, 29 February on the 28th at the latest.
        for _ in 0..=366 {
            if day > last {
                break;
            }
            let (month, number) = (u8::from(day.month()), day.day());
            set_bit(&mut days, year_day(month, number));
            if (month, number) == (2, 28) && !time::util::is_leap_year(day.year()) {
                set_bit(&mut days, year_day(2, 29));
            }
            let Some(next) = day.next_day() else { break };
            day = next;
        }
        Some(days)
    }
}

/// What a field says that names a zone.
pub(crate) fn zone_name<'a>(cell: Cell<'a>, store: Store<'a>) -> Option<&'a str> {
    match cell {
        Cell::Text(name) => Some(name),
        Cell::Keyword { symbol, .. } => Some(store.symbols.lend(symbol)),
        _ => None,
    }
}

/// An instant moved by a period: minutes and hours exactly, the rest by the calendar at the same time of day.
pub(crate) fn moved(at: OffsetDateTime, zone: &TimeZone, period: Period, sign: i64) -> i64 {
    let count = i64::from(period.count) * sign;
    let seconds = match period.unit {
        Unit::Minute => 60,
        Unit::Hour => 3_600,
        _ => {
            let Some(day) = moved_day(zone.date(at), period, sign) else { return edge(sign) };
            let offset = zone.offset(at);
            let clock = at.checked_to_offset(offset).map_or(time::Time::MIDNIGHT, OffsetDateTime::time);
            let civil = day.with_time(clock);
            let guess = civil.assume_offset(offset);
            return micros(civil.assume_offset(zone.offset(guess)));
        }
    };
    at.checked_add(Duration::seconds(seconds * count)).map_or(edge(sign), micros)
}

fn moved_day(day: Date, period: Period, sign: i64) -> Option<Date> {
    let count = i64::from(period.count) * sign;
    let months = |per: i64| add_months(day, count * per);
    match period.unit {
        Unit::Minute | Unit::Hour => None,
        Unit::Day => day.checked_add(Duration::days(count)),
        Unit::Week => day.checked_add(Duration::days(count * 7)),
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
    }
}

pub(crate) fn has_bit(days: &[u64; 6], at: usize) -> bool {
    days.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

fn set_bit(days: &mut [u64; 6], at: usize) {
    if let Some(word) = days.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// A number for a day of the year, the same in every year.
pub(crate) fn year_day(month: u8, day: u8) -> usize {
    (usize::from(month) - 1) * 31 + usize::from(day) - 1
}

/// Whole years from a birthday to `today`; one of 29 February is complete on the 28th in a year without it.
pub(crate) fn age(year: i32, month: u8, day: u8, today: Date) -> Option<i64> {
    let day = if (month, day) == (2, 29) && !time::util::is_leap_year(today.year()) { 28 } else { day };
    let not_yet = (u8::from(today.month()), today.day()) < (month, day);
    let age = i64::from(today.year()) - i64::from(year) - i64::from(not_yet);
    (age >= 0).then_some(age)
}

/// The same day of another month, or its last day.
fn add_months(date: Date, months: i64) -> Option<Date> {
    let total = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + months;
    let year = i32::try_from(total.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(total.rem_euclid(12)).ok()? + 1).ok()?;
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

fn edge(sign: i64) -> i64 {
    if sign < 0 { i64::MIN } else { i64::MAX }
}
