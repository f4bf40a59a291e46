//! Why a contact is, or is not, in an audience.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::audience::Audience;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::action::Action;
use crate::automation::definition::condition::{Condition, first_failing};
use crate::automation::definition::workflow::Node;
use crate::automation::engine::AutomationEngine;
use crate::automation::program::compiled::{CompiledRule, CompiledWorkflow, Program};
use crate::automation::state::audit::{AuditEntry, AuditEvent, SkipReason};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::store::store::Store;
use crate::error::Result;

/// Why a contact is, or is not, in an audience: what has happened, and what would keep it out if its event came now.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MembershipExplanation {
    /// True when the last operation added the contact; `None` without one.
    pub is_member: Option<bool>,
    /// True when that operation was not sent yet.
    pub is_waiting: bool,
    /// False for a contact that the contact store does not have: nothing would run for it, whatever is said of rules
    /// and workflows.
    pub is_known: bool,
    /// The last entries of the audit log about this contact and anything that feeds the audience, at most
    /// [`MembershipExplanation::MOST_ENTRIES`].
    pub trace: Vec<AuditEntry>,
    /// True when there are earlier entries about the contact that were left out.
    pub has_earlier: bool,
    /// Each rule that feeds the audience, itself or by a rule that it runs, and how it stands with the contact now.
    pub rules: Vec<RuleStatus>,
    /// Each workflow that feeds the audience, and how it stands with the contact now.
    pub workflows: Vec<WorkflowStatus>,
}

impl MembershipExplanation {
    /// Most entries of a trace.
    pub const MOST_ENTRIES: usize = 1_000;
    /// Most entries about the contact that are looked at for a trace.
    pub const MOST_READ: usize = 10_000;
}

/// How a rule stands with a contact now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleStatus {
    /// The rule.
    pub rule: String,
    /// How often it has run for the contact, counted up to its run limit; of a rule without one, counted up to 1.
    pub runs: u32,
    /// What would keep it from running now, whatever its conditions say.
    pub refusal: Option<SkipReason>,
    /// The first condition that does not hold now, counted from 0.
    pub failing: Option<usize>,
}

/// How a workflow stands with a contact now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkflowStatus {
    /// The workflow.
    pub workflow: String,
    /// The node at which the contact waits.
    pub node: Option<String>,
    /// What would keep the contact from coming in now, whatever the conditions of the starts say.
    pub refusal: Option<SkipReason>,
    /// Of each start, the first condition that does not hold now, counted from 0.
    pub failing: Vec<Option<usize>>,
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Says why a contact is or is not in an audience that automation fills.
    ///
    /// It reads the last [`MembershipExplanation::MOST_READ`] entries about this contact at most, however long the audit log is:
    /// the store has them by contact.
    ///
    /// # Errors
    /// What the stores return.
    pub fn explain(
        &mut self,
        contact: &str,
        audience: &Audience,
        now: OffsetDateTime,
    ) -> Result<MembershipExplanation> {
        let id = audience.id().to_string();
        let program = Arc::clone(&self.program);
        let feeding = Feeding::of(&program, &id);
        let mut trace = VecDeque::new();
        let has_earlier = self.newest_about(contact, MembershipExplanation::MOST_READ, &mut |entry| {
            let concerns = feeding.concerns(&entry.what, &id);
            let has_room = trace.len() < MembershipExplanation::MOST_ENTRIES;
            if concerns && has_room {
                trace.push_front(entry);
            }
            has_room
        })?;
        let who = self.state.fetch(&self.store, contact)?;
        self.in_hand = None;
        let is_known = self.take_in_hand(who)?;
        let mut rules = Vec::new();
        for ready in program.rules.iter().filter(|ready| feeding.rules.contains(&*ready.rule.id)) {
            rules.push(self.standing_of_rule(ready, who, is_known, now)?);
        }
        let mut workflows = Vec::new();
        for ready in program.flows.iter().filter(|ready| ready.current) {
            if feeding.workflows.contains(&*ready.workflow.id) {
                workflows.push(self.standing_of_workflow(ready, who, is_known, now)?);
            }
        }
        let person = self.state.people.get(who);
        let (mut is_member, mut is_waiting) = (None, false);
        if let Some(audience) = self.state.known(&id) {
            is_member = person.members.iter().find(|(fed, _)| *fed == audience).map(|(_, last)| last.add);
            is_waiting = self.state.outbox.is_waiting(person, audience);
        }
        Ok(MembershipExplanation {
            is_member,
            is_waiting,
            is_known,
            trace: trace.into(),
            has_earlier,
            rules,
            workflows,
        })
    }

    fn standing_of_rule(
        &self,
        ready: &CompiledRule,
        who: ContactSlot,
        is_known: bool,
        now: OffsetDateTime,
    ) -> Result<RuleStatus> {
        let refusal = match self.keeps_from_running(ready, who, now) {
            None if !ready.rule.is_valid_at(now) => Some(SkipReason::NotValid),
            None => self.meets(&ready.bounds, who, now),
            reason => reason,
        };
        Ok(RuleStatus {
            rule: ready.rule.id.clone(),
            runs: self.state.runs(ready.name, who),
            refusal,
            failing: self.failing(&ready.conditions, is_known, now)?,
        })
    }

    fn standing_of_workflow(
        &self,
        ready: &CompiledWorkflow,
        who: ContactSlot,
        is_known: bool,
        now: OffsetDateTime,
    ) -> Result<WorkflowStatus> {
        let refusal = self.keeps_from_entering(ready, who, false);
        let starts = ready.starts.iter().map(|start| self.failing(start, is_known, now));
        Ok(WorkflowStatus {
            workflow: ready.workflow.id.clone(),
            node: self.state.position(ready.name, who).map(|position| position.node.clone()),
            refusal: refusal.or_else(|| self.meets(&ready.bounds, who, now)),
            failing: starts.collect::<Result<_>>()?,
        })
    }

    /// The first condition that the contact in hand does not meet.
    fn failing(
        &self,
        conditions: &[Condition],
        is_known: bool,
        now: OffsetDateTime,
    ) -> Result<Option<usize>> {
        if is_known { first_failing(conditions, &self.contact, now) } else { Ok(None) }
    }
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
            for ready in &program.rules {
                let mut actions = ready.rule.if_yes.iter().chain(&ready.rule.if_no).map(|step| &step.action);
                if actions.any(|action| found.feeds(action, audience)) {
                    found.rules.insert(&ready.rule.id);
                }
            }
            if found.rules.len() == known {
                break;
            }
        }
        for ready in &program.flows {
            let mut nodes = ready.nodes.iter();
            let feeds = |node: &Node| match node {
                Node::Do { actions, .. } => actions.iter().any(|action| found.feeds(action, audience)),
                _ => false,
            };
            if nodes.any(|node| feeds(&node.node)) {
                found.workflows.insert(&ready.workflow.id);
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
            AuditEvent::Acted { .. }
            | AuditEvent::Moved { .. }
            | AuditEvent::Left { .. }
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
            (Some(false), false) => "taken out of the audience",
            (Some(false), true) => "to be taken out with the next flush",
            (None, _) => "never added",
        })?;
        if self.has_earlier {
            f.write_str("\n  earlier entries are left out")?;
        }
        for entry in &self.trace {
            write!(f, "\n  {entry}")?;
        }
        if !self.is_known {
            return f
                .write_str("\n  the contact store does not have the contact: nothing would run for it now");
        }
        self.rules.iter().try_for_each(|rule| write!(f, "\n  {rule}"))?;
        self.workflows.iter().try_for_each(|workflow| write!(f, "\n  {workflow}"))
    }
}

impl fmt::Display for RuleStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_run = if self.runs > 0 { "has run" } else { "has not run" };
        write!(f, "rule {} {has_run}; now ", self.rule)?;
        match (self.refusal, self.failing) {
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
        if let Some(reason) = self.refusal {
            return write!(f, " would not let it in now: {reason}");
        }
        for (start, failing) in self.failing.iter().enumerate() {
            match failing {
                Some(index) => write!(f, "; condition {} of start {} does not hold", index + 1, start + 1)?,
                None => write!(f, "; start {} would let it in", start + 1)?,
            }
        }
        Ok(())
    }
}
