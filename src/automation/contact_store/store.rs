//! The host's contacts, as the engine reads and changes them.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::automation::event::EventKind;
use crate::automation::timestamp;
use crate::clock::TimeZone;
use crate::contact::{Contact, DateOrder, Schema, ValueRef, normalize_tag};
use crate::error::{Error, ErrorKind, Result};

/// The host's contacts: read for conditions, changed by actions.
///
/// An [`ContactUpdate`] comes at least once: one that was carried out before a crash comes again with the same key, so
/// an implementation remembers the keys of those that must not be repeated ([`ContactChange::is_repeatable`]).
pub trait ContactStore: fmt::Debug + Send {
    /// The fields that the contacts have.
    fn schema(&self) -> &Schema;

    /// Reads a contact into a cleared record; false when there is none of this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn load(&self, id: &str, into: &mut Contact) -> Result<bool>;

    /// Carries out a change that an action asks for.
    ///
    /// # Errors
    /// A retryable error keeps the effect for a later call of the engine, and what else is to be done to the contact with
    /// it: changes of a contact come in their order. Any other error drops it, and the engine reports it: the text of the error
    /// goes to the audit log, and must not say more of a person than their id.
    fn apply(&mut self, effect: &ContactUpdate) -> Result<()>;

    /// Visits the ids of contacts from the first one after `after` on, or from the first of all, until `visit` says
    /// false. Their order is the store's own and stays the same; `after` may be gone by now.
    ///
    /// # Errors
    /// When the store cannot be read, and what `visit` returns.
    fn each(&self, after: Option<&str>, visit: &mut dyn FnMut(&str) -> Result<bool>) -> Result<()>;
}

/// A change of a contact, or a call back into the host, to be carried out once.
///
/// `Debug` shows no value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContactUpdate {
    /// Unique per rule or workflow, contact, event and action.
    pub key: String,
    /// The host's id of the contact.
    pub contact: String,
    /// When it is due.
    #[serde(with = "timestamp")]
    pub at: OffsetDateTime,
    /// What to do.
    pub change: ContactChange,
}

impl fmt::Debug for ContactUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Effect({})", self.key)
    }
}

/// What to do with a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ContactChange {
    /// Assign a tag.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Take a tag away.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Change the score of a tag that is there.
    ChangeTagScore {
        /// The tag.
        tag: String,
        /// By how much.
        by: i32,
    },
    /// Set the score.
    SetScore {
        /// To what.
        to: i64,
    },
    /// Change the score.
    ChangeScore {
        /// By how much.
        by: i64,
    },
    /// Set a field from text; blank empties it.
    SetDetail {
        /// The field.
        field: String,
        /// The text.
        value: String,
    },
    /// Put on a stage.
    SetStage {
        /// The funnel.
        funnel: String,
        /// The stage.
        stage: String,
    },
    /// Call the host.
    Call {
        /// What to call.
        name: String,
        /// Anything for the callee.
        data: String,
    },
}

impl ContactChange {
    /// True when doing it twice is the same as doing it once.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::ChangeTagScore { .. } | Self::ChangeScore { .. } | Self::Call { .. })
    }

    /// Changes `contact` and says what happened to it: nothing, when it was so already.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] or [`ErrorKind::Source`] for a field or value that does not fit; the contact is then as
    /// it was.
    pub fn apply(
        &self,
        contact: &mut Contact,
        at: OffsetDateTime,
        zone: &TimeZone,
    ) -> Result<Option<EventKind>> {
        Ok(match self {
            Self::AddTag { tag } => {
                if find_tag(contact, tag).is_some() {
                    return Ok(None);
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
            Self::SetDetail { field, value } => {
                let id = contact.schema().require(field)?;
                let before = contact.get(id).map(owned);
                contact.set_cell(id, value, DateOrder::YearMonthDay, zone)?;
                let after = contact.get(id).map(owned);
                match (before == after, before) {
                    (true, _) => None,
                    (false, None) => Some(EventKind::DetailAdded { field: field.clone() }),
                    (false, Some(_)) => Some(EventKind::DetailChanged { field: field.clone() }),
                }
            }
            Self::SetStage { funnel, stage } => {
                let symbols = contact.schema().symbols();
                let there = contact.stages().iter().any(|known| {
                    *symbols.text(known.funnel) == **funnel && *symbols.text(known.stage) == **stage
                });
                if there {
                    return Ok(None);
                }
                contact.set_stage(funnel, stage, Some(at))?;
                Some(EventKind::StageReached { funnel: funnel.clone(), stage: stage.clone() })
            }
            Self::Call { .. } => None,
        })
    }
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
    Error::new(ErrorKind::NotFound, "event contact", "no such contact")
        .expected("the id of a contact in the contact store")
}
