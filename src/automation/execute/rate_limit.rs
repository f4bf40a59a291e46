//! Counts runs against rate limits and frequency caps.

use std::fmt;

use time::OffsetDateTime;

use super::context::{RunContext, Step};
use super::recorder;
use crate::automation::definition::frequency::{FrequencyCap, PeriodCount, RateLimit};
use crate::automation::program::limits::{CompiledLimits, ScheduleDecision};
use crate::automation::state::audit::SkipReason;
use crate::automation::state::contact_cache::ContactSlot;
use crate::automation::state::interner::NameId;

/// A limit that has had all its runs.
enum LimitReached<'a> {
    Rate(&'a RateLimit),
    Frequency(&'a FrequencyCap),
}

impl fmt::Display for LimitReached<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(RateLimit { runs, per }) => write!(f, "the rate limit of {runs} per {per}"),
            Self::Frequency(FrequencyCap { id, runs, per, .. }) => {
                write!(f, "the frequency cap {id} of {runs} per {per}")
            }
        }
    }
}

/// Counts a run. Returns `false` if a limit is reached, which is recorded.
pub(super) fn count_run<S, C>(
    step: &mut Step<'_, S, C>,
    limits: &CompiledLimits,
    run: RunContext<'_>,
) -> bool {
    if limits.is_unlimited() {
        return true;
    }
    match next_counts(step, limits, run.contact, run.at) {
        Ok((of_all, of_contact)) => {
            if let Some((name, count)) = of_all {
                step.state.set_count(name, count);
            }
            for (name, count) in of_contact {
                step.state.set_count_of(name, run.contact, count);
            }
            true
        }
        Err(reached) => {
            recorder::record_skip(step, run, format!("{reached} is reached"));
            false
        }
    }
}

/// Returns what would limit a run at `at`.
pub(super) fn blocked_by<S, C>(
    step: &Step<'_, S, C>,
    limits: &CompiledLimits,
    contact: ContactSlot,
    at: OffsetDateTime,
) -> Option<SkipReason> {
    match next_counts(step, limits, contact, at) {
        Err(LimitReached::Rate(_)) => Some(SkipReason::RateLimit),
        Err(LimitReached::Frequency(_)) => Some(SkipReason::FrequencyCap),
        Ok(_) => (limits.decide(at) == ScheduleDecision::Never).then_some(SkipReason::Schedule),
    }
}

/// Returns all counts with one run more, or the limit that is reached.
#[expect(clippy::type_complexity, reason = "one count over all contacts, and those of one contact")]
fn next_counts<'a, S, C>(
    step: &Step<'_, S, C>,
    limits: &'a CompiledLimits,
    contact: ContactSlot,
    at: OffsetDateTime,
) -> Result<(Option<(NameId, PeriodCount)>, Vec<(NameId, PeriodCount)>), LimitReached<'a>> {
    let zone = &step.options.zone;
    let mut of_all = None;
    if let Some((name, rate)) = &limits.rate {
        let count = PeriodCount::one_more(step.state.count(*name), rate.runs, rate.per, at, zone);
        of_all = Some((*name, count.ok_or(LimitReached::Rate(rate))?));
    }
    let mut of_contact = Vec::with_capacity(limits.caps.len());
    for (name, cap) in &limits.caps {
        let known = step.state.count_of(*name, contact);
        let count = PeriodCount::one_more(known, cap.runs, cap.per, at, zone);
        of_contact.push((*name, count.ok_or(LimitReached::Frequency(cap))?));
    }
    Ok((of_all, of_contact))
}
