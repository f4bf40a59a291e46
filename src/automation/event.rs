//! What happened to a contact.

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

/// Something that happened to one contact at an instant.
///
/// The contact in the host's store already has the change: the event says that it came about. `Debug` names the
/// type and shows no contact and no value.
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
    /// The host's id of the contact.
    pub contact: String,
    /// When it happened.
    #[serde(with = "timestamp")]
    pub at: OffsetDateTime,
    /// The host's id of the event: an event of a known id is not handled twice. Without one, contact, instant and
    /// content together tell events apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// False for imports and mass changes that are to stay silent: no rule or workflow starts.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub fire: bool,
    /// What happened.
    pub what: EventKind,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_yes(flag: &bool) -> bool {
    *flag
}

/// The kinds of things that happen.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum EventKind {
    /// The contact is new: from a form, the host's API or by hand; never an update of a known contact.
    ContactAdded,
    /// A field got a value for the first time.
    DetailAdded {
        /// The field.
        field: String,
    },
    /// A field got another value.
    DetailChanged {
        /// The field.
        field: String,
    },
    /// A tag was assigned.
    TagAssigned {
        /// The tag.
        tag: String,
    },
    /// A tag was taken away.
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
        /// Before.
        from: i64,
        /// After.
        to: i64,
    },
    /// A consent was given, refused or taken back.
    ConsentChanged {
        /// Which.
        channel: ConsentChannel,
        /// How it stands now.
        status: ConsentStatus,
    },
    /// An external event, such as a purchase, was recorded.
    External {
        /// Its type, told apart without regard to case.
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
        /// Which of its fields changed.
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
    /// The contact came to a stage of a funnel.
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
        /// Its whole address.
        url: String,
    },
    /// The contact came into another group of an RFM report.
    RfmChanged {
        /// The report.
        report: String,
        /// Recency, frequency or monetary.
        dimension: String,
        /// The new group.
        group: String,
    },
    /// One of the host's own kinds.
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
    /// The contact changed in a way that no trigger listens to; leaving conditions are looked at again.
    Touched,
}

/// What a consent is about.
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
    /// Most bytes of an event: of its JSON text, and of its texts together.
    pub const MAX_BYTES: usize = 64 << 10;

    /// An event without an id that fires.
    #[must_use]
    pub fn new(contact: impl Into<String>, at: OffsetDateTime, what: EventKind) -> Self {
        Self { contact: contact.into(), at, id: None, fire: true, what }
    }

    /// Sets the host's id of the event.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Makes the event silent: no rule or workflow starts.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.fire = false;
        self
    }

    /// Reads an event from JSON.
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
                .expected("1 to 1,024 bytes without NUL"));
        }
        let mut bytes = self.contact.len() + self.id.as_ref().map_or(0, String::len);
        self.what.each_text(&mut |text| bytes += text.len());
        if bytes > Self::MAX_BYTES { Err(too_large()) } else { Ok(()) }
    }
}

fn too_large() -> Error {
    Error::new(ErrorKind::Limit, "event", "more than 64 KiB")
        .expected("the properties that triggers look at, and no documents")
}

impl EventKind {
    /// The word for the kind, as JSON writes it.
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

    /// Every text in it, in a fixed order: what its identity is made of.
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
        write!(f, "ContactEvent({} at {})", self.what.kind(), self.at)
    }
}

impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventKind({})", self.kind())
    }
}
