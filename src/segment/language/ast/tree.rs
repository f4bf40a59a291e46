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
    /// All conditions hold: `a and b`.
    All(Vec<Expr>),
    /// At least one condition holds: `a or b`.
    Any(Vec<Expr>),
    /// No condition holds: `none of (a, b)`.
    None(Vec<Expr>),
    /// At least a number of conditions hold: `at least 2 of (a, b, c)`.
    AtLeast(AtLeast),
    /// The condition does not hold: `not a`.
    Not(Box<Expr>),
    /// A comparison of a term: `score >= 50`.
    Test(Box<Test>),
    /// Tags: `has any tag ("VIP", "GOLD")`.
    Tags(TagTest),
    /// An event that fits: `exists(event.purchase in last 90 days)`.
    Exists(Box<EventQuery>),
    /// Membership of another segment: `segment("VIP")`.
    Segment(Spanned<String>),
}

/// The condition that at least a number of others hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AtLeast {
    /// How many must hold.
    pub count: u32,
    /// The conditions.
    pub of: Vec<Expr>,
}

/// A comparison of a term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Test {
    /// The term that is compared.
    pub term: Term,
    /// The value that counts where the term is missing: `score default 0 >= 50`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Spanned<Literal>>,
    /// The comparison.
    pub check: Check,
    /// `!=`, `not in`, `not between` and so on: there is a value, and the comparison does not hold for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub negated: bool,
    /// Whether the comparison of text is case-sensitive.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact: bool,
    #[serde(skip)]
    pub(crate) span: Span,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(crate) fn is_false(value: &bool) -> bool {
    !value
}

/// A value of a contact or of its events.
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
    /// The part after the last `@`: `domain(email)`.
    Domain(Spanned<String>),
    /// A text without its accents: `unaccent(name)`.
    Unaccent(Spanned<String>),
    /// The number of characters of a text.
    Length(Spanned<String>),
    /// The number of values of a field: `count(phone)`.
    Values(Spanned<String>),
    /// The number of tags of a contact: `count(tags)`.
    TagCount,
    /// The score of a tag; missing without the tag.
    TagScore(Spanned<String>),
    /// The instant at which a tag was assigned.
    TagSince(Spanned<String>),
    /// The state of a consent as of now: `confirmed`, `withdrawn` or `not_confirmed`.
    Consent(Spanned<String>),
    /// The instant of the last change of a consent.
    ConsentSince(Spanned<String>),
    /// The day on which the contact agreed, by the entry of the consent that holds now.
    ConsentAgreedOn(Spanned<String>),
    /// The IP address from which the consent was given or withdrawn.
    ConsentIp(Spanned<String>),
    /// The id of the wording that the contact saw.
    ConsentDescriptionId(Spanned<String>),
    /// Whether the contact opted out.
    ConsentOptOut(Spanned<String>),
    /// The stage of the contact in a funnel.
    Stage(Spanned<String>),
    /// The instant since which the contact is on its stage.
    StageSince(Spanned<String>),
    /// The expected value of the contact in a funnel.
    StageValue(Spanned<String>),
    /// The score of the contact in a funnel.
    StageScore(Spanned<String>),
    /// Kilometres to a point on the earth.
    Distance(Box<DistanceTo>),
    /// A number, a value or an instant made of events.
    Events(Aggregate),
}

/// The distance from the place of a contact to a point, along a great circle.
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

/// A condition on tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TagTest {
    /// How many of the tags are required.
    pub quantifier: Quantifier,
    /// The names, in any notation that [`normalize_tag`](crate::contact::normalize_tag) accepts.
    pub tags: Vec<Spanned<String>>,
    #[serde(skip)]
    pub(crate) span: Span,
}

/// A quantifier over several tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each of them.
    All,
    /// None.
    None,
    /// No tag but these; a contact without tags matches.
    Only,
    /// Each of them, and no other.
    Exactly,
}

/// A comparison.
///
/// `Debug` shows the kind of comparison without its values.
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
    /// Equal to one of several values.
    In(Vec<Spanned<Literal>>),
    /// The list has each of these texts.
    HasAll(Vec<Spanned<Literal>>),
    /// The list has no text but these.
    HasOnly(Vec<Spanned<Literal>>),
    /// The list has each of these texts and no other.
    HasExactly(Vec<Spanned<Literal>>),
    /// Between two values, both included.
    Between(Spanned<Literal>, Spanned<Literal>),
    /// Between two bounds of which at least one is a term: `created_on between first(event.cart) and last(event.cart)`.
    BetweenTerms(Box<Bounds>),
    /// Contains the text.
    Contains(Spanned<String>),
    /// Contains the text as a word: with no letter, mark, digit or `_` beside it.
    ContainsWord(Spanned<String>),
    /// Begins with the text.
    StartsWith(Spanned<String>),
    /// Ends with the text.
    EndsWith(Spanned<String>),
    /// Matches a pattern as a whole, in which `*` is any text and `?` one character.
    Like(Spanned<String>),
    /// Matches a regular expression in some part.
    Matches(Spanned<String>),
    /// Matches a [`UrlPattern`](crate::segment::UrlPattern).
    MatchesUrl(Spanned<String>),
    /// Has a value, which may be empty.
    IsSet,
    /// Has no value, or a blank one.
    IsEmpty,
    /// From this long ago until now, both included.
    InLast(Period),
    /// From now until this far ahead, both included.
    InNext(Period),
    /// Before this long ago.
    MoreThanAgo(Period),
    /// After this long ago and not after now.
    LessThanAgo(Period),
    /// On the day this long ago.
    ExactlyAgo(Period),
    /// After this far ahead.
    MoreThanAhead(Period),
    /// From now on and before this far ahead.
    LessThanAhead(Period),
    /// On the day this far ahead.
    ExactlyAhead(Period),
    /// In a day, week, month, quarter or year of the calendar.
    InCalendar(Calendar),
}

/// A value in a filter.
///
/// `Debug` shows only its kind.
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
