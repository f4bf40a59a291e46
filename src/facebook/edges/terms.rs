//! The terms of customer-file audiences.

use serde::Deserialize;

use crate::error::Result;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::client::quota::ADS_MANAGEMENT;
use crate::facebook::ids::{AccountId, BusinessId};
use crate::facebook::transport::Transport;
use crate::facebook::wire::objects::done;
use crate::facebook::wire::redact::{MESSAGE, redact};
use crate::facebook::wire::request::{Body, GraphRequest, Method};
use crate::facebook::wire::scalars::Text;

/// Terms of service of customer-file audiences.
///
/// Source: ad account customaudiencestos reference, developers.facebook.com (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceTerms {
    /// The id to accept them with.
    pub id: String,
    /// `type` in Facebook's words.
    pub kind: Option<String>,
    /// The text, at most 500 characters.
    pub content: Option<String>,
}

#[derive(Deserialize)]
struct TermsWire {
    id: Text,
    #[serde(rename = "type")]
    kind: Option<String>,
    content: Option<String>,
}

pub(super) async fn list<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
) -> Result<Vec<AudienceTerms>> {
    client
        .all_pages(
            || client.call_on_account("read terms", Some(account), ADS_MANAGEMENT),
            || GraphRequest::new(Method::Get, client.path(format_args!("{account}/customaudiencestos"))),
            |wire: TermsWire| AudienceTerms {
                id: wire.id.0,
                kind: wire.kind,
                content: wire.content.map(|text| redact(&text, MESSAGE)),
            },
        )
        .await
}

pub(super) async fn accept<T: Transport>(
    client: &ClientInner<T>,
    account: &AccountId,
    terms: &str,
    business: Option<&BusinessId>,
) -> Result<()> {
    const OPERATION: &str = "accept terms";
    client
        .call(
            client.call_on_account(OPERATION, Some(account), ADS_MANAGEMENT),
            || {
                let body = Body::json()
                    .field("tos_id", terms)
                    .maybe("business_id", business.map(BusinessId::as_str));
                GraphRequest::new(Method::Post, client.path(format_args!("{account}/customaudiencestos")))
                    .body(body)
            },
            |response, _| done(OPERATION, response),
        )
        .await
}
