//! Cells of text files as typed values.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::record::contact::Contact;
use super::schema::field::{FieldId, FieldType};
use super::value::{Birthday, Value};
use crate::clock::TimeZone;
use crate::error::{Error, ErrorKind, Result};

/// How a date of three numbers is to be read. It is declared, never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `1990-02-16`, `1990/02/16`, `19900216`.
    #[default]
    YearMonthDay,
    /// `16.02.1990`, `16/02/1990`.
    DayMonthYear,
    /// `02/16/1990`.
    MonthDayYear,
}

impl Contact {
    /// Sets a field from the text of a cell. A blank cell leaves the field missing.
    ///
    /// Text stays as it is, white space too; around every other type white space goes. Booleans are
    /// `true false yes no 1 0`; dates are in `order`, and `1990-02-16` and `--02-16` are what ISO 8601 says in any
    /// order; an instant is RFC 3339, a date and a time with or without an offset or a date alone (then as of
    /// `zone`), or whole milliseconds since 1970.
    ///
    /// # Errors
    /// [`ErrorKind::Source`] when the text is not of the field's type. The message names the field and the type,
    /// never the text.
    ///
    /// ```
    /// use audiencekit::contact::DateOrder;
    /// use audiencekit::{Contact, Schema, TimeZone};
    ///
    /// let schema = Schema::standard();
    /// let mut ada = Contact::new(&schema);
    /// ada.set_cell(schema.require("birth_date")?, "16.02.1990", DateOrder::DayMonthYear, &TimeZone::utc())?;
    /// assert_eq!(ada.to_json(), r#"{"birth_date":"1990-02-16"}"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set_cell(&mut self, id: FieldId, text: &str, order: DateOrder, zone: &TimeZone) -> Result<()> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.unset(id);
            return Ok(());
        }
        let field_type = self.schema().get(id).field_type();
        match field_type {
            FieldType::Text | FieldType::TextList => return self.set_text(id, text),
            FieldType::Keyword => return self.set_text(id, trimmed),
            _ => {}
        }
        let Some(value) = typed(field_type, trimmed, order, zone) else {
            let name = self.schema().get(id).name();
            return Err(Error::new(ErrorKind::Source, format!("field {name:?}"), "the cell cannot be read")
                .with_expected(expected(field_type, order)));
        };
        self.set(id, value)
    }
}

/// A trimmed text as a value of a type.
pub(super) fn typed(field_type: FieldType, text: &str, order: DateOrder, zone: &TimeZone) -> Option<Value> {
    match field_type {
        FieldType::Text | FieldType::TextList | FieldType::Keyword => Some(text.into()),
        FieldType::Boolean => boolean(text).map(Value::Boolean),
        FieldType::Integer => text.parse().ok().or_else(|| whole(text)).map(Value::Integer),
        FieldType::Decimal => decimal(text).map(Value::Decimal),
        FieldType::Date => date(text, order).map(Value::Date),
        FieldType::Birthday => birthday(text, order).map(Value::Birthday),
        FieldType::Instant => instant(text, order, zone).map(Value::Instant),
    }
}

/// A decimal as it is written, `1e3` too: no binary floating point between.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// `70.0`, as programs write a whole number that passed through floating point.
fn whole(text: &str) -> Option<i64> {
    decimal(text).filter(Decimal::is_integer).and_then(|number| i64::try_from(number).ok())
}

fn expected(field_type: FieldType, order: DateOrder) -> String {
    match field_type {
        FieldType::Boolean => "true, false, yes, no, 1 or 0".to_owned(),
        FieldType::Integer => "a whole number".to_owned(),
        FieldType::Decimal => "a decimal number with a point".to_owned(),
        FieldType::Date => format!("a date, {}", example(order)),
        FieldType::Birthday => format!("a date, {}, or month and day alone", example(order)),
        FieldType::Instant => "an instant such as 2026-11-23T12:00:00Z".to_owned(),
        other => format!("a value of type {other}"),
    }
}

fn example(order: DateOrder) -> &'static str {
    match order {
        DateOrder::YearMonthDay => "year first, such as 1990-02-16",
        DateOrder::DayMonthYear => "day first, such as 16.02.1990",
        DateOrder::MonthDayYear => "month first, such as 02/16/1990",
    }
}

fn boolean(text: &str) -> Option<bool> {
    const WORDS: [(&str, bool); 6] =
        [("true", true), ("false", false), ("yes", true), ("no", false), ("1", true), ("0", false)];
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|&(_, value)| value)
}

pub(crate) fn date(text: &str, order: DateOrder) -> Option<Date> {
    let order = if is_iso(text) { DateOrder::YearMonthDay } else { order };
    let (a, b, c) = three_numbers(text, order)?;
    let (year, month, day) = match order {
        DateOrder::YearMonthDay => (a, b, c),
        DateOrder::DayMonthYear => (c, b, a),
        DateOrder::MonthDayYear => (c, a, b),
    };
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

/// `1990-02-16`: no order but one can be meant.
fn is_iso(text: &str) -> bool {
    let dashes = |at| at == 4 || at == 7;
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if dashes(at) { b == b'-' } else { b.is_ascii_digit() })
}

fn three_numbers(text: &str, order: DateOrder) -> Option<(u16, u16, u16)> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        let (first, second) = if order == DateOrder::YearMonthDay { (4, 6) } else { (2, 4) };
        return Some((
            text[..first].parse().ok()?,
            text[first..second].parse().ok()?,
            text[second..].parse().ok()?,
        ));
    }
    let mut parts = text.split(['-', '/', '.']);
    let mut next = || -> Option<u16> { parts.next().and_then(number) };
    let numbers = (next()?, next()?, next()?);
    let year_digits = match order {
        DateOrder::YearMonthDay => text.find(['-', '/', '.'])?,
        _ => text.len() - text.rfind(['-', '/', '.'])? - 1,
    };
    (parts.next().is_none() && year_digits == 4).then_some(numbers)
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u16> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn birthday(text: &str, order: DateOrder) -> Option<Birthday> {
    if let Some(date) = date(text, order) {
        return Some(date.into());
    }
    let (text, order) = match text.strip_prefix("--") {
        Some(text) => (text, DateOrder::YearMonthDay),
        None => (text, order),
    };
    let (a, b) = match text.split_once(['-', '/', '.']) {
        Some((a, b)) => (number(a)?, number(b)?),
        None if text.len() == 4 => (number(text.get(..2)?)?, number(text.get(2..)?)?),
        None => return None,
    };
    let (month, day) = if order == DateOrder::DayMonthYear { (b, a) } else { (a, b) };
    Birthday::new(None, u8::try_from(month).ok()?, u8::try_from(day).ok()?).ok()
}

pub(crate) fn instant(text: &str, order: DateOrder, zone: &TimeZone) -> Option<OffsetDateTime> {
    if let Ok(instant) = OffsetDateTime::parse(text, &Rfc3339) {
        return instant.checked_to_offset(UtcOffset::UTC);
    }
    if text.len() > 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        let millis: i64 = text.parse().ok()?;
        return OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok();
    }
    let Some((day, clock)) = text.split_once([' ', 'T']) else {
        return Some(zone.start_of_day(date(text, order)?));
    };
    let day = date(day, order)?;
    let (clock, offset) = split_offset(clock)?;
    let civil = day.with_time(time_of_day(clock)?);
    let offset = offset.unwrap_or_else(|| {
        let guess = civil.assume_offset(zone.offset(zone.start_of_day(day)));
        zone.offset(guess)
    });
    civil.assume_offset(offset).checked_to_offset(UtcOffset::UTC)
}

/// The time of day, and the offset behind it if there is one: `Z`, `+02`, `+0200`, `+02:00`.
fn split_offset(text: &str) -> Option<(&str, Option<UtcOffset>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(UtcOffset::UTC)));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, None)) };
    let (clock, offset) = text.split_at_checked(at)?;
    let digits = offset.get(1..)?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':').filter(|(hours, _)| hours.len() == 2)?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
    let seconds = if offset.starts_with('-') { -seconds } else { seconds };
    Some((clock, Some(UtcOffset::from_whole_seconds(seconds).ok()?)))
}

fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.splitn(3, ':');
    let hour = number(parts.next()?)?;
    let minute = number(parts.next()?)?;
    let (second, micros) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (number(seconds)?, 0),
            Some((second, fraction)) => (number(second)?, microseconds(fraction)?),
        },
    };
    let (hour, minute) = (u8::try_from(hour).ok()?, u8::try_from(minute).ok()?);
    Time::from_hms_micro(hour, minute, u8::try_from(second).ok()?, micros).ok()
}

/// The digits behind the point of a second; what is finer than a microsecond goes.
fn microseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    Some(digits.fold(0, |micros, digit| micros * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_instant_keeps_its_offset_and_its_fraction() {
        let read =
            |text: &str| instant(text, DateOrder::DayMonthYear, &TimeZone::named("Europe/Warsaw").unwrap());
        let ten = datetime!(2026-01-05 10:00 UTC);
        for text in [
            "2026-01-05 10:00:00.000+0000",
            "2026-01-05T10:00:00.000+0000",
            "2026-01-05 12:00+02",
            "2026-01-05 04:30:00-05:30",
            "05.01.2026 11:00",
            "05.01.2026 10:00:00Z",
        ] {
            assert_eq!(read(text), Some(ten), "{text}");
        }
        let fine = read("2026-01-05 12:00:00.1234567+02").unwrap();
        assert_eq!(fine - ten, time::Duration::microseconds(123_456));
        for text in [
            "2026-01-05 10:00:00.5garbage",
            "2026-01-05 10:00:00.",
            "2026-01-05 10:00:00+1",
            "2026-01-05 10:00:00+2:000",
            "2026-01-05 10:00:00+24",
            "2026-01-05 10:00:00+é1",
            "2026-01-05 10:00:00 PM",
            "2026-01-05T",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_beyond_the_last_year_is_refused_without_a_panic() {
        let west = TimeZone::named("America/New_York").unwrap();
        let east = TimeZone::named("Asia/Tokyo").unwrap();
        for text in ["9999-12-31T23:59:59-05:00", "9999-12-31 23:59:59-0500"] {
            assert_eq!(instant(text, DateOrder::YearMonthDay, &west), None, "{text}");
        }
        // Without an offset it is read or not, but nothing panics.
        for text in ["9999-12-31 23:59:59", "9999-12-31", "0001-01-01 00:00:00", "0000-01-01"] {
            for zone in [&west, &east] {
                let _ = instant(text, DateOrder::YearMonthDay, zone);
            }
        }
    }

    #[test]
    fn text_stays_as_it_is_and_blank_is_missing() {
        let schema = crate::contact::schema::schema::Schema::standard();
        let mut contact = Contact::new(&schema);
        let id = schema.require("external_id").unwrap();
        let mut set = |text: &str| {
            contact.set_cell(id, text, DateOrder::default(), &TimeZone::utc()).unwrap();
            contact.texts(id).next().map(str::to_owned)
        };
        assert_eq!(set(" 7 ").as_deref(), Some(" 7 "));
        assert_eq!(set(" \t"), None);
    }

    #[test]
    fn a_number_is_exact_however_it_is_written() {
        let read = |field_type, text| typed(field_type, text, DateOrder::default(), &TimeZone::utc());
        for text in ["70", "70.0", "7e1", "+70"] {
            assert!(read(FieldType::Integer, text) == Some(Value::Integer(70)), "{text}");
        }
        let limits = ["9223372036854775807", "9223372036854775808"];
        assert!(limits.map(|text| read(FieldType::Integer, text).is_some()) == [true, false]);
        let money = |text| read(FieldType::Decimal, text);
        assert!(money("1.25e3") == Some(Value::Decimal(1_250.into())));
        for text in
            ["NaN", "inf", "1,5", "70.5.1", "0x10", "1e400", "", "12345678901234567890123456789012345"]
        {
            assert!(money(text).is_none() && read(FieldType::Integer, text).is_none(), "{text}");
        }
        assert!(read(FieldType::Integer, "70.5").is_none());
    }

    #[test]
    fn an_iso_date_is_iso_in_any_order() {
        for order in [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
            assert_eq!(date("1990-03-04", order), Some(time::macros::date!(1990 - 03 - 04)));
            assert_eq!(birthday("--03-04", order), Birthday::new(None, 3, 4).ok());
        }
        assert_eq!(birthday("03-04", DateOrder::DayMonthYear), Birthday::new(None, 4, 3).ok());
        assert_eq!(date("1990/03/04", DateOrder::DayMonthYear), None);
    }
}
