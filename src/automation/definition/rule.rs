//! Rules: when one of these events happens and all of these conditions hold, do this.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::action::{Action, ActionStep};
use super::delay::Delay;
use super::frequency::RateLimit;
use super::schedule::Schedule;
use super::trigger::Trigger;
use crate::automation::timestamp;

/// A rule: events of which any starts it, conditions that must all hold, actions for yes and for no.
///
/// The conditions are segment filters, evaluated on the contact as it is at the check, with the time of the check as
/// now. A run counts when actions of a branch are done. JSON refuses unknown fields; see [`Definitions`].
///
/// [`Definitions`]: super::definitions::Definitions
///
/// ```
/// use audiencekit::automation::{Action, Delay, Rule, Trigger};
///
/// let rule = Rule::new("welcome")
///     .on(Trigger::ContactAdded)
///     .when("country = \"PL\"")
///     .check_after(Delay::Days(2))
///     .then(Action::AddTag { tag: "WELCOMED".into() })
///     .otherwise(Action::ChangeScore { by: -5 })
///     .runs_per_contact(1);
/// let json = serde_json::to_string(&rule)?;
/// assert_eq!(serde_json::from_str::<Rule>(&json)?, rule);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Unique among the rules; what timers, runs and the audit log refer to.
    pub id: String,
    /// For people; the id if left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A folder for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// False for a rule that is kept and does nothing.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub active: bool,
    /// Any of these starts it. Without any it runs by hand or from other rules.
    #[serde(default)]
    pub on: Vec<Trigger>,
    /// Filters that must all hold; without any, yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// How long after the event the conditions are checked.
    #[serde(default, skip_serializing_if = "Delay::is_default")]
    pub check_after: Delay,
    /// Actions if the conditions hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_yes: Vec<ActionStep>,
    /// Actions if they do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_no: Vec<ActionStep>,
    /// Most runs for one contact; no limit if left out. Of a rule without a limit it is remembered whether it has run
    /// for a contact, not how often: if it is given a limit later, all those runs count as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_per_contact: Option<u32>,
    /// Least time between two runs for one contact. The last run is remembered until it is over, at least for
    /// [`EngineOptions::memory`](crate::automation::options::EngineOptions::memory); the runs of a rule without one are not, so that a rule that is given
    /// one later may run at once.
    #[serde(default, skip_serializing_if = "Delay::is_default")]
    pub min_interval: Delay,
    /// Events before this instant do not start it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp::option")]
    pub valid_from: Option<OffsetDateTime>,
    /// Events from this instant on do not start it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp::option")]
    pub valid_until: Option<OffsetDateTime>,
    /// When its actions may be done; always if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Most runs in a period over all contacts; no limit if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<RateLimit>,
    /// True to take a contact out of the audiences that this rule added it to, once the conditions no longer hold.
    /// Looked at when the contact is touched, and in [`AutomationEngine::review`](crate::automation::engine::AutomationEngine::review).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leave: bool,
}

pub(in crate::automation) fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
pub(in crate::automation) fn is_yes(flag: &bool) -> bool {
    *flag
}

impl Rule {
    /// An active rule that does nothing yet.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: String::new(),
            group: None,
            active: true,
            on: Vec::new(),
            when: Vec::new(),
            check_after: Delay::NONE,
            if_yes: Vec::new(),
            if_no: Vec::new(),
            runs_per_contact: None,
            min_interval: Delay::NONE,
            valid_from: None,
            valid_until: None,
            schedule: None,
            cap: None,
            leave: false,
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The folder for people.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Switches it on or off.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// One more event that starts it.
    #[must_use]
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.on.push(trigger);
        self
    }

    /// One more filter that must hold.
    #[must_use]
    pub fn when(mut self, filter: impl Into<String>) -> Self {
        self.when.push(filter.into());
        self
    }

    /// How long after the event the conditions are checked.
    #[must_use]
    pub fn check_after(mut self, delay: Delay) -> Self {
        self.check_after = delay;
        self
    }

    /// One more action if the conditions hold.
    #[must_use]
    pub fn then(mut self, action: Action) -> Self {
        self.if_yes.push(action.into());
        self
    }

    /// One more action if the conditions hold, some time after the check.
    #[must_use]
    pub fn then_after(mut self, after: Delay, action: Action) -> Self {
        self.if_yes.push(ActionStep { action, after });
        self
    }

    /// One more action if the conditions do not hold.
    #[must_use]
    pub fn otherwise(mut self, action: Action) -> Self {
        self.if_no.push(action.into());
        self
    }

    /// One more action if the conditions do not hold, some time after the check.
    #[must_use]
    pub fn otherwise_after(mut self, after: Delay, action: Action) -> Self {
        self.if_no.push(ActionStep { action, after });
        self
    }

    /// Most runs for one contact.
    #[must_use]
    pub fn runs_per_contact(mut self, runs: u32) -> Self {
        self.runs_per_contact = Some(runs);
        self
    }

    /// Least time between two runs for one contact.
    #[must_use]
    pub fn min_interval(mut self, interval: Delay) -> Self {
        self.min_interval = interval;
        self
    }

    /// Events from `from` on, and before `until`, start it.
    #[must_use]
    pub fn valid(mut self, from: Option<OffsetDateTime>, until: Option<OffsetDateTime>) -> Self {
        self.valid_from = from;
        self.valid_until = until;
        self
    }

    /// When its actions may be done.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Most runs in a period over all contacts.
    #[must_use]
    pub fn cap(mut self, cap: RateLimit) -> Self {
        self.cap = Some(cap);
        self
    }

    /// Takes contacts out again once the conditions no longer hold.
    #[must_use]
    pub fn leave(mut self) -> Self {
        self.leave = true;
        self
    }

    pub(in crate::automation) fn is_valid_at(&self, at: OffsetDateTime) -> bool {
        self.active
            && self.valid_from.is_none_or(|from| at >= from)
            && self.valid_until.is_none_or(|until| at < until)
    }
}
