//! Events in Rust: which are meant, what follows them, and what is made of them.

use crate::segment::language::ast::events::{Aggregate, EventQuery, Fold, Followed};
use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::time::{Period, Unit};
use crate::segment::language::ast::tree::{Check, Expr, Term};

impl EventQuery {
    /// Only from so long ago until now.
    #[must_use]
    pub fn in_last(self, count: u32, unit: Unit) -> Self {
        self.within(Check::InLast(Period::new(count, unit)))
    }

    /// Only in a stretch of time.
    #[must_use]
    pub fn within(mut self, when: Check) -> Self {
        self.within = Some(when);
        self
    }

    /// Only those that stand so to an instant or a day of the contact.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, event};
    /// use audiencekit::segment::ast::Relation;
    ///
    /// let schema = Schema::standard();
    /// let since = event("visit").compared(Relation::GreaterOrEqual, event("purchase").last()).exists();
    /// assert_eq!(
    ///     Filter::new(since, &schema)?,
    ///     Filter::parse("exists(event.visit since last(event.purchase))", &schema)?
    /// );
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn compared(self, relation: Relation, term: Term) -> Self {
        self.within(Check::Against(Box::new(Against { relation, term, default: None })))
    }

    /// Only those between two instants or days, one of which is the contact's; both included.
    #[must_use]
    pub fn between(self, low: Operand, high: Operand) -> Self {
        self.within(Check::BetweenTerms(Box::new(Bounds { low, high })))
    }

    /// Only those for which this holds; a second call adds to the first.
    #[must_use]
    pub fn filter(mut self, condition: Expr) -> Self {
        self.condition = Some(Box::new(match self.condition.take() {
            Some(first) => first.and(condition),
            None => condition,
        }));
        self
    }

    /// Only those after which another comes, at any later time or within a period.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, event};
    /// use audiencekit::segment::ast::{Period, Unit};
    ///
    /// let schema = Schema::standard();
    /// let week = Some(Period::new(7, Unit::Day));
    /// let abandoned = event("cart").then_no(event("purchase"), week).exists();
    /// let text = "exists(event.cart then no event.purchase within 7 days)";
    /// assert_eq!(Filter::new(abandoned, &schema)?, Filter::parse(text, &schema)?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// Another may follow that one in turn: `event("visit").then(event("cart").then(event("purchase"), None), None)`.
    #[must_use]
    pub fn then(mut self, by: Self, within: Option<Period>) -> Self {
        self.then = Some(Box::new(Followed { by, absent: false, within }));
        self
    }

    /// Only those after which no such event comes; with a period, only when it is over.
    #[must_use]
    pub fn then_no(mut self, by: Self, within: Option<Period>) -> Self {
        self.then = Some(Box::new(Followed { by, absent: true, within }));
        self
    }

    /// There is one.
    #[must_use]
    pub fn exists(self) -> Expr {
        Expr::Exists(Box::new(self))
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> Term {
        Term::Events(Aggregate { of: Fold::Count, query: self, property: None })
    }

    /// A property of them, made one value.
    #[must_use]
    pub fn fold(self, of: Fold, property: impl Into<String>) -> Term {
        Term::Events(Aggregate { of, query: self, property: Some(Spanned::from(property.into())) })
    }

    /// When the last happened.
    #[must_use]
    pub fn last(self) -> Term {
        Term::Events(Aggregate { of: Fold::Last, query: self, property: None })
    }

    /// When the first happened.
    #[must_use]
    pub fn first(self) -> Term {
        Term::Events(Aggregate { of: Fold::First, query: self, property: None })
    }
}
