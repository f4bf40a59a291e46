//! Events of contacts.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::event_kind::EventKind;
use super::timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::read_json;

/// Something that happened to a contact at an instant.
///
/// The contact in the contact store already has the change; the event tells the engine about it. `Debug` shows the kind
/// and the instant, and neither the contact nor a value.
///
/// ```
/// use audiencekit::automation::{ContactEvent, EventKind};
/// use time::macros::datetime;
///
/// let event = ContactEvent::new("c-17", datetime!(2026-11-23 12:00 UTC), EventKind::TagAssigned { tag: "VIP".into() })
///     .id("crm-4711");
/// let json = serde_json::to_string(&event)?;
/// assert_eq!(ContactEvent::from_json(&json)?, event);
///
/// let error = ContactEvent::from_json(r#"{"contact":"c-17","at":"2026-11-23T12:00:00Z","what":{"tag_asigned":{}}}"#).unwrap_err();
/// assert!(error.to_string().starts_with("event what.tag_asigned: "), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContactEvent {
    /// The id of the contact in the contact store, 1 to 1,024 bytes.
    pub contact: String,
    /// The instant at which it happened.
    #[serde(with = "timestamp")]
    pub at: OffsetDateTime,
    /// The id of the event in your system. An event of a known id is not handled twice. Without an id, contact, instant and
    /// content together identify an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether it starts no rule and no workflow, such as an event of an import. In JSON it is `fire`, `false` for a
    /// silent event. Defaults to `false`.
    #[serde(rename = "fire", default, skip_serializing_if = "std::ops::Not::not", with = "silent")]
    pub silent: bool,
    /// What happened. In JSON it is `what`.
    #[serde(rename = "what")]
    pub kind: EventKind,
}

/// A silent event as JSON writes it: one that does not fire.
mod silent {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
    pub(super) fn serialize<S: Serializer>(silent: &bool, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(!silent)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        bool::deserialize(deserializer).map(|fires| !fires)
    }
}

impl ContactEvent {
    /// The maximum size of an event in bytes: of its JSON text, and of its texts together.
    pub const MAX_BYTES: usize = 64 << 10;

    /// Creates an event without an id that is not silent.
    ///
    /// ```
    /// use audiencekit::automation::{ContactEvent, EventKind};
    /// use time::macros::datetime;
    ///
    /// let event = ContactEvent::new("c-17", datetime!(2026-11-23 12:00 UTC), EventKind::ContactAdded);
    /// assert!(!event.silent && event.id.is_none());
    /// ```
    #[must_use]
    pub fn new(contact: impl Into<String>, at: OffsetDateTime, kind: EventKind) -> Self {
        Self { contact: contact.into(), at, id: None, silent: false, kind }
    }

    /// Sets the id of the event in your system.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Makes the event silent: it starts no rule and no workflow. Use it for imports and mass changes.
    ///
    /// ```
    /// use audiencekit::automation::{ContactEvent, EventKind};
    /// use time::macros::datetime;
    ///
    /// let import = ContactEvent::new("c-17", datetime!(2026-11-23 12:00 UTC), EventKind::ContactAdded).silent();
    /// assert!(serde_json::to_string(&import)?.contains(r#""fire":false"#));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Parses an event from JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for a text of more than 64 KiB; [`ErrorKind::Invalid`] with the path to what is wrong.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() > Self::MAX_BYTES {
            return Err(too_large());
        }
        let event: Self = read_json("event", text)?;
        event.check()?;
        Ok(event)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.contact.is_empty() || self.contact.len() > 1_024 || self.contact.contains('\0') {
            return Err(Error::new(ErrorKind::Invalid, "event contact", "not a contact id")
                .with_expected("1 to 1,024 bytes without NUL"));
        }
        let mut bytes = self.contact.len() + self.id.as_ref().map_or(0, String::len);
        self.kind.each_text(&mut |text| bytes += text.len());
        if bytes > Self::MAX_BYTES { Err(too_large()) } else { Ok(()) }
    }
}

fn too_large() -> Error {
    Error::new(ErrorKind::Limit, "event", "more than 64 KiB")
        .with_help("pass only the properties that triggers test")
}

impl fmt::Debug for ContactEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactEvent({} at {})", self.kind.kind(), self.at)
    }
}
