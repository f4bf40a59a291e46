//! Entries of the audit log: what was decided for which contact, and why.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::automation::timestamp;
use crate::sync::Operation;

/// An entry of the audit log: what was decided for a contact, and why. It holds no personal data but the contact's id,
/// which `Debug` and `Display` do not show.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AuditEntry {
    /// The number of the entry, counted from 1.
    pub number: u64,
    /// The instant of the decision.
    #[serde(with = "timestamp")]
    pub at: OffsetDateTime,
    /// The id of the contact.
    pub contact: String,
    /// What happened. In JSON it is `what`.
    #[serde(rename = "what")]
    pub event: AuditEvent,
}

/// What an entry of the audit log records.
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
    /// A rule was not run. Each reason is recorded once until the rule runs for the contact.
    Skipped {
        /// The rule.
        rule: String,
        /// The reason.
        reason: SkipReason,
    },
    /// A rule's conditions were checked.
    Checked {
        /// The rule.
        rule: String,
        /// Whether all of them held.
        yes: bool,
        /// The first condition that did not hold, counted from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<usize>,
    },
    /// An action ran. In JSON it is `acted`.
    #[serde(rename = "acted")]
    ActionRun {
        /// `rule` or `workflow`, and its id.
        source: String,
        /// The kind of action.
        action: String,
    },
    /// A membership change was put in the outbox.
    Member {
        /// `rule` or `workflow`, and its id.
        source: String,
        /// The audience.
        audience: String,
        /// Whether the contact is added or removed. In JSON it is `add`, `true` or `false`.
        #[serde(rename = "add", with = "is_add")]
        operation: Operation,
        /// Orders the operations of one contact in one audience.
        generation: u64,
    },
    /// An event matched an entry point of a workflow and the contact did not enter. Each reason is recorded once until it
    /// does. A rate limit or a frequency cap is recorded as [`AuditEvent::Dropped`].
    Refused {
        /// The workflow.
        workflow: String,
        /// The entry point, counted from 0.
        start: usize,
        /// The reason.
        reason: SkipReason,
    },
    /// A contact reached a node of a workflow. In JSON it is `moved`.
    #[serde(rename = "moved")]
    NodeEntered {
        /// The workflow.
        workflow: String,
        /// The node.
        node: String,
    },
    /// A contact left a workflow. In JSON it is `left`.
    #[serde(rename = "left")]
    WorkflowExited {
        /// The workflow.
        workflow: String,
        /// `end`, or the exit with its name.
        by: String,
    },
    /// An action waits until a schedule opens.
    Postponed {
        /// `rule` or `workflow`, and its id.
        source: String,
        /// The instant at which it opens.
        #[serde(with = "timestamp")]
        until: OffsetDateTime,
    },
    /// Something was skipped: it could not be done, or a schedule, a rate limit or a frequency cap forbids it.
    Dropped {
        /// `rule` or `workflow`, and its id.
        source: String,
        /// The reason.
        reason: String,
    },
}

/// Why a rule does not run for a contact, or a contact does not enter a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// The contact has had the maximum number of runs.
    RunLimit,
    /// The last run is too recent.
    MinInterval,
    /// The rule or workflow is inactive, not yet valid or no longer valid.
    NotValid,
    /// Rules have started one another too many times in a row.
    Loop,
    /// The contact is in the workflow.
    Inside,
    /// The contact was in the workflow and may not enter again.
    Ended,
    /// The conditions of the entry point do not hold.
    Conditions,
    /// The rate limit over all contacts is reached.
    #[serde(rename = "cap")]
    RateLimit,
    /// A frequency cap for the contact is reached.
    #[serde(rename = "limit")]
    FrequencyCap,
    /// The schedule is closed and skips what is due.
    Schedule,
}

/// An operation as JSON writes it: `true` to add, `false` to remove.
mod is_add {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::sync::Operation;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
    pub(super) fn serialize<S: Serializer>(operation: &Operation, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*operation == Operation::Add)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Operation, D::Error> {
        bool::deserialize(deserializer).map(|add| if add { Operation::Add } else { Operation::Remove })
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RunLimit => "the contact has had the maximum number of runs",
            Self::MinInterval => "the last run is too recent",
            Self::NotValid => "it is inactive, not yet valid or no longer valid",
            Self::Loop => "too many rules started one another in a row",
            Self::Inside => "the contact is inside",
            Self::Ended => "the contact was inside and may not enter again",
            Self::Conditions => "the conditions of the entry point do not hold",
            Self::RateLimit => "the rate limit over all contacts is reached",
            Self::FrequencyCap => "a frequency cap of the contact is reached",
            Self::Schedule => "the schedule is closed",
        })
    }
}

impl fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditEntry({}, {}, {:?})", self.number, self.at, self.event)
    }
}

impl fmt::Display for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at)?;
        match &self.event {
            AuditEvent::Started { rule, event } => write!(f, "{event} started rule {rule}"),
            AuditEvent::Skipped { rule, reason } => write!(f, "rule {rule} was skipped: {reason}"),
            AuditEvent::Checked { rule, yes: true, .. } => write!(f, "rule {rule}: every condition held"),
            AuditEvent::Checked { rule, failed, .. } => {
                write!(f, "rule {rule}: condition {} did not hold", failed.map_or(0, |index| index + 1))
            }
            AuditEvent::ActionRun { source, action } => write!(f, "{source} ran {action}"),
            AuditEvent::Member { source, audience, operation, generation } => {
                let what = if *operation == Operation::Add { "added to" } else { "removed from" };
                write!(f, "{source} {what} audience {audience} (generation {generation})")
            }
            AuditEvent::Refused { workflow, start, reason } => {
                write!(f, "did not enter workflow {workflow} by entry point {}: {reason}", start + 1)
            }
            AuditEvent::NodeEntered { workflow, node } => write!(f, "reached {node} in workflow {workflow}"),
            AuditEvent::WorkflowExited { workflow, by } => write!(f, "left workflow {workflow} by {by}"),
            AuditEvent::Postponed { source, until } => write!(f, "{source} waits until {until}"),
            AuditEvent::Dropped { source, reason } => write!(f, "{source} skipped: {reason}"),
        }
    }
}
