//! What a contact has beside its fields: tags, consents, stages, events.

use time::OffsetDateTime;

use super::cell::{EventRow, Slot, Span};
use super::contact::{Contact, micros};
use super::event::{Event, EventRef};
use super::overflow::Inside;
use crate::contact::consent::{Consent, ConsentStatus, FunnelStage};
use crate::contact::schema::event_types::lower;
use crate::contact::schema::field::FieldType;
use crate::contact::schema::schema::Schema;
use crate::contact::schema::symbols::Symbol;
use crate::contact::tag::{Tag, with_normalized};
use crate::contact::value::{Value, ValueRef};
use crate::error::{Error, ErrorKind, Result};

impl Contact {
    /// The maximum number of tags of one contact: 4,096.
    ///
    /// A new tag is compared with every earlier one, so the limit also bounds the time that assigning tags takes.
    pub const MAX_TAGS: usize = 4_096;

    /// The maximum number of consent entries of one contact: 65,536.
    pub const MAX_CONSENTS: usize = 65_536;

    /// The maximum number of funnels in which one contact has a stage: 4,096.
    pub const MAX_STAGES: usize = 4_096;

    /// The maximum number of events of one contact: 1,048,576.
    pub const MAX_EVENTS: usize = 1 << 20;

    /// The maximum number of properties of one event: 256.
    pub const MAX_PROPERTIES: usize = 256;

    /// Assigns a tag by name. The name is normalized; assigning a tag again replaces its score and date.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a blank name, [`ErrorKind::Limit`] for more than [`MAX_TAGS`](Self::MAX_TAGS) or when
    /// the schema's symbols are full.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let mut ada = Contact::new(&schema);
    /// ada.add_tag("vip", 1, None)?;
    /// ada.add_tag("VIP", 5, None)?;
    /// assert_eq!((ada.tags().len(), ada.tags()[0].score), (1, 5));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_tag(&mut self, name: &str, score: i32, since: Option<OffsetDateTime>) -> Result<()> {
        self.put_tag(name, score, since).map(|_| ())
    }

    /// The same; says under which name.
    pub(in crate::contact) fn put_tag(
        &mut self,
        name: &str,
        score: i32,
        since: Option<OffsetDateTime>,
    ) -> Result<Symbol> {
        let symbols = self.schema().symbols();
        let name = with_normalized(name, |name| symbols.intern(name)).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "tag", "a blank name")
                .with_expected("letters, digits, - ( [ { ) ] } _")
        })??;
        match self.tags.iter_mut().find(|tag| tag.name == name) {
            Some(tag) => {
                *tag = Tag { name, score, since };
                self.forget_inside(Inside::Tag(name));
            }
            None => {
                room("tags", self.tags.len(), Self::MAX_TAGS)?;
                self.tags.push(Tag { name, score, since });
                self.tag_marks |= name.mark();
            }
        }
        Ok(name)
    }

    /// Removes a tag. Returns `true` if the contact had it.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let mut ada = Contact::builder(&schema).tag("vip").build()?;
    /// let vip = schema.symbols().get("VIP").unwrap();
    /// assert!(ada.remove_tag(vip));
    /// assert!(!ada.remove_tag(vip));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn remove_tag(&mut self, name: Symbol) -> bool {
        let before = self.tags.len();
        self.tags.retain(|tag| tag.name != name);
        self.forget_inside(Inside::Tag(name));
        self.tag_marks = self.tags.iter().fold(0, |marks, tag| marks | tag.name.mark());
        before != self.tags.len()
    }

    /// Returns the tags, in the order in which they were assigned.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// Adds an entry to the history of a consent.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more than [`MAX_CONSENTS`](Self::MAX_CONSENTS) or when the schema's symbols are full.
    ///
    /// ```
    /// use audiencekit::contact::ConsentStatus;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let mut ada = Contact::new(&Schema::standard());
    /// ada.add_consent("newsletter", ConsentStatus::Confirmed, None)?;
    /// assert_eq!(ada.consents().len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_consent(
        &mut self,
        name: &str,
        status: ConsentStatus,
        at: Option<OffsetDateTime>,
    ) -> Result<()> {
        room("consents", self.consents().len(), Self::MAX_CONSENTS)?;
        let name = self.schema().symbols().intern(name)?;
        self.lists_mut().consents.push(Consent { name, status, at });
        Ok(())
    }

    /// Returns the entries of all consents, in the order in which they were added.
    #[must_use]
    pub fn consents(&self) -> &[Consent] {
        &self.lists().consents
    }

    /// Puts the contact on a stage of a funnel, and takes it off any other stage of that funnel.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more than [`MAX_STAGES`](Self::MAX_STAGES) or when the schema's symbols are full.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let mut ada = Contact::new(&Schema::standard());
    /// ada.set_stage("Sales", "Lead", None)?;
    /// ada.set_stage("Sales", "Offer", None)?;
    /// assert_eq!(ada.stages().len(), 1);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set_stage(&mut self, funnel: &str, stage: &str, since: Option<OffsetDateTime>) -> Result<()> {
        let symbols = self.schema().symbols();
        let place = FunnelStage { funnel: symbols.intern(funnel)?, stage: symbols.intern(stage)?, since };
        let stages = &mut self.lists_mut().stages;
        match stages.iter().position(|known| known.funnel == place.funnel) {
            Some(at) => {
                stages.remove(at);
                self.forget_inside(Inside::Stage(place.funnel));
                self.lists_mut().prospects.retain(|prospect| prospect.funnel != place.funnel);
            }
            None => room("stages", stages.len(), Self::MAX_STAGES)?,
        }
        self.lists_mut().stages.push(place);
        Ok(())
    }

    /// Returns the stages on which the contact is.
    #[must_use]
    pub fn stages(&self) -> &[FunnelStage] {
        &self.lists().stages
    }

    /// Adds an event. Its type is stored in lower case, and its properties must have the types that the schema declares.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] for a type or a property that the schema does not declare, or a value of another type than
    /// the property's; [`ErrorKind::Limit`] for more than [`MAX_EVENTS`](Self::MAX_EVENTS) or
    /// [`MAX_PROPERTIES`](Self::MAX_PROPERTIES), and when the contact or the schema's symbols are full. The contact is
    /// then as it was.
    ///
    /// ```
    /// use audiencekit::contact::Event;
    /// use audiencekit::{Contact, Schema};
    /// use time::macros::datetime;
    ///
    /// let mut ada = Contact::new(&Schema::standard());
    /// ada.add_event(&Event::new("visit", datetime!(2026-11-02 10:00 UTC)).property("url", "https://example.com/offer"))?;
    /// assert_eq!(&*ada.events().next().unwrap().kind_name(), "visit");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_event(&mut self, event: &Event) -> Result<()> {
        self.push_event(event, false)
    }

    /// The same; `undeclared` lets types and properties pass that the schema does not have.
    pub(in crate::contact) fn push_event(&mut self, event: &Event, undeclared: bool) -> Result<()> {
        let kind = lower(&event.kind);
        if !undeclared && !self.schema().has_event_type(&kind) {
            return Err(self.schema().unknown_event("event".to_owned(), &event.kind));
        }
        room("events", self.events.len(), Self::MAX_EVENTS)?;
        room("properties of an event", event.properties.len().saturating_sub(1), Self::MAX_PROPERTIES)?;
        let symbol = self.schema().symbols().intern(&kind)?;
        let start = self.lists().properties.len();
        for (at, (name, value)) in event.properties.iter().enumerate() {
            let again = event.properties.iter().take(at).any(|(known, _)| known == name);
            let pushed = match again {
                true => Err(property_error(name, "stands twice").with_expected("each property once")),
                false => self.push_property(&kind, name, value, undeclared),
            };
            if let Err(error) = pushed {
                self.lists_mut().properties.truncate(start);
                return Err(error);
            }
        }
        let properties = Span { start: start as u32, len: (self.lists().properties.len() - start) as u32 };
        self.events.push(EventRow { kind: symbol, at: micros(event.at), value: event.value, properties });
        Ok(())
    }

    fn push_property(&mut self, kind: &str, name: &str, value: &Value, undeclared: bool) -> Result<()> {
        if Schema::stands_beside_properties(name) {
            return Err(property_error(name, "stands beside the properties, not among them")
                .with_expected("Event::new(type, at) and Event::value"));
        }
        let declared = self.schema().property_type(Some(kind), name);
        if declared.is_none() && !undeclared {
            return Err(self.schema().unknown_property("event".to_owned(), kind, name));
        }
        let symbol = self.schema().symbols().intern(name)?;
        let slot = match (declared, value) {
            (None | Some(FieldType::Boolean), Value::Boolean(v)) => Slot::Boolean(*v),
            (None | Some(FieldType::Integer), Value::Integer(v)) => Slot::Integer(*v),
            (None | Some(FieldType::Decimal), Value::Decimal(v)) => self.push_decimal(*v),
            (Some(FieldType::Decimal), Value::Integer(v)) => self.push_decimal((*v).into()),
            (None | Some(FieldType::Text | FieldType::Keyword | FieldType::TextList), Value::Text(v)) => {
                Slot::Text(self.push_text(v)?)
            }
            (None | Some(FieldType::TextList), Value::TextList(v)) => self.push_list(v)?,
            (None | Some(FieldType::Date), Value::Date(v)) => Slot::Date(*v),
            (None | Some(FieldType::Birthday), Value::Birthday(v)) => Slot::Birthday(*v),
            (Some(FieldType::Birthday), Value::Date(v)) => Slot::Birthday((*v).into()),
            (None | Some(FieldType::Instant), Value::Instant(v)) => Slot::Instant(micros(*v)),
            (Some(declared), value) => {
                return Err(property_error(
                    name,
                    format!("a value of type {} does not fit", value.type_name()),
                )
                .with_expected(format!("a value of type {declared}")));
            }
        };
        self.lists_mut().properties.push((symbol, slot));
        Ok(())
    }

    /// Returns the events, in the order in which they were added.
    pub fn events(&self) -> impl ExactSizeIterator<Item = EventRef<'_>> {
        (0..self.events.len()).map(|index| EventRef { contact: self, index })
    }

    pub(in crate::contact) fn event_row(&self, index: usize) -> EventRow {
        self.events[index]
    }

    pub(in crate::contact) fn event_properties(
        &self,
        index: usize,
    ) -> impl Iterator<Item = (Symbol, ValueRef<'_>)> {
        self.lists().properties[self.events[index].properties.range()]
            .iter()
            .filter_map(|&(name, slot)| Some((name, self.value_of(slot)?)))
    }
}

/// Refuses one more than there may be.
fn room(what: &str, len: usize, most: usize) -> Result<()> {
    if len < most {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, "contact", format!("more {what} than a contact takes"))
        .with_expected(format!("at most {most}")))
}

fn property_error(name: &str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Schema, format!("property {name:?}"), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn one_more_than_a_contact_takes_is_refused() {
        let schema = Schema::standard();
        let mut contact = Contact::new(&schema);
        let full = |added: Result<()>| added.unwrap_err().kind() == ErrorKind::Limit;
        for n in 0..Contact::MAX_TAGS {
            contact.add_tag(&format!("t{n}"), 1, None).unwrap();
            contact.set_stage(&format!("f{n}"), "s", None).unwrap();
        }
        assert!(contact.add_tag("t7", 2, None).is_ok() && contact.set_stage("f7", "t", None).is_ok());
        assert!(full(contact.add_tag("more", 1, None)) && full(contact.set_stage("more", "s", None)));
        for _ in 0..Contact::MAX_CONSENTS {
            contact.add_consent("c", ConsentStatus::Confirmed, None).unwrap();
        }
        assert!(full(contact.add_consent("c", ConsentStatus::Confirmed, None)));
        let bare = Event::new("visit", datetime!(2026-11-23 12:00 UTC));
        for _ in 0..Contact::MAX_EVENTS {
            contact.add_event(&bare).unwrap();
        }
        assert!(full(contact.add_event(&bare)));
        let with = |n: usize| (0..n).fold(bare.clone(), |event, n| event.property(format!("p{n}"), "x"));
        contact.clear();
        assert!(contact.push_event(&with(Contact::MAX_PROPERTIES), true).is_ok());
        assert!(full(contact.push_event(&with(Contact::MAX_PROPERTIES + 1), true)));
    }

    #[test]
    fn an_event_that_the_schema_does_not_declare_is_refused_and_leaves_nothing() {
        let schema = Schema::builder().event("webinar", [("on", FieldType::Date)]).build().unwrap();
        let mut contact = Contact::new(&schema);
        let event = |kind: &str| Event::new(kind, datetime!(2026-11-23 12:00 UTC));
        for (event, wanted) in [
            (event("webiner"), "event: unknown event type \"webiner\"; did you mean \"webinar\"?"),
            (
                event("visit").property("url", "x").property("hots", "x"),
                "event: unknown property \"hots\" of the event \"visit\"; did you mean \"host\"?",
            ),
            (
                event("visit").property("value", 3),
                "property \"value\": stands beside the properties, not among them; expected Event::new(type, at) and Event::value",
            ),
            (
                event("visit").property("detail3", 42),
                "property \"detail3\": a value of type integer does not fit; expected a value of type text",
            ),
            (
                event("webinar").property("on", "2026-11-23"),
                "property \"on\": a value of type text does not fit; expected a value of type date",
            ),
            (
                event("visit").property("url", "x").property("url", "y"),
                "property \"url\": stands twice; expected each property once",
            ),
        ] {
            assert_eq!(contact.add_event(&event).unwrap_err().to_string(), wanted);
            assert_eq!((contact.events().len(), contact.lists().properties.len()), (0, 0));
        }
    }
}
