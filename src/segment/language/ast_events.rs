//! The events of a syntax tree: which are meant, what follows them, and what is made of them.

use serde::{Deserialize, Serialize};

use super::ast::{Check, Expr, Period, Span, Spanned, is_false};

/// A value made of the events that fit a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// What holds for the properties of the event, and for those of the one that follows.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let then = self.then.as_ref().and_then(|then| then.by.condition.as_deref());
        self.condition.as_deref().into_iter().chain(then)
    }

    pub(crate) fn conditions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let then = self.then.as_mut().and_then(|then| then.by.condition.as_deref_mut());
        self.condition.as_deref_mut().into_iter().chain(then)
    }
}

/// An event at a later instant than another, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Followed {
    /// Which event; nothing follows it in turn.
    pub by: EventQuery,
    /// There is none. With a period, this is known only when the period is over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
    /// How long after the first at most, the end included; none for at any later time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
}
