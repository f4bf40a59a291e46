//! Methods that narrow events, and make terms and conditions of them.

use crate::segment::language::ast::events::{Aggregate, EventQuery, Fold, Followed};
use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::time::{Period, Unit};
use crate::segment::language::ast::tree::{Check, Expr, Term};

impl EventQuery {
    /// Keeps events from this long ago until now, both included.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Unit;
    ///
    /// let built = Filter::new(expr::event("purchase").in_last(90, Unit::Day).exists(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "exists(event.purchase in last 90 days)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn in_last(self, count: u32, unit: Unit) -> Self {
        self.within(Check::InLast(Period::new(count, unit)))
    }

    /// Keeps events in a stretch of time.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::{Calendar, Check, Unit, Which};
    ///
    /// let built = Filter::new(expr::event("visit").within(Check::InCalendar(Calendar::new(Which::This, Unit::Year))).exists(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "exists(event.visit in this year)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn within(mut self, when: Check) -> Self {
        self.within = Some(when);
        self
    }

    /// Keeps events by their order to an instant or a day of the contact.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr::event};
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

    /// Keeps events between two instants or days, both included, of which at least one is a term.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Operand;
    ///
    /// let built = Filter::new(expr::event("visit")
    ///     .between(Operand::term(expr::field("created_on")), Operand::term(expr::field("modified_on"))).exists(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "exists(event.visit between created_on and modified_on)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn between(self, low: Operand, high: Operand) -> Self {
        self.within(Check::BetweenTerms(Box::new(Bounds { low, high })))
    }

    /// Keeps events whose properties match a condition. Further calls add conditions.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::event("cart").filter(expr::field("value").gt(100)).exists(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "exists(event.cart where value > 100)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn filter(mut self, condition: Expr) -> Self {
        self.condition = Some(Box::new(match self.condition.take() {
            Some(first) => first.and(condition),
            None => condition,
        }));
        self
    }

    /// Keeps events that another event follows, at any later time or within a period.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr::event};
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

    /// Keeps events that no such event follows; with a period, only once it is over.
    #[must_use]
    pub fn then_no(mut self, by: Self, within: Option<Period>) -> Self {
        self.then = Some(Box::new(Followed { by, absent: true, within }));
        self
    }

    /// Matches contacts with at least one such event.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::event("purchase").exists(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "exists(event.purchase)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn exists(self) -> Expr {
        Expr::Exists(Box::new(self))
    }

    /// Returns the number of events.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::event("purchase").count().ge(2), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "count(event.purchase) >= 2");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn count(self) -> Term {
        Term::Events(Aggregate { of: Fold::Count, query: self, property: None })
    }

    /// Returns one value made of a property of the events.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Fold;
    ///
    /// let built = Filter::new(expr::event("purchase").fold(Fold::Sum, "value").ge(1_000), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "sum(event.purchase.value) >= 1000");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn fold(self, of: Fold, property: impl Into<String>) -> Term {
        Term::Events(Aggregate { of, query: self, property: Some(Spanned::from(property.into())) })
    }

    /// Returns the instant of the last event.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Unit;
    ///
    /// let built = Filter::new(expr::event("purchase").last().more_than_ago(180, Unit::Day), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "last(event.purchase) more than 180 days ago");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn last(self) -> Term {
        Term::Events(Aggregate { of: Fold::Last, query: self, property: None })
    }

    /// Returns the instant of the first event.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Unit;
    ///
    /// let built = Filter::new(expr::event("visit").first().in_last(7, Unit::Day), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "first(event.visit) in last 7 days");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn first(self) -> Term {
        Term::Events(Aggregate { of: Fold::First, query: self, property: None })
    }
}
