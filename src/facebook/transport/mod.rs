//! Ways to carry a request to Facebook.

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

/// Carries one request and brings its answer.
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

/// The request did not reach Facebook: there was no connection. So it is safe to send again, whatever it asked for.
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
    /// True when the error says that the request did not reach Facebook.
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
