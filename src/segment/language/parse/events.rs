//! The words between the parentheses of `exists`, `count`, `sum` ...: which events, and what follows them.

use super::parser::{Parsed, Parser, is};
use crate::segment::language::ast::events::{EventQuery, Followed};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::tree::Check;
use crate::segment::language::error::FilterProblem;

/// `event.purchase.value in last 90 days where ..)`, with the parenthesis that closes it.
pub(crate) fn event_chain(
    parser: &mut Parser<'_>,
    start: Span,
) -> Parsed<(EventQuery, Option<Spanned<String>>)> {
    let (mut query, property) = event_query(parser, start)?;
    if parser.word("then") {
        query.then = Some(Box::new(parser.deeper(followed)?));
        query.span = parser.since(start);
    }
    if parser.sign(")") {
        query.span = parser.since(start);
        return Ok((query, property));
    }
    Err(parser.expected(if query.then.is_some() {
        "a time, where and a condition, within and a period such as 7 days, then and an event, or )"
    } else {
        "a time such as in last 90 days, where and a condition, then and an event, or )"
    }))
}

/// What follows `then`, and what follows that.
fn followed(parser: &mut Parser<'_>) -> Parsed<Followed> {
    let absent = parser.word("no");
    let start = parser.span();
    let (mut by, property) = event_query(parser, start)?;
    if let Some(property) = property {
        let problem = FilterProblem::new(property.span, "then asks for an event, not for a property");
        return Err(parser.report(problem.expected(format!("where {} is set", property.node))));
    }
    let start = parser.span();
    let within = if parser.word("within") { Some(parser.period(start)?) } else { None };
    if absent && parser.peek_word("then") {
        return Err(
            parser.wrong("nothing follows an event that does not come", "then no as the last of them")
        );
    }
    if parser.word("then") {
        by.then = Some(Box::new(parser.deeper(followed)?));
    }
    Ok(Followed { by, absent, within })
}

fn event_query(parser: &mut Parser<'_>, start: Span) -> Parsed<(EventQuery, Option<Spanned<String>>)> {
    if !parser.word("event") || !parser.sign(".") {
        return Err(parser.expected("event and a type, such as event.purchase"));
    }
    let kind = parser.name("the type of an event, such as purchase, or any")?;
    let event = (!is(&kind.node, "any")).then_some(kind);
    let property = if parser.sign(".") { Some(parser.name("a property of the event")?) } else { None };
    let mut query = EventQuery { event, ..EventQuery::default() };
    loop {
        if query.condition.is_none() && parser.word("where") {
            query.condition = Some(Box::new(parser.or()));
        } else if query.within.is_none() && parser.at_check() {
            query.within = Some(parser.deeper(event_time)?);
        } else {
            query.span = parser.since(start);
            return Ok((query, property));
        }
    }
}

fn event_time(parser: &mut Parser<'_>) -> Parsed<Check> {
    let from = parser.span();
    let (check, negated, exact) = parser.check()?;
    if !negated && !exact {
        return Ok(check);
    }
    let problem = FilterProblem::new(parser.since(from), "the time of an event cannot be negated");
    Err(parser.report(problem.expected("put the time into where: where at not between ..")))
}
