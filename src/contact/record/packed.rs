//! A value in eight bytes, so that a contact is small, and so that a range of values is a range of numbers.

use super::cell::{Slot, Span};
use crate::contact::schema::field::FieldType;
use crate::contact::schema::symbols::Symbol;
use crate::contact::text::day_number::{FIRST_YEAR, birthday_key, birthday_of_key, date_key, date_of_key};

/// A value in place. The highest four bits say of what kind it is; the sixty below hold it, in the order of its kind,
/// or where the contact keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed(u64);

const BITS: u32 = 60;
const PAYLOAD: u64 = (1 << BITS) - 1;
/// Two numbers share the payload of texts, lists and keywords.
const HALF: u32 = BITS / 2;

const BOOLEAN: u64 = 1;
/// A whole number too small for sixty bits, kept aside. With the two below it is in order.
const BELOW: u64 = 2;
const INTEGER: u64 = 3;
const ABOVE: u64 = 4;
const DECIMAL: u64 = 5;
const TEXT: u64 = 6;
/// The folded symbol, then the symbol, so that all spellings of a word are one range.
const KEYWORD: u64 = 7;
const TEXT_LIST: u64 = 8;
const DATE: u64 = 9;
const BIRTHDAY: u64 = 10;
const INSTANT: u64 = 11;

impl Packed {
    pub(crate) const MISSING: Self = Self(0);

    /// The slot in eight bytes; none for a whole number that must be kept aside.
    #[inline]
    pub(in crate::contact) fn new(slot: Slot) -> Option<Self> {
        Some(match slot {
            Slot::Missing => Self::MISSING,
            Slot::Boolean(value) => Self::of(BOOLEAN, value.into()),
            Slot::Integer(value) if clamp(value) == value => Self::of(INTEGER, signed(value)),
            Slot::Integer(_) => return None,
            Slot::Decimal(at) => Self::of(DECIMAL, at.into()),
            Slot::Text(span) => Self::of(TEXT, halves(span.start, span.len)),
            Slot::Keyword { symbol, folded } => Self::of(KEYWORD, halves(folded.0, symbol.0)),
            Slot::TextList(run) => Self::of(TEXT_LIST, halves(run.start, run.len)),
            Slot::Date(date) => Self::of(DATE, signed(date_key(date).into())),
            Slot::Birthday(day) => Self::of(BIRTHDAY, signed(birthday_key(day).into())),
            Slot::Instant(micros) => Self::of(INSTANT, signed(clamp(micros))),
        })
    }

    /// A whole number that is kept aside at `at`.
    pub(super) fn aside(value: i64, at: usize) -> Self {
        Self::of(if value < 0 { BELOW } else { ABOVE }, at as u64)
    }

    /// True for a value that is kept elsewhere in the contact.
    #[inline]
    pub(in crate::contact) fn points(self) -> bool {
        matches!(self.0 >> BITS, BELOW | ABOVE | DECIMAL | TEXT | TEXT_LIST)
    }

    #[inline]
    fn of(kind: u64, payload: u64) -> Self {
        Self(kind << BITS | payload)
    }

    /// The value, with the whole numbers that are kept aside.
    #[inline]
    pub(in crate::contact) fn slot(self, aside: &[i64]) -> Slot {
        let payload = self.0 & PAYLOAD;
        let (first, second) = ((payload >> HALF) as u32, (payload & (PAYLOAD >> HALF)) as u32);
        let span = Span { start: first, len: second };
        match self.0 >> BITS {
            BOOLEAN => Slot::Boolean(payload != 0),
            INTEGER => Slot::Integer(unsigned(payload)),
            BELOW | ABOVE => aside.get(payload as usize).map_or(Slot::Missing, |value| Slot::Integer(*value)),
            DECIMAL => Slot::Decimal(payload as u32),
            TEXT => Slot::Text(span),
            KEYWORD => Slot::Keyword { folded: Symbol(first), symbol: Symbol(second) },
            TEXT_LIST => Slot::TextList(span),
            DATE => date_of_key(unsigned(payload) as i32).map_or(Slot::Missing, Slot::Date),
            BIRTHDAY => birthday_of_key(unsigned(payload) as i32).map_or(Slot::Missing, Slot::Birthday),
            INSTANT => Slot::Instant(unsigned(payload)),
            _ => Slot::Missing,
        }
    }
}

/// The nearest number that sixty bits hold. Instants of the years that a calendar has are far inside.
#[inline]
fn clamp(value: i64) -> i64 {
    value.clamp(-1 << (BITS - 1), (1 << (BITS - 1)) - 1)
}

/// A number of sixty bits with sign, in order.
#[inline]
fn signed(value: i64) -> u64 {
    value.wrapping_add(1 << (BITS - 1)) as u64 & PAYLOAD
}

#[inline]
fn unsigned(payload: u64) -> i64 {
    (payload as i64).wrapping_sub(1 << (BITS - 1))
}

/// Two numbers of thirty bits: symbols, texts and lists end long before.
#[inline]
fn halves(first: u32, second: u32) -> u64 {
    u64::from(first) << HALF | u64::from(second)
}

/// Values of one kind from one to another: asking is a subtraction and a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedRange {
    low: u64,
    width: u64,
}

impl PackedRange {
    fn between(low: Packed, high: Packed) -> Option<Self> {
        Some(Self { low: low.0, width: high.0.checked_sub(low.0)? })
    }

    #[inline]
    pub(crate) fn contains(self, value: Packed) -> bool {
        value.0.wrapping_sub(self.low) <= self.width
    }

    pub(crate) fn boolean(value: bool) -> Option<Self> {
        let only = Packed::of(BOOLEAN, value.into());
        Self::between(only, only)
    }

    /// Whole numbers, both ends included. At an end kept aside it takes in all that are kept aside there.
    pub(crate) fn integers(low: i64, high: i64) -> Option<Self> {
        let end = |value: i64, aside: Packed| {
            if clamp(value) == value { Packed::of(INTEGER, signed(value)) } else { aside }
        };
        if low > high {
            return None;
        }
        let least = end(low, Packed::of(if low < 0 { BELOW } else { ABOVE }, 0));
        Self::between(least, end(high, Packed::of(if high < 0 { BELOW } else { ABOVE }, PAYLOAD)))
    }

    /// Every spelling of a folded word; none when no contact can have it.
    pub(crate) fn keyword(folded: Symbol) -> Option<Self> {
        let last = (PAYLOAD >> HALF) as u32;
        if folded.0 > last {
            return None;
        }
        Self::between(Packed::of(KEYWORD, halves(folded.0, 0)), Packed::of(KEYWORD, halves(folded.0, last)))
    }

    /// Any text.
    pub(crate) fn texts() -> Option<Self> {
        Self::between(Packed::of(TEXT, 0), Packed::of(TEXT, PAYLOAD))
    }

    /// Days by their keys, both ends included: of dates, or of birthdays whose year is known.
    pub(crate) fn days(field_type: FieldType, low: i32, high: i32) -> Option<Self> {
        let (kind, low) = match field_type {
            FieldType::Birthday => (BIRTHDAY, low.max(FIRST_YEAR)),
            _ => (DATE, low),
        };
        let end = |key: i32| Packed::of(kind, signed(key.into()));
        Self::between(end(low), end(high))
    }

    /// Instants, the end left out.
    pub(crate) fn instants(low: i64, high: i64) -> Option<Self> {
        let end = |micros: i64| Packed::of(INSTANT, signed(clamp(micros)));
        Self::between(end(low), end(high.checked_sub(1)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::value::Birthday;
    use time::macros::date;

    fn packed(slot: Slot, aside: &mut Vec<i64>) -> Packed {
        Packed::new(slot).unwrap_or_else(|| {
            let Slot::Integer(value) = slot else { panic!("only whole numbers are kept aside") };
            aside.push(value);
            Packed::aside(value, aside.len() - 1)
        })
    }

    #[test]
    fn every_value_comes_back_as_it_went_in() {
        let widest = (1 << 30) - 1;
        let symbols = (Symbol(widest), Symbol(7));
        let mut slots = vec![
            Slot::Missing,
            Slot::Boolean(false),
            Slot::Boolean(true),
            Slot::Decimal(u32::MAX),
            Slot::Text(Span { start: widest, len: 1 << 26 }),
            Slot::TextList(Span { start: 3, len: 0 }),
            Slot::Keyword { symbol: symbols.0, folded: symbols.1 },
            Slot::Keyword { symbol: symbols.1, folded: symbols.0 },
            Slot::Date(date!(-9999 - 01 - 01)),
            Slot::Date(date!(9999 - 12 - 31)),
            Slot::Birthday(Birthday::new(None, 2, 29).unwrap()),
            Slot::Birthday(Birthday::new(Some(1), 1, 1).unwrap()),
            Slot::Birthday(Birthday::new(Some(9999), 12, 31).unwrap()),
            Slot::Instant(-377_705_116_800_000_000),
            Slot::Instant(253_402_300_799_999_999),
        ];
        let edge = 1 << 59;
        for near in [i64::MIN, -edge, 0, edge, i64::MAX] {
            slots.extend([-1, 0, 1].iter().filter_map(|by| near.checked_add(*by)).map(Slot::Integer));
        }
        let mut aside = Vec::new();
        for slot in slots {
            let packed = packed(slot, &mut aside);
            assert_eq!(packed.slot(&aside), slot);
        }
    }

    #[test]
    fn a_range_of_whole_numbers_is_a_range_of_packed_ones() {
        let edge = 1 << 59;
        let mut numbers: Vec<i64> = vec![];
        for near in [i64::MIN, -edge, 0, 50, edge, i64::MAX] {
            numbers.extend([-1, 0, 1].iter().filter_map(|by| near.checked_add(*by)));
        }
        let mut aside = Vec::new();
        for &low in &numbers {
            for &high in &numbers {
                let range = PackedRange::integers(low, high);
                assert_eq!(range.is_some(), low <= high);
                for &number in &numbers {
                    let inside =
                        range.is_some_and(|range| range.contains(packed(Slot::Integer(number), &mut aside)));
                    let holds = low <= number && number <= high;
                    // Numbers kept aside may be let in without need, never left out.
                    assert!(inside || !holds, "{number} in {low}..={high}");
                    assert!(!inside || holds || clamp(number) != number, "{number} in {low}..={high}");
                }
                assert!(!range.is_some_and(|range| range.contains(Packed::MISSING)));
            }
        }
    }
}
