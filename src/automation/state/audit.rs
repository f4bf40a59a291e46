//! The audit log: what was decided, for whom, and why; without personal data but the host's contact id.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::automation::timestamp;

/// One line of the audit log.
///
/// `Debug` and `Display` show no person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Its place in the log: 1, 2, 3 ...
    pub number: u64,
    /// The instant it is about.
    #[serde(with = "timestamp")]
    pub at: OffsetDateTime,
    /// The host's id of the contact.
    pub contact: String,
    /// What happened.
    pub what: AuditEvent,
}

/// What the audit log tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AuditEvent {
    /// An event started a rule.
    Started {
        /// The rule.
        rule: String,
        /// The kind of event.
        event: String,
    },
    /// A rule was not run. Each reason is told once until the rule runs for the contact.
    Skipped {
        /// The rule.
        rule: String,
        /// Why.
        reason: SkipReason,
    },
    /// A rule's conditions were checked.
    Checked {
        /// The rule.
        rule: String,
        /// Whether all held.
        yes: bool,
        /// The first condition that did not hold, counted from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<usize>,
    },
    /// An action was done.
    Acted {
        /// `rule` or `workflow` and its id.
        source: String,
        /// The kind of action.
        action: String,
    },
    /// A membership operation went to the outbox.
    Member {
        /// `rule` or `workflow` and its id.
        source: String,
        /// The audience.
        audience: String,
        /// True to add, false to remove.
        add: bool,
        /// The number that orders the operations of one person.
        generation: u64,
    },
    /// An event found a start of a workflow and the contact did not come in. Each reason is told once until it does.
    /// A cap or a limit that keeps it out is told as [`AuditEvent::Dropped`].
    Refused {
        /// The workflow.
        workflow: String,
        /// The start, counted from 0.
        start: usize,
        /// Why.
        reason: SkipReason,
    },
    /// A contact came to a node of a workflow.
    Moved {
        /// The workflow.
        workflow: String,
        /// The node.
        node: String,
    },
    /// A contact left a workflow.
    Left {
        /// The workflow.
        workflow: String,
        /// At its end, or by which exit.
        by: String,
    },
    /// An action waits until a schedule opens.
    Postponed {
        /// `rule` or `workflow` and its id.
        source: String,
        /// When it opens.
        #[serde(with = "timestamp")]
        until: OffsetDateTime,
    },
    /// Something was given up: it could not be done, or a schedule, a cap or a limit forbids it.
    Dropped {
        /// `rule` or `workflow` and its id.
        source: String,
        /// Why.
        reason: String,
    },
}

/// Why a rule is not run, or a contact does not come into a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// The contact has had all its runs.
    RunLimit,
    /// The last run is too recent.
    MinInterval,
    /// It is switched off, not yet or no longer valid.
    NotValid,
    /// Rules have run each other too many times.
    Loop,
    /// The contact is in the workflow.
    Inside,
    /// The contact was in the workflow and may not come in again.
    Ended,
    /// The conditions of the start do not hold.
    Conditions,
    /// The cap over all contacts is reached.
    Cap,
    /// A limit for the contact is reached.
    Limit,
    /// The schedule is closed, and drops what comes then.
    Schedule,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RunLimit => "the contact has had all its runs",
            Self::MinInterval => "the last run is too recent",
            Self::NotValid => "it is switched off, not yet or no longer valid",
            Self::Loop => "rules have run each other too many times",
            Self::Inside => "the contact is inside",
            Self::Ended => "the contact was inside and may not come in again",
            Self::Conditions => "the conditions of the start do not hold",
            Self::Cap => "the cap over all contacts is reached",
            Self::Limit => "a limit for the contact is reached",
            Self::Schedule => "the schedule is closed",
        })
    }
}

impl fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditEntry({}, {}, {:?})", self.number, self.at, self.what)
    }
}

impl fmt::Display for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at)?;
        match &self.what {
            AuditEvent::Started { rule, event } => write!(f, "{event} started rule {rule}"),
            AuditEvent::Skipped { rule, reason } => write!(f, "rule {rule} was skipped: {reason}"),
            AuditEvent::Checked { rule, yes: true, .. } => write!(f, "rule {rule}: every condition held"),
            AuditEvent::Checked { rule, failed, .. } => {
                write!(f, "rule {rule}: condition {} did not hold", failed.map_or(0, |index| index + 1))
            }
            AuditEvent::Acted { source, action } => write!(f, "{source} did {action}"),
            AuditEvent::Member { source, audience, add, generation } => {
                let what = if *add { "added to" } else { "removed from" };
                write!(f, "{source} {what} audience {audience} (generation {generation})")
            }
            AuditEvent::Refused { workflow, start, reason } => {
                write!(f, "did not come into workflow {workflow} by start {}: {reason}", start + 1)
            }
            AuditEvent::Moved { workflow, node } => write!(f, "came to {node} in workflow {workflow}"),
            AuditEvent::Left { workflow, by } => write!(f, "left workflow {workflow} by {by}"),
            AuditEvent::Postponed { source, until } => write!(f, "{source} waits until {until}"),
            AuditEvent::Dropped { source, reason } => write!(f, "{source} gave up: {reason}"),
        }
    }
}
