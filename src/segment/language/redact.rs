//! A condition without its texts, which may be personal data.

use super::ast::events::EventQuery;
use super::ast::tree::{Check, Expr, Literal, Term, Test};

/// The same condition with `...` for its texts.
pub(crate) fn redacted(expr: &Expr) -> Expr {
    let mut copy = expr.clone();
    hide(&mut copy);
    copy
}

fn hide(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => parts.iter_mut().for_each(hide),
        Expr::AtLeast(at_least) => at_least.of.iter_mut().for_each(hide),
        Expr::Not(inner) => hide(inner),
        Expr::Test(test) => hide_test(test),
        Expr::Exists(query) => hide_events(query),
        // Tags and names of segments are the host's own words.
        Expr::Constant(_) | Expr::Tags(_) | Expr::Segment(_) => {}
    }
}

fn hide_events(query: &mut EventQuery) {
    query.each_step(&mut |step| {
        step.condition.iter_mut().for_each(|inner| hide(inner));
        step.within.iter_mut().flat_map(Check::terms_mut).for_each(|(term, _)| hide_term(term));
    });
}

fn hide_term(term: &mut Term) {
    if let Term::Events(aggregate) = term {
        hide_events(&mut aggregate.query);
    }
}

fn hide_test(test: &mut Test) {
    hide_term(&mut test.term);
    let hidden = || "...".to_owned();
    if let Some(Literal::Text(text)) = test.default.as_mut().map(|value| &mut value.node) {
        *text = hidden();
    }
    for (term, default) in test.check.terms_mut() {
        hide_term(term);
        if let Some(Literal::Text(text)) = default.map(|value| &mut value.node) {
            *text = hidden();
        }
    }
    match &mut test.check {
        Check::Equal(literal) => {
            if let Literal::Text(text) = &mut literal.node {
                *text = hidden();
            }
        }
        Check::In(literals)
        | Check::HasAll(literals)
        | Check::HasOnly(literals)
        | Check::HasExactly(literals)
            if matches!(literals.first().map(|first| &first.node), Some(Literal::Text(_))) =>
        {
            literals.truncate(1);
            literals.iter_mut().for_each(|literal| literal.node = Literal::Text(hidden()));
        }
        Check::Contains(text)
        | Check::ContainsWord(text)
        | Check::StartsWith(text)
        | Check::EndsWith(text)
        | Check::Like(text)
        | Check::Matches(text)
        | Check::MatchesUrl(text) => text.node = hidden(),
        _ => {}
    }
}
