//! What conditions are asked of: a contact, a row of a table, or one of its events.

use super::plan::{AT, VALUE};
use crate::contact::{
    Cell, Consent, ConsentStatus, Contact, DateOrder, EventRow, FIRST_YEAR, FunnelStage, Proof, Prospect,
    Schema, Slot, Store, Symbol, Tag, birthday_key, date, date_key, micros,
};

/// What conditions are asked of.
pub(crate) trait Record {
    fn cell(&self, at: u32) -> Cell<'_>;
    fn store(&self) -> Store<'_>;
    fn tags(&self) -> &[Tag];
    fn consents(&self) -> &[Consent];
    fn stages(&self) -> &[FunnelStage];
    /// What proves the consent at this place.
    fn proof(&self, place: u32) -> Option<&Proof>;
    /// What the stage of this funnel may bring.
    fn prospect(&self, funnel: Symbol) -> Option<&Prospect>;
    fn events(&self) -> Events<'_>;
    /// That of a contact; an event has none of its own.
    fn schema(&self) -> Option<&Schema>;
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

    fn stages(&self) -> &[FunnelStage] {
        Contact::stages(self)
    }

    fn proof(&self, place: u32) -> Option<&Proof> {
        Contact::proof(self, place)
    }

    fn prospect(&self, funnel: Symbol) -> Option<&Prospect> {
        Contact::prospect(self, funnel)
    }

    #[inline]
    fn events(&self) -> Events<'_> {
        Events { rows: self.event_rows(), properties: self.property_slots(), store: Contact::store(self) }
    }

    fn schema(&self) -> Option<&Schema> {
        Some(Contact::schema(self))
    }
}

/// One event as a record of its own: its properties are its cells.
#[derive(Clone, Copy)]
pub(crate) struct EventView<'a> {
    pub(super) row: &'a EventRow,
    pub(super) events: Events<'a>,
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

    fn stages(&self) -> &[FunnelStage] {
        &[]
    }

    fn proof(&self, _: u32) -> Option<&Proof> {
        None
    }

    fn prospect(&self, _: Symbol) -> Option<&Prospect> {
        None
    }

    fn events(&self) -> Events<'_> {
        Events { rows: &[], ..self.events }
    }

    fn schema(&self) -> Option<&Schema> {
        None
    }
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

/// The entry of a consent that holds as of `now`, with its place: the last at or before it, unknown times first.
pub(crate) fn consent<R: Record>(record: &R, name: Symbol, now: i64) -> Option<(usize, &Consent)> {
    let mut best: Option<((usize, &Consent), i64)> = None;
    for (place, entry) in record.consents().iter().enumerate().filter(|(_, entry)| entry.name == name) {
        let at = entry.at.map_or(i64::MIN, micros);
        if at <= now && best.is_none_or(|(_, known)| known <= at) {
            best = Some(((place, entry), at));
        }
    }
    best.map(|(entry, _)| entry)
}

/// What proves the consent that holds as of `now`.
pub(crate) fn proof<R: Record>(record: &R, name: Symbol, now: i64) -> Option<&Proof> {
    let (place, _) = consent(record, name, now)?;
    record.proof(place as u32)
}

/// The bit of a consent's state.
pub(crate) fn state_bit(status: ConsentStatus) -> u8 {
    match status {
        ConsentStatus::Confirmed => 1,
        ConsentStatus::Withdrawn => 2,
        ConsentStatus::NotConfirmed => 4,
    }
}
