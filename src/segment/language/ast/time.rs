//! The time of a syntax tree: lengths, and stretches of the calendar.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Period {
    /// The number of units.
    pub count: u32,
    /// The unit.
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

/// A unit of time. Minutes and hours are exact; the others follow the calendar of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A calendar day.
    Day,
    /// Seven calendar days. Calendar weeks begin on [`EvaluationTime::week_start`](crate::segment::EvaluationTime).
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

/// A period of the calendar, relative to the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Calendar {
    /// The last, this or the next one.
    pub which: Which,
    /// The unit.
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

/// A period of the calendar relative to the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Which {
    /// The period before the current one.
    Last,
    /// The current period.
    This,
    /// The period after the current one.
    Next,
}
