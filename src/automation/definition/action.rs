//! What rules and workflows do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::delay::Delay;
use crate::audience::Audience;

/// The id of a saved audience: only an [`Audience`], which has one, makes it.
///
/// ```compile_fail
/// use audiencekit::automation::Action;
/// fn draft_does_not_fit(draft: &audiencekit::audience::AudienceDraft) -> Action {
///     Action::add_to(draft)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SavedAudience(String);

impl SavedAudience {
    /// The id at Facebook.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&Audience> for SavedAudience {
    fn from(audience: &Audience) -> Self {
        Self(audience.id().to_string())
    }
}

impl fmt::Display for SavedAudience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something to do with a contact. Each is done once per rule or workflow, contact and event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Adds the contact to an audience.
    AddToAudience {
        /// The audience.
        audience: SavedAudience,
    },
    /// Removes the contact from an audience.
    RemoveFromAudience {
        /// The audience.
        audience: SavedAudience,
    },
    /// Assigns a tag.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Takes a tag away.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Raises or lowers the score of a tag that the contact has.
    ChangeTagScore {
        /// The tag.
        tag: String,
        /// By how much.
        by: i32,
    },
    /// Sets the score.
    SetScore {
        /// To what.
        to: i64,
    },
    /// Raises or lowers the score.
    ChangeScore {
        /// By how much.
        by: i64,
    },
    /// Sets a field from text, or empties it.
    SetDetail {
        /// The field.
        field: String,
        /// The value as text, dates with the year first; blank empties the field.
        value: String,
    },
    /// Puts the contact on a stage of a funnel.
    SetStage {
        /// The funnel.
        funnel: String,
        /// The stage.
        stage: String,
    },
    /// Runs another rule for the contact, at once; its run limit is kept.
    RunRule {
        /// The rule's id.
        rule: String,
        /// False to take its yes actions without looking at its conditions.
        #[serde(default = "yes")]
        check_conditions: bool,
    },
    /// Calls back into the host.
    Call {
        /// What to call.
        name: String,
        /// Anything for the callee.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        data: String,
    },
}

fn yes() -> bool {
    true
}

impl Action {
    /// Adds to a saved audience.
    #[must_use]
    pub fn add_to(audience: &Audience) -> Self {
        Self::AddToAudience { audience: audience.into() }
    }

    /// Removes from a saved audience.
    #[must_use]
    pub fn remove_from(audience: &Audience) -> Self {
        Self::RemoveFromAudience { audience: audience.into() }
    }

    /// The word for it, as JSON writes it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AddToAudience { .. } => "add_to_audience",
            Self::RemoveFromAudience { .. } => "remove_from_audience",
            Self::AddTag { .. } => "add_tag",
            Self::RemoveTag { .. } => "remove_tag",
            Self::ChangeTagScore { .. } => "change_tag_score",
            Self::SetScore { .. } => "set_score",
            Self::ChangeScore { .. } => "change_score",
            Self::SetDetail { .. } => "set_detail",
            Self::SetStage { .. } => "set_stage",
            Self::RunRule { .. } => "run_rule",
            Self::Call { .. } => "call",
        }
    }

    /// The audience it is about.
    #[must_use]
    pub fn audience(&self) -> Option<&SavedAudience> {
        match self {
            Self::AddToAudience { audience } | Self::RemoveFromAudience { audience } => Some(audience),
            _ => None,
        }
    }
}

/// An action and how long after the check it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionStep {
    /// What to do.
    pub action: Action,
    /// How long after the check; at once if left out.
    #[serde(default, skip_serializing_if = "Delay::is_default")]
    pub after: Delay,
}

impl From<Action> for ActionStep {
    fn from(action: Action) -> Self {
        Self { action, after: Delay::NONE }
    }
}
