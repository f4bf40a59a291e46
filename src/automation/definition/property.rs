//! Tests of the amount and the properties of an external event.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
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
    /// This number or a smaller one.
    AtMost(Decimal),
    /// This number or a larger one.
    AtLeast(Decimal),
    /// Any of these texts or numbers.
    AnyOf(Vec<String>),
    /// A text in which the regular expression finds something, ignoring case. `^` and `$` are the ends of the text.
    Matches(RegexText),
}

impl PropertyFilter {
    /// Creates a test of the property `property`.
    #[must_use]
    pub fn new(property: impl Into<String>, is: PropertyTest) -> Self {
        Self { property: property.into(), is }
    }

    /// Returns `true` if the event passes the test.
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
            PropertyTest::AtMost(bound) => number().is_some_and(|number| number <= *bound),
            PropertyTest::AtLeast(bound) => number().is_some_and(|number| number >= *bound),
            PropertyTest::AnyOf(wanted) => {
                text.is_some_and(|text| wanted.iter().any(|wanted| same(text, wanted)))
            }
            PropertyTest::Matches(pattern) => text.is_some_and(|text| pattern.is_match(text)),
        }
    }
}

/// The text of a regular expression, compiled when it is first needed.
///
/// ```
/// use audiencekit::automation::{EventKind, PropertyFilter, PropertyTest, Trigger};
///
/// let voucher = PropertyFilter::new("code", PropertyTest::Matches("^SPRING-[0-9]+$".into()));
/// let trigger = Trigger::External { kinds: vec!["purchase".into()], properties: vec![voucher] };
/// let event = serde_json::from_str::<EventKind>(
///     r#"{"external": {"kind": "purchase", "properties": {"code": "spring-17"}}}"#)?;
/// assert!(trigger.matches(&event));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct RegexText {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl RegexText {
    /// The maximum size of a compiled expression, in bytes.
    const MAX_BYTES: usize = 1 << 20;

    /// Returns the text of the expression.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns what is wrong with the expression, if it does not compile.
    pub(super) fn problem(&self) -> Option<String> {
        Self::compile(&self.text).err().map(|error| match error {
            regex::Error::CompiledTooBig(most) => {
                format!("is a regular expression of more than {most} bytes")
            }
            _ => "is not a regular expression".to_owned(),
        })
    }

    fn compile(text: &str) -> Result<Regex, regex::Error> {
        RegexBuilder::new(text).case_insensitive(true).size_limit(Self::MAX_BYTES).build()
    }

    /// An expression that does not compile, which the check of definitions refuses, matches nothing.
    fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Self::compile(&self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl From<String> for RegexText {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }
}

impl From<&str> for RegexText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<RegexText> for String {
    fn from(regex: RegexText) -> Self {
        regex.text
    }
}

/// The same text.
impl PartialEq for RegexText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RegexText {}

impl fmt::Debug for RegexText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegexText({:?})", self.text)
    }
}

fn same(text: &str, wanted: &str) -> bool {
    match (Decimal::from_str_exact(text), Decimal::from_str_exact(wanted.trim())) {
        (Ok(a), Ok(b)) => a == b,
        _ => text.to_lowercase() == wanted.trim().to_lowercase(),
    }
}
