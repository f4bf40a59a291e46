//! Methods that make conditions of terms.

use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::time::{Calendar, Period, Unit, Which};
use crate::segment::language::ast::tree::{Check, Expr, Literal, Term, Test};

macro_rules! literals {
    ($($from:ty => $kind:ident),*) => {
        $(impl From<$from> for Literal {
            fn from(value: $from) -> Self { Self::$kind(value.into()) }
        })*
    };
}
literals!(bool => Boolean, i32 => Number, i64 => Number, u32 => Number, Decimal => Number, &str => Text,
          String => Text, Date => Date, OffsetDateTime => Instant);

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $variant:ident, $negated:expr);* $(;)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, value: impl Into<Literal>) -> Expr {
            self.test(Check::$variant(Spanned::from(value.into())), $negated)
        })*
    };
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident => $variant:ident),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, text: impl Into<String>) -> Expr {
            self.test(Check::$variant(Spanned::from(text.into())), false)
        })*
    };
}

macro_rules! periods {
    ($($(#[$doc:meta])* $name:ident => $variant:ident),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(self, count: u32, unit: Unit) -> Expr {
            self.test(Check::$variant(Period::new(count, unit)), false)
        })*
    };
}

impl Term {
    fn test(self, check: Check, negated: bool) -> Expr {
        let test = Test { term: self, default: None, check, negated, exact: false, span: Span::default() };
        Expr::Test(Box::new(test))
    }

    comparisons! {
        /// Matches values equal to this: `=`.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("score").eq(50), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "score = 50");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
        eq => Equal, false;
        /// Matches any other value: `!=`. A missing value does not match.
        ne => Equal, true;
        /// Matches values less than this: `<`.
        lt => Less, false;
        /// Matches values up to this one: `<=`.
        le => LessOrEqual, false;
        /// Matches values greater than this: `>`.
        gt => Greater, false;
        /// Matches values from this one on: `>=`.
        ge => GreaterOrEqual, false;
    }

    texts! {
        /// Matches texts that contain this one.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("company").contains("ltd"), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"company contains "ltd""#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
        contains => Contains,
        /// Matches texts that contain this one as a word: with no letter, digit or `_` beside it.
        contains_word => ContainsWord,
        /// Matches texts that begin with this one.
        starts_with => StartsWith,
        /// Matches texts that end with this one.
        ends_with => EndsWith,
        /// Matches texts that as a whole fit a pattern of `*` (any text) and `?` (one character).
        like => Like,
        /// Matches texts of which a part fits a regular expression.
        matches => Matches,
        /// Matches page addresses that fit a [`UrlPattern`](crate::segment::UrlPattern).
        matches_url => MatchesUrl,
    }

    periods! {
        /// Matches times from this long ago until now, both included.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Unit;
    ///
    /// let built = Filter::new(expr::field("last_visit").in_last(90, Unit::Day), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "last_visit in last 90 days");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
        in_last => InLast,
        /// Matches times from now until this far ahead, both included.
        in_next => InNext,
        /// Matches times before this long ago.
        more_than_ago => MoreThanAgo,
        /// Matches times after this long ago and not after now.
        less_than_ago => LessThanAgo,
        /// Matches times on the day this long ago.
        exactly_ago => ExactlyAgo,
        /// Matches times on the day this far ahead.
        exactly_ahead => ExactlyAhead,
    }

    /// Matches any of several values.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("country").one_of(["PL", "DE"]), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"country in ("PL", "DE")"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn one_of<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(Check::In(values.into_iter().map(|value| Spanned::from(value.into())).collect()), false)
    }

    /// Compares the term with another of the same kind.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Relation;
    ///
    /// let built = Filter::new(expr::field("last_visit").compared(Relation::Greater, expr::field("created_on")), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "last_visit > created_on");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn compared(self, relation: Relation, term: Self) -> Expr {
        self.test(Check::Against(Box::new(Against { relation, term, default: None })), false)
    }

    /// Compares the term with another, with a default where the other is missing.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Relation;
    ///
    /// let built = Filter::new(expr::field("score").compared_or(Relation::Less, expr::field("loyalty_points"), 100), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "score < loyalty_points default 100");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn compared_or(self, relation: Relation, term: Self, default: impl Into<Literal>) -> Expr {
        let default = Some(Spanned::from(default.into()));
        self.test(Check::Against(Box::new(Against { relation, term, default })), false)
    }

    /// Matches lists that have each of these texts.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("phone").has_all(["+48", "+49"]), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"phone has all ("+48", "+49")"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn has_all<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(Check::HasAll(values.into_iter().map(|value| Spanned::from(value.into())).collect()), false)
    }

    /// Matches lists without any text but these.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::domain("email").has_only(["example.com"]), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"domain(email) has only ("example.com")"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn has_only<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(
            Check::HasOnly(values.into_iter().map(|value| Spanned::from(value.into())).collect()),
            false,
        )
    }

    /// Matches lists with each of these texts and no other.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("email").has_exactly(["a@example.com"]), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"email has exactly ("a@example.com")"#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn has_exactly<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(
            Check::HasExactly(values.into_iter().map(|value| Spanned::from(value.into())).collect()),
            false,
        )
    }

    /// Matches values from `low` to `high`, both included.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("score").between(3, 6), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "score between 3 and 6");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn between(self, low: impl Into<Literal>, high: impl Into<Literal>) -> Expr {
        self.test(Check::Between(Spanned::from(low.into()), Spanned::from(high.into())), false)
    }

    /// Matches values between two bounds, both included, of which at least one is a term.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::Operand;
    ///
    /// let built = Filter::new(expr::field("created_on")
    ///     .between_terms(Operand::term(expr::event("visit").first()), Operand::term(expr::event("visit").last())), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "created_on between first(event.visit) and last(event.visit)");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn between_terms(self, low: Operand, high: Operand) -> Expr {
        self.test(Check::BetweenTerms(Box::new(Bounds { low, high })), false)
    }

    /// Matches times in a day, week, month, quarter or year of the calendar.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    /// use audiencekit::segment::ast::{Unit, Which};
    ///
    /// let built = Filter::new(expr::field("created_on").in_calendar(Which::Last, Unit::Quarter), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "created_on in last quarter");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn in_calendar(self, which: Which, unit: Unit) -> Expr {
        self.test(Check::InCalendar(Calendar::new(which, unit)), false)
    }

    /// Matches contacts with a value, which may be empty.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("phone").is_set(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "phone is set");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn is_set(self) -> Expr {
        self.test(Check::IsSet, false)
    }

    /// Matches contacts without a value.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("phone").is_not_set(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "phone is not set");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn is_not_set(self) -> Expr {
        self.test(Check::IsSet, true)
    }

    /// Matches contacts without a value or with a blank one.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("company").is_empty(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "company is empty");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(self) -> Expr {
        self.test(Check::IsEmpty, false)
    }
}
