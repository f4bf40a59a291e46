//! A checked audience that Facebook does not have yet.

use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::check::adoptable;
use super::lint::lint;
use super::list::with_name;
use super::management::{ContactManagement, Refresh};
use super::size::MinimumSize;
use crate::error::{Error, ErrorKind, FieldError, Result, ValidationErrors};
use crate::facebook::{AccountId, AudienceId, FacebookClient, NewAudience};

/// What [`AudienceDraft::save`] does when the account has an audience of the same name.
///
/// Facebook allows it, and people then cannot tell the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNameConflict {
    /// Refuses to save.
    #[default]
    Refuse,
    /// Takes over the existing audience, if there is exactly one; its members stay.
    Adopt,
    /// Makes another one.
    Allow,
}

/// An audience that was checked and not saved: it has no id, so nothing can be sent to it.
#[derive(Debug, Clone)]
pub struct AudienceDraft {
    account: AccountId,
    request: NewAudience,
    management: ContactManagement,
    refresh: Refresh,
    minimum_size: MinimumSize,
    same_name: OnNameConflict,
}

impl AudienceDraft {
    pub(super) fn checked(
        account: AccountId,
        request: NewAudience,
        management: ContactManagement,
        refresh: Refresh,
        minimum_size: MinimumSize,
        same_name: OnNameConflict,
    ) -> Self {
        Self { account, request, management, refresh, minimum_size, same_name }
    }

    /// The name, trimmed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.request.name
    }

    /// How contacts will come into it.
    #[must_use]
    pub fn management(&self) -> &ContactManagement {
        &self.management
    }

    /// Whether a group will follow its contacts.
    #[must_use]
    pub fn refresh(&self) -> Refresh {
        self.refresh
    }

    /// The policy for the number of reachable people.
    #[must_use]
    pub fn minimum_size(&self) -> MinimumSize {
        self.minimum_size
    }

    /// The description, trimmed.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.request.description
    }

    /// The ad account that will own it.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// What Facebook will be asked for.
    #[must_use]
    pub fn request(&self) -> &NewAudience {
        &self.request
    }

    /// What could go wrong though nothing is: words that Facebook may flag, personal data in the name.
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        lint([("name", self.name()), ("description", self.description())])
    }

    /// Creates the audience at Facebook, empty, and gives it with its id.
    ///
    /// When no answer comes, the account is searched for an audience of this name that was not there before, and
    /// that one is taken. A second `save` after an error therefore never makes a second audience unseen.
    ///
    /// Cancel safety: a dropped call may have created the audience; the next `save` then says so, by its name.
    ///
    /// # Errors
    /// [`ErrorKind::Guard`] when the name is taken and [`OnNameConflict`] says to refuse, or to adopt one of several;
    /// [`ErrorKind::Invalid`] when the one to adopt is not a customer-file audience, or is value-based and the draft
    /// is not, or the other way round; what Facebook refuses; [`ErrorKind::Transport`] when it is unknown whether the audience was made.
    pub async fn save<C: FacebookClient + ?Sized>(&self, client: &C) -> Result<Audience> {
        let taken = with_name(client, &self.account, self.name()).await?;
        match (self.same_name, taken.as_slice()) {
            (_, []) | (OnNameConflict::Allow, _) => {}
            (OnNameConflict::Adopt, [only]) => return self.adopt(client, only).await,
            (OnNameConflict::Adopt, several) => {
                return Err(Error::new(
                    ErrorKind::Guard,
                    "save audience",
                    format!("{} audiences have the name {:?}", several.len(), self.name()),
                )
                .expected("Audience::adopt with the id of the one you mean"));
            }
            (OnNameConflict::Refuse, [first, ..]) => {
                return Err(Error::new(
                    ErrorKind::Guard,
                    "save audience",
                    format!("the name {:?} is taken by audience {first}", self.name()),
                )
                .expected("another name, Audience::adopt with that id, or SameName::Allow"));
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
            let message = "is not what the audience of this name is: choose another name";
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
            (None, _) => Err(error.retryable(true)),
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Guard,
                "save audience",
                format!("no answer came, and several new audiences have the name {:?}", self.name()),
            )
            .expected("Audience::adopt with the id of the one you mean")
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
