//! The events of a syntax tree: which are meant, what follows them, and what is made of them.

use serde::{Deserialize, Serialize};

use super::span::{Span, Spanned};
use super::time::Period;
use super::tree::{Check, Expr, Term, is_false};

/// A value made of the events that fit a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Aggregate {
    /// How it is made.
    pub of: Fold,
    /// Of which events.
    pub query: EventQuery,
    /// Of which property; none for a count, and for the instant of the first or last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<Spanned<String>>,
}

/// How one value is made of several events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fold {
    /// How many there are; zero when none.
    Count,
    /// How many different values there are, texts without regard to case; zero when none.
    Distinct,
    /// The sum; zero when none.
    Sum,
    /// The least; missing when none.
    Min,
    /// The greatest; missing when none.
    Max,
    /// The mean, to 28 digits; missing when none.
    Avg,
    /// Of the earliest event; missing when none.
    First,
    /// Of the latest event; missing when none.
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

/// Which events are meant. Everything must hold for one and the same event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EventQuery {
    /// The type; none for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Spanned<String>>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Check>,
    /// What holds for its properties.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Box<Expr>>,
    /// What comes after it, or does not.
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

/// An event at a later instant than another, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Followed {
    /// Which event. Another may follow it in turn, but not one that must not come.
    pub by: EventQuery,
    /// There is none. With a period, this is known only when the period is over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
    /// How long after the first at most, the end included; none for at any later time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
}
