//! Workflows: a graph that each contact walks at its own pace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::delay::Delay;
use super::frequency::RateLimit;
use super::rule;
use super::schedule::Schedule;
use super::trigger::Trigger;
use crate::automation::unique_map;

/// A workflow: start branches, nodes by name, and what ends the walk early.
///
/// ```
/// use audiencekit::automation::{Action, Delay, Node, Trigger, Workflow};
///
/// let workflow = Workflow::new("cart", 1)
///     .start(Trigger::external("cart"), "hold")
///     .node("hold", Node::WaitFor {
///         on: vec![Trigger::external("purchase")],
///         within: Delay::Hours(24),
///         then: "bought".into(),
///         otherwise: "lost".into(),
///     })
///     .node("bought", Node::End)
///     .node("lost", Node::Do { actions: vec![Action::AddTag { tag: "ABANDONED".into() }], to: "bought".into() });
/// assert_eq!(workflow.nodes.len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Workflow {
    /// Unique among the workflows.
    pub id: String,
    /// Raised by one with each edit; contacts on their way may stay on an older one.
    pub version: u32,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A folder for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// False for a workflow that lets no one in; those inside go on.
    #[serde(default = "rule::yes", skip_serializing_if = "rule::is_yes")]
    pub active: bool,
    /// Ways in; an event that matches several takes the first.
    pub starts: Vec<EntryPoint>,
    /// The nodes by their ids.
    #[serde(deserialize_with = "unique_map::deserialize")]
    pub nodes: BTreeMap<String, Node>,
    /// When a contact may come in again.
    #[serde(default)]
    pub reentry: Reentry,
    /// When its actions may be done: a contact that comes to a [`Node::Do`] outside waits there, or goes on without
    /// its actions. Always if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Most contacts that come in in a period; no limit if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<RateLimit>,
    /// What takes a contact out early.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitCriterion>,
}

/// A way into a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryPoint {
    /// The event that starts it.
    pub on: Trigger,
    /// Filters that must all hold at the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// The first node.
    pub to: String,
}

/// When a contact may come into a workflow again. It is never inside twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reentry {
    /// Once it has come to an end; while inside, the same trigger does nothing.
    #[default]
    AfterEnd,
    /// Never.
    Never,
    /// At any time: it begins again from the start.
    Restart,
}

/// What takes a contact out of a workflow early.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitCriterion {
    /// For people and the audit log.
    pub name: String,
    /// True when this is what the workflow is for.
    #[serde(default)]
    pub goal: bool,
    /// Events of which any ends the walk, if the filters hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Trigger>,
    /// Filters that must all hold. Without events they are looked at whenever the contact is touched or goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
}

/// One node of a workflow. A node id that nothing has is a problem of [`Definitions::check`](super::definitions::Definitions::check).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Node {
    /// Does actions, one after the other, and goes on.
    Do {
        /// The actions.
        actions: Vec<Action>,
        /// The next node.
        to: String,
    },
    /// Takes the first path whose filters all hold.
    Check {
        /// The paths, in order.
        paths: Vec<CheckPath>,
        /// The node when none holds.
        otherwise: String,
    },
    /// Waits, then goes on.
    Wait {
        /// How long.
        #[serde(rename = "for")]
        delay: Delay,
        /// The next node.
        to: String,
    },
    /// Waits for an event: goes on at once when it comes, and another way when the time is over.
    WaitFor {
        /// The events, any of them.
        on: Vec<Trigger>,
        /// How long.
        within: Delay,
        /// The node when it came.
        then: String,
        /// The node when it did not.
        otherwise: String,
    },
    /// Parts contacts by a stable hash of the contact's id, the workflow's id and the node's id: a test of
    /// A against B, of any number of ways.
    Split {
        /// The ways and their weights.
        paths: Vec<SplitPath>,
    },
    /// Ends the walk.
    End,
}

/// One way out of a [`Node::Check`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckPath {
    /// Filters that must all hold.
    pub when: Vec<String>,
    /// The node.
    pub to: String,
}

/// One way out of a [`Node::Split`]. A holdout is a way to an [`Node::End`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitPath {
    /// Its share of the sum of all weights.
    pub weight: u32,
    /// The node.
    pub to: String,
}

impl Node {
    /// The nodes it may go to.
    pub(super) fn targets(&self) -> Vec<&str> {
        match self {
            Self::Do { to, .. } | Self::Wait { to, .. } => vec![to],
            Self::Check { paths, otherwise } => {
                paths.iter().map(|path| path.to.as_str()).chain([otherwise.as_str()]).collect()
            }
            Self::WaitFor { then, otherwise, .. } => vec![then, otherwise],
            Self::Split { paths } => paths.iter().map(|path| path.to.as_str()).collect(),
            Self::End => Vec::new(),
        }
    }

    /// True when a contact does not pass through it at once.
    pub(in crate::automation) fn holds(&self) -> bool {
        match self {
            Self::Wait { delay, .. } => !delay.is_none(),
            Self::WaitFor { within, .. } => !within.is_none(),
            _ => false,
        }
    }
}

impl Workflow {
    /// A workflow without nodes.
    #[must_use]
    pub fn new(id: impl Into<String>, version: u32) -> Self {
        Self {
            id: id.into(),
            version,
            name: String::new(),
            group: None,
            active: true,
            starts: Vec::new(),
            nodes: BTreeMap::new(),
            reentry: Reentry::default(),
            schedule: None,
            cap: None,
            exits: Vec::new(),
        }
    }

    /// Sets the name for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the folder, which a [`FrequencyCap`](super::frequency::FrequencyCap) may be over.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Lets contacts in, or no more of them.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// One more way in.
    #[must_use]
    pub fn start(mut self, on: Trigger, to: impl Into<String>) -> Self {
        self.starts.push(EntryPoint { on, when: Vec::new(), to: to.into() });
        self
    }

    /// One more node.
    #[must_use]
    pub fn node(mut self, id: impl Into<String>, node: Node) -> Self {
        self.nodes.insert(id.into(), node);
        self
    }

    /// When a contact may come in again.
    #[must_use]
    pub fn reentry(mut self, reentry: Reentry) -> Self {
        self.reentry = reentry;
        self
    }

    /// When its actions may be done.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Most contacts that come in in a period.
    #[must_use]
    pub fn cap(mut self, cap: RateLimit) -> Self {
        self.cap = Some(cap);
        self
    }

    /// One more early end.
    #[must_use]
    pub fn exit(mut self, exit: ExitCriterion) -> Self {
        self.exits.push(exit);
        self
    }
}
