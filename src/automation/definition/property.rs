//! Tests of an external event's amount and properties, all of them on the same event.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A test of one property. `value` is the event's amount.
///
/// Texts are compared without regard to case; numbers are exact. A property that is missing or not a number fails
/// every test but [`PropertyTest::IsEmpty`] and [`PropertyTest::NotEquals`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyFilter {
    /// The property's name, or `value`.
    pub property: String,
    /// What it must be.
    pub is: PropertyTest,
}

/// What a property must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PropertyTest {
    /// There, with any value.
    IsSet,
    /// Missing or blank.
    IsEmpty,
    /// This text or number.
    Equals(String),
    /// Not this text or number; a missing one is not.
    NotEquals(String),
    /// Text with this in it.
    Contains(String),
    /// A smaller number.
    LessThan(Decimal),
    /// A larger number.
    GreaterThan(Decimal),
}

impl PropertyFilter {
    /// A test of the property `property`.
    #[must_use]
    pub fn new(property: impl Into<String>, is: PropertyTest) -> Self {
        Self { property: property.into(), is }
    }

    /// True when the event passes.
    pub(in crate::automation) fn matches(
        &self,
        value: Option<Decimal>,
        properties: &BTreeMap<String, String>,
    ) -> bool {
        let amount = (self.property == "value").then_some(value).flatten();
        let written = amount.map(|amount| amount.normalize().to_string());
        let text = written.as_deref().or_else(|| properties.get(&self.property).map(|text| text.trim()));
        let text = text.filter(|text| !text.is_empty());
        let number = || text.and_then(|text| Decimal::from_str_exact(text).ok());
        match &self.is {
            PropertyTest::IsSet => text.is_some(),
            PropertyTest::IsEmpty => text.is_none(),
            PropertyTest::Equals(wanted) => text.is_some_and(|text| same(text, wanted)),
            PropertyTest::NotEquals(wanted) => !text.is_some_and(|text| same(text, wanted)),
            PropertyTest::Contains(part) => {
                text.is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase()))
            }
            PropertyTest::LessThan(bound) => number().is_some_and(|number| number < *bound),
            PropertyTest::GreaterThan(bound) => number().is_some_and(|number| number > *bound),
        }
    }
}

fn same(text: &str, wanted: &str) -> bool {
    match (Decimal::from_str_exact(text), Decimal::from_str_exact(wanted.trim())) {
        (Ok(a), Ok(b)) => a == b,
        _ => text.to_lowercase() == wanted.trim().to_lowercase(),
    }
}
