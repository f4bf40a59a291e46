//! The ad accounts of a business.

use std::sync::Arc;

use crate::error::Result;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::listing::Listing;
use crate::facebook::client::quota::ADS_MANAGEMENT;
use crate::facebook::client::verbs::accounts;
use crate::facebook::ids::BusinessId;
use crate::facebook::model::account::AdAccount;
use crate::facebook::model::list::{ListRequest, Page};
use crate::facebook::transport::Transport;
use crate::facebook::wire::parameters::ACCOUNT_FIELDS;
use crate::facebook::wire::request::{GraphRequest, Method};

/// The relation between a business and ad accounts.
///
/// Source: business reference, edges `owned_ad_accounts` and `client_ad_accounts` (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BusinessAccounts {
    /// Accounts that the business owns.
    Owned,
    /// Accounts that clients gave it access to. Each has its [`permitted_tasks`](AdAccount::permitted_tasks).
    Client,
}

impl BusinessAccounts {
    fn edge(self) -> &'static str {
        match self {
            Self::Owned => "owned_ad_accounts",
            Self::Client => "client_ad_accounts",
        }
    }

    /// The tasks of a business are known only where another one gave them.
    fn fields(self) -> String {
        match self {
            Self::Owned => ACCOUNT_FIELDS.to_owned(),
            Self::Client => format!("{ACCOUNT_FIELDS},permitted_tasks"),
        }
    }
}

pub(super) async fn ad_accounts<T: Transport>(
    client: &ClientInner<T>,
    business: &BusinessId,
    which: BusinessAccounts,
    list: &ListRequest,
) -> Result<Page<AdAccount>> {
    const OPERATION: &str = "list ad accounts";
    client
        .call(
            client.call_on_account(OPERATION, None, ADS_MANAGEMENT),
            || {
                let path = client.path(format_args!("{business}/{}", which.edge()));
                let mut read = GraphRequest::new(Method::Get, path).query("fields", which.fields());
                for (name, value) in [("search_query", &list.name_contains), ("after", &list.after)] {
                    if let Some(value) = value {
                        read = read.query(name, value);
                    }
                }
                match list.limit {
                    Some(limit) => read.query("limit", limit.to_string()),
                    None => read,
                }
            },
            |response, _| accounts(OPERATION, response),
        )
        .await
}

pub(super) fn list<T: Transport + 'static>(
    client: &Arc<ClientInner<T>>,
    business: &BusinessId,
    which: BusinessAccounts,
    request: ListRequest,
) -> Listing<AdAccount> {
    let (client, business) = (Arc::clone(client), business.clone());
    Listing::new(request, move |request| {
        let (client, business) = (Arc::clone(&client), business.clone());
        Box::pin(async move { ad_accounts(&client, &business, which, &request).await })
    })
}
