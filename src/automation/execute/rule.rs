//! Runs rules: an event starts one, its conditions are checked, the actions of a branch run.

use time::OffsetDateTime;

use super::action::{self, Next};
use super::context::{self, RunContext, Step};
use super::{rate_limit, recorder};
use crate::automation::contact_store::store::{ContactStore, unknown_contact};
use crate::automation::definition::action::{Action, ActionStep};
use crate::automation::definition::condition::first_failing;
use crate::automation::definition::delay::Delay;
use crate::automation::definition::rule::Rule;
use crate::automation::program::compiled::CompiledRule;
use crate::automation::program::limits::{CompiledLimits, ScheduleDecision};
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::interner::NameId;
use crate::automation::state::job::{Causation, Job, Origin};
use crate::automation::timestamp::{earlier, from_micros, micros};
use crate::error::{Error, ErrorKind};

/// An event has started a rule: its conditions are checked now or later.
pub(super) fn start<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    rule: usize,
    contact: ContactSlot,
    event: &str,
    at: OffsetDateTime,
    cause: Causation,
) {
    let Some(compiled) = step.program.rules.get(rule) else { return };
    if !compiled.rule.is_valid_at(at) {
        recorder::record_rule_skip(step, compiled.name, contact, at, SkipReason::NotValid);
        return;
    }
    if has_used_all_runs(step, compiled, contact) {
        recorder::record_rule_skip(step, compiled.name, contact, at, SkipReason::RunLimit);
        return;
    }
    step.report.matched += 1;
    recorder::record_about(step, contact, at, || AuditEvent::Started {
        rule: compiled.rule.id.clone(),
        event: event.to_owned(),
    });
    if compiled.rule.check_after.is_none() {
        check(step, compiled.name, contact, at, cause, true);
    } else {
        let due = micros(compiled.rule.check_after.after(at, &step.options.zone));
        let id = step.state.id(contact).to_string();
        let job = Job::CheckRule { rule: compiled.rule.id.clone(), contact: id, cause, conditions: true };
        step.state.schedule(due, job);
    }
}

fn has_used_all_runs<S, C>(step: &Step<'_, S, C>, compiled: &CompiledRule, contact: ContactSlot) -> bool {
    let most = compiled.rule.runs_per_contact;
    most.is_some_and(|most| step.state.runs(compiled.name, contact) >= most)
}

/// Returns what keeps a rule from running for a contact, whatever its conditions say.
pub(super) fn blocked_by<S, C>(
    step: &Step<'_, S, C>,
    compiled: &CompiledRule,
    contact: ContactSlot,
    at: OffsetDateTime,
) -> Option<SkipReason> {
    let Rule { active, min_interval, .. } = compiled.rule;
    if !active {
        return Some(SkipReason::NotValid);
    }
    if has_used_all_runs(step, compiled, contact) {
        return Some(SkipReason::RunLimit);
    }
    let last = step.state.last_run(compiled.name, contact).filter(|_| !min_interval.is_none())?;
    let is_too_soon = min_interval.after(from_micros(last), &step.options.zone) > at;
    is_too_soon.then_some(SkipReason::MinInterval)
}

/// Checks a rule's conditions on the contact as it is, with `at` as now, and runs the actions of a branch.
///
/// It is the one function of a step that calls itself, by way of [`act`]: a rule may run a rule.
pub(in crate::automation) fn check<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    rule: NameId,
    contact: ContactSlot,
    at: OffsetDateTime,
    cause: Causation,
    conditions: bool,
) {
    let Some(compiled) = step.program.rule(rule) else {
        let id = step.state.names.text(rule).to_string();
        let gone = Error::new(ErrorKind::NotFound, format!("rule {id}"), "rule was removed before its check");
        return recorder::record_error(step, RunContext { origin: &Origin::Rule(id), contact, at }, gone);
    };
    let run = RunContext { origin: &compiled.origin, contact, at };
    if let Some(reason) = blocked_by(step, compiled, contact, at) {
        return recorder::record_rule_skip(step, rule, contact, at, reason);
    }
    let failed = if conditions && !compiled.conditions.is_empty() {
        match context::load(step, contact) {
            Ok(true) => match first_failing(&compiled.conditions, step.contact, at) {
                Ok(failed) => failed,
                Err(error) => return recorder::record_error(step, run, error),
            },
            Ok(false) => return recorder::record_error(step, run, unknown_contact()),
            Err(error) => return recorder::record_error(step, run, error),
        }
    } else {
        None
    };
    step.report.checked += 1;
    recorder::record_about(step, contact, at, || AuditEvent::Checked {
        rule: compiled.rule.id.clone(),
        yes: failed.is_none(),
        failed,
    });
    let branch = if failed.is_none() { &compiled.rule.if_yes } else { &compiled.rule.if_no };
    if branch.is_empty() || !rate_limit::count_run(step, &compiled.limits, run) {
        return;
    }
    count_run(step, compiled, contact, at);
    if compiled.rule.leave && failed.is_none() {
        step.state.hold(rule, contact);
    }
    for (index, ActionStep { action, after }) in branch.iter().enumerate() {
        let index = index as u32;
        if after.is_none() {
            act_in_hours(step, &compiled.limits, run, cause, action, index);
        } else {
            let due = after.after(at, &step.options.zone);
            action::schedule(step, run, due, cause, action, index);
        }
    }
}

/// Runs an action, and the rule that it asks for.
pub(super) fn act<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    cause: Causation,
    action: &Action,
    index: u32,
) {
    match action::run_action(step, run, cause, action, index) {
        Next::Done => {}
        Next::RunRule { rule, check_conditions, cause } => {
            check(step, rule, run.contact, run.at, cause, check_conditions);
        }
    }
}

/// Runs an action of a rule, unless it is due outside the rule's schedule.
pub(super) fn act_in_hours<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    limits: &CompiledLimits,
    run: RunContext<'_>,
    cause: Causation,
    action: &Action,
    index: u32,
) {
    match limits.decide(run.at) {
        ScheduleDecision::Open => act(step, run, cause, action, index),
        ScheduleDecision::Never => recorder::record_skipped_action(step, run, action),
        ScheduleDecision::Later(until) => {
            recorder::record_deferral(step, run, until);
            action::schedule(step, run, until, cause, action, index);
        }
    }
}

/// Keeps of a run what its rule, or a later edit of it, can still ask for.
fn count_run<S, C>(
    step: &mut Step<'_, S, C>,
    compiled: &CompiledRule,
    contact: ContactSlot,
    at: OffsetDateTime,
) {
    // Without a limit it is enough to know that it has run: that is what counts if it is given one.
    step.state.count_run(compiled.name, contact, compiled.rule.runs_per_contact.unwrap_or(1));
    step.state.reset_reported(compiled.name, contact);
    if compiled.rule.min_interval.is_none() {
        return;
    }
    // Everything that was due is done, and older events are refused: no check comes for before that.
    let earliest = earlier(from_micros(step.state.counters.passed), step.options.dedup_window);
    let (program, zone) = (step.program, &step.options.zone);
    step.state.set_last_run(compiled.name, contact, micros(at), |rule, last| {
        let interval = program.rule(rule).map_or(Delay::NONE, |known| known.rule.min_interval);
        interval.after(from_micros(last), zone) <= earliest
    });
}

/// Returns `true` if a rule that removes contacts again has done so before it came to add this one.
pub(super) fn has_released<S, C>(
    step: &Step<'_, S, C>,
    origin: &Origin,
    contact: ContactSlot,
    action: &Action,
) -> bool {
    let (Origin::Rule(rule), Action::AddToAudience { .. }) = (origin, action) else { return false };
    let Some(rule) = step.state.names.get(rule) else { return false };
    step.program.rule(rule).is_some_and(|compiled| compiled.rule.leave)
        && !step.state.holding_rules(contact).contains(&rule)
}
