//! One step: what is due is done, what listens is served, conditions are checked.

use time::OffsetDateTime;

use super::context::RunContext;
use crate::automation::contact_store::store::{ContactStore, unknown_contact};
use crate::automation::definition::action::ActionStep;
use crate::automation::definition::condition::first_failing;
use crate::automation::definition::delay::Delay;
use crate::automation::definition::rule::Rule;
use crate::automation::engine::AutomationEngine;
use crate::automation::event::EventKind;
use crate::automation::options::StepReport;
use crate::automation::program::compiled::{CompiledRule, Listener};
use crate::automation::state::audit::{AuditEvent, SkipReason};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::engine_state::NameId;
use crate::automation::state::job::{Causation, Job, Origin};
use crate::automation::store::store::Store;
use crate::automation::timestamp::{from_micros, micros};
use crate::error::{Error, ErrorKind, Result};

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    pub(in crate::automation) fn has_due(&self, now: OffsetDateTime) -> bool {
        self.state.timers.next().is_some_and(|(due, _)| due <= micros(now))
    }

    /// Does what is due, earliest first, at most `most` things.
    pub(in crate::automation) fn run_timers(
        &mut self,
        now: OffsetDateTime,
        most: usize,
    ) -> Result<StepReport> {
        let before = std::mem::take(&mut self.outcome);
        self.state.see_now(micros(now));
        for _ in 0..most {
            let Some(key) = self.state.timers.next().filter(|&(due, _)| due <= micros(now)) else { break };
            let Some(work) = self.state.cancel(key) else { break };
            let contact = match self.state.fetch(&self.store, work.contact()) {
                Ok(contact) => contact,
                Err(error) => {
                    // The timer is gone from memory and still in the store.
                    self.failed = true;
                    return Err(error);
                }
            };
            self.in_hand = None;
            self.work(key, work, contact);
            self.serve_follow_ups();
            self.touch_if_changed(contact, from_micros(key.0));
        }
        Ok(std::mem::replace(&mut self.outcome, before))
    }

    fn work(&mut self, timer: (i64, u64), work: Job, contact: ContactSlot) {
        let at = from_micros(timer.0);
        match work {
            Job::Check { rule, cause, conditions, .. } => {
                let name = self.state.name(&rule);
                self.check(name, contact, at, cause, conditions);
            }
            Job::Act { origin, cause, action, index, .. } => {
                let run = RunContext { origin: &origin, contact, at };
                if self.has_let_go(&origin, contact, &action) {
                    let reason = "the conditions no longer hold".to_owned();
                    return self.tell(run, |source| AuditEvent::Dropped { source, reason });
                }
                // The rule's schedule as it is now. Of a rule that is gone what was promised is done.
                let program = std::sync::Arc::clone(&self.program);
                let bounds = match &origin {
                    Origin::Rule(rule) => self.state.known(rule).and_then(|rule| program.rule(rule)),
                    Origin::Workflow(_) => None,
                };
                match bounds {
                    Some(ready) => self.act_in_hours(&ready.bounds, run, cause, &action, index),
                    None => self.act(run, cause, &action, index),
                }
            }
            Job::Walk { workflow, .. } => {
                let name = self.state.name(&workflow);
                self.wake(name, contact, timer, at);
            }
            Job::Date { owner, .. } => {
                let owner = self.state.name(&owner);
                self.date_due(owner, contact, timer);
            }
        }
    }

    /// Serves everything that listens to what happened to a contact.
    pub(in crate::automation) fn serve(
        &mut self,
        contact: ContactSlot,
        what: &EventKind,
        listeners: &[Listener],
        at: OffsetDateTime,
        cause: Causation,
    ) {
        if listeners.is_empty() {
            return;
        }
        // Whoever is inside a workflow as the event comes in cannot start it with the same event, and what it then
        // comes to wait for is another event. Of several starts the first that lets it in is taken.
        let inside = self.state.places_of(contact);
        let mut entered = None;
        let mut refused = Vec::new();
        for &target in listeners {
            match target {
                Listener::Rule { rule, .. } => self.start_rule(rule, contact, what.kind(), at, cause),
                Listener::Exit { flow, exit, .. } => self.exit_on_event(flow, exit, contact, at),
                Listener::Awaited { flow, node, .. } => self.came(flow, node, contact, &inside, at),
                Listener::Start { flow, .. } if entered == Some(flow) => {}
                Listener::Start { flow, start } => match self.enter(flow, start, contact, &inside, at, cause)
                {
                    None => entered = Some(flow),
                    Some(reason) => refused.push((flow, start, reason)),
                },
            }
            // Another start of the workflow has let it in.
            refused.retain(|&(flow, ..)| entered != Some(flow));
        }
        for (flow, start, reason) in refused {
            self.refuse(flow, start, contact, at, reason);
        }
    }

    /// An event has started a rule: its conditions are checked now or later.
    pub(super) fn start_rule(
        &mut self,
        rule: usize,
        contact: ContactSlot,
        event: &str,
        at: OffsetDateTime,
        cause: Causation,
    ) {
        let program = std::sync::Arc::clone(&self.program);
        let Some(ready) = program.rules.get(rule) else { return };
        if !ready.rule.is_valid_at(at) {
            self.skip(ready.name, contact, at, SkipReason::NotValid);
            return;
        }
        if self.runs_are_over(ready, contact) {
            self.skip(ready.name, contact, at, SkipReason::RunLimit);
            return;
        }
        self.outcome.matched += 1;
        self.audit(contact, at, || AuditEvent::Started {
            rule: ready.rule.id.clone(),
            event: event.to_owned(),
        });
        if ready.rule.check_after.is_none() {
            self.check(ready.name, contact, at, cause, true);
        } else {
            let due = micros(ready.rule.check_after.after(at, &self.options.zone));
            let id = self.state.id(contact).to_string();
            let work = Job::Check { rule: ready.rule.id.clone(), contact: id, cause, conditions: true };
            self.state.schedule(due, work);
        }
    }

    pub(in crate::automation) fn skip(
        &mut self,
        rule: NameId,
        contact: ContactSlot,
        at: OffsetDateTime,
        reason: SkipReason,
    ) {
        if self.options.audit && self.state.tell_once(rule, contact, reason) {
            let rule = self.state.text(rule).to_string();
            self.audit(contact, at, || AuditEvent::Skipped { rule, reason });
        }
    }

    fn runs_are_over(&self, ready: &CompiledRule, contact: ContactSlot) -> bool {
        ready.rule.runs_per_contact.is_some_and(|most| self.state.runs(ready.name, contact) >= most)
    }

    /// What keeps a rule from running for a contact, whatever its conditions say.
    pub(super) fn keeps_from_running(
        &self,
        ready: &CompiledRule,
        contact: ContactSlot,
        at: OffsetDateTime,
    ) -> Option<SkipReason> {
        let Rule { active, min_interval, .. } = ready.rule;
        if !active {
            return Some(SkipReason::NotValid);
        }
        if self.runs_are_over(ready, contact) {
            return Some(SkipReason::RunLimit);
        }
        let last = self.state.last_run(ready.name, contact).filter(|_| !min_interval.is_none())?;
        let is_too_soon = min_interval.after(from_micros(last), &self.options.zone) > at;
        is_too_soon.then_some(SkipReason::MinInterval)
    }

    /// Checks a rule's conditions on the contact as it is, with `at` as now, and does the actions of a branch.
    pub(in crate::automation) fn check(
        &mut self,
        rule: NameId,
        contact: ContactSlot,
        at: OffsetDateTime,
        cause: Causation,
        conditions: bool,
    ) {
        let program = std::sync::Arc::clone(&self.program);
        let Some(ready) = program.rule(rule) else {
            let id = self.state.text(rule).to_string();
            let gone =
                Error::new(ErrorKind::NotFound, format!("rule {id}"), "was taken away before its check");
            return self.give_up(RunContext { origin: &Origin::Rule(id), contact, at }, gone);
        };
        let run = RunContext { origin: &ready.origin, contact, at };
        if let Some(reason) = self.keeps_from_running(ready, contact, at) {
            return self.skip(rule, contact, at, reason);
        }
        let failed = if conditions && !ready.conditions.is_empty() {
            match self.take_in_hand(contact) {
                Ok(true) => match first_failing(&ready.conditions, &self.contact, at) {
                    Ok(failed) => failed,
                    Err(error) => return self.give_up(run, error),
                },
                Ok(false) => return self.give_up(run, unknown_contact()),
                Err(error) => return self.give_up(run, error),
            }
        } else {
            None
        };
        self.outcome.checked += 1;
        self.audit(contact, at, || AuditEvent::Checked {
            rule: ready.rule.id.clone(),
            yes: failed.is_none(),
            failed,
        });
        let branch = if failed.is_none() { &ready.rule.if_yes } else { &ready.rule.if_no };
        if branch.is_empty() || !self.may_run(&ready.bounds, run) {
            return;
        }
        self.count_run(ready, contact, at);
        if ready.rule.leave && failed.is_none() {
            self.state.hold(rule, contact);
        }
        for (index, ActionStep { action, after }) in branch.iter().enumerate() {
            let index = index as u32;
            if after.is_none() {
                self.act_in_hours(&ready.bounds, run, cause, action, index);
            } else {
                let due = after.after(at, &self.options.zone);
                self.act_later(run, due, cause, action, index);
            }
        }
    }

    /// Keeps of a run what its rule, or a later edit of it, can still ask for.
    fn count_run(&mut self, ready: &CompiledRule, contact: ContactSlot, at: OffsetDateTime) {
        // Without a limit it is enough to know that it has run: that is what counts if it is given one.
        self.state.count_run(ready.name, contact, ready.rule.runs_per_contact.unwrap_or(1));
        self.state.tell_again(ready.name, contact);
        if ready.rule.min_interval.is_none() {
            return;
        }
        // Everything that was due is done, and older events are refused: no check comes for before that.
        let earliest = from_micros(self.state.counters.passed).saturating_sub(self.options.memory);
        let (program, zone) = (&self.program, &self.options.zone);
        self.state.set_last_run(ready.name, contact, micros(at), |rule, last| {
            let interval = program.rule(rule).map_or(Delay::NONE, |known| known.rule.min_interval);
            interval.after(from_micros(last), zone) <= earliest
        });
    }
}
