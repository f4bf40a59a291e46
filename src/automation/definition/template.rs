//! Ready-made rules.

use super::action::Action;
use super::rule::Rule;
use super::trigger::Trigger;
use crate::audience::Audience;
use crate::automation::event_kind::ConsentChannel;
use crate::contact::ConsentStatus;

/// A ready-made rule that adds contacts to an audience or removes them.
///
/// ```
/// use audiencekit::automation::{Rule, Template};
/// use audiencekit::Audience;
///
/// fn rules(vip: &Audience) -> [Rule; 2] {
///     [Template::AddOnTag("VIP".into()).rule("in", vip), Template::RemoveOnPurchase.rule("out", vip)]
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Template {
    /// Adds when a tag is assigned.
    AddOnTag(String),
    /// Adds when an external event of a type is recorded.
    AddOnEvent(String),
    /// Adds when the contact reaches a stage of a funnel: the funnel and the stage.
    AddOnStage(String, String),
    /// Adds when the contact opts in to e-mail.
    AddOnOptIn,
    /// Adds when a page is visited that matches a [`UrlPattern`](crate::segment::UrlPattern).
    AddOnVisit(String),
    /// Removes when a purchase is recorded.
    RemoveOnPurchase,
    /// Removes when the contact opts out of e-mail.
    RemoveOnOptOut,
    /// Removes when the contact opts out of text messages and calls.
    RemoveOnPhoneOptOut,
    /// Removes when a tag is removed.
    RemoveOnTagRemoved(String),
}

impl Template {
    /// Creates the rule for a saved audience.
    #[must_use]
    pub fn rule(&self, id: impl Into<String>, audience: &Audience) -> Rule {
        let (trigger, add) = match self {
            Self::AddOnTag(tag) => (Trigger::tag(tag), true),
            Self::AddOnEvent(kind) => (Trigger::external(kind), true),
            Self::AddOnStage(funnel, stage) => {
                (Trigger::StageReached { funnel: funnel.clone(), stages: vec![stage.clone()] }, true)
            }
            Self::AddOnOptIn => (Trigger::consent(ConsentChannel::Email, ConsentStatus::Confirmed), true),
            Self::AddOnVisit(pattern) => (Trigger::PageVisited { url: pattern.clone() }, true),
            Self::RemoveOnPurchase => (Trigger::external("purchase"), false),
            Self::RemoveOnOptOut => {
                (Trigger::consent(ConsentChannel::Email, ConsentStatus::Withdrawn), false)
            }
            Self::RemoveOnPhoneOptOut => {
                (Trigger::consent(ConsentChannel::Phone, ConsentStatus::Withdrawn), false)
            }
            Self::RemoveOnTagRemoved(tag) => (Trigger::tag_removed(tag), false),
        };
        let action = if add { Action::add_to(audience) } else { Action::remove_from(audience) };
        Rule::new(id).on(trigger).then(action)
    }
}
