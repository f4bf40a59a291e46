//! Runs one action of a rule or workflow, now or later.

use time::OffsetDateTime;

use super::context::{self, FollowUp, RunContext, Step};
use super::recorder;
use crate::automation::contact_store::store::{ContactChange, ContactStore, ContactUpdate, unknown_contact};
use crate::automation::definition::action::Action;
use crate::automation::idempotency;
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::interner::NameId;
use crate::automation::state::job::{Causation, Job};
use crate::automation::timestamp::micros;
use crate::error::{Error, ErrorKind};
use crate::sync::Operation;

/// What is to be done at once after an action, before the next one.
#[derive(Debug)]
#[must_use]
pub(super) enum Next {
    /// Nothing: the action is complete.
    Done,
    /// The action runs a rule for the same contact.
    RunRule { rule: NameId, check_conditions: bool, cause: Causation },
}

/// Keeps an action for its time.
pub(super) fn schedule<S, C>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    due: OffsetDateTime,
    cause: Causation,
    action: &Action,
    index: u32,
) {
    let job = Job::RunAction {
        origin: run.origin.clone(),
        contact: step.state.id(run.contact).to_string(),
        cause,
        action: Box::new(action.clone()),
        index,
    };
    step.state.schedule(micros(due), job);
}

/// Runs one action, but for a rule that it runs: that is for the caller.
pub(super) fn run_action<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    cause: Causation,
    action: &Action,
    index: u32,
) -> Next {
    step.report.actions += 1;
    match action {
        Action::AddToAudience { audience } => {
            queue_membership(step, run, audience.as_str(), Operation::Add);
        }
        Action::RemoveFromAudience { audience } => {
            queue_membership(step, run, audience.as_str(), Operation::Remove);
        }
        Action::RunRule { rule, check_conditions } => {
            return run_rule(step, run, cause, rule, *check_conditions, index);
        }
        other => {
            if let Some(change) = other.contact_change()
                && change_contact(step, run, cause, index, change)
            {
                recorder::record_action(step, run, action.kind());
            }
        }
    }
    Next::Done
}

fn run_rule<S, C>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    cause: Causation,
    rule: &str,
    check_conditions: bool,
    index: u32,
) -> Next {
    let name = step.state.names.intern(rule);
    if cause.depth >= step.options.max_chain_depth {
        recorder::record_rule_skip(step, name, run.contact, run.at, SkipReason::Loop);
        let depth = step.options.max_chain_depth;
        step.report.problems.push(
            Error::new(
                ErrorKind::Limit,
                format!("rule {rule}"),
                format!("rule chain exceeds the maximum depth of {depth}"),
            )
            .with_help("check for rules that run each other"),
        );
        return Next::Done;
    }
    recorder::record_action(step, run, "run_rule");
    let key = idempotency::follow_up(cause.key, &run.origin.to_string(), index);
    Next::RunRule { rule: name, check_conditions, cause: Causation { key, depth: cause.depth + 1 } }
}

/// Changes the loaded contact, and keeps the change for the contact store. Returns `false` if it could not be changed.
fn change_contact<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    cause: Causation,
    index: u32,
    change: ContactChange,
) -> bool {
    let RunContext { origin, contact, at } = run;
    let happened = match context::load(step, contact) {
        Ok(true) => change.apply(step.contact, at, &step.options.zone),
        Ok(false) => Err(unknown_contact()),
        Err(error) => Err(error),
    };
    let happened = match happened {
        Ok(happened) => happened,
        Err(error) => {
            recorder::record_error(step, run, error);
            return false;
        }
    };
    step.is_contact_changed |= !matches!(change, ContactChange::Call { .. });
    let id = step.state.id(contact).to_string();
    let key = format!("{:032x}/{origin}/{index}", cause.key);
    step.state.add_effect(ContactUpdate { key, contact: id, at, change });
    for (nth, kind) in happened.into_iter().enumerate() {
        // Each has an identity of its own: what one starts must not pass for what another does.
        let origin = if nth == 0 { origin.to_string() } else { format!("{origin} {nth}") };
        let key = idempotency::follow_up(cause.key, &origin, index);
        let cause = Causation { key, depth: cause.depth + 1 };
        step.follow_ups.push_back(FollowUp { contact, kind, at, cause });
    }
    true
}

/// Puts a membership operation in the outbox.
pub(in crate::automation) fn queue_membership<S, C>(
    step: &mut Step<'_, S, C>,
    run: RunContext<'_>,
    audience: &str,
    operation: Operation,
) {
    let name = step.state.names.intern(audience);
    let generation = step.state.queue_change(name, run.contact, operation);
    step.report.members += 1;
    recorder::record(step, run, |source| AuditEvent::Member {
        source,
        audience: audience.to_owned(),
        operation,
        generation,
    });
}
