//! The events of a syntax tree: which are meant, what follows them, and what is made of them.

use serde::{Deserialize, Serialize};

use super::span::{Span, Spanned};
use super::time::Period;
use super::tree::{Check, Expr, Term, is_false};

/// One value made of the events of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Aggregate {
    /// The aggregate function.
    pub of: Fold,
    /// The events.
    pub query: EventQuery,
    /// The property. `None` for a count, and for the instant of the first or last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<Spanned<String>>,
}

/// An aggregate function over events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fold {
    /// The number of events; 0 if there are none.
    Count,
    /// The number of distinct values, ignoring case; 0 if there are none.
    Distinct,
    /// The sum; 0 if there are no events.
    Sum,
    /// The least value; missing if there are no events.
    Min,
    /// The greatest value; missing if there are no events.
    Max,
    /// The mean, to 28 digits; missing if there are no events.
    Avg,
    /// The value of the earliest event; missing if there are no events.
    First,
    /// The value of the latest event; missing if there are no events.
    Last,
}

impl Fold {
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Count, "count"),
        (Self::Distinct, "distinct"),
        (Self::Sum, "sum"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::Avg, "avg"),
        (Self::First, "first"),
        (Self::Last, "last"),
    ];
}

/// A selection of events. Everything must hold for one and the same event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EventQuery {
    /// The type. `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Spanned<String>>,
    /// The stretch of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Check>,
    /// The condition on the properties.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Box<Expr>>,
    /// The event that follows, or must not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Box<Followed>>,
    #[serde(skip)]
    pub(crate) span: Span,
}

impl EventQuery {
    /// This event, the one that follows it, the one that follows that ...
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |query| query.then.as_deref().map(|then| &then.by))
    }

    /// What holds for the properties of the events.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Expr> {
        self.steps().filter_map(|query| query.condition.as_deref())
    }

    /// The terms of the contact that bound the events in time.
    pub(crate) fn windows(&self) -> impl Iterator<Item = &Term> {
        self.steps().filter_map(|query| query.within.as_ref()).flat_map(Check::terms)
    }

    /// Shows this event and those that follow, last first.
    pub(crate) fn each_step(&mut self, change: &mut dyn FnMut(&mut Self)) {
        if let Some(then) = &mut self.then {
            then.by.each_step(change);
        }
        change(self);
    }
}

/// An event that follows another, or must not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Followed {
    /// The event. Another may follow it in turn, unless `absent`.
    pub by: EventQuery,
    /// Whether the event must not follow. With a period, this holds only once the period is over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
    /// The longest time after the first, the end included. `None` for any later time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
}
