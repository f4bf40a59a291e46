//! What counts for a term that is missing, to a plan.

use super::compiler::{Compiler, join, not, states, texts, unchecked};
use super::number::number_test;
use crate::contact::date_key;
use crate::error::Result;
use crate::segment::engine::plan::{Node, Presence};
use crate::segment::engine::text_test::TextTest;
use crate::segment::engine::window::{has_bit, year_day};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Check, Literal, Term, Test};
use crate::segment::language::check::scope::Scope;
use crate::segment::language::kind::Kind;

/// A test whose term has a value where it is missing: what it says of that is known before any contact is.
pub(crate) fn or_default(
    compiler: &Compiler<'_>,
    test: &Test,
    default: &Literal,
    scope: Scope<'_>,
) -> Result<Node> {
    let kind = scope.kind(&test.term).map_err(|_| unchecked())?;
    let node = compiler.test(&Test { default: None, ..test.clone() }, scope)?;
    if !default_fits(compiler, test, default, kind)? {
        return Ok(node);
    }
    let known = Node::IsSet(Box::new(comparable(compiler, &test.term, kind, scope)?));
    Ok(join(vec![node, not(known)], false))
}

/// Whether there is a value that comparisons see: a birthday without its year is set, and no day.
fn comparable(compiler: &Compiler<'_>, term: &Term, kind: Kind, scope: Scope<'_>) -> Result<Presence> {
    Ok(match kind {
        Kind::Integer | Kind::Decimal => Presence::Number(compiler.number_term(term, scope)?),
        Kind::Text | Kind::Texts => Presence::Text(compiler.text_term(term, scope)?),
        kind => Presence::Code(compiler.code_term(term, kind, scope)?),
    })
}

/// What a test says of a term that is its default.
pub(crate) fn default_fits(
    compiler: &Compiler<'_>,
    test: &Test,
    default: &Literal,
    kind: Kind,
) -> Result<bool> {
    let fits = match (kind, default) {
        (Kind::Integer | Kind::Decimal, Literal::Number(number)) => {
            number_test(&test.check).map(|passes| passes.exact(*number))
        }
        (Kind::Text | Kind::Texts, Literal::Text(text)) => Some(text_fits(compiler, test, text)?),
        (Kind::Consent, Literal::Text(text)) => Some(states(&texts(&test.check)) & states(&[text]) != 0),
        (Kind::Anniversary, value) => {
            let day = value.day().map(|day| year_day(day.month().into(), day.day()));
            day.zip(compiler.time.year_days(&test.check)).map(|(day, days)| has_bit(&days, day))
        }
        (_, value) => {
            compiler.code(value, kind).and_then(|code| code_fits(compiler, &test.check, kind, code))
        }
    };
    Ok(fits.ok_or_else(unchecked)? != test.negated)
}

fn code_fits(compiler: &Compiler<'_>, check: &Check, kind: Kind, code: i64) -> Option<bool> {
    match (check, kind) {
        (Check::In(values), _) => {
            let one = |value: &Spanned<Literal>| {
                code_fits(compiler, &Check::Equal(value.clone()), kind, code) == Some(true)
            };
            Some(values.iter().any(one))
        }
        (Check::Equal(value), Kind::Boolean) => Some(compiler.code(&value.node, kind)? == code),
        (check, Kind::Date | Kind::Birthday) => {
            let (low, high) = compiler.time.days(check)?;
            Some((date_key(low).into()..=date_key(high).into()).contains(&code))
        }
        (check, Kind::Instant) => {
            let (low, high) = compiler.time.instants(check)?;
            Some(low <= code && code < high)
        }
        _ => None,
    }
}

fn text_fits(compiler: &Compiler<'_>, test: &Test, text: &str) -> Result<bool> {
    let wanted = texts(&test.check);
    let among = || TextTest::one_of(wanted.iter().copied(), test.exact).holds(text);
    let each = || wanted.iter().all(|one| TextTest::one_of([*one].into_iter(), test.exact).holds(text));
    Ok(match &test.check {
        Check::HasAll(_) => each(),
        Check::HasOnly(_) => among(),
        Check::HasExactly(_) => among() && each(),
        _ => compiler.text_test(test)?.holds(text),
    })
}
