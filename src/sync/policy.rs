//! Which contacts are excluded, and how many members a run may remove.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::contact::{Consent, ConsentStatus, Contact, FieldId, Schema, Symbol, ValueRef};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::MatchKey;

/// Excludes selected contacts that must not be sent.
///
/// By default contacts that are deleted, invalid or opted out of e-mail (`opted_out`) are excluded. A contact that opted out
/// of text messages and calls (`phone_opted_out`) is sent without its phone numbers, and excluded if it has no other match
/// key. The next mirror also removes members that are excluded, and rows with a number that was withheld.
///
/// ```
/// use audiencekit::sync::ConsentPolicy;
///
/// let asked = ConsentPolicy::enforce().require("newsletter"); // and contacts that have not confirmed it
/// let waived = ConsentPolicy::with_waiver("legitimate interest, reviewed 2026-11")?; // opted-out contacts too
/// assert_eq!((asked.waiver(), waived.waiver().is_some()), (None, true));
/// assert!(ConsentPolicy::with_waiver(" ").is_err(), "a reason is needed: every report repeats it");
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct ConsentPolicy {
    required: Vec<String>,
    waiver: Option<String>,
}

/// A policy as it was written, perhaps by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default)]
    required: Vec<String>,
    waiver: Option<String>,
}

impl TryFrom<Stored> for ConsentPolicy {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let policy = stored.waiver.map_or_else(|| Ok(Self::enforce()), Self::with_waiver)?;
        Ok(Self { required: stored.required, ..policy })
    }
}

/// The reason why a selected contact was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExclusionReason {
    /// The contact is deleted.
    Deleted,
    /// The contact is marked invalid.
    Invalid,
    /// The contact has opted out.
    OptedOut,
    /// The contact has opted out of text messages and calls, and has no match key but its phone number.
    PhoneOptedOut,
    /// A required consent is not confirmed at the time of the run.
    NoConsent,
}

impl ExclusionReason {
    /// Returns its name in reports, such as `opted_out`.
    ///
    /// ```
    /// assert_eq!(audiencekit::sync::ExclusionReason::OptedOut.as_str(), "opted_out");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Invalid => "invalid",
            Self::OptedOut => "opted_out",
            Self::PhoneOptedOut => "phone_opted_out",
            Self::NoConsent => "no_consent",
        }
    }
}

impl Default for ConsentPolicy {
    fn default() -> Self {
        Self::enforce()
    }
}

impl ConsentPolicy {
    /// Creates the default policy, which excludes contacts that are deleted, invalid or opted out.
    ///
    /// ```
    /// use audiencekit::sync::ConsentPolicy;
    ///
    /// assert_eq!(ConsentPolicy::enforce(), ConsentPolicy::default());
    /// ```
    #[must_use]
    pub fn enforce() -> Self {
        Self { required: Vec::new(), waiver: None }
    }

    /// Requires a consent: excludes contacts that have not confirmed it or have withdrawn it.
    ///
    /// ```
    /// use audiencekit::sync::ConsentPolicy;
    ///
    /// let policy = ConsentPolicy::enforce().require("newsletter").require("ads");
    /// ```
    #[must_use]
    pub fn require(mut self, consent: impl Into<String>) -> Self {
        self.required.push(consent.into());
        self
    }

    /// Creates a policy that sends opted-out contacts and phone numbers too, for a reason such as "legitimate interest, reviewed 2026-11".
    ///
    /// Every report repeats the reason. Deleted and invalid contacts stay excluded.
    ///
    /// ```
    /// use audiencekit::sync::ConsentPolicy;
    ///
    /// let policy = ConsentPolicy::with_waiver("legitimate interest, reviewed 2026-11")?;
    /// assert_eq!(policy.waiver(), Some("legitimate interest, reviewed 2026-11"));
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a blank reason.
    pub fn with_waiver(reason: impl Into<String>) -> Result<Self> {
        let reason = reason.into();
        if reason.trim().is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "consent policy", "the waiver has no reason")
                .with_help("give the reason why opted-out contacts may be sent"));
        }
        Ok(Self { required: Vec::new(), waiver: Some(reason.trim().to_owned()) })
    }

    /// Returns the reason for which opted-out contacts are sent, if they are.
    #[must_use]
    pub fn waiver(&self) -> Option<&str> {
        self.waiver.as_deref()
    }

    pub(super) fn bind(&self, schema: &Schema, now: OffsetDateTime) -> BoundPolicy {
        BoundPolicy {
            deleted: schema.field("deleted"),
            invalid: schema.field("invalid"),
            opted_out: schema.field("opted_out").filter(|_| self.waiver.is_none()),
            phone_opted_out: schema.field("phone_opted_out").filter(|_| self.waiver.is_none()),
            required: self.required.clone(),
            now,
        }
    }
}

/// A policy with its fields looked up.
#[derive(Debug)]
pub(super) struct BoundPolicy {
    deleted: Option<FieldId>,
    invalid: Option<FieldId>,
    opted_out: Option<FieldId>,
    phone_opted_out: Option<FieldId>,
    required: Vec<String>,
    now: OffsetDateTime,
}

impl BoundPolicy {
    /// Returns the key whose values must not be sent, because the contact has opted out of its channel.
    pub(super) fn withholds(&self, contact: &Contact) -> Option<MatchKey> {
        is_true(contact, self.phone_opted_out).then_some(MatchKey::Phone)
    }

    pub(super) fn holds_back(&self, contact: &Contact) -> Option<ExclusionReason> {
        if is_true(contact, self.deleted) {
            return Some(ExclusionReason::Deleted);
        }
        if is_true(contact, self.invalid) {
            return Some(ExclusionReason::Invalid);
        }
        if is_true(contact, self.opted_out) {
            return Some(ExclusionReason::OptedOut);
        }
        // A name that no contact has had yet is in no symbol table, so it is looked up each time.
        let symbols = contact.schema().symbols();
        let all = self
            .required
            .iter()
            .all(|name| symbols.get(name).is_some_and(|name| confirmed(contact.consents(), name, self.now)));
        (!all).then_some(ExclusionReason::NoConsent)
    }
}

fn is_true(contact: &Contact, field: Option<FieldId>) -> bool {
    field.is_some_and(|field| matches!(contact.get(field), Some(ValueRef::Boolean(true))))
}

/// The last entry at or before now decides; of entries at the same instant the later in the list.
fn confirmed(history: &[Consent], name: Symbol, now: OffsetDateTime) -> bool {
    history
        .iter()
        .filter(|entry| entry.name == name && entry.at.is_none_or(|at| at <= now))
        .max_by_key(|entry| entry.at)
        .is_some_and(|entry| entry.status == ConsentStatus::Confirmed)
}

/// A limit on how many members a run may remove.
///
/// It stops a run with [`ErrorKind::Guard`] before any member is removed. It applies to what follows from the contacts,
/// in [`SyncMode::Mirror`](crate::SyncMode::Mirror) and [`SyncMode::Replace`](crate::SyncMode::Replace). A removal that is
/// asked for, by [`SyncMode::Remove`](crate::SyncMode::Remove), a change or an erasure, is not limited.
///
/// ```
/// use audiencekit::{Contact, ErrorKind, MemoryLedger, MemorySource, MockClient, SyncMode, Schema, SyncEngine, SyncTarget};
/// use audiencekit::facebook::{FacebookClient, NewAudience};
/// use audiencekit::sync::RemovalGuard;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let (schema, ledger, facebook) = (Schema::standard(), MemoryLedger::new(), MockClient::new());
/// let account = facebook.fake().account();
/// let target = SyncTarget::new(account.clone(), facebook.create_audience(&account, &NewAudience::new("A", "a")).await?);
/// let mirror = target.mode(SyncMode::Mirror);
/// let engine = |people: std::ops::Range<u32>, guards: RemovalGuard| {
///     let contact = |n: u32| Contact::builder(&schema).email(format!("p{n}@example.com")).build();
///     let people = people.map(contact).collect::<audiencekit::Result<Vec<_>>>()?;
///     let engine = SyncEngine::builder(MemorySource::new(&schema, people), facebook.clone(), facebook.fake().clone());
///     Ok::<_, audiencekit::Error>(engine.ledger(ledger.clone()).removal_guard(guards).build())
/// };
/// engine(0..10, RemovalGuard::default())?.run(&mirror).await?;
/// let error = engine(0..6, RemovalGuard::default())?.run(&mirror).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Guard); // 40 % would go
/// # facebook.fake().configure(|settings| settings.removal_floor = 0);
/// let intended = RemovalGuard::default().max_removed_percent(50.0);
/// assert_eq!(engine(0..6, intended)?.run(&mirror).await?.removed.accepted, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RemovalGuard {
    /// The maximum share of the members remembered before a run that it may remove, in percent.
    ///
    /// Members that the run adds do not count, nor those added by a refused run that it resumes.
    pub max_removed_percent: f64,
    /// Whether a run may leave an audience without members.
    pub allow_empty: bool,
}

impl Default for RemovalGuard {
    /// Allows at most 30 % of the members to be removed, and never all.
    fn default() -> Self {
        Self { max_removed_percent: 30.0, allow_empty: false }
    }
}

impl RemovalGuard {
    /// Creates a guard that allows every removal.
    ///
    /// ```
    /// use audiencekit::sync::RemovalGuard;
    ///
    /// assert!(RemovalGuard::off().allow_empty);
    /// ```
    #[must_use]
    pub fn off() -> Self {
        Self { max_removed_percent: 100.0, allow_empty: true }
    }

    /// Sets the maximum percentage of members a run may remove. Defaults to 30.
    ///
    /// ```
    /// use audiencekit::sync::RemovalGuard;
    ///
    /// let guard = RemovalGuard::default().max_removed_percent(5.0);
    /// assert_eq!((guard.max_removed_percent, guard.allow_empty), (5.0, false));
    /// ```
    #[must_use]
    pub fn max_removed_percent(mut self, percent: f64) -> Self {
        self.max_removed_percent = percent;
        self
    }

    /// Sets whether a run may leave an audience without members. Defaults to `false`.
    ///
    /// ```
    /// use audiencekit::sync::RemovalGuard;
    ///
    /// let guard = RemovalGuard::default().allow_empty(true);
    /// assert_eq!(guard.max_removed_percent, 30.0);
    /// ```
    #[must_use]
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    pub(super) fn check(self, members: u64, removed: u64, left: u64) -> Result<()> {
        if removed == 0 {
            return Ok(());
        }
        if left == 0 && !self.allow_empty {
            return Err(Error::new(
                ErrorKind::Guard,
                "sync",
                format!("would remove all {removed} members; no member was removed"),
            )
            .with_help("if that is intended, set RemovalGuard::allow_empty(true)"));
        }
        let percent = removed as f64 * 100.0 / members.max(1) as f64;
        // A share that is not a number allows no removal.
        if self.max_removed_percent.is_nan() || percent > self.max_removed_percent {
            return Err(Error::new(
                ErrorKind::Guard,
                "sync",
                format!(
                    "would remove {removed} of {members} members ({percent:.1} %); no member was removed"
                ),
            )
            .with_expected(format!("at most {} %", self.max_removed_percent))
            .with_help("if that is intended, raise RemovalGuard::max_removed_percent"));
        }
        Ok(())
    }
}
