//! What rules and workflows do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::delay::Delay;
use super::flag;
use crate::audience::Audience;
use crate::automation::contact_store::store::ContactChange;
use crate::automation::event_kind::ConsentChannel;
use crate::contact::ConsentStatus;

/// The id of a saved audience. It is made from an [`Audience`], so that a draft, which has no id yet, does not compile:
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
    /// Returns the id at Facebook.
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

/// Something to do with a contact. An action runs once per rule or workflow, contact and event.
///
/// ```
/// use audiencekit::automation::{Action, Rule, Trigger};
///
/// let action = Action::ChangeScore { by: 10 };
/// assert_eq!(serde_json::to_string(&action)?, r#"{"change_score":{"by":10}}"#);
/// let rule = Rule::new("active").on(Trigger::external("visit")).then(action);
/// assert_eq!(rule.if_yes.len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
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
    /// Removes a tag.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Raises or lowers the score of a tag that the contact has.
    ChangeTagScore {
        /// The tag.
        tag: String,
        /// The number to add, negative to subtract.
        by: i32,
    },
    /// Sets the score.
    SetScore {
        /// The new score.
        to: i64,
    },
    /// Raises or lowers the score.
    ChangeScore {
        /// The number to add, negative to subtract.
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
    /// Records that a consent was given, refused or withdrawn. What listens for the consent is started, as it is by a
    /// [`SetDetail`](Self::SetDetail) of `opted_out` or `phone_opted_out`.
    SetConsent {
        /// The channel.
        channel: ConsentChannel,
        /// Its state.
        status: ConsentStatus,
    },
    /// Runs another rule for the contact at once, within its run limit.
    RunRule {
        /// The id of the rule.
        rule: String,
        /// Whether its conditions are checked. Defaults to `true`; `false` runs its yes actions.
        #[serde(default = "flag::on")]
        check_conditions: bool,
    },
    /// Calls back into your application, through [`ContactStore::apply`](super::super::contact_store::store::ContactStore::apply).
    Call {
        /// The name of what to call.
        name: String,
        /// Data for the callee. Defaults to an empty text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        data: String,
    },
}

impl Action {
    /// Creates an action that adds the contact to a saved audience.
    ///
    /// ```
    /// use audiencekit::Audience;
    /// use audiencekit::automation::{Action, SavedAudience};
    ///
    /// fn add(vip: &Audience) -> Action {
    ///     assert_eq!(SavedAudience::from(vip).as_str(), vip.id().as_str());
    ///     Action::add_to(vip)
    /// }
    /// ```
    #[must_use]
    pub fn add_to(audience: &Audience) -> Self {
        Self::AddToAudience { audience: audience.into() }
    }

    /// Creates an action that removes the contact from a saved audience.
    #[must_use]
    pub fn remove_from(audience: &Audience) -> Self {
        Self::RemoveFromAudience { audience: audience.into() }
    }

    /// Returns the name of the action in JSON.
    ///
    /// ```
    /// use audiencekit::automation::Action;
    ///
    /// assert_eq!(Action::SetScore { to: 5 }.kind(), "set_score");
    /// ```
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
            Self::SetConsent { .. } => "set_consent",
            Self::RunRule { .. } => "run_rule",
            Self::Call { .. } => "call",
        }
    }

    /// Returns the change of the contact that it asks for, if it asks for one.
    pub(in crate::automation) fn contact_change(&self) -> Option<ContactChange> {
        Some(match self {
            Self::AddTag { tag } => ContactChange::AddTag { tag: tag.clone() },
            Self::RemoveTag { tag } => ContactChange::RemoveTag { tag: tag.clone() },
            Self::ChangeTagScore { tag, by } => ContactChange::ChangeTagScore { tag: tag.clone(), by: *by },
            Self::SetScore { to } => ContactChange::SetScore { to: *to },
            Self::ChangeScore { by } => ContactChange::ChangeScore { by: *by },
            Self::SetDetail { field, value } => {
                ContactChange::SetDetail { field: field.clone(), value: value.clone() }
            }
            Self::SetStage { funnel, stage } => {
                ContactChange::SetStage { funnel: funnel.clone(), stage: stage.clone() }
            }
            Self::SetConsent { channel, status } => {
                ContactChange::SetConsent { channel: channel.clone(), status: *status }
            }
            Self::Call { name, data } => ContactChange::Call { name: name.clone(), data: data.clone() },
            Self::AddToAudience { .. } | Self::RemoveFromAudience { .. } | Self::RunRule { .. } => {
                return None;
            }
        })
    }

    /// Returns the audience that the action adds to or removes from, if any.
    #[must_use]
    pub fn audience(&self) -> Option<&SavedAudience> {
        match self {
            Self::AddToAudience { audience } | Self::RemoveFromAudience { audience } => Some(audience),
            _ => None,
        }
    }
}

/// An action of a rule, and its delay after the check.
///
/// ```
/// use audiencekit::automation::{Action, ActionStep, Delay};
///
/// let step = ActionStep::new(Action::ChangeScore { by: 1 }).after(Delay::Hours(1));
/// assert_eq!(step.after, Delay::Hours(1));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ActionStep {
    /// The action.
    pub action: Action,
    /// The delay after the check. Defaults to none.
    #[serde(default, skip_serializing_if = "Delay::is_default")]
    pub after: Delay,
}

impl ActionStep {
    /// Creates a step that runs right after the check.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self { action, after: Delay::NONE }
    }

    /// Sets the delay after the check. Defaults to none.
    #[must_use]
    pub fn after(mut self, delay: Delay) -> Self {
        self.after = delay;
        self
    }
}

impl From<Action> for ActionStep {
    fn from(action: Action) -> Self {
        Self::new(action)
    }
}
