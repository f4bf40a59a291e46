//! What a client does, told to the host: a hook, and spans with the feature `tracing`.
//!
//! | span or event | level | fields |
//! |---|---|---|
//! | span `audiencekit.facebook.call`, one for each sending | info | `operation`, `method`, `attempt`, and once answered `status`, `kind`, `code`, `subcode`, `trace_id` |
//! | event `audiencekit.facebook.retry` | warn | `operation`, `kind`, `code`, `wait_ms` |
//! | event `audiencekit.facebook.pace` | debug | `operation`, `wait_ms` |
//! | event `audiencekit.facebook.version` | warn | `version`, `ends`, `answered` |
//!
//! None holds a token, a digest, a name or an id of a person; ids of accounts and audiences are not in them either.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::Date;

use crate::error::ErrorKind;
use crate::facebook::version::GraphVersion;
use crate::facebook::wire::request::Method;

/// Hears what a [`GraphClient`](super::graph_client::GraphClient) does, without `tracing`.
///
/// It is called on the task that makes the call, so it must not block.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use audiencekit::facebook::{ClientEvent, ClientObserver};
///
/// #[derive(Debug, Default)]
/// struct Retries(AtomicU64);
///
/// impl ClientObserver for Retries {
///     fn on_event(&self, event: &ClientEvent) {
///         if let ClientEvent::Retry { .. } = event {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait ClientObserver: Send + Sync + fmt::Debug {
    /// Something happened.
    fn on_event(&self, event: &ClientEvent);
}

impl<O: ClientObserver + ?Sized> ClientObserver for Arc<O> {
    fn on_event(&self, event: &ClientEvent) {
        (**self).on_event(event);
    }
}

/// Something that a client did. No event holds a token, a digest or an id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// A request is about to be sent.
    #[non_exhaustive]
    Sent {
        /// The verb, such as `add users`.
        operation: &'static str,
        /// The method.
        method: Method,
        /// 1, 2 ...
        attempt: u32,
        /// Size of its body.
        body_bytes: usize,
    },
    /// An answer came, or none did.
    #[non_exhaustive]
    Answered {
        /// The verb.
        operation: &'static str,
        /// 1, 2 ...
        attempt: u32,
        /// The HTTP status; none when no answer came.
        status: Option<u16>,
        /// What was wrong; none when all was well.
        kind: Option<ErrorKind>,
        /// Facebook's code.
        code: Option<i64>,
        /// Facebook's subcode.
        subcode: Option<i64>,
        /// `fbtrace_id`.
        trace_id: Option<String>,
        /// From sending to answer.
        took: Duration,
    },
    /// The call will be sent again.
    #[non_exhaustive]
    Retry {
        /// The verb.
        operation: &'static str,
        /// Why.
        kind: ErrorKind,
        /// Facebook's code.
        code: Option<i64>,
        /// After this long.
        wait: Duration,
    },
    /// The call waits for its place in the quota.
    #[non_exhaustive]
    Paced {
        /// The verb.
        operation: &'static str,
        /// For this long.
        wait: Duration,
    },
    /// The version has ended or will soon. Once per client.
    #[non_exhaustive]
    VersionEnds {
        /// The version in use.
        version: GraphVersion,
        /// Its last day.
        ends: Date,
    },
    /// Facebook answered under another version than was asked for. Once per client.
    #[non_exhaustive]
    VersionDiffers {
        /// The version asked for.
        asked: GraphVersion,
        /// The version that answered.
        answered: GraphVersion,
    },
}

/// The span of one sending; nothing without the feature `tracing`.
#[derive(Debug)]
pub(in crate::facebook) struct CallSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(not(feature = "tracing"))]
impl CallSpan {
    pub(in crate::facebook) fn new(_: &'static str, _: u32) -> Self {
        Self {}
    }

    pub(in crate::facebook) async fn around<F: Future>(&self, sending: F) -> F::Output {
        sending.await
    }

    #[expect(clippy::unused_self, reason = "the same call with and without spans")]
    pub(super) fn record(&self, _: &ClientEvent) {}
}

#[cfg(feature = "tracing")]
impl CallSpan {
    pub(in crate::facebook) fn new(operation: &'static str, attempt: u32) -> Self {
        use tracing::field::Empty;
        let span = tracing::info_span!(
            "audiencekit.facebook.call",
            operation,
            attempt,
            method = Empty,
            status = Empty,
            kind = Empty,
            code = Empty,
            subcode = Empty,
            trace_id = Empty
        );
        Self { span }
    }

    pub(in crate::facebook) async fn around<F: Future>(&self, sending: F) -> F::Output {
        tracing::Instrument::instrument(sending, self.span.clone()).await
    }

    pub(super) fn record(&self, event: &ClientEvent) {
        match event {
            ClientEvent::Sent { method, .. } => {
                self.span.record("method", method.as_str());
            }
            ClientEvent::Answered { status, kind, code, subcode, trace_id, .. } => {
                self.span.record("status", status);
                self.span.record("code", code);
                self.span.record("subcode", subcode);
                self.span.record("trace_id", trace_id);
                if let Some(kind) = kind {
                    self.span.record("kind", tracing::field::debug(kind));
                }
            }
            _ => {}
        }
    }
}

/// Tells `tracing` what the hook is told.
#[cfg(feature = "tracing")]
pub(in crate::facebook) fn trace(event: &ClientEvent) {
    let millis = |wait: &Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    match event {
        ClientEvent::Retry { operation, kind, code, wait } => tracing::warn!(
            name: "audiencekit.facebook.retry", operation, kind = ?kind, code, wait_ms = millis(wait)
        ),
        ClientEvent::Paced { operation, wait } => {
            tracing::debug!(name: "audiencekit.facebook.pace", operation, wait_ms = millis(wait));
        }
        ClientEvent::VersionEnds { version, ends } => {
            tracing::warn!(name: "audiencekit.facebook.version", %version, %ends);
        }
        ClientEvent::VersionDiffers { asked, answered } => {
            tracing::warn!(name: "audiencekit.facebook.version", version = %asked, %answered);
        }
        ClientEvent::Sent { .. } | ClientEvent::Answered { .. } => {}
    }
}
