//! Schedules, caps and limits at work: what may be done now, later, or not at all.

use std::fmt;

use time::OffsetDateTime;

use crate::automation::contact_store::store::ContactStore;
use crate::automation::definition::frequency::{FrequencyCap, PeriodCount, RateLimit};
use crate::automation::definition::schedule::{OutsideHours, Schedule};
use crate::automation::engine::AutomationEngine;
use crate::automation::execute::context::RunContext;
use crate::automation::state::audit::SkipReason;
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::engine_state::{EngineState, NameId};
use crate::automation::state::job::Origin;
use crate::automation::store::store::Store;
use crate::clock::TimeZone;
use crate::error::Result;

/// What bounds a rule or workflow.
#[derive(Debug, Default)]
pub(in crate::automation) struct CompiledLimits {
    schedule: Option<(Schedule, TimeZone)>,
    cap: Option<(NameId, RateLimit)>,
    limits: Vec<(NameId, FrequencyCap)>,
}

/// Whether something may be done at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::automation) enum ScheduleDecision {
    Open,
    /// Once the schedule opens.
    Later(OffsetDateTime),
    Never,
}

/// A bound that has had all its runs.
enum LimitReached<'a> {
    Cap(&'a RateLimit),
    Limit(&'a FrequencyCap),
}

impl fmt::Display for LimitReached<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cap(RateLimit { runs, per }) => write!(f, "the cap of {runs} per {per}"),
            Self::Limit(FrequencyCap { id, runs, per, .. }) => {
                write!(f, "the limit {id} of {runs} per {per} for a contact")
            }
        }
    }
}

impl CompiledLimits {
    /// `owner` is what the cap counts under.
    pub(in crate::automation) fn compile(
        owner: &Origin,
        group: Option<&str>,
        (schedule, cap): (Option<&Schedule>, Option<RateLimit>),
        limits: &[FrequencyCap],
        zone: &TimeZone,
        state: &mut EngineState,
    ) -> Result<Self> {
        let schedule = match schedule {
            Some(schedule) => {
                let own = schedule.zone.as_deref().map_or_else(|| Ok(zone.clone()), TimeZone::named)?;
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

    pub(in crate::automation) fn hours(&self, at: OffsetDateTime) -> ScheduleDecision {
        match &self.schedule {
            Some((schedule, zone)) if !schedule.is_open(at, zone) => match schedule.outside {
                OutsideHours::Wait => {
                    schedule.opens_after(at, zone).map_or(ScheduleDecision::Never, ScheduleDecision::Later)
                }
                OutsideHours::Drop => ScheduleDecision::Never,
            },
            _ => ScheduleDecision::Open,
        }
    }

    fn is_free(&self) -> bool {
        self.cap.is_none() && self.limits.is_empty()
    }
}

impl<S: Store, C: ContactStore> AutomationEngine<S, C> {
    /// Counts a run; false when a cap or a limit is reached, which is told.
    pub(in crate::automation) fn may_run(&mut self, bounds: &CompiledLimits, run: RunContext<'_>) -> bool {
        if bounds.is_free() {
            return true;
        }
        match self.next_counts(bounds, run.contact, run.at) {
            Ok((cap, limits)) => {
                if let Some((name, count)) = cap {
                    self.state.set_count(name, count);
                }
                for (name, count) in limits {
                    self.state.set_count_of(name, run.contact, count);
                }
                true
            }
            Err(reached) => {
                self.dropped(run, format!("{reached} is reached"));
                false
            }
        }
    }

    /// All counts with one run more, or the bound that is reached.
    #[expect(clippy::type_complexity, reason = "one count over all contacts, and those of one contact")]
    fn next_counts<'a>(
        &self,
        bounds: &'a CompiledLimits,
        contact: ContactSlot,
        at: OffsetDateTime,
    ) -> Result<(Option<(NameId, PeriodCount)>, Vec<(NameId, PeriodCount)>), LimitReached<'a>> {
        let zone = &self.options.zone;
        let mut of_all = None;
        if let Some((name, cap)) = &bounds.cap {
            let count = PeriodCount::one_more(self.state.count(*name), cap.runs, cap.per, at, zone);
            of_all = Some((*name, count.ok_or(LimitReached::Cap(cap))?));
        }
        let mut of_contact = Vec::with_capacity(bounds.limits.len());
        for (name, limit) in &bounds.limits {
            let known = self.state.count_of(*name, contact);
            let count = PeriodCount::one_more(known, limit.runs, limit.per, at, zone);
            of_contact.push((*name, count.ok_or(LimitReached::Limit(limit))?));
        }
        Ok((of_all, of_contact))
    }

    /// The bound that something would meet at `at`.
    pub(in crate::automation) fn meets(
        &self,
        bounds: &CompiledLimits,
        contact: ContactSlot,
        at: OffsetDateTime,
    ) -> Option<SkipReason> {
        match self.next_counts(bounds, contact, at) {
            Err(LimitReached::Cap(_)) => Some(SkipReason::Cap),
            Err(LimitReached::Limit(_)) => Some(SkipReason::Limit),
            Ok(_) => (bounds.hours(at) == ScheduleDecision::Never).then_some(SkipReason::Schedule),
        }
    }
}
