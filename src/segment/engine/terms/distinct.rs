//! How many different values a property of events has.

use std::collections::HashSet;

use super::number::number;
use crate::contact::{Cell, Symbols, fold, fold_text};
use crate::segment::engine::plan::EventPlan;
use crate::segment::engine::record::Record;

/// So many values are held against one another in place; that costs their square, so more are kept instead.
const FEW: usize = 64;

/// How many different values there are, texts without regard to case.
pub(crate) fn count<R: Record>(events: &EventPlan, record: &R, at: u32) -> i64 {
    let symbols = record.store().symbols;
    let cells = || {
        let cells = events.of(record).map(|event| event.property(at));
        cells.filter(|cell| !matches!(cell, Cell::Missing))
    };
    let mut found = 0;
    for (place, cell) in cells().enumerate() {
        if place == FEW {
            return cells().map(|cell| key(cell, symbols)).collect::<HashSet<_>>().len() as i64;
        }
        found += i64::from(!cells().take(place).any(|before| alike(before, cell, symbols)));
    }
    found
}

fn alike(one: Cell<'_>, other: Cell<'_>, symbols: &Symbols) -> bool {
    match (one, other) {
        (Cell::Keyword { folded: one, .. }, Cell::Keyword { folded: other, .. }) => one == other,
        (Cell::Boolean(one), Cell::Boolean(other)) => one == other,
        (Cell::Date(one), Cell::Date(other)) => one == other,
        (Cell::Birthday(one), Cell::Birthday(other)) => one == other,
        (Cell::Instant(one), Cell::Instant(other)) => one == other,
        _ => match (text(one, symbols), text(other, symbols)) {
            (Some(one), Some(other)) => one.chars().map(fold).eq(other.chars().map(fold)),
            _ => number(one).zip(number(other)).is_some_and(|(one, other)| one.decimal() == other.decimal()),
        },
    }
}

/// A keyword that found no room among the symbols came as text, and is the same text.
fn text<'a>(cell: Cell<'a>, symbols: &'a Symbols) -> Option<&'a str> {
    match cell {
        Cell::Text(text) => Some(text),
        Cell::Keyword { symbol, .. } => Some(symbols.lend(symbol)),
        _ => None,
    }
}

/// Equal for values that are alike. All values of a property are of one type, so that kinds need no mark.
fn key(cell: Cell<'_>, symbols: &Symbols) -> String {
    match (text(cell, symbols), number(cell)) {
        (Some(text), _) => fold_text(text),
        (None, Some(number)) => number.decimal().normalize().to_string(),
        _ => format!("{cell:?}"),
    }
}
