//! Rules and workflows as data: one JSON document with a version.

use serde::{Deserialize, Serialize};

use super::frequency::FrequencyCap;
use super::rule::Rule;
use super::workflow::Workflow;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::read_json;

/// Rules, workflows and frequency caps: what an engine runs, as data that your application can store as JSON.
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
    /// The version of the JSON form, [`Definitions::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The rules, in the order in which they run for an event.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The workflows.
    #[serde(default)]
    pub workflows: Vec<Workflow>,
    /// The frequency caps. In JSON they are `limits`.
    #[serde(rename = "limits", default, skip_serializing_if = "Vec::is_empty")]
    pub frequency_caps: Vec<FrequencyCap>,
}

impl Default for Definitions {
    fn default() -> Self {
        Self {
            schema_version: Self::SCHEMA_VERSION,
            rules: Vec::new(),
            workflows: Vec::new(),
            frequency_caps: Vec::new(),
        }
    }
}

impl Definitions {
    /// The version of the JSON form that this crate reads and writes.
    pub const SCHEMA_VERSION: u32 = 1;
    /// The maximum size of a JSON document, in bytes.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Creates definitions without rules and workflows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule after the others.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds a workflow after the others.
    #[must_use]
    pub fn workflow(mut self, workflow: Workflow) -> Self {
        self.workflows.push(workflow);
        self
    }

    /// Adds a frequency cap.
    #[must_use]
    pub fn frequency_cap(mut self, cap: FrequencyCap) -> Self {
        self.frequency_caps.push(cap);
        self
    }

    /// Parses a JSON document. [`check`](Self::check) validates what it defines.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with the path to what is wrong: an unknown field, a wrong type, a truncated text, an unknown
    /// version. [`ErrorKind::Limit`] for more than [`MAX_BYTES`](Self::MAX_BYTES).
    ///
    /// ```
    /// use audiencekit::automation::Definitions;
    ///
    /// let definitions = Definitions::from_json(r#"{"schema_version":1,"rules":[{"id":"a","if_yes":[]}]}"#)?;
    /// assert_eq!(definitions.rules[0].id, "a");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() > Self::MAX_BYTES {
            return Err(Error::new(ErrorKind::Limit, "definitions", "document too large")
                .with_expected("at most 16 MiB"));
        }
        let read: Self = read_json("definitions", text)?;
        if read.schema_version != Self::SCHEMA_VERSION {
            return Err(Error::new(
                ErrorKind::Invalid,
                "definitions schema_version",
                format!("unknown version {}", read.schema_version),
            )
            .with_expected(Self::SCHEMA_VERSION.to_string()));
        }
        Ok(read)
    }

    /// Returns the definitions as a JSON document.
    ///
    /// ```
    /// use audiencekit::automation::Definitions;
    ///
    /// assert!(Definitions::new().to_json().contains("\"schema_version\": 1"));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain data with text keys: writing it as JSON cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Returns the JSON Schema of the document, for editors and other languages.
    ///
    /// ```
    /// use audiencekit::automation::Definitions;
    ///
    /// let schema: serde_json::Value = serde_json::from_str(Definitions::json_schema())?;
    /// assert!(schema["properties"]["rules"].is_object());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn json_schema() -> &'static str {
        include_str!("definitions.schema.json")
    }
}
