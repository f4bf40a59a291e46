//! The functions of one name: how they are written, what they take, and what they yield.

use super::ast::span::Spanned;
use super::ast::tree::Term;
use super::kind::Kind;

/// What stands in the parentheses of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A field that is a day.
    Day,
    /// A field that is a day or an instant.
    Dated,
    Instant,
    /// A field with text.
    Text,
    /// The same, where the text should be an address.
    Email,
    OneText,
    AnyField,
    /// A field with a number: one of the two of `distance`.
    Degrees,
    /// The name of a tag, a consent or a funnel, in quotes.
    Name,
}

impl Argument {
    pub(crate) fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Day => kind.is_day(),
            Self::Dated => kind.is_day() || kind == Kind::Instant,
            Self::Instant => kind == Kind::Instant,
            Self::Text | Self::Email => kind.is_text(),
            Self::OneText => kind == Kind::Text,
            Self::Degrees => kind.is_number(),
            Self::AnyField => true,
            Self::Name => false,
        }
    }

    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Self::Day => "a birthday or a date",
            Self::Dated => "a birthday, a date or an instant",
            Self::Instant => "an instant",
            Self::Text => "a field with text",
            Self::Email => "a field with e-mail addresses",
            Self::OneText => "a field with one text",
            Self::AnyField => "a field",
            Self::Degrees => "a field with degrees",
            Self::Name => "a name",
        }
    }
}

/// A function of one name.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) make: fn(Spanned<String>) -> Term,
    pub(crate) argument: Argument,
    /// That of its value; of a text, a list where the field is one.
    pub(crate) kind: Kind,
    /// Its value for the same contact changes as time goes by.
    pub(crate) depends_on_now: bool,
}

impl Function {
    /// True when its value, or what is asked of it, depends on where days begin.
    pub(crate) fn depends_on_zone(&self) -> bool {
        self.kind == Kind::Instant
            || matches!(self.argument, Argument::Day | Argument::Dated | Argument::Instant)
    }
}

macro_rules! functions {
    ($($name:literal => $term:ident, $argument:ident, $kind:ident, $now:literal;)*) => {
        /// Every function of one name.
        pub(crate) static FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            make: Term::$term,
            argument: Argument::$argument,
            kind: Kind::$kind,
            depends_on_now: $now,
        }),*];

        /// Their places in [`FUNCTIONS`].
        enum Place { $($term),* }

        impl Term {
            /// The function and the name in its parentheses; none for a field, `count(tags)`, a distance and events.
            pub(crate) fn call(&self) -> Option<(&'static Function, &Spanned<String>)> {
                let (place, name) = match self {
                    $(Self::$term(name) => (Place::$term, name),)*
                    Self::Field(_) | Self::TagCount | Self::Distance(_) | Self::Events(_) => return None,
                };
                FUNCTIONS.get(place as usize).map(|function| (function, name))
            }
        }
    };
}

functions! {
    // name => term, argument, kind, depends on now
    "age" => Age, Day, Integer, true;
    "anniversary" => Anniversary, Dated, Anniversary, false;
    "year" => Year, Dated, Integer, false;
    "month" => Month, Dated, Integer, false;
    "day" => Day, Dated, Integer, false;
    "weekday" => Weekday, Dated, Integer, false;
    "hour" => Hour, Instant, Integer, false;
    "domain" => Domain, Email, Text, false;
    "length" => Length, OneText, Integer, false;
    "unaccent" => Unaccent, Text, Text, false;
    "count" => Values, AnyField, Integer, false;
    "tag_score" => TagScore, Name, Integer, false;
    "tag_since" => TagSince, Name, Instant, false;
    "consent" => Consent, Name, Consent, true;
    "consent_since" => ConsentSince, Name, Instant, true;
    "stage" => Stage, Name, Text, false;
    "stage_since" => StageSince, Name, Instant, false;
    "consent_agreed_on" => ConsentAgreedOn, Name, Instant, true;
    "consent_ip" => ConsentIp, Name, Text, true;
    "consent_description_id" => ConsentDescriptionId, Name, Text, true;
    "consent_opt_out" => ConsentOptOut, Name, Boolean, true;
    "stage_value" => StageValue, Name, Decimal, false;
    "stage_score" => StageScore, Name, Integer, false;
}
