//! A saved audience.

use super::availability::AudienceStatus;
use super::check::adoptable;
use super::edit::AudienceEdit;
use super::list::{AudienceSummary, list};
use super::management::{ContactManagement, Refresh, join};
use super::size::MinimumSize;
use super::wait::{PollOptions, until_ready};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result, ValidationErrors};
use crate::facebook::{AccountId, AudienceId, FacebookClient, NewAudience};
use crate::segment::Segment;

/// A saved audience: one that exists at Facebook and has an id.
///
/// An `Audience` comes from [`AudienceDraft::save`](super::draft::AudienceDraft::save), [`Audience::adopt`] or a stored
/// definition. Serde writes it as a definition with a `schema_version`; reading rejects unknown fields and versions.
///
/// ```
/// use audiencekit::audience::{Audience, Availability};
/// use audiencekit::{MockClient, Schema, Segment, Selector};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// let customers = Segment::builder("customers").include(Selector::all()).build(&Schema::standard())?;
/// let draft = Audience::builder()
///     .name("Customers").description("All of them").account(facebook.fake().account())
///     .contacts(customers)
///     .build()?;
/// let audience = draft.save(&facebook).await?; // exists at Facebook, empty until the first run
/// assert_eq!(audience.status(&facebook).await?.availability, Availability::Empty);
///
/// // Facebook stores neither groups nor refresh modes: store the definition and read it next time.
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

    /// Takes over an existing customer-file audience. Its members stay.
    ///
    /// Members that this library did not send can be removed only by replacing all members.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the token cannot read the audience. [`ErrorKind::Invalid`] if it belongs to another
    /// account, is not a customer-file audience, or if `contacts` is an empty group.
    ///
    /// ```
    /// use audiencekit::audience::{Audience, ContactManagement};
    /// use audiencekit::facebook::{FacebookClient, NewAudience};
    /// # use audiencekit::MockClient;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let account = facebook.fake().account();
    /// let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await?;
    /// let audience = Audience::adopt(&facebook, &account, &id, ContactManagement::Automation).await?;
    /// assert_eq!((audience.id(), audience.name()), (&id, "VIP"));
    /// # Ok(())
    /// # }
    /// ```
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

    /// Lists all audiences of an account, newest first. Reads every page.
    ///
    /// # Errors
    /// Returns the client's error, or [`ErrorKind::Decode`] if Facebook returns the same page twice.
    ///
    /// ```
    /// use audiencekit::audience::Audience;
    /// use audiencekit::facebook::{FacebookClient, NewAudience};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = audiencekit::MockClient::new();
    /// # let account = facebook.fake().account();
    /// facebook.create_audience(&account, &NewAudience::new("VIP", "Two purchases")).await?;
    /// let listed = Audience::list(&facebook, &account).await?;
    /// assert_eq!((listed[0].name.as_str(), listed[0].status.availability.as_str()), ("VIP", "empty"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list<C: FacebookClient + ?Sized>(
        client: &C,
        account: &AccountId,
    ) -> Result<Vec<AudienceSummary>> {
        list(client, account).await
    }

    /// Returns the id at Facebook.
    #[must_use]
    pub fn id(&self) -> &AudienceId {
        &self.id
    }

    /// Returns the ad account that owns the audience.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Returns the name of the audience.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the description of the audience.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns how contacts enter and leave the audience.
    #[must_use]
    pub fn management(&self) -> &ContactManagement {
        &self.management
    }

    /// Returns whether the group follows later changes of its contacts.
    #[must_use]
    pub fn refresh(&self) -> Refresh {
        self.refresh
    }

    /// Returns the policy for the number of reachable people.
    #[must_use]
    pub fn minimum_size(&self) -> MinimumSize {
        self.minimum_size
    }

    /// Returns `true` if each row carries a value for its person.
    #[must_use]
    pub fn is_value_based(&self) -> bool {
        self.is_value_based
    }

    /// Sets whether the group follows later changes of its contacts, from the next run on.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for [`Refresh::Mirror`] without a group.
    ///
    /// ```
    /// use audiencekit::audience::{Audience, Refresh};
    ///
    /// # let json = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":1000,"refuse":false}}"#;
    /// let mut audience = Audience::from_json(json)?; // filled by automation
    /// assert!(audience.set_refresh(Refresh::Mirror).is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set_refresh(&mut self, refresh: Refresh) -> Result<()> {
        let mut problems = ValidationErrors::new("audience");
        self.management.check(refresh, &mut problems);
        problems.into_result()?;
        self.refresh = refresh;
        Ok(())
    }

    /// Adds a segment to the group: from the next run on, a contact that any of the segments selects is a member.
    ///
    /// Does nothing if the group has the segment already.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for an audience that automation fills.
    ///
    /// ```
    /// # use audiencekit::{Schema, Segment, Selector};
    /// use audiencekit::audience::Audience;
    ///
    /// # let json = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":1000,"refuse":false}}"#;
    /// let customers = Segment::builder("customers").include(Selector::all()).build(&Schema::standard())?;
    /// let mut audience = Audience::from_json(json)?; // filled by automation
    /// assert!(audience.add_group(customers).is_err());
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn add_group(&mut self, segment: Segment) -> Result<()> {
        match &mut self.management {
            ContactManagement::Group(segments) => {
                join(segments, segment);
                Ok(())
            }
            ContactManagement::Automation => {
                Err(Error::new(ErrorKind::Invalid, "add group", "automation fills this audience")
                    .with_help("create the audience with a group, or use AutomationEngine::backfill_segment"))
            }
        }
    }

    /// Sets the policy for the number of reachable people.
    ///
    /// ```
    /// use audiencekit::audience::{Audience, MinimumSize};
    ///
    /// # let json = r#"{"schema_version":1,"id":"1","account":"act_1","name":"A","description":"d","contacts":"automation",
    /// #     "refresh":"never","minimum_size":{"people":1000,"refuse":false}}"#;
    /// let mut audience = Audience::from_json(json)?;
    /// audience.set_minimum_size(MinimumSize::refuse_below(100));
    /// assert_eq!(audience.minimum_size().people(), 100);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    pub fn set_minimum_size(&mut self, policy: MinimumSize) {
        self.minimum_size = policy;
    }

    /// Reads the current status of the audience from Facebook.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the audience was deleted. Returns the client's error otherwise.
    ///
    /// ```
    /// # use audiencekit::audience::{Audience, Availability, ContactManagement};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = audiencekit::MockClient::new();
    /// # let audience = Audience::builder().name("VIP").description("d").account(facebook.fake().account()).build()?
    /// #     .save(&facebook).await?;
    /// let status = audience.status(&facebook).await?;
    /// assert_eq!(status.availability, Availability::Empty);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn status<C: FacebookClient + ?Sized>(&self, client: &C) -> Result<AudienceStatus> {
        Ok(AudienceStatus::from(&client.audience(&self.id).await?))
    }

    /// Polls the status until ads can use the audience.
    ///
    /// Cancel safety: this method only reads, so it can be dropped at any point.
    ///
    /// # Errors
    /// [`ErrorKind::TooSmall`], [`ErrorKind::Flagged`] or [`ErrorKind::Rejected`] as soon as waiting cannot help;
    /// [`ErrorKind::Busy`] when the timeout elapsed; errors of the client that are not retryable.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use audiencekit::audience::{Audience, PollOptions};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = audiencekit::MockClient::new();
    /// # let audience = Audience::builder().name("VIP").description("d").account(facebook.fake().account()).build()?
    /// #     .save(&facebook).await?;
    /// let once = PollOptions::new(Duration::from_secs(60), Duration::ZERO);
    /// let error = audience.wait_until_ready(&facebook, facebook.fake(), once).await.unwrap_err(); // empty
    /// assert_eq!(error.kind(), audiencekit::ErrorKind::Busy);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_until_ready<C: FacebookClient + ?Sized>(
        &self,
        client: &C,
        clock: &dyn Clock,
        options: PollOptions,
    ) -> Result<AudienceStatus> {
        until_ready(client, &self.id, clock, options).await
    }

    /// Changes the audience at Facebook, then this value. Sends nothing if nothing is set.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with every problem, or what Facebook refuses. On an error this value
    /// is unchanged.
    ///
    /// ```
    /// # use audiencekit::audience::{Audience, AudienceEdit};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = audiencekit::MockClient::new();
    /// # let mut audience = Audience::builder().name("VIP").description("d").account(facebook.fake().account()).build()?
    /// #     .save(&facebook).await?;
    /// audience.edit(&facebook, &AudienceEdit::new().name("VIP 2027")).await?;
    /// assert_eq!(audience.name(), "VIP 2027");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn edit<C: FacebookClient + ?Sized>(&mut self, client: &C, edit: &AudienceEdit) -> Result<()> {
        edit.check()?;
        if *edit == AudienceEdit::default() {
            return Ok(());
        }
        client.update_audience(&self.id, &edit.changes).await?;
        if let Some(name) = &edit.changes.name {
            self.name.clone_from(name);
        }
        if let Some(description) = &edit.changes.description {
            self.description.clone_from(description);
        }
        Ok(())
    }

    /// Deletes the audience at Facebook permanently. Ads that use it stop.
    ///
    /// Deleting an audience that is already gone succeeds.
    ///
    /// # Errors
    /// Returns what Facebook refuses, such as deleting an audience from which lookalikes were made.
    ///
    /// ```
    /// # use audiencekit::audience::Audience;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = audiencekit::MockClient::new();
    /// # let audience = Audience::builder().name("VIP").description("d").account(facebook.fake().account()).build()?
    /// #     .save(&facebook).await?;
    /// audience.delete(&facebook).await?;
    /// audience.delete(&facebook).await?; // no error
    /// assert!(audience.status(&facebook).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete<C: FacebookClient + ?Sized>(&self, client: &C) -> Result<()> {
        match client.delete_audience(&self.id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }
}
