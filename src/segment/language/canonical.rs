//! One form for conditions that select the same whatever they are asked of, however they were written.

use time::UtcOffset;

use super::ast::events::EventQuery;
use super::ast::operand::Operand;
use super::ast::span::Spanned;
use super::ast::tree::{Check, Expr, Literal, TagTest, Term, Test};
use crate::contact::{fold_text, normalize_tag};

/// The same condition with its texts folded where case does not matter, its instants in UTC, its tags normalized, and
/// its lists in order and without what stands twice.
pub(crate) fn canonical(expr: &Expr) -> Expr {
    let mut copy = expr.clone();
    condition(&mut copy);
    copy
}

fn condition(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => parts.iter_mut().for_each(condition),
        Expr::AtLeast(at_least) => at_least.of.iter_mut().for_each(condition),
        Expr::Not(inner) => condition(inner),
        Expr::Test(test) => compared(test),
        Expr::Tags(tags) => tag_names(tags),
        Expr::Exists(query) => events(query),
        Expr::Constant(_) | Expr::Segment(_) => {}
    }
}

fn events(query: &mut EventQuery) {
    if let Some(kind) = &mut query.event {
        kind.node = kind.node.to_lowercase();
    }
    if let Some(within) = &mut query.within {
        within.terms_mut().for_each(|(one, _)| term(one));
        values(within, false);
    }
    query.condition.iter_mut().for_each(|inner| condition(inner));
    query.then.iter_mut().for_each(|then| events(&mut then.by));
}

fn compared(test: &mut Test) {
    if let Some(plain) = super::accents::without(test) {
        *test = plain;
    }
    term(&mut test.term);
    test.check.terms_mut().for_each(|(other, _)| term(other));
    test.default.iter_mut().for_each(|value| literal(&mut value.node, test.exact));
    values(&mut test.check, test.exact);
}

fn term(term: &mut Term) {
    match term {
        Term::Events(aggregate) => events(&mut aggregate.query),
        Term::TagScore(tag) | Term::TagSince(tag) => tag_name(tag),
        Term::Distance(distance) => {
            literal(&mut distance.to.0.node, true);
            literal(&mut distance.to.1.node, true);
        }
        _ => {}
    }
}

fn values(check: &mut Check, exact: bool) {
    match check {
        Check::Equal(value)
        | Check::Less(value)
        | Check::LessOrEqual(value)
        | Check::Greater(value)
        | Check::GreaterOrEqual(value) => literal(&mut value.node, exact),
        Check::Against(against) => {
            against.default.iter_mut().for_each(|value| literal(&mut value.node, exact));
        }
        Check::BetweenTerms(bounds) => {
            for bound in [&mut bounds.low, &mut bounds.high] {
                match bound {
                    Operand::Value(value) => literal(&mut value.node, exact),
                    Operand::Term(other) => {
                        other.default.iter_mut().for_each(|value| literal(&mut value.node, exact));
                    }
                }
            }
        }
        Check::Between(low, high) => {
            literal(&mut low.node, exact);
            literal(&mut high.node, exact);
        }
        Check::In(list) | Check::HasAll(list) | Check::HasOnly(list) | Check::HasExactly(list) => {
            list.iter_mut().for_each(|value| literal(&mut value.node, exact));
            in_order(list, super::print::words::value);
        }
        Check::Contains(text)
        | Check::ContainsWord(text)
        | Check::StartsWith(text)
        | Check::EndsWith(text)
        | Check::Like(text)
            if !exact =>
        {
            text.node = fold_text(&text.node);
        }
        Check::MatchesUrl(text) => url(&mut text.node),
        // A regular expression says another thing in another case: `\W` is not `\w`.
        _ => {}
    }
}

fn literal(value: &mut Literal, exact: bool) {
    match value {
        Literal::Text(text) if !exact => *text = fold_text(text),
        Literal::Instant(at) => *at = at.checked_to_offset(UtcOffset::UTC).unwrap_or(*at),
        Literal::Number(number) => *number = number.normalize(),
        _ => {}
    }
}

/// `PATH:` is no mark of a path, so it stays as it is.
fn url(text: &mut String) {
    let marked = |text: &str| text.starts_with("path:") || text.starts_with("any:");
    let folded = fold_text(text.trim());
    if marked(&folded) == marked(text.trim()) {
        *text = folded;
    }
}

fn tag_names(test: &mut TagTest) {
    test.tags.iter_mut().for_each(tag_name);
    in_order(&mut test.tags, String::clone);
}

fn tag_name(tag: &mut Spanned<String>) {
    if let Some(name) = normalize_tag(&tag.node) {
        tag.node = name;
    }
}

fn in_order<T: PartialEq>(list: &mut Vec<Spanned<T>>, key: impl Fn(&T) -> String) {
    list.sort_by_cached_key(|item| key(&item.node));
    list.dedup();
}
