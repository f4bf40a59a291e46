//! Conditions on a detail in the notation of SALESmanago: `- = ~ < >` and `ex:`.

use rust_decimal::Decimal;

use super::filter::Filter;
use super::language::ast::span::Span;
use super::language::ast::tree::{Expr, Literal};
use super::language::builder::expr::field as term;
use super::language::error::{FilterError, FilterProblem};
use super::language::kind::Kind;
use crate::contact::Schema;

/// Parses a condition on a detail as SALESmanago writes it, and returns it as a filter.
///
/// | condition | meaning | filter |
/// |---|---|---|
/// | `-` | has any value | `plan is set` |
/// | `= Gold` | is this text or number, ignoring case | `plan = "Gold"` |
/// | `= ex:Gold` | the same: `ex:` asked the product for the whole value, which `=` always is here | `plan = "Gold"` |
/// | `~ go` | contains the text, ignoring case | `plan contains "go"` |
/// | `~ ^go.*d$` | contains the text or matches the regular expression, ignoring case | `(plan contains "^go.*d$" or plan matches "^go.*d$")` |
/// | `> 3`, `< 6`, `> 3 < 6` | the number is above, below, between; the bounds are outside | `visits > 3 and visits < 6` |
///
/// In older engines of the product `=` without `ex:` also matched a part of the value, so that `= 2` took 23. Write `~` for
/// that. Source: SALESmanago support, "Event: new contact details" and "Condition: contact details" (read 2026-09-12).
///
/// ```
/// use audiencekit::Schema;
/// use audiencekit::contact::FieldType;
/// use audiencekit::segment::detail_filter;
///
/// let schema = Schema::builder().detail("plan", FieldType::Text).detail("visits", FieldType::Integer).build()?;
/// assert_eq!(detail_filter("plan", "= ex:Gold", &schema)?.to_string(), r#"plan = "Gold""#);
/// assert_eq!(detail_filter("visits", "> 3 < 6", &schema)?.to_string(), "visits > 3 and visits < 6");
///
/// let error = detail_filter("visits", "> 3 < six", &schema).unwrap_err();
/// assert_eq!(error.picture(), "\
/// not a number
///   | > 3 < six
///   |       ^^^ a number such as 5 or 12.50
/// ");
/// # Ok::<(), audiencekit::Error>(())
/// ```
///
/// # Errors
/// [`FilterError`] with the place in `condition`; an unknown field stands at its beginning.
pub fn detail_filter(field: &str, condition: &str, schema: &Schema) -> Result<Filter, FilterError> {
    let whole = trimmed(condition, 0, condition.len());
    let kind = match schema.require(field) {
        Ok(id) => Kind::of(schema.get(id).field_type()),
        Err(_) => {
            let problem = FilterProblem::new(whole, format!("unknown field {field:?}"));
            return Err(FilterError::new(
                condition,
                vec![problem.expected(match schema.suggest(field) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => "a standard field, or one declared in the schema".to_owned(),
                })],
            ));
        }
    };
    let expr =
        read(field, condition, whole, kind).map_err(|problem| FilterError::new(condition, vec![problem]))?;
    // What does not fit the field is shown where it stands in the condition.
    Filter::new(expr, schema).map_err(|error| {
        let problems = error.problems().iter().cloned();
        FilterError::new(
            condition,
            problems.map(|problem| FilterProblem { span: whole, ..problem }).collect(),
        )
    })
}

fn read(field: &str, condition: &str, whole: Span, kind: Kind) -> Result<Expr, FilterProblem> {
    let Some(operator) = condition[whole.range()].chars().next() else {
        return Err(FilterProblem::new(whole, "the condition is empty").expected(OPERATORS));
    };
    let rest = trimmed(condition, whole.start + operator.len_utf8(), whole.end);
    let text = &condition[rest.range()];
    match operator {
        '-' if text.is_empty() => Ok(term(field).is_set()),
        '-' => Err(FilterProblem::new(rest, "- takes no value").expected("write = and the value")),
        '<' | '>' => bounds(field, condition, whole),
        '=' => equal(field, text, rest, kind),
        '~' if text.is_empty() => {
            Err(FilterProblem::new(whole, "~ without a text").expected("a text behind it"))
        }
        '~' => Ok(fits(field, text)),
        _ => {
            let first = Span { end: whole.start + operator.len_utf8(), ..whole };
            Err(FilterProblem::new(first, "the condition does not begin with an operator")
                .expected(OPERATORS))
        }
    }
}

const OPERATORS: &str = "- for any value, or = ~ < > and a value";

fn equal(field: &str, text: &str, place: Span, kind: Kind) -> Result<Expr, FilterProblem> {
    let exact = text.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("ex:"));
    let (text, place) = match text.get(3..).filter(|_| exact) {
        Some(rest) => (rest.trim(), trimmed_of(text, place, 3)),
        None => (text, place),
    };
    if text.is_empty() {
        return Err(
            FilterProblem::new(place, "= without a value").expected("a value behind it, or - for any")
        );
    }
    Ok(term(field).eq(match kind {
        Kind::Integer | Kind::Decimal => Literal::Number(number(text, place)?),
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Literal::Boolean(true),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Literal::Boolean(false),
        _ => Literal::Text(text.to_owned()),
    }))
}

/// The text in it, or what fits it as a regular expression if it is written as one.
fn fits(field: &str, text: &str) -> Expr {
    let phrase = term(field).contains(text);
    let is_pattern =
        text.contains(|c: char| r"\.+*?()|[]{}^$".contains(c)) && regex::Regex::new(text).is_ok();
    if is_pattern { phrase.or(term(field).matches(text)) } else { phrase }
}

fn bounds(field: &str, condition: &str, whole: Span) -> Result<Expr, FilterProblem> {
    let mut found: [Option<Expr>; 2] = [None, None];
    let mut at = whole.start;
    while at < whole.end {
        let below = condition[at..].starts_with('<');
        let end = condition[at + 1..whole.end].find(['<', '>']).map_or(whole.end, |next| at + 1 + next);
        let sign = Span { start: at, end: at + 1 };
        let value = trimmed(condition, at + 1, end);
        let text = &condition[value.range()];
        if text.starts_with('=') {
            let problem =
                FilterProblem::new(Span { end: value.start + 1, ..sign }, "there is no bound with =");
            return Err(problem.expected("write < or >, whose bound is outside"));
        }
        if text.is_empty() {
            return Err(FilterProblem::new(sign, "a bound without a number").expected("a number behind it"));
        }
        let bound = number(text, value)?;
        let bound = if below { term(field).lt(bound) } else { term(field).gt(bound) };
        let slot = &mut found[usize::from(below)];
        if slot.replace(bound).is_some() {
            return Err(
                FilterProblem::new(sign, "a second bound on the same side").expected("one > and one <")
            );
        }
        at = end;
    }
    let both = found.into_iter().flatten().reduce(Expr::and);
    both.ok_or_else(|| FilterProblem::new(whole, "the condition is empty").expected(OPERATORS))
}

fn number(text: &str, place: Span) -> Result<Decimal, FilterProblem> {
    Decimal::from_str_exact(text).map_err(|_| {
        let problem = FilterProblem::new(place, "not a number");
        let comma = text.contains(',') && Decimal::from_str_exact(&text.replacen(',', ".", 1)).is_ok();
        problem.expected(if comma {
            "write a point before the decimals"
        } else {
            "a number such as 5 or 12.50"
        })
    })
}

/// The part of a text without the blanks at its ends.
fn trimmed(text: &str, start: usize, end: usize) -> Span {
    let part = &text[start..end];
    let start = start + (part.len() - part.trim_start().len());
    Span { start, end: start + part.trim().len() }
}

/// The rest of a value behind a prefix of so many bytes.
fn trimmed_of(text: &str, place: Span, prefix: usize) -> Span {
    let inner = trimmed(text, prefix, text.len());
    Span { start: place.start + inner.start, end: place.start + inner.end }
}
