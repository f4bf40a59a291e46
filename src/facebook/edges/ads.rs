//! The ads that use an audience.

use serde::Deserialize;

use crate::error::Result;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::ids::AudienceId;
use crate::facebook::transport::Transport;
use crate::facebook::wire::request::{GraphRequest, Method};
use crate::facebook::wire::scalars::Text;

/// An ad that uses an audience. It stops for good when the audience is deleted.
///
/// Source: Custom Audience reference, edge `ads` (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceAd {
    /// The id of the ad.
    pub id: String,
    /// The name of the ad.
    pub name: Option<String>,
    /// `effective_status`, such as `ACTIVE` or `PAUSED`.
    pub effective_status: Option<String>,
}

#[derive(Deserialize)]
struct AdWire {
    id: Text,
    name: Option<String>,
    effective_status: Option<String>,
}

pub(super) async fn list<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    effective_status: &[&str],
) -> Result<Vec<AudienceAd>> {
    client
        .all_pages(
            || client.call_on_audience("read ads", audience),
            || {
                let read = GraphRequest::new(Method::Get, client.path(format_args!("{audience}/ads")))
                    .query("fields", "id,name,effective_status");
                match effective_status {
                    [] => read,
                    some => read.query("effective_status", serde_json::Value::from(some).to_string()),
                }
            },
            |AdWire { id: Text(id), name, effective_status }| AudienceAd { id, name, effective_status },
        )
        .await
}
