//! Upload sessions, and the health of value-based audiences.

use serde::Deserialize;
use serde_json::Value;
use time::{Date, OffsetDateTime};

use crate::error::Result;
use crate::facebook::client::inner::ClientInner;
use crate::facebook::ids::{AudienceId, SessionId};
use crate::facebook::model::json_value::JsonValue;
use crate::facebook::transport::Transport;
use crate::facebook::wire::request::{GraphRequest, Method};
use crate::facebook::wire::scalars::{Int, Text};

/// The progress of an upload session. It may stay at `uploading` after the last batch, so treat it as advice.
///
/// Source: sessions reference, and a row from 2025 traffic (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadSession {
    /// The id of the session.
    pub session_id: String,
    /// When the session began.
    pub start_time: Option<OffsetDateTime>,
    /// When the session ended.
    pub end_time: Option<OffsetDateTime>,
    /// The number of rows that Facebook received.
    pub num_received: Option<u64>,
    /// The number of people that Facebook matched. `None` if unknown.
    pub num_matched: Option<u64>,
    /// The number of rows that Facebook refused.
    pub num_invalid_entries: Option<u64>,
    /// Progress in per cent.
    pub progress: Option<i64>,
    /// The stage in Facebook's words, such as `uploading`.
    pub stage: Option<String>,
}

/// A filter of the values of a value-based audience. Empty fields do not filter.
///
/// Source: Custom Audience health reference (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HealthQuery {
    /// The day on which the values were calculated.
    pub calculated_on: Option<Date>,
    /// The day on which Facebook processed them.
    pub processed_on: Option<Date>,
    /// `value_aggregation_duration`.
    pub aggregation_duration: Option<String>,
    /// `value_country`.
    pub country: Option<String>,
    /// `value_currency`.
    pub currency: Option<String>,
    /// `value_version`.
    pub version: Option<String>,
}

impl HealthQuery {
    fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        // `Date` is written as YYYY-MM-DD.
        [
            ("calculated_date", self.calculated_on.map(|day| day.to_string())),
            ("processed_date", self.processed_on.map(|day| day.to_string())),
            ("value_aggregation_duration", self.aggregation_duration.clone()),
            ("value_country", self.country.clone()),
            ("value_currency", self.currency.clone()),
            ("value_version", self.version.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

/// Every value is a string on the wire.
#[derive(Deserialize)]
struct SessionWire {
    session_id: Text,
    start_time: Option<Int>,
    end_time: Option<Int>,
    num_received: Option<Int>,
    num_matched: Option<Int>,
    num_invalid_entries: Option<Int>,
    progress: Option<Int>,
    stage: Option<String>,
}

#[derive(Deserialize)]
struct HealthWire {
    #[serde(default)]
    health: Vec<Value>,
}

impl From<SessionWire> for UploadSession {
    fn from(wire: SessionWire) -> Self {
        let instant = |seconds: Option<Int>| {
            seconds.filter(|Int(at)| *at > 0).and_then(|Int(at)| OffsetDateTime::from_unix_timestamp(at).ok())
        };
        // -1 is not known.
        let count = |count: Option<Int>| count.and_then(|Int(count)| u64::try_from(count).ok());
        Self {
            session_id: wire.session_id.0,
            start_time: instant(wire.start_time),
            end_time: instant(wire.end_time),
            num_received: count(wire.num_received),
            num_matched: count(wire.num_matched),
            num_invalid_entries: count(wire.num_invalid_entries),
            progress: wire.progress.map(|Int(progress)| progress),
            stage: wire.stage,
        }
    }
}

pub(super) async fn list<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    session: Option<SessionId>,
) -> Result<Vec<UploadSession>> {
    client
        .all_pages(
            || client.call_on_audience("read sessions", audience),
            || {
                let read = GraphRequest::new(Method::Get, client.path(format_args!("{audience}/sessions")));
                match session {
                    Some(session) => read.query("session_id", session.to_string()),
                    None => read,
                }
            },
            |wire: SessionWire| wire.into(),
        )
        .await
}

pub(super) async fn health<T: Transport>(
    client: &ClientInner<T>,
    audience: &AudienceId,
    query: &HealthQuery,
) -> Result<Vec<JsonValue>> {
    let pages: Vec<Vec<Value>> = client
        .all_pages(
            || client.call_on_audience("read health", audience),
            || {
                let path = client.path(format_args!("{audience}/health"));
                let read = GraphRequest::new(Method::Get, path);
                query.parameters().fold(read, |read, (name, value)| read.query(name, value))
            },
            |health: HealthWire| health.health,
        )
        .await?;
    Ok(pages.into_iter().flatten().map(JsonValue::new).collect())
}
