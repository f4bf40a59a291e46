//! What is asked of a number, as a range or a set: for whole numbers and for decimals.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::segment::engine::number_test::{Bound, NumberTest};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, Literal};

pub(crate) fn number_test(check: &Check) -> Option<NumberTest> {
    let value = |literal: &Spanned<Literal>| match literal.node {
        Literal::Number(number) => Some(number),
        _ => None,
    };
    let (low, high) = match check {
        Check::Equal(at) => (Bound::Included(value(at)?), Bound::Included(value(at)?)),
        Check::Less(at) => (Bound::Open, Bound::Excluded(value(at)?)),
        Check::LessOrEqual(at) => (Bound::Open, Bound::Included(value(at)?)),
        Check::Greater(at) => (Bound::Excluded(value(at)?), Bound::Open),
        Check::GreaterOrEqual(at) => (Bound::Included(value(at)?), Bound::Open),
        Check::Between(low, high) => (Bound::Included(value(low)?), Bound::Included(value(high)?)),
        Check::In(literals) => {
            let mut exact: Vec<Decimal> = literals.iter().map(value).collect::<Option<_>>()?;
            exact.sort_unstable();
            let whole = exact.iter().filter(|n| n.is_integer()).filter_map(ToPrimitive::to_i64).collect();
            return Some(NumberTest::OneOf { whole, exact: exact.into() });
        }
        _ => return None,
    };
    Some(NumberTest::Range { whole: whole(low, high), low, high })
}

/// The whole numbers of a range, both ends included.
fn whole(low: Bound, high: Bound) -> (i64, i64) {
    let least = match low {
        Bound::Open => Some(i64::MIN),
        Bound::Included(at) => clamp(at.ceil()),
        Bound::Excluded(at) => at.floor().checked_add(Decimal::ONE).and_then(clamp),
    };
    let most = match high {
        Bound::Open => Some(i64::MAX),
        Bound::Included(at) => clamp_down(at.floor()),
        Bound::Excluded(at) => at.ceil().checked_sub(Decimal::ONE).and_then(clamp_down),
    };
    least.zip(most).unwrap_or((1, 0))
}

/// The least whole number not below; none when there is none.
fn clamp(at: Decimal) -> Option<i64> {
    at.to_i64().or_else(|| at.is_sign_negative().then_some(i64::MIN))
}

/// The greatest whole number not above; none when there is none.
fn clamp_down(at: Decimal) -> Option<i64> {
    at.to_i64().or_else(|| at.is_sign_positive().then_some(i64::MAX))
}
