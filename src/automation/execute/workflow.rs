//! Moves contacts through workflows.

use time::OffsetDateTime;

use super::context::{self, RunContext, Step};
use super::{rate_limit, recorder, rule};
use crate::automation::contact_store::store::{ContactStore, unknown_contact};
use crate::automation::definition::condition::{Condition, first_failing};
use crate::automation::definition::workflow::{Node, Reentry};
use crate::automation::idempotency;
use crate::automation::program::compiled::CompiledWorkflow;
use crate::automation::program::limits::ScheduleDecision;
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::contact_record::Timer;
use crate::automation::state::interner::NameId;
use crate::automation::state::job::{Causation, Job, Origin, Position};
use crate::automation::timestamp::micros;
use crate::error::{Error, ErrorKind};

/// An event matches a start: the contact enters, if it may. Returns what keeps it out. A rate limit or a frequency cap,
/// which is recorded here, does not count as that: no other start is to be tried then.
pub(super) fn enter<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    workflow: usize,
    start: usize,
    contact: ContactSlot,
    inside: &[(NameId, Option<Timer>)],
    at: OffsetDateTime,
    cause: Causation,
) -> Option<SkipReason> {
    let compiled = step.program.workflows.get(workflow)?;
    let (conditions, begin) = (compiled.starts.get(start)?, compiled.workflow.starts.get(start)?);
    let was_inside = is_among(inside, compiled.name);
    if let Some(reason) = blocked_by(step, compiled, contact, was_inside) {
        return Some(reason);
    }
    if !conditions_hold(step, compiled, contact, conditions, at) {
        return Some(SkipReason::Conditions);
    }
    admit(step, compiled, contact, &begin.to, at, cause);
    None
}

/// Lets a contact in at a node, within the limits.
fn admit<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    node: &str,
    at: OffsetDateTime,
    cause: Causation,
) {
    let run = RunContext { origin: &compiled.origin, contact, at };
    if !rate_limit::count_run(step, &compiled.limits, run) {
        return;
    }
    detach(step, compiled.name, contact);
    step.state.reset_reported(compiled.name, contact);
    step.report.matched += 1;
    walk(step, compiled, contact, node, at, cause);
}

/// Starts a workflow that no event starts: at the first start whose conditions hold, or at the first of all.
pub(in crate::automation) fn start_manually<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    workflow: usize,
    contact: ContactSlot,
    at: OffsetDateTime,
    cause: Causation,
    check_conditions: bool,
) {
    let Some(compiled) = step.program.workflows.get(workflow) else { return };
    let inside = step.state.positions_of(contact);
    let mut refused = Vec::new();
    if check_conditions {
        for start in 0..compiled.starts.len() {
            match enter(step, workflow, start, contact, &inside, at, cause) {
                None => return,
                Some(reason) => refused.push((start, reason)),
            }
        }
    } else if let Some(first) = compiled.workflow.starts.first() {
        match blocked_by(step, compiled, contact, is_among(&inside, compiled.name)) {
            None => admit(step, compiled, contact, &first.to, at, cause),
            Some(reason) => refused.push((0, reason)),
        }
    }
    for (start, reason) in refused {
        refuse(step, workflow, start, contact, at, reason);
    }
}

fn is_among(inside: &[(NameId, Option<Timer>)], workflow: NameId) -> bool {
    inside.iter().any(|&(name, _)| name == workflow)
}

/// Returns what keeps a contact from entering, whatever the conditions of a start say.
pub(super) fn blocked_by<S, C>(
    step: &Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    was_inside: bool,
) -> Option<SkipReason> {
    if !compiled.workflow.active {
        return Some(SkipReason::NotValid);
    }
    let is_inside = was_inside || step.state.position(compiled.name, contact).is_some();
    match compiled.workflow.reentry {
        Reentry::AfterEnd | Reentry::Never if is_inside => Some(SkipReason::Inside),
        Reentry::Never if step.state.has_ended(compiled.name, contact) => Some(SkipReason::Ended),
        _ => None,
    }
}

/// Records that an event found a start and the contact did not enter.
pub(super) fn refuse<S, C>(
    step: &mut Step<'_, S, C>,
    workflow: usize,
    start: usize,
    contact: ContactSlot,
    at: OffsetDateTime,
    reason: SkipReason,
) {
    let Some(compiled) = step.program.workflows.get(workflow) else { return };
    if step.options.audit && step.state.report_once(compiled.name, contact, reason) {
        let workflow = compiled.workflow.id.clone();
        recorder::record_about(step, contact, at, || AuditEvent::Refused { workflow, start, reason });
    }
}

/// An event has come that a contact may be waiting for.
pub(super) fn on_awaited_event<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    workflow: usize,
    node: usize,
    contact: ContactSlot,
    inside: &[(NameId, Option<Timer>)],
    at: OffsetDateTime,
) {
    let Some(compiled) = step.program.workflows.get(workflow) else { return };
    let Some(waits) = compiled.nodes.get(node) else { return };
    let Node::WaitFor { then, .. } = &waits.node else { return };
    let waiting = step.state.position(compiled.name, contact).is_some_and(|position| {
        position.version == compiled.workflow.version
            && position.node == waits.id
            && position.since <= micros(at)
            && inside.contains(&(compiled.name, position.timer))
    });
    if waiting && let Some(position) = detach(step, compiled.name, contact) {
        step.report.matched += 1;
        walk(step, compiled, contact, then, at, resumed(&position, at));
    }
}

/// The time of a wait is over.
pub(super) fn resume<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    workflow: NameId,
    contact: ContactSlot,
    timer: Timer,
    at: OffsetDateTime,
) {
    let Some(position) = step.state.position(workflow, contact) else { return };
    if position.timer != Some(timer) {
        return;
    }
    let compiled = step.program.workflow(workflow, position.version);
    let node = compiled.and_then(|compiled| compiled.node(&position.node));
    let Some(position) = step.state.take_position(workflow, contact) else { return };
    match (compiled, node.map(|node| &node.node)) {
        // It waited there for the schedule to open.
        (Some(compiled), Some(Node::Do { .. })) => {
            walk(step, compiled, contact, &position.node, at, resumed(&position, at));
        }
        (Some(compiled), Some(Node::Wait { to, .. } | Node::WaitFor { otherwise: to, .. })) => {
            walk(step, compiled, contact, to, at, resumed(&position, at));
        }
        _ => {
            let id = step.state.names.text(workflow).to_string();
            let gone = Error::new(
                ErrorKind::NotFound,
                format!("workflow {id}"),
                "workflow or node was removed while a contact waited there",
            );
            recorder::record_error(step, RunContext { origin: &Origin::Workflow(id), contact, at }, gone);
        }
    }
}

/// Walks from `node` on until the contact must wait or has come to an end.
fn walk<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    node: &str,
    at: OffsetDateTime,
    cause: Causation,
) {
    let run = RunContext { origin: &compiled.origin, contact, at };
    let mut id = node.to_owned();
    // A checked graph has no circle without a wait; the bound holds for graphs from an older store too.
    for visit in 0..=compiled.nodes.len() as u32 {
        let Some(here) = compiled.node(&id) else { break };
        recorder::record_about(step, contact, at, || AuditEvent::NodeEntered {
            workflow: compiled.workflow.id.clone(),
            node: id.clone(),
        });
        if check_exits(step, compiled, contact, at) {
            return;
        }
        let next = match &here.node {
            Node::End => return leave(step, compiled, contact, at, "end"),
            Node::Do { actions, to } => match compiled.limits.decide(at) {
                ScheduleDecision::Later(until) => {
                    recorder::record_deferral(step, run, until);
                    return suspend(step, compiled, contact, id, (at, until), cause);
                }
                ScheduleDecision::Never => {
                    for action in actions {
                        recorder::record_skipped_action(step, run, action);
                    }
                    to
                }
                ScheduleDecision::Open => {
                    let key = idempotency::follow_up(cause.key, &format!("{}/{id}", compiled.origin), visit);
                    for (index, action) in actions.iter().enumerate() {
                        rule::act(step, run, Causation { key, ..cause }, action, index as u32);
                    }
                    to
                }
            },
            Node::Check { paths, otherwise } => {
                let mut taken = otherwise;
                for (path, conditions) in paths.iter().zip(&here.paths) {
                    if conditions_hold(step, compiled, contact, conditions, at) {
                        taken = &path.to;
                        break;
                    }
                }
                taken
            }
            Node::Split { paths } => {
                let weights: Vec<u32> = paths.iter().map(|path| path.weight).collect();
                let person = step.state.id(contact);
                match paths.get(idempotency::split_bucket(&compiled.workflow.id, &id, &person, &weights)) {
                    Some(path) => &path.to,
                    None => return leave(step, compiled, contact, at, "end"),
                }
            }
            Node::Wait { delay, to } if delay.is_none() => to,
            Node::Wait { delay, .. } | Node::WaitFor { within: delay, .. } => {
                let until = delay.after(at, &step.options.zone);
                return suspend(step, compiled, contact, id, (at, until), cause);
            }
        };
        id = next.clone();
    }
    leave(step, compiled, contact, at, "a path that leads nowhere");
}

/// Lets a contact wait at a node.
fn suspend<S, C>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    node: String,
    (at, until): (OffsetDateTime, OffsetDateTime),
    cause: Causation,
) {
    let contact_id = step.state.id(contact).to_string();
    let job = Job::ResumeWorkflow { workflow: compiled.workflow.id.clone(), contact: contact_id };
    let timer = Some(step.state.schedule(micros(until), job));
    let (version, since) = (compiled.workflow.version, micros(at));
    step.state.set_position(compiled.name, contact, Position { version, node, since, cause, timer });
}

/// Removes a contact from its position, and cancels the timer of it.
fn detach<S, C>(step: &mut Step<'_, S, C>, workflow: NameId, contact: ContactSlot) -> Option<Position> {
    let position = step.state.take_position(workflow, contact)?;
    if let Some(timer) = position.timer {
        step.state.cancel(timer);
    }
    Some(position)
}

/// Ends a walk.
fn leave<S, C>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    at: OffsetDateTime,
    by: &str,
) {
    detach(step, compiled.name, contact);
    if compiled.workflow.reentry == Reentry::Never {
        step.state.set_ended(compiled.name, contact);
    }
    recorder::record_about(step, contact, at, || AuditEvent::WorkflowExited {
        workflow: compiled.workflow.id.clone(),
        by: by.to_owned(),
    });
}

/// Ends the walk by an exit without events whose filters hold. Returns `true` if one did.
pub(super) fn check_exits<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    at: OffsetDateTime,
) -> bool {
    for (exit, conditions) in compiled.workflow.exits.iter().zip(&compiled.exits) {
        if exit.on.is_empty() && conditions_hold(step, compiled, contact, conditions, at) {
            leave(step, compiled, contact, at, &exit_name(exit.goal, &exit.name));
            return true;
        }
    }
    false
}

/// An event matches an exit.
pub(super) fn exit_on_event<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    workflow: usize,
    exit: usize,
    contact: ContactSlot,
    at: OffsetDateTime,
) {
    let Some(compiled) = step.program.workflows.get(workflow) else { return };
    let inside = step.state.position(compiled.name, contact).is_some_and(|position| {
        position.version == compiled.workflow.version && position.since <= micros(at)
    });
    if let (true, Some(criterion), Some(conditions)) =
        (inside, compiled.workflow.exits.get(exit), compiled.exits.get(exit))
        && conditions_hold(step, compiled, contact, conditions, at)
    {
        step.report.matched += 1;
        leave(step, compiled, contact, at, &exit_name(criterion.goal, &criterion.name));
    }
}

fn conditions_hold<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledWorkflow,
    contact: ContactSlot,
    conditions: &[Condition],
    at: OffsetDateTime,
) -> bool {
    if conditions.is_empty() {
        return true;
    }
    let held = match context::load(step, contact) {
        Ok(true) => first_failing(conditions, step.contact, at).map(|failed| failed.is_none()),
        Ok(false) => Err(unknown_contact()),
        Err(error) => Err(error),
    };
    held.unwrap_or_else(|error| {
        recorder::record_error(step, RunContext { origin: &compiled.origin, contact, at }, error);
        false
    })
}

fn exit_name(goal: bool, name: &str) -> String {
    format!("{} {name}", if goal { "goal" } else { "exit" })
}

/// Why a contact goes on after a wait: each wait gives a reason of its own, so that what comes round runs again.
/// Rules start one another in a row only while no time passes: a contact that has waited is at the beginning of a row,
/// so that a workflow may come round for ever, once a week or once an hour.
fn resumed(position: &Position, at: OffsetDateTime) -> Causation {
    let depth = if micros(at) > position.since { 0 } else { position.cause.depth };
    let (due, number) = position.timer.unwrap_or_default();
    Causation { key: idempotency::follow_up(position.cause.key, &format!("after {due} {number}"), 0), depth }
}
