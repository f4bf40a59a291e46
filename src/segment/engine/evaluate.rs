//! Asks a compiled condition of one record: a contact, a row of a table, or an event. It allocates nothing.

use super::plan::{AT, EventPlan, InstantTerm, Node, Presence, TextTerm, VALUE};
use super::window::year_day;
use super::words::TextTest;
use crate::contact::{
    Cell, Consent, ConsentStatus, Contact, DateOrder, EventRow, FIRST_YEAR, Slot, Stage, Store, Symbol, Tag,
    birthday_key, date, date_key, from_micros, instant, micros,
};

/// What conditions are asked of.
pub(crate) trait Record {
    fn cell(&self, at: u32) -> Cell<'_>;
    fn store(&self) -> Store<'_>;
    fn tags(&self) -> &[Tag];
    fn consents(&self) -> &[Consent];
    fn stages(&self) -> &[Stage];
    fn events(&self) -> Events<'_>;
}

/// The events of one contact, with the properties they point into.
#[derive(Clone, Copy)]
pub(crate) struct Events<'a> {
    pub(crate) rows: &'a [EventRow],
    pub(crate) properties: &'a [(Symbol, Slot)],
    pub(crate) store: Store<'a>,
}

impl Record for Contact {
    #[inline]
    fn cell(&self, at: u32) -> Cell<'_> {
        Contact::cell(self, at as usize)
    }

    fn store(&self) -> Store<'_> {
        Contact::store(self)
    }

    #[inline]
    fn tags(&self) -> &[Tag] {
        Contact::tags(self)
    }

    fn consents(&self) -> &[Consent] {
        Contact::consents(self)
    }

    fn stages(&self) -> &[Stage] {
        Contact::stages(self)
    }

    #[inline]
    fn events(&self) -> Events<'_> {
        Events { rows: self.event_rows(), properties: self.property_slots(), store: Contact::store(self) }
    }
}

/// One event as a record of its own: its properties are its cells.
#[derive(Clone, Copy)]
pub(crate) struct EventView<'a> {
    row: &'a EventRow,
    events: Events<'a>,
}

impl<'a> EventView<'a> {
    /// Microseconds since 1970.
    pub(crate) fn instant(&self) -> i64 {
        self.row.at
    }

    /// The value of a property, which outlives the view.
    pub(crate) fn property(&self, at: u32) -> Cell<'a> {
        match at {
            VALUE => self.row.value.map_or(Cell::Missing, Cell::Decimal),
            AT => Cell::Instant(self.row.at),
            name => {
                let run = self.events.properties.get(self.row.properties.range()).unwrap_or_default();
                run.iter()
                    .find(|(property, _)| property.0 == name)
                    .map_or(Cell::Missing, |&(_, slot)| self.events.store.cell(slot))
            }
        }
    }
}

impl Record for EventView<'_> {
    fn cell(&self, at: u32) -> Cell<'_> {
        self.property(at)
    }

    fn store(&self) -> Store<'_> {
        self.events.store
    }

    fn tags(&self) -> &[Tag] {
        &[]
    }

    fn consents(&self) -> &[Consent] {
        &[]
    }

    fn stages(&self) -> &[Stage] {
        &[]
    }

    fn events(&self) -> Events<'_> {
        Events { rows: &[], ..self.events }
    }
}

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
                any_text(record, *term, test).is_some_and(|holds| holds != *negated)
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
                let day = match record.cell(*at) {
                    Cell::Birthday(day) => Some((day.month(), day.day())),
                    Cell::Date(day) => Some((day.month().into(), day.day())),
                    Cell::Instant(at) => {
                        let day = zone.date(from_micros(at));
                        Some((day.month().into(), day.day()))
                    }
                    Cell::Text(text) => {
                        date(text, DateOrder::YearMonthDay).map(|day| (day.month().into(), day.day()))
                    }
                    _ => None,
                };
                day.is_some_and(|(month, day)| {
                    let at = year_day(month, day);
                    days.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1) != *negated
                })
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
            Self::Every { term, test } => every_text(record, *term, test),
            Self::Consent { name, now, states, negated } => consent(record, *name, *now)
                .is_some_and(|entry| (*states & state_bit(entry.status) != 0) != *negated),
            Self::Exists(events) => events.of(record).next().is_some(),
            Self::Nth { events, last, test, missing } => {
                events.nth(record, *last).map_or(*missing, |event| test.holds(&event))
            }
            other => other.holds(record),
        }
    }
}

/// The bit of a consent's state.
pub(crate) fn state_bit(status: ConsentStatus) -> u8 {
    match status {
        ConsentStatus::Confirmed => 1,
        ConsentStatus::Withdrawn => 2,
        ConsentStatus::NotConfirmed => 4,
    }
}

#[inline]
fn one_of(symbols: &[u32], wanted: u32) -> bool {
    if symbols.len() <= 8 { symbols.contains(&wanted) } else { symbols.binary_search(&wanted).is_ok() }
}

/// The key of a date, of a birthday with a year, or of the text of a property that is a date.
#[inline]
pub(crate) fn day(cell: Cell<'_>) -> Option<i32> {
    match cell {
        Cell::Birthday(birthday) => Some(birthday_key(birthday)).filter(|key| *key >= FIRST_YEAR),
        Cell::Date(day) => Some(date_key(day)),
        Cell::Text(text) => date(text, DateOrder::YearMonthDay).map(date_key),
        _ => None,
    }
}

/// Whether some text of the term passes; none when it has no text.
#[inline]
pub(crate) fn any_text<R: Record>(record: &R, term: TextTerm, test: &TextTest) -> Option<bool> {
    let mut found = None;
    each_text(record, term, |text| {
        let holds = test.holds(text);
        found = Some(holds);
        holds
    });
    found
}

/// True when there is a text and every one passes.
fn every_text<R: Record>(record: &R, term: TextTerm, test: &TextTest) -> bool {
    let mut all = false;
    each_text(record, term, |text| {
        all = test.holds(text);
        !all
    });
    all
}

/// Shows the texts of a term until one is taken.
#[inline]
pub(crate) fn each_text<R: Record>(record: &R, term: TextTerm, mut take: impl FnMut(&str) -> bool) {
    let (at, domain) = match term {
        TextTerm::Cell(at) => (at, false),
        TextTerm::Domain(at) => (at, true),
        TextTerm::Stage(funnel) => {
            if let Some(stage) = record.stages().iter().find(|stage| stage.funnel == funnel) {
                take(record.store().symbols.lend(stage.stage));
            }
            return;
        }
    };
    let mut show = |text: &str| {
        if !domain {
            return take(text);
        }
        text.trim().rsplit_once('@').is_some_and(|(_, domain)| take(domain))
    };
    match record.cell(at) {
        Cell::Text(text) => {
            show(text);
        }
        Cell::Keyword { symbol, .. } => {
            show(record.store().symbols.lend(symbol));
        }
        Cell::Texts(texts) => {
            for text in texts.iter() {
                if show(text) {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// The entry of a consent that holds as of `now`: the last at or before it, unknown times first.
fn consent<R: Record>(record: &R, name: Symbol, now: i64) -> Option<&Consent> {
    let mut best: Option<(&Consent, i64)> = None;
    for entry in record.consents().iter().filter(|entry| entry.name == name) {
        let at = entry.at.map_or(i64::MIN, micros);
        if at <= now && best.is_none_or(|(_, known)| known <= at) {
            best = Some((entry, at));
        }
    }
    best.map(|(entry, _)| entry)
}

impl EventPlan {
    /// The events that fit.
    #[inline]
    pub(crate) fn of<'a, R: Record>(&'a self, record: &'a R) -> impl Iterator<Item = EventView<'a>> {
        let events = record.events();
        let followers = self.then.as_ref().map(|then| then.followers(record));
        events.rows.iter().filter_map(move |row| {
            let view = EventView { row, events };
            let fits = self.kind.is_none_or(|kind| kind == row.kind)
                && self.low <= row.at
                && row.at < self.high
                && self.condition.as_ref().is_none_or(|condition| condition.holds(&view))
                && followers.as_ref().is_none_or(|followers| followers.hold(row.at));
            fits.then_some(view)
        })
    }

    /// The earliest or latest event that fits; of several at one instant, the one added first or last.
    fn nth<'a, R: Record>(&'a self, record: &'a R, last: bool) -> Option<EventView<'a>> {
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
                    instant(text, DateOrder::YearMonthDay, &crate::clock::Zone::utc()).map(micros)
                }
                _ => None,
            },
            Self::TagSince(name) => record.tags().iter().find(|tag| tag.name == *name)?.since.map(micros),
            Self::ConsentSince { name, now } => consent(record, *name, *now)?.at.map(micros),
            Self::StageSince(funnel) => {
                record.stages().iter().find(|stage| stage.funnel == *funnel)?.since.map(micros)
            }
            Self::Nth { events, last } => events.nth(record, *last).map(|event| event.row.at),
        }
    }
}

impl Presence {
    fn is_set<R: Record>(&self, record: &R) -> bool {
        match self {
            Self::Cell(at) => match record.cell(*at) {
                Cell::Missing => false,
                Cell::Texts(texts) => texts.len() > 0,
                _ => true,
            },
            Self::Number(term) => term.value(record).is_some(),
            Self::Text(term) => {
                let mut set = false;
                each_text(record, *term, |_| {
                    set = true;
                    true
                });
                set
            }
            Self::Instant(term) => term.value(record).is_some(),
            Self::Consent { name, now } => consent(record, *name, *now).is_some(),
        }
    }

    /// No value, or only blank text.
    fn is_empty<R: Record>(&self, record: &R) -> bool {
        let term = match self {
            Self::Cell(at) => TextTerm::Cell(*at),
            Self::Text(term) => *term,
            other => return !other.is_set(record),
        };
        let mut blank = true;
        let mut texts = false;
        each_text(record, term, |text| {
            texts = true;
            blank = text.trim().is_empty();
            !blank
        });
        if texts { blank } else { !self.is_set(record) }
    }
}
