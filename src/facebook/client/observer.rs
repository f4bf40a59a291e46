//! Observing a client: an observer of your application's, and spans with the feature `tracing`.
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

/// Observes what a [`GraphClient`](crate::GraphClient) does. An `Arc` of an observer is one too.
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
    /// Receives an event.
    fn on_event(&self, event: &ClientEvent);
}

impl<O: ClientObserver + ?Sized> ClientObserver for Arc<O> {
    fn on_event(&self, event: &ClientEvent) {
        (**self).on_event(event);
    }
}

/// An event in the life of a call. No event holds a token, a digest or an id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// A request is about to be sent.
    #[non_exhaustive]
    Sent {
        /// The operation, such as `add users`.
        operation: &'static str,
        /// The HTTP method.
        method: Method,
        /// The number of the attempt, counted from 1.
        attempt: u32,
        /// The size of the body.
        body_bytes: usize,
    },
    /// An answer arrived, or the attempt failed without one.
    #[non_exhaustive]
    Answered {
        /// The operation.
        operation: &'static str,
        /// The number of the attempt, counted from 1.
        attempt: u32,
        /// The HTTP status. `None` without an answer.
        status: Option<u16>,
        /// The kind of the error. `None` on success.
        kind: Option<ErrorKind>,
        /// Facebook's code.
        code: Option<i64>,
        /// Facebook's subcode.
        subcode: Option<i64>,
        /// `fbtrace_id`.
        trace_id: Option<String>,
        /// The time from sending to the answer.
        took: Duration,
    },
    /// The call will be retried.
    #[non_exhaustive]
    Retry {
        /// The operation.
        operation: &'static str,
        /// The kind of the error.
        kind: ErrorKind,
        /// Facebook's code.
        code: Option<i64>,
        /// The time until the retry.
        wait: Duration,
    },
    /// The call waits for quota.
    #[non_exhaustive]
    Paced {
        /// The operation.
        operation: &'static str,
        /// The length of the wait.
        wait: Duration,
    },
    /// The version has expired or will soon. Reported once per client.
    #[non_exhaustive]
    VersionEnds {
        /// The version in use.
        version: GraphVersion,
        /// Its last day.
        ends: Date,
    },
    /// Facebook answered under another version than requested. Reported once per client.
    #[non_exhaustive]
    VersionDiffers {
        /// The requested version.
        asked: GraphVersion,
        /// The version that answered.
        answered: GraphVersion,
    },
}

/// The span of one sending; nothing without the feature `tracing`.
#[derive(Debug)]
pub(super) struct CallSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(not(feature = "tracing"))]
impl CallSpan {
    pub(super) fn new(_: &'static str, _: u32) -> Self {
        Self {}
    }

    pub(super) async fn around<F: Future>(&self, sending: F) -> F::Output {
        sending.await
    }

    #[expect(clippy::unused_self, reason = "the same call with and without spans")]
    pub(super) fn record(&self, _: &ClientEvent) {}
}

#[cfg(feature = "tracing")]
impl CallSpan {
    pub(super) fn new(operation: &'static str, attempt: u32) -> Self {
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

    pub(super) async fn around<F: Future>(&self, sending: F) -> F::Output {
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

/// Reports an event to `tracing`.
#[cfg(feature = "tracing")]
pub(super) fn trace(event: &ClientEvent) {
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
