//! What a contact has beside its fields: tags, consents, stages, events.

use time::OffsetDateTime;

use super::cell::{EventRow, Slot, Span};
use super::consent::{Consent, ConsentStatus, Stage};
use super::contact::{Contact, micros};
use super::event::{Event, EventRef};
use super::symbols::Symbol;
use super::tag::{Tag, normalize_tag};
use super::value::{Value, ValueRef};
use crate::error::{Error, ErrorKind, Result};

impl Contact {
    /// Assigns a tag by name, normalized; assigning it again replaces its score and date.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a blank name, [`ErrorKind::Limit`] when the schema's symbols are full.
    pub fn add_tag(&mut self, name: &str, score: i32, since: Option<OffsetDateTime>) -> Result<()> {
        let name = normalize_tag(name).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "tag", "a blank name").expected("letters, digits, - ( [ { ) ] } _")
        })?;
        let name = self.schema().symbols().intern(&name)?;
        match self.tags.iter_mut().find(|tag| tag.name == name) {
            Some(tag) => *tag = Tag { name, score, since },
            None => self.tags.push(Tag { name, score, since }),
        }
        Ok(())
    }

    /// Takes a tag away; true if it was there.
    pub fn remove_tag(&mut self, name: Symbol) -> bool {
        let before = self.tags.len();
        self.tags.retain(|tag| tag.name != name);
        before != self.tags.len()
    }

    /// The tags, in the order they were assigned.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Adds an entry to a consent's history.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the schema's symbols are full.
    pub fn add_consent(
        &mut self,
        name: &str,
        status: ConsentStatus,
        at: Option<OffsetDateTime>,
    ) -> Result<()> {
        let name = self.schema().symbols().intern(name)?;
        self.lists_mut().consents.push(Consent { name, status, at });
        Ok(())
    }

    /// The entries of all consents, in the order they were added.
    #[must_use]
    pub fn consents(&self) -> &[Consent] {
        &self.lists().consents
    }

    /// Puts the contact on a stage of a funnel, off any other stage of the same funnel.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the schema's symbols are full.
    pub fn set_stage(&mut self, funnel: &str, stage: &str, since: Option<OffsetDateTime>) -> Result<()> {
        let symbols = self.schema().symbols();
        let place = Stage { funnel: symbols.intern(funnel)?, stage: symbols.intern(stage)?, since };
        let stages = &mut self.lists_mut().stages;
        stages.retain(|known| known.funnel != place.funnel);
        stages.push(place);
        Ok(())
    }

    /// The stages that the contact stands on.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.lists().stages
    }

    /// Adds an event. Its type is kept in lower case.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the contact or the schema's symbols are full.
    pub fn add_event(&mut self, event: &Event) -> Result<()> {
        let kind = self.schema().symbols().intern(&event.kind.to_lowercase())?;
        let start = self.lists().properties.len() as u32;
        for (name, value) in &event.properties {
            let name = self.schema().symbols().intern(name)?;
            let slot = match value {
                Value::Boolean(v) => Slot::Boolean(*v),
                Value::Integer(v) => Slot::Integer(*v),
                Value::Decimal(v) => self.push_decimal(*v),
                Value::Text(v) => Slot::Text(self.push_text(v)?),
                Value::TextList(v) => self.push_list(v)?,
                Value::Date(v) => Slot::Date(*v),
                Value::Birthday(v) => Slot::Birthday(*v),
                Value::Instant(v) => Slot::Instant(micros(*v)),
            };
            self.lists_mut().properties.push((name, slot));
        }
        let properties = Span { start, len: self.lists().properties.len() as u32 - start };
        self.events.push(EventRow { kind, at: micros(event.at), value: event.value, properties });
        Ok(())
    }

    /// The events, in the order they were added.
    pub fn events(&self) -> impl ExactSizeIterator<Item = EventRef<'_>> {
        (0..self.events.len()).map(|index| EventRef { contact: self, index })
    }

    pub(super) fn event_row(&self, index: usize) -> EventRow {
        self.events[index]
    }

    pub(super) fn event_properties(&self, index: usize) -> impl Iterator<Item = (Symbol, ValueRef<'_>)> {
        self.lists().properties[self.events[index].properties.range()]
            .iter()
            .filter_map(|&(name, slot)| Some((name, self.value_of(slot)?)))
    }
}
