//! One term against another to a plan.

use rust_decimal::Decimal;

use super::compiler::{Compiler, join, unchecked};
use super::default::states;
use super::term::{place, place_of, symbol};
use crate::contact::{date_key, unaccented};
use crate::error::Result;
use crate::segment::engine::plan::{CodeTerm, Node, NumberTerm, Sides, TextTerm};
use crate::segment::engine::window::year_day;
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::tree::{Check, Literal, Spanned, Term, Test};
use crate::segment::language::check::value_kind::{Kind, Scope};

/// A term, and what counts for it where it is missing.
type Side<'a> = (&'a Term, Option<&'a Spanned<Literal>>);

/// Both sides are compared without accents where one is.
fn unaccented_side((term, default): (TextTerm, Option<Box<str>>)) -> (TextTerm, Option<Box<str>>) {
    let term = match term {
        TextTerm::Unaccent(inner) => TextTerm::Unaccent(inner),
        other => TextTerm::Unaccent(Box::new(other)),
    };
    (term, default.map(|text| unaccented(&text).into()))
}

impl Compiler<'_> {
    pub(crate) fn against(
        &self,
        test: &Test,
        against: &Against,
        kind: Kind,
        scope: Scope<'_>,
    ) -> Result<Node> {
        let (one, other) = ((&test.term, test.default.as_ref()), (&against.term, against.default.as_ref()));
        let sides = if kind.is_number() {
            Sides::Numbers([self.number_side(one, scope)?, self.number_side(other, scope)?])
        } else if kind.is_text() {
            let mut sides = [self.text_side(one, scope)?, self.text_side(other, scope)?];
            if test.terms().any(|term| matches!(term, Term::Unaccent(_))) {
                sides = sides.map(unaccented_side);
            }
            Sides::Texts { sides, exact: test.exact }
        } else {
            Sides::Codes([self.code_side(one, kind, scope)?, self.code_side(other, kind, scope)?])
        };
        Ok(Node::Against { sides: Box::new(sides), relation: against.relation, negated: test.negated })
    }

    /// `between` where a bound is a term. Negated it needs both bounds, as every comparison needs its values.
    pub(crate) fn between_terms(&self, test: &Test, bounds: &Bounds, scope: Scope<'_>) -> Result<Node> {
        use Relation::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let one = |bound: &Operand, relation| {
            self.test(&Test { check: bound.check(relation), negated: false, ..test.clone() }, scope)
        };
        let Bounds { low, high } = bounds;
        if !test.negated {
            return Ok(join(vec![one(low, GreaterOrEqual)?, one(high, LessOrEqual)?], true));
        }
        let outside = join(vec![one(low, Less)?, one(high, Greater)?], false);
        let low_known = join(vec![one(low, Less)?, one(low, GreaterOrEqual)?], false);
        let high_known = join(vec![one(high, LessOrEqual)?, one(high, Greater)?], false);
        Ok(join(vec![outside, low_known, high_known], true))
    }

    fn number_side(
        &self,
        (term, default): Side<'_>,
        scope: Scope<'_>,
    ) -> Result<(NumberTerm, Option<Decimal>)> {
        let default = default.and_then(|value| match value.node {
            Literal::Number(number) => Some(number),
            _ => None,
        });
        Ok((self.number_term(term, scope)?, default))
    }

    fn text_side(&self, (term, default): Side<'_>, scope: Scope<'_>) -> Result<(TextTerm, Option<Box<str>>)> {
        let default = default.and_then(|value| match &value.node {
            Literal::Text(text) => Some(text.as_str().into()),
            _ => None,
        });
        Ok((self.text_term(term, scope)?, default))
    }

    fn code_side(
        &self,
        (term, default): Side<'_>,
        kind: Kind,
        scope: Scope<'_>,
    ) -> Result<(CodeTerm, Option<i64>)> {
        let default = default.map(|value| self.code(&value.node, kind).ok_or_else(unchecked));
        Ok((self.code_term(term, kind, scope)?, default.transpose()?))
    }

    pub(crate) fn code_term(&self, term: &Term, kind: Kind, scope: Scope<'_>) -> Result<CodeTerm> {
        if let Term::Events(Aggregate { of, query, property: Some(property) }) = term {
            let field = Term::Field(property.clone());
            let of_event = self.code_term(&field, kind, scope.event(query.event.as_ref()))?;
            let events = Box::new(self.events(query, scope)?);
            return Ok(CodeTerm::Nth { events, last: *of == Fold::Last, of: Box::new(of_event) });
        }
        Ok(match (kind, term) {
            (Kind::Boolean, Term::ConsentOptOut(name)) => {
                let now = crate::contact::micros(self.time.now);
                CodeTerm::ConsentOptOut { name: symbol(&name.node, scope), now }
            }
            (Kind::Boolean, _) => CodeTerm::Truth(place_of(term, scope)?),
            (Kind::Date | Kind::Birthday, _) => CodeTerm::Day(place_of(term, scope)?),
            (Kind::Anniversary, Term::Anniversary(name)) => {
                CodeTerm::YearDay { at: place(name, scope)?, zone: self.time.zone.clone() }
            }
            (Kind::Consent, Term::Consent(name)) => {
                let now = crate::contact::micros(self.time.now);
                CodeTerm::Consent { name: symbol(&name.node, scope), now }
            }
            (Kind::Instant, _) => CodeTerm::Instant(self.instant(term, scope)?),
            _ => return Err(unchecked()),
        })
    }

    /// A value as a term of this kind has it; a day as an instant is its beginning.
    pub(crate) fn code(&self, value: &Literal, kind: Kind) -> Option<i64> {
        match (kind, value) {
            (Kind::Boolean, Literal::Boolean(value)) => Some((*value).into()),
            (Kind::Date | Kind::Birthday, value) => value.day().map(|day| date_key(day).into()),
            (Kind::Anniversary, value) => {
                value.day().map(|day| year_day(day.month().into(), day.day()) as i64)
            }
            (Kind::Consent, Literal::Text(text)) => Some(states(&[text]).into()),
            (Kind::Instant, value) => {
                let begin = Check::GreaterOrEqual(Spanned::from(value.clone()));
                self.time.instants(&begin).map(|(begin, _)| begin)
            }
            _ => None,
        }
    }
}
