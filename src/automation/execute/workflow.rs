//! Contacts on their way through workflows.

use std::sync::Arc;

use time::OffsetDateTime;

use super::context::RunContext;
use crate::automation::contact_store::store::{ContactStore, unknown_contact};
use crate::automation::definition::condition::{Condition, first_failing};
use crate::automation::definition::workflow::{Node, Reentry};
use crate::automation::engine::AutomationEngine;
use crate::automation::idempotency;
use crate::automation::program::compiled::CompiledWorkflow;
use crate::automation::program::limits::ScheduleDecision;
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::contact_cache::{self, ContactSlot};
use crate::automation::state::contact_record::Timer;
use crate::automation::state::engine_state::NameId;
use crate::automation::state::job::{Causation, Job, Origin, Position};
use crate::automation::store::store::Store;
use crate::automation::timestamp::{from_micros, micros};
use crate::error::{Error, ErrorKind, Result};

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// An event matches a start: the contact comes in, if it may. It gives what keeps it out. A cap or a limit, which
    /// is told here, does not count as that: no other start is to be tried then.
    pub(super) fn enter(
        &mut self,
        flow: usize,
        start: usize,
        contact: ContactSlot,
        inside: &[(NameId, Option<Timer>)],
        at: OffsetDateTime,
        cause: Causation,
    ) -> Option<SkipReason> {
        let program = Arc::clone(&self.program);
        let ready = program.flows.get(flow)?;
        let (conditions, begin) = (ready.starts.get(start)?, ready.workflow.starts.get(start)?);
        let was_inside = inside.iter().any(|&(workflow, _)| workflow == ready.name);
        if let Some(reason) = self.keeps_from_entering(ready, contact, was_inside) {
            return Some(reason);
        }
        if !self.all_hold(ready, contact, conditions, at) {
            return Some(SkipReason::Conditions);
        }
        if !self.may_run(&ready.bounds, RunContext { origin: &ready.origin, contact, at }) {
            return None;
        }
        self.take_out(ready.name, contact);
        self.state.tell_again(ready.name, contact);
        self.outcome.matched += 1;
        self.walk(ready, contact, &begin.to, at, cause);
        None
    }

    /// What keeps a contact from coming in, whatever the conditions of a start say.
    pub(super) fn keeps_from_entering(
        &self,
        ready: &CompiledWorkflow,
        contact: ContactSlot,
        was_inside: bool,
    ) -> Option<SkipReason> {
        if !ready.workflow.active {
            return Some(SkipReason::NotValid);
        }
        let is_inside = was_inside || self.state.position(ready.name, contact).is_some();
        match ready.workflow.reentry {
            Reentry::AfterEnd | Reentry::Never if is_inside => Some(SkipReason::Inside),
            Reentry::Never if self.state.has_ended(ready.name, contact) => Some(SkipReason::Ended),
            _ => None,
        }
    }

    /// Tells that an event found a start and the contact did not come in.
    pub(super) fn refuse(
        &mut self,
        flow: usize,
        start: usize,
        contact: ContactSlot,
        at: OffsetDateTime,
        reason: SkipReason,
    ) {
        let program = Arc::clone(&self.program);
        let Some(ready) = program.flows.get(flow) else { return };
        if self.options.audit && self.state.tell_once(ready.name, contact, reason) {
            let workflow = ready.workflow.id.clone();
            self.audit(contact, at, || AuditEvent::Refused { workflow, start, reason });
        }
    }

    /// An event that a contact may be waiting for.
    pub(in crate::automation) fn came(
        &mut self,
        flow: usize,
        node: usize,
        contact: ContactSlot,
        inside: &[(NameId, Option<Timer>)],
        at: OffsetDateTime,
    ) {
        let program = Arc::clone(&self.program);
        let Some(ready) = program.flows.get(flow) else { return };
        let Some(waits) = ready.nodes.get(node) else { return };
        let Node::WaitFor { then, .. } = &waits.node else { return };
        let waiting = self.state.position(ready.name, contact).is_some_and(|position| {
            position.version == ready.workflow.version
                && position.node == waits.id
                && position.since <= micros(at)
                && inside.contains(&(ready.name, position.timer))
        });
        if waiting && let Some(position) = self.take_out(ready.name, contact) {
            self.outcome.matched += 1;
            self.walk(ready, contact, then, at, rested(&position, at));
        }
    }

    /// The time of a wait is over.
    pub(super) fn wake(
        &mut self,
        workflow: NameId,
        contact: ContactSlot,
        timer: (i64, u64),
        at: OffsetDateTime,
    ) {
        let Some(position) = self.state.position(workflow, contact) else { return };
        if position.timer != Some(timer) {
            return;
        }
        let program = Arc::clone(&self.program);
        let ready = program.flow(workflow, position.version);
        let node = ready.and_then(|ready| ready.node(&position.node));
        let Some(position) = self.state.take_position(workflow, contact) else { return };
        match (ready, node.map(|node| &node.node)) {
            // It waited there for the schedule to open.
            (Some(ready), Some(Node::Do { .. })) => {
                self.walk(ready, contact, &position.node, at, rested(&position, at));
            }
            (Some(ready), Some(Node::Wait { to, .. } | Node::WaitFor { otherwise: to, .. })) => {
                self.walk(ready, contact, to, at, rested(&position, at));
            }
            _ => {
                let id = self.state.text(workflow).to_string();
                let gone = Error::new(
                    ErrorKind::NotFound,
                    format!("workflow {id}"),
                    "was taken away, or the node that a contact waited at",
                );
                self.give_up(RunContext { origin: &Origin::Workflow(id), contact, at }, gone);
            }
        }
    }

    /// Walks from `node` on until the contact must wait or has come to an end.
    pub(in crate::automation) fn walk(
        &mut self,
        ready: &CompiledWorkflow,
        contact: ContactSlot,
        node: &str,
        at: OffsetDateTime,
        cause: Causation,
    ) {
        let run = RunContext { origin: &ready.origin, contact, at };
        let mut id = node.to_owned();
        // A checked graph has no circle without a wait; the bound holds for graphs from an older store too.
        for step in 0..=ready.nodes.len() as u32 {
            let Some(here) = ready.node(&id) else { break };
            self.audit(contact, at, || AuditEvent::Moved {
                workflow: ready.workflow.id.clone(),
                node: id.clone(),
            });
            if self.leaves(ready, contact, at) {
                return;
            }
            let next = match &here.node {
                Node::End => return self.leave(ready, contact, at, "end"),
                Node::Do { actions, to } => match ready.bounds.hours(at) {
                    ScheduleDecision::Later(until) => {
                        self.postponed(run, until);
                        return self.rest(ready, contact, id, at, until, cause);
                    }
                    ScheduleDecision::Never => {
                        for action in actions {
                            self.drop_action(run, action);
                        }
                        to
                    }
                    ScheduleDecision::Open => {
                        let key = idempotency::follow_up(cause.key, &format!("{}/{id}", ready.origin), step);
                        for (index, action) in actions.iter().enumerate() {
                            self.act(run, Causation { key, ..cause }, action, index as u32);
                        }
                        to
                    }
                },
                Node::Check { paths, otherwise } => {
                    let mut taken = otherwise;
                    for (path, conditions) in paths.iter().zip(&here.paths) {
                        if self.all_hold(ready, contact, conditions, at) {
                            taken = &path.to;
                            break;
                        }
                    }
                    taken
                }
                Node::Split { paths } => {
                    let weights: Vec<u32> = paths.iter().map(|path| path.weight).collect();
                    let person = self.state.id(contact);
                    match paths.get(idempotency::split(&ready.workflow.id, &id, &person, &weights)) {
                        Some(path) => &path.to,
                        None => return self.leave(ready, contact, at, "end"),
                    }
                }
                Node::Wait { delay, to } if delay.is_none() => to,
                Node::Wait { delay, .. } | Node::WaitFor { within: delay, .. } => {
                    let until = delay.after(at, &self.options.zone);
                    return self.rest(ready, contact, id, at, until, cause);
                }
            };
            id = next.clone();
        }
        self.leave(ready, contact, at, "a path that leads nowhere");
    }

    /// Lets a contact wait at a node.
    fn rest(
        &mut self,
        ready: &CompiledWorkflow,
        contact: ContactSlot,
        node: String,
        at: OffsetDateTime,
        until: OffsetDateTime,
        cause: Causation,
    ) {
        let work =
            Job::Walk { workflow: ready.workflow.id.clone(), contact: self.state.id(contact).to_string() };
        let timer = Some(self.state.schedule(micros(until), work));
        let (version, since) = (ready.workflow.version, micros(at));
        self.state.set_position(ready.name, contact, Position { version, node, since, cause, timer });
    }

    /// Takes a contact from its place, and its timer with it.
    fn take_out(&mut self, workflow: NameId, contact: ContactSlot) -> Option<Position> {
        let position = self.state.take_position(workflow, contact)?;
        if let Some(timer) = position.timer {
            self.state.cancel(timer);
        }
        Some(position)
    }

    /// Ends a walk.
    fn leave(&mut self, ready: &CompiledWorkflow, contact: ContactSlot, at: OffsetDateTime, by: &str) {
        self.take_out(ready.name, contact);
        if ready.workflow.reentry == Reentry::Never {
            self.state.set_ended(ready.name, contact);
        }
        self.audit(contact, at, || AuditEvent::Left {
            workflow: ready.workflow.id.clone(),
            by: by.to_owned(),
        });
    }

    /// Ends the walk by an exit without events whose filters hold; true when it did.
    pub(in crate::automation) fn leaves(
        &mut self,
        ready: &CompiledWorkflow,
        contact: ContactSlot,
        at: OffsetDateTime,
    ) -> bool {
        for (exit, conditions) in ready.workflow.exits.iter().zip(&ready.exits) {
            if exit.on.is_empty() && self.all_hold(ready, contact, conditions, at) {
                self.leave(ready, contact, at, &exit_name(exit.goal, &exit.name));
                return true;
            }
        }
        false
    }

    /// An event matches an exit.
    pub(super) fn exit_on_event(
        &mut self,
        flow: usize,
        exit: usize,
        contact: ContactSlot,
        at: OffsetDateTime,
    ) {
        let program = Arc::clone(&self.program);
        let Some(ready) = program.flows.get(flow) else { return };
        let inside = self.state.position(ready.name, contact).is_some_and(|position| {
            position.version == ready.workflow.version && position.since <= micros(at)
        });
        if let (true, Some(leaves), Some(conditions)) =
            (inside, ready.workflow.exits.get(exit), ready.exits.get(exit))
            && self.all_hold(ready, contact, conditions, at)
        {
            self.outcome.matched += 1;
            self.leave(ready, contact, at, &exit_name(leaves.goal, &leaves.name));
        }
    }

    fn all_hold(
        &mut self,
        ready: &CompiledWorkflow,
        contact: ContactSlot,
        conditions: &[Condition],
        at: OffsetDateTime,
    ) -> bool {
        if conditions.is_empty() {
            return true;
        }
        let held = match self.take_in_hand(contact) {
            Ok(true) => first_failing(conditions, &self.contact, at).map(|failed| failed.is_none()),
            Ok(false) => Err(unknown_contact()),
            Err(error) => Err(error),
        };
        held.unwrap_or_else(|error| {
            self.give_up(RunContext { origin: &ready.origin, contact, at }, error);
            false
        })
    }

    /// Where a contact is in a workflow, and since when.
    ///
    /// # Errors
    /// What the store returns.
    pub fn position(&self, workflow: &str, contact: &str) -> Result<Option<(String, OffsetDateTime)>> {
        let Some(name) = self.state.known(workflow) else { return Ok(None) };
        let person = contact_cache::read(&self.store, contact)?;
        let place = person.positions.iter().find(|(known, _)| *known == name);
        Ok(place.map(|(_, position)| (position.node.clone(), from_micros(position.since))))
    }
}

fn exit_name(goal: bool, name: &str) -> String {
    format!("{} {name}", if goal { "goal" } else { "exit" })
}

/// Why a contact goes on after a wait: each wait gives a reason of its own, so that what comes round is done again.
/// Rules start one another in a row only while no time passes: whoever has waited
/// is at the beginning of a row, so that a workflow may come round for ever, once a week or once an hour.
fn rested(position: &Position, at: OffsetDateTime) -> Causation {
    let depth = if micros(at) > position.since { 0 } else { position.cause.depth };
    let (due, number) = position.timer.unwrap_or_default();
    Causation { key: idempotency::follow_up(position.cause.key, &format!("after {due} {number}"), 0), depth }
}
