//! Conditions in Rust: the same tree that text makes, with the compiler's help.

use rust_decimal::Decimal;
use time::{Date, OffsetDateTime};

use crate::segment::language::ast::events::EventQuery;
use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::time::{Calendar, Period, Unit, Which};
use crate::segment::language::ast::tree::{
    AtLeast, Check, DistanceTo, Expr, Literal, Quantifier, TagTest, Term, Test,
};

macro_rules! literals {
    ($($from:ty => $kind:ident),*) => {
        $(impl From<$from> for Literal {
            fn from(value: $from) -> Self { Self::$kind(value.into()) }
        })*
    };
}
literals!(bool => Boolean, i32 => Number, i64 => Number, u32 => Number, Decimal => Number, &str => Text,
          String => Text, Date => Date, OffsetDateTime => Instant);

macro_rules! of_name {
    ($($(#[$doc:meta])* $name:ident => $variant:ident),* $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(name: impl Into<String>) -> Term {
            Term::$variant(Spanned::from(name.into()))
        })*
    };
}

of_name! {
    /// A field of the contact, or inside [`EventQuery::filter`] a property of the event.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, event, field};
    /// use audiencekit::segment::ast::Unit;
    ///
    /// let schema = Schema::standard();
    /// let built = field("country").one_of(["PL", "DE"])
    ///     .and(event("purchase").in_last(90, Unit::Day).filter(field("value").ge(100)).count().ge(2));
    /// let text = r#"country in ("PL", "DE") and count(event.purchase in last 90 days where value >= 100) >= 2"#;
    /// assert_eq!(Filter::new(built, &schema)?, Filter::parse(text, &schema)?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    field => Field,
    /// Whole years since a birthday.
    age => Age,
    /// A day without its year.
    anniversary => Anniversary,
    /// What stands behind the last `@` of an e-mail address.
    domain => Domain,
    /// A text without its accents, compared with texts without theirs.
    unaccent => Unaccent,
    /// The score of a tag.
    tag_score => TagScore,
    /// When a tag was assigned.
    tag_since => TagSince,
    /// The state of a consent as of now.
    consent => Consent,
    /// When a consent last changed.
    consent_since => ConsentSince,
    /// When the person agreed.
    consent_agreed_on => ConsentAgreedOn,
    /// The address from which the person decided.
    consent_ip => ConsentIp,
    /// The id of the wording that the person saw.
    consent_description_id => ConsentDescriptionId,
    /// Whether the person opted out.
    consent_opt_out => ConsentOptOut,
    /// The stage of a funnel on which the contact stands.
    stage => Stage,
    /// Since when the contact stands there.
    stage_since => StageSince,
    /// What the stage of a funnel may bring.
    stage_value => StageValue,
    /// The contact's score on the stage of a funnel.
    stage_score => StageScore,
}

/// Events of a type.
#[must_use]
pub fn event(kind: impl Into<String>) -> EventQuery {
    EventQuery { event: Some(Spanned::from(kind.into())), ..EventQuery::default() }
}

/// Events of any type.
#[must_use]
pub fn any_event() -> EventQuery {
    EventQuery::default()
}

fn tags<T: Into<String>>(quantifier: Quantifier, names: impl IntoIterator<Item = T>) -> Expr {
    let tags = names.into_iter().map(|name| Spanned::from(name.into())).collect();
    Expr::Tags(TagTest { quantifier, tags, span: Span::default() })
}

/// Has at least one of these tags.
#[must_use]
pub fn has_any_tag<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::Any, names)
}

/// Has each of these tags.
#[must_use]
pub fn has_all_tags<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::All, names)
}

/// Has none of these tags.
#[must_use]
pub fn has_no_tag<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::None, names)
}

/// Has no tag but these.
#[must_use]
pub fn has_only_tags<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::Only, names)
}

/// Has each of these tags and no other.
#[must_use]
pub fn has_exactly_tags<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Expr {
    tags(Quantifier::Exactly, names)
}

/// How many tags there are.
#[must_use]
pub fn tag_count() -> Term {
    Term::TagCount
}

/// Kilometres from the place in two fields, latitude and longitude, to a point.
///
/// ```
/// use audiencekit::contact::{FieldType, Schema};
/// use audiencekit::segment::{Filter, distance};
/// use rust_decimal::Decimal;
///
/// let schema = Schema::builder().detail("lat", FieldType::Decimal).detail("lon", FieldType::Decimal).build()?;
/// let warsaw = (Decimal::new(5_223, 2), Decimal::new(2_101, 2));
/// let near = Filter::new(distance("lat", "lon", warsaw).le(50), &schema)?;
/// assert_eq!(near.to_string(), "distance(lat, lon, 52.23, 21.01) <= 50");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[must_use]
pub fn distance(
    latitude: impl Into<String>,
    longitude: impl Into<String>,
    to: (impl Into<Literal>, impl Into<Literal>),
) -> Term {
    Term::Distance(Box::new(DistanceTo {
        latitude: Spanned::from(latitude.into()),
        longitude: Spanned::from(longitude.into()),
        to: (Spanned::from(to.0.into()), Spanned::from(to.1.into())),
    }))
}

/// Is in another segment.
#[must_use]
pub fn in_segment(name: impl Into<String>) -> Expr {
    Expr::Segment(Spanned::from(name.into()))
}

/// At least so many of these hold.
#[must_use]
pub fn at_least(count: u32, of: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::AtLeast(AtLeast { count, of: of.into_iter().collect() })
}

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
        /// `=`
        eq => Equal, false;
        /// `!=`: there is a value, and it is another.
        ne => Equal, true;
        /// `<`
        lt => Less, false;
        /// `<=`
        le => LessOrEqual, false;
        /// `>`
        gt => Greater, false;
        /// `>=`
        ge => GreaterOrEqual, false;
    }

    texts! {
        /// The text stands somewhere in it.
        contains => Contains,
        /// The text stands somewhere in it, with no letter, digit or `_` beside it.
        contains_word => ContainsWord,
        /// It begins with the text.
        starts_with => StartsWith,
        /// It ends with the text.
        ends_with => EndsWith,
        /// The whole fits a pattern of `*` and `?`.
        like => Like,
        /// A part fits a regular expression.
        matches => Matches,
        /// A URL fits a pattern.
        matches_url => MatchesUrl,
    }

    periods! {
        /// From so long ago until now.
        in_last => InLast,
        /// From now until then.
        in_next => InNext,
        /// Before that.
        more_than_ago => MoreThanAgo,
        /// After that and not after now.
        less_than_ago => LessThanAgo,
        /// On the day that far back.
        exactly_ago => ExactlyAgo,
        /// On the day that far ahead.
        exactly_ahead => ExactlyAhead,
    }

    /// One of several values.
    #[must_use]
    pub fn one_of<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(Check::In(values.into_iter().map(|value| Spanned::from(value.into())).collect()), false)
    }

    /// Compared with another term of the same kind.
    #[must_use]
    pub fn compared(self, relation: Relation, term: Self) -> Expr {
        self.test(Check::Against(Box::new(Against { relation, term, default: None })), false)
    }

    /// The same, with what counts for the other term where it is missing.
    #[must_use]
    pub fn compared_or(self, relation: Relation, term: Self, default: impl Into<Literal>) -> Expr {
        let default = Some(Spanned::from(default.into()));
        self.test(Check::Against(Box::new(Against { relation, term, default })), false)
    }

    /// Each of these is among the texts of a list.
    #[must_use]
    pub fn has_all<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(Check::HasAll(values.into_iter().map(|value| Spanned::from(value.into())).collect()), false)
    }

    /// The texts of a list are among these.
    #[must_use]
    pub fn has_only<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(
            Check::HasOnly(values.into_iter().map(|value| Spanned::from(value.into())).collect()),
            false,
        )
    }

    /// The texts of a list are these and no other.
    #[must_use]
    pub fn has_exactly<T: Into<Literal>>(self, values: impl IntoIterator<Item = T>) -> Expr {
        self.test(
            Check::HasExactly(values.into_iter().map(|value| Spanned::from(value.into())).collect()),
            false,
        )
    }

    /// From a value to another, both included.
    #[must_use]
    pub fn between(self, low: impl Into<Literal>, high: impl Into<Literal>) -> Expr {
        self.test(Check::Between(Spanned::from(low.into()), Spanned::from(high.into())), false)
    }

    /// From one bound to another, both included, where at least one is a term.
    #[must_use]
    pub fn between_terms(self, low: Operand, high: Operand) -> Expr {
        self.test(Check::BetweenTerms(Box::new(Bounds { low, high })), false)
    }

    /// In a day, week, month, quarter or year of the calendar.
    #[must_use]
    pub fn in_calendar(self, which: Which, unit: Unit) -> Expr {
        self.test(Check::InCalendar(Calendar::new(which, unit)), false)
    }

    /// There is a value.
    #[must_use]
    pub fn is_set(self) -> Expr {
        self.test(Check::IsSet, false)
    }

    /// There is no value.
    #[must_use]
    pub fn is_not_set(self) -> Expr {
        self.test(Check::IsSet, true)
    }

    /// There is no value, or it is blank.
    #[must_use]
    pub fn is_empty(self) -> Expr {
        self.test(Check::IsEmpty, false)
    }
}

impl Expr {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) if parts.len() > 1 => {
                parts.push(other);
                Self::All(parts)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// One of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut parts) if parts.len() > 1 => {
                parts.push(other);
                Self::Any(parts)
            }
            first => Self::Any(vec![first, other]),
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// The same comparison with what counts for its term where that is missing.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, field};
    ///
    /// let schema = Schema::standard();
    /// let built = Filter::new(field("score").lt(50).or_default(0), &schema)?;
    /// assert_eq!(built, Filter::parse("score default 0 < 50", &schema)?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn or_default(mut self, value: impl Into<Literal>) -> Self {
        if let Self::Test(test) = &mut self {
            test.default = Some(Spanned::from(value.into()));
        }
        self
    }

    /// The same comparison of text, with case.
    #[must_use]
    pub fn exactly(mut self) -> Self {
        if let Self::Test(test) = &mut self {
            test.exact = true;
        }
        self
    }
}
