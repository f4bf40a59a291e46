//! A term compared with another: whether the two are of a kind.

use super::checker::{CONSENT_STATES, Checker};
use super::scope::Scope;
use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::span::{Span, Spanned};
use crate::segment::language::ast::tree::{Check, Literal, Term, Test};
use crate::segment::language::error::FilterProblem;
use crate::segment::language::kind::Kind;

impl Checker<'_> {
    pub(crate) fn against(
        &mut self,
        test: &Test,
        against: &Against,
        kind: Kind,
        scope: Scope<'_>,
        depth: usize,
    ) {
        let Some(other) = self.other(&against.term, test.span, scope, depth) else { return };
        let groups: [fn(Kind) -> bool; 3] = [Kind::is_number, Kind::is_text, Kind::is_day];
        let lone = [Kind::Instant, Kind::Boolean, Kind::Consent, Kind::Anniversary];
        let alike = lone.contains(&kind) && kind == other;
        if !alike && !groups.iter().any(|group| group(kind) && group(other)) {
            let message = format!("{} does not compare with {}", kind.word(), other.word());
            return self.push(
                FilterProblem::new(test.span, message),
                "two terms of a kind: numbers, texts, dates, instants ...",
            );
        }
        let ordered = kind.is_number() || kind.is_day() || kind == Kind::Instant;
        if !ordered && against.relation != Relation::Equal {
            return self
                .push(FilterProblem::new(test.span, format!("{} has no order", kind.word())), "= or !=");
        }
        if let Some(default) = &against.default {
            self.stand_in(default, other);
        }
    }

    /// The kind of a term that stands where a value could; none when something is wrong with it.
    pub(crate) fn other(&mut self, term: &Term, span: Span, scope: Scope<'_>, depth: usize) -> Option<Kind> {
        let before = self.problems.len();
        match term {
            Term::Events(aggregate) => self.query(&aggregate.query, scope, depth),
            Term::TagScore(tag) | Term::TagSince(tag) => self.tag(tag),
            Term::TagCount if scope.event.is_some() => {
                let problem = FilterProblem::new(span, "tags belong to the contact, not to an event");
                self.push(problem, "only properties of the event inside where");
            }
            // Mostly text whose quotes were forgotten.
            Term::Field(name) if scope.field_type(name).is_err() => {
                let problem = FilterProblem::new(name.span, "this word is neither a value nor a field");
                self.push(
                    problem,
                    match scope.schema.suggest(&name.node).filter(|_| scope.event.is_none()) {
                        Some(near) => format!("text in quotes, or the field {near:?}"),
                        None => "text in quotes, such as \"Gold\"".to_owned(),
                    },
                );
            }
            _ => {}
        }
        if self.problems.len() > before {
            return None;
        }
        scope.kind(term).map_err(|problem| self.problems.push(problem)).ok()
    }

    /// `between` where a bound is a term.
    pub(crate) fn bounds(
        &mut self,
        test: &Test,
        bounds: &Bounds,
        kind: Kind,
        scope: Scope<'_>,
        depth: usize,
    ) {
        let before = self.problems.len();
        let mut terms = 0;
        for bound in [&bounds.low, &bounds.high] {
            // What is wrong with the term itself is said once.
            if self.problems.len() > before {
                return;
            }
            match (bound, bound.check(Relation::LessOrEqual)) {
                (Operand::Value(value), _) => {
                    self.literal(value, if kind == Kind::Integer { Kind::Decimal } else { kind });
                }
                (Operand::Term(_), Check::Against(against)) => {
                    terms += 1;
                    self.against(test, &against, kind, scope, depth);
                }
                _ => {}
            }
        }
        if terms == 0 {
            self.push(FilterProblem::new(test.span, "two values"), "between, or a term for one of them");
        }
    }

    /// What counts for the term of a test where it is missing.
    pub(crate) fn default(&mut self, test: &Test, kind: Kind) {
        let Some(default) = &test.default else { return };
        if matches!(test.check, Check::IsSet | Check::IsEmpty) {
            let problem = FilterProblem::new(default.span, "with a default there is always a value");
            return self.push(problem, "the term without its default");
        }
        self.stand_in(default, kind);
    }

    pub(crate) fn stand_in(&mut self, default: &Spanned<Literal>, kind: Kind) {
        self.literal(default, if kind == Kind::Integer { Kind::Decimal } else { kind });
        if let (Kind::Consent, Literal::Text(text)) = (kind, &default.node)
            && !CONSENT_STATES.iter().any(|known| known.eq_ignore_ascii_case(text))
        {
            let problem = FilterProblem::new(default.span, "the text is not a state of a consent");
            self.push(problem, format!("one of {}", CONSENT_STATES.join(", ")));
        }
    }
}
