//! Values that stand in order as whole numbers do: truths, days, states of consents, instants.

use crate::clock::TimeZone;
use crate::contact::{Cell, DateOrder, date, from_micros};
use crate::segment::engine::plan::CodeTerm;
use crate::segment::engine::record::{Record, consent, day, proof, state_bit};
use crate::segment::engine::window::year_day;

impl CodeTerm {
    pub(crate) fn value<R: Record>(&self, record: &R) -> Option<i64> {
        match self {
            Self::Truth(at) => match record.cell(*at) {
                Cell::Boolean(value) => Some(value.into()),
                _ => None,
            },
            Self::Day(at) => day(record.cell(*at)).map(i64::from),
            Self::YearDay { at, zone } => day_of_year(record.cell(*at), zone).map(|day| day as i64),
            Self::Consent { name, now } => {
                consent(record, *name, *now).map(|(_, entry)| state_bit(entry.status).into())
            }
            Self::ConsentOptOut { name, now } => proof(record, *name, *now)?.opt_out.map(i64::from),
            Self::Instant(term) => term.value(record),
            Self::Nth { events, last, of } => of.value(&events.nth(record, *last)?),
        }
    }
}

/// The day of the year of a date, a birthday or an instant, as [`year_day`] numbers it.
pub(crate) fn day_of_year(cell: Cell<'_>, zone: &TimeZone) -> Option<usize> {
    let day = match cell {
        Cell::Birthday(day) => return Some(year_day(day.month(), day.day())),
        Cell::Date(day) => day,
        Cell::Instant(at) => zone.date(from_micros(at)),
        Cell::Text(text) => date(text, DateOrder::YearMonthDay)?,
        _ => return None,
    };
    Some(year_day(day.month().into(), day.day()))
}
