//! Names, values and lengths of time, as they stand in a filter.

use std::fmt::{self, Write};

use time::format_description::well_known::Rfc3339;

use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::time::{Period, Unit};
use crate::segment::language::ast::tree::Literal;

/// A value as it stands in a filter.
pub(crate) fn value(value: &Literal) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = value_text(value, &mut out);
    out
}

pub(crate) fn value_text(value: &Literal, f: &mut (impl Write + ?Sized)) -> fmt::Result {
    match value {
        Literal::Boolean(value) => write!(f, "{value}"),
        Literal::Number(value) => write!(f, "{}", value.normalize()),
        Literal::Text(text) => quoted(text, f),
        Literal::Date(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()),
        Literal::Instant(at) => f.write_str(&at.format(&Rfc3339).unwrap_or_default()),
    }
}

pub(crate) fn list<T>(
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

pub(crate) fn call(function: &str, text: &str, f: &mut impl Write) -> fmt::Result {
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

pub(crate) fn words(not: &str, word: &str, text: &Spanned<String>, f: &mut impl Write) -> fmt::Result {
    write!(f, "{not}{word} ")?;
    quoted(&text.node, f)
}

pub(crate) fn length(period: Period) -> String {
    format!("{} {}", period.count, unit(period.unit, period.count))
}

pub(crate) fn unit(unit: Unit, count: u32) -> &'static str {
    let (_, one, many) = Unit::ALL.iter().find(|(known, _, _)| *known == unit).unwrap_or(&Unit::ALL[0]);
    if count == 1 { one } else { many }
}
