//! Sharing an audience with other ad accounts.

use serde::Deserialize;

use crate::error::Result;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::pagination::page;
use crate::facebook::ids::{AccountId, AudienceId};
use crate::facebook::model::list::Page;
use crate::facebook::transport::Transport;
use crate::facebook::wire::objects::{AccountIdWire, done, no_success};
use crate::facebook::wire::redact::{MESSAGE, redact};
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::response::decode;
use crate::facebook::wire::scalars::{Flag, Text};

/// What a recipient may do with a shared audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SharePermission {
    /// Targeting ads at it.
    Targeting,
    /// Targeting ads at it and seeing insights.
    #[default]
    TargetingAndInsights,
}

impl SharePermission {
    /// Returns Facebook's name of the permission.
    ///
    /// ```
    /// use audiencekit::facebook::SharePermission;
    ///
    /// assert_eq!(SharePermission::Targeting.as_str(), "targeting");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Targeting => "targeting",
            Self::TargetingAndInsights => "targeting_and_insights",
        }
    }
}

/// The recipients of a shared audience, and what they may do.
///
/// Source: Custom Audience `adaccounts` edge of the SDK specification (read 2026-09-12).
///
/// ```
/// use audiencekit::facebook::{SharePermission, ShareRequest};
///
/// let partner = "act_1234567890".parse()?;
/// let request = ShareRequest::with([partner]).permission(SharePermission::Targeting).replacing();
/// assert!(request.replace);
/// # Ok::<(), audiencekit::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ShareRequest {
    /// The recipients.
    pub accounts: Vec<AccountId>,
    /// What the recipients may do.
    pub permission: SharePermission,
    /// The relationships of the businesses (`relationship_type`), an open list.
    pub relationship_types: Vec<String>,
    /// `true` to stop sharing with every account that is not among the recipients.
    pub replace: bool,
}

impl ShareRequest {
    /// Creates a request to share with these accounts.
    #[must_use]
    pub fn with(accounts: impl IntoIterator<Item = AccountId>) -> Self {
        Self { accounts: accounts.into_iter().collect(), ..Self::default() }
    }

    /// Sets what the recipients may do. Defaults to targeting and insights.
    #[must_use]
    pub fn permission(mut self, permission: SharePermission) -> Self {
        self.permission = permission;
        self
    }

    /// Adds a relationship between the businesses, in Facebook's words.
    #[must_use]
    pub fn relationship(mut self, kind: impl Into<String>) -> Self {
        self.relationship_types.push(kind.into());
        self
    }

    /// Stops sharing with every account that is not among the recipients.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replace = true;
        self
    }
}

/// The result of sharing with one account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shared {
    /// The recipient.
    pub account: AccountId,
    /// The recipient's business.
    pub business: Option<String>,
    /// `audience_share_status` in Facebook's words.
    pub status: Option<String>,
    /// The reasons if it was not shared.
    pub errors: Vec<String>,
}

/// An account that an audience is shared with (`shared_account_info`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedAccount {
    /// The account.
    pub account: AccountId,
    /// The name of the account.
    pub name: Option<String>,
    /// The id of its business.
    pub business: Option<String>,
    /// The name of its business.
    pub business_name: Option<String>,
    /// `SHARED`, `IN_PROGRESS`, `NOT_SHARED`.
    pub status: Option<String>,
}

#[derive(Deserialize)]
struct ShareWire {
    success: Option<Flag>,
    #[serde(default)]
    sharing_data: Vec<SharedWire>,
}

#[derive(Deserialize)]
struct SharedWire {
    ad_acct_id: AccountIdWire,
    business_id: Option<Text>,
    audience_share_status: Option<String>,
    #[serde(default)]
    errors: Vec<String>,
}

#[derive(Deserialize)]
struct RecipientWire {
    id: AccountIdWire,
}

#[derive(Deserialize)]
struct InfoWire {
    account_id: AccountIdWire,
    account_name: Option<String>,
    business_id: Option<Text>,
    business_name: Option<String>,
    sharing_status: Option<String>,
}

/// Source: the SDKs of v26.0 use `adaccounts` for reading and writing; the page of the writing edge says
/// `ad_accounts` (read 2026-09-12).
const EDGE: &str = "adaccounts";

fn digits(accounts: &[AccountId]) -> Vec<&str> {
    accounts.iter().map(AccountId::digits).collect()
}

pub(super) async fn share<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    request: &ShareRequest,
) -> Result<Vec<Shared>> {
    const OPERATION: &str = "share audience";
    let relationships = &request.relationship_types;
    client
        .call(
            client.call_on_audience(OPERATION, audience),
            || {
                let body = Body::json()
                    .field("adaccounts", &digits(&request.accounts))
                    .field("permissions", request.permission.as_str())
                    .maybe("relationship_type", Some(relationships).filter(|types| !types.is_empty()))
                    .maybe("replace", Some(&true).filter(|_| request.replace));
                GraphRequest::new(Method::Post, client.path(format_args!("{audience}/{EDGE}"))).body(body)
            },
            |response, _| {
                let wire: ShareWire = decode(OPERATION, response)?;
                if wire.sharing_data.is_empty() && wire.success.is_some_and(|Flag(success)| !success) {
                    return Err(no_success(OPERATION));
                }
                let shared = wire.sharing_data.into_iter().map(|one| Shared {
                    account: one.ad_acct_id.0,
                    business: one.business_id.map(|Text(id)| id),
                    status: one.audience_share_status,
                    errors: one.errors.iter().map(|error| redact(error, MESSAGE)).collect(),
                });
                Ok(shared.collect())
            },
        )
        .await
}

pub(super) async fn unshare<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    accounts: &[AccountId],
) -> Result<()> {
    const OPERATION: &str = "unshare audience";
    client
        .call(
            client.call_on_audience(OPERATION, audience),
            || {
                let body = Body::json().field("adaccounts", &digits(accounts));
                GraphRequest::new(Method::Delete, client.path(format_args!("{audience}/{EDGE}"))).body(body)
            },
            |response, _| done(OPERATION, response),
        )
        .await
}

pub(super) async fn recipients<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    after: Option<&str>,
) -> Result<Page<AccountId>> {
    const OPERATION: &str = "read recipients";
    client
        .call(
            client.call_on_audience(OPERATION, audience),
            || {
                let read = GraphRequest::new(Method::Get, client.path(format_args!("{audience}/{EDGE}")));
                match after {
                    Some(cursor) => read.query("after", cursor),
                    None => read,
                }
            },
            |response, _| page(OPERATION, response, |recipient: RecipientWire| recipient.id.0),
        )
        .await
}

pub(super) async fn account_info<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
) -> Result<Vec<SharedAccount>> {
    client
        .all_pages(
            || client.call_on_audience("read sharing", audience),
            || GraphRequest::new(Method::Get, client.path(format_args!("{audience}/shared_account_info"))),
            |info: InfoWire| SharedAccount {
                account: info.account_id.0,
                name: info.account_name,
                business: info.business_id.map(|Text(id)| id),
                business_name: info.business_name,
                status: info.sharing_status,
            },
        )
        .await
}
