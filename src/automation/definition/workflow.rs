//! Workflows: graphs that contacts move through over time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::action::Action;
use super::delay::Delay;
use super::flag;
use super::frequency::RateLimit;
use super::schedule::Schedule;
use super::trigger::Trigger;
use crate::automation::unique_map;

/// A workflow: a graph of nodes that each contact moves through at its own pace, with entry points and exit criteria.
///
/// A contact has at most one active instance of a workflow.
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
    /// The id, unique among the workflows. Positions, timers and the audit log refer to it.
    pub id: String,
    /// The version. Raise it with each edit; contacts inside may finish the version that they entered.
    pub version: u32,
    /// The name to show. Defaults to an empty text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The folder, which a [`FrequencyCap`](super::frequency::FrequencyCap) may refer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether contacts may enter. Contacts inside continue either way. Defaults to `true`.
    #[serde(default = "flag::on", skip_serializing_if = "flag::is_on")]
    pub active: bool,
    /// The entry points. An event that matches several uses the first that lets the contact in.
    pub starts: Vec<EntryPoint>,
    /// The nodes by their ids.
    #[serde(deserialize_with = "unique_map::deserialize")]
    pub nodes: BTreeMap<String, Node>,
    /// Whether a contact may enter again. Defaults to [`Reentry::AfterEnd`].
    #[serde(default)]
    pub reentry: Reentry,
    /// The hours in which its actions may run. A contact that reaches a [`Node::Do`] outside of them waits there, or
    /// continues without the actions. Defaults to always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The limit of contacts that enter. Defaults to none. In JSON it is `cap`.
    #[serde(rename = "cap", default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// The criteria that end an instance early.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exits: Vec<ExitCriterion>,
}

/// An entry point of a workflow: a trigger, conditions, and the first node.
///
/// ```
/// use audiencekit::automation::{EntryPoint, Trigger};
///
/// let entry = EntryPoint::new(Trigger::external("cart"), "wait").when("email is set");
/// assert_eq!((entry.to.as_str(), entry.when.len()), ("wait", 1));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EntryPoint {
    /// The trigger.
    pub on: Trigger,
    /// The conditions, filters that must all hold at the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// The first node.
    pub to: String,
}

/// Controls re-entry. A contact has at most one active instance of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reentry {
    /// The contact may enter again once its instance has ended. While it is inside, a trigger does nothing.
    #[default]
    AfterEnd,
    /// The contact may enter once.
    Never,
    /// The contact may enter at any time. An active instance begins again at the first node.
    Restart,
}

/// A criterion that ends an instance of a workflow early.
///
/// ```
/// use audiencekit::automation::{ExitCriterion, Trigger};
///
/// let bought = ExitCriterion::new("bought").goal().on(Trigger::external("purchase"));
/// assert!(bought.goal && bought.when.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExitCriterion {
    /// The name, as it appears in the audit log.
    pub name: String,
    /// Whether this exit is the goal of the workflow. Defaults to `false`.
    #[serde(default)]
    pub goal: bool,
    /// The triggers, any of which ends the instance if the conditions hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Trigger>,
    /// The conditions, filters that must all hold. Without triggers they are checked whenever the contact changes or
    /// reaches a node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
}

/// A node of a workflow. Nodes refer to each other by id; [`Definitions::check`](super::definitions::Definitions::check)
/// reports an id that no node has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Node {
    /// Runs actions in order, then continues.
    Do {
        /// The actions.
        actions: Vec<Action>,
        /// The next node.
        to: String,
    },
    /// Takes the first path whose conditions all hold.
    Check {
        /// The paths, in order.
        paths: Vec<CheckPath>,
        /// The node if no path is taken.
        otherwise: String,
    },
    /// Waits, then continues.
    Wait {
        /// The time to wait.
        #[serde(rename = "for")]
        delay: Delay,
        /// The next node.
        to: String,
    },
    /// Waits for an event: continues at once when it happens, and on another path when the time is over.
    WaitFor {
        /// The triggers of which any ends the wait.
        on: Vec<Trigger>,
        /// The time to wait, above zero.
        within: Delay,
        /// The node if the event happened.
        then: String,
        /// The node if the time is over.
        otherwise: String,
    },
    /// Divides contacts by a stable hash of contact id, workflow id and node id, for A/B tests of any number of paths.
    Split {
        /// The paths and their weights.
        paths: Vec<SplitPath>,
    },
    /// Ends the instance.
    End,
}

/// A path of a [`Node::Check`].
///
/// ```
/// use audiencekit::automation::CheckPath;
///
/// let path = CheckPath::new("polish").when("country = \"PL\"");
/// assert_eq!(path.to, "polish");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CheckPath {
    /// The conditions, filters that must all hold.
    pub when: Vec<String>,
    /// The next node.
    pub to: String,
}

/// A path of a [`Node::Split`]. For a holdout, let a path lead to a [`Node::End`].
///
/// ```
/// use audiencekit::automation::{Node, SplitPath};
///
/// let test = Node::Split { paths: vec![SplitPath::new(90, "ads"), SplitPath::new(10, "holdout")] };
/// assert!(matches!(test, Node::Split { paths } if paths[1].weight == 10));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SplitPath {
    /// The share of contacts, relative to the sum of all weights.
    pub weight: u32,
    /// The next node.
    pub to: String,
}

impl EntryPoint {
    /// Creates an entry point without conditions that leads to the node `to`.
    #[must_use]
    pub fn new(on: Trigger, to: impl Into<String>) -> Self {
        Self { on, when: Vec::new(), to: to.into() }
    }

    /// Adds a condition, a filter of the segment language.
    #[must_use]
    pub fn when(mut self, filter: impl Into<String>) -> Self {
        self.when.push(filter.into());
        self
    }
}

impl ExitCriterion {
    /// Creates an exit without triggers and conditions. It needs at least one of them.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), goal: false, on: Vec::new(), when: Vec::new() }
    }

    /// Marks the exit as the goal of the workflow.
    #[must_use]
    pub fn goal(mut self) -> Self {
        self.goal = true;
        self
    }

    /// Adds a trigger. Any of the triggers ends the instance.
    #[must_use]
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.on.push(trigger);
        self
    }

    /// Adds a condition, a filter of the segment language.
    #[must_use]
    pub fn when(mut self, filter: impl Into<String>) -> Self {
        self.when.push(filter.into());
        self
    }
}

impl CheckPath {
    /// Creates a path without conditions, which is always taken.
    #[must_use]
    pub fn new(to: impl Into<String>) -> Self {
        Self { when: Vec::new(), to: to.into() }
    }

    /// Adds a condition, a filter of the segment language.
    #[must_use]
    pub fn when(mut self, filter: impl Into<String>) -> Self {
        self.when.push(filter.into());
        self
    }
}

impl SplitPath {
    /// Creates a path of a weight.
    #[must_use]
    pub fn new(weight: u32, to: impl Into<String>) -> Self {
        Self { weight, to: to.into() }
    }
}

impl Node {
    /// Returns the nodes that may follow.
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

    /// Returns `true` if a contact stays at the node for a time.
    pub(in crate::automation) fn holds(&self) -> bool {
        match self {
            Self::Wait { delay, .. } => !delay.is_none(),
            Self::WaitFor { within, .. } => !within.is_none(),
            _ => false,
        }
    }
}

impl Workflow {
    /// Creates an active workflow without nodes.
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
            rate_limit: None,
            exits: Vec::new(),
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

    /// Sets whether contacts may enter. Defaults to `true`.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// Adds an entry point without conditions that leads to the node `to`.
    #[must_use]
    pub fn start(self, on: Trigger, to: impl Into<String>) -> Self {
        self.entry_point(EntryPoint::new(on, to))
    }

    /// Adds an entry point.
    #[must_use]
    pub fn entry_point(mut self, entry: EntryPoint) -> Self {
        self.starts.push(entry);
        self
    }

    /// Adds a node, or replaces the node of this id.
    #[must_use]
    pub fn node(mut self, id: impl Into<String>, node: Node) -> Self {
        self.nodes.insert(id.into(), node);
        self
    }

    /// Sets whether a contact may enter again. Defaults to [`Reentry::AfterEnd`].
    #[must_use]
    pub fn reentry(mut self, reentry: Reentry) -> Self {
        self.reentry = reentry;
        self
    }

    /// Sets the hours in which its actions may run. Defaults to always.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Limits how many contacts may enter per period. Defaults to no limit.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Adds an exit criterion.
    #[must_use]
    pub fn exit(mut self, exit: ExitCriterion) -> Self {
        self.exits.push(exit);
        self
    }
}
