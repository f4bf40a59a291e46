//! The canonical text of a syntax tree.

use std::fmt::{self, Write};

use super::depth::shallow;
use super::words::{call, length, list, name, quoted, unit, value, value_text, words};
use crate::segment::language::ast::events::{Aggregate, EventQuery, Fold};
use crate::segment::language::ast::operand::{Operand, Relation};
use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::time::{Unit, Which};
use crate::segment::language::ast::tree::{Check, DistanceTo, Expr, Literal, Quantifier, Term, Test};
use crate::segment::language::function::Argument;

/// The text, or none of a tree deeper than `depth`.
pub(crate) fn within(expr: &Expr, depth: usize) -> Option<String> {
    let mut out = String::new();
    (shallow(expr, depth) && write(expr, &mut out).is_ok()).then_some(out)
}

/// The text of a tree that is known not to be too deep.
pub(crate) fn text(expr: &Expr) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(expr, &mut out);
    out
}

/// How tightly a tree holds together; a looser one inside a tighter one takes parentheses.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Grip {
    Or,
    And,
    Not,
}

pub(crate) fn write(expr: &Expr, f: &mut impl Write) -> fmt::Result {
    tree(expr, Grip::Or, f)
}

fn tree(expr: &Expr, outer: Grip, f: &mut impl Write) -> fmt::Result {
    match expr {
        Expr::All(parts) if parts.len() > 1 => chain(parts, " and ", Grip::And, outer, f),
        Expr::Any(parts) if parts.len() > 1 => chain(parts, " or ", Grip::Or, outer, f),
        Expr::All(parts) => group("all of", parts, f),
        Expr::Any(parts) => group("any of", parts, f),
        Expr::None(parts) => group("none of", parts, f),
        Expr::AtLeast(at_least) => group(&format!("at least {} of", at_least.count), &at_least.of, f),
        Expr::Constant(value) => write!(f, "{value}"),
        Expr::Not(inner) => {
            f.write_str("not ")?;
            tree(inner, Grip::Not, f)
        }
        Expr::Tags(test) => {
            let (one, several) = match test.quantifier {
                Quantifier::Any => ("has tag ", "has any tag "),
                Quantifier::All => ("has all tags ", "has all tags "),
                Quantifier::None => ("has no tag ", "has no tag "),
                Quantifier::Only => ("has only tag ", "has only tags "),
                Quantifier::Exactly => ("has exactly tag ", "has exactly tags "),
            };
            match test.tags.as_slice() {
                [only] if test.quantifier != Quantifier::All => {
                    f.write_str(one)?;
                    quoted(&only.node, f)
                }
                tags => {
                    f.write_str(several)?;
                    list(tags, f, |tag, f| quoted(tag, f))
                }
            }
        }
        Expr::Exists(query) => {
            f.write_str("exists(")?;
            events(query, None, f)?;
            f.write_char(')')
        }
        Expr::Segment(name) => call("segment", &name.node, f),
        Expr::Test(test) => write_test(test, f),
    }
}

fn chain(parts: &[Expr], word: &str, grip: Grip, outer: Grip, f: &mut impl Write) -> fmt::Result {
    // The same word inside itself keeps its own parentheses, so that the tree comes back as it was.
    let open = outer > Grip::Or;
    if open {
        f.write_char('(')?;
    }
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        let inner = if grip == Grip::Or { above_or(part) } else { Grip::And };
        tree(part, inner, f)?;
    }
    if open {
        f.write_char(')')?;
    }
    Ok(())
}

/// Inside `or`, an `and` needs no parentheses and another `or` does.
fn above_or(part: &Expr) -> Grip {
    if matches!(part, Expr::All(parts) if parts.len() > 1) { Grip::Or } else { Grip::And }
}

fn group(words: &str, parts: &[Expr], f: &mut impl Write) -> fmt::Result {
    write!(f, "{words} (")?;
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        tree(part, Grip::Or, f)?;
    }
    f.write_char(')')
}

fn write_test(test: &Test, f: &mut impl Write) -> fmt::Result {
    term(&test.term, f)?;
    default(test.default.as_ref(), f)?;
    f.write_char(' ')?;
    if test.exact {
        f.write_str("exactly ")?;
    }
    check(&test.check, test.negated, f)
}

fn term(term: &Term, f: &mut impl Write) -> fmt::Result {
    if let Some((function, argument)) = term.call() {
        write!(f, "{}(", function.name)?;
        match function.argument {
            Argument::Name => quoted(&argument.node, f)?,
            _ => name(&argument.node, f)?,
        }
        return f.write_char(')');
    }
    match term {
        Term::Field(field) => name(&field.node, f),
        Term::Events(Aggregate { of, query, property }) => {
            let (_, word) = Fold::ALL.iter().find(|(fold, _)| fold == of).unwrap_or(&Fold::ALL[0]);
            write!(f, "{word}(")?;
            events(query, property.as_ref(), f)?;
            f.write_char(')')
        }
        Term::Distance(distance) => distance_to(distance, f),
        _ => f.write_str("count(tags)"),
    }
}

fn distance_to(distance: &DistanceTo, f: &mut impl Write) -> fmt::Result {
    f.write_str("distance(")?;
    name(&distance.latitude.node, f)?;
    f.write_str(", ")?;
    name(&distance.longitude.node, f)?;
    let (latitude, longitude) = &distance.to;
    write!(f, ", {}, {})", value(&latitude.node), value(&longitude.node))
}

fn check(check: &Check, negated: bool, f: &mut impl Write) -> fmt::Result {
    let not = if negated { "not " } else { "" };
    let (word, literal) = match check {
        Check::Equal(value) => (if negated { "!=" } else { "=" }, value),
        Check::Less(value) => ("<", value),
        Check::LessOrEqual(value) => ("<=", value),
        Check::Greater(value) => (">", value),
        Check::GreaterOrEqual(value) => (">=", value),
        Check::In(values) => {
            write!(f, "{not}in ")?;
            return list(values, f, |value, f| value_text(value, f));
        }
        Check::Against(against) => {
            let sign = match against.relation {
                Relation::Equal => {
                    if negated {
                        "!="
                    } else {
                        "="
                    }
                }
                Relation::Less => "<",
                Relation::LessOrEqual => "<=",
                Relation::Greater => ">",
                Relation::GreaterOrEqual => ">=",
            };
            write!(f, "{sign} ")?;
            term(&against.term, f)?;
            return default(against.default.as_ref(), f);
        }
        Check::HasAll(values) | Check::HasOnly(values) | Check::HasExactly(values) => {
            let word = match check {
                Check::HasAll(_) => "all",
                Check::HasOnly(_) => "only",
                _ => "exactly",
            };
            write!(f, "{not}has {word} ")?;
            return list(values, f, |value, f| value_text(value, f));
        }
        Check::Between(low, high) => {
            write!(f, "{not}between ")?;
            value_text(&low.node, f)?;
            f.write_str(" and ")?;
            return value_text(&high.node, f);
        }
        Check::BetweenTerms(bounds) => {
            write!(f, "{not}between ")?;
            operand(&bounds.low, f)?;
            f.write_str(" and ")?;
            return operand(&bounds.high, f);
        }
        Check::Contains(text) => return words(not, "contains", text, f),
        Check::ContainsWord(text) => return words(not, "contains word", text, f),
        Check::StartsWith(text) => return words(not, "starts with", text, f),
        Check::EndsWith(text) => return words(not, "ends with", text, f),
        Check::Like(text) => return words(not, "like", text, f),
        Check::Matches(text) => return words(not, "matches", text, f),
        Check::MatchesUrl(text) => return words(not, "matches url", text, f),
        Check::IsSet => return write!(f, "is {not}set"),
        Check::IsEmpty => return write!(f, "is {not}empty"),
        Check::InLast(period) => return write!(f, "{not}in last {}", length(*period)),
        Check::InNext(period) => return write!(f, "{not}in next {}", length(*period)),
        Check::MoreThanAgo(period) => return write!(f, "more than {} ago", length(*period)),
        Check::LessThanAgo(period) => return write!(f, "less than {} ago", length(*period)),
        Check::ExactlyAgo(period) => return write!(f, "exactly {} ago", length(*period)),
        Check::MoreThanAhead(period) => return write!(f, "more than {} from now", length(*period)),
        Check::LessThanAhead(period) => return write!(f, "less than {} from now", length(*period)),
        Check::ExactlyAhead(period) => return write!(f, "exactly {} from now", length(*period)),
        Check::InCalendar(calendar) => {
            let which = match (calendar.which, calendar.unit) {
                (Which::This, Unit::Day) => return write!(f, "is {not}today"),
                (Which::Last, Unit::Day) => return write!(f, "is {not}yesterday"),
                (Which::Next, Unit::Day) => return write!(f, "is {not}tomorrow"),
                (Which::Last, _) => "last",
                (Which::This, _) => "this",
                (Which::Next, _) => "next",
            };
            return write!(f, "{not}in {which} {}", unit(calendar.unit, 1));
        }
    };
    write!(f, "{word} ")?;
    value_text(&literal.node, f)
}

fn operand(bound: &Operand, f: &mut impl Write) -> fmt::Result {
    match bound {
        Operand::Value(value) => value_text(&value.node, f),
        Operand::Term(other) => {
            term(&other.term, f)?;
            default(other.default.as_ref(), f)
        }
    }
}

fn default(value: Option<&Spanned<Literal>>, f: &mut impl Write) -> fmt::Result {
    let Some(value) = value else { return Ok(()) };
    f.write_str(" default ")?;
    value_text(&value.node, f)
}

fn events(query: &EventQuery, property: Option<&Spanned<String>>, f: &mut impl Write) -> fmt::Result {
    one_event(query, property, f)?;
    let mut next = query.then.as_deref();
    while let Some(then) = next {
        f.write_str(if then.absent { " then no " } else { " then " })?;
        one_event(&then.by, None, f)?;
        if let Some(period) = then.within {
            write!(f, " within {}", length(period))?;
        }
        next = then.by.then.as_deref();
    }
    Ok(())
}

/// One event, without those that follow.
fn one_event(query: &EventQuery, property: Option<&Spanned<String>>, f: &mut impl Write) -> fmt::Result {
    f.write_str("event.")?;
    match &query.event {
        Some(event) if event.node.eq_ignore_ascii_case("any") => quoted(&event.node, f)?,
        Some(event) => name(&event.node, f)?,
        None => f.write_str("any")?,
    }
    if let Some(property) = property {
        f.write_char('.')?;
        name(&property.node, f)?;
    }
    if let Some(within) = &query.within {
        f.write_char(' ')?;
        check(within, false, f)?;
    }
    if let Some(condition) = &query.condition {
        f.write_str(" where ")?;
        write(condition, f)?;
    }
    Ok(())
}
