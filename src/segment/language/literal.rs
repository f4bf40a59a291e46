//! Values of a filter as the kinds that fields have.

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use super::ast::tree::Literal;
use super::kind::Kind;
use crate::contact::{DateOrder, date};

/// A day or an instant, written as such or as text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    Day(Date),
    Instant(OffsetDateTime),
}

impl Literal {
    pub(crate) fn moment(&self) -> Option<Moment> {
        match self {
            Self::Date(day) => Some(Moment::Day(*day)),
            Self::Instant(at) => Some(Moment::Instant(*at)),
            Self::Text(text) => match date(text, DateOrder::YearMonthDay) {
                Some(day) => Some(Moment::Day(day)),
                // With an offset only: a time without one would depend on the zone of the run.
                None => OffsetDateTime::parse(text, &Rfc3339).ok().map(Moment::Instant),
            },
            _ => None,
        }
    }

    pub(crate) fn day(&self) -> Option<Date> {
        match self.moment() {
            Some(Moment::Day(day)) => Some(day),
            _ => None,
        }
    }

    /// What is wrong with this value for a term of `kind`; the words end "expected ...".
    pub(crate) fn misfit(&self, kind: Kind) -> Option<&'static str> {
        let (fits, expected) = match kind {
            Kind::Boolean => (matches!(self, Self::Boolean(_)), "true or false"),
            Kind::Integer => (matches!(self, Self::Number(n) if n.is_integer()), "a whole number"),
            Kind::Decimal => (matches!(self, Self::Number(_)), "a number"),
            Kind::Text | Kind::Texts | Kind::Consent => (matches!(self, Self::Text(_)), "text in quotes"),
            Kind::Date | Kind::Birthday | Kind::Anniversary => {
                (self.day().is_some(), "a date such as 2026-01-31")
            }
            Kind::Instant => (
                self.moment().is_some(),
                "a date such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z",
            ),
        };
        (!fits).then_some(expected)
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Date(_) => "a date",
            Self::Instant(_) => "an instant",
        }
    }
}
