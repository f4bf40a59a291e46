//! When events must have happened, by the contact's own instants and days.

use super::plan::Edge;
use super::record::Record;
use crate::contact::{date_of_key, micros};
use crate::segment::language::ast::operand::Relation;

impl Edge {
    /// A window, the end left out, cut by this edge; none when the value is missing.
    pub(crate) fn cut<R: Record>(&self, (low, high): (i64, i64), record: &R) -> Option<(i64, i64)> {
        let code = self.term.value(record).or(self.default)?;
        let (begin, end) = match &self.zone {
            Some(zone) => {
                let day = date_of_key(i32::try_from(code).ok()?)?;
                let end = day.next_day().map_or(i64::MAX, |next| micros(zone.start_of_day(next)));
                (micros(zone.start_of_day(day)), end)
            }
            None => (code, code.saturating_add(1)),
        };
        Some(match self.relation {
            Relation::Equal => (low.max(begin), high.min(end)),
            Relation::Less => (low, high.min(begin)),
            Relation::LessOrEqual => (low, high.min(end)),
            Relation::Greater => (low.max(end), high),
            Relation::GreaterOrEqual => (low.max(begin), high),
        })
    }
}
