//! The ads that an audience is used in.

use serde::Deserialize;

use crate::error::Result;
use crate::facebook::client::graph_client::GraphClient;
use crate::facebook::ids::AudienceId;
use crate::facebook::transport::Transport;
use crate::facebook::wire::request::{GraphRequest, Method};
use crate::facebook::wire::scalars::Text;

/// An ad that an audience is used in: it stops for good when the audience is deleted.
///
/// Source: Custom Audience reference, edge `ads` (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudienceAd {
    /// The id of the ad.
    pub id: String,
    /// Its name.
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

impl<T: Transport> GraphClient<T> {
    /// The ads that an audience is used in, of these values of `effective_status` or, where none is named, of all.
    ///
    /// # Errors
    /// As any read.
    pub async fn audience_ads(
        &self,
        audience: &AudienceId,
        effective_status: &[&str],
    ) -> Result<Vec<AudienceAd>> {
        self.all_pages(
            || self.call_on_audience("read ads", audience),
            || {
                let read = GraphRequest::new(Method::Get, self.path(format_args!("{audience}/ads")))
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
}
