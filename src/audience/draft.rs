//! A validated audience that was not saved yet.

use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::check::adoptable;
use super::lint::lint;
use super::list::with_name;
use super::management::{ContactManagement, Refresh};
use super::size::MinimumSize;
use crate::error::{Error, ErrorKind, FieldError, Result, ValidationErrors};
use crate::facebook::{AccountId, AudienceId, FacebookClient, NewAudience};

/// What [`AudienceDraft::save`] does if the account has an audience of the same name.
///
/// Facebook allows duplicate names, but people then cannot tell the audiences apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnNameConflict {
    /// Returns an error.
    #[default]
    Refuse,
    /// Takes over the existing audience if there is exactly one. Its members stay.
    Adopt,
    /// Creates another audience of that name.
    Allow,
}

/// A validated audience that was not saved yet. It has no id, so nothing can be sent to it.
///
/// ```
/// # use audiencekit::AccountId;
/// use audiencekit::audience::Audience;
///
/// let draft = Audience::builder().name(" VIP ").description("d").account("act_1".parse::<AccountId>()?).build()?;
/// assert_eq!(draft.name(), "VIP");
/// assert_eq!(draft.minimum_size().people(), 1_000);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AudienceDraft {
    account: AccountId,
    request: NewAudience,
    management: ContactManagement,
    refresh: Refresh,
    minimum_size: MinimumSize,
    on_name_conflict: OnNameConflict,
}

impl AudienceDraft {
    pub(super) fn checked(
        account: AccountId,
        request: NewAudience,
        management: ContactManagement,
        refresh: Refresh,
        minimum_size: MinimumSize,
        on_name_conflict: OnNameConflict,
    ) -> Self {
        Self { account, request, management, refresh, minimum_size, on_name_conflict }
    }

    /// Returns the name, trimmed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.request.name
    }

    /// Returns how contacts will enter and leave the audience.
    #[must_use]
    pub fn management(&self) -> &ContactManagement {
        &self.management
    }

    /// Returns whether the group will follow later changes of its contacts.
    #[must_use]
    pub fn refresh(&self) -> Refresh {
        self.refresh
    }

    /// Returns the policy for the number of reachable people.
    #[must_use]
    pub fn minimum_size(&self) -> MinimumSize {
        self.minimum_size
    }

    /// Returns the description, trimmed.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.request.description
    }

    /// Returns the ad account that will own the audience.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Returns the request that creates the audience at Facebook.
    #[must_use]
    pub fn request(&self) -> &NewAudience {
        &self.request
    }

    /// Returns warnings that do not prevent saving: words that Facebook may flag and personal data in the texts.
    ///
    /// ```
    /// # use audiencekit::AccountId;
    /// use audiencekit::audience::Audience;
    ///
    /// let draft = Audience::builder().name("Loans").description("d").account("act_1".parse::<AccountId>()?).build()?;
    /// assert_eq!(draft.warnings()[0].code, "may_be_flagged");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        lint([("name", self.name()), ("description", self.description())])
    }

    /// Creates the audience at Facebook, empty, and returns it with its id.
    ///
    /// If no answer arrives, `save` searches the account for a new audience of this name and takes it. So calling `save` again
    /// after an error does not create a duplicate unnoticed.
    ///
    /// Cancel safety: a dropped call may have created the audience; the next `save` then reports a conflict of names.
    ///
    /// # Errors
    /// [`ErrorKind::Guard`] if the name is taken and [`OnNameConflict`] is `Refuse`, or is `Adopt` and several audiences have
    /// the name. [`ErrorKind::Invalid`] if the audience to adopt is not a customer-file audience or differs in being
    /// value-based. [`ErrorKind::Transport`] if it is unknown whether the audience was created. Otherwise what Facebook refuses.
    ///
    /// ```
    /// use audiencekit::audience::{Audience, OnNameConflict};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = audiencekit::MockClient::new();
    /// # let account = facebook.fake().account();
    /// let vip = Audience::builder().name("VIP").description("Two purchases").account(&account);
    /// let audience = vip.clone().build()?.save(&facebook).await?;
    /// assert_eq!(vip.clone().build()?.save(&facebook).await.unwrap_err().kind(), audiencekit::ErrorKind::Guard);
    ///
    /// let adopted = vip.on_name_conflict(OnNameConflict::Adopt).build()?.save(&facebook).await?;
    /// assert_eq!(adopted.id(), audience.id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save<C: FacebookClient + ?Sized>(&self, client: &C) -> Result<Audience> {
        let taken = with_name(client, &self.account, self.name()).await?;
        match (self.on_name_conflict, taken.as_slice()) {
            (_, []) | (OnNameConflict::Allow, _) => {}
            (OnNameConflict::Adopt, [only]) => return self.adopt(client, only).await,
            (OnNameConflict::Adopt, several) => {
                return Err(Error::new(
                    ErrorKind::Guard,
                    "save audience",
                    format!("{} audiences have the name {:?}", several.len(), self.name()),
                )
                .with_help("call Audience::adopt with the id of one of them"));
            }
            (OnNameConflict::Refuse, [first, ..]) => {
                return Err(Error::new(
                    ErrorKind::Guard,
                    "save audience",
                    format!("the name {:?} is taken by audience {first}", self.name()),
                )
                .with_help(
                    "choose another name, call Audience::adopt with that id, or set OnNameConflict::Allow",
                ));
            }
        }
        match client.create_audience(&self.account, &self.request).await {
            Ok(id) => Ok(self.saved(id)),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Transport | ErrorKind::Decode | ErrorKind::Unavailable
                ) =>
            {
                self.find_unanswered(client, &taken, error).await
            }
            Err(error) => Err(error),
        }
    }

    /// The audience of this name, if it is one that this draft would have made.
    async fn adopt<C: FacebookClient + ?Sized>(&self, client: &C, id: &AudienceId) -> Result<Audience> {
        let found = client.audience(id).await?;
        let mut problems = ValidationErrors::new("adopt audience");
        adoptable(&found, &self.account, &mut problems);
        if found.is_value_based.is_some_and(|value_based| value_based != self.request.is_value_based) {
            let message = "differs from the existing audience of this name; choose another name";
            problems.push("value_based", "mismatch", message);
        }
        problems.into_result()?;
        Ok(self.saved(id.clone()))
    }

    /// The audience that a call without an answer made, if it is there by now.
    async fn find_unanswered<C: FacebookClient + ?Sized>(
        &self,
        client: &C,
        before: &[AudienceId],
        error: Error,
    ) -> Result<Audience> {
        let Ok(after) = with_name(client, &self.account, self.name()).await else { return Err(error) };
        let mut made = after.into_iter().filter(|id| !before.contains(id));
        match (made.next(), made.next()) {
            (Some(id), None) => Ok(self.saved(id)),
            // Saving looks for the name first, so that doing it again is safe.
            (None, _) => Err(error.with_retryable(true)),
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Guard,
                "save audience",
                format!("no answer arrived, and several new audiences have the name {:?}", self.name()),
            )
            .with_help("call Audience::adopt with the id of one of them")
            .with_source(error)),
        }
    }

    fn saved(&self, id: AudienceId) -> Audience {
        Audience::of_draft(
            id,
            self.account.clone(),
            &self.request,
            self.management.clone(),
            self.refresh,
            self.minimum_size,
        )
    }
}
