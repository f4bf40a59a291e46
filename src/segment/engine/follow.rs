//! Whether an event is followed by another.

use super::plan::FollowPlan;
use super::record::Record;
use super::window::moved;
use crate::contact::from_micros;

/// A contact of so many events is looked through for each event; that costs their square, so of more the instants of
/// those that follow are kept in order. So are those that others follow in turn.
const FEW: usize = 64;

/// The events of one contact that may follow another.
pub(crate) struct Followers<'a, R> {
    plan: &'a FollowPlan,
    record: &'a R,
    sorted: Option<Vec<i64>>,
}

impl FollowPlan {
    pub(crate) fn followers<'a, R: Record>(&'a self, record: &'a R) -> Followers<'a, R> {
        let many = record.events().rows.len() > FEW;
        // Looking for each event through a chain would cost a power of its length.
        let sorted = (many || self.by.then.is_some() || !self.by.edges.is_empty()).then(|| {
            let mut instants: Vec<i64> = self.by.of(record).map(|event| event.instant()).collect();
            instants.sort_unstable();
            instants
        });
        Followers { plan: self, record, sorted }
    }
}

impl<R: Record> Followers<'_, R> {
    /// Whether what is asked for comes after `at`.
    pub(crate) fn hold(&self, at: i64) -> bool {
        let until = match self.plan.within {
            Some(period) => moved(from_micros(at), &self.plan.zone, period, 1),
            None => i64::MAX,
        };
        if self.plan.absent && self.plan.within.is_some() && until > self.plan.now {
            // It may still come.
            return false;
        }
        let follows = match &self.sorted {
            Some(sorted) => {
                let first = sorted.get(sorted.partition_point(|known| *known <= at));
                first.is_some_and(|first| *first <= until)
            }
            None => {
                let mut instants = self.plan.by.of(self.record).map(|event| event.instant());
                instants.any(|other| at < other && other <= until)
            }
        };
        follows != self.plan.absent
    }
}
