//! Rules: triggers, conditions and actions.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::action::{Action, ActionStep};
use super::delay::Delay;
use super::flag;
use super::frequency::RateLimit;
use super::schedule::Schedule;
use super::trigger::Trigger;
use crate::automation::timestamp;

/// A rule: any of its triggers starts it, all of its conditions must hold, and it runs one list of actions if they do and
/// another if they do not.
///
/// Conditions are filters of the segment language, evaluated on the contact as it is at the check, with the instant of
/// the check as now. A run counts when the actions of a branch run. JSON rejects unknown fields; see [`Definitions`].
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
    /// The id, unique among the rules. Timers, run counts and the audit log refer to it.
    pub id: String,
    /// The name to show. Defaults to an empty text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The folder, which a [`FrequencyCap`](super::frequency::FrequencyCap) may refer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether the rule runs. Defaults to `true`.
    #[serde(default = "flag::on", skip_serializing_if = "flag::is_on")]
    pub active: bool,
    /// The triggers, any of which starts the rule. A rule without triggers runs manually or from other rules.
    #[serde(default)]
    pub on: Vec<Trigger>,
    /// The conditions, filters that must all hold. Defaults to none, which always hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// The delay between the event and the check. Defaults to none.
    #[serde(default, skip_serializing_if = "Delay::is_default")]
    pub check_after: Delay,
    /// The actions if the conditions hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_yes: Vec<ActionStep>,
    /// The actions if they do not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_no: Vec<ActionStep>,
    /// The maximum number of runs per contact. Defaults to no limit. Without a limit the engine remembers whether the rule
    /// has run for a contact, not how often: if it is given a limit later, all earlier runs count as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_per_contact: Option<u32>,
    /// The least time between two runs for one contact. Defaults to none. A rule that is given an interval later may run
    /// at once, because the last run is only remembered while there is one.
    #[serde(default, skip_serializing_if = "Delay::is_default")]
    pub min_interval: Delay,
    /// The instant from which on events start the rule. Defaults to no bound.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp::option")]
    pub valid_from: Option<OffsetDateTime>,
    /// The instant before which events start the rule. Defaults to no bound.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "timestamp::option")]
    pub valid_until: Option<OffsetDateTime>,
    /// The hours in which its actions may run. Defaults to always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The limit of runs over all contacts. Defaults to none. In JSON it is `cap`.
    #[serde(rename = "cap", default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Whether a contact is removed from the audiences that this rule added it to once the conditions no longer hold.
    /// Checked when an event or an action changes the contact, and by
    /// [`AutomationEngine::reevaluate_all`](crate::automation::AutomationEngine::reevaluate_all). Defaults to `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leave: bool,
}

impl Rule {
    /// Creates an active rule without triggers, conditions and actions.
    ///
    /// ```
    /// use audiencekit::automation::Rule;
    ///
    /// let rule = Rule::new("welcome");
    /// assert!(rule.active && rule.on.is_empty());
    /// ```
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
            rate_limit: None,
            leave: false,
        }
    }

    /// Sets the name to show. Defaults to an empty text.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the folder, which a [`FrequencyCap`](super::frequency::FrequencyCap) may refer to.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets whether the rule runs. Defaults to `true`.
    ///
    /// ```
    /// use audiencekit::automation::Rule;
    ///
    /// assert!(!Rule::new("paused").active(false).active);
    /// ```
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// Adds a trigger. Any of the triggers starts the rule.
    ///
    /// ```
    /// use audiencekit::automation::{Rule, Trigger};
    ///
    /// let rule = Rule::new("r").on(Trigger::ContactAdded).on(Trigger::tag("IMPORTED"));
    /// assert_eq!(rule.on.len(), 2);
    /// ```
    #[must_use]
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.on.push(trigger);
        self
    }

    /// Adds a condition, a filter of the segment language. All conditions must hold.
    ///
    /// ```
    /// use audiencekit::automation::Rule;
    ///
    /// let rule = Rule::new("r").when("country = \"PL\"").when("email is set");
    /// assert_eq!(rule.when.len(), 2);
    /// ```
    #[must_use]
    pub fn when(mut self, filter: impl Into<String>) -> Self {
        self.when.push(filter.into());
        self
    }

    /// Sets the delay between the event and the check. Defaults to none.
    #[must_use]
    pub fn check_after(mut self, delay: Delay) -> Self {
        self.check_after = delay;
        self
    }

    /// Adds an action that runs if the conditions hold.
    ///
    /// ```
    /// use audiencekit::automation::{Action, Rule};
    ///
    /// let rule = Rule::new("r").then(Action::AddTag { tag: "VIP".into() });
    /// assert_eq!(rule.if_yes[0].action.kind(), "add_tag");
    /// ```
    #[must_use]
    pub fn then(mut self, action: Action) -> Self {
        self.if_yes.push(action.into());
        self
    }

    /// Adds an action that runs some time after the check if the conditions hold.
    ///
    /// ```
    /// use audiencekit::automation::{Action, Delay, Rule};
    ///
    /// let rule = Rule::new("r").then_after(Delay::Days(1), Action::ChangeScore { by: 1 });
    /// assert_eq!(rule.if_yes[0].after, Delay::Days(1));
    /// ```
    #[must_use]
    pub fn then_after(mut self, after: Delay, action: Action) -> Self {
        self.if_yes.push(ActionStep::new(action).after(after));
        self
    }

    /// Adds an action that runs if the conditions do not hold.
    ///
    /// ```
    /// use audiencekit::automation::{Action, Rule};
    ///
    /// let rule = Rule::new("r").otherwise(Action::ChangeScore { by: -1 });
    /// assert_eq!(rule.if_no.len(), 1);
    /// ```
    #[must_use]
    pub fn otherwise(mut self, action: Action) -> Self {
        self.if_no.push(action.into());
        self
    }

    /// Adds an action that runs some time after the check if the conditions do not hold.
    #[must_use]
    pub fn otherwise_after(mut self, after: Delay, action: Action) -> Self {
        self.if_no.push(ActionStep::new(action).after(after));
        self
    }

    /// Sets the maximum number of runs per contact. Defaults to no limit.
    ///
    /// ```
    /// use audiencekit::automation::Rule;
    ///
    /// assert_eq!(Rule::new("once").runs_per_contact(1).runs_per_contact, Some(1));
    /// ```
    #[must_use]
    pub fn runs_per_contact(mut self, runs: u32) -> Self {
        self.runs_per_contact = Some(runs);
        self
    }

    /// Sets the least time between two runs for one contact. Defaults to none.
    ///
    /// ```
    /// use audiencekit::automation::{Delay, Rule};
    ///
    /// assert_eq!(Rule::new("r").min_interval(Delay::Days(7)).min_interval, Delay::Days(7));
    /// ```
    #[must_use]
    pub fn min_interval(mut self, interval: Delay) -> Self {
        self.min_interval = interval;
        self
    }

    /// Sets the time in which events start the rule: from `from` on and before `until`. Defaults to always.
    ///
    /// ```
    /// use audiencekit::automation::Rule;
    /// use time::macros::datetime;
    ///
    /// let spring = Rule::new("spring").valid(Some(datetime!(2026-03-01 0:00 UTC)), Some(datetime!(2026-06-01 0:00 UTC)));
    /// assert!(spring.valid_from < spring.valid_until);
    /// ```
    #[must_use]
    pub fn valid(mut self, from: Option<OffsetDateTime>, until: Option<OffsetDateTime>) -> Self {
        self.valid_from = from;
        self.valid_until = until;
        self
    }

    /// Sets the hours in which its actions may run. Defaults to always.
    ///
    /// ```
    /// use audiencekit::automation::{OpenHours, Rule, Schedule};
    ///
    /// let rule = Rule::new("r").schedule(Schedule::new(OpenHours::daily("08:00", "18:00")?));
    /// assert!(rule.schedule.is_some());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Limits the runs per period over all contacts. Defaults to no limit.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Removes contacts again once the conditions no longer hold. Such a rule needs a condition and an action that adds to
    /// an audience.
    ///
    /// ```
    /// use audiencekit::automation::{Rule, Trigger};
    ///
    /// let rule = Rule::new("recent buyers")
    ///     .on(Trigger::external("purchase"))
    ///     .when("count(event.purchase in last 90 days) >= 1")
    ///     .leave();
    /// assert!(rule.leave);
    /// ```
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
