//! Authorizing an account: everything that it needs before it can hold audiences from customer files.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use super::token::{TokenInfo, debug};
use crate::error::{Error, ErrorKind, Result};
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::verbs::ad_account;
use crate::facebook::ids::AccountId;
use crate::facebook::model::account::{AccountStatus, AdAccount, disable_reason as named};
use crate::facebook::transport::Transport;

/// An ad account that can hold audiences from customer files: the token works and may manage it, it is active, and the
/// terms are accepted.
///
/// [`GraphClient::authorize`](crate::GraphClient::authorize) returns it.
///
/// ```
/// use audiencekit::MockClient;
/// use audiencekit::facebook::AuthorizationDenied;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// let facebook = MockClient::new();
/// match facebook.authorize("act_1234567890".parse()?).await {
///     Ok(account) => assert!(account.warnings.is_empty()),
///     Err(error) => match error.authorization() {
///         Some(denied) => println!("{denied}: {}", denied.remedy()),
///         None => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AuthorizedAccount {
    /// The account.
    pub account: AdAccount,
    /// The token. `None` if it may not inspect itself and the client has no app secret.
    pub token: Option<TokenInfo>,
    /// Non-fatal findings.
    pub warnings: Vec<AccountWarning>,
}

/// A non-fatal finding from authorizing an account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountWarning {
    /// The token expires within two weeks.
    TokenExpires(OffsetDateTime),
    /// The token could not be inspected.
    TokenNotInspected,
    /// Facebook showed no business. A token without `business_management` may not see it.
    BusinessNotVisible,
    /// The account can be used, and something is due, such as a payment.
    Status(AccountStatus),
}

/// The reason why an account cannot hold audiences from customer files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationDenied {
    /// The token has expired, was revoked, or is malformed.
    Token,
    /// The token lacks these permissions.
    Scopes(Vec<String>),
    /// The account does not exist, or the token's owner has no access to it.
    NotVisible,
    /// The token's owner may read the account but not manage it.
    Role,
    /// The account cannot be used.
    Status {
        /// The status of the account.
        status: AccountStatus,
        /// Facebook's number for why it was disabled.
        disable_reason: Option<u32>,
    },
    /// The account does not belong to a business.
    Business,
    /// The custom audience terms are not accepted.
    Terms {
        /// The page where a person can accept them.
        link: String,
    },
}

/// How near an expiry is a warning.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

impl AuthorizedAccount {
    /// Returns the id of the account.
    #[must_use]
    pub fn id(&self) -> &AccountId {
        &self.account.id
    }
}

impl AsRef<AccountId> for AuthorizedAccount {
    fn as_ref(&self) -> &AccountId {
        self.id()
    }
}

impl From<AuthorizedAccount> for AccountId {
    fn from(account: AuthorizedAccount) -> Self {
        account.account.id
    }
}

impl From<&AuthorizedAccount> for AccountId {
    fn from(account: &AuthorizedAccount) -> Self {
        account.account.id.clone()
    }
}

impl AuthorizationDenied {
    /// Returns what a person must do about it.
    ///
    /// ```
    /// use audiencekit::facebook::AuthorizationDenied;
    ///
    /// let denied = AuthorizationDenied::Business;
    /// assert_eq!(denied.remedy(), "add the ad account to a business in Meta Business Suite");
    /// assert_eq!(denied.link(), Some("https://business.facebook.com/settings/ad-accounts"));
    /// ```
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Token => "get a new access token and have its owner log in again",
            Self::Scopes(_) => "log in again and grant the app these permissions",
            Self::NotVisible => "check the id, and assign the token's owner to the ad account",
            Self::Role => "give the token's owner the task \"Manage campaigns\" on the ad account",
            Self::Status { .. } => "open the account in Ads Manager and settle what Facebook asks for there",
            Self::Business => "add the ad account to a business in Meta Business Suite",
            Self::Terms { .. } => {
                "a person of the business, not a system user, must accept the custom audience terms at the link"
            }
        }
    }

    /// Returns the page where a person can do it.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::Token => None,
            Self::Scopes(_) => Some("https://developers.facebook.com/tools/explorer"),
            Self::NotVisible | Self::Role | Self::Business => {
                Some("https://business.facebook.com/settings/ad-accounts")
            }
            Self::Status { .. } => Some("https://business.facebook.com/accountquality"),
            Self::Terms { link } => Some(link),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Token => ErrorKind::Token,
            Self::NotVisible => ErrorKind::NotFound,
            Self::Scopes(_) | Self::Role | Self::Status { .. } | Self::Business => ErrorKind::Permission,
            Self::Terms { .. } => ErrorKind::Terms,
        }
    }

    fn into_error(self, cause: Option<&Error>) -> Error {
        let remedy = match self.link() {
            Some(link) => format!("{}: {link}", self.remedy()),
            None => self.remedy().to_owned(),
        };
        let error = Error::new(self.kind(), "authorize", self.to_string()).with_help(remedy);
        let error = match cause.and_then(Error::api) {
            Some(api) => error.with_api(api.clone()),
            None => error,
        };
        error.with_source(self)
    }
}

impl Error {
    /// Returns the reason that an error of [`GraphClient::authorize`](crate::GraphClient::authorize) carries.
    ///
    /// ```
    /// use audiencekit::facebook::AuthorizationDenied;
    /// use audiencekit::{ErrorKind, MockClient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> audiencekit::Result<()> {
    /// let facebook = MockClient::new();
    /// facebook.fake().set_business(&facebook.fake().account(), None);
    /// let error = facebook.authorize(facebook.fake().account()).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Permission);
    /// assert_eq!(error.authorization(), Some(&AuthorizationDenied::Business));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn authorization(&self) -> Option<&AuthorizationDenied> {
        std::error::Error::source(self)?.downcast_ref()
    }
}

impl fmt::Display for AuthorizationDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("the access token does not work"),
            Self::Scopes(missing) => write!(f, "the access token lacks {}", missing.join(", ")),
            Self::NotVisible => f.write_str("the ad account does not exist or cannot be seen"),
            Self::Role => f.write_str("the token's owner may not manage the ad account"),
            Self::Status { status, disable_reason } => {
                write!(f, "the ad account is {status:?}")?;
                match disable_reason.filter(|reason| *reason > 0).map(|number| (number, named(number))) {
                    None => Ok(()),
                    Some((_, Some(name))) => write!(f, " ({name})"),
                    Some((number, None)) => write!(f, " (reason {number})"),
                }
            }
            Self::Business => f.write_str("the ad account does not belong to a business"),
            Self::Terms { .. } => f.write_str("the custom audience terms are not accepted"),
        }
    }
}

impl std::error::Error for AuthorizationDenied {}

pub(super) async fn authorize<T: Transport>(
    client: &ClientInner<T>,
    account: AccountId,
) -> Result<AuthorizedAccount> {
    let denied = |reason: AuthorizationDenied| Err(reason.into_error(None));
    let mut warnings = Vec::new();
    let token = match debug(client, &client.settings.token).await {
        Ok(token) => Some(token),
        Err(error) if error.kind() == ErrorKind::Token => {
            return Err(AuthorizationDenied::Token.into_error(Some(&error)));
        }
        // Not every token may inspect itself; the account shows the rest.
        Err(error) if matches!(error.kind(), ErrorKind::Permission | ErrorKind::Rejected) => {
            warnings.push(AccountWarning::TokenNotInspected);
            None
        }
        Err(error) => return Err(error),
    };
    if let Some(token) = &token {
        let now = client.settings.clock.now();
        if !token.is_valid || token.expires_at.is_some_and(|end| end <= now) {
            return denied(AuthorizationDenied::Token);
        }
        if !token.has("ads_management") {
            return denied(AuthorizationDenied::Scopes(vec!["ads_management".to_owned()]));
        }
        warnings.extend(token.expires_at.filter(|end| *end - now <= SOON).map(AccountWarning::TokenExpires));
    }
    let read = ad_account(client, &account).await.map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::Token => AuthorizationDenied::Token,
            ErrorKind::NotFound | ErrorKind::Permission => AuthorizationDenied::NotVisible,
            _ => return error,
        };
        reason.into_error(Some(&error))
    })?;
    check_account(&read, token.as_ref(), &mut warnings).map_err(|reason| reason.into_error(None))?;
    Ok(AuthorizedAccount { account: read, token, warnings })
}

fn check_account(
    account: &AdAccount,
    token: Option<&TokenInfo>,
    warnings: &mut Vec<AccountWarning>,
) -> Result<(), AuthorizationDenied> {
    match account.status {
        None | Some(AccountStatus::Active | AccountStatus::AnyActive) => {}
        Some(status @ (AccountStatus::InGracePeriod | AccountStatus::Other(_))) => {
            warnings.push(AccountWarning::Status(status));
        }
        Some(status) => {
            return Err(AuthorizationDenied::Status { status, disable_reason: account.disable_reason });
        }
    }
    let manages = |task: &String| task == "MANAGE" || task == "ADVERTISE";
    if !account.user_tasks.is_empty() && !account.user_tasks.iter().any(manages) {
        return Err(AuthorizationDenied::Role);
    }
    if account.business.is_none() {
        if token.is_some_and(|token| token.has("business_management")) {
            return Err(AuthorizationDenied::Business);
        }
        warnings.push(AccountWarning::BusinessNotVisible);
    }
    // Facebook leaves the map out, or the entry, before the terms are accepted.
    if account.terms_accepted != Some(true) {
        let digits = account.id.digits();
        let link = format!("https://business.facebook.com/ads/manage/customaudiences/tos/?act={digits}");
        return Err(AuthorizationDenied::Terms { link });
    }
    Ok(())
}
