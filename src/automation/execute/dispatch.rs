//! Takes in events and timers, and serves what listens to them.

use time::OffsetDateTime;

use super::context::{self, RunContext, Step};
use super::{commit, date_trigger, recorder, reevaluate, rule, workflow};
use crate::automation::contact_store::store::{ContactStore, unknown_contact};
use crate::automation::event::ContactEvent;
use crate::automation::event_kind::EventKind;
use crate::automation::idempotency;
use crate::automation::options::StepReport;
use crate::automation::program::compiled::Listener;
use crate::automation::state::audit::AuditEvent;
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::contact_record::Timer;
use crate::automation::state::engine_state::EngineState;
use crate::automation::state::job::{Causation, Job, Origin};
use crate::automation::store::store::Store;
use crate::automation::timestamp::{earlier, from_micros, later, micros};
use crate::error::{Error, ErrorKind, Result};

/// Timers that run between two commits.
const TIMERS_PER_COMMIT: usize = 1_000;

pub(in crate::automation) fn has_due(state: &EngineState, now: OffsetDateTime) -> bool {
    state.timers.next().is_some_and(|(due, _)| due <= micros(now))
}

/// Takes in an event. Returns `true` if it was handled before.
pub(in crate::automation) fn accept<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    event: &ContactEvent,
    now: OffsetDateTime,
) -> Result<bool> {
    event.check()?;
    if event.at > later(now, step.options.clock_skew) {
        return Err(Error::new(ErrorKind::Invalid, "event at", "is in the future")
            .with_expected("an instant up to now, within EngineOptions::clock_skew"));
    }
    let oldest = earlier(now, step.options.dedup_window);
    if event.at < oldest {
        return Err(Error::new(ErrorKind::Invalid, "event at", "is older than the deduplication window")
            .with_help("raise EngineOptions::dedup_window, or use AutomationEngine::run_rule"));
    }
    step.state.advance_clock(micros(now));
    let listeners = if event.silent { Vec::new() } else { step.program.listeners(&event.kind) };
    if listeners.is_empty() && !step.program.has_state_triggers {
        return Ok(false);
    }
    let key = idempotency::event_key(event);
    if step.state.dedup.has(step.store, key, micros(oldest))? {
        return Ok(true);
    }
    let contact = step.state.fetch(step.store, &event.contact)?;
    if listeners.is_empty() && step.program.dates.is_empty() && !step.state.is_inside_or_held(contact) {
        return Ok(false);
    }
    if !context::reload(step, contact)? {
        return Err(unknown_contact());
    }
    step.state.mark_handled(key, micros(now));
    let cause = Causation { key, depth: 0 };
    dispatch(step, contact, &event.kind, &listeners, event.at, cause);
    dispatch_follow_ups(step);
    step.is_contact_changed = false;
    reevaluate::reevaluate(step, contact, event.at, now);
    Ok(false)
}

/// Runs everything that is due, a thousand timers in a commit.
pub(in crate::automation) fn run_due<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    now: OffsetDateTime,
) -> Result<StepReport> {
    let mut total = StepReport::default();
    loop {
        total.add(run_timers(step, now, TIMERS_PER_COMMIT)?);
        if !has_due(step.state, now) {
            step.state.counters.passed = step.state.counters.passed.max(micros(now));
        }
        commit::commit_and_apply(step)?;
        total.problems.append(&mut step.report.problems);
        if !has_due(step.state, now) {
            return Ok(total);
        }
    }
}

/// Runs what is due, earliest first, at most `most` timers.
pub(in crate::automation) fn run_timers<S: Store, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    now: OffsetDateTime,
    most: usize,
) -> Result<StepReport> {
    let before = std::mem::take(step.report);
    step.state.advance_clock(micros(now));
    for _ in 0..most {
        let Some(timer) = step.state.timers.next().filter(|&(due, _)| due <= micros(now)) else { break };
        let Some(job) = step.state.cancel(timer) else { break };
        let contact = match step.state.fetch(step.store, job.contact()) {
            Ok(contact) => contact,
            Err(error) => {
                // The timer is gone from memory and still in the store.
                *step.failed = true;
                return Err(error);
            }
        };
        step.loaded = None;
        run_job(step, timer, job, contact);
        dispatch_follow_ups(step);
        reevaluate::reevaluate_if_changed(step, contact, from_micros(timer.0));
    }
    Ok(std::mem::replace(step.report, before))
}

fn run_job<S, C: ContactStore>(step: &mut Step<'_, S, C>, timer: Timer, job: Job, contact: ContactSlot) {
    let at = from_micros(timer.0);
    match job {
        Job::CheckRule { rule, cause, conditions, .. } => {
            let name = step.state.names.intern(&rule);
            rule::check(step, name, contact, at, cause, conditions);
        }
        Job::RunAction { origin, cause, action, index, .. } => {
            let run = RunContext { origin: &origin, contact, at };
            if rule::has_released(step, &origin, contact, &action) {
                let reason = "the conditions no longer hold".to_owned();
                return recorder::record(step, run, |source| AuditEvent::Dropped { source, reason });
            }
            // The rule's schedule as it is now. The action of a removed rule runs as scheduled.
            let compiled = match &origin {
                Origin::Rule(rule) => step.state.names.get(rule).and_then(|rule| step.program.rule(rule)),
                Origin::Workflow(_) => None,
            };
            match compiled {
                Some(compiled) => {
                    rule::act_in_hours(step, &compiled.limits, run, cause, &action, index);
                }
                None => rule::act(step, run, cause, &action, index),
            }
        }
        Job::ResumeWorkflow { workflow, .. } => {
            let name = step.state.names.intern(&workflow);
            workflow::resume(step, name, contact, timer, at);
        }
        Job::DateTrigger { owner, .. } => {
            let owner = step.state.names.intern(&owner);
            date_trigger::on_due(step, owner, contact, timer);
        }
    }
}

/// Serves everything that listens to what happened to a contact.
fn dispatch<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
    kind: &EventKind,
    listeners: &[Listener],
    at: OffsetDateTime,
    cause: Causation,
) {
    if listeners.is_empty() {
        return;
    }
    // A contact that is inside a workflow as the event comes in cannot start it with the same event, and what it then
    // comes to wait for is another event. Of several starts the first that lets it in is taken.
    let inside = step.state.positions_of(contact);
    let mut entered = None;
    let mut refused = Vec::new();
    for &listener in listeners {
        match listener {
            Listener::Rule { rule, .. } => rule::start(step, rule, contact, kind.kind(), at, cause),
            Listener::Exit { workflow, exit, .. } => {
                workflow::exit_on_event(step, workflow, exit, contact, at);
            }
            Listener::Awaited { workflow, node, .. } => {
                workflow::on_awaited_event(step, workflow, node, contact, &inside, at);
            }
            Listener::Start { workflow, .. } if entered == Some(workflow) => {}
            Listener::Start { workflow, start } => {
                match workflow::enter(step, workflow, start, contact, &inside, at, cause) {
                    None => entered = Some(workflow),
                    Some(reason) => refused.push((workflow, start, reason)),
                }
            }
        }
        // Another start of the workflow has let it in.
        refused.retain(|&(workflow, ..)| entered != Some(workflow));
    }
    for (workflow, start, reason) in refused {
        workflow::refuse(step, workflow, start, contact, at, reason);
    }
}

/// Serves what actions brought about, until there is no more.
pub(in crate::automation) fn dispatch_follow_ups<S, C: ContactStore>(step: &mut Step<'_, S, C>) {
    while let Some(next) = step.follow_ups.pop_front() {
        let listeners = step.program.listeners(&next.kind);
        if next.cause.depth > step.options.max_chain_depth {
            if !listeners.is_empty() {
                stop_chain(step, next.contact, next.at, &next.kind);
            }
            continue;
        }
        dispatch(step, next.contact, &next.kind, &listeners, next.at, next.cause);
    }
}

fn stop_chain<S, C>(step: &mut Step<'_, S, C>, contact: ContactSlot, at: OffsetDateTime, kind: &EventKind) {
    let depth = step.options.max_chain_depth;
    step.report.problems.push(
        Error::new(
            ErrorKind::Limit,
            format!("automation {}", kind.kind()),
            format!("rule chain exceeds the maximum depth of {depth}"),
        )
        .with_help("check for rules that trigger each other"),
    );
    let source = kind.kind().to_owned();
    let dropped = AuditEvent::Dropped { source, reason: "rules trigger each other".into() };
    recorder::record_about(step, contact, at, || dropped);
}
