//! Cells of text files as typed values.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time};

use super::contact::Contact;
use super::schema::{FieldId, FieldType};
use super::value::{Birthday, Value};
use crate::clock::Zone;
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
    /// Sets a field from the text of a cell: a blank cell leaves the field missing.
    ///
    /// Booleans are `true false yes no 1 0`; dates are in `order`; an instant is RFC 3339, a date and a time
    /// without an offset or a date alone (then as of `zone`), or whole milliseconds since 1970.
    ///
    /// # Errors
    /// [`ErrorKind::Source`] when the text is not of the field's type. The message names the field and the type,
    /// never the text.
    pub fn set_cell(&mut self, id: FieldId, text: &str, order: DateOrder, zone: &Zone) -> Result<()> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.unset(id);
            return Ok(());
        }
        let field_type = self.schema().get(id).field_type();
        let value = match field_type {
            FieldType::Text | FieldType::Keyword | FieldType::TextList => return self.set_text(id, trimmed),
            FieldType::Boolean => boolean(trimmed).map(Value::Boolean),
            FieldType::Integer => trimmed.parse().ok().map(Value::Integer),
            FieldType::Decimal => Decimal::from_str_exact(trimmed).ok().map(Value::Decimal),
            FieldType::Date => date(trimmed, order).map(Value::Date),
            FieldType::Birthday => birthday(trimmed, order).map(Value::Birthday),
            FieldType::Instant => instant(trimmed, order, zone).map(Value::Instant),
        };
        let Some(value) = value else {
            let name = self.schema().get(id).name();
            return Err(Error::new(ErrorKind::Source, format!("field {name:?}"), "the cell cannot be read")
                .expected(expected(field_type, order)));
        };
        self.set(id, value)
    }
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
    let (a, b, c) = three_numbers(text, order)?;
    let (year, month, day) = match order {
        DateOrder::YearMonthDay => (a, b, c),
        DateOrder::DayMonthYear => (c, b, a),
        DateOrder::MonthDayYear => (c, a, b),
    };
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
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
    let text = text.strip_prefix("--").unwrap_or(text);
    let (a, b) = match text.split_once(['-', '/', '.']) {
        Some((a, b)) => (number(a)?, number(b)?),
        None if text.len() == 4 => (number(text.get(..2)?)?, number(text.get(2..)?)?),
        None => return None,
    };
    let (month, day) = if order == DateOrder::DayMonthYear { (b, a) } else { (a, b) };
    Birthday::new(None, u8::try_from(month).ok()?, u8::try_from(day).ok()?).ok()
}

pub(crate) fn instant(text: &str, order: DateOrder, zone: &Zone) -> Option<OffsetDateTime> {
    if let Ok(instant) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(instant.to_offset(time::UtcOffset::UTC));
    }
    if text.len() > 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        let millis: i64 = text.parse().ok()?;
        return OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok();
    }
    let (day, clock) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let day = date(day, order)?;
    let midnight = zone.start_of_day(day);
    if clock.is_empty() {
        return Some(midnight);
    }
    let civil = day.with_time(time_of_day(clock)?);
    let guess = civil.assume_offset(zone.offset(midnight));
    Some(civil.assume_offset(zone.offset(guess)).to_offset(time::UtcOffset::UTC))
}

fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.splitn(3, ':');
    let hour = number(parts.next()?)?;
    let minute = number(parts.next()?)?;
    let second = parts.next().map_or(Some(0), |s| number(s.split('.').next()?))?;
    Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second).ok()?).ok()
}
