//! Tests of the amount and the properties of an external event.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A test of one property of an event. The property `value` is the amount of the event.
///
/// Texts are compared ignoring case, numbers exactly. A property that is missing or not a number fails every test but
/// [`PropertyTest::IsEmpty`] and [`PropertyTest::NotEquals`].
///
/// ```
/// use audiencekit::automation::{PropertyFilter, PropertyTest, Trigger};
///
/// let large = PropertyFilter::new("value", PropertyTest::GreaterThan(100.into()));
/// let trigger = Trigger::External { kinds: vec!["purchase".into()], properties: vec![large] };
/// assert!(!trigger.matches(&audiencekit::automation::EventKind::external("purchase")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PropertyFilter {
    /// The name of the property, or `value` for the amount.
    pub property: String,
    /// The test.
    pub is: PropertyTest,
}

/// A test of a property's text or number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PropertyTest {
    /// Present, with any value.
    IsSet,
    /// Missing or blank.
    IsEmpty,
    /// This text or number.
    Equals(String),
    /// Not this text or number, or missing.
    NotEquals(String),
    /// A text that contains this.
    Contains(String),
    /// A smaller number.
    LessThan(Decimal),
    /// A larger number.
    GreaterThan(Decimal),
}

impl PropertyFilter {
    /// Creates a test of the property `property`.
    #[must_use]
    pub fn new(property: impl Into<String>, is: PropertyTest) -> Self {
        Self { property: property.into(), is }
    }

    /// Returns `true` if the event passes the test.
    pub(super) fn matches(&self, value: Option<Decimal>, properties: &BTreeMap<String, String>) -> bool {
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
