//! A contact out of a JSON object.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::items::Text;
use crate::clock::TimeZone;
use crate::contact::parse_cell::DateOrder;
use crate::contact::record::contact::Contact;
use crate::contact::schema::field::{FieldId, FieldType};
use crate::contact::schema::schema::Schema;
use crate::error::{Error, ErrorKind, Result};

/// What to do with a member that is no field of the schema or that tags, consents, stages and events do not have, and
/// with an event type or a property that the schema does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownFields {
    /// Refuses the object.
    #[default]
    Refuse,
    /// Reads the rest; an event of an undeclared type goes too.
    Ignore,
    /// Keeps it: a member as it was written ([`Contact::kept`]), an event and its properties by the types of JSON.
    /// [`Contact::to_json`] writes it again.
    Keep,
}

/// How a contact is read from JSON.
///
/// ```
/// use audiencekit::{Contact, Schema, contact::JsonReading};
///
/// let schema = Schema::standard();
/// let mut contact = Contact::new(&schema);
/// JsonReading::default().read(
///     r#"{"id": "7", "email": ["ada@example.com", "ada@example.org"], "score": 70, "birth_date": "--02-29",
///         "tags": ["vip", {"name": "gold", "score": 3}],
///         "consents": [{"name": "newsletter", "status": "confirmed", "at": "2026-01-05T10:00:00Z"}],
///         "events": [{"type": "purchase", "at": "2026-11-02T09:30:00Z", "value": 129.90,
///                     "properties": {"products": "sku-1,sku-2"}}]}"#,
///     &mut contact,
/// )?;
/// assert_eq!(contact.texts(schema.require("email")?).count(), 2);
/// assert_eq!(contact.events().next().unwrap().value().unwrap().to_string(), "129.90");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct JsonReading {
    /// The order of day, month and year in dates.
    pub date_order: DateOrder,
    /// The zone of instants that are written without an offset.
    pub zone: TimeZone,
    /// What to do with members that the schema does not have.
    pub unknown: UnknownFields,
}

impl Default for JsonReading {
    fn default() -> Self {
        Self { date_order: DateOrder::default(), zone: TimeZone::utc(), unknown: UnknownFields::default() }
    }
}

impl JsonReading {
    /// Reads one JSON object into `contact`, and keeps what the contact already holds.
    ///
    /// Members are the schema's fields by name, and `tags`, `consents`, `stages` and `events`, whose items are held to
    /// their shape. A number may stand for a text, and a text for a number, a date or an instant, in fields and in
    /// properties of events; `null` is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Source`] when it is not such an object, has a member twice, or more items than a contact takes;
    /// [`ErrorKind::Schema`] for what the schema does not have. The message names the place, never the value.
    pub fn read(&self, json: &str, contact: &mut Contact) -> Result<()> {
        self.read_lenient(json, contact, &mut |_, error| Err(error))
    }

    /// Reads one JSON object, and calls `bad_field` for a member that does not have the type of its field.
    ///
    /// If `bad_field` returns `Ok`, the field stays missing, or the list omits the item, and reading goes on.
    ///
    /// # Errors
    /// As [`read`](Self::read), and any error that `bad_field` returns.
    ///
    /// ```
    /// use audiencekit::contact::JsonReading;
    /// use audiencekit::{Contact, Schema};
    ///
    /// let mut ada = Contact::new(&Schema::standard());
    /// let mut bad = 0;
    /// JsonReading::default().read_lenient(r#"{"id": "7", "score": "many"}"#, &mut ada, &mut |_, _| {
    ///     bad += 1;
    ///     Ok(())
    /// })?;
    /// assert_eq!((bad, ada.to_json().as_str()), (1, r#"{"id":"7"}"#));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn read_lenient(
        &self,
        json: &str,
        contact: &mut Contact,
        bad_field: &mut dyn FnMut(&str, Error) -> Result<()>,
    ) -> Result<()> {
        let mut failed = None;
        let mut seen = Seen::default();
        let seed = Members {
            take: |name: &str, value: &RawValue| {
                if seen.again(name, contact.schema()) {
                    return Err(Error::new(ErrorKind::Source, format!("field {name:?}"), "stands twice")
                        .with_expected("each member once"));
                }
                self.member(name, value.get(), contact, bad_field)
            },
            failed: &mut failed,
        };
        let mut json = serde_json::Deserializer::from_str(json);
        let read = seed.deserialize(&mut json).and_then(|()| json.end());
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(()),
            (None, Err(error)) => {
                let place = format!("column {}", error.column());
                Err(Error::new(ErrorKind::Source, place, "not a JSON object")
                    .with_expected("{\"id\": \"1\", ...}"))
            }
        }
    }

    fn member(&self, name: &str, value: &str, contact: &mut Contact, bad: BadField<'_>) -> Result<()> {
        if let Some(id) = contact.schema().field(name) {
            let read = self.field(id, value, contact).ok_or_else(|| unreadable(name)).and_then(|done| done);
            return tolerate(name, read, bad);
        }
        match name {
            "tags" => self.items(name, value, Contact::MAX_TAGS, contact, bad, Self::tag),
            "consents" => self.items(name, value, Contact::MAX_CONSENTS, contact, bad, Self::consent),
            "stages" => self.items(name, value, Contact::MAX_STAGES, contact, bad, Self::stage),
            "events" => self.items(name, value, Contact::MAX_EVENTS, contact, bad, Self::event_at),
            _ => match self.unknown {
                UnknownFields::Refuse => contact.schema().require(name).map(|_| ()),
                UnknownFields::Ignore => Ok(()),
                UnknownFields::Keep => contact.keep(name, value),
            },
        }
    }

    /// `None` when the value is not of the field's type.
    fn field(&self, id: FieldId, value: &str, contact: &mut Contact) -> Option<Result<()>> {
        let field_type = contact.schema().get(id).field_type();
        match value.as_bytes().first()? {
            b'n' => {
                contact.unset(id);
                Some(Ok(()))
            }
            b'"' => {
                let text = text(value)?;
                Some(contact.set_cell(id, &text, self.date_order, &self.zone))
            }
            b'[' if field_type == FieldType::TextList => {
                let texts: Vec<Text<'_>> = serde_json::from_str(value).ok()?;
                Some(texts.iter().try_for_each(|text| contact.add_text(id, &text.0)))
            }
            b'[' | b'{' => None,
            _ => Some(contact.set_cell(id, value, self.date_order, &self.zone)),
        }
    }
}

/// Which members were there already, a bit for each; members that are ignored do not count.
#[derive(Default)]
struct Seen(SmallVec<[u64; 4]>);

impl Seen {
    fn again(&mut self, name: &str, schema: &Schema) -> bool {
        let at = match name {
            "tags" => schema.len(),
            "consents" => schema.len() + 1,
            "stages" => schema.len() + 2,
            "events" => schema.len() + 3,
            name => match schema.field(name) {
                Some(id) => id.index(),
                None => return false,
            },
        };
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        let bit = 1 << (at % 64);
        let Some(word) = self.0.get_mut(at / 64) else { return false };
        let again = *word & bit != 0;
        *word |= bit;
        again
    }
}

pub(super) fn unreadable(name: &str) -> Error {
    Error::new(ErrorKind::Source, format!("field {name:?}"), "the value is not of its type")
}

pub(in crate::contact) type BadField<'a> = &'a mut dyn FnMut(&str, Error) -> Result<()>;

/// Leaves what is not of its type to the caller; what the schema does not have, or no room for, is an error.
pub(super) fn tolerate(name: &str, read: Result<()>, bad: BadField<'_>) -> Result<()> {
    match read {
        Err(error) if !matches!(error.kind(), ErrorKind::Schema | ErrorKind::Limit) => bad(name, error),
        read => read,
    }
}

pub(in crate::contact) fn text(value: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(value).ok().map(|text| text.0)
}

/// A decimal in a number or in a text.
pub(in crate::contact) fn decimal(value: &str) -> Option<Decimal> {
    let text = if value.starts_with('"') { text(value)? } else { Cow::Borrowed(value) };
    crate::contact::parse_cell::decimal(text.trim())
}

/// Walks the members of an object without building it.
struct Members<'f, F> {
    take: F,
    failed: &'f mut Option<Error>,
}

impl<'de, F: FnMut(&str, &RawValue) -> Result<()>> DeserializeSeed<'de> for Members<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str, &RawValue) -> Result<()>> Visitor<'de> for Members<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = members.next_key::<Text<'de>>()? {
            let value: &'de RawValue = members.next_value()?;
            if let Err(error) = (self.take)(&name, value) {
                *self.failed = Some(error);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_stands_twice_is_refused_by_name() {
        let schema = Schema::standard();
        let mut contact = Contact::new(&schema);
        let reading = JsonReading { unknown: UnknownFields::Ignore, ..JsonReading::default() };
        for (name, json) in [
            ("email", r#"{"email": ["ada@example.com"], "phone": ["1"], "email": ["bob@example.com"]}"#),
            ("tags", r#"{"tags": ["A"], "tags": ["B"]}"#),
        ] {
            contact.clear();
            let error = reading.read_lenient(json, &mut contact, &mut |_, _| Ok(())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Source);
            assert_eq!(error.to_string(), format!("field {name:?}: stands twice; expected each member once"));
        }
        assert!(reading.read(r#"{"id": "1", "other": 1, "other": 2}"#, &mut contact).is_ok());
    }
}
