//! What a filter is compiled to: slots instead of names, symbols instead of tags, instants instead of words.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use rust_decimal::Decimal;
use time::Date;

use super::number_test::NumberTest;
use super::text_test::TextTest;
use crate::clock::TimeZone;
use crate::contact::{Schema, Symbol};
use crate::segment::language::ast::operand::Relation;
use crate::segment::language::ast::time::Period;

/// Where the value of an event stands among its properties.
pub(crate) const VALUE: u32 = u32::MAX;
/// Where its instant stands.
pub(crate) const AT: u32 = u32::MAX - 1;

/// One condition. `at` is a slot of the contact, or the symbol of a property where the record is an event.
///
/// A negated condition needs a value: it holds when there is one and the condition does not hold for it.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Constant(bool),
    All(Box<[Node]>),
    Any(Box<[Node]>),
    AtLeast(u32, Box<[Node]>),
    Not(Box<Node>),
    Boolean {
        at: u32,
        wanted: bool,
    },
    /// A keyword is one of several; `texts` for the contact whose keyword found no room among the symbols.
    Keyword {
        at: u32,
        symbols: Box<[u32]>,
        texts: Box<TextTest>,
        exact: bool,
        negated: bool,
    },
    /// A whole number in a slot, both bounds included.
    Whole {
        at: u32,
        low: i64,
        high: i64,
        negated: bool,
    },
    Number {
        term: Box<NumberTerm>,
        test: Box<NumberTest>,
        negated: bool,
    },
    Text {
        term: TextTerm,
        test: Box<TextTest>,
        negated: bool,
    },
    /// A date or a birthday by its key, both bounds included.
    Days {
        at: u32,
        low: i32,
        high: i32,
        negated: bool,
    },
    YearDays {
        at: u32,
        days: Box<[u64; 6]>,
        zone: Box<TimeZone>,
        negated: bool,
    },
    /// An instant, the end left out.
    Instant {
        term: InstantTerm,
        low: i64,
        high: i64,
        negated: bool,
    },
    IsSet(Box<Presence>),
    IsEmpty(Box<Presence>),
    /// One of these tags.
    Tags(Box<[Symbol]>),
    /// One term against another.
    Against {
        sides: Box<Sides>,
        relation: Relation,
        negated: bool,
    },
    /// No tag but these.
    TagsOnly(Box<[Symbol]>),
    /// There is a text, and every one passes.
    Every {
        term: TextTerm,
        test: Box<TextTest>,
    },
    /// The state of a consent is one of these, by the bits of its states.
    Consent {
        name: Symbol,
        now: i64,
        states: u8,
        negated: bool,
    },
    /// A value that stands in order is this one.
    Code {
        term: Box<CodeTerm>,
        wanted: i64,
        negated: bool,
    },
    Exists(Box<EventPlan>),
    /// The first or last event that fits; `missing` when there is none.
    Nth {
        events: Box<EventPlan>,
        last: bool,
        test: Box<Node>,
        missing: bool,
    },
    /// With the days of the zone that the contact names.
    Zoned(Arc<Zoned>),
}

/// Compiles a condition again with the days of another zone.
pub(crate) type Recompile = Arc<dyn Fn(&TimeZone, &Schema) -> Option<Node> + Send + Sync>;

/// A condition with a plan for each zone that contacts name.
pub(crate) struct Zoned {
    /// The slot with the name of the zone.
    pub(super) at: u32,
    /// For a contact that names no zone.
    pub(super) fixed: Arc<Node>,
    pub(super) recompile: Recompile,
    /// By the names of the database, so there are no more than it has zones, whatever contacts have in their field.
    pub(super) plans: RwLock<HashMap<Box<str>, Arc<Node>>>,
}

impl fmt::Debug for Zoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zoned").field("at", &self.at).field("fixed", &self.fixed).finish_non_exhaustive()
    }
}

/// Which events are meant.
#[derive(Debug, Clone)]
pub(crate) struct EventPlan {
    pub(crate) kind: Option<Symbol>,
    pub(crate) low: i64,
    pub(crate) high: i64,
    /// What else bounds them in time.
    pub(crate) edges: Box<[Edge]>,
    pub(crate) condition: Option<Node>,
    pub(crate) then: Option<Box<FollowPlan>>,
}

/// An end of a window that another value of the contact makes.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) relation: Relation,
    pub(crate) term: CodeTerm,
    pub(crate) default: Option<i64>,
    /// For a term that is a day: where that begins and ends.
    pub(crate) zone: Option<TimeZone>,
}

/// Two terms of a kind, each with what counts for it where it is missing.
#[derive(Debug, Clone)]
pub(crate) enum Sides {
    Numbers([(NumberTerm, Option<Decimal>); 2]),
    Codes([(CodeTerm, Option<i64>); 2]),
    Texts { sides: [(TextTerm, Option<Box<str>>); 2], exact: bool },
}

/// Where a value comes from that stands in order as a whole number does.
#[derive(Debug, Clone)]
pub(crate) enum CodeTerm {
    /// 1 for true, 0 for false.
    Truth(u32),
    /// The key of a date, or of a birthday with a year.
    Day(u32),
    /// The day of a year, as [`year_day`](super::window::year_day) numbers it.
    YearDay {
        at: u32,
        zone: TimeZone,
    },
    /// The bit of a consent's state.
    Consent {
        name: Symbol,
        now: i64,
    },
    ConsentOptOut {
        name: Symbol,
        now: i64,
    },
    /// Microseconds since 1970.
    Instant(InstantTerm),
    /// Of the first or last event that fits.
    Nth {
        events: Box<EventPlan>,
        last: bool,
        of: Box<CodeTerm>,
    },
}

/// What comes after an event, or does not.
#[derive(Debug, Clone)]
pub(crate) struct FollowPlan {
    pub(crate) by: EventPlan,
    pub(crate) absent: bool,
    pub(crate) within: Option<Period>,
    pub(crate) zone: TimeZone,
    pub(crate) now: i64,
}

/// Where a number comes from.
#[derive(Debug, Clone)]
pub(crate) enum NumberTerm {
    Cell(u32),
    Age {
        at: u32,
        today: Date,
    },
    Part {
        at: u32,
        part: Part,
        zone: TimeZone,
    },
    Length(u32),
    Values(u32),
    TagCount,
    TagScore(Symbol),
    StageValue(Symbol),
    StageScore(Symbol),
    Distance(Box<Distance>),
    Count(EventPlan),
    Distinct(EventPlan, u32),
    Sum(EventPlan, u32),
    Min(EventPlan, u32),
    Max(EventPlan, u32),
    Avg(EventPlan, u32),
    /// Of the first or last event that fits.
    Nth {
        events: Box<EventPlan>,
        last: bool,
        at: u32,
    },
}

/// From the place of a record to a point, along a great circle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Distance {
    pub(crate) latitude: u32,
    pub(crate) longitude: u32,
    /// In radians.
    pub(super) to: (f64, f64),
}

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Month,
    Day,
    Weekday,
    Hour,
}

/// Where a text comes from.
#[derive(Debug, Clone)]
pub(crate) enum TextTerm {
    Cell(u32),
    Domain(u32),
    Stage(Symbol),
    ConsentIp {
        name: Symbol,
        now: i64,
    },
    ConsentDescription {
        name: Symbol,
        now: i64,
    },
    /// Without its accents.
    Unaccent(Box<TextTerm>),
    /// Of the first or last event that fits.
    Nth {
        events: Box<EventPlan>,
        last: bool,
        at: u32,
    },
}

/// Where an instant comes from.
#[derive(Debug, Clone)]
pub(crate) enum InstantTerm {
    Cell(u32),
    TagSince(Symbol),
    ConsentSince { name: Symbol, now: i64 },
    ConsentAgreedOn { name: Symbol, now: i64 },
    StageSince(Symbol),
    Nth { events: Box<EventPlan>, last: bool },
}

/// Whether there is a value.
#[derive(Debug, Clone)]
pub(crate) enum Presence {
    Cell(u32),
    Number(NumberTerm),
    Text(TextTerm),
    Code(CodeTerm),
}

impl Node {
    /// How long it takes, roughly: the cheapest of several is asked first.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Constant(_) => 0,
            Self::Keyword { .. } | Self::Boolean { .. } | Self::Whole { .. } => 1,
            Self::Days { .. } => 2,
            Self::Instant { term: InstantTerm::Cell(_), .. } | Self::IsSet(_) | Self::IsEmpty(_) => 2,
            Self::YearDays { .. } => 3,
            Self::Tags(_) | Self::TagsOnly(_) | Self::Consent { .. } | Self::Code { .. } => 4,
            Self::Number { term, .. } => match **term {
                NumberTerm::Cell(_) => 3,
                NumberTerm::Age { .. } | NumberTerm::Part { .. } | NumberTerm::TagCount => 4,
                NumberTerm::TagScore(_) => 4,
                NumberTerm::Length(_) | NumberTerm::Values(_) => 5,
                _ => 20,
            },
            Self::Text { test, .. } | Self::Every { test, .. } => match **test {
                TextTest::Fits(_) | TextTest::Contains(_) => 15,
                _ => 6,
            },
            Self::Instant { .. } | Self::Against { .. } => 8,
            Self::Exists(_) | Self::Nth { .. } => 20,
            Self::Not(inner) => inner.cost(),
            Self::Zoned(zoned) => zoned.fixed.cost().saturating_add(2),
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => {
                parts.iter().map(Self::cost).fold(1, u32::saturating_add)
            }
        }
    }
}
