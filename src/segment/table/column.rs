//! One field of all contacts.

use crate::contact::{Slot, Symbol, birthday_key, birthday_of_key, date_key, date_of_key};

/// The values of one field, row by row; rows beyond the end are missing.
#[derive(Debug, Default)]
pub(super) enum Column {
    /// No contact has had a value yet.
    #[default]
    Empty,
    Boolean {
        set: Bits,
        yes: Bits,
    },
    Integer {
        set: Bits,
        values: Vec<i64>,
    },
    /// Symbols; [`NONE`] where it is missing.
    Keyword {
        folded: Vec<u32>,
        symbols: Vec<u32>,
    },
    /// Keys of days; [`NO_DAY`] where it is missing.
    Date(Vec<i32>),
    /// The same; without a year, the year is 0.
    Birthday(Vec<i32>),
    /// Microseconds; [`NO_INSTANT`] where it is missing.
    Instant(Vec<i64>),
    /// Anything.
    Slots(Vec<Slot>),
}

pub(super) const NONE: u32 = u32::MAX;
pub(super) const NO_DAY: i32 = i32::MIN;
pub(super) const NO_INSTANT: i64 = i64::MIN;

impl Column {
    /// Puts the value of a row in place of what is there; `rows` is how many there are.
    pub(super) fn set(&mut self, row: usize, rows: usize, slot: Slot) {
        if matches!(self, Self::Empty) {
            *self = match slot {
                Slot::Missing => return,
                Slot::Boolean(_) => Self::Boolean { set: Bits::default(), yes: Bits::default() },
                Slot::Integer(_) => Self::Integer { set: Bits::default(), values: Vec::new() },
                Slot::Keyword { .. } => Self::Keyword { folded: Vec::new(), symbols: Vec::new() },
                Slot::Date(_) => Self::Date(Vec::new()),
                Slot::Birthday(_) => Self::Birthday(Vec::new()),
                Slot::Instant(_) => Self::Instant(Vec::new()),
                _ => Self::Slots(Vec::new()),
            };
        }
        match (&mut *self, slot) {
            (Self::Boolean { set, yes }, Slot::Boolean(value)) => {
                set.put(row, true);
                yes.put(row, value);
            }
            (Self::Integer { set, values }, Slot::Integer(value)) => {
                set.put(row, true);
                fill(values, row, 0, value);
            }
            (Self::Keyword { folded, symbols }, Slot::Keyword { symbol, folded: fold }) => {
                fill(folded, row, NONE, fold.0);
                fill(symbols, row, NONE, symbol.0);
            }
            (Self::Date(keys), Slot::Date(day)) => fill(keys, row, NO_DAY, date_key(day)),
            (Self::Birthday(keys), Slot::Birthday(day)) => fill(keys, row, NO_DAY, birthday_key(day)),
            (Self::Instant(instants), Slot::Instant(at)) => fill(instants, row, NO_INSTANT, at),
            (Self::Slots(slots), slot) => fill(slots, row, Slot::Missing, slot),
            (Self::Boolean { set, yes }, Slot::Missing) => {
                set.put(row, false);
                yes.put(row, false);
            }
            (Self::Integer { set, .. }, Slot::Missing) => set.put(row, false),
            (Self::Keyword { folded, symbols }, Slot::Missing) => {
                blank(folded, row, NONE);
                blank(symbols, row, NONE);
            }
            (Self::Date(keys) | Self::Birthday(keys), Slot::Missing) => blank(keys, row, NO_DAY),
            (Self::Instant(instants), Slot::Missing) => blank(instants, row, NO_INSTANT),
            (_, Slot::Missing) => {}
            // A keyword that found no room among the symbols came as text.
            (column, slot) => {
                let mut slots: Vec<Slot> = (0..rows.max(row)).map(|row| column.slot(row)).collect();
                fill(&mut slots, row, Slot::Missing, slot);
                *column = Self::Slots(slots);
            }
        }
    }

    /// The value of a row, as a contact has it.
    pub(super) fn slot(&self, row: usize) -> Slot {
        let slot = match self {
            Self::Empty => None,
            Self::Boolean { set, yes } => set.get(row).then(|| Slot::Boolean(yes.get(row))),
            Self::Integer { set, values } => {
                set.get(row).then(|| values.get(row).map(|value| Slot::Integer(*value))).flatten()
            }
            Self::Keyword { folded, symbols } => {
                symbols.get(row).zip(folded.get(row)).and_then(|(symbol, fold)| {
                    (*symbol != NONE)
                        .then_some(Slot::Keyword { symbol: Symbol(*symbol), folded: Symbol(*fold) })
                })
            }
            Self::Date(keys) => known_day(keys, row).and_then(date_of_key).map(Slot::Date),
            Self::Birthday(keys) => known_day(keys, row).and_then(birthday_of_key).map(Slot::Birthday),
            Self::Instant(instants) => {
                instants.get(row).and_then(|at| (*at != NO_INSTANT).then_some(Slot::Instant(*at)))
            }
            Self::Slots(slots) => slots.get(row).copied(),
        };
        slot.unwrap_or(Slot::Missing)
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Boolean { set, yes } => set.bytes() + yes.bytes(),
            Self::Integer { set, values } => set.bytes() + size_of_val(&**values),
            Self::Keyword { folded, symbols } => size_of_val(&**folded) + size_of_val(&**symbols),
            Self::Date(keys) | Self::Birthday(keys) => size_of_val(&**keys),
            Self::Instant(instants) => size_of_val(&**instants),
            Self::Slots(slots) => size_of_val(&**slots),
        }
    }
}

fn fill<T: Clone>(values: &mut Vec<T>, row: usize, missing: T, value: T) {
    if let Some(known) = values.get_mut(row) {
        *known = value;
    } else {
        values.resize(row, missing);
        values.push(value);
    }
}

fn blank<T>(values: &mut [T], row: usize, missing: T) {
    if let Some(known) = values.get_mut(row) {
        *known = missing;
    }
}

fn known_day(keys: &[i32], row: usize) -> Option<i32> {
    keys.get(row).copied().filter(|key| *key != NO_DAY)
}

/// One bit for each row; beyond the end they are clear.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn put(&mut self, row: usize, value: bool) {
        if value && self.0.len() <= row / 64 {
            self.0.resize(row / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(row / 64) {
            *word = *word & !(1 << (row % 64)) | u64::from(value) << (row % 64);
        }
    }

    pub(super) fn get(&self, row: usize) -> bool {
        self.word(row / 64) >> (row % 64) & 1 == 1
    }

    pub(super) fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}
