//! Transports, which carry requests to Facebook.

#[cfg(feature = "http")]
pub(super) mod http;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use crate::facebook::fake::front::transport::FakeTransport;
#[cfg(feature = "http")]
pub use http::{HttpTransport, HttpTransportBuilder};

use crate::error::{Error, Result};
use crate::facebook::wire::request::GraphRequest;
use crate::facebook::wire::response::GraphResponse;

/// Carries one request to Facebook and returns the answer.
///
/// Implement it to bring another HTTP client, to record calls, or to route them through a gateway. Retries, pacing and
/// decoding stay in the [`GraphClient`](crate::GraphClient).
///
/// ```
/// use async_trait::async_trait;
/// use audiencekit::facebook::transport::Transport;
/// use audiencekit::facebook::{GraphRequest, GraphResponse};
///
/// /// A Facebook without ad accounts.
/// #[derive(Debug)]
/// struct Empty;
///
/// #[async_trait]
/// impl Transport for Empty {
///     async fn send(&self, _: &GraphRequest) -> audiencekit::Result<GraphResponse> {
///         Ok(GraphResponse::new(200, r#"{"data": []}"#))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> audiencekit::Result<()> {
/// use audiencekit::{FacebookClient, GraphClient, ManualClock};
/// use time::macros::datetime;
///
/// let clock = ManualClock::new(datetime!(2026-11-23 12:00 UTC)); // or SystemClock
/// let facebook = GraphClient::with_transport(Empty, "a token", clock);
/// assert!(facebook.ad_accounts(&Default::default()).await?.items.is_empty());
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request once: no retry, no redirect.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) when no answer came, with [`NotSent`] as its source when it is
    /// certain that the request did not reach Facebook. Any answer at all, whatever its status, is a response.
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: &GraphRequest) -> Result<GraphResponse> {
        (**self).send(request).await
    }
}

/// The source of an error if the request did not reach Facebook, because there was no connection. Any such request is
/// safe to send again.
///
/// ```
/// use audiencekit::facebook::transport::NotSent;
/// use audiencekit::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Transport, "transport", "no connection").with_source(NotSent::default());
/// assert!(NotSent::is_cause_of(&error));
/// ```
#[derive(Debug, Default)]
pub struct NotSent(pub(crate) Option<Box<dyn std::error::Error + Send + Sync>>);

impl NotSent {
    /// Returns `true` if the request did not reach Facebook.
    #[must_use]
    pub fn is_cause_of(error: &Error) -> bool {
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Self>)
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was not sent")
    }
}

impl std::error::Error for NotSent {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_deref().map(|cause| cause as _)
    }
}
