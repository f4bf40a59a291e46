//! When events must have happened, by the contact's own instants and days.

use super::evaluate::Record;
use super::plan::CodeTerm;
use crate::clock::TimeZone;
use crate::contact::{date_of_key, micros};
use crate::segment::language::ast::operand::Relation;

/// An end of a window that another value of the contact makes.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) relation: Relation,
    pub(crate) term: CodeTerm,
    pub(crate) default: Option<i64>,
    /// For a term that is a day: where that begins and ends.
    pub(crate) zone: Option<TimeZone>,
}

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
