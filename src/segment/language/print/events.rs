//! The canonical text of events.

use std::fmt::{self, Write};

use super::printer::{check, length, name, quoted, shallow, write};
use crate::segment::language::ast::events::EventQuery;
use crate::segment::language::ast::tree::{Check, Spanned, Term};

/// True when nothing lies deeper than `left` levels: each event that follows, and each window that a term bounds, is one.
pub(crate) fn shallow_events(query: &EventQuery, left: usize) -> bool {
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

pub(crate) fn shallow_term(term: &Term, left: usize) -> bool {
    match term {
        Term::Events(aggregate) => shallow_events(&aggregate.query, left),
        _ => true,
    }
}

pub(crate) fn events(
    query: &EventQuery,
    property: Option<&Spanned<String>>,
    f: &mut impl Write,
) -> fmt::Result {
    one(query, property, f)?;
    let mut next = query.then.as_deref();
    while let Some(then) = next {
        f.write_str(if then.absent { " then no " } else { " then " })?;
        one(&then.by, None, f)?;
        if let Some(period) = then.within {
            write!(f, " within {}", length(period))?;
        }
        next = then.by.then.as_deref();
    }
    Ok(())
}

/// One event, without those that follow.
fn one(query: &EventQuery, property: Option<&Spanned<String>>, f: &mut impl Write) -> fmt::Result {
    f.write_str("event.")?;
    match &query.event {
        Some(event) if event.node.eq_ignore_ascii_case("any") => quoted(&event.node, f)?,
        Some(event) => name(&event.node, f)?,
        None => f.write_str("any")?,
    }
    if let Some(property) = property {
        f.write_char('.')?;
        name(&property.node, f)?;
    }
    if let Some(within) = &query.within {
        f.write_char(' ')?;
        check(within, false, f)?;
    }
    if let Some(condition) = &query.condition {
        f.write_str(" where ")?;
        write(condition, f)?;
    }
    Ok(())
}
