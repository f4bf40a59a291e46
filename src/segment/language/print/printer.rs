//! The canonical text of a syntax tree.

use std::fmt::{self, Write};

use time::format_description::well_known::Rfc3339;

use super::events::{events, shallow_events, shallow_term};
use crate::segment::language::ast::events::{Aggregate, Fold};
use crate::segment::language::ast::operand::{Operand, Relation};
use crate::segment::language::ast::time::{Period, Unit, Which};
use crate::segment::language::ast::tree::{
    Check, DistanceTo, Expr, Literal, Quantifier, Spanned, Term, Test,
};

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

/// True when nothing lies deeper than `depth`; stops there itself.
pub(crate) fn shallow(expr: &Expr, depth: usize) -> bool {
    let Some(left) = depth.checked_sub(1) else { return false };
    match expr {
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => {
            parts.iter().all(|part| shallow(part, left))
        }
        Expr::AtLeast(at_least) => at_least.of.iter().all(|part| shallow(part, left)),
        Expr::Not(inner) => shallow(inner, left),
        Expr::Exists(query) => shallow_events(query, left),
        Expr::Test(test) => test.terms().all(|term| shallow_term(term, left)),
        Expr::Constant(_) | Expr::Tags(_) | Expr::Segment(_) => true,
    }
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

pub(crate) fn term(term: &Term, f: &mut impl Write) -> fmt::Result {
    let (function, field) = match term {
        Term::Field(field) => return name(&field.node, f),
        Term::Events(Aggregate { of, query, property }) => {
            let (_, word) = Fold::ALL.iter().find(|(fold, _)| fold == of).unwrap_or(&Fold::ALL[0]);
            write!(f, "{word}(")?;
            events(query, property.as_ref(), f)?;
            return f.write_char(')');
        }
        Term::TagCount => return f.write_str("count(tags)"),
        Term::TagScore(tag) => return call("tag_score", &tag.node, f),
        Term::TagSince(tag) => return call("tag_since", &tag.node, f),
        Term::Consent(consent) => return call("consent", &consent.node, f),
        Term::ConsentSince(consent) => return call("consent_since", &consent.node, f),
        Term::Stage(funnel) => return call("stage", &funnel.node, f),
        Term::StageSince(funnel) => return call("stage_since", &funnel.node, f),
        Term::StageValue(funnel) => return call("stage_value", &funnel.node, f),
        Term::StageScore(funnel) => return call("stage_score", &funnel.node, f),
        Term::ConsentAgreedOn(consent) => return call("consent_agreed_on", &consent.node, f),
        Term::ConsentIp(consent) => return call("consent_ip", &consent.node, f),
        Term::ConsentDescriptionId(consent) => return call("consent_description_id", &consent.node, f),
        Term::ConsentOptOut(consent) => return call("consent_opt_out", &consent.node, f),
        Term::Distance(distance) => return distance_to(distance, f),
        Term::Unaccent(field) => ("unaccent", field),
        Term::Age(field) => ("age", field),
        Term::Anniversary(field) => ("anniversary", field),
        Term::Year(field) => ("year", field),
        Term::Month(field) => ("month", field),
        Term::Day(field) => ("day", field),
        Term::Weekday(field) => ("weekday", field),
        Term::Hour(field) => ("hour", field),
        Term::Domain(field) => ("domain", field),
        Term::Length(field) => ("length", field),
        Term::Values(field) => ("count", field),
    };
    write!(f, "{function}(")?;
    name(&field.node, f)?;
    f.write_char(')')
}

fn distance_to(distance: &DistanceTo, f: &mut impl Write) -> fmt::Result {
    f.write_str("distance(")?;
    name(&distance.latitude.node, f)?;
    f.write_str(", ")?;
    name(&distance.longitude.node, f)?;
    let (latitude, longitude) = &distance.to;
    write!(f, ", {}, {})", value(&latitude.node), value(&longitude.node))
}

pub(crate) fn check(check: &Check, negated: bool, f: &mut impl Write) -> fmt::Result {
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

fn words(not: &str, word: &str, text: &Spanned<String>, f: &mut impl Write) -> fmt::Result {
    write!(f, "{not}{word} ")?;
    quoted(&text.node, f)
}

pub(crate) fn length(period: Period) -> String {
    format!("{} {}", period.count, unit(period.unit, period.count))
}

fn unit(unit: Unit, count: u32) -> &'static str {
    let (_, one, many) = Unit::ALL.iter().find(|(known, _, _)| *known == unit).unwrap_or(&Unit::ALL[0]);
    if count == 1 { one } else { many }
}

/// A value as it stands in a filter.
pub(crate) fn value(value: &Literal) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = value_text(value, &mut out);
    out
}

fn value_text(value: &Literal, f: &mut (impl Write + ?Sized)) -> fmt::Result {
    match value {
        Literal::Boolean(value) => write!(f, "{value}"),
        Literal::Number(value) => write!(f, "{}", value.normalize()),
        Literal::Text(text) => quoted(text, f),
        Literal::Date(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()),
        Literal::Instant(at) => f.write_str(&at.format(&Rfc3339).unwrap_or_default()),
    }
}

fn list<T>(
    items: &[Spanned<T>],
    f: &mut impl Write,
    mut item: impl FnMut(&T, &mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    f.write_char('(')?;
    for (at, one) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        item(&one.node, f)?;
    }
    f.write_char(')')
}

fn call(function: &str, text: &str, f: &mut impl Write) -> fmt::Result {
    write!(f, "{function}(")?;
    quoted(text, f)?;
    f.write_char(')')
}

pub(crate) fn quoted(text: &str, f: &mut (impl Write + ?Sized)) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// A name as it stands, or in backticks where it would be read as something else.
pub(crate) fn name(name: &str, f: &mut impl Write) -> fmt::Result {
    const RESERVED: [&str; 16] = [
        "and", "or", "not", "in", "is", "between", "true", "false", "has", "any", "all", "none", "at",
        "exists", "event", "null",
    ];
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name));
    if plain {
        f.write_str(name)
    } else if name.is_empty() || name.contains('`') {
        // No schema has such a name; the checker says so.
        quoted(name, f)
    } else {
        write!(f, "`{name}`")
    }
}
