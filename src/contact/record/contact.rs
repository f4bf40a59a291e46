//! The record itself: values by slot, everything else in flat lists.

use std::fmt;

use rust_decimal::Decimal;
use time::OffsetDateTime;

use super::cell::{Cell, EventRow, Slot, Span, Store};
use super::overflow::{self, Lists};
use super::packed::Packed;
use crate::contact::schema::field::{FieldId, FieldType};
use crate::contact::schema::schema::Schema;
use crate::contact::schema::symbols::Symbol;
use crate::contact::tag::Tag;
use crate::contact::value::{Value, ValueRef};
use crate::error::{Error, ErrorKind, Result};

/// One person: values by the schema's slots, tags, consents, events and funnel stages.
///
/// A contact is made to be refilled: [`clear`](Contact::clear) keeps its memory, so a stream of a million contacts
/// allocates for the largest batch and no more. `Debug` counts what is there and shows none of it.
///
/// ```
/// use audiencekit::{Contact, Schema};
///
/// let schema = Schema::standard();
/// let mut contact = Contact::new(&schema);
/// contact.set(schema.require("email")?, "ada@example.com")?;
/// contact.set(schema.require("score")?, 70)?;
/// contact.add_tag("vip", 1, None)?;
/// assert_eq!(contact.texts(schema.require("email")?).next(), Some("ada@example.com"));
/// assert_eq!(format!("{contact:?}"), "Contact(2 fields, 1 tags, 0 consents, 0 events, 0 stages)");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Clone)]
pub struct Contact {
    schema: Schema,
    /// The first fields, in place, so that contacts side by side are read at a steady stride.
    pub(in crate::contact) near: [Packed; NEAR],
    /// The fields beyond.
    pub(super) far: Box<[Packed]>,
    pub(in crate::contact) text: String,
    pub(in crate::contact) tags: Vec<Tag>,
    /// The marks of the tags, so that a contact without a tag is told by a look at the contact alone, mostly.
    pub(super) tag_marks: u64,
    pub(in crate::contact) events: Vec<EventRow>,
    pub(in crate::contact) lists: Option<Box<Lists>>,
}

/// The standard fields and a dozen details.
const NEAR: usize = 56;

impl Contact {
    /// The maximum size of all text of one contact, in bytes: 64 MiB.
    pub const MAX_TEXT: usize = 64 << 20;

    /// The maximum number of texts in the lists of one contact: 1,048,576. Removed texts count.
    pub const MAX_TEXTS: usize = 1 << 20;

    /// Creates a contact with no values.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            near: [Packed::MISSING; NEAR],
            far: vec![Packed::MISSING; schema.len().saturating_sub(NEAR)].into(),
            text: String::new(),
            tags: Vec::new(),
            tag_marks: 0,
            events: Vec::new(),
            lists: None,
        }
    }

    /// Removes all values and keeps the allocated memory, so that the contact can be filled again.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let mut contact = Contact::builder(&Schema::standard()).id("7").tag("vip").build()?;
    /// contact.clear();
    /// assert_eq!(contact.to_json(), "{}");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.near.fill(Packed::MISSING);
        self.far.fill(Packed::MISSING);
        self.text.clear();
        self.tags.clear();
        self.tag_marks = 0;
        self.events.clear();
        if let Some(lists) = &mut self.lists {
            lists.clear();
        }
    }

    /// Returns the schema to which the slots belong.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Sets a field. An integer fits a decimal field, a date a birthday, and a text a keyword or a list.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] when the value is not of the field's type; [`ErrorKind::Limit`] when the contact or the
    /// schema's symbols are full. The field is then as it was.
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let mut ada = Contact::new(&schema);
    /// ada.set(schema.require("score")?, 70)?;
    /// assert!(ada.set(schema.require("score")?, "seventy").is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set(&mut self, id: FieldId, value: impl Into<Value>) -> Result<()> {
        let field_type = self.schema.get(id).field_type();
        let slot = match (field_type, value.into()) {
            (FieldType::Boolean, Value::Boolean(v)) => Slot::Boolean(v),
            (FieldType::Integer, Value::Integer(v)) => Slot::Integer(v),
            (FieldType::Decimal, Value::Decimal(v)) => self.push_decimal(v),
            (FieldType::Decimal, Value::Integer(v)) => self.push_decimal(v.into()),
            (FieldType::Text, Value::Text(v)) => Slot::Text(self.push_text(&v)?),
            (FieldType::Keyword, Value::Text(v)) => self.keyword_or_text(&v)?,
            (FieldType::TextList, Value::Text(v)) => Slot::Text(self.push_text(&v)?),
            (FieldType::TextList, Value::TextList(v)) => self.push_list(&v)?,
            (FieldType::Date, Value::Date(v)) => Slot::Date(v),
            (FieldType::Birthday, Value::Birthday(v)) => Slot::Birthday(v),
            (FieldType::Birthday, Value::Date(v)) => Slot::Birthday(v.into()),
            (FieldType::Instant, Value::Instant(v)) => Slot::Instant(micros(v)),
            (field_type, value) => return Err(self.wrong_type(id, field_type, &value)),
        };
        self.replace(id, slot);
        Ok(())
    }

    /// Sets a text, keyword or list field from borrowed text, without an allocation for the text.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn set_text(&mut self, id: FieldId, text: &str) -> Result<()> {
        let slot = match self.schema.get(id).field_type() {
            FieldType::Text | FieldType::TextList => Slot::Text(self.push_text(text)?),
            FieldType::Keyword => self.keyword_or_text(text)?,
            other => return Err(self.wrong_type(id, other, &Value::Text(String::new()))),
        };
        self.replace(id, slot);
        Ok(())
    }

    /// Appends a text to a list field.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    ///
    /// ```
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let email = schema.require("email")?;
    /// let mut ada = Contact::new(&schema);
    /// ada.set_text(email, "ada@example.com")?;
    /// ada.add_text(email, "ada@example.org")?;
    /// assert_eq!(ada.texts(email).collect::<Vec<_>>(), ["ada@example.com", "ada@example.org"]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_text(&mut self, id: FieldId, text: &str) -> Result<()> {
        if self.schema.get(id).field_type() != FieldType::TextList {
            return Err(self.wrong_type(id, self.schema.get(id).field_type(), &Value::TextList(Vec::new())));
        }
        let slot = match self.slot(id.index()) {
            Slot::Text(first) => {
                self.room_for(2)?;
                let span = self.push_text(text)?;
                self.lists_mut().list(&[first, span])
            }
            Slot::TextList(run) => {
                self.room_for(self.lists().cost_of_one_more(run))?;
                let span = self.push_text(text)?;
                self.lists_mut().longer(run, span)
            }
            _ => Slot::Text(self.push_text(text)?),
        };
        self.put(id, slot);
        Ok(())
    }

    /// Makes a field missing.
    pub fn unset(&mut self, id: FieldId) {
        self.replace(id, Slot::Missing);
    }

    /// Returns the value of a field, or `None` if it is missing or belongs to another, larger schema.
    ///
    /// ```
    /// use audiencekit::contact::ValueRef;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let schema = Schema::standard();
    /// let ada = Contact::builder(&schema).score(70).build()?;
    /// assert!(matches!(ada.get(schema.require("score")?), Some(ValueRef::Integer(70))));
    /// assert!(ada.get(schema.require("city")?).is_none());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn get(&self, id: FieldId) -> Option<ValueRef<'_>> {
        self.value_of(self.slot(id.index()))
    }

    /// Returns the texts of a text, keyword or list field: none, one or several.
    pub fn texts(&self, id: FieldId) -> impl Iterator<Item = &str> {
        let slot = self.slot(id.index());
        let one = match slot {
            Slot::Text(span) => Some(self.store().piece(span)),
            Slot::Keyword { symbol, .. } => Some(self.schema.symbols().lend(symbol)),
            _ => None,
        };
        let several = if let Slot::TextList(run) = slot { self.store().run(run) } else { &[] };
        one.into_iter().chain(several.iter().map(|&span| self.store().piece(span)))
    }

    /// What tells the schema from any other.
    #[inline]
    pub(crate) fn schema_id(&self) -> u64 {
        self.schema.symbols().id()
    }

    /// The buffers that the slots point into.
    #[inline]
    pub(crate) fn store(&self) -> Store<'_> {
        let Lists { spans, decimals, .. } = self.lists();
        Store { text: &self.text, spans, decimals, symbols: self.schema.symbols() }
    }

    /// The value of the slot at `at`, in eight bytes; missing beyond the last.
    #[inline]
    pub(crate) fn packed(&self, at: usize) -> Packed {
        let slot = self.near.get(at).or_else(|| self.far.get(at - NEAR));
        slot.copied().unwrap_or(Packed::MISSING)
    }

    /// False when the contact has no tag with one of these marks.
    #[inline]
    pub(crate) fn may_be_tagged(&self, marks: u64) -> bool {
        self.tag_marks & marks != 0
    }

    /// The value of the slot at `at`.
    #[inline]
    pub(crate) fn slot(&self, at: usize) -> Slot {
        self.packed(at).slot(&self.lists().integers)
    }

    /// The value of the slot at `at`, in place.
    #[inline]
    pub(crate) fn cell(&self, at: usize) -> Cell<'_> {
        self.store().cell(self.slot(at))
    }

    /// Puts a value in the place of another, which may have left something behind.
    #[inline]
    fn replace(&mut self, id: FieldId, slot: Slot) {
        let old = self.packed(id.index());
        self.put(id, slot);
        if old.points() {
            self.let_go(old);
        }
    }

    #[inline]
    fn put(&mut self, id: FieldId, slot: Slot) {
        let packed = Packed::new(slot).unwrap_or_else(|| self.lists_mut().aside(slot));
        let at = id.index();
        if let Some(place) = self.near.get_mut(at).or_else(|| self.far.get_mut(at - NEAR)) {
            *place = packed;
        }
    }

    /// The lists that few contacts have.
    #[inline]
    pub(in crate::contact) fn lists(&self) -> &Lists {
        self.lists.as_deref().unwrap_or(&overflow::NONE)
    }

    pub(in crate::contact) fn lists_mut(&mut self) -> &mut Lists {
        self.lists.get_or_insert_default()
    }

    pub(crate) fn event_rows(&self) -> &[EventRow] {
        &self.events
    }

    pub(crate) fn property_slots(&self) -> &[(Symbol, Slot)] {
        &self.lists().properties
    }

    pub(super) fn value_of(&self, slot: Slot) -> Option<ValueRef<'_>> {
        Some(match slot {
            Slot::Missing => return None,
            Slot::Boolean(v) => ValueRef::Boolean(v),
            Slot::Integer(v) => ValueRef::Integer(v),
            Slot::Decimal(at) => ValueRef::Decimal(self.lists().decimals[at as usize]),
            Slot::Text(span) => ValueRef::Text(self.store().piece(span)),
            Slot::Keyword { symbol, .. } => ValueRef::Keyword(self.schema.symbols().text(symbol)),
            Slot::TextList(run) => {
                let spans = self.store().run(run).iter();
                ValueRef::TextList(spans.map(|&span| self.store().piece(span)).collect())
            }
            Slot::Date(v) => ValueRef::Date(v),
            Slot::Birthday(v) => ValueRef::Birthday(v),
            Slot::Instant(v) => ValueRef::Instant(from_micros(v)),
        })
    }

    pub(in crate::contact) fn push_text(&mut self, text: &str) -> Result<Span> {
        if self.text.len() + text.len() > Self::MAX_TEXT {
            return Err(Error::new(ErrorKind::Limit, "contact", "more than 64 MiB of text in one contact"));
        }
        let span = Span { start: self.text.len() as u32, len: text.len() as u32 };
        self.text.push_str(text);
        Ok(span)
    }

    pub(super) fn push_list(&mut self, texts: &[String]) -> Result<Slot> {
        self.room_for(texts.len())?;
        let mut spans = Vec::with_capacity(texts.len());
        for text in texts {
            spans.push(self.push_text(text)?);
        }
        Ok(self.lists_mut().list(&spans))
    }

    /// Refuses more texts in lists than there may be.
    fn room_for(&self, texts: usize) -> Result<()> {
        if self.lists().spans.len() + texts <= Self::MAX_TEXTS {
            return Ok(());
        }
        let message = format!("more than {} texts in the lists of one contact", Self::MAX_TEXTS);
        Err(Error::new(ErrorKind::Limit, "contact", message).with_expected("each list filled in one go"))
    }

    pub(super) fn push_decimal(&mut self, value: Decimal) -> Slot {
        self.lists_mut().decimal(value)
    }

    /// A keyword as a symbol; as plain text when the table of symbols is full.
    fn keyword_or_text(&mut self, text: &str) -> Result<Slot> {
        match self.schema.symbols().intern_folded(text) {
            Ok((symbol, folded)) => Ok(Slot::Keyword { symbol, folded }),
            Err(_) => Ok(Slot::Text(self.push_text(text)?)),
        }
    }

    fn wrong_type(&self, id: FieldId, field_type: FieldType, value: &Value) -> Error {
        let name = self.schema.get(id).name();
        let message = format!("a value of type {} does not fit", value.type_name());
        Error::new(ErrorKind::Schema, format!("field {name:?}"), message)
            .with_expected(format!("a value of type {field_type}"))
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.near.iter().chain(&self.far).filter(|slot| **slot != Packed::MISSING).count();
        write!(
            f,
            "Contact({set} fields, {} tags, {} consents, {} events, {} stages)",
            self.tags.len(),
            self.lists().consents.len(),
            self.events.len(),
            self.lists().stages.len()
        )
    }
}

pub(crate) fn micros(instant: OffsetDateTime) -> i64 {
    (instant.unix_timestamp_nanos() / 1_000) as i64
}

pub(crate) fn from_micros(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_filled_in_turns_end_at_a_limit() {
        let schema = Schema::standard();
        let mut contact = Contact::new(&schema);
        let (email, phone) = (schema.require("email").unwrap(), schema.require("phone").unwrap());
        let error = (0..10_000)
            .find_map(|_| contact.add_text(email, "e").and_then(|()| contact.add_text(phone, "p")).err())
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(contact.store().spans.len() <= Contact::MAX_TEXTS);
    }
}
