//! Sharing an audience with other ad accounts.

use serde::Deserialize;

use super::graph::GraphClient;
use super::ids::{AccountId, AudienceId};
use super::model::Page;
use super::objects::{AccountIdWire, PageWire};
use super::redact::{MESSAGE, redact};
use super::request::{Body, GraphRequest, Method};
use super::response::decode;
use super::transport::Transport;
use super::verbs::{done, shape};
use super::wire::{Flag, Text};
use crate::error::{Error, ErrorKind, Result};

/// What a recipient may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SharePermission {
    /// Target ads at it.
    Targeting,
    /// Target ads at it and see insights.
    #[default]
    TargetingAndInsights,
}

impl SharePermission {
    /// Facebook's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Targeting => "targeting",
            Self::TargetingAndInsights => "targeting_and_insights",
        }
    }
}

/// What became of sharing with one account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shared {
    /// The recipient.
    pub account: AccountId,
    /// The recipient's business.
    pub business: Option<String>,
    /// `audience_share_status`, as Facebook words it.
    pub status: Option<String>,
    /// Why not.
    pub errors: Vec<String>,
}

/// An account that an audience is shared with, as `shared_account_info` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedAccount {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: Option<String>,
    /// Its business.
    pub business: Option<String>,
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
    sharing_status: Option<String>,
}

/// Source: the SDKs of v26.0 use `adaccounts` for reading and writing; the page of the writing edge says
/// `ad_accounts` (read 2026-09-12).
const EDGE: &str = "adaccounts";

fn digits(accounts: &[AccountId]) -> Vec<&str> {
    accounts.iter().map(AccountId::digits).collect()
}

impl<T: Transport> GraphClient<T> {
    /// Shares an audience with ad accounts; owner and recipients must belong to businesses.
    ///
    /// # Errors
    /// A refusal of the whole; a refusal of one account is in [`Shared::errors`].
    pub async fn share_audience(
        &self,
        audience: &AudienceId,
        accounts: &[AccountId],
        permission: SharePermission,
    ) -> Result<Vec<Shared>> {
        const OPERATION: &str = "share audience";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || {
                let body = Body::json()
                    .field("adaccounts", &digits(accounts))
                    .field("permissions", permission.as_str());
                GraphRequest::new(Method::Post, self.path(format_args!("{audience}/{EDGE}"))).body(body)
            },
            |response, _| {
                let wire: ShareWire = decode(OPERATION, response)?;
                if wire.sharing_data.is_empty() && wire.success.is_some_and(|Flag(success)| !success) {
                    let mut refusal = shape(OPERATION, "");
                    refusal.error =
                        Error::new(ErrorKind::Rejected, OPERATION, "Facebook says that it had no success");
                    return Err(refusal);
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

    /// Takes an audience back from ad accounts; their ads that use it stop for good.
    ///
    /// # Errors
    /// As any change.
    pub async fn unshare_audience(&self, audience: &AudienceId, accounts: &[AccountId]) -> Result<()> {
        const OPERATION: &str = "unshare audience";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || {
                let body = Body::json().field("adaccounts", &digits(accounts));
                GraphRequest::new(Method::Delete, self.path(format_args!("{audience}/{EDGE}"))).body(body)
            },
            |response, _| done(OPERATION, response),
        )
        .await
    }

    /// The ad accounts that an audience is shared with, a page at a time.
    ///
    /// # Errors
    /// As any read.
    pub async fn audience_recipients(
        &self,
        audience: &AudienceId,
        after: Option<&str>,
    ) -> Result<Page<AccountId>> {
        const OPERATION: &str = "read recipients";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || {
                let read = GraphRequest::new(Method::Get, self.path(format_args!("{audience}/{EDGE}")));
                match after {
                    Some(cursor) => read.query("after", cursor),
                    None => read,
                }
            },
            |response, _| {
                let page: PageWire<RecipientWire> = decode(OPERATION, response)?;
                page.page(|recipient| recipient.id.0)
                    .ok_or_else(|| shape(OPERATION, "there is a next page and no cursor"))
            },
        )
        .await
    }

    /// How far sharing with each account is.
    ///
    /// # Errors
    /// As any read.
    pub async fn shared_account_info(&self, audience: &AudienceId) -> Result<Vec<SharedAccount>> {
        const OPERATION: &str = "read sharing";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || GraphRequest::new(Method::Get, self.path(format_args!("{audience}/shared_account_info"))),
            |response, _| {
                let page: PageWire<InfoWire> = decode(OPERATION, response)?;
                let page = page.page(|info| SharedAccount {
                    account: info.account_id.0,
                    name: info.account_name,
                    business: info.business_id.map(|Text(id)| id),
                    status: info.sharing_status,
                });
                Ok(page.map(|page| page.items).unwrap_or_default())
            },
        )
        .await
    }
}
