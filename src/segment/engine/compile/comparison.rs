//! One term against another to a plan.

use rust_decimal::Decimal;

use super::compiler::{Compiler, join, unchecked};
use crate::contact::unaccented;
use crate::error::Result;
use crate::segment::engine::plan::{CodeTerm, Node, NumberTerm, Sides, TextTerm};
use crate::segment::language::ast::operand::{Against, Bounds, Operand, Relation};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Literal, Term, Test};
use crate::segment::language::check::scope::Scope;
use crate::segment::language::kind::Kind;

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

pub(crate) fn against_term(
    compiler: &Compiler<'_>,
    test: &Test,
    against: &Against,
    kind: Kind,
    scope: Scope<'_>,
) -> Result<Node> {
    let (one, other) = ((&test.term, test.default.as_ref()), (&against.term, against.default.as_ref()));
    let sides = if kind.is_number() {
        Sides::Numbers([number_side(compiler, one, scope)?, number_side(compiler, other, scope)?])
    } else if kind.is_text() {
        let mut sides = [text_side(compiler, one, scope)?, text_side(compiler, other, scope)?];
        if test.terms().any(|term| matches!(term, Term::Unaccent(_))) {
            sides = sides.map(unaccented_side);
        }
        Sides::Texts { sides, exact: test.exact }
    } else {
        Sides::Codes([code_side(compiler, one, kind, scope)?, code_side(compiler, other, kind, scope)?])
    };
    Ok(Node::Against { sides: Box::new(sides), relation: against.relation, negated: test.negated })
}

/// `between` where a bound is a term. Negated it needs both bounds, as every comparison needs its values.
pub(crate) fn between_terms(
    compiler: &Compiler<'_>,
    test: &Test,
    bounds: &Bounds,
    scope: Scope<'_>,
) -> Result<Node> {
    use Relation::{Greater, GreaterOrEqual, Less, LessOrEqual};
    let one = |bound: &Operand, relation| {
        compiler.test(&Test { check: bound.check(relation), negated: false, ..test.clone() }, scope)
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
    compiler: &Compiler<'_>,
    (term, default): Side<'_>,
    scope: Scope<'_>,
) -> Result<(NumberTerm, Option<Decimal>)> {
    let default = default.and_then(|value| match value.node {
        Literal::Number(number) => Some(number),
        _ => None,
    });
    Ok((compiler.number_term(term, scope)?, default))
}

fn text_side(
    compiler: &Compiler<'_>,
    (term, default): Side<'_>,
    scope: Scope<'_>,
) -> Result<(TextTerm, Option<Box<str>>)> {
    let default = default.and_then(|value| match &value.node {
        Literal::Text(text) => Some(text.as_str().into()),
        _ => None,
    });
    Ok((compiler.text_term(term, scope)?, default))
}

fn code_side(
    compiler: &Compiler<'_>,
    (term, default): Side<'_>,
    kind: Kind,
    scope: Scope<'_>,
) -> Result<(CodeTerm, Option<i64>)> {
    let default = default.map(|value| compiler.code(&value.node, kind).ok_or_else(unchecked));
    Ok((compiler.code_term(term, kind, scope)?, default.transpose()?))
}
