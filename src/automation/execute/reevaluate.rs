//! What is looked at again when a contact changes: leaving conditions, exits, dates.

use std::sync::Arc;

use time::{Date, Month, OffsetDateTime};

use super::context::RunContext;
use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::action::Action;
use crate::automation::definition::condition::first_failing;
use crate::automation::engine::AutomationEngine;
use crate::automation::idempotency;
use crate::automation::options::StepReport;
use crate::automation::program::compiled::{Listener, ReadyDate};
use crate::automation::state::contact_cache::{self, ContactSlot};
use crate::automation::state::engine_state::NameId;
use crate::automation::state::job::{Causation, Job, Origin};
use crate::automation::store::store::Store;
use crate::automation::timestamp::{from_micros, micros};
use crate::contact::{Contact, ValueRef};
use crate::error::Result;

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Looks again at a contact if an action has changed it. Of a late event's actions some lie behind what is done
    /// already: a date that has fired must not be planned again.
    pub(in crate::automation) fn touch_if_changed(&mut self, contact: ContactSlot, at: OffsetDateTime) {
        if std::mem::take(&mut self.changed) {
            self.touch(contact, at, at.max(from_micros(self.state.counters.passed)));
        }
    }

    /// True when a rule that takes contacts out again has done so before it came to add this one.
    pub(super) fn has_let_go(&self, origin: &Origin, contact: ContactSlot, action: &Action) -> bool {
        let (Origin::Rule(rule), Action::AddToAudience { .. }) = (origin, action) else { return false };
        let Some(rule) = self.state.known(rule) else { return false };
        self.program.rule(rule).is_some_and(|ready| ready.rule.leave)
            && !self.state.rules_holding(contact).contains(&rule)
    }

    /// Looks again at everything that depends on the contact's data. Nothing of it changes the contact.
    pub(in crate::automation) fn touch(
        &mut self,
        contact: ContactSlot,
        at: OffsetDateTime,
        now: OffsetDateTime,
    ) {
        if !self.program.looks_again {
            return;
        }
        self.let_go(contact, at);
        let program = Arc::clone(&self.program);
        for (workflow, _) in self.state.places_of(contact) {
            if let Some(position) = self.state.position(workflow, contact)
                && let Some(ready) = program.flow(workflow, position.version)
            {
                self.leaves(ready, contact, at);
            }
        }
        if let (false, Ok(true)) = (program.dates.is_empty(), self.take_in_hand(contact)) {
            for date in &program.dates {
                self.plan_date(date, contact, micros(now));
            }
        }
    }

    /// Takes the contact out where a rule's conditions no longer hold.
    fn let_go(&mut self, contact: ContactSlot, at: OffsetDateTime) {
        let program = Arc::clone(&self.program);
        for rule in self.state.rules_holding(contact).to_vec() {
            let Some(ready) = program.rule(rule).filter(|ready| ready.rule.leave) else {
                self.state.release(rule, contact);
                continue;
            };
            let run = RunContext { origin: &ready.origin, contact, at };
            let stays = match self.take_in_hand(contact) {
                Ok(true) => {
                    first_failing(&ready.conditions, &self.contact, at).map(|failed| failed.is_none())
                }
                Ok(false) => Ok(false),
                Err(error) => Err(error),
            };
            match stays {
                Ok(true) => {}
                Ok(false) => {
                    self.state.release(rule, contact);
                    self.acted(run, "leave");
                    for step in &ready.rule.if_yes {
                        if let Action::AddToAudience { audience } = &step.action {
                            self.member(run, audience.as_str(), false);
                        }
                    }
                }
                Err(error) => self.give_up(run, error),
            }
        }
    }

    /// Looks again at every contact that a rule with leaving conditions has added: those that hold by the calendar
    /// alone, such as "bought in the last 90 days", end without an event.
    ///
    /// # Errors
    /// What the store returns.
    pub fn review(&mut self, now: OffsetDateTime) -> Result<StepReport> {
        self.ready()?;
        self.state.see_now(micros(now));
        let mut total = StepReport::default();
        let mut last = Vec::new();
        loop {
            let mut held = Vec::new();
            let after = std::mem::take(&mut last);
            contact_cache::each(&self.store, &after, &mut |person| {
                last = person.id.as_bytes().to_vec();
                if !person.held.is_empty() {
                    held.push(person.id);
                }
                Ok(held.len() < REVIEWED_AT_ONCE)
            })?;
            for id in &held {
                let contact = self.state.fetch(&self.store, id)?;
                self.in_hand = None;
                self.let_go(contact, now);
            }
            self.commit()?;
            self.deliver_and_commit()?;
            total.add(std::mem::take(&mut self.outcome));
            if held.len() < REVIEWED_AT_ONCE {
                return Ok(total);
            }
        }
    }

    /// Plans the dates of all contacts, those that come after `now`: after a rule or workflow that a date starts was made
    /// or edited, and after the engine was opened with another zone. From then on each event of a contact keeps its dates
    /// current. Give the instant of the last tick, and none is left out.
    ///
    /// # Errors
    /// What the contact store and the store return.
    pub fn plan_dates(&mut self, now: OffsetDateTime) -> Result<()> {
        self.ready()?;
        let program = Arc::clone(&self.program);
        let mut last = None;
        loop {
            let ids = self.contacts_after(last.as_deref())?;
            for id in &ids {
                let contact = self.state.fetch(&self.store, id)?;
                if self.take_in_hand(contact)? {
                    for date in &program.dates {
                        self.plan_date(date, contact, micros(now));
                    }
                }
            }
            self.commit()?;
            last = ids.into_iter().next_back();
            if last.is_none() {
                return Ok(());
            }
        }
    }

    /// Sets the timer of a date to its next instant after `now`.
    fn plan_date(&mut self, date: &ReadyDate, contact: ContactSlot, now: i64) {
        let due = next_instant(date, &self.contact, now);
        let known = self.state.date_timer(date.owner, contact);
        if known.map(|(due, _)| due) == due {
            return;
        }
        if let Some(timer) = known {
            self.state.cancel(timer);
        }
        let timer = due.map(|due| {
            let (owner, contact) = (self.state.text(date.owner), self.state.id(contact));
            let work = Job::Date { owner: owner.to_string(), contact: contact.to_string() };
            self.state.schedule(due, work)
        });
        self.state.set_date_timer(date.owner, contact, timer);
    }

    /// The midnight of a date has come: what it starts is started, if the contact still has that date.
    pub(super) fn date_due(&mut self, owner: NameId, contact: ContactSlot, timer: (i64, u64)) {
        if self.state.date_timer(owner, contact) == Some(timer) {
            self.state.set_date_timer(owner, contact, None);
        }
        let program = Arc::clone(&self.program);
        let Some(date) = program.dates.iter().find(|date| date.owner == owner) else { return };
        match self.take_in_hand(contact) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.problem(error),
        }
        let at = from_micros(timer.0);
        let still = next_instant(date, &self.contact, timer.0.saturating_sub(1)) == Some(timer.0);
        if still {
            let (name, id) = (self.state.text(owner), self.state.id(contact));
            let cause =
                Causation { key: idempotency::by_hand(&format!("{name} {}", timer.0), &id), depth: 0 };
            match date.target {
                Listener::Rule { rule, .. } => self.start_rule(rule, contact, "date_near", at, cause),
                Listener::Start { flow, start } => {
                    let inside = self.state.places_of(contact);
                    if let Some(reason) = self.enter(flow, start, contact, &inside, at, cause) {
                        self.refuse(flow, start, contact, at, reason);
                    }
                }
                Listener::Exit { .. } | Listener::Awaited { .. } => {}
            }
        }
        // The next one after this, so that a late tick does not leave a year out.
        if let Ok(true) = self.take_in_hand(contact) {
            self.plan_date(date, contact, timer.0);
        }
    }
}

/// Contacts that are reviewed between two commits.
const REVIEWED_AT_ONCE: usize = 1_000;

/// The first midnight after `after` (microseconds since 1970) at which the date is near.
fn next_instant(date: &ReadyDate, contact: &Contact, after: i64) -> Option<i64> {
    let (year, month, day) = match contact.get(date.field)? {
        ValueRef::Date(found) => (Some(found.year()), u8::from(found.month()), found.day()),
        ValueRef::Birthday(found) => (found.year().map(i32::from), found.month(), found.day()),
        ValueRef::Instant(found) => {
            let found = date.zone.date(found);
            (Some(found.year()), u8::from(found.month()), found.day())
        }
        _ => return None,
    };
    let month = Month::try_from(month).ok()?;
    let instant = |year: i32| {
        let day = day.min(month.length(year));
        let near = Date::from_calendar_date(year, month, day).ok()?;
        let near = near.checked_add(time::Duration::days(date.days.into()))?;
        Some(micros(date.zone.start_of_day(near)))
    };
    if !date.ignore_year {
        return instant(year?).filter(|&due| due > after);
    }
    let this_year = date.zone.date(from_micros(after)).year();
    let span = i32::try_from(date.days.unsigned_abs() / 365 + 1).unwrap_or(11);
    (this_year - span..=this_year + span + 1).filter_map(instant).filter(|&due| due > after).min()
}
