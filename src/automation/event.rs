//! Events of contacts.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::timestamp;
use super::unique_map;
use crate::contact::ConsentStatus;
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

/// What happened to a contact.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum EventKind {
    /// The contact was added. Not an update of a known contact.
    ContactAdded,
    /// A field was set for the first time.
    DetailAdded {
        /// The field.
        field: String,
    },
    /// A field changed its value.
    DetailChanged {
        /// The field.
        field: String,
    },
    /// A tag was assigned.
    TagAssigned {
        /// The tag.
        tag: String,
    },
    /// A tag was removed.
    TagRemoved {
        /// The tag.
        tag: String,
    },
    /// The score of a tag changed, up or down.
    TagScoreChanged {
        /// The tag.
        tag: String,
        /// Its new score.
        score: i64,
    },
    /// The contact's score changed.
    ScoreChanged {
        /// The score before.
        from: i64,
        /// The score after.
        to: i64,
    },
    /// A consent was given, refused or withdrawn.
    ConsentChanged {
        /// The consent.
        channel: ConsentChannel,
        /// Its state now.
        status: ConsentStatus,
    },
    /// An external event, such as a purchase, was recorded.
    External {
        /// Its type, compared ignoring case.
        kind: String,
        /// Its amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Decimal>,
        /// Its properties.
        #[serde(
            default,
            deserialize_with = "unique_map::deserialize",
            skip_serializing_if = "BTreeMap::is_empty"
        )]
        properties: BTreeMap<String, String>,
    },
    /// An external event, such as a cart, was changed.
    ExternalChanged {
        /// Its type.
        kind: String,
        /// The fields that changed.
        #[serde(default)]
        fields: Vec<String>,
        /// Its amount now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Decimal>,
        /// Its properties now.
        #[serde(
            default,
            deserialize_with = "unique_map::deserialize",
            skip_serializing_if = "BTreeMap::is_empty"
        )]
        properties: BTreeMap<String, String>,
    },
    /// The contact reached a stage of a funnel.
    StageReached {
        /// The funnel.
        funnel: String,
        /// The stage.
        stage: String,
    },
    /// An e-mail was opened.
    MailOpened {
        /// The mailing.
        mail: String,
    },
    /// A link in an e-mail was clicked.
    MailClicked {
        /// The mailing.
        mail: String,
        /// The address of the link.
        link: String,
    },
    /// A page was visited.
    PageVisited {
        /// The full address.
        url: String,
    },
    /// The contact moved to another group of an RFM report.
    RfmChanged {
        /// The report.
        report: String,
        /// The dimension: recency, frequency or monetary.
        dimension: String,
        /// The new group.
        group: String,
    },
    /// An event of a kind that your application defines.
    Custom {
        /// Its name.
        name: String,
        /// Its properties.
        #[serde(
            default,
            deserialize_with = "unique_map::deserialize",
            skip_serializing_if = "BTreeMap::is_empty"
        )]
        properties: BTreeMap<String, String>,
    },
    /// The contact changed in a way that no trigger listens to. Exit conditions are checked again.
    Touched,
}

/// The channel or subject of a consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConsentChannel {
    /// E-mail marketing.
    Email,
    /// Text messages and calls.
    Phone,
    /// Web push.
    WebPush,
    /// A named consent.
    Named(String),
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

impl EventKind {
    /// Creates an external event of a type, without an amount and properties.
    ///
    /// ```
    /// use audiencekit::automation::EventKind;
    ///
    /// assert_eq!(EventKind::external("purchase").kind(), "external");
    /// ```
    #[must_use]
    pub fn external(kind: impl Into<String>) -> Self {
        Self::External { kind: kind.into(), value: None, properties: BTreeMap::new() }
    }

    /// Returns the name of the kind in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ContactAdded => "contact_added",
            Self::DetailAdded { .. } => "detail_added",
            Self::DetailChanged { .. } => "detail_changed",
            Self::TagAssigned { .. } => "tag_assigned",
            Self::TagRemoved { .. } => "tag_removed",
            Self::TagScoreChanged { .. } => "tag_score_changed",
            Self::ScoreChanged { .. } => "score_changed",
            Self::ConsentChanged { .. } => "consent_changed",
            Self::External { .. } => "external",
            Self::ExternalChanged { .. } => "external_changed",
            Self::StageReached { .. } => "stage_reached",
            Self::MailOpened { .. } => "mail_opened",
            Self::MailClicked { .. } => "mail_clicked",
            Self::PageVisited { .. } => "page_visited",
            Self::RfmChanged { .. } => "rfm_changed",
            Self::Custom { .. } => "custom",
            Self::Touched => "touched",
        }
    }

    /// Visits every text in it, in a fixed order: its identity is made of them.
    pub(super) fn each_text(&self, visit: &mut dyn FnMut(&str)) {
        let properties = |properties: &BTreeMap<String, String>, visit: &mut dyn FnMut(&str)| {
            for (name, value) in properties {
                visit(name);
                visit(value);
            }
        };
        match self {
            Self::ContactAdded | Self::Touched => {}
            Self::DetailAdded { field } | Self::DetailChanged { field } => visit(field),
            Self::TagAssigned { tag } | Self::TagRemoved { tag } => visit(tag),
            Self::TagScoreChanged { tag, score } => {
                visit(tag);
                visit(&score.to_string());
            }
            Self::ScoreChanged { from, to } => {
                visit(&from.to_string());
                visit(&to.to_string());
            }
            Self::ConsentChanged { channel, status } => {
                match channel {
                    ConsentChannel::Email => visit("email"),
                    ConsentChannel::Phone => visit("phone"),
                    ConsentChannel::WebPush => visit("web_push"),
                    // Its word first, so that a consent may be named like a channel.
                    ConsentChannel::Named(name) => ["named", name].into_iter().for_each(&mut *visit),
                }
                visit(match status {
                    ConsentStatus::Confirmed => "confirmed",
                    ConsentStatus::Withdrawn => "withdrawn",
                    ConsentStatus::NotConfirmed => "not_confirmed",
                });
            }
            Self::External { kind, value, properties: all } => {
                visit(kind);
                value.iter().for_each(|value| visit(&value.to_string()));
                properties(all, visit);
            }
            Self::ExternalChanged { kind, fields, value, properties: all } => {
                visit(kind);
                // Their number first: fields must not pass for properties.
                visit(&fields.len().to_string());
                fields.iter().for_each(|field| visit(field));
                value.iter().for_each(|value| visit(&value.to_string()));
                properties(all, visit);
            }
            Self::StageReached { funnel: a, stage: b } | Self::MailClicked { mail: a, link: b } => {
                visit(a);
                visit(b);
            }
            Self::MailOpened { mail } => visit(mail),
            Self::PageVisited { url } => visit(url),
            Self::RfmChanged { report, dimension, group } => {
                visit(report);
                visit(dimension);
                visit(group);
            }
            Self::Custom { name, properties: all } => {
                visit(name);
                properties(all, visit);
            }
        }
    }
}

impl fmt::Debug for ContactEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactEvent({} at {})", self.kind.kind(), self.at)
    }
}

impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventKind({})", self.kind())
    }
}
