//! An event of a contact's JSON: its type and properties held to what the schema declares.

use super::items::EventJson;
use super::read::{JsonReading, UnknownFields, decimal, text};
use crate::contact::parse_cell::{instant, typed};
use crate::contact::record::event::Event;
use crate::contact::schema::field::FieldType;
use crate::contact::schema::schema::Schema;
use crate::contact::value::Value;
use crate::error::{Error, ErrorKind, Result};

impl JsonReading {
    /// The event at this place of the list; none when its type is not declared and such members are ignored.
    pub(in crate::contact) fn event(
        &self,
        at: usize,
        json: EventJson<'_>,
        schema: &Schema,
    ) -> Result<Option<Event>> {
        let place = |member: &str| format!("field \"events[{at}].{member}\"");
        let bad = |member: &str| Error::new(ErrorKind::Source, place(member), "the value is not of its type");
        let kind = json.kind.0;
        if !schema.has_event_type(&kind) {
            match self.unknown {
                UnknownFields::Refuse => return Err(schema.unknown_event(place("type"), &kind)),
                UnknownFields::Ignore => return Ok(None),
                UnknownFields::Keep => {}
            }
        }
        let at = instant(&json.at.0, self.date_order, &self.zone).ok_or_else(|| bad("at"))?;
        let mut event = Event::new(kind, at);
        if let Some(value) = json.value.filter(|value| value.get() != "null") {
            event = event.value(decimal(value.get()).ok_or_else(|| bad("value"))?);
        }
        for (name, value) in json.properties.unwrap_or_default().0 {
            let declared = schema.property_type(Some(&event.kind), &name);
            let value = match (declared, self.unknown) {
                _ if Schema::stands_beside_properties(&name) => {
                    let message = "stands beside the properties, not among them";
                    return Err(Error::new(ErrorKind::Source, place(&format!("properties.{name}")), message)
                        .with_expected(format!("{name:?} as a member of the event")));
                }
                (Some(field_type), _) => self.property(field_type, value.get()),
                (None, UnknownFields::Keep) => untyped(value.get()),
                (None, UnknownFields::Ignore) => continue,
                (None, UnknownFields::Refuse) => {
                    return Err(schema.unknown_property(place("properties"), &event.kind, &name));
                }
            };
            if let Some(value) = value.ok_or_else(|| bad(&name))? {
                event = event.property(name, value);
            }
        }
        Ok(Some(event))
    }

    /// A property's value of its declared type; `Some(None)` for `null` and for a blank text of another type.
    fn property(&self, field_type: FieldType, value: &str) -> Option<Option<Value>> {
        match value.as_bytes().first()? {
            b'n' => Some(None),
            b'"' => self.of_text(field_type, &text(value)?),
            b'[' if field_type == FieldType::TextList => {
                serde_json::from_str(value).ok().map(|texts| Some(Value::TextList(texts)))
            }
            b'[' | b'{' => None,
            _ => self.of_text(field_type, value),
        }
    }

    fn of_text(&self, field_type: FieldType, text: &str) -> Option<Option<Value>> {
        match field_type {
            FieldType::Text | FieldType::TextList => Some(Some(text.into())),
            FieldType::Keyword => Some(Some(text.trim().into())),
            _ if text.trim().is_empty() => Some(None),
            _ => typed(field_type, text.trim(), self.date_order, &self.zone).map(Some),
        }
    }
}

/// The value of a property that is not declared, by its JSON type.
fn untyped(value: &str) -> Option<Option<Value>> {
    Some(Some(match value.as_bytes().first()? {
        b'n' => return Some(None),
        b't' => Value::Boolean(true),
        b'f' => Value::Boolean(false),
        b'"' => Value::Text(text(value)?.into_owned()),
        b'[' => Value::TextList(serde_json::from_str(value).ok()?),
        b'{' => return None,
        _ => Value::Decimal(decimal(value)?),
    }))
}
