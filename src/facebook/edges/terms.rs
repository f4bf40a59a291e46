//! The terms under which an ad account may hold customer files.

use serde::Deserialize;

use crate::error::Result;
use crate::facebook::client::graph_client::GraphClient;
use crate::facebook::client::pacer::ADS_MANAGEMENT;
use crate::facebook::client::verbs::done;
use crate::facebook::ids::{AccountId, BusinessId};
use crate::facebook::transport::Transport;
use crate::facebook::wire::redact::{MESSAGE, redact};
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::scalars::Text;

/// Terms of service of customer-file audiences.
///
/// Source: ad account customaudiencestos reference, developers.facebook.com (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceTerms {
    /// The id to accept them by.
    pub id: String,
    /// `type`, as Facebook words it.
    pub kind: Option<String>,
    /// The text, cut to 500 characters.
    pub content: Option<String>,
}

#[derive(Deserialize)]
struct TermsWire {
    id: Text,
    #[serde(rename = "type")]
    kind: Option<String>,
    content: Option<String>,
}

impl<T: Transport> GraphClient<T> {
    /// The terms that concern audiences of an account. Whether they are accepted is in
    /// [`AdAccount::terms_accepted`](crate::facebook::model::account::AdAccount::terms_accepted).
    ///
    /// # Errors
    /// As any read.
    pub async fn audience_terms(&self, account: &AccountId) -> Result<Vec<AudienceTerms>> {
        self.all_pages(
            || self.call_on_account("read terms", Some(account), ADS_MANAGEMENT),
            || GraphRequest::new(Method::Get, self.path(format_args!("{account}/customaudiencestos"))),
            |wire: TermsWire| AudienceTerms {
                id: wire.id.0,
                kind: wire.kind,
                content: wire.content.map(|text| redact(&text, MESSAGE)),
            },
        )
        .await
    }

    /// Accepts terms for the business of the account, or for `business` where it acts for another one.
    ///
    /// This binds a business to a contract: call it when a person of the business has said so. System users cannot
    /// accept, and it is not documented whether every app may accept this way; the link that
    /// [`AuthorizationDenied::link`](crate::facebook::auth::account::AuthorizationDenied::link) gives works for any person.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`](crate::ErrorKind::Permission) when the token's owner may not accept.
    pub async fn accept_audience_terms(
        &self,
        account: &AccountId,
        terms: &str,
        business: Option<&BusinessId>,
    ) -> Result<()> {
        const OPERATION: &str = "accept terms";
        self.call(
            self.call_on_account(OPERATION, Some(account), ADS_MANAGEMENT),
            || {
                let body = Body::json()
                    .field("tos_id", terms)
                    .maybe("business_id", business.map(BusinessId::as_str));
                GraphRequest::new(Method::Post, self.path(format_args!("{account}/customaudiencestos")))
                    .body(body)
            },
            |response, _| done(OPERATION, response),
        )
        .await
    }
}
