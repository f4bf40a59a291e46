//! `DOBY`, `DOBM`, `DOBD`.

use super::context::Cx;
use super::tables::months::MONTHS;
use super::tables::{fold, look_up};
use super::text::{clean, fold_digits, is_placeholder, refuse_digest};
use crate::contact::DateOrder;
use crate::identity::reject::Reject;
use crate::identity::steps::Step;
use crate::identity::trail::Trail;

/// The first year that Facebook takes.
pub(crate) const FIRST_YEAR: i16 = 1900;

/// A day of birth of which any part may be unknown.
#[derive(Clone, Copy, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<u8>,
    day: Option<u8>,
}

/// Four digits, 1900 to this year.
///
/// Source: customer-file guide (read 2026-09-12): `YYYY`, 1900 to the current year.
pub(crate) fn year(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    start(raw, out, trail)?;
    let (year, split) = match number(out) {
        Some(year) if out.len() == 4 => (year, false),
        _ => (whole_date(out, cx)?.year.ok_or(Reject::Malformed)?, true),
    };
    write_year(year, cx.rules.last_year(), out)?;
    trail.add_if(split, Step::DateSplit, out);
    Ok(())
}

/// Writes the year of a birthday, checked.
pub(crate) fn write_year(year: i16, last_year: i16, out: &mut String) -> Result<(), Reject> {
    if !(FIRST_YEAR..=last_year).contains(&year) {
        return Err(Reject::OutOfRange);
    }
    out.clear();
    out.push_str(itoa::Buffer::new().format(year));
    Ok(())
}

/// `01` to `12`.
pub(crate) fn month(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    start(raw, out, trail)?;
    let (month, step) = match number(out) {
        Some(month) if out.len() <= 2 => (in_range(month, 12)?, Step::ZeroPadded),
        _ => match month_name(out) {
            Some(month) => (month, Step::WordMapped),
            None => (whole_date(out, cx)?.month.ok_or(Reject::Malformed)?, Step::DateSplit),
        },
    };
    rewrite(month, step, out, trail);
    Ok(())
}

/// `01` to `31`.
pub(crate) fn day(raw: &str, cx: &Cx<'_>, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    start(raw, out, trail)?;
    let (day, step) = match number(out) {
        Some(day) if out.len() <= 2 => (in_range(day, 31)?, Step::ZeroPadded),
        _ => (whole_date(out, cx)?.day.ok_or(Reject::Malformed)?, Step::DateSplit),
    };
    rewrite(day, step, out, trail);
    Ok(())
}

fn in_range(number: i16, most: u8) -> Result<u8, Reject> {
    u8::try_from(number).ok().filter(|number| (1..=most).contains(number)).ok_or(Reject::OutOfRange)
}

/// Writes two digits in place of what was read; digits that stay as they were took no step.
fn rewrite(number: u8, step: Step, out: &mut String, trail: &mut Trail) {
    let padded = out.len() == 2 && step == Step::ZeroPadded;
    write_two(number, out);
    trail.add_if(!padded, step, out);
}

/// Writes two digits.
pub(crate) fn write_two(number: u8, out: &mut String) {
    out.clear();
    out.push((b'0' + number / 10 % 10) as char);
    out.push((b'0' + number % 10) as char);
}

fn start(raw: &str, out: &mut String, trail: &mut Trail) -> Result<(), Reject> {
    clean(raw, out, trail)?;
    if is_placeholder(out) {
        return Err(Reject::Placeholder);
    }
    refuse_digest(out)?;
    fold_digits(out, trail);
    // Spreadsheets write whole numbers as 1984.0.
    if let Some((whole, zeros)) = out.split_once('.')
        && !whole.is_empty()
        && !zeros.is_empty()
        && whole.bytes().all(|b| b.is_ascii_digit())
        && zeros.bytes().all(|b| b == b'0')
    {
        out.truncate(whole.len());
        trail.add(Step::DecimalsRemoved, out);
    }
    Ok(())
}

/// Digits only, at most four.
fn number(text: &str) -> Option<i16> {
    ((1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn month_name(text: &str) -> Option<u8> {
    look_up(&MONTHS, fold(text).as_str())
}

/// Reads a whole date, by the declared order or where only one reading exists, and checks it in the calendar.
fn whole_date(text: &str, cx: &Cx<'_>) -> Result<Parts, Reject> {
    let parts = read_date(text, cx.rules.date_order)?;
    if let (year, Some(month), Some(day)) = (parts.year.unwrap_or(2000), parts.month, parts.day) {
        let month = time::Month::try_from(month).map_err(|_| Reject::OutOfRange)?;
        time::Date::from_calendar_date(i32::from(year), month, day).map_err(|_| Reject::OutOfRange)?;
    }
    Ok(parts)
}

fn read_date(text: &str, order: Option<DateOrder>) -> Result<Parts, Reject> {
    let text = text.split_once('T').filter(|(_, time)| time.contains(':')).map_or(text, |(date, _)| date);
    let (text, order) = hinted(text, order);
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return eight_digits(text, order.unwrap_or_default());
    }
    let (mut numbers, mut count) = ([(0i16, 0usize); 3], 0);
    let mut named = None;
    for part in text.split(['-', '/', '.', ',', ' ', '_']).filter(|part| !part.is_empty()) {
        if part.contains(':') {
            break;
        }
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ordinal =
            matches!(part[digits.len()..].to_ascii_lowercase().as_str(), "" | "st" | "nd" | "rd" | "th");
        match number(digits).filter(|_| ordinal) {
            Some(number) => {
                *numbers.get_mut(count).ok_or(Reject::Malformed)? = (number, digits.len());
                count += 1;
            }
            None if matches!(part, "de" | "of" | "del") => {}
            None => {
                let month = month_name(part).ok_or(Reject::Malformed)?;
                if named.replace(month).is_some() {
                    return Err(Reject::Malformed);
                }
            }
        }
    }
    let [a, b, c] = numbers;
    match (named, count) {
        (Some(month), 2) if b.1 == 4 => Ok(parts(b.0, i16::from(month), a.0)),
        (Some(month), 2) if a.1 == 4 => Ok(parts(a.0, i16::from(month), b.0)),
        (None, 3) if a.1 == 4 => Ok(parts(a.0, b.0, c.0)),
        (None, 3) if c.1 == 4 => match order {
            Some(DateOrder::DayMonthYear) => Ok(parts(c.0, b.0, a.0)),
            Some(DateOrder::MonthDayYear) => Ok(parts(c.0, a.0, b.0)),
            _ if a.0 > 12 || a.0 == b.0 => Ok(parts(c.0, b.0, a.0)),
            _ if b.0 > 12 => Ok(parts(c.0, a.0, b.0)),
            _ => Err(Reject::Ambiguous),
        },
        // The century of a two-digit year is not told; month and day are.
        (None, 3) if a.1 <= 2 && b.1 <= 2 && c.1 <= 2 => {
            let (day, month) = match order {
                Some(DateOrder::YearMonthDay) => (c.0, b.0),
                Some(DateOrder::DayMonthYear) => (a.0, b.0),
                Some(DateOrder::MonthDayYear) => (b.0, a.0),
                _ if a.0 > 31 => (c.0, b.0),
                _ if c.0 > 31 && a.0 > 12 => (a.0, b.0),
                _ if c.0 > 31 && b.0 > 12 => (b.0, a.0),
                _ => return Err(Reject::Ambiguous),
            };
            Ok(Parts { year: None, ..parts(0, month, day) })
        }
        _ => Err(Reject::Malformed),
    }
}

/// A date without the order that is written behind it, `31/12/1990 (DD/MM/YYYY)`, and that order.
fn hinted(text: &str, order: Option<DateOrder>) -> (&str, Option<DateOrder>) {
    let hint = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let Some((date, hint)) = hint else { return (text, order) };
    let letters: String =
        hint.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let order = match letters.as_str() {
        "ddmmyyyy" | "ddmmyy" => DateOrder::DayMonthYear,
        "mmddyyyy" | "mmddyy" => DateOrder::MonthDayYear,
        "yyyymmdd" | "yymmdd" => DateOrder::YearMonthDay,
        _ => return (text, order),
    };
    (date.trim_end(), Some(order))
}

fn eight_digits(text: &str, order: DateOrder) -> Result<Parts, Reject> {
    let piece = |from: usize, to: usize| text.get(from..to).and_then(number).ok_or(Reject::Malformed);
    Ok(match order {
        DateOrder::YearMonthDay => parts(piece(0, 4)?, piece(4, 6)?, piece(6, 8)?),
        DateOrder::DayMonthYear => parts(piece(4, 8)?, piece(2, 4)?, piece(0, 2)?),
        DateOrder::MonthDayYear => parts(piece(4, 8)?, piece(0, 2)?, piece(2, 4)?),
    })
}

/// Out-of-range numbers become 0, which no calendar has.
fn parts(year: i16, month: i16, day: i16) -> Parts {
    let small = |number: i16| Some(u8::try_from(number).unwrap_or(0));
    Parts { year: Some(year), month: small(month), day: small(day) }
}
