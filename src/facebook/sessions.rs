//! Upload sessions, and the health of value-based audiences, as Facebook tells of them.

use serde::Deserialize;
use serde_json::Value;
use time::{Date, OffsetDateTime};

use super::graph::GraphClient;
use super::ids::{AudienceId, SessionId};
use super::objects::PageWire;
use super::request::{GraphRequest, Method};
use super::response::decode;
use super::transport::Transport;
use super::verbs::shape;
use super::wire::{Int, Text};
use crate::error::Result;

/// How far an upload session is. It is known to stay at `uploading` after the last batch, so it is advice.
///
/// Source: sessions reference, and a row from 2025 traffic (read 2026-09-12).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadSession {
    /// The session.
    pub session_id: String,
    /// When it began.
    pub start_time: Option<OffsetDateTime>,
    /// When it ended.
    pub end_time: Option<OffsetDateTime>,
    /// Rows received.
    pub num_received: Option<u64>,
    /// People found; not known is none.
    pub num_matched: Option<u64>,
    /// Rows refused.
    pub num_invalid_entries: Option<u64>,
    /// Progress in per cent.
    pub progress: Option<i64>,
    /// The stage, as Facebook words it; `uploading` is known.
    pub stage: Option<String>,
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

impl<T: Transport> GraphClient<T> {
    /// The upload sessions of an audience, or one of them.
    ///
    /// # Errors
    /// As any read.
    pub async fn upload_sessions(
        &self,
        audience: &AudienceId,
        session: Option<SessionId>,
    ) -> Result<Vec<UploadSession>> {
        const OPERATION: &str = "read sessions";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || {
                let read = GraphRequest::new(Method::Get, self.path(format_args!("{audience}/sessions")));
                match session {
                    Some(session) => read.query("session_id", session.to_string()),
                    None => read,
                }
            },
            |response, _| {
                let page: PageWire<SessionWire> = decode(OPERATION, response)?;
                page.page(UploadSession::from)
                    .map(|page| page.items)
                    .ok_or_else(|| shape(OPERATION, "there is a next page and no cursor"))
            },
        )
        .await
    }

    /// Aggregates of the values of a value-based audience for the day they were calculated on, as Facebook gives them.
    ///
    /// # Errors
    /// As any read.
    pub async fn audience_health(
        &self,
        audience: &AudienceId,
        calculated_on: Option<Date>,
    ) -> Result<Vec<Value>> {
        const OPERATION: &str = "read health";
        self.call(
            self.call_on_audience(OPERATION, audience),
            || {
                let read = GraphRequest::new(Method::Get, self.path(format_args!("{audience}/health")));
                match calculated_on {
                    // `Date` is written as YYYY-MM-DD.
                    Some(day) => read.query("calculated_date", day.to_string()),
                    None => read,
                }
            },
            |response, _| {
                let page: PageWire<HealthWire> = decode(OPERATION, response)?;
                let page = page.page(|health| health.health);
                Ok(page.map(|page| page.items.into_iter().flatten().collect()).unwrap_or_default())
            },
        )
        .await
    }
}
