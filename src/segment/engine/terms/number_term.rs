//! Numbers of a record: in a slot, counted, or made of events. Decimals stay exact.

use rust_decimal::Decimal;

use super::distinct;
use super::number::{Number, number};
use super::texts::each_text;
use crate::contact::{Cell, from_micros};
use crate::segment::engine::plan::{EventPlan, NumberTerm, Part, TextTerm};
use crate::segment::engine::record::{EventView, Record};
use crate::segment::engine::window::age;

impl NumberTerm {
    pub(crate) fn value<R: Record>(&self, record: &R) -> Option<Number> {
        let exact = |value: Option<Decimal>| value.map(Number::Exact);
        let (events, at) = match self {
            Self::Cell(at) => return number(record.cell(*at)),
            Self::Age { at, today } => {
                let (year, month, day) = match record.cell(*at) {
                    Cell::Birthday(day) => (i32::from(day.year()?), day.month(), day.day()),
                    Cell::Date(day) => (day.year(), day.month().into(), day.day()),
                    _ => return None,
                };
                return age(year, month, day, *today).map(Number::Whole);
            }
            Self::Part { at, part, zone } => return part.of(record.cell(*at), zone).map(Number::Whole),
            Self::Length(at) => {
                let mut length = None;
                each_text(record, &TextTerm::Cell(*at), |text| {
                    length = Some(text.chars().count() as i64);
                    true
                });
                return length.map(Number::Whole);
            }
            Self::Values(at) => {
                return Some(Number::Whole(match record.cell(*at) {
                    Cell::Missing => 0,
                    Cell::Texts(texts) => texts.len() as i64,
                    _ => 1,
                }));
            }
            Self::TagCount => return Some(Number::Whole(record.tags().len() as i64)),
            Self::TagScore(name) => {
                let tag = record.tags().iter().find(|tag| tag.name == *name);
                return tag.map(|tag| Number::Whole(tag.score.into()));
            }
            Self::StageValue(funnel) => return record.prospect(*funnel)?.value.map(Number::Exact),
            Self::StageScore(funnel) => {
                return record.prospect(*funnel)?.score.map(|score| Number::Whole(score.into()));
            }
            Self::Distance(distance) => return distance.of(record).map(Number::Exact),
            Self::Nth { events, last, at } => return number(events.nth(record, *last)?.property(*at)),
            Self::Count(events) => return Some(Number::Whole(events.of(record).count() as i64)),
            Self::Distinct(events, at) => return Some(Number::Whole(distinct::count(events, record, *at))),
            Self::Sum(events, at) | Self::Min(events, at) | Self::Max(events, at) | Self::Avg(events, at) => {
                (events, *at)
            }
        };
        let values = values(events, record, at);
        match self {
            Self::Sum(..) => exact(Some(values.fold(Decimal::ZERO, add))),
            Self::Min(..) => exact(values.min()),
            Self::Max(..) => exact(values.max()),
            _ => {
                let (sum, count) =
                    values.fold((Decimal::ZERO, 0u64), |(sum, n), value| (add(sum, value), n + 1));
                exact(sum.checked_div(Decimal::from(count)))
            }
        }
    }
}

fn values<'a, R: Record>(
    events: &'a EventPlan,
    record: &'a R,
    at: u32,
) -> impl Iterator<Item = Decimal> + use<'a, R> {
    events.of(record).filter_map(move |event: EventView<'a>| number(event.cell(at)).map(Number::decimal))
}

/// A sum beyond what a decimal holds stays at its end.
fn add(sum: Decimal, value: Decimal) -> Decimal {
    sum.checked_add(value).unwrap_or(if value.is_sign_negative() { Decimal::MIN } else { Decimal::MAX })
}

impl Part {
    fn of(self, cell: Cell<'_>, zone: &crate::clock::TimeZone) -> Option<i64> {
        let date = match cell {
            Cell::Birthday(day) => {
                return match self {
                    Self::Year => day.year().map(i64::from),
                    Self::Month => Some(day.month().into()),
                    Self::Day => Some(day.day().into()),
                    Self::Weekday => day.date().map(|day| day.weekday().number_from_monday().into()),
                    Self::Hour => None,
                };
            }
            Cell::Date(day) => day,
            Cell::Instant(at) => {
                let at = from_micros(at);
                if self == Self::Hour {
                    return at.checked_to_offset(zone.offset(at)).map(|local| local.hour().into());
                }
                zone.date(at)
            }
            _ => return None,
        };
        Some(match self {
            Self::Year => date.year().into(),
            Self::Month => u8::from(date.month()).into(),
            Self::Day => date.day().into(),
            Self::Weekday => date.weekday().number_from_monday().into(),
            Self::Hour => return None,
        })
    }
}
