//! Dates of contacts that start rules and workflows.

use time::{Date, Month, OffsetDateTime};

use super::context::{self, Step};
use super::{rule, workflow};
use crate::automation::contact_store::store::ContactStore;
use crate::automation::idempotency;
use crate::automation::program::compiled::{CompiledDate, Listener};
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::contact_record::Timer;
use crate::automation::state::interner::NameId;
use crate::automation::state::job::{Causation, Job};
use crate::automation::timestamp::{from_micros, micros};
use crate::contact::{Contact, ValueRef};

/// Sets the timers of a contact's dates to their next instants after `now`. The contact must be loaded.
pub(in crate::automation) fn schedule_all<S, C>(
    step: &mut Step<'_, S, C>,
    contact: ContactSlot,
    now: OffsetDateTime,
) {
    for date in &step.program.dates {
        schedule(step, date, contact, micros(now));
    }
}

fn schedule<S, C>(step: &mut Step<'_, S, C>, date: &CompiledDate, contact: ContactSlot, now: i64) {
    let due = next_instant(date, step.contact, now);
    let known = step.state.date_timer(date.owner, contact);
    if known.map(|(due, _)| due) == due {
        return;
    }
    if let Some(timer) = known {
        step.state.cancel(timer);
    }
    let timer = due.map(|due| {
        let (owner, contact) = (step.state.names.text(date.owner), step.state.id(contact));
        let job = Job::DateTrigger { owner: owner.to_string(), contact: contact.to_string() };
        step.state.schedule(due, job)
    });
    step.state.set_date_timer(date.owner, contact, timer);
}

/// The midnight of a date has come: what it starts is started, if the contact still has that date.
pub(super) fn on_due<S, C: ContactStore>(
    step: &mut Step<'_, S, C>,
    owner: NameId,
    contact: ContactSlot,
    timer: Timer,
) {
    if step.state.date_timer(owner, contact) == Some(timer) {
        step.state.set_date_timer(owner, contact, None);
    }
    let Some(date) = step.program.dates.iter().find(|date| date.owner == owner) else { return };
    match context::load(step, contact) {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return step.report.problems.push(error),
    }
    let at = from_micros(timer.0);
    let is_current = next_instant(date, step.contact, timer.0.saturating_sub(1)) == Some(timer.0);
    if is_current {
        let (name, id) = (step.state.names.text(owner), step.state.id(contact));
        let key = idempotency::manual_run_key(&format!("{name} {}", timer.0), &id);
        let cause = Causation { key, depth: 0 };
        match date.listener {
            Listener::Rule { rule, .. } => rule::start(step, rule, contact, "date_near", at, cause),
            Listener::Start { workflow, start } => {
                let inside = step.state.positions_of(contact);
                if let Some(reason) = workflow::enter(step, workflow, start, contact, &inside, at, cause) {
                    workflow::refuse(step, workflow, start, contact, at, reason);
                }
            }
            Listener::Exit { .. } | Listener::Awaited { .. } => {}
        }
    }
    // The next one after this, so that a late tick does not leave a year out.
    if let Ok(true) = context::load(step, contact) {
        schedule(step, date, contact, timer.0);
    }
}

/// Returns the first midnight after `after` (microseconds since 1970) at which the date is near.
fn next_instant(date: &CompiledDate, contact: &Contact, after: i64) -> Option<i64> {
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
