//! What is asked of a text without accents, without accents itself.

use super::ast::span::Spanned;
use super::ast::tree::{Check, Literal, Term, Test};
use crate::contact::unaccented;

/// The same test with its texts as its term has them; none where accents count.
///
/// A regular expression and the pattern of a URL stay as they are written: a letter in them may be part of a range.
pub(crate) fn without(test: &Test) -> Option<Test> {
    if !matches!(test.term, Term::Unaccent(_)) {
        return None;
    }
    let mut copy = test.clone();
    copy.default.iter_mut().for_each(literal);
    match &mut copy.check {
        Check::Equal(value) => literal(value),
        Check::In(list) | Check::HasAll(list) | Check::HasOnly(list) | Check::HasExactly(list) => {
            list.iter_mut().for_each(literal);
        }
        Check::Contains(text)
        | Check::ContainsWord(text)
        | Check::StartsWith(text)
        | Check::EndsWith(text)
        | Check::Like(text) => text.node = unaccented(&text.node),
        Check::Against(against) => against.default.iter_mut().for_each(literal),
        _ => {}
    }
    Some(copy)
}

fn literal(value: &mut Spanned<Literal>) {
    if let Literal::Text(text) = &mut value.node {
        *text = unaccented(text);
    }
}
