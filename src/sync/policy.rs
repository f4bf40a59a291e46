//! What is held back and what is refused, unless the host says otherwise.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::contact::{Consent, ConsentStatus, Contact, FieldId, Schema, Symbol, ValueRef};
use crate::error::{Error, ErrorKind, Result};

/// Which selected contacts are not sent.
///
/// The default holds back contacts that are deleted, invalid or opted out of e-mail. `phone_opted_out` holds nobody
/// back: it is about being called. Whoever is held back is also taken out by the next mirror.
///
/// ```
/// use audiencekit::sync::ConsentPolicy;
///
/// let asked = ConsentPolicy::enforce().require("newsletter"); // and whoever has not confirmed it
/// let waived = ConsentPolicy::with_waiver("legitimate interest, reviewed 2026-11")?; // opted-out people too
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

/// Why a selected contact was not sent.
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
    /// A required consent is not confirmed now.
    NoConsent,
}

impl ExclusionReason {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Invalid => "invalid",
            Self::OptedOut => "opted_out",
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
    /// Holds back contacts that are deleted, invalid or opted out.
    #[must_use]
    pub fn enforce() -> Self {
        Self { required: Vec::new(), waiver: None }
    }

    /// Holds back, beside those, contacts that have not confirmed this consent or have withdrawn it.
    #[must_use]
    pub fn require(mut self, consent: impl Into<String>) -> Self {
        self.required.push(consent.into());
        self
    }

    /// Sends opted-out contacts too, for a reason that every report repeats, such as "legitimate interest, reviewed
    /// 2026-11". Deleted and invalid contacts stay held back.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a blank reason.
    pub fn with_waiver(reason: impl Into<String>) -> Result<Self> {
        let reason = reason.into();
        if reason.trim().is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "consent policy", "a waiver without a reason")
                .expected("why opted-out people may be sent"));
        }
        Ok(Self { required: Vec::new(), waiver: Some(reason.trim().to_owned()) })
    }

    /// Why opted-out contacts are sent, if they are.
    #[must_use]
    pub fn waiver(&self) -> Option<&str> {
        self.waiver.as_deref()
    }

    pub(super) fn bind(&self, schema: &Schema, now: OffsetDateTime) -> BoundPolicy {
        BoundPolicy {
            deleted: schema.field("deleted"),
            invalid: schema.field("invalid"),
            opted_out: schema.field("opted_out").filter(|_| self.waiver.is_none()),
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
    required: Vec<String>,
    now: OffsetDateTime,
}

impl BoundPolicy {
    pub(super) fn holds_back(&self, contact: &Contact) -> Option<ExclusionReason> {
        let says_yes = |field: Option<FieldId>| {
            field.is_some_and(|field| matches!(contact.get(field), Some(ValueRef::Boolean(true))))
        };
        if says_yes(self.deleted) {
            return Some(ExclusionReason::Deleted);
        }
        if says_yes(self.invalid) {
            return Some(ExclusionReason::Invalid);
        }
        if says_yes(self.opted_out) {
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

/// The last entry at or before now decides; of entries at the same instant the later in the list.
fn confirmed(history: &[Consent], name: Symbol, now: OffsetDateTime) -> bool {
    history
        .iter()
        .filter(|entry| entry.name == name && entry.at.is_none_or(|at| at <= now))
        .max_by_key(|entry| entry.at)
        .is_some_and(|entry| entry.status == ConsentStatus::Confirmed)
}

/// What a run refuses to do unless told otherwise.
///
/// A guard stops the run with [`ErrorKind::Guard`] before it removes anybody. It watches what follows from contacts,
/// in [`SyncMode::Mirror`](super::target::SyncMode::Mirror) and [`SyncMode::Replace`](super::target::SyncMode::Replace); whoever asks for a removal with
/// [`SyncMode::Remove`](super::target::SyncMode::Remove), a change or an erasure gets it.
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
/// let meant = RemovalGuard::default().max_removed_percent(50.0);
/// assert_eq!(engine(0..6, meant)?.run(&mirror).await?.removed.accepted, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RemovalGuard {
    /// Most of the members remembered before a run that it may remove, in percent: whom it adds does not count, nor
    /// whom a run added that was refused and that it continues.
    pub max_removed_percent: f64,
    /// True to let a run leave an audience without members.
    pub allow_empty: bool,
}

impl Default for RemovalGuard {
    /// At most 30 % of the members removed, and never all.
    fn default() -> Self {
        Self { max_removed_percent: 30.0, allow_empty: false }
    }
}

impl RemovalGuard {
    /// No guard: whatever the contacts say is done.
    #[must_use]
    pub fn off() -> Self {
        Self { max_removed_percent: 100.0, allow_empty: true }
    }

    /// Another share of members that one run may remove.
    #[must_use]
    pub fn max_removed_percent(mut self, percent: f64) -> Self {
        self.max_removed_percent = percent;
        self
    }

    /// Whether a run may leave an audience without members.
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
                format!("would remove all {removed} members; nobody was removed"),
            )
            .expected("Guards::allow_empty(true) if that is meant"));
        }
        let percent = removed as f64 * 100.0 / members.max(1) as f64;
        // A share that is no number lets nobody be removed.
        if self.max_removed_percent.is_nan() || percent > self.max_removed_percent {
            return Err(Error::new(
                ErrorKind::Guard,
                "sync",
                format!("would remove {removed} of {members} members ({percent:.1} %); nobody was removed"),
            )
            .expected(format!(
                "at most {} %, or a higher Guards::max_removed_percent if that is meant",
                self.max_removed_percent
            )));
        }
        Ok(())
    }
}
