//! A client for the Custom Audience part of Facebook's Graph API, and a fake Facebook to test with.
//!
//! [`FacebookClient`] is the trait that the rest of the crate uses. [`GraphClient`] implements it over any
//! [`Transport`](transport::Transport), with retries, pacing by Facebook's usage headers, and typed errors; it also has
//! what the trait does not: tokens, terms, business accounts, sharing, lookalikes, sessions, health, ads that use an
//! audience. [`MockClient`](fake::MockClient) is the same client over a fake Facebook in the process.
//!
//! ```
//! use audiencekit::facebook::{FacebookClient, NewAudience};
//! use audiencekit::MockClient;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> audiencekit::Result<()> {
//! let facebook = MockClient::new(); // in production: GraphClient::builder(token).build()?
//! let account = facebook.fake().account();
//! let id = facebook.create_audience(&account, &NewAudience::new("VIP", "Gold card")).await?;
//! assert_eq!(facebook.audience(&id).await?.name.as_deref(), Some("VIP"));
//! # Ok(())
//! # }
//! ```
//!
//! This module cannot name a contact. All it can send are [`MatchRows`](crate::identity::MatchRows), which hold
//! digests.
//!
//! Facebook's batch endpoint is not used: each call of a batch counts against the quotas as if it came alone, and an
//! upload fills a call by itself (source: asynchronous and batch requests, read 2026-09-12). Salted uploads and
//! estimates for targeting specs are left out: the former are not documented and the latter are not about audiences.
//!
//! Guides: [Facebook setup](crate::_documentation::facebook_setup), [errors](crate::_documentation::errors),
//! [testing](crate::_documentation::testing).

mod auth;
mod client;
mod edges;
pub mod fake;
mod ids;
mod model;
pub mod transport;
mod version;
mod wire;

pub use auth::account::{AccountWarning, AuthorizationDenied, AuthorizedAccount};
pub use auth::appsecret_proof::AppSecretProof;
pub use auth::secret::{AccessToken, AppSecret};
pub use auth::system_user::TokenLifetime;
pub use auth::token::{GranularScope, IssuedToken, TokenInfo};
pub(crate) use client::bisect::upload_isolating;
pub use client::bisect::{BisectedUpload, MemberOperation};
pub use client::builder::GraphClientBuilder;
pub use client::graph_client::GraphClient;
pub use client::listing::Listing;
pub use client::observer::{ClientEvent, ClientObserver};
pub use client::pacer::{Pacer, PacerState, Quota, QuotaKey};
pub use client::retry::RetryPolicy;
pub use client::usage_headers::{AccessTier, UsageHeaders, UseCaseUsage};
pub use edges::ads::AudienceAd;
pub use edges::business::BusinessAccounts;
pub use edges::lookalike::{LookalikeLocations, LookalikeSpec, LookalikeType};
pub use edges::sessions::{HealthQuery, UploadSession};
pub use edges::sharing::{SharePermission, ShareRequest, Shared, SharedAccount};
pub use edges::terms::AudienceTerms;
pub use ids::{AccountId, AudienceId, BusinessId, SessionId, SystemUserId};
pub use model::account::{AccountStatus, AdAccount};
pub use model::audience::{
    AudiencePatch, CustomAudience, CustomerFileSource, DataSource, NewAudience, Status,
};
pub use model::fields::{AudienceField, AudienceQuery};
pub use model::label::AudienceLabel;
pub use model::list::{ListFilter, ListRequest, Page};
pub use model::lookalike::{LookalikeOrigin, LookalikeRead};
pub use model::upload::{InvalidEntry, Session, Upload, UploadOptions, UploadReceipt};
pub use version::GraphVersion;
pub use wire::codes;
pub use wire::request::{Body, GraphRequest, Method};
pub use wire::response::GraphResponse;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;

/// What the upper floors ask of Facebook. Each method is one call of the Graph API.
///
/// Errors carry [`Error::api`](crate::Error::api) when Facebook answered, and
/// [`ErrorKind::Transport`](crate::ErrorKind::Transport) when it is unknown whether the call took effect.
///
/// References and `Arc`s of a client are clients, so a service can hold `Arc<dyn FacebookClient>` and get the real one
/// in production and the fake in its tests.
///
/// ```
/// use std::sync::Arc;
/// use audiencekit::facebook::ListRequest;
/// use audiencekit::{FacebookClient, MockClient};
///
/// struct Service { facebook: Arc<dyn FacebookClient> }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let service = Service { facebook: Arc::new(MockClient::new()) };
/// let accounts = service.facebook.ad_accounts(&ListRequest::new()).await?;
/// assert_eq!(accounts.items.len(), 1);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait FacebookClient: Send + Sync + fmt::Debug {
    /// The ad accounts that the token can see, page by page.
    async fn ad_accounts(&self, request: &ListRequest) -> Result<Page<AdAccount>>;

    /// One ad account: name, status, business, terms.
    async fn ad_account(&self, account: &AccountId) -> Result<AdAccount>;

    /// Creates a customer-file audience, empty.
    async fn create_audience(&self, account: &AccountId, audience: &NewAudience) -> Result<AudienceId>;

    /// Changes the fields that are set in `changes`.
    async fn update_audience(&self, audience: &AudienceId, changes: &AudiencePatch) -> Result<()>;

    /// Deletes an audience for good; ads that use it stop.
    async fn delete_audience(&self, audience: &AudienceId) -> Result<()>;

    /// One audience with its status and size.
    async fn audience(&self, audience: &AudienceId) -> Result<CustomAudience>;

    /// The audiences of an account, newest first, page by page.
    async fn audiences(&self, account: &AccountId, request: &ListRequest) -> Result<Page<CustomAudience>>;

    /// Adds people: one call of at most 10,000 rows.
    async fn add_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt>;

    /// Removes people: one call of at most 10,000 rows.
    async fn remove_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt>;

    /// Replaces all members with the rows of a session.
    async fn replace_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt>;

    /// Removes people from every customer-file audience of the account.
    async fn erase_users(&self, account: &AccountId, upload: &Upload<'_>) -> Result<UploadReceipt>;
}

macro_rules! forward {
    ($pointer:ty) => {
        #[async_trait]
        impl<C: FacebookClient + ?Sized> FacebookClient for $pointer {
            async fn ad_accounts(&self, request: &ListRequest) -> Result<Page<AdAccount>> {
                (**self).ad_accounts(request).await
            }
            async fn ad_account(&self, account: &AccountId) -> Result<AdAccount> {
                (**self).ad_account(account).await
            }
            async fn create_audience(
                &self,
                account: &AccountId,
                audience: &NewAudience,
            ) -> Result<AudienceId> {
                (**self).create_audience(account, audience).await
            }
            async fn update_audience(&self, audience: &AudienceId, changes: &AudiencePatch) -> Result<()> {
                (**self).update_audience(audience, changes).await
            }
            async fn delete_audience(&self, audience: &AudienceId) -> Result<()> {
                (**self).delete_audience(audience).await
            }
            async fn audience(&self, audience: &AudienceId) -> Result<CustomAudience> {
                (**self).audience(audience).await
            }
            async fn audiences(
                &self,
                account: &AccountId,
                request: &ListRequest,
            ) -> Result<Page<CustomAudience>> {
                (**self).audiences(account, request).await
            }
            async fn add_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt> {
                (**self).add_users(audience, upload).await
            }
            async fn remove_users(
                &self,
                audience: &AudienceId,
                upload: &Upload<'_>,
            ) -> Result<UploadReceipt> {
                (**self).remove_users(audience, upload).await
            }
            async fn replace_users(
                &self,
                audience: &AudienceId,
                upload: &Upload<'_>,
            ) -> Result<UploadReceipt> {
                (**self).replace_users(audience, upload).await
            }
            async fn erase_users(&self, account: &AccountId, upload: &Upload<'_>) -> Result<UploadReceipt> {
                (**self).erase_users(account, upload).await
            }
        }
    };
}
forward!(Arc<C>);
forward!(&C);
