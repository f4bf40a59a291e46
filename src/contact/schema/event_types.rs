//! The event types of a schema and their properties.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::field::FieldType;
use super::schema::Schema;
use super::standard;
use crate::contact::text::suggest::nearest;
use crate::error::{Error, ErrorKind};

impl Schema {
    /// Returns the event types that filters may name: the standard ones and the declared ones.
    pub fn event_types(&self) -> impl ExactSizeIterator<Item = &str> {
        self.declared_events().keys().map(String::as_str)
    }

    /// Returns `true` if filters may name this event type.
    ///
    /// ```
    /// use audiencekit::Schema;
    ///
    /// assert!(Schema::standard().has_event_type("purchase"));
    /// assert!(!Schema::standard().has_event_type("webinar"));
    /// ```
    #[must_use]
    pub fn has_event_type(&self, kind: &str) -> bool {
        self.declared_events().contains_key(&*lower(kind))
    }

    /// Returns the type of a property of an event type, or of any event if no type is given.
    #[must_use]
    pub fn property_type(&self, kind: Option<&str>, property: &str) -> Option<FieldType> {
        static STANDARD: LazyLock<HashMap<&str, FieldType>> =
            LazyLock::new(|| standard::PROPERTIES.iter().copied().collect());
        let declared = self.declared(kind).find(|(name, _)| *name == property);
        declared.map(|(_, field_type)| field_type).or_else(|| STANDARD.get(property).copied())
    }

    /// Returns the names and types of the properties of an event type, or of all events if no type is given.
    pub fn properties(&self, kind: Option<&str>) -> impl Iterator<Item = (&str, FieldType)> {
        self.declared(kind).chain(standard::PROPERTIES.iter().copied())
    }

    /// The properties that an event type, or some event, was declared with.
    fn declared(&self, kind: Option<&str>) -> impl Iterator<Item = (&str, FieldType)> {
        let one = kind.map(|kind| self.declared_events().get(&*lower(kind)));
        let all = one.is_none().then(|| self.declared_events().values());
        let declared = one.flatten().into_iter().chain(all.into_iter().flatten()).flatten();
        declared.map(|(name, field_type)| (name.as_str(), *field_type))
    }

    /// True for what filters ask of an event by the name of a property, and what is none.
    pub(in crate::contact) fn stands_beside_properties(name: &str) -> bool {
        matches!(name, "value" | "at")
    }

    pub(in crate::contact) fn unknown_event(&self, place: String, kind: &str) -> Error {
        let error = Error::new(ErrorKind::Schema, place, format!("unknown event type {kind:?}"));
        let near = nearest(kind, self.event_types());
        error.did_you_mean(near, "a standard event type, or one declared with Schema::builder().event(..)")
    }

    pub(in crate::contact) fn unknown_property(&self, place: String, kind: &str, name: &str) -> Error {
        let message = format!("unknown property {name:?} of the event {kind:?}");
        let known = self.properties(Some(kind)).map(|(name, _)| name);
        let near = nearest(name, known.filter(|name| !Self::stands_beside_properties(name)));
        Error::new(ErrorKind::Schema, place, message)
            .did_you_mean(near, "a standard property, or one declared with Schema::builder().event(..)")
    }
}

/// In lower case; lent when it is so already.
pub(in crate::contact) fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { text.to_lowercase().into() } else { text.into() }
}
