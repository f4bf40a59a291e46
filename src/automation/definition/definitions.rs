//! Rules and workflows as data: one JSON document with a version.

use serde::{Deserialize, Serialize};

use super::frequency::FrequencyCap;
use super::rule::Rule;
use super::validate;
use super::workflow::Workflow;
use crate::audience::Audience;
use crate::clock::TimeZone;
use crate::contact::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::read_json;

/// Rules and workflows, as a service stores them.
///
/// ```
/// use audiencekit::automation::{Definitions, Rule, Trigger};
///
/// let definitions = Definitions::new().rule(Rule::new("welcome").on(Trigger::ContactAdded));
/// let json = definitions.to_json();
/// assert_eq!(Definitions::from_json(&json)?, definitions);
///
/// let wrong = r#"{"schema_version": 1, "rules": [{"id": "a", "on": [], "colour": "red"}]}"#;
/// assert!(Definitions::from_json(wrong).unwrap_err().to_string()
///     .starts_with("definitions rules[0].colour: unknown field `colour`"));
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Definitions {
    /// The version of the form, [`Definitions::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The rules, in the order in which they run for one event.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The workflows.
    #[serde(default)]
    pub workflows: Vec<Workflow>,
    /// Most runs for one contact of many rules and workflows together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<FrequencyCap>,
}

impl Default for Definitions {
    fn default() -> Self {
        Self {
            schema_version: Self::SCHEMA_VERSION,
            rules: Vec::new(),
            workflows: Vec::new(),
            limits: Vec::new(),
        }
    }
}

impl Definitions {
    /// The version of the form that this crate writes.
    pub const SCHEMA_VERSION: u32 = 1;
    /// Most bytes of a document.
    pub const MAX_BYTES: usize = 16 << 20;

    /// No rules and no workflows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// One more workflow.
    #[must_use]
    pub fn workflow(mut self, workflow: Workflow) -> Self {
        self.workflows.push(workflow);
        self
    }

    /// One more limit.
    #[must_use]
    pub fn limit(mut self, limit: FrequencyCap) -> Self {
        self.limits.push(limit);
        self
    }

    /// Reads a document. Whether it makes sense is [`check`](Self::check)'s part.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with the path to what is wrong: an unknown field, a type that does not fit, a text
    /// that ends too soon, a version that is not known.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() > Self::MAX_BYTES {
            return Err(Error::new(ErrorKind::Limit, "definitions", "more than 16 MiB"));
        }
        let read: Self = read_json("definitions", text)?;
        if read.schema_version != Self::SCHEMA_VERSION {
            return Err(Error::new(
                ErrorKind::Invalid,
                "definitions schema_version",
                format!("version {} is not known", read.schema_version),
            )
            .expected(Self::SCHEMA_VERSION.to_string()));
        }
        Ok(read)
    }

    /// Writes the document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with text keys: writing it as JSON cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The JSON Schema of the document, for editors and other languages.
    #[must_use]
    pub fn json_schema() -> &'static str {
        include_str!("definitions.schema.json")
    }

    /// Checks everything that can be wrong before the engine takes it: ids, filters, fields, audiences, references
    /// and the graphs of workflows.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem and its path.
    pub fn check(&self, schema: &Schema, zone: &TimeZone, audiences: &[Audience]) -> Result<()> {
        validate::definitions(self, schema, zone, audiences)
    }
}
