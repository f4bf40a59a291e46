//! Schedules, rate limits and frequency caps, compiled.

use time::OffsetDateTime;

use crate::automation::definition::frequency::{FrequencyCap, RateLimit};
use crate::automation::definition::schedule::{OutsideHours, Schedule};
use crate::automation::state::interner::{Interner, NameId};
use crate::automation::state::job::Origin;
use crate::clock::TimeZone;
use crate::error::Result;

/// The schedule, rate limit and frequency caps of a rule or workflow.
#[derive(Debug, Default)]
pub(in crate::automation) struct CompiledLimits {
    schedule: Option<(Schedule, TimeZone)>,
    pub(in crate::automation) rate: Option<(NameId, RateLimit)>,
    pub(in crate::automation) caps: Vec<(NameId, FrequencyCap)>,
}

/// What a schedule decides for an action at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::automation) enum ScheduleDecision {
    Open,
    /// It waits until the schedule opens.
    Later(OffsetDateTime),
    Never,
}

impl CompiledLimits {
    /// Compiles what limits `owner`, which the rate limit counts under.
    pub(super) fn compile(
        owner: &Origin,
        group: Option<&str>,
        (schedule, rate): (Option<&Schedule>, Option<RateLimit>),
        caps: &[FrequencyCap],
        zone: &TimeZone,
        names: &mut Interner,
    ) -> Result<Self> {
        let schedule = match schedule {
            Some(schedule) => {
                let own = schedule.zone.as_deref().map_or_else(|| Ok(zone.clone()), TimeZone::named)?;
                Some((schedule.clone(), own))
            }
            None => None,
        };
        let caps = caps.iter().filter(|cap| cap.is_over(group));
        Ok(Self {
            schedule,
            rate: rate.map(|rate| (names.intern(&format!("cap of {owner}")), rate)),
            caps: caps.map(|cap| (names.intern(&format!("limit {}", cap.id)), cap.clone())).collect(),
        })
    }

    /// Decides whether an action that is due at `at` runs, waits or is skipped.
    pub(in crate::automation) fn decide(&self, at: OffsetDateTime) -> ScheduleDecision {
        match &self.schedule {
            Some((schedule, zone)) if !schedule.is_open(at, zone) => match schedule.outside {
                OutsideHours::Defer => {
                    schedule.opens_after(at, zone).map_or(ScheduleDecision::Never, ScheduleDecision::Later)
                }
                OutsideHours::Skip => ScheduleDecision::Never,
            },
            _ => ScheduleDecision::Open,
        }
    }

    /// Returns `true` if runs are not counted.
    pub(in crate::automation) fn is_unlimited(&self) -> bool {
        self.rate.is_none() && self.caps.is_empty()
    }
}
