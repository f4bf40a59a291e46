//! Schedules, caps and limits at work: what may be done now, later, or not at all.

use time::OffsetDateTime;

use super::action::Action;
use super::audit::AuditEvent;
use super::cap::{Cap, Count, Limit};
use super::contacts::ContactStore;
use super::engine::Engine;
use super::people::Who;
use super::schedule::{Outside, Schedule};
use super::state::{Name, State};
use super::store::Store;
use super::work::{Cause, Origin};
use crate::clock::Zone;
use crate::error::Result;

/// What bounds a rule or workflow.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    schedule: Option<(Schedule, Zone)>,
    cap: Option<(Name, Cap)>,
    limits: Vec<(Name, Limit)>,
}

/// Whether something may be done at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    Open,
    /// Once the schedule opens.
    Later(OffsetDateTime),
    Never,
}

impl Bounds {
    /// `owner` is what the cap counts under.
    pub(super) fn compile(
        owner: &Origin,
        group: Option<&str>,
        (schedule, cap): (Option<&Schedule>, Option<Cap>),
        limits: &[Limit],
        zone: &Zone,
        state: &mut State,
    ) -> Result<Self> {
        let schedule = match schedule {
            Some(schedule) => {
                let own = schedule.zone.as_deref().map_or_else(|| Ok(zone.clone()), Zone::named)?;
                Some((schedule.clone(), own))
            }
            None => None,
        };
        let limits = limits.iter().filter(|limit| limit.is_over(group));
        Ok(Self {
            schedule,
            cap: cap.map(|cap| (state.name(&format!("cap of {owner}")), cap)),
            limits: limits.map(|limit| (state.name(&format!("limit {}", limit.id)), limit.clone())).collect(),
        })
    }

    pub(super) fn hours(&self, at: OffsetDateTime) -> Hours {
        match &self.schedule {
            Some((schedule, zone)) if !schedule.is_open(at, zone) => match schedule.outside {
                Outside::Wait => schedule.opens_after(at, zone).map_or(Hours::Never, Hours::Later),
                Outside::Drop => Hours::Never,
            },
            _ => Hours::Open,
        }
    }

    fn is_free(&self) -> bool {
        self.cap.is_none() && self.limits.is_empty()
    }
}

impl<S: Store, C: ContactStore> Engine<S, C> {
    /// Counts a run; false when a cap or a limit is reached, which is told.
    pub(super) fn may_run(
        &mut self,
        bounds: &Bounds,
        origin: &Origin,
        contact: Who,
        at: OffsetDateTime,
    ) -> bool {
        if bounds.is_free() {
            return true;
        }
        match self.next_counts(bounds, contact, at) {
            Ok((cap, limits)) => {
                if let Some((name, count)) = cap {
                    self.state.set_count(name, count);
                }
                for (name, count) in limits {
                    self.state.set_count_of(name, contact, count);
                }
                true
            }
            Err(reason) => {
                self.dropped(origin, contact, at, reason);
                false
            }
        }
    }

    /// All counts with one run more, or the bound that is reached.
    #[expect(clippy::type_complexity, reason = "one count over all contacts, and those of one contact")]
    fn next_counts(
        &self,
        bounds: &Bounds,
        contact: Who,
        at: OffsetDateTime,
    ) -> Result<(Option<(Name, Count)>, Vec<(Name, Count)>), String> {
        let zone = &self.options.zone;
        let mut of_all = None;
        if let Some((name, Cap { runs, per })) = bounds.cap {
            let count = Count::one_more(self.state.count(name), runs, per, at, zone);
            let count = count.ok_or_else(|| format!("the cap of {runs} per {per} is reached"))?;
            of_all = Some((name, count));
        }
        let mut of_contact = Vec::with_capacity(bounds.limits.len());
        for (name, Limit { id, runs, per, .. }) in &bounds.limits {
            let count = Count::one_more(self.state.count_of(*name, contact), *runs, *per, at, zone);
            let count = count
                .ok_or_else(|| format!("the limit {id} of {runs} per {per} for a contact is reached"))?;
            of_contact.push((*name, count));
        }
        Ok((of_all, of_contact))
    }

    /// Does an action of a rule, unless it is due outside the rule's schedule.
    #[expect(clippy::too_many_arguments, reason = "the parts of one action, each of another type")]
    pub(super) fn act_in_hours(
        &mut self,
        bounds: &Bounds,
        origin: &Origin,
        contact: Who,
        at: OffsetDateTime,
        cause: Cause,
        action: &Action,
        index: u32,
    ) {
        match bounds.hours(at) {
            Hours::Open => self.act(origin, contact, at, cause, action, index),
            Hours::Never => self.drop_action(origin, contact, at, action),
            Hours::Later(until) => {
                self.postponed(origin, contact, at, until);
                self.act_later(origin, contact, until, cause, action, index);
            }
        }
    }

    pub(super) fn drop_action(&mut self, origin: &Origin, contact: Who, at: OffsetDateTime, action: &Action) {
        self.dropped(origin, contact, at, format!("{} is outside the schedule", action.kind()));
    }

    pub(super) fn postponed(
        &mut self,
        origin: &Origin,
        contact: Who,
        at: OffsetDateTime,
        until: OffsetDateTime,
    ) {
        self.outcome.postponed += 1;
        self.audit(contact, at, || AuditEvent::Postponed { source: origin.to_string(), until });
    }

    fn dropped(&mut self, origin: &Origin, contact: Who, at: OffsetDateTime, reason: String) {
        self.outcome.dropped += 1;
        self.audit(contact, at, || AuditEvent::Dropped { source: origin.to_string(), reason });
    }
}
