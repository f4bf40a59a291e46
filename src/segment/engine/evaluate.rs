//! Asks a compiled condition of one record: a contact, a row of a table, or an event. It allocates only
//! where [`CompiledFilter`](crate::segment::compiled_filter::CompiledFilter) says so.

use super::plan::{EventPlan, InstantTerm, Node};
use super::record::{EventView, Record, consent, day, proof, state_bit};
use super::terms::ordinal::day_of_year;
use super::terms::texts::{any_text, every_text};
use super::window::has_bit;
use crate::contact::{Cell, DateOrder, instant, micros};

impl Node {
    /// Whether the condition holds.
    #[inline]
    pub(crate) fn holds<R: Record>(&self, record: &R) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::All(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(record)),
            Self::Not(inner) => !inner.holds(record),
            Self::Boolean { at, wanted } => {
                matches!(record.cell(*at), Cell::Boolean(value) if value == *wanted)
            }
            Self::Keyword { at, symbols, texts, exact, negated } => match record.cell(*at) {
                Cell::Keyword { symbol, folded } => {
                    let found = if *exact { symbol } else { folded };
                    one_of(symbols, found.0) != *negated
                }
                Cell::Text(text) => texts.holds(text) != *negated,
                _ => false,
            },
            Self::Whole { at, low, high, negated } => match record.cell(*at) {
                Cell::Integer(value) => (*low..=*high).contains(&value) != *negated,
                _ => false,
            },
            Self::Days { at, low, high, negated } => {
                day(record.cell(*at)).is_some_and(|key| (*low..=*high).contains(&key) != *negated)
            }
            Self::Tags(wanted) => {
                let tags = record.tags();
                tags.iter().any(|tag| wanted.contains(&tag.name))
            }
            Self::Text { term, test, negated } => {
                any_text(record, term, test).is_some_and(|holds| holds != *negated)
            }
            other => other.holds_rarely(record),
        }
    }

    fn holds_rarely<R: Record>(&self, record: &R) -> bool {
        match self {
            Self::AtLeast(count, parts) => {
                let mut left = *count;
                parts.iter().any(|part| {
                    left -= u32::from(part.holds(record));
                    left == 0
                })
            }
            Self::Number { term, test, negated } => {
                term.value(record).is_some_and(|value| value.fits(test) != *negated)
            }
            Self::YearDays { at, days, zone, negated } => {
                day_of_year(record.cell(*at), zone).is_some_and(|at| has_bit(days, at) != *negated)
            }
            Self::Instant { term, low, high, negated } => {
                term.value(record).is_some_and(|at| (*low <= at && at < *high) != *negated)
            }
            Self::IsSet(presence) => presence.is_set(record),
            Self::IsEmpty(presence) => presence.is_empty(record),
            Self::Against { sides, relation, negated } => {
                sides.hold(*relation, record).is_some_and(|holds| holds != *negated)
            }
            Self::TagsOnly(known) => record.tags().iter().all(|tag| known.contains(&tag.name)),
            Self::Every { term, test } => every_text(record, term, test),
            Self::Consent { name, now, states, negated } => consent(record, *name, *now)
                .is_some_and(|(_, entry)| (*states & state_bit(entry.status) != 0) != *negated),
            Self::Code { term, wanted, negated } => {
                term.value(record).is_some_and(|value| (value == *wanted) != *negated)
            }
            Self::Exists(events) => events.of(record).next().is_some(),
            Self::Nth { events, last, test, missing } => {
                events.nth(record, *last).map_or(*missing, |event| test.holds(&event))
            }
            Self::Zoned(zoned) => zoned.plan(record).holds(record),
            other => other.holds(record),
        }
    }
}

#[inline]
fn one_of(symbols: &[u32], wanted: u32) -> bool {
    if symbols.len() <= 8 { symbols.contains(&wanted) } else { symbols.binary_search(&wanted).is_ok() }
}

impl EventPlan {
    /// The events that fit.
    #[inline]
    pub(crate) fn of<'a, R: Record>(&'a self, record: &'a R) -> impl Iterator<Item = EventView<'a>> {
        let events = record.events();
        let (low, high) = self.window(record);
        let mut followers = None;
        events.rows.iter().filter_map(move |row| {
            let view = EventView { row, events };
            let fits = self.kind.is_none_or(|kind| kind == row.kind)
                && low <= row.at
                && row.at < high
                && self.condition.as_ref().is_none_or(|condition| condition.holds(&view))
                && self
                    .then
                    .as_ref()
                    .is_none_or(|then| followers.get_or_insert_with(|| then.followers(record)).hold(row.at));
            fits.then_some(view)
        })
    }

    /// The instants between which the events lie, the end left out; no instant when a bound is missing.
    #[inline]
    fn window<R: Record>(&self, record: &R) -> (i64, i64) {
        let whole = Some((self.low, self.high));
        let cut = self.edges.iter().fold(whole, |window, edge| edge.cut(window?, record));
        cut.unwrap_or((i64::MAX, i64::MIN))
    }

    /// The earliest or latest event that fits; of several at one instant, the one added first or last.
    pub(crate) fn nth<'a, R: Record>(&'a self, record: &'a R, last: bool) -> Option<EventView<'a>> {
        self.of(record).reduce(|best, next| {
            let better = if last { next.row.at >= best.row.at } else { next.row.at < best.row.at };
            if better { next } else { best }
        })
    }
}

impl InstantTerm {
    pub(crate) fn value<R: Record>(&self, record: &R) -> Option<i64> {
        match self {
            Self::Cell(at) => match record.cell(*at) {
                Cell::Instant(at) => Some(at),
                Cell::Text(text) => {
                    instant(text, DateOrder::YearMonthDay, &crate::clock::TimeZone::utc()).map(micros)
                }
                _ => None,
            },
            Self::TagSince(name) => record.tags().iter().find(|tag| tag.name == *name)?.since.map(micros),
            Self::ConsentAgreedOn { name, now } => proof(record, *name, *now)?.agreed_on.map(micros),
            Self::ConsentSince { name, now } => consent(record, *name, *now)?.1.at.map(micros),
            Self::StageSince(funnel) => {
                record.stages().iter().find(|stage| stage.funnel == *funnel)?.since.map(micros)
            }
            Self::Nth { events, last } => events.nth(record, *last).map(|event| event.row.at),
        }
    }
}
