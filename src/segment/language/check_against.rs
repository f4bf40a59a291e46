//! A term compared with another: whether the two are of a kind.

use super::ast::{Against, Aggregate, Relation, Term, Test};
use super::check::Checker;
use super::kind::{Kind, Scope};
use super::problem::FilterProblem;

impl Checker<'_> {
    pub(crate) fn against(
        &mut self,
        test: &Test,
        against: &Against,
        kind: Kind,
        scope: Scope<'_>,
        depth: usize,
    ) {
        let before = self.problems.len();
        match &against.term {
            Term::Events(aggregate) => self.query(&aggregate.query, scope, depth),
            Term::TagScore(tag) | Term::TagSince(tag) => self.tag(tag),
            Term::TagCount if scope.event.is_some() => {
                let problem = FilterProblem::new(test.span, "tags belong to the contact, not to an event");
                self.push(problem, "only properties of the event inside where");
            }
            // Mostly text whose quotes were forgotten.
            Term::Field(name) if scope.event.is_none() && scope.schema.field(&name.node).is_none() => {
                let problem =
                    FilterProblem::new(name.span, format!("{:?} is neither a value nor a field", name.node));
                self.push(
                    problem,
                    match scope.schema.suggest(&name.node) {
                        Some(near) => format!("text in quotes: {:?}, or the field {near:?}", name.node),
                        None => format!("text in quotes: {:?}", name.node),
                    },
                );
            }
            _ => {}
        }
        if self.problems.len() > before {
            return;
        }
        let other = match scope.kind(&against.term) {
            Ok(other) => other,
            Err(problem) => return self.problems.push(problem),
        };
        if test.terms().any(of_one_event) {
            let problem =
                FilterProblem::new(test.span, "a property of the first or last event beside a term");
            return self.push(problem, "a value to compare it with");
        }
        let groups: [fn(Kind) -> bool; 4] =
            [Kind::is_number, Kind::is_text, Kind::is_day, |kind| kind == Kind::Instant];
        if !groups.iter().any(|group| group(kind) && group(other)) {
            let message = format!("{} does not compare with {}", kind.word(), other.word());
            return self.push(
                FilterProblem::new(test.span, message),
                "two numbers, two texts, two dates or two instants",
            );
        }
        if kind.is_text() && against.relation != Relation::Equal {
            return self.push(FilterProblem::new(test.span, "text has no order"), "= or !=");
        }
        if let Some(default) = &against.default {
            self.literal(default, if other == Kind::Integer { Kind::Decimal } else { other });
        }
    }
}

fn of_one_event(term: &Term) -> bool {
    use super::ast::Fold;
    matches!(term, Term::Events(Aggregate { of: Fold::First | Fold::Last, property: Some(_), .. }))
}
