//! The words between the parentheses of `exists`, `count`, `sum` ...: which events, and what follows them.

use super::parser::{Parsed, Parser, is};
use crate::segment::language::ast::events::{EventQuery, Followed};
use crate::segment::language::ast::tree::{Span, Spanned};
use crate::segment::language::error::FilterProblem;

impl Parser<'_> {
    /// `event.purchase.value in last 90 days where ..)`, with the parenthesis that closes it.
    pub(crate) fn events(&mut self, start: Span) -> Parsed<(EventQuery, Option<Spanned<String>>)> {
        let (mut query, property) = self.event_query(start)?;
        if self.word("then") {
            query.then = Some(Box::new(self.deeper(Self::followed)?));
            query.span = self.since(start);
        }
        if self.sign(")") {
            query.span = self.since(start);
            return Ok((query, property));
        }
        Err(self.expected(if query.then.is_some() {
            "a time, where and a condition, within and a period such as 7 days, then and an event, or )"
        } else {
            "a time such as in last 90 days, where and a condition, then and an event, or )"
        }))
    }

    /// What follows `then`, and what follows that.
    fn followed(&mut self) -> Parsed<Followed> {
        let absent = self.word("no");
        let start = self.span();
        let (mut by, property) = self.event_query(start)?;
        if let Some(property) = property {
            let problem = FilterProblem::new(property.span, "then asks for an event, not for a property");
            return Err(self.report(problem.expected(format!("where {} is set", property.node))));
        }
        let start = self.span();
        let within = if self.word("within") { Some(self.period(start)?) } else { None };
        if absent && self.peek_word("then") {
            return Err(
                self.wrong("nothing follows an event that does not come", "then no as the last of them")
            );
        }
        if self.word("then") {
            by.then = Some(Box::new(self.deeper(Self::followed)?));
        }
        Ok(Followed { by, absent, within })
    }

    fn event_query(&mut self, start: Span) -> Parsed<(EventQuery, Option<Spanned<String>>)> {
        if !self.word("event") || !self.sign(".") {
            return Err(self.expected("event and a type, such as event.purchase"));
        }
        let kind = self.name("the type of an event, such as purchase, or any")?;
        let event = (!is(&kind.node, "any")).then_some(kind);
        let property = if self.sign(".") { Some(self.name("a property of the event")?) } else { None };
        let mut query = EventQuery { event, ..EventQuery::default() };
        loop {
            if query.condition.is_none() && self.word("where") {
                query.condition = Some(Box::new(self.or()));
            } else if query.within.is_none() && self.at_check() {
                query.within = Some(self.deeper(Self::event_time)?);
            } else {
                query.span = self.since(start);
                return Ok((query, property));
            }
        }
    }

    fn event_time(&mut self) -> Parsed<crate::segment::language::ast::tree::Check> {
        let from = self.span();
        let (check, negated, exact) = self.check()?;
        if !negated && !exact {
            return Ok(check);
        }
        let problem = FilterProblem::new(self.since(from), "the time of an event cannot be negated");
        Err(self.report(problem.expected("put the time into where: where at not between ..")))
    }
}
