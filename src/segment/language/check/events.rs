//! Which events are meant and what follows them, held against the schema.

use super::checker::Checker;
use super::operators::is_stretch;
use super::scope::Scope;
use crate::contact::nearest;
use crate::segment::language::ast::events::EventQuery;
use crate::segment::language::ast::operand::{Bounds, Operand, OtherTerm};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, Literal, Term};
use crate::segment::language::error::FilterProblem;
use crate::segment::language::kind::Kind;

impl Checker<'_> {
    pub(crate) fn query(&mut self, query: &EventQuery, scope: Scope<'_>, depth: usize) {
        if scope.event.is_some() {
            let problem = FilterProblem::new(query.span, "an event has no events of its own");
            return self.push(problem, "only properties of the event inside where");
        }
        if self.too_deep(depth, query.span) {
            return;
        }
        if let Some(event) = &query.event
            && !scope.schema.has_event_type(&event.node)
        {
            let near = nearest(&event.node.to_lowercase(), scope.schema.event_types()).map(str::to_owned);
            let problem = FilterProblem::new(event.span, format!("unknown event type {:?}", event.node));
            return self.push(
                problem,
                match near {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => "a standard type, any, or one declared in the schema".to_owned(),
                },
            );
        }
        if let Some(within) = &query.within {
            self.window(query, within, scope, depth + 1);
            if !is_stretch(within) {
                let problem = FilterProblem::new(query.span, "not a stretch of time");
                self.push(problem, "in last 90 days, between two dates, before, after, in this month ...");
            }
        }
        if let Some(condition) = &query.condition {
            self.expr(condition, scope.event(query.event.as_ref()), depth + 1);
        }
        if let Some(then) = &query.then {
            if then.absent && then.by.then.is_some() {
                let problem = FilterProblem::new(then.by.span, "nothing follows an event that does not come");
                return self.push(problem, "then no as the last of them");
            }
            if let Some(period) = then.within.filter(|period| period.count == 0) {
                self.push(FilterProblem::new(period.span, "a period of nothing"), "at least 1");
            }
            self.query(&then.by, scope, depth + 1);
        }
    }

    /// When events happened, which the terms of the contact may bound.
    fn window(&mut self, query: &EventQuery, within: &Check, scope: Scope<'_>, depth: usize) {
        match within {
            Check::Against(against) => {
                self.moment(query, &against.term, against.default.as_ref(), scope, depth);
            }
            Check::BetweenTerms(bounds) => {
                let Bounds { low, high } = &**bounds;
                for bound in [low, high] {
                    match bound {
                        Operand::Value(value) => self.literal(value, Kind::Instant),
                        Operand::Term(OtherTerm { term, default }) => {
                            self.moment(query, term, default.as_ref(), scope, depth);
                        }
                    }
                }
                if within.terms().next().is_none() {
                    let problem = FilterProblem::new(query.span, "two values");
                    self.push(problem, "between, or a term for one of them");
                }
            }
            _ => self.question(within, Kind::Instant, query.span),
        }
    }

    /// A term of the contact that is an instant or a day.
    fn moment(
        &mut self,
        query: &EventQuery,
        term: &Term,
        default: Option<&Spanned<Literal>>,
        scope: Scope<'_>,
        depth: usize,
    ) {
        let Some(kind) = self.other(term, query.span, scope, depth) else { return };
        if kind != Kind::Instant && !kind.is_day() {
            let problem = FilterProblem::new(query.span, format!("{} is not a point in time", kind.word()));
            return self.push(problem, "a date or an instant of the contact, such as last(event.purchase)");
        }
        default.into_iter().for_each(|default| self.stand_in(default, kind));
    }
}
