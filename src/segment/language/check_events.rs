//! Which events are meant and what follows them, held against the schema.

use super::ast::EventQuery;
use super::check::Checker;
use super::fits::is_stretch;
use super::kind::{Kind, Scope};
use super::problem::FilterProblem;
use crate::contact::nearest;

impl Checker<'_> {
    pub(crate) fn query(&mut self, query: &EventQuery, scope: Scope<'_>, depth: usize) {
        if scope.event.is_some() {
            let problem = FilterProblem::new(query.span, "an event has no events of its own");
            return self.push(problem, "only properties of the event inside where");
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
            self.question(within, Kind::Instant, query.span);
            if !is_stretch(within) {
                let problem = FilterProblem::new(query.span, "not a stretch of time");
                self.push(problem, "in last 90 days, between two dates, before, after, in this month ...");
            }
        }
        if let Some(condition) = &query.condition {
            self.expr(condition, scope.event(query.event.as_ref()), depth + 1);
        }
        if let Some(then) = &query.then {
            if then.by.then.is_some() {
                let problem = FilterProblem::new(then.by.span, "more than one then");
                return self.push(problem, "one event, then another");
            }
            if let Some(period) = then.within.filter(|period| period.count == 0) {
                self.push(FilterProblem::new(period.span, "a period of nothing"), "at least 1");
            }
            self.query(&then.by, scope, depth + 1);
        }
    }
}
