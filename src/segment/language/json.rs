//! The JSON face: values of a filter in JSON, and trees from it.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ast::span::Span;
use super::ast::tree::{Expr, Literal};
use super::error::{FilterError, FilterProblem};
use super::limits::Limits;
use crate::contact::{DateOrder, date};

/// Text and truth values are themselves and small whole numbers are numbers; the rest says what it is:
/// `{"number": "12.50"}`, `{"date": "2026-01-31"}`, `{"instant": "2026-01-31T12:00:00Z"}`.
impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, text) = match self {
            Self::Boolean(value) => return serializer.serialize_bool(*value),
            Self::Text(text) => return serializer.serialize_str(text),
            Self::Number(number) => match i64::try_from(*number) {
                Ok(whole) if number.is_integer() => return serializer.serialize_i64(whole),
                _ => ("number", number.normalize().to_string()),
            },
            Self::Date(day) => {
                ("date", format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()))
            }
            Self::Instant(at) => ("instant", at.format(&Rfc3339).unwrap_or_default()),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(kind, &text)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LiteralVisitor)
    }
}

struct LiteralVisitor;

impl<'de> Visitor<'de> for LiteralVisitor {
    type Value = Literal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"text, a number, true, false, {"number": ".."}, {"date": ".."} or {"instant": ".."}"#)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Literal, E> {
        Ok(Literal::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Literal, E> {
        Ok(Literal::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Literal, E> {
        Ok(Literal::Number(value.into()))
    }

    /// Up to 15 digits survive binary floating point as they were written.
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Literal, E> {
        let text = value.to_string();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        match Decimal::from_str_exact(&text) {
            Ok(number) if digits <= 15 => Ok(Literal::Number(number.normalize())),
            _ => Err(E::custom(r#"a number with more than 15 digits; write it as {"number": "12.50"}"#)),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Literal, E> {
        Ok(Literal::Text(value.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Literal, A::Error> {
        let Some((kind, text)) = map.next_entry::<String, String>()? else {
            return Err(A::Error::custom("an empty object; expected a number, a date or an instant"));
        };
        let literal = match kind.as_str() {
            "number" => Decimal::from_str_exact(&text).ok().map(|number| Literal::Number(number.normalize())),
            "date" => date(&text, DateOrder::YearMonthDay).map(Literal::Date),
            "instant" => OffsetDateTime::parse(&text, &Rfc3339).ok().map(Literal::Instant),
            _ => return Err(A::Error::unknown_field(&kind, &["number", "date", "instant"])),
        };
        if map.next_key::<String>()?.is_some() {
            return Err(A::Error::custom("two members; expected a number, a date or an instant"));
        }
        literal.ok_or_else(|| A::Error::custom(format!("no such {kind}")))
    }
}

/// The tree that a text of JSON holds.
pub(crate) fn read(json: &str, limits: &Limits) -> Result<Expr, FilterError> {
    if json.len() > limits.text {
        let message = format!("the JSON has {} bytes", json.len());
        let problem = FilterProblem::new(Span::default(), message);
        return Err(FilterError::limit(problem.expected(format!("at most {} bytes", limits.text))));
    }
    serde_json::from_str(json).map_err(|error| {
        let problem = FilterProblem::new(Span::default(), format!("JSON: {}", reason(&error)));
        FilterError::new("", vec![problem.expected("a filter as Filter::JSON_SCHEMA describes it")])
    })
}

/// What serde says, with line and column, and without the value that it found.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // A value stands in quotes before the last "expected"; behind that are the names that may stand there.
    match text.rfind(", expected ") {
        Some(at) => {
            let (found, expected) = text.split_at(at);
            let found = found.split(['"', '`']).next().unwrap_or_default();
            format!("{}{expected}", found.trim_end())
        }
        None => text,
    }
}
