//! The trait of a client, and its forwarding through pointers.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::account::AdAccount;
use crate::facebook::model::audience::{AudiencePatch, CustomAudience, NewAudience};
use crate::facebook::model::list::{ListRequest, Page};
use crate::facebook::model::upload::{Upload, UploadReceipt};

/// Client for the Custom Audience endpoints of the Graph API. Each method is one call.
///
/// [`GraphClient`](crate::GraphClient) implements it for production and [`MockClient`](crate::MockClient) for tests.
/// References and `Arc`s of a client are clients too, so a service can hold `Arc<dyn FacebookClient>` and get the real
/// one in production and the fake in its tests.
///
/// The trait is sealed: a method may be added in any release. To put something of your own between the client and
/// Facebook, implement [`Transport`](crate::facebook::transport::Transport) instead, which has one method.
///
/// # Errors
/// Errors carry [`Error::api`](crate::Error::api) when Facebook answered. An error of kind
/// [`ErrorKind::Transport`](crate::ErrorKind::Transport) means that it is unknown whether the call took effect.
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
pub trait FacebookClient: SealedClient + Send + Sync + fmt::Debug {
    /// Lists the ad accounts that the token can see, page by page.
    async fn ad_accounts(&self, request: &ListRequest) -> Result<Page<AdAccount>>;

    /// Reads one ad account: name, status, business, terms.
    async fn ad_account(&self, account: &AccountId) -> Result<AdAccount>;

    /// Creates an empty customer-file audience.
    async fn create_audience(&self, account: &AccountId, audience: &NewAudience) -> Result<AudienceId>;

    /// Changes the fields that are set in `changes`.
    async fn update_audience(&self, audience: &AudienceId, changes: &AudiencePatch) -> Result<()>;

    /// Deletes an audience for good. Ads that use it stop.
    async fn delete_audience(&self, audience: &AudienceId) -> Result<()>;

    /// Reads one audience with its status and size.
    async fn audience(&self, audience: &AudienceId) -> Result<CustomAudience>;

    /// Lists the audiences of an account, newest first, page by page.
    async fn audiences(&self, account: &AccountId, request: &ListRequest) -> Result<Page<CustomAudience>>;

    /// Adds members. At most 10,000 rows per call.
    async fn add_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt>;

    /// Removes members. At most 10,000 rows per call.
    async fn remove_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt>;

    /// Replaces all members with the rows of an upload session.
    async fn replace_users(&self, audience: &AudienceId, upload: &Upload<'_>) -> Result<UploadReceipt>;

    /// Removes members from every customer-file audience of the account.
    async fn erase_users(&self, account: &AccountId, upload: &Upload<'_>) -> Result<UploadReceipt>;
}

/// Keeps [`FacebookClient`] from being implemented elsewhere. Not part of the API.
#[doc(hidden)]
pub trait SealedClient {}

/// Implements [`FacebookClient`] for a type by the client that it dereferences to: `forward!([C] Arc<C>)`.
macro_rules! forward {
    ([$($client:ident)?] $pointer:ty) => {
        impl$(<$client: FacebookClient + ?Sized>)? SealedClient for $pointer {}

        #[async_trait]
        impl$(<$client: FacebookClient + ?Sized>)? FacebookClient for $pointer {
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
pub(in crate::facebook) use forward;

forward!([C] Arc<C>);
forward!([C] & C);
