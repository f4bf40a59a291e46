//! Days as one number each, in order.

use time::{Date, Month};

use crate::contact::value::Birthday;

/// The least key of a day whose year is known: years begin with 1.
pub(crate) const FIRST_YEAR: i32 = 1 << 9;

/// A number that orders days: equal for equal days.
#[inline]
fn day_key(year: i32, month: u8, day: u8) -> i32 {
    (year << 9) | (i32::from(month) << 5) | i32::from(day)
}

/// The key of a date.
pub(crate) fn date_key(date: Date) -> i32 {
    day_key(date.year(), date.month().into(), date.day())
}

/// The key of a birthday; without a year it is below [`FIRST_YEAR`].
pub(crate) fn birthday_key(birthday: Birthday) -> i32 {
    day_key(birthday.year().map_or(0, i32::from), birthday.month(), birthday.day())
}

/// The date of a key.
pub(crate) fn date_of_key(key: i32) -> Option<Date> {
    let month = Month::try_from((key >> 5 & 15) as u8).ok()?;
    Date::from_calendar_date(key >> 9, month, (key & 31) as u8).ok()
}

/// The birthday of a key.
pub(crate) fn birthday_of_key(key: i32) -> Option<Birthday> {
    let year = i16::try_from(key >> 9).ok().filter(|year| *year > 0);
    Birthday::new(year, (key >> 5 & 15) as u8, (key & 31) as u8).ok()
}
