//! Values in place: how a contact keeps them, and how a filter reads them without a copy.

use rust_decimal::Decimal;
use time::Date;

use crate::contact::schema::symbols::{Symbol, Symbols};
use crate::contact::value::Birthday;

/// A value, text and decimals by reference into the contact's own buffers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Slot {
    Missing,
    Boolean(bool),
    Integer(i64),
    Decimal(u32),
    Text(Span),
    Keyword {
        symbol: Symbol,
        /// The symbol of the folded text: equal here, equal but for case.
        folded: Symbol,
    },
    /// A run of `spans`.
    TextList(Span),
    Date(Date),
    Birthday(Birthday),
    /// Microseconds since 1970, UTC.
    Instant(i64),
}

/// A piece of the contact's text, or a run of its lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Span {
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct EventRow {
    pub(crate) kind: Symbol,
    /// Microseconds since 1970, UTC.
    pub(crate) at: i64,
    pub(crate) value: Option<Decimal>,
    pub(crate) properties: Span,
}

/// A value read in place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Missing,
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Text(&'a str),
    Keyword { symbol: Symbol, folded: Symbol },
    Texts(Texts<'a>),
    Date(Date),
    Birthday(Birthday),
    Instant(i64),
}

/// The buffers that slots point into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Store<'a> {
    pub(crate) text: &'a str,
    pub(crate) spans: &'a [Span],
    pub(crate) decimals: &'a [Decimal],
    pub(crate) symbols: &'a Symbols,
}

impl<'a> Store<'a> {
    #[inline]
    pub(crate) fn cell(self, slot: Slot) -> Cell<'a> {
        match slot {
            Slot::Missing => Cell::Missing,
            Slot::Boolean(v) => Cell::Boolean(v),
            Slot::Integer(v) => Cell::Integer(v),
            Slot::Decimal(at) => self.decimals.get(at as usize).map_or(Cell::Missing, |v| Cell::Decimal(*v)),
            Slot::Text(span) => Cell::Text(self.piece(span)),
            Slot::Keyword { symbol, folded } => Cell::Keyword { symbol, folded },
            Slot::TextList(run) => Cell::Texts(Texts { text: self.text, spans: self.run(run) }),
            Slot::Date(v) => Cell::Date(v),
            Slot::Birthday(v) => Cell::Birthday(v),
            Slot::Instant(v) => Cell::Instant(v),
        }
    }

    pub(crate) fn piece(self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    pub(crate) fn run(self, run: Span) -> &'a [Span] {
        self.spans.get(run.range()).unwrap_or_default()
    }
}

/// Several texts, read in place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'a> {
    text: &'a str,
    spans: &'a [Span],
}

impl<'a> Texts<'a> {
    pub(crate) fn len(self) -> usize {
        self.spans.len()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a str> {
        self.spans.iter().map(move |span| self.text.get(span.range()).unwrap_or_default())
    }
}
