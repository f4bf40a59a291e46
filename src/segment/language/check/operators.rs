//! Which question goes with which kind of value.

use crate::segment::language::ast::operand::Relation;
use crate::segment::language::ast::tree::{Check, Literal};
use crate::segment::language::kind::Kind;
use crate::segment::language::literal::Moment;

/// True when every contact that fits a window has a place between two instants.
pub(crate) fn is_stretch(check: &Check) -> bool {
    !matches!(
        check,
        Check::IsSet
            | Check::IsEmpty
            | Check::In(_)
            | Check::HasAll(_)
            | Check::HasOnly(_)
            | Check::HasExactly(_)
    )
}

/// True for what text can negate in place, so that a negated tree prints as what it means.
pub(crate) fn negation_fits(check: &Check) -> bool {
    if let Check::Against(against) = check {
        return against.relation == Relation::Equal;
    }
    !matches!(
        check,
        Check::Less(_)
            | Check::LessOrEqual(_)
            | Check::Greater(_)
            | Check::GreaterOrEqual(_)
            | Check::MoreThanAgo(_)
            | Check::LessThanAgo(_)
            | Check::ExactlyAgo(_)
            | Check::MoreThanAhead(_)
            | Check::LessThanAhead(_)
            | Check::ExactlyAhead(_)
    )
}

pub(crate) fn exact_fits(check: &Check, kind: Kind) -> bool {
    kind.is_text()
        && matches!(
            check,
            Check::Equal(_)
                | Check::Against(_)
                | Check::In(_)
                | Check::HasAll(_)
                | Check::HasOnly(_)
                | Check::HasExactly(_)
                | Check::Contains(_)
                | Check::ContainsWord(_)
                | Check::StartsWith(_)
                | Check::EndsWith(_)
                | Check::Like(_)
                | Check::Matches(_)
        )
}

pub(crate) fn upside_down(low: &Literal, high: &Literal) -> bool {
    match (low, high) {
        (Literal::Number(low), Literal::Number(high)) => low > high,
        _ => match (low.moment(), high.moment()) {
            (Some(Moment::Day(low)), Some(Moment::Day(high))) => low > high,
            (Some(Moment::Instant(low)), Some(Moment::Instant(high))) => low > high,
            _ => false,
        },
    }
}
