//! Jobs that are due later, in the form of the store.

use serde::{Deserialize, Serialize};

use crate::automation::definition::action::Action;

/// Where an action comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::automation) enum Origin {
    Rule(String),
    Workflow(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rule(id) => write!(f, "rule {id}"),
            Self::Workflow(id) => write!(f, "workflow {id}"),
        }
    }
}

/// The event that something follows from: its identity, and how many rules are between.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(in crate::automation) struct Causation {
    #[serde(with = "hex_key")]
    pub(in crate::automation) key: u128,
    pub(in crate::automation) depth: u8,
}

/// A thing to do at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::automation) enum Job {
    /// Check a rule's conditions.
    #[serde(rename = "check")]
    CheckRule { rule: String, contact: String, cause: Causation, conditions: bool },
    /// Do an action. It is kept whole: an edit of the rule does not change what was promised.
    #[serde(rename = "act")]
    RunAction { origin: Origin, contact: String, cause: Causation, action: Box<Action>, index: u32 },
    /// Go on in a workflow, if the contact still waits for this timer.
    #[serde(rename = "walk")]
    ResumeWorkflow { workflow: String, contact: String },
    /// A date of the contact is near for this trigger.
    #[serde(rename = "date")]
    DateTrigger { owner: String, contact: String },
}

impl Job {
    pub(in crate::automation) fn contact(&self) -> &str {
        match self {
            Self::CheckRule { contact, .. }
            | Self::RunAction { contact, .. }
            | Self::ResumeWorkflow { contact, .. }
            | Self::DateTrigger { contact, .. } => contact,
        }
    }
}

/// Where a contact is in a workflow.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::automation) struct Position {
    pub(in crate::automation) version: u32,
    pub(in crate::automation) node: String,
    /// Microseconds since 1970.
    pub(in crate::automation) since: i64,
    pub(in crate::automation) cause: Causation,
    /// The timer that wakes it.
    pub(in crate::automation) timer: Option<(i64, u64)>,
}

mod hex_key {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(key: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{key:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(|_| de::Error::custom("not a key"))
    }
}
