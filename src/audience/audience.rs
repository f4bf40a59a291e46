//! A saved audience.

use super::availability::AudienceStatus;
use super::check::adoptable;
use super::management::{ContactManagement, Refresh, join};
use super::size::MinimumSize;
use super::wait::{PollOptions, until_ready};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result, ValidationErrors};
use crate::facebook::{AccountId, AudienceId, FacebookClient, NewAudience};
use crate::segment::Segment;

/// An audience that Facebook has: only [`AudienceDraft::save`](super::draft::AudienceDraft::save), [`Audience::adopt`] and
/// a stored definition make one.
///
/// Serde writes it as a definition with a `schema_version`; reading refuses unknown fields and versions.
///
/// ```
/// use audiencekit::audience::{Audience, AudienceBuilder, Availability};
/// use audiencekit::{MockClient, Schema, Segment, Selector};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// let everybody = Segment::builder("everybody").include(Selector::all()).build(&Schema::standard())?;
/// let draft = AudienceBuilder::new()
///     .name("Customers").description("All of them").account(facebook.fake().account())
///     .contacts(everybody)
///     .build()?;
/// let audience = draft.save(&facebook).await?; // at Facebook, empty until a run sends somebody
/// assert_eq!(audience.status(&facebook).await?.availability, Availability::Empty);
///
/// // Facebook keeps neither groups nor modes: store the definition, and read it the next time.
/// let stored = serde_json::to_string(&audience).expect("JSON");
/// assert_eq!(Audience::from_json(&stored)?, audience);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    pub(super) id: AudienceId,
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) management: ContactManagement,
    pub(super) refresh: Refresh,
    pub(super) minimum_size: MinimumSize,
    pub(super) is_value_based: bool,
}

impl Audience {
    pub(super) fn of_draft(
        id: AudienceId,
        account: AccountId,
        request: &NewAudience,
        management: ContactManagement,
        refresh: Refresh,
        minimum_size: MinimumSize,
    ) -> Self {
        Self {
            id,
            account,
            name: request.name.clone(),
            description: request.description.clone(),
            management,
            refresh,
            minimum_size,
            is_value_based: request.is_value_based,
        }
    }

    /// Takes over a customer-file audience that Facebook has already; its members stay.
    ///
    /// What this side did not send it cannot remove, except by replacing all members.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the token cannot see it; [`ErrorKind::Invalid`] when it belongs to another
    /// account or is not a customer-file audience, or when `contacts` is not complete.
    pub async fn adopt<C: FacebookClient + ?Sized>(
        client: &C,
        account: impl Into<AccountId>,
        id: &AudienceId,
        contacts: impl Into<ContactManagement>,
    ) -> Result<Self> {
        let account = account.into();
        let management = contacts.into();
        let mut problems = ValidationErrors::new("adopt audience");
        management.check(Refresh::Never, &mut problems);
        let found = client.audience(id).await?;
        adoptable(&found, &account, &mut problems);
        problems.into_result()?;
        Ok(Self {
            id: found.id,
            account,
            name: found.name.unwrap_or_default(),
            description: found.description.unwrap_or_default(),
            management,
            refresh: Refresh::Never,
            minimum_size: MinimumSize::default(),
            is_value_based: found.is_value_based.unwrap_or(false),
        })
    }

    /// The id at Facebook.
    #[must_use]
    pub fn id(&self) -> &AudienceId {
        &self.id
    }

    /// The ad account that owns it.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The description.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How contacts come into it.
    #[must_use]
    pub fn management(&self) -> &ContactManagement {
        &self.management
    }

    /// Whether its groups follow their contacts.
    #[must_use]
    pub fn refresh(&self) -> Refresh {
        self.refresh
    }

    /// How many reachable people it should have.
    #[must_use]
    pub fn minimum_size(&self) -> MinimumSize {
        self.minimum_size
    }

    /// True when its rows carry a value for each person.
    #[must_use]
    pub fn is_value_based(&self) -> bool {
        self.is_value_based
    }

    /// Changes whether its groups follow their contacts from the next run on.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a mirror without a group.
    pub fn set_refresh(&mut self, refresh: Refresh) -> Result<()> {
        let mut problems = ValidationErrors::new("audience");
        self.management.check(refresh, &mut problems);
        problems.into_result()?;
        self.refresh = refresh;
        Ok(())
    }

    /// Adds one more group: from the next run on, whoever any of the groups selects is a member. A group that is
    /// there already is not added twice.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for an audience that automation fills.
    pub fn add_group(&mut self, segment: Segment) -> Result<()> {
        match &mut self.management {
            ContactManagement::Group(segments) => {
                join(segments, segment);
                Ok(())
            }
            ContactManagement::Automation => {
                Err(Error::new(ErrorKind::Invalid, "add group", "automation fills this audience")
                    .expected("an audience made with a group, or Engine::backfill_segment"))
            }
        }
    }

    /// Changes how many reachable people it should have.
    pub fn set_minimum_size(&mut self, policy: MinimumSize) {
        self.minimum_size = policy;
    }

    /// What Facebook says about it now.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it was deleted; what Facebook refuses.
    pub async fn status<C: FacebookClient + ?Sized>(&self, client: &C) -> Result<AudienceStatus> {
        Ok(AudienceStatus::from(&client.audience(&self.id).await?))
    }

    /// Reads the status again and again until ads can use the audience.
    ///
    /// Cancel safety: it only reads.
    ///
    /// # Errors
    /// [`ErrorKind::TooSmall`], [`ErrorKind::Flagged`] or [`ErrorKind::Rejected`] as soon as waiting cannot help;
    /// [`ErrorKind::Busy`] when the time was not enough; what the client returns and is not worth a retry.
    pub async fn wait_until_ready<C: FacebookClient + ?Sized>(
        &self,
        client: &C,
        clock: &dyn Clock,
        wait: PollOptions,
    ) -> Result<AudienceStatus> {
        until_ready(client, &self.id, clock, wait).await
    }

    /// Deletes it at Facebook, for good; ads that use it stop. Deleting it twice is harmless.
    ///
    /// # Errors
    /// What Facebook refuses, such as while lookalikes made from it exist.
    pub async fn delete<C: FacebookClient + ?Sized>(&self, client: &C) -> Result<()> {
        match client.delete_audience(&self.id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}
