//! The contacts of the application, as the engine reads and changes them.

use std::fmt;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::automation::event_kind::{ConsentChannel, EventKind};
use crate::automation::timestamp;
use crate::clock::TimeZone;
use crate::contact::{ConsentStatus, Contact, DateOrder, Schema, ValueRef, normalize_tag};
use crate::error::{Error, ErrorKind, Result};

/// The contacts of your application: conditions read them, actions change them. Implement it over your own storage;
/// [`MemoryContacts`](super::memory::MemoryContacts) is one in memory.
///
/// Updates are delivered at least once. An update that was applied before a crash may come again with the same key, so
/// an implementation remembers the keys of those that must not be repeated ([`ContactChange::is_repeatable`]).
pub trait ContactStore: fmt::Debug + Send {
    /// Returns the schema of the contacts.
    fn schema(&self) -> &Schema;

    /// Reads a contact into a cleared record. Returns `false` if there is no contact of this id.
    ///
    /// # Errors
    /// An error if the store cannot be read.
    fn load(&self, id: &str, into: &mut Contact) -> Result<bool>;

    /// Applies an update that an action asks for.
    ///
    /// # Errors
    /// A retryable error defers the update to a later call of the engine, together with later updates of the contact, which
    /// keep their order. Any other error drops the update and is reported. Its text goes to the audit log, so it must not
    /// contain personal data but the contact's id.
    fn apply(&mut self, update: &ContactUpdate) -> Result<()>;

    /// Visits the ids of the contacts that come after `after`, or of all contacts, until `visit` breaks. The order is up to
    /// the store and must be stable; the contact `after` may be gone.
    ///
    /// # Errors
    /// An error if the store cannot be read, or the error of `visit`.
    fn each(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> Result<ControlFlow<()>>)
    -> Result<()>;
}

/// An update of a contact, or a call of your application, to be applied once.
///
/// `Debug` shows no value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContactUpdate {
    /// The key of the update, unique per rule or workflow, contact, event and action.
    pub key: String,
    /// The id of the contact.
    pub contact: String,
    /// The instant at which the action ran.
    #[serde(with = "timestamp")]
    pub at: OffsetDateTime,
    /// The change.
    pub change: ContactChange,
}

impl fmt::Debug for ContactUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactUpdate({})", self.key)
    }
}

/// A change of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ContactChange {
    /// Assigns a tag.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Removes a tag.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Changes the score of a tag that the contact has.
    ChangeTagScore {
        /// The tag.
        tag: String,
        /// The number to add, negative to subtract.
        by: i32,
    },
    /// Sets the score.
    SetScore {
        /// The new score.
        to: i64,
    },
    /// Changes the score.
    ChangeScore {
        /// The number to add, negative to subtract.
        by: i64,
    },
    /// Sets a field from text. Blank text empties it.
    SetDetail {
        /// The field.
        field: String,
        /// The text.
        value: String,
    },
    /// Moves the contact to a stage of a funnel.
    SetStage {
        /// The funnel.
        funnel: String,
        /// The stage.
        stage: String,
    },
    /// Records that a consent was given, refused or withdrawn: for e-mail in `opted_out`, for text messages and calls in
    /// `phone_opted_out`, for web push in the consent `web_push`, and in a consent of that name otherwise.
    SetConsent {
        /// The channel.
        channel: ConsentChannel,
        /// Its state.
        status: ConsentStatus,
    },
    /// Calls your application.
    Call {
        /// The name of what to call.
        name: String,
        /// Data for the callee.
        data: String,
    },
}

impl ContactChange {
    /// Returns `true` if applying the change twice has the same effect as applying it once.
    ///
    /// ```
    /// use audiencekit::automation::ContactChange;
    ///
    /// assert!(ContactChange::SetScore { to: 5 }.is_repeatable());
    /// assert!(!ContactChange::ChangeScore { by: 5 }.is_repeatable());
    /// ```
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::ChangeTagScore { .. } | Self::ChangeScore { .. } | Self::Call { .. })
    }

    /// Applies the change to a contact and returns what happened to it: nothing if it was so already. A change of
    /// `opted_out` or `phone_opted_out` is one of a field and of a consent.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] or [`ErrorKind::Source`] for a field or value that does not fit. The contact is unchanged.
    ///
    /// ```
    /// use audiencekit::automation::{ContactChange, EventKind};
    /// use audiencekit::{Contact, Schema, TimeZone};
    /// use time::macros::datetime;
    ///
    /// let mut contact = Contact::new(&Schema::standard());
    /// let change = ContactChange::ChangeScore { by: 5 };
    /// let happened = change.apply(&mut contact, datetime!(2026-11-23 12:00 UTC), &TimeZone::utc())?;
    /// assert!(happened == [EventKind::ScoreChanged { from: 0, to: 5 }]);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn apply(
        &self,
        contact: &mut Contact,
        at: OffsetDateTime,
        zone: &TimeZone,
    ) -> Result<Vec<EventKind>> {
        let happened = match self {
            Self::SetDetail { field, value } => return set_detail(contact, field, value, zone),
            Self::SetConsent { channel, status } => return set_consent(contact, channel, *status, at),

            Self::AddTag { tag } => {
                if find_tag(contact, tag).is_some() {
                    return Ok(Vec::new());
                }
                contact.add_tag(tag, 1, Some(at))?;
                Some(EventKind::TagAssigned { tag: tag.clone() })
            }
            Self::RemoveTag { tag } => match find_tag(contact, tag) {
                Some(found) => {
                    contact.remove_tag(found.name);
                    Some(EventKind::TagRemoved { tag: tag.clone() })
                }
                None => None,
            },
            Self::ChangeTagScore { tag, by } => match find_tag(contact, tag) {
                Some(found) if *by != 0 => {
                    let score = found.score.saturating_add(*by);
                    contact.add_tag(tag, score, found.since)?;
                    Some(EventKind::TagScoreChanged { tag: tag.clone(), score: score.into() })
                }
                _ => None,
            },
            Self::SetScore { to } => set_score(contact, |_| *to)?,
            Self::ChangeScore { by } => set_score(contact, |score| score.saturating_add(*by))?,
            Self::SetStage { funnel, stage } => {
                let symbols = contact.schema().symbols();
                let there = contact.stages().iter().any(|known| {
                    *symbols.text(known.funnel) == **funnel && *symbols.text(known.stage) == **stage
                });
                if there {
                    return Ok(Vec::new());
                }
                contact.set_stage(funnel, stage, Some(at))?;
                Some(EventKind::StageReached { funnel: funnel.clone(), stage: stage.clone() })
            }
            Self::Call { .. } => None,
        };
        Ok(happened.into_iter().collect())
    }
}

fn set_detail(contact: &mut Contact, field: &str, value: &str, zone: &TimeZone) -> Result<Vec<EventKind>> {
    let id = contact.schema().require(field)?;
    let before = contact.get(id).map(owned);
    contact.set_cell(id, value, DateOrder::YearMonthDay, zone)?;
    let after = contact.get(id).map(owned);
    if before == after {
        return Ok(Vec::new());
    }
    let mut happened = vec![match before {
        None => EventKind::DetailAdded { field: field.to_owned() },
        Some(_) => EventKind::DetailChanged { field: field.to_owned() },
    }];
    let channel = match field {
        "opted_out" => ConsentChannel::Email,
        "phone_opted_out" => ConsentChannel::Phone,
        _ => return Ok(happened),
    };
    let status = match contact.get(id) {
        Some(ValueRef::Boolean(true)) => ConsentStatus::Withdrawn,
        Some(_) => ConsentStatus::Confirmed,
        None => ConsentStatus::NotConfirmed,
    };
    happened.push(EventKind::ConsentChanged { channel, status });
    Ok(happened)
}

fn set_consent(
    contact: &mut Contact,
    channel: &ConsentChannel,
    status: ConsentStatus,
    at: OffsetDateTime,
) -> Result<Vec<EventKind>> {
    let name = match channel {
        ConsentChannel::Email | ConsentChannel::Phone => {
            let field = if *channel == ConsentChannel::Email { "opted_out" } else { "phone_opted_out" };
            let value = match status {
                ConsentStatus::Confirmed => "false",
                ConsentStatus::Withdrawn => "true",
                ConsentStatus::NotConfirmed => "",
            };
            return set_detail(contact, field, value, &TimeZone::utc());
        }
        ConsentChannel::WebPush => "web_push",
        ConsentChannel::Named(name) => name,
    };
    let known = contact.schema().symbols().get(name);
    let history = contact.consents().iter().filter(|entry| Some(entry.name) == known);
    if history.max_by_key(|entry| entry.at).is_some_and(|last| last.status == status) {
        return Ok(Vec::new());
    }
    contact.add_consent(name, status, Some(at))?;
    Ok(vec![EventKind::ConsentChanged { channel: channel.clone(), status }])
}

fn find_tag(contact: &Contact, tag: &str) -> Option<crate::contact::Tag> {
    let name = contact.schema().symbols().get(&normalize_tag(tag)?)?;
    contact.tags().iter().find(|tag| tag.name == name).copied()
}

fn set_score(contact: &mut Contact, new: impl Fn(i64) -> i64) -> Result<Option<EventKind>> {
    let id = contact.schema().require("score")?;
    let before = match contact.get(id) {
        Some(ValueRef::Integer(score)) => Some(score),
        _ => None,
    };
    let from = before.unwrap_or(0);
    let to = new(from);
    if before == Some(to) {
        return Ok(None);
    }
    contact.set(id, to)?;
    Ok((from != to).then_some(EventKind::ScoreChanged { from, to }))
}

/// A value to compare across a change; it lives for a moment and is never shown.
fn owned(value: ValueRef<'_>) -> (u8, String) {
    match value {
        ValueRef::Boolean(v) => (0, v.to_string()),
        ValueRef::Integer(v) => (1, v.to_string()),
        ValueRef::Decimal(v) => (2, v.normalize().to_string()),
        ValueRef::Text(v) => (3, v.to_owned()),
        ValueRef::Keyword(v) => (3, v.to_string()),
        ValueRef::TextList(v) => (4, v.join("\0")),
        ValueRef::Date(v) => (5, v.to_string()),
        ValueRef::Birthday(v) => (6, format!("{:?}-{}-{}", v.year(), v.month(), v.day())),
        ValueRef::Instant(v) => (7, v.unix_timestamp_nanos().to_string()),
    }
}

pub(in crate::automation) fn unknown_contact() -> Error {
    Error::new(ErrorKind::NotFound, "event contact", "unknown contact")
        .with_expected("the id of a contact in the contact store")
}
