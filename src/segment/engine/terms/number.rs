//! A number as it was kept: whole, or an exact decimal.

use rust_decimal::Decimal;

use crate::contact::Cell;
use crate::segment::engine::number_test::NumberTest;

/// A number as it was kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Whole(i64),
    Exact(Decimal),
}

impl Number {
    pub(crate) fn fits(self, test: &NumberTest) -> bool {
        match self {
            Self::Whole(value) => test.whole(value),
            Self::Exact(value) => test.exact(value),
        }
    }

    pub(crate) fn decimal(self) -> Decimal {
        match self {
            Self::Whole(value) => value.into(),
            Self::Exact(value) => value,
        }
    }
}

pub(crate) fn number(cell: Cell<'_>) -> Option<Number> {
    match cell {
        Cell::Integer(value) => Some(Number::Whole(value)),
        Cell::Decimal(value) => Some(Number::Exact(value)),
        // A property that came as text.
        Cell::Text(text) => Decimal::from_str_exact(text.trim()).ok().map(Number::Exact),
        _ => None,
    }
}
