//! Access: tokens, system users, and whether an account can hold audiences from customer files.

pub(super) mod account;
pub(super) mod system_user;
pub(super) mod token;

use account::AuthorizedAccount;
use system_user::TokenLifetime;
use token::{IssuedToken, TokenInfo};

use super::client::graph_client::GraphClient;
use super::credentials::secret::AccessToken;
use super::ids::{AccountId, SystemUserId};
use super::transport::Transport;
use crate::error::Result;

/// Access: tokens, permissions and system users.
impl<T: Transport> GraphClient<T> {
    /// Checks everything that `account` needs before it can hold audiences from customer files: the token, its
    /// permissions, access, status, business and terms.
    ///
    /// # Errors
    /// The reason, as an error that [`Error::authorization`](crate::Error::authorization) reads. Any
    /// other error means that the check could not be made.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::AuthorizationDenied;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// let id = facebook.fake().account();
    /// assert_eq!(facebook.authorize(id.clone()).await?.id(), &id);
    ///
    /// facebook.fake().set_terms_accepted(&id, false);
    /// let error = facebook.authorize(id).await.unwrap_err();
    /// assert!(matches!(error.authorization(), Some(AuthorizationDenied::Terms { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn authorize(&self, account: AccountId) -> Result<AuthorizedAccount> {
        account::authorize(&self.inner, account).await
    }

    /// Inspects this client's own token.
    ///
    /// A client with [`app_id`](crate::facebook::GraphClientBuilder::app_id) and app secret asks as the app. Otherwise
    /// the token asks about itself, which Facebook allows only for tokens of the app's developers.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) if the token may not inspect itself. An expired token is not
    /// an error here; see [`TokenInfo::is_valid`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let token = audiencekit::MockClient::new().debug_token().await?;
    /// assert!(token.is_valid && token.has("ads_management"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn debug_token(&self) -> Result<TokenInfo> {
        token::debug(&self.inner, &self.inner.settings.token).await
    }

    /// Inspects another token of the same app.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) if this client may not inspect it.
    ///
    /// ```
    /// use audiencekit::MockClient;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// facebook.fake().add_token("READER", &["ads_read"], None);
    /// assert!(!facebook.debug_token_of(&"READER".into()).await?.has("ads_management"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn debug_token_of(&self, token: &AccessToken) -> Result<TokenInfo> {
        token::debug(&self.inner, token).await
    }

    /// Exchanges this client's short-lived user token for one of about 60 days.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without app id and app secret;
    /// [`ErrorKind::Token`](crate::ErrorKind::Token) if the token has expired already.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// let facebook = MockClient::builder(&fake).app_id(fake.app_id()).app_secret(fake.app_secret()).build();
    /// let issued = facebook.exchange_token().await?;
    /// assert_ne!(issued.token.expose(), fake.token());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn exchange_token(&self) -> Result<IssuedToken> {
        token::renew(&self.inner, "exchange token", &[]).await
    }

    /// Renews this client's system-user token for 60 days. The old token works until its own expiry.
    ///
    /// # Errors
    /// As [`exchange_token`](Self::exchange_token).
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// let facebook = MockClient::builder(&fake).app_id(fake.app_id()).app_secret(fake.app_secret()).build();
    /// assert!(facebook.refresh_system_user_token().await?.expires_at.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh_system_user_token(&self) -> Result<IssuedToken> {
        token::renew(&self.inner, "refresh token", &[("set_token_expires_in_60_days", "true")]).await
    }

    /// Installs this client's app for a system user. Do this once before you create a token for the user.
    ///
    /// Source: business-management-apis/system-users/install-apps-and-generate-tokens, in a summary of 2026-04-05 (read
    /// 2026-09-12).
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without app id and app secret;
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) unless this client's token is an administrator's of the
    /// business.
    pub async fn install_app(&self, user: &SystemUserId) -> Result<()> {
        system_user::install_app(&self.inner, user).await
    }

    /// Creates a token for a system user with permissions such as `ads_management`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without app id and app secret. A call whose outcome is unknown is
    /// not repeated, because each call creates another token.
    ///
    /// ```
    /// use audiencekit::MockClient;
    /// use audiencekit::facebook::TokenLifetime;
    /// use audiencekit::facebook::fake::Fake;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let (fake, user) = (Fake::new(), "100500".parse()?);
    /// fake.add_system_user(&user);
    /// let admin = MockClient::builder(&fake).app_id(fake.app_id()).app_secret(fake.app_secret()).build();
    /// admin.install_app(&user).await?;
    /// let issued = admin.create_system_user_token(&user, &["ads_management"], TokenLifetime::SixtyDays).await?;
    /// assert!(issued.expires_at.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_system_user_token(
        &self,
        user: &SystemUserId,
        scopes: &[&str],
        lifetime: TokenLifetime,
    ) -> Result<IssuedToken> {
        system_user::create_token(&self.inner, user, scopes, lifetime).await
    }

    /// Revokes a token. It stops working at once, wherever it is in use.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) without app id and app secret. Facebook's own error for a token of
    /// another app.
    ///
    /// ```
    /// use audiencekit::facebook::fake::Fake;
    /// use audiencekit::{ErrorKind, FacebookClient, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let fake = Fake::new();
    /// let facebook = MockClient::builder(&fake).app_id(fake.app_id()).app_secret(fake.app_secret()).build();
    /// facebook.revoke_token(&fake.token().into()).await?;
    /// let error = facebook.ad_account(&fake.account()).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Token);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revoke_token(&self, token: &AccessToken) -> Result<()> {
        system_user::revoke_token(&self.inner, token).await
    }
}
