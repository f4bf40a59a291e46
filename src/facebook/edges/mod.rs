//! Edges of the Graph API around an audience: ads, businesses, lookalikes, sessions, sharing, terms.

pub(super) mod ads;
pub(super) mod business;
pub(super) mod lookalike;
pub(super) mod sessions;
pub(super) mod sharing;
pub(super) mod terms;

use ads::AudienceAd;
use business::BusinessAccounts;
use lookalike::LookalikeSpec;
use sessions::{HealthQuery, UploadSession};
use sharing::{SharePermission, ShareRequest, Shared, SharedAccount};
use terms::AudienceTerms;

use super::client::graph_client::GraphClient;
use super::client::listing::Listing;
use super::ids::{AccountId, AudienceId, BusinessId, SessionId};
use super::model::account::AdAccount;
use super::model::json_value::JsonValue;
use super::model::list::{ListRequest, Page};
use super::transport::Transport;
use crate::error::Result;

/// What surrounds an audience: terms, businesses, lookalikes, sharing, upload sessions, ads.
impl<T: Transport> GraphClient<T> {
    /// Lists the ads that use an audience, filtered by `effective_status`. An empty filter lists all.
    ///
    /// # Errors
    /// As any read.
    ///
    /// ```
    /// use audiencekit::facebook::NewAudience;
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// facebook.fake().advertise(&id, "Winter sale", "ACTIVE");
    /// let ads = facebook.audience_ads(&id, &["ACTIVE"]).await?;
    /// assert_eq!(ads[0].name.as_deref(), Some("Winter sale"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn audience_ads(
        &self,
        audience: &AudienceId,
        effective_status: &[&str],
    ) -> Result<Vec<AudienceAd>> {
        ads::list(&self.inner, audience, effective_status).await
    }

    /// Lists one page of the ad accounts of a business. [`ListRequest::name_contains`] is Facebook's `search_query`.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without `business_management`.
    pub async fn business_ad_accounts(
        &self,
        business: &BusinessId,
        which: BusinessAccounts,
        list: &ListRequest,
    ) -> Result<Page<AdAccount>> {
        business::ad_accounts(&self.inner, business, which, list).await
    }

    /// Creates a lookalike of `origin`, which needs at least 100 matched members. It fills within hours.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a spec that Facebook would refuse,
    /// [`ErrorKind::Flagged`](crate::ErrorKind::Flagged) for a flagged origin.
    ///
    /// ```
    /// use audiencekit::facebook::{LookalikeSpec, NewAudience};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let account = facebook.fake().account();
    /// # let origin = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold card")).await?;
    /// let spec = LookalikeSpec::ratio_percent(3, "PL");
    /// let error = facebook.create_lookalike(&account, "VIP, 3 %", &origin, &spec).await.unwrap_err();
    /// assert!(error.api().is_some()); // Facebook refuses, because the origin has no members yet
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_lookalike(
        &self,
        account: &AccountId,
        name: &str,
        origin: &AudienceId,
        spec: &LookalikeSpec,
    ) -> Result<AudienceId> {
        lookalike::create(&self.inner, account, name, origin, spec).await
    }

    /// Lists the upload sessions of an audience, or one of them.
    ///
    /// # Errors
    /// As any read.
    ///
    /// ```
    /// use audiencekit::facebook::NewAudience;
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// assert!(facebook.upload_sessions(&id, None).await?.is_empty()); // nothing was uploaded yet
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload_sessions(
        &self,
        audience: &AudienceId,
        session: Option<SessionId>,
    ) -> Result<Vec<UploadSession>> {
        sessions::list(&self.inner, audience, session).await
    }

    /// Reads aggregates of the values of a value-based audience. Facebook does not document their shape.
    ///
    /// # Errors
    /// As any read.
    pub async fn audience_health(
        &self,
        audience: &AudienceId,
        query: &HealthQuery,
    ) -> Result<Vec<JsonValue>> {
        sessions::health(&self.inner, audience, query).await
    }

    /// Shares an audience with ad accounts. Owner and recipients must belong to businesses.
    ///
    /// # Errors
    /// A refusal of the whole request. A refusal of one account is in [`Shared::errors`].
    ///
    /// ```
    /// use audiencekit::facebook::{NewAudience, SharePermission};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// let partner = "act_2000".parse()?;
    /// facebook.fake().add_account(&partner);
    /// let shared = facebook.share_audience(&id, &[partner.clone()], SharePermission::Targeting).await?;
    /// assert_eq!((&shared[0].account, shared[0].errors.len()), (&partner, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn share_audience(
        &self,
        audience: &AudienceId,
        accounts: &[AccountId],
        permission: SharePermission,
    ) -> Result<Vec<Shared>> {
        let request = ShareRequest::with(accounts.iter().cloned()).permission(permission);
        sharing::share(&self.inner, audience, &request).await
    }

    /// Shares an audience with the options of `request`.
    ///
    /// # Errors
    /// As [`share_audience`](Self::share_audience).
    ///
    /// ```
    /// use audiencekit::facebook::{NewAudience, SharePermission, ShareRequest};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// let partner = "act_2000".parse()?;
    /// facebook.fake().add_account(&partner);
    /// let request = ShareRequest::with([partner]).permission(SharePermission::Targeting).replacing();
    /// assert!(facebook.share_audience_as(&id, &request).await?[0].errors.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn share_audience_as(
        &self,
        audience: &AudienceId,
        request: &ShareRequest,
    ) -> Result<Vec<Shared>> {
        sharing::share(&self.inner, audience, request).await
    }

    /// Stops sharing an audience with ad accounts. Their ads that use it stop for good.
    ///
    /// # Errors
    /// As any change.
    ///
    /// ```
    /// use audiencekit::facebook::{NewAudience, SharePermission};
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// # let partners = ["act_2000".parse()?];
    /// # facebook.fake().add_account(&partners[0]);
    /// facebook.share_audience(&id, &partners, SharePermission::Targeting).await?;
    /// assert_eq!(facebook.audience_recipients(&id, None).await?.items, partners);
    /// facebook.unshare_audience(&id, &partners).await?;
    /// assert!(facebook.audience_recipients(&id, None).await?.items.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unshare_audience(&self, audience: &AudienceId, accounts: &[AccountId]) -> Result<()> {
        sharing::unshare(&self.inner, audience, accounts).await
    }

    /// Lists one page of the ad accounts that an audience is shared with.
    ///
    /// # Errors
    /// As any read.
    pub async fn audience_recipients(
        &self,
        audience: &AudienceId,
        after: Option<&str>,
    ) -> Result<Page<AccountId>> {
        sharing::recipients(&self.inner, audience, after).await
    }

    /// Reads the progress of sharing with each recipient.
    ///
    /// # Errors
    /// As any read.
    ///
    /// ```
    /// use audiencekit::facebook::NewAudience;
    /// use audiencekit::{FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// # let facebook = MockClient::new();
    /// # let id = facebook.create_audience(&facebook.fake().account(), &NewAudience::new("VIP", "Gold card")).await?;
    /// assert!(facebook.shared_account_info(&id).await?.is_empty()); // it is not shared
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shared_account_info(&self, audience: &AudienceId) -> Result<Vec<SharedAccount>> {
        sharing::account_info(&self.inner, audience).await
    }

    /// Lists the terms that concern audiences of an account. Whether they are accepted is in
    /// [`AdAccount::terms_accepted`].
    ///
    /// # Errors
    /// As any read.
    ///
    /// ```
    /// use audiencekit::MockClient;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let terms = facebook.audience_terms(&facebook.fake().account()).await?;
    /// assert_eq!(terms.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn audience_terms(&self, account: &AccountId) -> Result<Vec<AudienceTerms>> {
        terms::list(&self.inner, account).await
    }

    /// Accepts terms for the business of the account, or for `business` if the account acts for another one.
    ///
    /// Accepting binds a business to a contract: call it only when an authorized person of the business has agreed.
    /// System users cannot accept, and it is not documented whether every app may accept this way. The link of
    /// [`AuthorizationDenied::link`](crate::facebook::AuthorizationDenied::link) works for any person.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) if the token's owner may not accept.
    ///
    /// ```
    /// use audiencekit::MockClient;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let account = facebook.fake().account();
    /// facebook.fake().set_terms_accepted(&account, false);
    /// let terms = facebook.audience_terms(&account).await?;
    /// facebook.accept_audience_terms(&account, &terms[0].id, None).await?;
    /// assert!(facebook.authorize(account).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn accept_audience_terms(
        &self,
        account: &AccountId,
        terms: &str,
        business: Option<&BusinessId>,
    ) -> Result<()> {
        terms::accept(&self.inner, account, terms, business).await
    }
}

impl<T: Transport + 'static> GraphClient<T> {
    /// Lists all ad accounts of a business, fetching pages as needed.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::{BusinessAccounts, ListRequest};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let (business, client) = ("555".parse()?, "act_2000".parse()?);
    /// facebook.fake().add_account(&client);
    /// facebook.fake().add_client(&business, &client, &["ADVERTISE"]);
    /// let accounts = facebook.list_business_ad_accounts(&business, BusinessAccounts::Client, ListRequest::new());
    /// assert_eq!(accounts.collect_all().await?[0].id, client);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn list_business_ad_accounts(
        &self,
        business: &BusinessId,
        which: BusinessAccounts,
        request: ListRequest,
    ) -> Listing<AdAccount> {
        business::list(&self.inner, business, which, request)
    }
}
