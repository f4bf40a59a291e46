//! How deep a syntax tree is.

use crate::segment::language::ast::events::EventQuery;
use crate::segment::language::ast::tree::{Check, Expr, Term};

/// True when nothing lies deeper than `depth`; stops there itself.
pub(crate) fn shallow(expr: &Expr, depth: usize) -> bool {
    let Some(left) = depth.checked_sub(1) else { return false };
    match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => {
            parts.iter().all(|part| shallow(part, left))
        }
        Expr::AtLeast(at_least) => at_least.of.iter().all(|part| shallow(part, left)),
        Expr::Not(inner) => shallow(inner, left),
        Expr::Exists(query) => shallow_events(query, left),
        Expr::Test(test) => test.terms().all(|term| shallow_term(term, left)),
        Expr::Constant(_) | Expr::Tags(_) | Expr::Segment(_) => true,
    }
}

/// True when nothing lies deeper than `left` levels: each event that follows, and each window that a term bounds, is one.
fn shallow_events(query: &EventQuery, left: usize) -> bool {
    let mut steps = query.steps();
    let mut left = left;
    let first = steps.next().is_none_or(|step| shallow_step(step, left));
    first
        && steps.all(|step| {
            let deeper = left.checked_sub(1);
            left = deeper.unwrap_or(0);
            deeper.is_some_and(|left| shallow_step(step, left))
        })
}

fn shallow_step(step: &EventQuery, left: usize) -> bool {
    let mut windows = step.within.iter().flat_map(Check::terms);
    step.condition.as_deref().is_none_or(|inner| shallow(inner, left))
        && windows.all(|term| left.checked_sub(1).is_some_and(|left| shallow_term(term, left)))
}

fn shallow_term(term: &Term, left: usize) -> bool {
    match term {
        Term::Events(aggregate) => shallow_events(&aggregate.query, left),
        _ => true,
    }
}
