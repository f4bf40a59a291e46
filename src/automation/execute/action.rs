//! Actions are done: now, when a schedule opens, or later.

use time::OffsetDateTime;

use super::context::RunContext;
use crate::automation::contact_store::store::{ContactChange, ContactStore, ContactUpdate, unknown_contact};
use crate::automation::definition::action::Action;
use crate::automation::engine::{AutomationEngine, FollowUp};
use crate::automation::idempotency;
use crate::automation::program::limits::{CompiledLimits, ScheduleDecision};
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::job::{Causation, Job};
use crate::automation::store::store::Store;
use crate::automation::timestamp::micros;
use crate::error::{Error, ErrorKind};

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Keeps an action for its time.
    pub(super) fn act_later(
        &mut self,
        run: RunContext<'_>,
        due: OffsetDateTime,
        cause: Causation,
        action: &Action,
        index: u32,
    ) {
        let work = Job::Act {
            origin: run.origin.clone(),
            contact: self.state.id(run.contact).to_string(),
            cause,
            action: Box::new(action.clone()),
            index,
        };
        self.state.schedule(micros(due), work);
    }

    /// Does an action of a rule, unless it is due outside the rule's schedule.
    pub(super) fn act_in_hours(
        &mut self,
        bounds: &CompiledLimits,
        run: RunContext<'_>,
        cause: Causation,
        action: &Action,
        index: u32,
    ) {
        match bounds.hours(run.at) {
            ScheduleDecision::Open => self.act(run, cause, action, index),
            ScheduleDecision::Never => self.drop_action(run, action),
            ScheduleDecision::Later(until) => {
                self.postponed(run, until);
                self.act_later(run, until, cause, action, index);
            }
        }
    }

    /// Does one action.
    pub(in crate::automation) fn act(
        &mut self,
        run: RunContext<'_>,
        cause: Causation,
        action: &Action,
        index: u32,
    ) {
        self.outcome.actions += 1;
        let change = match action {
            Action::AddToAudience { audience } => {
                return self.member(run, audience.as_str(), true);
            }
            Action::RemoveFromAudience { audience } => {
                return self.member(run, audience.as_str(), false);
            }
            Action::RunRule { rule, check_conditions } => {
                if cause.depth >= self.options.depth {
                    let name = self.state.name(rule);
                    self.skip(name, run.contact, run.at, SkipReason::Loop);
                    let error = Error::new(
                        ErrorKind::Limit,
                        format!("rule {rule}"),
                        format!("more than {} rules ran one another", self.options.depth),
                    );
                    return self.problem(error.expected("rules that do not run one another in a circle"));
                }
                self.acted(run, action.kind());
                let key = idempotency::follow_up(cause.key, &run.origin.to_string(), index);
                let name = self.state.name(rule);
                let cause = Causation { key, depth: cause.depth + 1 };
                return self.check(name, run.contact, run.at, cause, *check_conditions);
            }
            Action::AddTag { tag } => ContactChange::AddTag { tag: tag.clone() },
            Action::RemoveTag { tag } => ContactChange::RemoveTag { tag: tag.clone() },
            Action::ChangeTagScore { tag, by } => ContactChange::ChangeTagScore { tag: tag.clone(), by: *by },
            Action::SetScore { to } => ContactChange::SetScore { to: *to },
            Action::ChangeScore { by } => ContactChange::ChangeScore { by: *by },
            Action::SetDetail { field, value } => {
                ContactChange::SetDetail { field: field.clone(), value: value.clone() }
            }
            Action::SetStage { funnel, stage } => {
                ContactChange::SetStage { funnel: funnel.clone(), stage: stage.clone() }
            }
            Action::Call { name, data } => ContactChange::Call { name: name.clone(), data: data.clone() },
        };
        if self.change(run, cause, index, change) {
            self.acted(run, action.kind());
        }
    }

    /// Changes the contact in hand, and keeps the change for the contact store; false when it could not be.
    fn change(&mut self, run: RunContext<'_>, cause: Causation, index: u32, change: ContactChange) -> bool {
        let RunContext { origin, contact, at } = run;
        let happened = match self.take_in_hand(contact) {
            Ok(true) => change.apply(&mut self.contact, at, &self.options.zone),
            Ok(false) => Err(unknown_contact()),
            Err(error) => Err(error),
        };
        let happened = match happened {
            Ok(happened) => happened,
            Err(error) => {
                self.give_up(run, error);
                return false;
            }
        };
        self.changed |= !matches!(change, ContactChange::Call { .. });
        let id = self.state.id(contact).to_string();
        let key = format!("{:032x}/{origin}/{index}", cause.key);
        self.state.add_effect(ContactUpdate { key, contact: id, at, change });
        if let Some(what) = happened {
            let key = idempotency::follow_up(cause.key, &origin.to_string(), index);
            let cause = Causation { key, depth: cause.depth + 1 };
            self.follow_ups.push_back(FollowUp { contact, what, at, cause });
        }
        true
    }

    /// Puts a membership operation in the outbox.
    pub(in crate::automation) fn member(&mut self, run: RunContext<'_>, audience: &str, add: bool) {
        let name = self.state.name(audience);
        let generation = self.state.queue(name, run.contact, add);
        self.outcome.members += 1;
        self.tell(run, |source| AuditEvent::Member {
            source,
            audience: audience.to_owned(),
            add,
            generation,
        });
    }
}
