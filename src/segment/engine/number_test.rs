//! What is asked of a number.

use rust_decimal::Decimal;

/// A test of a number.
#[derive(Debug, Clone)]
pub(crate) enum NumberTest {
    Range { whole: (i64, i64), low: Bound, high: Bound },
    OneOf { whole: Box<[i64]>, exact: Box<[Decimal]> },
}

/// An end of a range of decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    Open,
    Included(Decimal),
    Excluded(Decimal),
}

impl NumberTest {
    pub(crate) fn whole(&self, value: i64) -> bool {
        match self {
            Self::Range { whole: (low, high), .. } => (*low..=*high).contains(&value),
            Self::OneOf { whole, .. } => whole.binary_search(&value).is_ok(),
        }
    }

    pub(crate) fn exact(&self, value: Decimal) -> bool {
        match self {
            Self::Range { low, high, .. } => {
                let above = match low {
                    Bound::Open => true,
                    Bound::Included(low) => value >= *low,
                    Bound::Excluded(low) => value > *low,
                };
                above
                    && match high {
                        Bound::Open => true,
                        Bound::Included(high) => value <= *high,
                        Bound::Excluded(high) => value < *high,
                    }
            }
            Self::OneOf { exact, .. } => exact.binary_search(&value).is_ok(),
        }
    }
}
