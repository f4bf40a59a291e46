//! The time of a syntax tree: lengths, and stretches of the calendar.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Period {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
    #[serde(skip)]
    pub(crate) span: Span,
}

impl Period {
    /// Creates a period of `count` units.
    #[must_use]
    pub fn new(count: u32, unit: Unit) -> Self {
        Self { count, unit, span: Span::default() }
    }
}

/// A unit of time. Minutes and hours are exact; the others are of the calendar, in the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A civil day.
    Day,
    /// Seven civil days; in the calendar from Monday, or the day that the evaluation names.
    Week,
    /// The same day of another month, or its last day.
    Month,
    /// Three months; in the calendar from January, April, July, October.
    Quarter,
    /// Twelve months.
    Year,
}

impl Unit {
    pub(crate) const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Minute, "minute", "minutes"),
        (Self::Hour, "hour", "hours"),
        (Self::Day, "day", "days"),
        (Self::Week, "week", "weeks"),
        (Self::Month, "month", "months"),
        (Self::Quarter, "quarter", "quarters"),
        (Self::Year, "year", "years"),
    ];
}

/// A stretch of the calendar, counted from the one that holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Calendar {
    /// Which one.
    pub which: Which,
    /// Of what.
    pub unit: Unit,
    #[serde(skip)]
    pub(crate) span: Span,
}

impl Calendar {
    /// Creates the last, this or the next period of a unit.
    #[must_use]
    pub fn new(which: Which, unit: Unit) -> Self {
        Self { which, unit, span: Span::default() }
    }
}

/// Which stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Which {
    /// The one before this.
    Last,
    /// The one that holds now.
    This,
    /// The one after this.
    Next,
}
