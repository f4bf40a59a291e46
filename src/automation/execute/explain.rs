//! Explains why a contact is or is not in an audience.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::ops::ControlFlow;

use time::OffsetDateTime;

use super::context::{self, Step};
use super::{audit_log, rate_limit, rule, workflow};
use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::action::Action;
use crate::automation::definition::condition::{Condition, first_failing};
use crate::automation::definition::workflow::Node;
use crate::automation::program::compiled::{CompiledRule, CompiledWorkflow, Program};
use crate::automation::state::audit::{AuditEntry, AuditEvent, SkipReason};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::store::store::Store;
use crate::error::Result;
use crate::sync::Operation;

/// Why a contact is or is not in an audience: what has happened, and what would keep it out if its event came now.
///
/// `Display` prints it as text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MembershipExplanation {
    /// Whether the last change added the contact, or `None` if there was none.
    pub is_member: Option<bool>,
    /// Whether that change was not sent yet.
    pub is_waiting: bool,
    /// Whether the contact store has the contact. If not, nothing would run for it, whatever the status of rules and
    /// workflows.
    pub is_known: bool,
    /// The last audit entries about this contact and what feeds the audience, at most
    /// [`MembershipExplanation::MOST_ENTRIES`].
    pub trace: Vec<AuditEntry>,
    /// Whether earlier entries about the contact were left out.
    pub has_earlier: bool,
    /// The status of each rule that feeds the audience, directly or through a rule that it runs.
    pub rules: Vec<RuleStatus>,
    /// The status of each workflow that feeds the audience.
    pub workflows: Vec<WorkflowStatus>,
}

impl MembershipExplanation {
    /// The maximum number of entries in [`trace`](Self::trace).
    pub const MOST_ENTRIES: usize = 1_000;
    /// The maximum number of entries about the contact that are read.
    pub const MOST_READ: usize = 10_000;
}

/// The status of a rule for a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleStatus {
    /// The id of the rule.
    pub rule: String,
    /// The number of runs for the contact, counted up to its run limit, or up to 1 without a limit.
    pub runs: u32,
    /// What would keep it from running now, whether or not its conditions hold.
    pub blocked_by: Option<SkipReason>,
    /// The first condition that does not hold now, counted from 0.
    pub failing_condition: Option<usize>,
}

/// The status of a workflow for a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkflowStatus {
    /// The id of the workflow.
    pub workflow: String,
    /// The node at which the contact waits.
    pub node: Option<String>,
    /// What would keep the contact from entering now, whether or not the conditions hold.
    pub blocked_by: Option<SkipReason>,
    /// For each entry point the first condition that does not hold now, counted from 0.
    pub failing_conditions: Vec<Option<usize>>,
}

/// Explains why a contact is or is not in an audience that automation fills.
pub(in crate::automation) fn explain<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: &str,
    audience: &str,
    now: OffsetDateTime,
) -> Result<MembershipExplanation> {
    let program = step.program;
    let feeding = Feeding::of(program, audience);
    let mut trace = VecDeque::new();
    let most = MembershipExplanation::MOST_READ;
    let has_earlier = audit_log::newest_about(step.store, contact, most, &mut |entry| {
        if trace.len() == MembershipExplanation::MOST_ENTRIES {
            return ControlFlow::Break(());
        }
        if feeding.concerns(&entry.event, audience) {
            trace.push_front(entry);
        }
        ControlFlow::Continue(())
    })?;
    let slot = step.state.fetch(step.store, contact)?;
    let is_known = context::reload(step, slot)?;
    let mut rules = Vec::new();
    for compiled in program.rules.iter().filter(|compiled| feeding.rules.contains(&*compiled.rule.id)) {
        rules.push(rule_status(step, compiled, slot, is_known, now)?);
    }
    let mut workflows = Vec::new();
    for compiled in program.workflows.iter().filter(|compiled| compiled.current) {
        if feeding.workflows.contains(&*compiled.workflow.id) {
            workflows.push(workflow_status(step, compiled, slot, is_known, now)?);
        }
    }
    let record = step.state.contacts.get(slot);
    let (mut is_member, mut is_waiting) = (None, false);
    if let Some(audience) = step.state.names.get(audience) {
        let last = record.members.iter().find(|(fed, _)| *fed == audience);
        is_member = last.map(|(_, last)| last.operation == Operation::Add);
        is_waiting = step.state.outbox.is_waiting(record, audience);
    }
    let trace = trace.into();
    Ok(MembershipExplanation { is_member, is_waiting, is_known, trace, has_earlier, rules, workflows })
}

fn rule_status<S, C>(
    step: &Step<'_, S, C>,
    compiled: &CompiledRule,
    contact: ContactSlot,
    is_known: bool,
    now: OffsetDateTime,
) -> Result<RuleStatus> {
    let blocked_by = match rule::blocked_by(step, compiled, contact, now) {
        None if !compiled.rule.is_valid_at(now) => Some(SkipReason::NotValid),
        None => rate_limit::blocked_by(step, &compiled.limits, contact, now),
        reason => reason,
    };
    Ok(RuleStatus {
        rule: compiled.rule.id.clone(),
        runs: step.state.runs(compiled.name, contact),
        blocked_by,
        failing_condition: failing(step, &compiled.conditions, is_known, now)?,
    })
}

fn workflow_status<S, C>(
    step: &Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    is_known: bool,
    now: OffsetDateTime,
) -> Result<WorkflowStatus> {
    let blocked_by = workflow::blocked_by(step, compiled, contact, false);
    let starts = compiled.starts.iter().map(|start| failing(step, start, is_known, now));
    Ok(WorkflowStatus {
        workflow: compiled.workflow.id.clone(),
        node: step.state.position(compiled.name, contact).map(|position| position.node.clone()),
        blocked_by: blocked_by.or_else(|| rate_limit::blocked_by(step, &compiled.limits, contact, now)),
        failing_conditions: starts.collect::<Result<_>>()?,
    })
}

/// Returns the first condition that the loaded contact does not meet.
fn failing<S, C>(
    step: &Step<'_, S, C>,
    conditions: &[Condition],
    is_known: bool,
    now: OffsetDateTime,
) -> Result<Option<usize>> {
    if is_known { first_failing(conditions, step.contact, now) } else { Ok(None) }
}

/// The rules and workflows that add to an audience or remove from it, themselves or by a rule that they run.
#[derive(Default)]
struct Feeding<'a> {
    rules: HashSet<&'a str>,
    workflows: HashSet<&'a str>,
}

impl<'a> Feeding<'a> {
    fn of(program: &'a Program, audience: &str) -> Self {
        let mut found = Self::default();
        // Rules may run rules further down: as long as there is one more, look again.
        loop {
            let known = found.rules.len();
            for compiled in &program.rules {
                let mut actions =
                    compiled.rule.if_yes.iter().chain(&compiled.rule.if_no).map(|step| &step.action);
                if actions.any(|action| found.feeds(action, audience)) {
                    found.rules.insert(&compiled.rule.id);
                }
            }
            if found.rules.len() == known {
                break;
            }
        }
        for compiled in &program.workflows {
            let mut nodes = compiled.nodes.iter();
            let feeds = |node: &Node| match node {
                Node::Do { actions, .. } => actions.iter().any(|action| found.feeds(action, audience)),
                _ => false,
            };
            if nodes.any(|node| feeds(&node.node)) {
                found.workflows.insert(&compiled.workflow.id);
            }
        }
        found
    }

    fn feeds(&self, action: &Action, audience: &str) -> bool {
        match action {
            Action::RunRule { rule, .. } => self.rules.contains(&**rule),
            other => other.audience().is_some_and(|fed| fed.as_str() == audience),
        }
    }

    fn concerns(&self, what: &AuditEvent, id: &str) -> bool {
        match what {
            AuditEvent::Started { rule, .. }
            | AuditEvent::Skipped { rule, .. }
            | AuditEvent::Checked { rule, .. } => self.rules.contains(&**rule),
            AuditEvent::Refused { workflow, .. } => self.workflows.contains(&**workflow),
            AuditEvent::Member { audience, .. } => audience == id,
            AuditEvent::ActionRun { .. }
            | AuditEvent::NodeEntered { .. }
            | AuditEvent::WorkflowExited { .. }
            | AuditEvent::Postponed { .. }
            | AuditEvent::Dropped { .. } => true,
        }
    }
}

impl fmt::Display for MembershipExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.is_member, self.is_waiting) {
            (Some(true), false) => "in the audience",
            (Some(true), true) => "to be added with the next flush",
            (Some(false), false) => "removed from the audience",
            (Some(false), true) => "to be removed with the next flush",
            (None, _) => "never added",
        })?;
        if self.has_earlier {
            f.write_str("\n  earlier entries are omitted")?;
        }
        for entry in &self.trace {
            write!(f, "\n  {entry}")?;
        }
        if !self.is_known {
            return f.write_str("\n  unknown contact: nothing would run for it now");
        }
        self.rules.iter().try_for_each(|rule| write!(f, "\n  {rule}"))?;
        self.workflows.iter().try_for_each(|workflow| write!(f, "\n  {workflow}"))
    }
}

impl fmt::Display for RuleStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_run = if self.runs > 0 { "has run" } else { "has not run" };
        write!(f, "rule {} {has_run}; now ", self.rule)?;
        match (self.blocked_by, self.failing_condition) {
            (Some(reason), _) => write!(f, "it would be skipped: {reason}"),
            (None, Some(index)) => write!(f, "condition {} does not hold", index + 1),
            (None, None) => f.write_str("every condition holds"),
        }
    }
}

impl fmt::Display for WorkflowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workflow {}", self.workflow)?;
        if let Some(node) = &self.node {
            return write!(f, ": the contact waits at {node}");
        }
        if let Some(reason) = self.blocked_by {
            return write!(f, " would not let the contact enter now: {reason}");
        }
        for (start, failing) in self.failing_conditions.iter().enumerate() {
            match failing {
                Some(index) => {
                    write!(f, "; condition {} of entry point {} does not hold", index + 1, start + 1)?;
                }
                None => write!(f, "; entry point {} would let the contact enter", start + 1)?,
            }
        }
        Ok(())
    }
}
