//! The syntax tree that text, builder and JSON share.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::events::{Aggregate, EventQuery};
use super::operand::{Against, Bounds};
use super::span::{Span, Spanned};
use super::time::{Calendar, Period};

/// A condition on a contact, or on one of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expr {
    /// Always true or always false.
    Constant(bool),
    /// Every one holds: `a and b`.
    All(Vec<Expr>),
    /// At least one holds: `a or b`.
    Any(Vec<Expr>),
    /// None holds: `none of (a, b)`.
    None(Vec<Expr>),
    /// So many hold: `at least 2 of (a, b, c)`.
    AtLeast(AtLeast),
    /// It does not hold: `not a`.
    Not(Box<Expr>),
    /// A term and what is asked of it: `score >= 50`.
    Test(Box<Test>),
    /// Tags: `has any tag ("VIP", "GOLD")`.
    Tags(TagTest),
    /// An event that fits: `exists(event.purchase in last 90 days)`.
    Exists(Box<EventQuery>),
    /// Membership of another segment: `segment("VIP")`.
    Segment(Spanned<String>),
}

/// So many of several conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AtLeast {
    /// How many must hold.
    pub count: u32,
    /// The conditions.
    pub of: Vec<Expr>,
}

/// A term and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Test {
    /// What is looked at.
    pub term: Term,
    /// What counts for it where it is missing: `score default 0 >= 50`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Spanned<Literal>>,
    /// What is asked.
    pub check: Check,
    /// `!=`, `not in`, `not between` ...: there is a value and the check does not hold for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub negated: bool,
    /// Case matters.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact: bool,
    #[serde(skip)]
    pub(crate) span: Span,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(crate) fn is_false(value: &bool) -> bool {
    !value
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Term {
    /// A field of the contact; inside `where`, a property of the event.
    Field(Spanned<String>),
    /// Whole years since a birthday: `age(birth_date)`.
    Age(Spanned<String>),
    /// A day without its year: `anniversary(birth_date)`.
    Anniversary(Spanned<String>),
    /// The year of a date.
    Year(Spanned<String>),
    /// The month of a date, 1 to 12.
    Month(Spanned<String>),
    /// The day of the month, 1 to 31.
    Day(Spanned<String>),
    /// The day of the week, 1 for Monday to 7 for Sunday.
    Weekday(Spanned<String>),
    /// The hour of an instant in the zone, 0 to 23.
    Hour(Spanned<String>),
    /// What stands behind the last `@`: `domain(email)`.
    Domain(Spanned<String>),
    /// A text without its accents: `unaccent(name)`.
    Unaccent(Spanned<String>),
    /// The number of characters of a text.
    Length(Spanned<String>),
    /// How many values a field has: `count(phone)`.
    Values(Spanned<String>),
    /// How many tags a contact has: `count(tags)`.
    TagCount,
    /// The score of a tag; missing without the tag.
    TagScore(Spanned<String>),
    /// When a tag was assigned.
    TagSince(Spanned<String>),
    /// The state of a consent as of now: `confirmed`, `withdrawn` or `not_confirmed`.
    Consent(Spanned<String>),
    /// When a consent last changed.
    ConsentSince(Spanned<String>),
    /// When the person agreed, as the entry of a consent says that holds now.
    ConsentAgreedOn(Spanned<String>),
    /// The address from which the person decided.
    ConsentIp(Spanned<String>),
    /// The id of the wording that the person saw.
    ConsentDescriptionId(Spanned<String>),
    /// Whether the person opted out.
    ConsentOptOut(Spanned<String>),
    /// The stage of a funnel on which the contact stands.
    Stage(Spanned<String>),
    /// Since when it stands there.
    StageSince(Spanned<String>),
    /// What the stage of a funnel may bring.
    StageValue(Spanned<String>),
    /// The contact's score on the stage of a funnel.
    StageScore(Spanned<String>),
    /// Kilometres to a point on the earth.
    Distance(Box<DistanceTo>),
    /// A number, a value or an instant made of events.
    Events(Aggregate),
}

/// From the place of a contact to a point on the earth, along a great circle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DistanceTo {
    /// The field with the latitude, -90 to 90 degrees.
    pub latitude: Spanned<String>,
    /// The field with the longitude, -180 to 180 degrees.
    pub longitude: Spanned<String>,
    /// The latitude and longitude of the point.
    pub to: (Spanned<Literal>, Spanned<Literal>),
}

/// A question about tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TagTest {
    /// How many of them.
    pub quantifier: Quantifier,
    /// Their names; written as [`normalize_tag`](crate::contact::normalize_tag) has it, or so that it makes them so.
    pub tags: Vec<Spanned<String>>,
    #[serde(skip)]
    pub(crate) span: Span,
}

/// How many of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantifier {
    /// One or more.
    Any,
    /// Each of them.
    All,
    /// Not one.
    None,
    /// No other than these; a contact without tags has no other.
    Only,
    /// Each of them and no other.
    Exactly,
}

/// What is asked of a term.
///
/// `Debug` says which question it is and shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// `=`: equal; on an instant with a day, on that day.
    Equal(Spanned<Literal>),
    /// `<`, `before`.
    Less(Spanned<Literal>),
    /// `<=`.
    LessOrEqual(Spanned<Literal>),
    /// `>`, `after`.
    Greater(Spanned<Literal>),
    /// `>=`.
    GreaterOrEqual(Spanned<Literal>),
    /// Compared with another term of the same kind: `last_visit > created_on`.
    Against(Box<Against>),
    /// One of several.
    In(Vec<Spanned<Literal>>),
    /// Each of these is among the texts of a list.
    HasAll(Vec<Spanned<Literal>>),
    /// The texts of a list are among these.
    HasOnly(Vec<Spanned<Literal>>),
    /// The texts of a list are these and no other.
    HasExactly(Vec<Spanned<Literal>>),
    /// Both bounds count.
    Between(Spanned<Literal>, Spanned<Literal>),
    /// The same where a bound is a term: `created_on between first(event.cart) and last(event.cart)`.
    BetweenTerms(Box<Bounds>),
    /// The text stands somewhere in it.
    Contains(Spanned<String>),
    /// The text stands somewhere in it, with no letter, mark, digit or `_` beside it.
    ContainsWord(Spanned<String>),
    /// It begins with the text.
    StartsWith(Spanned<String>),
    /// It ends with the text.
    EndsWith(Spanned<String>),
    /// The whole fits a pattern in which `*` is any text and `?` one character.
    Like(Spanned<String>),
    /// A part fits a regular expression.
    Matches(Spanned<String>),
    /// A URL fits: a part of it, `any:a, b`, or `path:` with `?`, `*` and `**`.
    MatchesUrl(Spanned<String>),
    /// There is a value, be it empty.
    IsSet,
    /// There is no value, or it is blank.
    IsEmpty,
    /// From so long ago until now, both included.
    InLast(Period),
    /// From now until then, both included.
    InNext(Period),
    /// Before that.
    MoreThanAgo(Period),
    /// After that and not after now.
    LessThanAgo(Period),
    /// On the day that far back.
    ExactlyAgo(Period),
    /// After that.
    MoreThanAhead(Period),
    /// From now on and before that.
    LessThanAhead(Period),
    /// On the day that far ahead.
    ExactlyAhead(Period),
    /// In a day, week, month, quarter or year of the calendar.
    InCalendar(Calendar),
}

/// A value written in a filter.
///
/// `Debug` says only which kind it is.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Literal {
    /// True or false.
    Boolean(bool),
    /// An exact number.
    Number(Decimal),
    /// Text.
    Text(String),
    /// A civil day.
    Date(Date),
    /// A point in time.
    Instant(OffsetDateTime),
}
